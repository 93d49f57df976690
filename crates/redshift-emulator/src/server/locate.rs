//! Finds PostgreSQL's programs on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::StartError;

/// The folder of the programs, if it isn't where packages put it.
const BIN_VARIABLE: &str = "REDSHIFT_EMULATOR_PG_BIN";
/// Where Debian and its descendants keep one folder per version.
const VERSIONS: &str = "/usr/lib/postgresql";
const OLDEST: u32 = 15;

/// The folder that holds `initdb` and `postgres`: the one asked for, else the newest that is found.
pub(crate) fn find_programs(wanted: Option<&Path>) -> Result<PathBuf, StartError> {
    let wanted = wanted.map(Path::to_owned).or_else(|| env::var_os(BIN_VARIABLE).map(PathBuf::from));
    if let Some(folder) = wanted {
        return if has_programs(&folder) {
            Ok(folder)
        } else {
            Err(StartError::new(format!("No initdb and postgres in {}", folder.display())))
        };
    }
    newest(Path::new(VERSIONS)).or_else(on_path).ok_or_else(|| {
        StartError::new(format!(
            "PostgreSQL {OLDEST} or newer isn't found: install the package postgresql or set {BIN_VARIABLE}"
        ))
    })
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(versions)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(version, folder)| *version >= OLDEST && has_programs(folder))
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|folder| has_programs(folder))
}

fn has_programs(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_with_both_programs_is_taken() {
        let scratch = tempfile::tempdir().unwrap();
        for (version, programs) in
            [("9.6", 2), ("14", 2), ("15", 2), ("16", 2), ("17", 1)].map(|(v, n)| (v.to_owned(), n))
        {
            let bin = scratch.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in &["initdb", "postgres"][..programs] {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        assert_eq!(newest(scratch.path()), Some(scratch.path().join("16").join("bin")));
    }

    #[test]
    fn a_folder_without_the_programs_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let error = find_programs(Some(scratch.path())).unwrap_err();
        assert!(error.to_string().starts_with("No initdb and postgres in "), "{error}");
    }
}
