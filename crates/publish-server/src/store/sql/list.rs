//! From a page of a list to SQL.

use crate::store::database::Cell;
use crate::{Page, SortField};

/// What a list is taken from.
pub(super) struct List<'a> {
    /// `SELECT .. FROM ..` without its end.
    pub(super) select: &'a str,
    /// The columns of the fields. A field that is not there is not sorted by.
    pub(super) columns: &'a [(SortField, &'a str)],
    /// Conditions that hold for each row, with their parameters `?1`, `?2`, ….
    pub(super) conditions: Vec<&'a str>,
    /// Those parameters.
    pub(super) parameters: Vec<Cell>,
}

impl List<'_> {
    /// The statement of a page, and its parameters.
    pub(super) fn statement(self, page: &Page) -> (String, Vec<Cell>) {
        let Self { select, columns, conditions, mut parameters } = self;
        let column =
            |field: SortField| columns.iter().find(|(known, _)| *known == field).map(|(_, column)| *column);
        let mut all: Vec<String> = conditions.into_iter().map(str::to_owned).collect();
        if let Some(filter) = &page.filter {
            parameters.push(pattern(&filter.text).into());
            let at = parameters.len();
            let asked = if filter.fields.is_empty() { &[SortField::Name][..] } else { &filter.fields };
            let found: Vec<String> = asked
                .iter()
                .filter_map(|field| column(*field))
                .map(|column| format!("LOWER(CAST({column} AS TEXT)) LIKE ?{at} ESCAPE '!'"))
                .collect();
            // A field that a thing does not have holds no text.
            all.push(if found.is_empty() {
                format!("CAST(?{at} AS TEXT) IS NULL")
            } else {
                format!("({})", found.join(" OR "))
            });
        }
        let mut order: Vec<String> = page
            .sort
            .iter()
            .filter_map(|sort| {
                let direction = if sort.is_descending { "DESC" } else { "ASC" };
                column(sort.field).map(|column| format!("{column} {direction}"))
            })
            .collect();
        order.push("id DESC".to_owned());
        let filter = if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) };
        parameters.push(page.limit.map_or(i64::MAX, i64::from).into());
        parameters.push(i64::try_from(page.offset).unwrap_or(i64::MAX).into());
        let (limit, offset) = (parameters.len() - 1, parameters.len());
        let order = order.join(", ");
        (format!("{select}{filter} ORDER BY {order} LIMIT ?{limit} OFFSET ?{offset}"), parameters)
    }
}

/// The text anywhere, in lower case, with what means something to LIKE escaped.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.to_lowercase().chars() {
        if matches!(char, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}
