//! The directories that hold the versions of a table.

use publish_core::{Location, Result, RunId, TableName};

/// The directory that an attempt of a run fills for `table`, below `parent`: `orders.pub_<run>_<attempt>`.
///
/// A table's name has no dot, so nothing else has such a name.
///
/// # Errors
/// As [`Location::parse`].
pub(crate) fn version_directory(
    parent: &Location,
    table: &TableName,
    run: &RunId,
    attempt: u32,
) -> Result<Location> {
    parent.join(&format!("{}.pub_{run}_{attempt}", table.name))
}

/// Whether a publish made this directory, going by its name.
pub(crate) fn is_version_directory(directory: &Location) -> bool {
    let Some((table, version)) = directory.file_name().split_once(".pub_") else { return false };
    let Some((run, attempt)) = version.rsplit_once('_') else { return false };
    let is_number = !attempt.is_empty() && attempt.bytes().all(|byte| byte.is_ascii_digit());
    !table.is_empty() && RunId::parse(run).is_ok() && is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_ours_is_known_by_its_name() {
        let parent = Location::parse("hdfs://nn/warehouse/sales.db").unwrap();
        let run = RunId::parse("nightly_7").unwrap();
        let table = TableName::new("sales", "orders");
        let directory = version_directory(&parent, &table, &run, 2).unwrap();
        assert_eq!(directory.as_str(), "hdfs://nn/warehouse/sales.db/orders.pub_nightly_7_2");
        assert!(is_version_directory(&directory));
        for foreign in
            ["orders", "orders.pub_", "orders.pub_x", ".pub_r_1", "orders.pub_R_1", "orders.pub_r_x"]
        {
            assert!(!is_version_directory(&parent.join(foreign).unwrap()), "{foreign}");
        }
    }
}
