//! What was found: figures, curves and notes, told as a table, as JSON and as drawings.

mod compare;
mod document;
mod figure;
mod markdown;
mod plot;

pub(crate) use figure::{Better, Curve, Figure, Spread};

use std::path::Path;

use publish_core::{Error, ErrorKind, Result};

use crate::args::CommonArgs;
use document::Document;

/// What a run of the harness found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    figures: Vec<Figure>,
    curves: Vec<Curve>,
    notes: Vec<String>,
    versions: std::collections::BTreeMap<String, String>,
}

impl Findings {
    /// Adds a figure.
    pub(crate) fn add(&mut self, figure: Figure) {
        eprintln!("{}", figure.line());
        self.figures.push(figure);
    }

    /// Adds a curve.
    pub(crate) fn draw(&mut self, curve: Curve) {
        self.curves.push(curve);
    }

    /// Adds what a reader must know.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("{note}");
        self.notes.push(note);
    }

    /// Adds the version of something that was measured.
    pub(crate) fn version(&mut self, of: impl Into<String>, version: impl Into<String>) {
        self.versions.insert(of.into(), version.into());
    }

    /// The figures so far.
    #[cfg(test)]
    pub(crate) fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The notes so far.
    #[cfg(test)]
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Prints the table, and writes and compares what `args` ask for.
    pub(crate) fn tell(self, args: &CommonArgs) -> Result<()> {
        let document = Document::of(self);
        println!("{}", markdown::table(&document));
        if let Some(file) = &args.json {
            write(file, &document.to_json()?)?;
        }
        if let Some(folder) = &args.plots {
            for (name, drawing) in plot::drawings(&document) {
                write(&folder.join(name), &drawing)?;
            }
        }
        if let Some(old) = &args.compare {
            println!("{}", compare::table(&Document::read(old)?, &document));
        }
        Ok(())
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(file, text)).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The report can't be written there; name another place")
            .with_context("file", file.display())
            .with_source(error)
    })
}
