//! The settings of a request that only this target understands.

use std::collections::BTreeMap;

use publish_core::{Error, ErrorKind, Result, read_target_settings};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::layout::{DistStyle, Layout};
use crate::sql::TextOptions;

/// The names of [`Options`], as people write them.
const KNOWN: [&str; 9] =
    ["distStyle", "distKey", "sortKey", "encode", "replaceBy", "views", "load", "vacuum", "copy"];

/// The settings that a request may have in `options.extra`. A setting whose name has a dot belongs to somebody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Options {
    dist_style: Option<String>,
    dist_key: Option<String>,
    sort_key: Option<SortKey>,
    encode: Option<BTreeMap<String, String>>,
    /// How rows are replaced.
    #[serde(alias = "replace_by")]
    pub(crate) replace_by: ReplaceBy,
    /// What becomes of the views on a table that is replaced.
    pub(crate) views: Views,
    /// Whether files are loaded as they are or staged first.
    pub(crate) load: Load,
    /// Whether the space of replaced rows is freed at once.
    pub(crate) vacuum: bool,
    /// Settings of COPY that change values.
    pub(crate) copy: TextOptions,
}

/// How rows are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReplaceBy {
    /// Delete and load in one transaction.
    #[default]
    Delete,
    /// Load beside first, then delete and insert under a short lock.
    Staging,
    /// Truncate, which is fast and not atomic, then load.
    Truncate,
}

/// What becomes of the views that are bound to a table that is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Views {
    /// They are named, and the table is left alone.
    #[default]
    Refuse,
    /// They are made again in the same transaction.
    Rebind,
    /// They are dropped.
    Cascade,
}

/// Whether files are loaded as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Load {
    /// Where they load right; else they are staged.
    #[default]
    Auto,
    /// They must load right, else the request is refused.
    Direct,
    /// They are staged.
    Staged,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum SortKey {
    One(String),
    Many(Vec<String>),
    #[serde(rename_all = "camelCase")]
    Interleaved {
        interleaved: Vec<String>,
    },
}

impl Options {
    /// Reads a request's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names an unknown or wrong setting.
    pub(crate) fn read(extra: &Map<String, Value>) -> Result<Self> {
        let options: Self = read_target_settings("Redshift", &KNOWN, extra)?;
        options.layout()?;
        match options.copy.accept_inv_chars {
            Some(character) if !character.is_ascii_graphic() || matches!(character, '\'' | '\\') => {
                Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "The setting `copy.acceptInvChars` is one ASCII character",
                )
                .with_context("given", character))
            }
            _ => Ok(options),
        }
    }

    /// Where a new table is to be kept, as far as the request says. `None` where it says nothing.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if its settings contradict each other.
    pub(crate) fn layout(&self) -> Result<Option<Layout>> {
        let invalid = |message: &str| Error::new(ErrorKind::InvalidRequest, message);
        if self.dist_style.is_none()
            && self.dist_key.is_none()
            && self.sort_key.is_none()
            && self.encode.is_none()
        {
            return Ok(None);
        }
        let style = self.dist_style.as_deref().map(str::to_ascii_uppercase);
        let dist = match (style.as_deref(), &self.dist_key) {
            (None | Some("KEY"), Some(column)) => DistStyle::Key(column.clone()),
            (Some("KEY"), None) => {
                return Err(invalid("The setting `distStyle` is key; name the column as `distKey`"));
            }
            (Some(_), Some(_)) => {
                return Err(invalid("A `distKey` goes with `distStyle` key alone; leave one of them out"));
            }
            (None | Some("AUTO"), None) => DistStyle::Auto,
            (Some("EVEN"), None) => DistStyle::Even,
            (Some("ALL"), None) => DistStyle::All,
            (Some(other), None) => {
                return Err(
                    invalid("The setting `distStyle` is auto, even, all or key").with_context("given", other)
                );
            }
        };
        let (sort, is_interleaved) = match &self.sort_key {
            None => (Vec::new(), false),
            Some(SortKey::One(column)) => (vec![column.clone()], false),
            Some(SortKey::Many(columns)) => (columns.clone(), false),
            Some(SortKey::Interleaved { interleaved }) => (interleaved.clone(), true),
        };
        let encodings = self.encode.clone().unwrap_or_default().into_iter().collect();
        Ok(Some(Layout { dist, sort, is_interleaved, encodings }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(extra: &Value) -> Result<Options> {
        Options::read(extra.as_object().unwrap())
    }

    #[test]
    fn a_request_without_settings_has_the_defaults() {
        let options = read(&json!({"acme.other": 1})).unwrap();
        assert_eq!(options, Options::default());
        assert_eq!(options.layout().unwrap(), None);
        assert!(options.copy.is_default());
    }

    #[test]
    fn every_setting_is_read() {
        let options = read(&json!({
            "distKey": "id", "sortKey": ["at", "id"], "encode": {"name": "zstd"}, "replaceBy": "staging",
            "views": "rebind", "load": "direct", "vacuum": true,
            "copy": {"truncateColumns": true, "acceptInvChars": "?"},
        }))
        .unwrap();
        let layout = options.layout().unwrap().unwrap();
        assert_eq!(layout.dist, DistStyle::Key("id".into()));
        assert_eq!((layout.sort.len(), layout.is_interleaved), (2, false));
        assert_eq!(options.replace_by, ReplaceBy::Staging);
        assert_eq!((options.views, options.load, options.vacuum), (Views::Rebind, Load::Direct, true));
        assert!(options.copy.truncate_columns && options.copy.accept_inv_chars == Some('?'));
        let interleaved = read(&json!({"sortKey": {"interleaved": ["a"]}, "distStyle": "even"})).unwrap();
        let layout = interleaved.layout().unwrap().unwrap();
        assert!(layout.is_interleaved && layout.dist == DistStyle::Even);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (extra, named) in [
            (json!({"distkey": "id"}), "distkey"),
            (json!({"distStyle": "key"}), "distKey"),
            (json!({"distStyle": "all", "distKey": "id"}), "distKey"),
            (json!({"distStyle": "round"}), "ROUND"),
            (json!({"replaceBy": "drop"}), "drop"),
            (json!({"views": "keep"}), "keep"),
            (json!({"load": "fast"}), "fast"),
            (json!({"copy": {"acceptInvChars": "'"}}), "acceptInvChars"),
            (json!({"copy": {"maxError": 5}}), "maxError"),
        ] {
            let error = read(&extra).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
