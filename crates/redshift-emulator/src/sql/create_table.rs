//! CREATE TABLE with the service's attributes.

use serde_json::{Map, Value, json};

use crate::sql::column::{Column, read_encoding};
use crate::sql::cursor::Cursor;
use crate::sql::names::{quote_literal, quote_name};
use crate::sql::rewrite::rewrite;
use crate::sql::statement::{Script, Step};
use crate::wire::Report;

/// Reads what follows `CREATE [TEMP] TABLE`.
pub(crate) fn read_create_table(mut cursor: Cursor<'_>, is_temporary: bool) -> Result<Script, Report> {
    let if_absent = cursor.take(&["if", "not", "exists"]);
    let is_temporary = is_temporary || cursor.peek().starts_with('#') || cursor.peek().starts_with("\"#");
    let table = cursor.qualified_name()?;
    let mut table_reader =
        TableReader { table: table.clone(), columns: Vec::new(), like: None, attributes: Map::new() };
    let mut column_names = None;
    if cursor.is(&["("]) {
        let group = cursor.group()?;
        let inner = Cursor { tokens: group, at: 0, ..cursor.clone() };
        if is_list_of_names(&inner) {
            column_names = Some(rewrite(cursor.source, group, cursor.dialect));
        } else {
            table_reader.read_items(inner)?;
        }
    }
    while !cursor.is_end() && !cursor.is(&["as"]) {
        table_reader.read_attribute(&mut cursor)?;
    }
    let kind = if is_temporary { "CREATE TEMPORARY TABLE" } else { "CREATE TABLE" };
    let absent = if if_absent { " IF NOT EXISTS" } else { "" };
    let head = format!("{kind}{absent} {table}");
    let is_query = cursor.take(&["as"]);
    let ddl = if is_query {
        if !table_reader.columns.is_empty() || cursor.is_end() {
            return Err(cursor.unexpected());
        }
        let names = column_names.map_or_else(String::new, |names| format!(" ({names})"));
        format!("{head}{names} AS {}", rewrite(cursor.source, cursor.rest(), cursor.dialect))
    } else {
        if table_reader.columns.is_empty() && table_reader.like.is_none() {
            return Err(cursor.unexpected());
        }
        format!("{head} ({})", table_reader.ddl_items())
    };
    Ok(table_reader.script(ddl, is_query))
}

/// Whether the list is `(a, b)` as CREATE TABLE .. AS has it.
fn is_list_of_names(inner: &Cursor<'_>) -> bool {
    !inner.is(&["like"])
        && inner
            .tokens
            .iter()
            .enumerate()
            .all(|(at, token)| (token.text(inner.source) == ",") == (at % 2 == 1))
}

/// The table as it is read.
#[derive(Debug)]
struct TableReader {
    table: String,
    columns: Vec<Column>,
    like: Option<(String, bool)>,
    attributes: Map<String, Value>,
}

impl TableReader {
    fn read_items(&mut self, mut cursor: Cursor<'_>) -> Result<(), Report> {
        loop {
            if cursor.take(&["like"]) {
                let parent = cursor.qualified_name()?;
                let with_defaults = cursor.take(&["including", "defaults"]);
                if !with_defaults {
                    cursor.take(&["excluding", "defaults"]);
                }
                self.like = Some((parent, with_defaults));
            } else if is_constraint(&cursor) {
                self.read_constraint(&mut cursor)?;
            } else {
                let column = Column::read(&mut cursor, &self.table.replace('"', ""))?;
                self.columns.push(column);
            }
            if cursor.is_end() {
                return Ok(());
            }
            cursor.expect(&[","])?;
        }
    }

    fn read_constraint(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Report> {
        let constraint = read_constraint(cursor)?;
        for column in &mut self.columns {
            if constraint.kind == "primary_key" && constraint.columns.contains(&column.name) {
                column.is_required = true;
            }
        }
        constraint.add_to(&mut self.attributes);
        Ok(())
    }

    fn read_attribute(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Report> {
        if cursor.take(&["backup"]) {
            if !cursor.take(&["yes"]) && !cursor.take(&["no"]) {
                return Err(cursor.unexpected());
            }
            return Ok(());
        }
        if let Some(attributes) = read_table_attribute(cursor)? {
            self.attributes.extend(attributes);
            return Ok(());
        }
        Err(cursor.unexpected())
    }

    fn ddl_items(&self) -> String {
        let like = self.like.iter().map(|(parent, with_defaults)| {
            format!("LIKE {parent}{}", if *with_defaults { " INCLUDING DEFAULTS" } else { "" })
        });
        self.columns.iter().map(Column::ddl).chain(like).collect::<Vec<_>>().join(", ")
    }

    fn script(mut self, ddl: String, is_query: bool) -> Script {
        let mut columns = Map::new();
        for column in &self.columns {
            if let Some(encoding) = &column.encoding {
                columns.insert(column.name.clone(), json!(encoding));
            }
            if column.is_dist_key {
                self.attributes.insert("distkey".to_owned(), json!(column.name));
                self.attributes.insert("diststyle".to_owned(), json!("KEY"));
            }
            if column.is_unique {
                self.attributes.insert("unique".to_owned(), json!([column.name]));
            }
            if let Some(constraint) = Constraint::of_column(column) {
                constraint.add_to(&mut self.attributes);
            }
            if column.is_primary_key {
                self.attributes.insert("primary_key".to_owned(), json!([column.name]));
            }
        }
        let sorted: Vec<_> =
            self.columns.iter().filter(|column| column.is_sort_key).map(|column| &column.name).collect();
        if !sorted.is_empty() {
            self.attributes.insert("sortkey".to_owned(), json!(sorted));
        }
        self.attributes.insert("encodings".to_owned(), Value::Object(columns));
        let mut steps = vec![Step::Run(ddl)];
        if let Some((parent, _)) = &self.like {
            steps.push(Step::Inner(format!(
                "SELECT redshift_emulator.copy_label({}::regclass, {}::regclass)",
                quote_literal(&self.table),
                quote_literal(parent)
            )));
        }
        steps.push(label_step(&self.table, self.attributes));
        Script { steps, tag: is_query.then(|| "SELECT".to_owned()), ..Script::default() }
    }
}

/// The step that keeps the service's attributes of a table.
pub(crate) fn label_step(table: &str, attributes: Map<String, Value>) -> Step {
    Step::Inner(format!(
        "SELECT redshift_emulator.label({}::regclass, {}::jsonb)",
        quote_literal(table),
        quote_literal(&Value::Object(attributes).to_string())
    ))
}

/// Whether a constraint comes next, not a column.
pub(crate) fn is_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.is(&["constraint"])
        || cursor.is(&["primary", "key"])
        || cursor.is(&["unique", "("])
        || cursor.is(&["foreign", "key"])
        || cursor.is(&["check", "("])
}

/// A key that is accepted, shown and not enforced.
#[derive(Debug)]
pub(crate) struct Constraint {
    /// `primary_key`, `unique` or `foreign_keys`.
    kind: &'static str,
    name: Option<String>,
    columns: Vec<String>,
    /// What a foreign key refers to.
    references: Option<References>,
}

/// A table that a foreign key refers to, and its columns where they are named.
#[derive(Clone, Debug)]
pub(crate) struct References {
    table: String,
    columns: Option<Vec<String>>,
}

impl References {
    /// Reads what follows REFERENCES.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Report> {
        let table = cursor.qualified_name()?;
        let columns = if cursor.is(&["("]) { Some(cursor.names()?) } else { None };
        Ok(Self { table, columns })
    }
}

