//! What a request may say that only this target understands.

use publish_core::{Result, read_target_settings};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::{AppendFiles, HiveConfig};

/// The settings that a request may have in `options.extra`, in place of the connection's. One whose name has a dot belongs
/// to somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct RequestSettings {
    consume_results: Option<bool>,
    append_files: Option<AppendFiles>,
    restage_limit: Option<u64>,
}

/// How results get into a table, by the request, else by the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loading {
    pub(super) consume_results: bool,
    pub(super) append_files: AppendFiles,
    pub(super) restage_limit: u64,
}

impl Loading {
    /// Reads a request's settings.
    ///
    /// # Errors
    /// [`InvalidRequest`](publish_core::ErrorKind::InvalidRequest) that names an unknown or wrong setting.
    pub(super) fn of(config: &HiveConfig, extra: &Map<String, Value>) -> Result<Self> {
        let known = ["consumeResults", "appendFiles", "restageLimit"];
        let asked: RequestSettings = read_target_settings("Hive", &known, extra)?;
        Ok(Self {
            consume_results: asked.consume_results.unwrap_or(config.consume_results),
            append_files: asked.append_files.unwrap_or(config.append_files),
            restage_limit: asked.restage_limit.unwrap_or(config.restage_limit),
        })
    }
}

#[cfg(test)]
mod tests {
    use publish_core::{ErrorKind, Location};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_s_setting_wins_and_an_unknown_one_is_named() {
        let config = HiveConfig::new("h:1", Location::parse("hdfs://nn/p").unwrap());
        let read = |extra: Value| Loading::of(&config, extra.as_object().unwrap());
        let plain = read(json!({"acme.trace": 1})).unwrap();
        assert_eq!((plain.consume_results, plain.append_files), (false, AppendFiles::One));
        assert_eq!(plain.restage_limit, 10 * 1024 * 1024 * 1024);
        let asked = read(json!({"consumeResults": true, "appendFiles": "many", "restageLimit": 7})).unwrap();
        let wanted = Loading { consume_results: true, append_files: AppendFiles::Many, restage_limit: 7 };
        assert_eq!(asked, wanted);
        for extra in [json!({"consume": true}), json!({"appendFiles": "two"})] {
            assert_eq!(read(extra).unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
    }
}
