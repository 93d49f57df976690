//! The service's types, functions and system views, made in PostgreSQL's own catalog.

use std::io;

use crate::wire::Backend;

const TYPES: &str = include_str!("types.sql");
const FUNCTIONS: &str = include_str!("functions.sql");
const LABELS: &str = include_str!("labels.sql");
const LOADS: &str = include_str!("loads.sql");
const VIEWS: &str = include_str!("views.sql");

/// Makes the catalog in the database of the session, which must be a superuser's.
pub(crate) async fn create_catalog(backend: &mut Backend) -> io::Result<()> {
    let begin = "SET allow_system_table_mods = on; SET check_function_bodies = off";
    for sql in [begin, TYPES, FUNCTIONS, LABELS, LOADS, VIEWS] {
        if let Err(report) = backend.query(sql).await? {
            let place = report.position.as_ref().and_then(|position| position.parse::<usize>().ok());
            let near: String = sql.chars().skip(place.unwrap_or(0).saturating_sub(1)).take(40).collect();
            return Err(io::Error::other(format!("{report} near {near:?}")));
        }
    }
    Ok(())
}
