//! A plan as people read it.

use std::fmt;

use super::{Plan, StepId};

impl fmt::Display for Plan {
    /// A line a step with its statements below; `*` marks the commit. Then windows and notes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} to {} table {}", self.action, self.target, self.commit.table)?;
        let results = &self.results;
        write!(f, "  results: {} {} file(s), {} bytes", results.file_count, results.format, results.bytes)?;
        match results.row_count {
            Some(rows) => writeln!(f, ", {rows} rows")?,
            None => writeln!(f, ", rows not counted")?,
        }
        let columns = &self.commit.columns.columns;
        let columns: Vec<String> =
            columns.iter().map(|column| format!("{} {}", column.name, column.sql_type)).collect();
        writeln!(f, "  columns: {}", columns.join(", "))?;
        for step in &self.prepare {
            write_step(f, ' ', step.step, &step.title, &step.statements)?;
        }
        write_step(f, '*', self.commit.step, &self.commit.title, &self.commit.statements)?;
        for step in &self.tidy {
            write_step(f, ' ', step.step, &step.title, &step.statements)?;
        }
        match self.windows.as_slice() {
            [] => writeln!(f, "  readers see the old table or the new one, whole")?,
            windows => {
                for window in windows {
                    let length = window.length.as_secs_f64();
                    writeln!(
                        f,
                        "  window of about {length} s: readers may see {}, because {}",
                        window.sees, window.reason
                    )?;
                }
            }
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        Ok(())
    }
}

fn write_step(
    f: &mut fmt::Formatter<'_>,
    mark: char,
    step: StepId,
    title: &str,
    statements: &[String],
) -> fmt::Result {
    writeln!(f, "{mark}{:>2} {title}", step.0)?;
    for statement in statements {
        for (i, line) in statement.lines().enumerate() {
            writeln!(f, "     {}{line}", if i == 0 { "" } else { "  " })?;
        }
    }
    Ok(())
}
