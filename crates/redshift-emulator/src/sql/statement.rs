//! Which statement it is and what is done for it.

use crate::sql::alter_table::read_alter_table;
use crate::sql::copy_command::{CopyCommand, read_copy};
use crate::sql::create::read_create;
use crate::sql::cursor::Cursor;
use crate::sql::forbidden;
use crate::sql::names::quote_literal;
use crate::sql::rewrite::rewrite;
use crate::sql::setting::read_setting;
use crate::sql::token::tokenize;
use crate::sql::unload_command::{UnloadCommand, read_unload};
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
    /// The table that it writes.
    pub(crate) writes: Option<String>,
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
    /// Rows of a query, written to objects.
    Unload(Box<UnloadCommand>),
    /// A late-binding view has this name now, so statements that have it must be looked at.
    LateView(String),
    /// Stops what another session's process does.
    Cancel(i32),
    /// How transactions see each other from now on.
    Isolation { is_serializable: bool },
}

/// Reads a statement, refuses what the service refuses and says what is to be done.
pub(crate) fn read_statement(source: &str, dialect: Dialect<'_>) -> Result<Statement, Report> {
    let tokens = tokenize(source)?;
    let mut cursor = Cursor::new(source, &tokens, dialect);
    let plain = || Ok(Statement::Plain(rewrite(source, &tokens, dialect)));
    let script = |script: Script| Ok(Statement::Script(Box::new(script)));
    let first = cursor.peek().to_ascii_lowercase();
    if !matches!(first.as_str(), "copy" | "create" | "unload") {
        forbidden::check(source, &tokens)?;
    }
    match first.as_str() {
        "insert" | "update" | "delete" | "merge" => {
            let sql = rewrite(source, &tokens, dialect);
            script(Script { writes: written_table(cursor)?, ..one(sql) })
        }
        "drop" => check_kind(&cursor, source, &DROPPED, &NEVER_DROPPED).and_then(|()| plain()),
        "comment" => {
            cursor.expect(&["comment", "on"])?;
            cursor.at -= 1;
            check_kind(&cursor, source, &COMMENTED, &NEVER_DROPPED).and_then(|()| plain())
        }
        "explain" if cursor.is(&["explain", "analyze"]) || cursor.is(&["explain", "("]) => {
            cursor.at += 1;
            Err(cursor.unexpected())
        }
        "select" | "with" | "(" | "commit" | "end" | "rollback" | "abort" | "explain" | "declare"
        | "fetch" | "close" | "prepare" | "execute" | "deallocate" | "call" | "refresh" => {
            if cursor.is(&["rollback", "to"]) || cursor.is(&["rollback", "work", "to"]) {
                return Err(not_supported(source));
            }
            plain()
        }
        "begin" | "start" => read_begin(cursor),
        "grant" | "revoke" => script(one(without_role_words(&cursor))),
        "lock" => read_lock(cursor).and_then(script),
        "set" | "reset" | "show" => read_setting(cursor).map_or_else(plain, |done| done.and_then(script)),
        "copy" => read_copy(cursor).and_then(|copy| {
            let writes = Some(copy.table.clone()).filter(|_| !copy.has("noload"));
            script(Script { writes, steps: vec![Step::Load(Box::new(copy))], ..Script::default() })
        }),
        "truncate" => read_truncate(cursor).and_then(script),
        "vacuum" => read_vacuum(cursor).and_then(script),
        "analyze" => read_analyze(cursor).and_then(script),
        "cancel" => read_cancel(cursor).and_then(script),
        "create" => read_create(cursor).transpose().unwrap_or_else(plain),
        "alter" => {
            cursor.at += 1;
            if cursor.take(&["table"]) {
                return read_alter_table(cursor).and_then(script);
            }
            if cursor.is(&["user"]) {
                return Ok(Statement::Plain(user_words(&cursor, "ALTER")));
            }
            if let Some(isolation) = read_database_isolation(cursor.clone())? {
                return script(isolation);
            }
            cursor.at -= 1;
            check_kind(&cursor, source, &ALTERED, &NEVER_DROPPED).and_then(|()| plain())
        }
        "unload" => read_unload(cursor).and_then(|unload| {
            script(Script { steps: vec![Step::Unload(Box::new(unload))], ..Script::default() })
        }),
        "savepoint" | "release" | "listen" | "notify" | "unlisten" | "cluster" | "reindex" | "checkpoint"
        | "do" | "move" | "load" | "discard" | "security" | "reassign" | "import" | "values" | "table" => {
            Err(not_supported(source))
        }
        _ => Err(cursor.unexpected()),
    }
}

pub(super) fn not_supported(source: &str) -> Report {
    Report::unsupported(format!("SQL command \"{source}\" not supported."))
}

/// A script of one statement.
pub(super) fn one(sql: String) -> Script {
    Script { steps: vec![Step::Run(sql)], ..Script::default() }
}

