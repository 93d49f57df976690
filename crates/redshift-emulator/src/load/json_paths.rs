//! JSONPaths files: one path for each column, in the order of the columns.

use crate::load::json::{elements, members};

/// The way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path(Vec<PathStep>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Member(String),
    Element(usize),
}

impl Path {
    /// Reads a path in dots or in brackets: `$.a.b`, `$['a']['b'][0]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(name) = rest.strip_prefix('.') {
                let end = name.find(['.', '[']).unwrap_or(name.len());
                steps.push(PathStep::Member(name.get(..end).filter(|name| !name.is_empty())?.to_owned()));
                rest = &name[end..];
                continue;
            }
            let (inner, behind) = rest.strip_prefix('[')?.split_once(']')?;
            let quoted =
                ['\'', '"'].iter().find_map(|quote| inner.trim().strip_prefix(*quote)?.strip_suffix(*quote));
            steps.push(match quoted {
                Some(name) => PathStep::Member(name.to_owned()),
                None => PathStep::Element(inner.trim().parse().ok()?),
            });
            rest = behind;
        }
        (!steps.is_empty()).then_some(Self(steps))
    }

    /// How many steps the path has.
    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The text of the value in a record.
    pub(crate) fn find<'text>(&self, record: &'text str) -> Option<&'text str> {
        self.0.iter().try_fold(record, |value, step| match step {
            PathStep::Member(wanted) => {
                members(value)?.into_iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value)
            }
            PathStep::Element(at) => elements(value)?.get(*at).copied(),
        })
    }
}

/// The paths of a file; none where its key has another name, which the service takes for 'auto' without a word.
pub(crate) fn parse_paths(text: &str) -> Result<Vec<Path>, String> {
    let file: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("Invalid JSONPath format. {error}"))?;
    let Some(paths) = file.get("jsonpaths") else { return Ok(Vec::new()) };
    let paths = paths.as_array().ok_or("Invalid JSONPath format. Not an array")?;
    paths
        .iter()
        .map(|path| {
            let text = path.as_str().unwrap_or_default();
            Path::parse(text).ok_or_else(|| format!("Invalid JSONPath format: {path}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_dots_and_in_brackets_lead_to_the_same_field() {
        let record = r#"{"a": {"b": [10, {"c": "x"}]}}"#;
        for path in ["$.a.b[1].c", "$['a']['b'][1]['c']", "$[\"a\"].b[1][\"c\"]"] {
            assert_eq!(Path::parse(path).unwrap().find(record), Some("\"x\""), "{path}");
        }
        assert_eq!(Path::parse("$[0]").unwrap().find("[5, 6]"), Some("5"));
        assert_eq!(Path::parse("$.z").unwrap().find(record), None);
        for path in ["", "$", "a", "$.", "$[", "$[x]", "$..a"] {
            assert_eq!(Path::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_file_with_another_key_has_no_paths() {
        assert_eq!(parse_paths(r#"{"jsonpaths": ["$.a", "$.b"]}"#).unwrap().len(), 2);
        assert_eq!(parse_paths(r#"{"JSONPaths": ["$.a"]}"#).unwrap(), []);
        assert!(parse_paths("{").is_err());
        assert!(parse_paths(r#"{"jsonpaths": ["a"]}"#).is_err());
    }
}
