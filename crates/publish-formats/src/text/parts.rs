//! The parts of a text file that are read side by side.

use publish_core::FilePart;

/// Bytes of a part, about.
const PART_BYTES: u64 = 16 * 1024 * 1024;

/// Cuts a file into parts at records.
pub(crate) struct Parts {
    is_compressed: bool,
    size: u64,
    cuts: Vec<(u64, u64)>,
    last: u64,
}

impl Parts {
    /// Starts a file. A compressed one is not cut.
    pub(crate) fn new(is_compressed: bool, size: u64) -> Self {
        Self { is_compressed, size, cuts: vec![(0, 0)], last: 0 }
    }

    /// Says that `rows` rows end at a place of the file.
    pub(crate) fn reach(&mut self, position: u64, rows: u64) {
        if !self.is_compressed && position - self.last >= PART_BYTES {
            self.cuts.push((position, rows));
            self.last = position;
        }
    }

    /// The parts of a file of `rows` rows.
    pub(crate) fn finish(self, rows: u64) -> Vec<FilePart> {
        let starts = self.cuts.iter().filter(|(_, before)| *before < rows);
        let ends = self.cuts.iter().skip(1).filter(|(_, before)| *before < rows).map(|(start, _)| *start);
        let ends = ends.chain([self.size]);
        starts.zip(ends).map(|(&(start, first), end)| FilePart::new(start, end, Some(first))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_none_is_without_rows() {
        let mut parts = Parts::new(false, 3 * PART_BYTES + 5);
        parts.reach(PART_BYTES - 1, 10);
        parts.reach(PART_BYTES + 1, 20);
        parts.reach(3 * PART_BYTES, 30);
        let told = parts.finish(30);
        assert_eq!(
            told,
            [
                FilePart::new(0, PART_BYTES + 1, Some(0)),
                FilePart::new(PART_BYTES + 1, 3 * PART_BYTES + 5, Some(20)),
            ]
        );
        assert!(Parts::new(false, 9).finish(0).is_empty());
        let mut compressed = Parts::new(true, 9);
        compressed.reach(2 * PART_BYTES, 7);
        assert_eq!(compressed.finish(7), [FilePart::new(0, 9, Some(0))]);
    }
}
