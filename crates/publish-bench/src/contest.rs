//! Several ways to the same result, measured in turn: A B C A B C, so that a noisy machine is noisy for all of them.

use std::path::PathBuf;
use std::process::Command;

use publish_core::{Error, ErrorKind, Result};

use crate::job::Measured;
use crate::process::run;
use crate::report::{Better, Figure, Findings};

/// Bytes of a MiB.
const MIB: f64 = 1024.0 * 1024.0;

/// One way: a program that prints what it measured, see [`Measured`].
#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) input: String,
    /// A folder that is emptied before each run.
    pub(crate) output: Option<PathBuf>,
}

/// A contest over the same rows. The first contestant is ours.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) benchmark: String,
    pub(crate) rows: u64,
    pub(crate) contestants: Vec<Contestant>,
}

/// Figures of a run of one contestant.
#[derive(Clone, Copy, Debug)]
struct Sample {
    rows_per_second: f64,
    rows_per_core_second: f64,
    peak_mib: f64,
}

impl Contest {
    /// Lets everybody run once to warm up, then as often as `samples` says, and adds the figures.
    ///
    /// A peer that fails or gives other rows is left out with a note that says so.
    ///
    /// # Errors
    /// If ours fails, or gives other rows.
    pub(crate) async fn hold(self, samples: usize, findings: &mut Findings) -> Result<()> {
        let mut taken: Vec<Option<Vec<Sample>>> = vec![Some(Vec::new()); self.contestants.len()];
        for round in 0..=samples.max(1) {
            for (contestant, taken) in self.contestants.iter().zip(&mut taken) {
                let Some(list) = taken else { continue };
                match contestant.measure(self.rows).await {
                    // The first round fills the system's file cache.
                    Ok(_) if round == 0 => {}
                    Ok(sample) => list.push(sample),
                    Err(error) if contestant.name == self.contestants[0].name => return Err(error),
                    Err(error) => {
                        findings.note(format!("LEFT OUT: {}: {}: {error}", self.benchmark, contestant.name));
                        *taken = None;
                    }
                }
            }
        }
        self.tell(&taken, findings);
        Ok(())
    }

    fn tell(&self, taken: &[Option<Vec<Sample>>], findings: &mut Findings) {
        let figure = |subject: &str, unit: &str, better, samples| {
            Figure::new(&self.benchmark, subject, unit, better, samples)
        };
        for (contestant, taken) in self.contestants.iter().zip(taken) {
            let Some(list) = taken else { continue };
            let of = |read: fn(&Sample) -> f64| list.iter().map(read).collect::<Vec<_>>();
            let million =
                |read: fn(&Sample) -> f64| list.iter().map(|one| read(one) / 1e6).collect::<Vec<_>>();
            let name = &contestant.name;
            findings.add(figure(name, "M rows/s", Better::Higher, million(|one| one.rows_per_second)));
            findings.add(figure(
                name,
                "M rows per core second",
                Better::Higher,
                million(|one| one.rows_per_core_second),
            ));
            findings.add(figure(name, "MiB peak", Better::Lower, of(|one| one.peak_mib)));
        }
        let Some(Some(ours)) = taken.first() else { return };
        let peers: Vec<&Vec<Sample>> = taken.iter().skip(1).flatten().collect();
        if peers.is_empty() {
            return;
        }
        let ratios = |read: fn(&Sample) -> f64| {
            ours.iter()
                .enumerate()
                .map(|(round, our)| {
                    read(our) / peers.iter().map(|peer| read(&peer[round])).fold(0.0, f64::max)
                })
                .collect::<Vec<_>>()
        };
        let subject = format!("{} / best peer of the round", self.contestants[0].name);
        findings.add(figure(&subject, "x in rows/s", Better::Higher, ratios(|one| one.rows_per_second)));
        findings.add(figure(
            &subject,
            "x in rows per core second",
            Better::Higher,
            ratios(|one| one.rows_per_core_second),
        ));
    }
}

impl Contestant {
    async fn measure(&self, rows: u64) -> Result<Sample> {
        if let Some(folder) = &self.output {
            // A folder that is not there is as good as an empty one.
            let _ = std::fs::remove_dir_all(folder);
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::new(ErrorKind::Unexpected, "The folder for what is written can't be made")
                    .with_source(error)
            })?;
        }
        let (cost, printed) = run(Command::new(&self.program).args(&self.arguments), &self.input).await?;
        let measured = Measured::parse(&printed)?;
        if measured.rows != rows {
            return Err(Error::new(ErrorKind::BadData, "It gave other rows than there are")
                .with_context("rows", measured.rows)
                .with_context("expected", rows));
        }
        Ok(Sample {
            rows_per_second: rows as f64 / measured.seconds.max(1e-9),
            // Processor time is counted in hundredths of a second.
            rows_per_core_second: rows as f64 / measured.cpu_seconds.max(0.01),
            peak_mib: cost.peak_bytes as f64 / MIB,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    fn contestant(name: &str, rows: u64, seconds: f64) -> Contestant {
        let line = format!(r#"{{"rows": {rows}, "seconds": {seconds}, "cpuSeconds": {seconds}}}"#);
        Contestant {
            name: name.to_owned(),
            program: "echo".into(),
            arguments: vec![line],
            input: String::new(),
            output: None,
        }
    }

    async fn hold(contestants: Vec<Contestant>) -> Result<Findings> {
        let mut findings = Findings::default();
        Contest { benchmark: "b".to_owned(), rows: 1_000_000, contestants }.hold(2, &mut findings).await?;
        Ok(findings)
    }

    #[tokio::test]
    async fn ours_is_compared_with_the_best_peer() {
        let contestants = vec![
            contestant("publish", 1_000_000, 1.0),
            contestant("slow", 1_000_000, 4.0),
            contestant("good", 1_000_000, 2.0),
        ];
        let findings = hold(contestants).await.unwrap();
        let ratio = findings.figures().iter().find(|figure| figure.unit == "x in rows/s").unwrap();
        assert_eq!(ratio.samples, [2.0, 2.0]);
    }

    #[tokio::test]
    async fn a_peer_that_gives_other_rows_is_left_out_and_named() {
        let contestants = vec![contestant("publish", 1_000_000, 1.0), contestant("wrong", 7, 1.0)];
        let findings = hold(contestants).await.unwrap();
        assert!(findings.notes().iter().any(|note| note.contains("LEFT OUT: b: wrong")), "{findings:?}");
        assert!(findings.figures().iter().all(|figure| figure.subject == "publish"), "{findings:?}");
    }

    #[tokio::test]
    async fn ours_must_give_the_right_rows() {
        assert!(hold(vec![contestant("publish", 7, 1.0)]).await.is_err());
    }
}
