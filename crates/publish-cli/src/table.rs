//! Rows as a table of text.

/// Lays out rows below their column names. Cells longer than `widest` characters are cut for display, with a mark.
pub(crate) fn layout(header: &[String], rows: &[Vec<String>], widest: usize) -> String {
    let lines: Vec<Vec<String>> = std::iter::once(header.to_vec())
        .chain(rows.iter().cloned())
        .map(|line| line.into_iter().map(|cell| shown(&cell, widest)).collect())
        .collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            lines
                .iter()
                .filter_map(|line| line.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join(" | ").trim_end());
        text.push('\n');
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
            text.push_str(&rule.join("-+-"));
            text.push('\n');
        }
    }
    text
}

/// A cell on one line: control characters are escaped, so that data can't steer the terminal.
fn shown(cell: &str, widest: usize) -> String {
    let clean: String = cell
        .chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .take(widest + 1)
        .collect();
    if clean.chars().count() <= widest {
        return clean;
    }
    clean.chars().take(widest.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_can_not_steer_the_terminal() {
        let header = ["id".to_owned(), "name".to_owned()];
        let rows = [vec!["1".to_owned(), "a\u{1b}[31m\nb".to_owned()], vec!["22".to_owned(), "x".repeat(30)]];
        assert_eq!(
            layout(&header, &rows, 16),
            "id | name\n---+-----------------\n1  | a\\u{1b}[31m\\nb\n22 | xxxxxxxxxxxxxxx…\n"
        );
    }
}
