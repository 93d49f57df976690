//! Which statement it is and what is done for it.

use crate::sql::alter_table::read_alter_table;
use crate::sql::copy_command::{CopyCommand, read_copy};
use crate::sql::create_table::read_create_table;
use crate::sql::cursor::Cursor;
use crate::sql::forbidden;
use crate::sql::names::quote_literal;
use crate::sql::rewrite::rewrite;
use crate::sql::token::tokenize;
use crate::sql::{Dialect, quote_name};
use crate::wire::Report;

/// A statement that was read.
#[derive(Debug)]
pub(crate) enum Statement {
    /// Goes to PostgreSQL as one statement.
    Plain(String),
    /// Is done by the proxy, step by step.
    Script(Box<Script>),
}

/// What the proxy does for a statement.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// The command's name, if it may not run in a transaction block.
    pub(crate) alone: Option<&'static str>,
    pub(crate) steps: Vec<Step>,
    /// The tag, if not that of the last step that runs.
    pub(crate) tag: Option<String>,
    /// Whether the open transaction ends with it.
    pub(crate) commits: bool,
    /// The table that gets another name.
    pub(crate) renames: Option<String>,
    /// A setting of the session that follows.
    pub(crate) case_sensitive: Option<bool>,
}

/// One step of a script.
#[derive(Debug)]
pub(crate) enum Step {
    /// A statement whose answers go to the client.
    Run(String),
    /// A statement of the proxy's own.
    Inner(String),
    /// A load from objects.
    Load(Box<CopyCommand>),
    /// Defines a late-binding view by the text of its query.
    LateView { name: String, query: String },
}

/// Settings that only the service knows.
const SETTINGS: [&str; 14] = [
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
];
/// Settings that the service lacks.
const ABSENT_SETTINGS: [&str; 4] =
    ["server_version_num", "standard_conforming_strings", "bytea_output", "lock_timeout"];

/// Reads a statement, refuses what the service refuses and says what is to be done.
pub(crate) fn read_statement(source: &str, dialect: Dialect<'_>) -> Result<Statement, Report> {
    let tokens = tokenize(source)?;
    let mut cursor = Cursor::new(source, &tokens, dialect);
    let plain = || Ok(Statement::Plain(rewrite(source, &tokens, dialect)));
    let script = |script: Script| Ok(Statement::Script(Box::new(script)));
    let first = cursor.peek().to_ascii_lowercase();
    if !matches!(first.as_str(), "copy" | "create") {
        forbidden::check(source, &tokens)?;
    }
    match first.as_str() {
        "select" | "with" | "(" | "insert" | "update" | "delete" | "merge" | "commit" | "end"
        | "rollback" | "abort" | "drop" | "comment" | "explain" | "declare" | "fetch" | "close"
        | "prepare" | "execute" | "deallocate" | "call" | "refresh" => {
            if cursor.is(&["rollback", "to"]) || cursor.is(&["rollback", "work", "to"]) {
                return Err(not_supported(source));
            }
            check_drop(&cursor, source)?;
            plain()
        }
        "begin" | "start" => read_begin(cursor),
        "grant" | "revoke" => script(one(without_role_words(&cursor))),
        "lock" => read_lock(cursor).and_then(script),
        "set" | "reset" | "show" => read_setting(cursor).map_or_else(plain, |done| done.and_then(script)),
        "copy" => read_copy(cursor)
            .and_then(|copy| script(Script { steps: vec![Step::Load(Box::new(copy))], ..Script::default() })),
        "truncate" => read_truncate(cursor).and_then(script),
        "vacuum" => {
            script(Script { alone: Some("VACUUM"), tag: Some("VACUUM".to_owned()), ..Script::default() })
        }
        "analyze" => read_analyze(cursor).and_then(script),
        "create" => read_create(cursor).transpose().unwrap_or_else(plain),
        "alter" => {
            cursor.at += 1;
            if cursor.take(&["table"]) {
                return read_alter_table(cursor).and_then(script);
            }
            if cursor.is(&["user"]) {
                return Ok(Statement::Plain(user_words(&cursor, "ALTER")));
            }
            plain()
        }
        "unload" => Err(Report::not_emulated("UNLOAD")),
        "savepoint" | "release" | "listen" | "notify" | "unlisten" | "cluster" | "reindex" | "checkpoint"
        | "do" | "move" | "load" => Err(not_supported(source)),
        _ => Err(cursor.unexpected()),
    }
}

