//! What a host offers: actions, kinds of targets, formats, storages.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::{Create, CreateAndLoad, DropAndLoad, Load, TruncateAndLoad};
use crate::{
    Action, ActionName, Error, ErrorKind, FileFormat, Format, Result, Storage, Storages, Target,
    TargetFactory, TargetName,
};

/// What a host offers, as a value: two engines in one process can offer different things.
#[derive(Clone, Debug)]
pub struct Registry {
    actions: BTreeMap<ActionName, Arc<dyn Action>>,
    targets: BTreeMap<TargetName, Arc<dyn TargetFactory>>,
    formats: BTreeMap<FileFormat, Arc<dyn Format>>,
    storages: Storages,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// Offers the five actions, and no target, format or storage yet.
    pub fn new() -> Self {
        Self {
            actions: BTreeMap::new(),
            targets: BTreeMap::new(),
            formats: BTreeMap::new(),
            storages: Storages::default(),
        }
        .with_action(Arc::new(Create))
        .with_action(Arc::new(Load))
        .with_action(Arc::new(CreateAndLoad))
        .with_action(Arc::new(TruncateAndLoad))
        .with_action(Arc::new(DropAndLoad))
    }

    /// Adds an action, in place of one of the same name.
    #[must_use]
    pub fn with_action(mut self, action: Arc<dyn Action>) -> Self {
        self.actions.insert(action.name().clone(), action);
        self
    }

    /// Adds a kind of target, in place of one of the same name.
    #[must_use]
    pub fn with_target(mut self, factory: Arc<dyn TargetFactory>) -> Self {
        self.targets.insert(factory.name().clone(), factory);
        self
    }

    /// Adds a format, in place of one of the same name.
    #[must_use]
    pub fn with_format(mut self, format: Arc<dyn Format>) -> Self {
        self.formats.insert(format.format(), format);
        self
    }

    /// Adds a storage under each of its schemes.
    #[must_use]
    pub fn with_storage(mut self, storage: &Arc<dyn Storage>) -> Self {
        self.storages = self.storages.with(storage);
        self
    }

    /// The action of this name.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that lists the names there are.
    pub fn action(&self, name: &ActionName) -> Result<&Arc<dyn Action>> {
        self.actions
            .get(name)
            .ok_or_else(|| unknown("action", name.as_str(), self.actions.keys().map(ActionName::as_str)))
    }

    /// The format of this name.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) that lists the names there are.
    pub fn format(&self, format: FileFormat) -> Result<&Arc<dyn Format>> {
        self.formats.get(&format).ok_or_else(|| {
            let known = self.formats.keys().map(|format| format.as_str()).collect::<Vec<_>>().join(", ");
            Error::new(ErrorKind::Unsupported, "This host reads no files of that format")
                .with_context("format", format)
                .with_context("known", known)
        })
    }

    /// The storages.
    pub fn storages(&self) -> &Storages {
        &self.storages
    }

    /// The kinds of targets, by name.
    pub fn targets(&self) -> impl Iterator<Item = &Arc<dyn TargetFactory>> {
        self.targets.values()
    }

    /// The actions, by name.
    pub fn actions(&self) -> impl Iterator<Item = &Arc<dyn Action>> {
        self.actions.values()
    }

    /// Builds a target of this kind from a connection's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that lists the kinds there are, or names a wrong setting.
    pub fn build_target(
        &self,
        name: &TargetName,
        settings: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Arc<dyn Target>> {
        let factory = self
            .targets
            .get(name)
            .ok_or_else(|| unknown("target", name.as_str(), self.targets.keys().map(TargetName::as_str)))?;
        factory.build(settings)
    }
}

fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("There is no such {what}; use one of the known ones"))
        .with_context(what, name)
        .with_context("known", known.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let registry = Registry::new();
        let error = registry.action(&ActionName::new("upsert")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "InvalidRequest: There is no such action; use one of the known ones (action: upsert, known: create, \
             createAndLoad, dropAndLoad, load, truncateAndLoad)"
        );
        assert_eq!(registry.format(FileFormat::Csv).unwrap_err().kind(), ErrorKind::Unsupported);
        let settings = serde_json::Map::new();
        assert!(registry.build_target(&TargetName::new("x"), &settings).is_err());
    }
}
