//! Samples of one figure, and points of one curve.

use serde::{Deserialize, Serialize};

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Better {
    Higher,
    Lower,
}

/// Samples of one figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// What was done, such as `decode avro`.
    pub(crate) benchmark: String,
    /// Who did it.
    pub(crate) subject: String,
    /// What was measured, such as `M rows/s`.
    pub(crate) unit: String,
    /// Which way is good.
    pub(crate) better: Better,
    /// The samples, in the order in which they were taken.
    pub(crate) samples: Vec<f64>,
    /// The smallest, the middle one and the largest.
    #[serde(default)]
    pub(crate) spread: Option<Spread>,
}

/// The smallest sample, the middle one and the largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Figure {
    pub(crate) fn new(
        benchmark: impl Into<String>,
        subject: impl Into<String>,
        unit: impl Into<String>,
        better: Better,
        samples: Vec<f64>,
    ) -> Self {
        let spread = Spread::of(&samples);
        Self {
            benchmark: benchmark.into(),
            subject: subject.into(),
            unit: unit.into(),
            better,
            samples,
            spread,
        }
    }

    /// The figure in one line, to be seen while others are measured.
    pub(crate) fn line(&self) -> String {
        let median = self.spread.map_or_else(|| "no samples".to_owned(), |spread| number(spread.median));
        format!("{}: {}: {median} {}", self.benchmark, self.subject, self.unit)
    }

    /// Whether it is the same figure of another run.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.benchmark, &self.subject, &self.unit) == (&other.benchmark, &other.subject, &other.unit)
    }
}

impl Spread {
    /// The spread of samples, `None` for none.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Self { min, median, max })
    }
}

/// How something grows, on two logarithmic axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Curve {
    /// The drawing it belongs to.
    pub(crate) drawing: String,
    /// What it shows.
    pub(crate) name: String,
    /// What goes to the right.
    pub(crate) x: String,
    /// What goes up.
    pub(crate) y: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A number with as many digits as a reader can use.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        large if large >= 1000.0 => format!("{value:.0}"),
        large if large >= 100.0 => format!("{value:.1}"),
        large if large >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_samples_lies_between_the_middle_two() {
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 9.0]).unwrap(), Spread { min: 1.0, median: 3.0, max: 9.0 });
        assert_eq!(Spread::of(&[5.0]).unwrap().median.to_string(), "5");
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_number_has_as_many_digits_as_a_reader_can_use() {
        let told = [123_456.7, 123.45, 1.2345, 0.012_34, 0.0].map(number);
        assert_eq!(told, ["123457", "123.5", "1.23", "0.012", "0"]);
    }
}