fn not_supported(source: &str) -> Report {
    Report::unsupported(format!("SQL command \"{source}\" not supported."))
}

fn one(sql: String) -> Script {
    Script { steps: vec![Step::Run(sql)], ..Script::default() }
}

fn check_drop(cursor: &Cursor<'_>, source: &str) -> Result<(), Report> {
    let refused = ["index", "sequence", "trigger", "rule", "type", "domain", "extension", "aggregate"];
    if cursor.is(&["drop"]) && refused.iter().any(|kind| cursor.peek_at(1).eq_ignore_ascii_case(kind)) {
        return Err(not_supported(source));
    }
    Ok(())
}

/// BEGIN: isolation levels are accepted and without effect.
fn read_begin(mut cursor: Cursor<'_>) -> Result<Statement, Report> {
    if cursor.take(&["start"]) {
        cursor.expect(&["transaction"])?;
    } else {
        cursor.at += 1;
        if !cursor.take(&["transaction"]) {
            cursor.take(&["work"]);
        }
    }
    let mut mode = "";
    while !cursor.is_end() {
        cursor.take(&[","]);
        if cursor.take(&["read", "only"]) {
            mode = " READ ONLY";
        } else if cursor.take(&["read", "write"]) {
            mode = " READ WRITE";
        } else {
            read_isolation(&mut cursor)?;
        }
    }
    Ok(Statement::Plain(format!("BEGIN{mode}")))
}

fn read_isolation(cursor: &mut Cursor<'_>) -> Result<(), Report> {
    cursor.expect(&["isolation", "level"])?;
    let levels: [&[&str]; 5] = [
        &["serializable"],
        &["snapshot"],
        &["repeatable", "read"],
        &["read", "committed"],
        &["read", "uncommitted"],
    ];
    if levels.iter().any(|level| cursor.take(level)) { Ok(()) } else { Err(cursor.unexpected()) }
}

