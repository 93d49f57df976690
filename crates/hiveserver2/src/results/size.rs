//! How many rows to ask for, so that a message has about the wanted size.

/// Asked for at first, when nothing is known of the rows.
const FIRST_ROWS: usize = 1000;

/// Never more than this at once, however small the rows.
const MAX_ROWS: usize = 100_000;

/// Never more than this many times the rows of the last answer, since the next rows may be longer.
const MAX_GROWTH: usize = 4;

/// The number of rows to ask for next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchSize {
    rows: usize,
    target_bytes: usize,
}

impl FetchSize {
    pub(crate) fn new(target_bytes: usize) -> Self {
        Self { rows: FIRST_ROWS, target_bytes }
    }

    pub(crate) fn rows(self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX)
    }

    /// Takes in how large an answer was.
    pub(crate) fn learn(&mut self, row_count: usize, bytes: usize) {
        let row_bytes = (bytes / row_count.max(1)).max(1);
        let most = row_count.saturating_mul(MAX_GROWTH).min(MAX_ROWS);
        self.rows = (self.target_bytes / row_bytes).clamp(1, most.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rows_are_asked_for_in_growing_numbers_up_to_the_limit() {
        let mut size = FetchSize::new(8 << 20);
        size.learn(1000, 8000);
        assert_eq!(size.rows(), 4000);
        size.learn(90_000, 720_000);
        assert_eq!(size.rows(), 100_000);
    }

    #[test]
    fn huge_rows_are_asked_for_one_by_one() {
        let mut size = FetchSize::new(8 << 20);
        size.learn(10, 1 << 30);
        assert_eq!(size.rows(), 1);
        size.learn(1, 0);
        assert_eq!(size.rows(), 4);
    }
}