impl Constraint {
    /// The foreign key that a column's own words make.
    pub(crate) fn of_column(column: &Column) -> Option<Self> {
        let references = Some(column.references.clone()?);
        Some(Self { kind: "foreign_keys", name: None, columns: vec![column.name.clone()], references })
    }

    /// Adds the key to the attributes of its table.
    pub(crate) fn add_to(self, attributes: &mut Map<String, Value>) {
        if let Some(References { table, columns }) = self.references {
            let key =
                json!({"name": self.name, "columns": self.columns, "table": table, "references": columns});
            let keys = attributes.entry(self.kind).or_insert_with(|| json!([]));
            keys.as_array_mut().into_iter().for_each(|keys| keys.push(key.clone()));
            return;
        }
        if let Some(name) = self.name {
            attributes.insert(format!("{}_name", self.kind), json!(name));
        }
        attributes.insert(self.kind.to_owned(), json!(self.columns));
    }
}

/// Reads a constraint of a table.
pub(crate) fn read_constraint(cursor: &mut Cursor<'_>) -> Result<Constraint, Report> {
    let name = if cursor.take(&["constraint"]) { Some(cursor.name()?) } else { None };
    if cursor.take(&["primary", "key"]) {
        return Ok(Constraint { kind: "primary_key", name, columns: cursor.names()?, references: None });
    }
    if cursor.take(&["unique"]) {
        return Ok(Constraint { kind: "unique", name, columns: cursor.names()?, references: None });
    }
    if cursor.take(&["foreign", "key"]) {
        let columns = cursor.names()?;
        cursor.expect(&["references"])?;
        let references = Some(References::read(cursor)?);
        return Ok(Constraint { kind: "foreign_keys", name, columns, references });
    }
    if cursor.is(&["check"]) {
        return Err(Report::unsupported("CHECK constraints are not supported."));
    }
    Err(cursor.unexpected())
}

/// Reads one attribute of a table, as CREATE TABLE and ALTER TABLE .. ALTER have it.
pub(crate) fn read_table_attribute(cursor: &mut Cursor<'_>) -> Result<Option<Map<String, Value>>, Report> {
    let mut attributes = Map::new();
    let mut put = |name: &str, value: Value| {
        attributes.insert(name.to_owned(), value);
    };
    if cursor.take(&["diststyle"]) {
        let style = cursor.word()?.to_uppercase();
        if !["AUTO", "EVEN", "KEY", "ALL"].contains(&style.as_str()) {
            return Err(Report::syntax(&style.to_lowercase()));
        }
        put("diststyle", json!(style));
        if style != "KEY" {
            put("distkey", Value::Null);
        }
    } else if cursor.take(&["distkey"]) {
        let name = if cursor.is(&["("]) { cursor.names()?.remove(0) } else { cursor.name()? };
        put("distkey", json!(name));
        put("diststyle", json!("KEY"));
    } else if cursor.take(&["sortkey", "auto"]) || cursor.take(&["sortkey", "none"]) {
        put("sortkey", json!([]));
    } else if cursor.is(&["sortkey"]) || cursor.is(&["compound"]) || cursor.is(&["interleaved"]) {
        let is_interleaved = cursor.take(&["interleaved"]);
        if !is_interleaved {
            cursor.take(&["compound"]);
        }
        cursor.expect(&["sortkey"])?;
        put("sortkey", json!(cursor.names()?));
        put("interleaved", json!(is_interleaved));
    } else if cursor.take(&["encode"]) {
        match read_encoding(cursor)?.as_str() {
            "auto" => put("encode_auto", json!(true)),
            other => return Err(Report::syntax(other)),
        }
    } else {
        return Ok(None);
    }
    Ok(Some(attributes))
}

/// The quoted name of a column.
pub(crate) fn quoted_column(cursor: &mut Cursor<'_>) -> Result<(String, String), Report> {
    let name = cursor.name()?;
    let quoted = quote_name(&name);
    Ok((name, quoted))
}
