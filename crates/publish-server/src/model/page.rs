//! Which part of a list is asked for.

/// Which part of a list, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many at most. `None` for all.
    pub limit: Option<u32>,
    /// How many to pass over.
    pub offset: u64,
    /// The order; equal ones, and all where it is empty, by id, newest first.
    pub sort: Vec<Sort>,
    /// Which ones.
    pub filter: Option<Filter>,
    /// Whether deleted ones are listed, too.
    pub include_deleted: bool,
}

impl Page {
    /// How many a page has unless the caller says.
    pub const DEFAULT_LIMIT: u32 = 25;

    /// Everything there is.
    pub fn all() -> Self {
        Self { limit: None, ..Self::default() }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self {
            limit: Some(Self::DEFAULT_LIMIT),
            offset: 0,
            sort: Vec::new(),
            filter: None,
            include_deleted: false,
        }
    }
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub field: SortField,
    /// Whether the largest comes first.
    pub is_descending: bool,
}

/// What lists are sorted by and filtered on. A field that a thing does not have does not order it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortField {
    /// The id.
    Id,
    /// The name; the table's of a job.
    Name,
    /// The description of a job group; the vendor of a connection.
    Kind,
    /// The status of a job group or a job.
    Status,
    /// When it was made.
    CreatedAt,
    /// When it was changed last.
    UpdatedAt,
}

/// Keeps what has a text in one of its fields, whatever its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The text.
    pub text: String,
    /// The fields; the name where it is empty.
    pub fields: Vec<SortField>,
}
