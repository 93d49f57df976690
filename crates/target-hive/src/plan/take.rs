//! Files that go into a table as they are.

use publish_core::{
    Artifact, Error, ErrorKind, ExactlyOnce, LoadSource, Location, PlanBuilder, PrepareWork, Result,
};

use super::detail::json;
use super::draft::{Draft, Files, Staging};
use crate::files::{ConsumedFiles, MovedFile, TakeFiles};

impl Draft<'_> {
    /// Adds the step that brings the files below `folder` as they are: by a copy, or moved where that is asked for.
    pub(super) fn take(
        &self,
        plan: PlanBuilder,
        folder: &Location,
        artifact: Artifact,
        files: Files,
        source: LoadSource,
    ) -> Result<Staging> {
        let take = TakeFiles::new(folder.clone(), self.stem(), files == Files::One);
        let (plan, consumes) = match self.why_not_consumed(&take, files) {
            None => {
                (plan.note("consume_results: the job's files are moved into the table, and not copied"), true)
            }
            Some(why) if self.loading.consume_results => {
                (plan.note(format!("the job's files stay, in spite of consume_results: {why}")), false)
            }
            Some(_) => (plan, false),
        };
        let take = take.with_consuming(consumes);
        let first_name = take.file_name(0, self.results);
        let title = match (take.joins(self.results), consumes) {
            (true, _) => "join the files into one, as they are",
            (_, true) => "move the files as they are",
            _ => "copy the files as they are",
        };
        let artifact = if consumes { self.consumed(&take, artifact)? } else { artifact };
        let arguments = serde_json::to_value(&take).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "The plan's step has no JSON form").with_source(error)
        })?;
        let work = PrepareWork::Custom { name: TakeFiles::NAME.to_owned(), arguments };
        let plan = plan.prepare(title, work, vec![artifact], Vec::new());
        Ok(Staging { plan, source, first_name })
    }

    /// Why the files are copied. `None` where they are moved.
    fn why_not_consumed(&self, take: &TakeFiles, files: Files) -> Option<&'static str> {
        let is_beside =
            |at: &Location| (at.scheme(), at.authority()) == (take.folder.scheme(), take.folder.authority());
        if !self.loading.consume_results {
            return Some("it is not asked for");
        }
        if self.intent.options.exactly_once == ExactlyOnce::Off {
            return Some("without a journal nobody could put them back");
        }
        if !files.can_be_put_back() {
            return Some(
                "Hive moves or drops the files of such a table itself, and they could not be put back",
            );
        }
        if take.joins(self.results) {
            return Some(
                "they become one file, so that one rename adds all rows; appendFiles = many keeps them apart",
            );
        }
        if !self.results.files.iter().all(|file| is_beside(&file.meta.location)) {
            return Some("they are on another filesystem than the table");
        }
        None
    }

    fn consumed(&self, take: &TakeFiles, inside: Artifact) -> Result<Artifact> {
        let files = self.results.files.iter().enumerate().map(|(number, file)| {
            let to = take.folder.join(&take.file_name(number, self.results))?;
            Ok(MovedFile { from: file.meta.location.clone(), to })
        });
        let consumed = ConsumedFiles { files: files.collect::<Result<_>>()?, inside: Box::new(inside) };
        Ok(Artifact::Custom { name: ConsumedFiles::NAME.to_owned(), arguments: json(&consumed)? })
    }
}
