//! A page: its links, its headings, the tests that it names.

use std::path::{Path, PathBuf};

use crate::{root, sources};

/// A page of the book.
pub(crate) struct Page {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
    /// The text line by line, without what stands in blocks of code.
    prose: Vec<String>,
}

/// A link with the line that it is in.
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

/// All pages of the book, and its summary.
pub(crate) fn pages() -> Vec<Page> {
    let folder = root().join("docs/src");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "md"))
        .map(|file| Page::read(file))
        .collect()
}

impl Page {
    pub(crate) fn read(file: &Path) -> Self {
        Self::of(file.to_owned(), &std::fs::read_to_string(file).unwrap())
    }

    pub(crate) fn of(file: PathBuf, text: &str) -> Self {
        let mut is_code = false;
        let prose = text.lines().map(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            if is_code || is_fence { String::new() } else { line.to_owned() }
        });
        let prose = prose.collect();
        Self { file, text: text.to_owned(), prose }
    }

    /// The file's name.
    pub(crate) fn name(&self) -> String {
        self.file.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// The links, without those in code.
    pub(crate) fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (number, line) in self.prose.iter().enumerate() {
            let plain = without_code(line);
            for part in plain.split("](").skip(1) {
                if let Some((target, _)) = part.split_once(')') {
                    links.push(Link { line: number + 1, target: target.to_owned() });
                }
            }
        }
        links
    }

    /// The ids of its headings, as mdBook and GitHub make them.
    pub(crate) fn headings(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let titles = self.prose.iter().filter_map(|line| {
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
        });
        for title in titles {
            let id: String = title
                .trim()
                .chars()
                .filter_map(|c| match c {
                    ' ' => Some('-'),
                    '-' | '_' => Some(c),
                    c if c.is_alphanumeric() => c.to_lowercase().next(),
                    _ => None,
                })
                .collect();
            let times = ids.iter().filter(|other| **other == id).count();
            ids.push(if times == 0 { id } else { format!("{id}-{times}") });
        }
        ids
    }

    /// The rows of tables that have more or fewer cells than the head. A `|` in code ends a cell, too.
    pub(crate) fn torn_rows(&self) -> Vec<String> {
        let mut head = None;
        let mut torn = Vec::new();
        for (number, line) in self.prose.iter().enumerate() {
            if !line.starts_with('|') {
                head = None;
                continue;
            }
            let cells = line.replace("\\|", "").matches('|').count() - 1;
            let head = *head.get_or_insert(cells);
            if cells != head {
                torn.push(format!("{}:{}: {cells} cells in a table of {head}", self.name(), number + 1));
            }
        }
        torn
    }

    /// What it names as `package::suite::test`.
    pub(crate) fn tests(&self) -> Vec<String> {
        let spans = self.prose.iter().flat_map(|line| line.split('`').skip(1).step_by(2));
        spans.filter(|span| sources::is_name(span)).map(str::to_owned).collect()
    }
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}