fn read_lock(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    cursor.at += 1;
    cursor.take(&["table"]);
    let mut tables = vec![cursor.qualified_name()?];
    while cursor.take(&[","]) {
        tables.push(cursor.qualified_name()?);
    }
    // The service has no modes.
    cursor.expect_end()?;
    Ok(one(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "))))
}

fn read_truncate(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    cursor.at += 1;
    cursor.take(&["table"]);
    let table = cursor.qualified_name()?;
    cursor.expect_end()?;
    Ok(Script {
        commits: true,
        tag: Some("TRUNCATE TABLE and COMMIT TRANSACTION".to_owned()),
        ..one(format!("TRUNCATE TABLE {table}"))
    })
}

fn read_analyze(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    cursor.at += 1;
    if cursor.is(&["compression"]) {
        return Err(Report::not_emulated("ANALYZE COMPRESSION"));
    }
    cursor.take(&["verbose"]);
    if cursor.is_end() {
        return Ok(one("ANALYZE".to_owned()));
    }
    let mut table = cursor.qualified_name()?;
    if cursor.is(&["("]) {
        let names: Vec<_> = cursor.names()?.iter().map(|name| quote_name(name)).collect();
        table = format!("{table} ({})", names.join(", "));
    }
    if !cursor.take(&["predicate", "columns"]) {
        cursor.take(&["all", "columns"]);
    }
    cursor.expect_end()?;
    Ok(one(format!("ANALYZE {table}")))
}

/// Settings that PostgreSQL doesn't know; `None` for those it does.
fn read_setting(mut cursor: Cursor<'_>) -> Option<Result<Script, Report>> {
    let command = cursor.word().ok()?;
    if command == "set" && (cursor.is(&["transaction"]) || cursor.is(&["session", "characteristics"])) {
        return Some(Ok(Script { tag: Some("SET".to_owned()), ..Script::default() }));
    }
    if !cursor.take(&["session"]) {
        cursor.take(&["local"]);
    }
    let name = cursor.word().ok()?;
    if ABSENT_SETTINGS.contains(&name.as_str()) {
        let message = format!("unrecognized configuration parameter \"{name}\"");
        return Some(Err(Report::error("42704", message)));
    }
    if command == "show" && name == "server_version" {
        return Some(Ok(one("SELECT '8.0.2'::varchar AS server_version".to_owned())));
    }
    if !SETTINGS.contains(&name.as_str()) {
        return None;
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

/// GRANT and REVOKE: PostgreSQL has no word before a role.
fn without_role_words(cursor: &Cursor<'_>) -> String {
    let tokens: Vec<_> = cursor
        .tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| {
            let is_role = token.text(cursor.source).eq_ignore_ascii_case("role");
            let before = at.checked_sub(1).map_or("", |at| cursor.tokens[at].text(cursor.source));
            let stands_before_name =
                ["to", "from", ",", "grant", "revoke"].iter().any(|word| before.eq_ignore_ascii_case(word));
            !(is_role && stands_before_name)
        })
        .map(|(_, token)| rewrite(cursor.source, std::slice::from_ref(token), cursor.dialect))
        .collect();
    tokens.join(" ")
}

/// CREATE: `None` for what PostgreSQL understands as it is.
fn read_create(mut cursor: Cursor<'_>) -> Result<Option<Statement>, Report> {
    let source = cursor.source;
    cursor.at += 1;
    let script = |script: Script| Ok(Some(Statement::Script(Box::new(script))));
    let is_local = cursor.take(&["local"]);
    let is_temporary = cursor.take(&["temp"]) || cursor.take(&["temporary"]);
    if cursor.take(&["table"]) {
        return read_create_table(cursor, is_temporary).and_then(script);
    }
    if is_local || is_temporary {
        return Err(cursor.unexpected());
    }
    let kind = cursor.clone().word().unwrap_or_default();
    match kind.as_str() {
        "user" => return Ok(Some(Statement::Plain(user_words(&cursor, "CREATE")))),
        "schema" | "group" | "role" | "procedure" | "function" => {}
        "database" => {
            cursor.at += 1;
            let name = cursor.qualified_name()?;
            return script(Script {
                alone: Some("CREATE DATABASE"),
                ..one(format!("CREATE DATABASE {name} TEMPLATE template1"))
            });
        }
        "or" | "view" | "materialized" => return read_view(&cursor),
        "external" | "datashare" | "library" | "model" | "identity" | "masking" | "rls" => {
            return Err(Report::not_emulated(&format!("CREATE {}", kind.to_uppercase())));
        }
        "index" | "unique" | "sequence" | "trigger" | "rule" | "type" | "domain" | "extension"
        | "aggregate" | "operator" | "cast" | "conversion" | "language" | "constraint" => {
            return Err(not_supported(source));
        }
        _ => return Err(cursor.unexpected()),
    }
    forbidden::check(source, cursor.tokens)?;
    Ok(None)
}

fn read_view(cursor: &Cursor<'_>) -> Result<Option<Statement>, Report> {
    let source = cursor.source;
    forbidden::check(source, cursor.tokens)?;
    let mut view = cursor.clone();
    let is_replaced = view.take(&["or", "replace"]);
    if !view.take(&["view"]) {
        return Ok(None);
    }
    let (body, late) = match view.tokens {
        [body @ .., no, schema, binding]
            if no.text(source).eq_ignore_ascii_case("no")
                && schema.text(source).eq_ignore_ascii_case("schema")
                && binding.text(source).eq_ignore_ascii_case("binding") =>
        {
            match body.split_last() {
                Some((with, body)) if with.text(source).eq_ignore_ascii_case("with") => (body, true),
                _ => return Err(Report::syntax("no")),
            }
        }
        tokens => (tokens, false),
    };
    if !late {
        return Ok(None);
    }
    let name = view.qualified_name()?;
    view.expect(&["as"])?;
    let query = rewrite(source, &body[view.at.min(body.len())..], cursor.dialect);
    let replaced = if is_replaced { " OR REPLACE" } else { "" };
    // The view keeps a place in the catalog; what it shows is decided when it is read.
    let place = format!("CREATE{replaced} VIEW {name} AS SELECT NULL::integer AS late_binding");
    Ok(Some(Statement::Script(Box::new(Script {
        steps: vec![Step::Run(place), Step::LateView { name, query }],
        ..Script::default()
    }))))
}

/// CREATE USER and ALTER USER: some attributes have other words.
fn user_words(cursor: &Cursor<'_>, command: &str) -> String {
    let words: Vec<_> = cursor
        .rest()
        .iter()
        .map(|token| {
            let text = token.text(cursor.source);
            match text.to_ascii_lowercase().as_str() {
                "createuser" => "SUPERUSER".to_owned(),
                "nocreateuser" => "NOSUPERUSER".to_owned(),
                "disable" => "NULL".to_owned(),
                _ => rewrite(cursor.source, std::slice::from_ref(token), cursor.dialect),
            }
        })
        .collect();
    format!("{command} {}", words.join(" "))
}
