//! What `DESCRIBE FORMATTED` answers, read into parts.

use std::collections::BTreeMap;

/// One row of the answer: three columns, most of them padded with spaces.
pub(crate) type DescribeRow = [Option<String>; 3];

/// A column: name, type, comment.
pub(crate) type DescribedColumn = (String, String, String);

/// The parts of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) columns: Vec<DescribedColumn>,
    pub(crate) partition_columns: Vec<DescribedColumn>,
    /// What stands before a colon, such as `Location`, with what follows it.
    pub(crate) facts: BTreeMap<String, String>,
    /// `TBLPROPERTIES`.
    pub(crate) parameters: BTreeMap<String, String>,
    /// `SERDEPROPERTIES`.
    pub(crate) storage_parameters: BTreeMap<String, String>,
}

/// Where in the answer a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Columns,
    Partitions,
    Facts,
    Parameters,
    StorageParameters,
    Rest,
}

impl Description {
    /// Reads the answer. Hive 2 and 3 put a heading above the columns, Hive 4 does not.
    pub(crate) fn read(rows: &[DescribeRow]) -> Self {
        let mut description = Self::default();
        let mut part = Part::Columns;
        for [first, second, third] in rows {
            let text = |cell: &Option<String>| cell.as_deref().unwrap_or_default().trim().to_owned();
            let (name, value) = (text(first), text(second));
            if let Some(heading) = name.strip_prefix("# ") {
                part = match heading {
                    "col_name" => part,
                    "Partition Information" => Part::Partitions,
                    "Detailed Table Information"
                    | "Detailed Partition Information"
                    | "Storage Information" => Part::Facts,
                    _ => Part::Rest,
                };
                continue;
            }
            match (part, name.as_str()) {
                (Part::Facts | Part::Parameters | Part::StorageParameters, "Table Parameters:") => {
                    part = Part::Parameters;
                }
                (Part::Facts | Part::Parameters | Part::StorageParameters, "Storage Desc Params:") => {
                    part = Part::StorageParameters;
                }
                (Part::Columns, _) if !name.is_empty() => {
                    description.columns.push((name, value, text(third)));
                }
                (Part::Partitions, _) if !name.is_empty() => {
                    description.partition_columns.push((name, value, text(third)));
                }
                (Part::Parameters, "") if !value.is_empty() => {
                    description.parameters.insert(value, text(third));
                }
                (Part::StorageParameters, "") if !value.is_empty() => {
                    description.storage_parameters.insert(value, text(third));
                }
                (Part::Facts, _) if name.ends_with(':') => {
                    description.facts.insert(name.trim_end_matches(':').to_owned(), value);
                }
                _ => {}
            }
        }
        description
    }

    /// What stands under this name, if anything does.
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str).filter(|value| !value.is_empty() && *value != "null")
    }

    /// Whether a property says yes. Its name may be in any case.
    pub(crate) fn is_set(&self, property: &str) -> bool {
        self.parameter(property).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A property, its name in any case.
    pub(crate) fn parameter(&self, property: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(property));
        found.map(|(_, value)| value.as_str())
    }
}
