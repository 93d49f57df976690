//! Figures, as a table and as JSON.

use std::path::Path;

use publish_core::{Error, ErrorKind, Result};
use serde::Serialize;

/// Samples of one figure.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The unit of the samples.
    pub(crate) unit: &'static str,
    pub(crate) samples: Vec<f64>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, samples: Vec<f64>) -> Self {
        Self { name: name.into(), unit, samples }
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// Prints the figures with median and spread, and writes them as JSON where that is asked.
pub(crate) fn tell(figures: &[Figure], json: Option<&Path>) -> Result<()> {
    println!("| figure | unit | min | median | max | samples |\n| --- | --- | --- | --- | --- | --- |");
    for figure in figures {
        let sorted = figure.sorted();
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else { continue };
        let median = sorted[sorted.len() / 2];
        println!(
            "| {} | {} | {min:.3} | {median:.3} | {max:.3} | {} |",
            figure.name,
            figure.unit,
            sorted.len()
        );
    }
    let Some(file) = json else { return Ok(()) };
    let machine = serde_json::json!({
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "version": env!("CARGO_PKG_VERSION"),
    });
    let text = serde_json::json!({ "machine": machine, "figures": figures }).to_string();
    std::fs::write(file, text).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "The figures can't be written there").with_source(error)
    })
}
