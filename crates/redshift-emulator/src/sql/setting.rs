//! SET, RESET and SHOW: settings that the service has, and those that only PostgreSQL has.

use crate::sql::cursor::Cursor;
use crate::sql::names::quote_literal;
use crate::sql::statement::{Script, one};
use crate::wire::Report;

/// Settings that only the service knows: kept, and without effect but for the first.
const SETTINGS: [&str; 15] = [
    "enable_case_sensitive_identifier",
    "query_group",
    "wlm_query_slot_count",
    "json_serialization_enable",
    "json_serialization_parse_nested_strings",
    "analyze_threshold_percent",
    "enable_result_cache_for_session",
    "describe_field_name_in_uppercase",
    "error_on_nondeterministic_update",
    "cast_super_null_on_error",
    "enable_numeric_rounding",
    "navigate_super_null_on_error",
    "spectrum_enable_enhanced_partition_pruning",
    "downcase_delimited_identifier",
    "autocommit",
];
/// Settings that both know.
const COMMON: [&str; 14] = [
    "search_path",
    "statement_timeout",
    "datestyle",
    "timezone",
    "time",
    "client_encoding",
    "names",
    "extra_float_digits",
    "application_name",
    "seed",
    "is_superuser",
    "server_encoding",
    "client_min_messages",
    "all",
];

/// Reads the statement; `None` for what PostgreSQL understands as it is.
pub(super) fn read_setting(mut cursor: Cursor<'_>) -> Option<Result<Script, Report>> {
    let command = cursor.word().ok()?;
    if command == "set" && (cursor.is(&["transaction"]) || cursor.is(&["session", "characteristics"])) {
        return Some(Ok(Script { tag: Some("SET".to_owned()), ..Script::default() }));
    }
    if cursor.is(&["session", "authorization"]) || cursor.is(&["session_authorization"]) {
        return None;
    }
    if !cursor.take(&["session"]) {
        cursor.take(&["local"]);
    }
    let name = cursor.name().ok()?;
    if command == "show" && name == "server_version" {
        return Some(Ok(one("SELECT '8.0.2'::varchar AS server_version".to_owned())));
    }
    // A name with a dot is a variable of the session.
    if COMMON.contains(&name.as_str()) || cursor.is(&["."]) {
        return None;
    }
    if !SETTINGS.contains(&name.as_str()) {
        let message = format!("unrecognized configuration parameter \"{name}\"");
        return Some(Err(Report::error("42704", message)));
    }
    let key = format!("redshift.{name}");
    Some(Ok(match command.as_str() {
        "show" => one(format!("SELECT coalesce(current_setting('{key}', true), 'off')::varchar AS {name}")),
        "reset" => Script { case_sensitive: switch(&name, "off"), ..one(format!("RESET {key}")) },
        _ => {
            if !cursor.take(&["to"]) && !cursor.take(&["="]) {
                return Some(Err(cursor.unexpected()));
            }
            let value = cursor.peek().trim_matches('\'').to_ascii_lowercase();
            Script {
                case_sensitive: switch(&name, &value),
                ..one(format!("SET {key} TO {}", quote_literal(&value)))
            }
        }
    }))
}

fn switch(name: &str, value: &str) -> Option<bool> {
    (name == "enable_case_sensitive_identifier").then_some(matches!(value, "true" | "on" | "1" | "yes"))
}