/// What may be dropped, altered and commented on.
const DROPPED: [&str; 10] =
    ["table", "view", "schema", "user", "group", "role", "database", "procedure", "function", "materialized"];
const ALTERED: [&str; 8] =
    ["group", "role", "schema", "database", "default", "procedure", "function", "materialized"];
const COMMENTED: [&str; 5] = ["table", "column", "view", "database", "constraint"];
/// What PostgreSQL has and the service doesn't.
const NEVER_DROPPED: [&str; 18] = [
    "index",
    "sequence",
    "trigger",
    "rule",
    "type",
    "domain",
    "extension",
    "aggregate",
    "operator",
    "collation",
    "conversion",
    "policy",
    "publication",
    "subscription",
    "server",
    "statistics",
    "system",
    "tablespace",
];

/// Checks the kind of thing that the second word names.
fn check_kind(cursor: &Cursor<'_>, source: &str, known: &[&str], refused: &[&str]) -> Result<(), Report> {
    let kind = cursor.peek_at(1).to_ascii_lowercase();
    match kind.as_str() {
        kind if known.contains(&kind) => Ok(()),
        kind if refused.contains(&kind) => Err(not_supported(source)),
        "external" | "datashare" | "model" | "library" | "masking" | "rls" | "identity" => {
            Err(Report::not_emulated(&format!("this statement about {}", kind.to_uppercase())))
        }
        other => Err(Report::syntax(other)),
    }
}

/// The table that INSERT, UPDATE, DELETE or MERGE writes.
fn written_table(mut cursor: Cursor<'_>) -> Result<Option<String>, Report> {
    let command = cursor.word()?;
    match command.as_str() {
        "insert" | "merge" => cursor.expect(&["into"])?,
        "delete" if !cursor.take(&["from"]) => return Err(Report::not_emulated("DELETE without FROM")),
        _ => {}
    }
    cursor.qualified_name().map(Some)
}

/// CANCEL of another session's statement.
fn read_cancel(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    cursor.at += 1;
    let process = cursor.integer()?;
    if !cursor.is_end() {
        cursor.raw_text()?;
    }
    cursor.expect_end()?;
    let process =
        i32::try_from(process).map_err(|_| Report::error("22003", "The process id is out of range"))?;
    Ok(Script { steps: vec![Step::Cancel(process)], tag: Some("CANCEL".to_owned()), ..Script::default() })
}

/// ALTER DATABASE .. ISOLATION LEVEL, which counts for sessions that begin later.
fn read_database_isolation(mut cursor: Cursor<'_>) -> Result<Option<Script>, Report> {
    if !cursor.take(&["database"]) {
        return Ok(None);
    }
    let database = cursor.qualified_name()?;
    if !cursor.take(&["isolation", "level"]) {
        return Ok(None);
    }
    let is_serializable = match cursor.word()?.as_str() {
        "serializable" => true,
        "snapshot" => false,
        other => return Err(Report::syntax(other)),
    };
    cursor.expect_end()?;
    Ok(Some(Script {
        alone: Some("ALTER DATABASE ISOLATION LEVEL"),
        steps: vec![
            Step::Inner(set_isolation(&database, is_serializable)),
            Step::Isolation { is_serializable },
        ],
        tag: Some("ALTER DATABASE".to_owned()),
        ..Script::default()
    }))
}

/// The statement that makes PostgreSQL isolate the transactions of a database, given in quotes.
pub(crate) fn set_isolation(database: &str, is_serializable: bool) -> String {
    let level = if is_serializable { "serializable" } else { "repeatable read" };
    format!("ALTER DATABASE {database} SET default_transaction_isolation TO '{level}'")
}

/// VACUUM: there is nothing to do here.
fn read_vacuum(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    cursor.at += 1;
    let kinds: [&[&str]; 5] =
        [&["full"], &["sort", "only"], &["delete", "only"], &["reindex"], &["recluster"]];
    let _ = kinds.iter().any(|kind| cursor.take(kind));
    let mut steps = Vec::new();
    if !cursor.is_end() {
        let table = cursor.qualified_name()?;
        steps.push(Step::Inner(format!("SELECT {}::regclass", quote_literal(&table))));
        if cursor.take(&["to"]) {
            let percent = cursor.integer()?;
            cursor.expect(&["percent"])?;
            if !(0..=100).contains(&percent) {
                return Err(Report::error("22023", "The threshold of VACUUM is not between 0 and 100"));
            }
        }
        cursor.take(&["boost"]);
    }
    cursor.expect_end()?;
    Ok(Script { alone: Some("VACUUM"), steps, tag: Some("VACUUM".to_owned()), ..Script::default() })
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

/// CREATE USER and ALTER USER: some attributes have other words.
pub(super) fn user_words(cursor: &Cursor<'_>, command: &str) -> String {
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
