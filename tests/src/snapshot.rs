//! Everything in a folder, to see that nothing changed.

use std::collections::BTreeMap;
use std::path::Path;

/// Names and bytes of all files below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// Reads a folder.
    ///
    /// # Panics
    /// If a file can't be read.
    pub fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(folder, folder, &mut files);
        Self(files)
    }

    /// The names of the files.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Says which files differ, if any do.
    pub fn difference(&self, after: &Self) -> Option<String> {
        let names = self.0.keys().chain(after.0.keys());
        let changed: Vec<&String> = names.filter(|name| self.0.get(*name) != after.0.get(*name)).collect();
        (!changed.is_empty()).then(|| format!("changed: {changed:?}"))
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("a file below the root").display().to_string();
            files.insert(name, std::fs::read(&path).expect("a file that can be read"));
        }
    }
}
