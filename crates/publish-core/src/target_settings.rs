//! The settings of a request that only a target understands.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, ErrorKind, Result};

/// Reads a target's own settings out of a request's `options.extra`. One whose name has a dot belongs to somebody else and
/// is left out.
///
/// `T` has to refuse unknown names (`#[serde(deny_unknown_fields)]`), since a setting that does nothing would be taken
/// for one that does. `known` are its names, for whoever wrote another one; `target` is what people call the target.
///
/// ```
/// use publish_core::read_target_settings;
///
/// #[derive(Debug, Default, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Settings {
///     vacuum: bool,
/// }
///
/// let read = |extra: serde_json::Value| {
///     read_target_settings::<Settings>("Acme", &["vacuum"], extra.as_object().unwrap())
/// };
/// assert!(read(serde_json::json!({"vacuum": true, "acme.trace": 1}))?.vacuum);
/// let error = read(serde_json::json!({"vacum": true})).unwrap_err();
/// assert!(error.message().contains("Acme") && error.message().contains("vacuum"));
/// assert!(error.to_string().contains("vacum"));
/// # Ok::<(), publish_core::Error>(())
/// ```
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) that names an unknown or wrong setting, and those that are known.
pub fn read_target_settings<T: DeserializeOwned>(
    target: &str,
    known: &[&str],
    extra: &Map<String, Value>,
) -> Result<T> {
    let own = extra.iter().filter(|(name, _)| !name.contains('.'));
    let own = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    T::deserialize(Value::Object(own)).map_err(|error| {
        let message = match known {
            [] => format!("A request to {target} has no settings of its own; leave them out"),
            [one] => format!("The one setting of a request to {target} is {one}; correct it"),
            [some @ .., last] => {
                format!(
                    "The settings of a request to {target} are {} and {last}; correct them",
                    some.join(", ")
                )
            }
        };
        Error::new(ErrorKind::InvalidRequest, message).with_context("setting", &error).with_source(error)
    })
}
