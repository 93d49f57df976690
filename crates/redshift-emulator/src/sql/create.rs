//! CREATE of anything but tables.

use crate::sql::create_table::read_create_table;
use crate::sql::cursor::Cursor;
use crate::sql::forbidden;
use crate::sql::names::quote_literal;
use crate::sql::rewrite::rewrite;
use crate::sql::statement::{Script, Statement, Step, not_supported, set_isolation, user_words};
use crate::wire::Report;

/// CREATE: `None` for what PostgreSQL understands as it is.
pub(super) fn read_create(mut cursor: Cursor<'_>) -> Result<Option<Statement>, Report> {
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
        "role" => {
            // A mark that tells a role from a group.
            let sql = rewrite(source, cursor.tokens, cursor.dialect);
            cursor.at += 1;
            let name = cursor.qualified_name()?;
            cursor.expect_end()?;
            let mark = Step::Inner(format!("COMMENT ON ROLE {name} IS 'role'"));
            return script(Script { steps: vec![Step::Run(sql), mark], ..Script::default() });
        }
        "schema" | "group" | "procedure" | "function" => {}
        "database" => {
            cursor.at += 1;
            let name = cursor.qualified_name()?;
            return script(Script {
                alone: Some("CREATE DATABASE"),
                steps: vec![
                    Step::Run(format!("CREATE DATABASE {name} TEMPLATE template1")),
                    Step::Inner(set_isolation(&name, true)),
                ],
                ..Script::default()
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
    let statement = format!("create view {name} as {query} with no schema binding;");
    let replaced = if is_replaced { " OR REPLACE" } else { "" };
    // The view keeps a place in the catalog; what it shows is decided when it is read.
    let place = format!("CREATE{replaced} VIEW {name} AS SELECT NULL::integer AS late_binding");
    Ok(Some(Statement::Script(Box::new(Script {
        steps: vec![
            Step::Run(place),
            Step::Inner(format!(
                "SELECT redshift_emulator.late_view({}::regclass, {}, {})",
                quote_literal(&name),
                quote_literal(&query),
                quote_literal(&statement)
            )),
            Step::LateView(name),
        ],
        ..Script::default()
    }))))
}
