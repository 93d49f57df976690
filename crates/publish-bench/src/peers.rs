//! The peers: where their Python is, and how they are asked.

use std::path::{Path, PathBuf};
use std::process::Command;

use publish_core::{Error, ErrorKind, FileFormat, Result};
use serde::Deserialize;

use crate::args::CommonArgs;
use crate::contest::Contestant;
use crate::process::run;
use crate::report::Findings;

/// The program that asks them.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/peers.py");

/// Where `peers/setup.sh` makes the Python, unless it is told another place.
const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench-peers/bin/python");

/// The peers that are there.
#[derive(Debug)]
pub(crate) struct Peers {
    python: PathBuf,
    known: Vec<Ability>,
}

/// What one of them can do.
#[derive(Clone, Debug, Deserialize)]
struct Ability {
    name: String,
    version: String,
    decode: Vec<String>,
    reencode: Vec<(String, String)>,
}

impl Peers {
    /// Asks the peers what they can do. Without a Python that has them there are none, and a note says so.
    ///
    /// # Errors
    /// If one was named and does not answer.
    pub(crate) async fn find(args: &CommonArgs, findings: &mut Findings) -> Result<Option<Self>> {
        let python = match &args.peers {
            Some(python) => python.clone(),
            None if Path::new(DEFAULT).exists() => DEFAULT.into(),
            None => {
                findings.note("LEFT OUT: the peers; crates/publish-bench/peers/setup.sh makes their Python");
                return Ok(None);
            }
        };
        let (_, printed) = run(Command::new(&python).args([SCRIPT, "abilities"]), "").await?;
        let known: Vec<Ability> = serde_json::from_str(&printed).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The peers did not say what they can do").with_source(error)
        })?;
        for peer in &known {
            findings.version(&peer.name, &peer.version);
        }
        Ok(Some(Self { python, known }))
    }

    /// Those that read `format`, each asked to read the files of `folder`.
    pub(crate) fn decode(&self, format: FileFormat, folder: &Path) -> Vec<Contestant> {
        let able = self.known.iter().filter(|peer| peer.decode.iter().any(|name| name == format.as_str()));
        able.map(|peer| {
            let arguments = ["decode", &peer.name, format.as_str(), &folder.to_string_lossy()];
            self.contestant(&peer.name, &arguments, None)
        })
        .collect()
    }

    /// Those that write `from` as `to`, each asked to write the files of `folder` to a folder below `output`.
    pub(crate) fn reencode(
        &self,
        (from, to): (FileFormat, FileFormat),
        folder: &Path,
        output: &Path,
    ) -> Vec<Contestant> {
        let wanted = (from.as_str().to_owned(), to.as_str().to_owned());
        let able = self.known.iter().filter(|peer| peer.reencode.contains(&wanted));
        able.map(|peer| {
            let output = output.join(&peer.name);
            let paths = [folder.to_string_lossy(), output.to_string_lossy()];
            let arguments = ["reencode", &peer.name, from.as_str(), to.as_str(), &paths[0], &paths[1]];
            self.contestant(&peer.name, &arguments, Some(output.clone()))
        })
        .collect()
    }

    fn contestant(&self, name: &str, arguments: &[&str], output: Option<PathBuf>) -> Contestant {
        let arguments = std::iter::once(&SCRIPT).chain(arguments).map(|word| (*word).to_owned()).collect();
        Contestant {
            name: name.to_owned(),
            program: self.python.clone(),
            arguments,
            input: String::new(),
            output,
        }
    }
}
