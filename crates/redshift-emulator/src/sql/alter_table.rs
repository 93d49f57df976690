//! ALTER TABLE: what the service has, and where it has it.

use serde_json::{Map, json};

use crate::sql::column::{Column, read_encoding, read_type};
use crate::sql::create_table::{
    Constraint, is_constraint, label_step, quoted_column, read_constraint, read_table_attribute,
};
use crate::sql::cursor::Cursor;
use crate::sql::names::quote_literal;
use crate::sql::rewrite::rewrite;
use crate::sql::statement::{Script, Step};
use crate::wire::Report;

/// Reads what follows `ALTER TABLE`.
pub(crate) fn read_alter_table(mut cursor: Cursor<'_>) -> Result<Script, Report> {
    let table = cursor.qualified_name()?;
    if cursor.take(&["append", "from"]) {
        return read_append(cursor, &table);
    }
    let tag = Some("ALTER TABLE".to_owned());
    let run = |sql: String| Script { steps: vec![Step::Run(sql)], ..Script::default() };
    let label = |attributes| Script {
        steps: vec![label_step(&table, attributes)],
        tag: tag.clone(),
        ..Script::default()
    };
    if cursor.is(&["rename"]) {
        let renames = cursor.is(&["rename", "to"]).then(|| table.clone());
        let rest = rewrite(cursor.source, cursor.rest(), cursor.dialect);
        return Ok(Script { renames, ..run(format!("ALTER TABLE {table} {rest}")) });
    }
    if cursor.is(&["owner", "to"]) || cursor.is(&["set", "schema"]) {
        let rest = rewrite(cursor.source, cursor.rest(), cursor.dialect);
        return Ok(run(format!("ALTER TABLE {table} {rest}")));
    }
    if cursor.take(&["add"]) {
        return read_add(cursor, &table);
    }
    if cursor.take(&["drop", "constraint"]) {
        let name = cursor.name()?;
        skip_behaviour(&mut cursor);
        cursor.expect_end()?;
        let sql = format!(
            "SELECT redshift_emulator.drop_constraint({}::regclass, {})",
            quote_literal(&table),
            quote_literal(&name)
        );
        return Ok(Script { steps: vec![Step::Inner(sql)], tag, ..Script::default() });
    }
    if cursor.take(&["drop"]) {
        cursor.take(&["column"]);
        let (_, column) = quoted_column(&mut cursor)?;
        let behaviour = if cursor.take(&["cascade"]) { " CASCADE" } else { "" };
        skip_behaviour(&mut cursor);
        cursor.expect_end()?;
        return Ok(run(format!("ALTER TABLE {table} DROP COLUMN {column}{behaviour}")));
    }
    cursor.expect(&["alter"])?;
    if let Some(attributes) = read_table_attribute(&mut cursor)? {
        cursor.expect_end()?;
        return Ok(label(attributes));
    }
    cursor.expect(&["column"])?;
    let (name, quoted) = quoted_column(&mut cursor)?;
    if cursor.take(&["encode"]) {
        let encoding = read_encoding(&mut cursor)?;
        cursor.expect_end()?;
        let mut attributes = Map::new();
        attributes.insert("encodings".to_owned(), json!({ name: encoding }));
        return Ok(Script { alone: Some("ALTER TABLE ALTER COLUMN"), ..label(attributes) });
    }
    cursor.expect(&["type"])?;
    let data_type = read_type(&mut cursor, &table.replace('"', ""), &name)?;
    cursor.expect_end()?;
    if !data_type.starts_with("varchar") {
        let message =
            format!("cannot alter column \"{name}\" of relation {table}, target column is not a varchar");
        return Err(Report::unsupported(message));
    }
    Ok(Script {
        alone: Some("ALTER TABLE ALTER COLUMN"),
        ..run(format!("ALTER TABLE {table} ALTER COLUMN {quoted} TYPE {data_type}"))
    })
}

fn skip_behaviour(cursor: &mut Cursor<'_>) {
    if !cursor.take(&["cascade"]) {
        cursor.take(&["restrict"]);
    }
}

fn read_add(mut cursor: Cursor<'_>, table: &str) -> Result<Script, Report> {
    if is_constraint(&cursor) {
        let constraint = read_constraint(&mut cursor)?;
        cursor.expect_end()?;
        let tag = Some("ALTER TABLE".to_owned());
        let mut attributes = Map::new();
        constraint.add_to(&mut attributes);
        return Ok(Script { steps: vec![label_step(table, attributes)], tag, ..Script::default() });
    }
    cursor.take(&["column"]);
    let column = Column::read(&mut cursor, &table.replace('"', ""))?;
    // One column per statement.
    cursor.expect_end()?;
    if column.is_required && column.default.is_none() {
        let message = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression";
        return Err(Report::error("0A000", message));
    }
    if column.identity.is_some() || column.is_dist_key || column.is_sort_key || column.is_primary_key {
        let message = "ALTER TABLE ADD COLUMN cannot have IDENTITY, DISTKEY, SORTKEY or a key";
        return Err(Report::unsupported(message));
    }
    let mut steps = vec![Step::Run(format!("ALTER TABLE {table} ADD COLUMN {}", column.ddl()))];
    let mut attributes = Map::new();
    if let Some(constraint) = Constraint::of_column(&column) {
        constraint.add_to(&mut attributes);
    }
    if let Some(encoding) = &column.encoding {
        attributes.insert("encodings".to_owned(), json!({ column.name.clone(): encoding }));
    }
    if !attributes.is_empty() {
        steps.push(label_step(table, attributes));
    }
    Ok(Script { steps, ..Script::default() })
}

/// ALTER TABLE APPEND: moves all rows of another table here, outside of any block.
fn read_append(mut cursor: Cursor<'_>, table: &str) -> Result<Script, Report> {
    let source = cursor.qualified_name()?;
    let mode = if cursor.take(&["ignoreextra"]) {
        "ignoreextra"
    } else if cursor.take(&["filltarget"]) {
        "filltarget"
    } else {
        "exact"
    };
    cursor.expect_end()?;
    let step = format!(
        "SELECT redshift_emulator.append({}::regclass, {}::regclass, '{mode}')",
        quote_literal(table),
        quote_literal(&source)
    );
    Ok(Script {
        alone: Some("ALTER TABLE APPEND"),
        steps: vec![Step::Inner(step)],
        tag: Some("ALTER TABLE APPEND and COMMIT TRANSACTION".to_owned()),
        ..Script::default()
    })
}
