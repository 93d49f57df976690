//! Plans that replace what a table has.

use std::time::Duration;

use publish_core::{
    Artifact, Error, ErrorKind, LoadSource, Plan, PrepareWork, Result, TableFound, TableName, TableSchema,
    Target, Window,
};

use super::draft::{Draft, names_of};
use crate::detail::{BesideStep, Detail, LOAD_BESIDE, Way, to_value};
use crate::layout::Layout;
use crate::options::Views;
use crate::sql::{self, CopyStatement};
use crate::surroundings::Surroundings;
use crate::types::Declared;

/// About how long names are in between while tables change places.
const SWAP_WINDOW: Duration = Duration::from_secs(1);

impl Draft<'_> {
    /// Rows are loaded beside first, so that the table is locked for the exchange alone.
    pub(super) fn by_staging(self, found: &TableFound) -> Result<Plan> {
        let mapping = self.target.check_fit(&self.results.schema, &found.schema)?;
        let draft = self.with_notes_on(&mapping, found);
        let beside = draft.intent.table.beside(&draft.intent.run, draft.intent.attempt);
        let (mut draft, copy, _) = draft.bring_rows(&beside, &mapping, true)?;
        // The table beside has the mapped columns alone, all of which allow nulls: the table itself refuses them.
        let columns: Vec<_> =
            mapping.columns().iter().map(|mapped| mapped.column.clone().with_nullable(true)).collect();
        let create = sql::create_table(&beside, &columns, &Layout::default());
        let source = draft.load_beside(&beside, create, &copy)?;
        let mut detail = Detail::new(Way::DeleteAndInsert);
        detail.columns = copy.columns.clone();
        detail.beside = Some(beside.clone());
        draft.leftovers.push(("drop the table beside", Artifact::Table { table: beside }));
        let draft = draft
            .note("readers wait while the rows of the table beside are put in: the table is locked for that");
        let columns = draft.columns_as_found(found);
        draft.finish(
            "delete the rows and insert those of the table beside, in one transaction",
            &detail,
            columns,
            Some((source, mapping)),
        )
    }

    /// Columns and rows take the place of those that are there.
    pub(super) fn replace_table(self, found: &TableFound) -> Result<Plan> {
        let made = self.made()?;
        let surroundings = Surroundings::read(&found.properties)?;
        let asked = self.asked_layout(&made)?;
        let keeps_layout = asked.as_ref().is_none_or(|asked| *asked == surroundings.layout);
        if keeps_layout && keeps_columns(found, &made) {
            return self
                .note("the columns stay as they are, so only the rows are replaced")
                .replace_rows_of(found);
        }
        let (layout, lost) = match asked {
            Some(asked) => (asked, Vec::new()),
            None => surroundings.layout.kept_by(&names_of(&made)),
        };
        self.swap(found, &surroundings, made, &layout, &lost)
    }

    fn swap(
        self,
        found: &TableFound,
        surroundings: &Surroundings,
        made: TableSchema,
        layout: &Layout,
        lost: &[String],
    ) -> Result<Plan> {
        let names = names_of(&made);
        let mut draft = self.with_swap_notes(found, surroundings, &names, lost);
        let table = draft.intent.table.clone();
        let mut detail = Detail::new(Way::Swap);
        draft.plan_views(surroundings, &names, &mut detail)?;
        let beside = table.beside(&draft.intent.run, draft.intent.attempt);
        let mapping = draft.mapping_into_new(&made);
        let (mut draft, copy, _) = draft.bring_rows(&beside, &mapping, true)?;
        let create = sql::create_table(&beside, &made.columns, layout);
        let source = draft.load_beside(&beside, create, &copy)?;
        detail.old_name = Some(format!("{}_old", beside.name));
        detail.beside = Some(beside);
        let mut keep = surroundings.keep(&table, &names);
        keep.append(&mut detail.keep);
        detail.keep = keep;
        detail.surroundings = Some(surroundings.digest()?);
        draft.builder = draft.builder.window(Window::new(
            "the error \"relation does not exist\", if its statement starts at the very instant of the exchange",
            "the service's catalog is not under snapshot isolation: a reader that found the old name finds it gone",
            SWAP_WINDOW,
        ));
        draft.finish(
            "put the table beside in the place of the old one, in one transaction",
            &detail,
            made,
            Some((source, mapping)),
        )
    }

    fn with_swap_notes(
        mut self,
        found: &TableFound,
        surroundings: &Surroundings,
        names: &[String],
        lost: &[String],
    ) -> Self {
        let gone: Vec<&str> = found
            .schema
            .columns
            .iter()
            .filter(|column| !names.contains(&column.name))
            .map(|column| column.name.as_str())
            .collect();
        if !gone.is_empty() {
            self =
                self.note(format!("columns that the results lack are gone afterwards: {}", gone.join(", ")));
        }
        if !lost.is_empty() {
            self = self.note(format!("keys whose columns are gone are not kept: {}", lost.join(", ")));
        }
        let strict: Vec<&str> = found
            .schema
            .columns
            .iter()
            .filter(|column| !column.nullable || column.has_default)
            .map(|column| column.name.as_str())
            .collect();
        if !strict.is_empty() {
            self = self.note(format!(
                "the new table has none of the old one's NOT NULL, DEFAULT, PRIMARY KEY, UNIQUE and FOREIGN KEY: {}",
                strict.join(", ")
            ));
        }
        if !surroundings.late_views.is_empty() {
            self = self.note(format!(
                "late-binding views name the table and follow its name; they break where they need a column that is gone: \
                 {}",
                surroundings.late_views.join(", ")
            ));
        }
        for unknown in &surroundings.unknown {
            self = self.note(format!("not known, and so not kept: {unknown}"));
        }
        self
    }

    /// What becomes of the views that are bound to the old table.
    fn plan_views(&mut self, found: &Surroundings, names: &[String], detail: &mut Detail) -> Result<()> {
        let views = &found.views;
        if views.is_empty() {
            return Ok(());
        }
        let listed: Vec<String> = views.iter().map(|view| view.name.to_string()).collect();
        match self.options.views {
            Views::Refuse => Err(Error::new(
                ErrorKind::SchemaMismatch,
                "Views are bound to the table and would be lost with it; drop them first, set the option `views` to \
                 rebind (made again in the same transaction) or to cascade (dropped), or use truncateAndLoad",
            )
            .with_context("table", &self.intent.table)
            .with_context("views", listed.join(", "))),
            Views::Rebind => {
                let broken: Vec<String> = views
                    .iter()
                    .filter_map(|view| {
                        let gone: Vec<&str> = view
                            .columns
                            .iter()
                            .filter(|column| !names.contains(column))
                            .map(String::as_str)
                            .collect();
                        (!gone.is_empty()).then(|| format!("{} needs {}", view.name, gone.join(", ")))
                    })
                    .collect();
                if !broken.is_empty() {
                    return Err(Error::new(
                        ErrorKind::SchemaMismatch,
                        "A view needs columns that the results lack, so it can't be made again; change it or drop it",
                    )
                    .with_context("views", broken.join("; ")));
                }
                detail.before_drop = views.iter().rev().map(crate::surroundings::ViewFound::drop_statement).collect();
                detail.keep = views.iter().flat_map(crate::surroundings::ViewFound::remake).collect();
                self.builder_mut(|builder| {
                    (builder.note(format!("bound views are made again: {}", listed.join(", "))), ())
                });
                Ok(())
            }
            Views::Cascade => {
                detail.cascades = true;
                self.builder_mut(|builder| {
                    (builder.note(format!("bound views are DROPPED with the old table: {}", listed.join(", "))), ())
                });
                Ok(())
            }
        }
    }

    /// Adds the step that makes and loads a table beside.
    fn load_beside(
        &mut self,
        beside: &TableName,
        create: String,
        copy: &CopyStatement,
    ) -> Result<LoadSource> {
        let authorization =
            self.config().copy.clone().unwrap_or(crate::config::CopyAuthorization::DefaultRole);
        let statements = vec![
            sql::BEGIN.to_owned(),
            create.clone(),
            copy.shown(&authorization),
            sql::COPY_COUNT.to_owned(),
            sql::COMMIT.to_owned(),
        ];
        let arguments = to_value(&BesideStep { table: beside.clone(), create, copy: copy.clone() })?;
        let step = self.builder_mut(|builder| {
            let step = builder.next_step();
            let work = PrepareWork::Custom { name: LOAD_BESIDE.to_owned(), arguments };
            let makes = vec![Artifact::Table { table: beside.clone() }];
            (
                builder.prepare(
                    format!("make and load {beside}, in one transaction"),
                    work,
                    makes,
                    statements,
                ),
                step,
            )
        });
        Ok(LoadSource::Table(step))
    }
}

/// Whether the table's columns are those that a new one would have, or longer, with nothing that could refuse a null.
fn keeps_columns(found: &TableFound, made: &TableSchema) -> bool {
    let (old, new) = (&found.schema.columns, &made.columns);
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| {
            let is_open = old.nullable && !old.has_default;
            old.name == new.name && is_open && holds_as_much(&old.sql_type, &new.sql_type)
        })
}

/// Whether a column is of the very type, or of one that differs by being longer alone.
fn holds_as_much(old: &str, new: &str) -> bool {
    match (Declared::parse(old), Declared::parse(new)) {
        (Declared::Varchar(old), Declared::Varchar(new))
        | (Declared::Varbyte(old), Declared::Varbyte(new)) => old >= new,
        (old, new) => old == new,
    }
}
