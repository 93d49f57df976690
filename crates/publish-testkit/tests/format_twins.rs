//! Every rule of the format suite fails on a format that breaks just that rule.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use publish_core::{
    BatchStream, BatchWriter, Error, ErrorKind, FileFormat, FileInspection, FileMeta, FilePart, FileWriter,
    Format, FormatOptions, Result, ResultSchema, Storage, WriteOptions,
};
use publish_formats::{AvroFormat, CsvFormat};
use publish_testkit::Checked;
use publish_testkit::format::{self as rules, FormatBench};
use publish_testkit::results::ShelfStorage;

/// What a format does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    RoundsDoubles,
    RefusesEveryType,
    RenamesColumns,
    MisfitsBecomeNull,
    MisfitsHaveNoRow,
    LosesTheLastRow,
    RepeatsParts,
    SwapsParts,
    MiscountsBeforeParts,
    TakesBatchesAsTheyCome,
    MiscountsRows,
    MistellsWidths,
    MistellsSizes,
    FailsWithoutRows,
    TellsNoColumns,
    ShowsBeforeFinish,
    ReadsAhead,
    LeavesStreamsOpen,
    TellsColumnsOfNothing,
    NamesNoFile,
    TakesWhatIsThere,
    EndsAtErrors,
    PanicsAtErrors,
    BlamesItself,
}

#[derive(Debug)]
struct Broken {
    inner: Arc<dyn Format>,
    defect: Defect,
}

impl Broken {
    fn new(defect: Defect) -> Self {
        let inner: Arc<dyn Format> = match defect {
            Defect::MisfitsBecomeNull | Defect::MisfitsHaveNoRow => Arc::new(CsvFormat),
            _ => Arc::new(AvroFormat::default()),
        };
        Self { inner, defect }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    async fn told(&self, file: &FileMeta, storage: &Arc<dyn Storage>) -> Result<FileMeta> {
        if self.has(Defect::TakesWhatIsThere) { storage.head(&file.location).await } else { Ok(file.clone()) }
    }
}

fn changed(defect: Defect, error: &Error, file: &FileMeta) -> Error {
    let plain = Error::new(error.kind(), error.message());
    match defect {
        Defect::PanicsAtErrors => panic!("{error}"),
        Defect::NamesNoFile => plain,
        Defect::BlamesItself => Error::new(ErrorKind::Unexpected, "").with_context("file", &file.location),
        Defect::MisfitsHaveNoRow => plain.with_context("file", &file.location),
        _ => {
            let known = error.context().iter();
            known.fold(plain, |error, (key, value)| error.with_context(key, value))
        }
    }
}

#[async_trait]
impl Format for Broken {
    fn format(&self) -> FileFormat {
        self.inner.format()
    }

    async fn inspect(
        &self,
        file: &FileMeta,
        options: &FormatOptions,
        storage: &Arc<dyn Storage>,
    ) -> Result<FileInspection> {
        let file = &self.told(file, storage).await?;
        let mut found = match self.inner.inspect(file, options, storage).await {
            Err(_) if self.has(Defect::EndsAtErrors) => return Ok(FileInspection::new(file.clone(), None)),
            found => found.map_err(|error| changed(self.defect, &error, file))?,
        };
        match self.defect {
            Defect::RepeatsParts => found.parts.extend(found.parts.clone()),
            Defect::SwapsParts => found.parts.reverse(),
            Defect::MiscountsBeforeParts => {
                for part in &mut found.parts {
                    part.first_row = part.first_row.map(|row| row + 1);
                }
            }
            Defect::MiscountsRows => found.row_count = Some(7),
            Defect::MistellsWidths => found.widths = Some(vec![None, Some(16)]),
            Defect::FailsWithoutRows if found.row_count == Some(0) => {
                return Err(Error::new(ErrorKind::BadData, "There are no rows"));
            }
            Defect::TellsNoColumns if found.row_count == Some(0) => found.schema = None,
            Defect::TellsColumnsOfNothing if file.size == 0 => found.schema = Some(Arc::new(Schema::empty())),
            _ => {}
        }
        Ok(found)
    }

    fn unify(&self, files: &[FileInspection], options: &FormatOptions) -> Result<ResultSchema> {
        let schema = self.inner.unify(files, options)?;
        if !self.has(Defect::RenamesColumns) {
            return Ok(schema);
        }
        let fields = schema.source().fields().iter().map(|field| field.as_ref().clone().with_name("c"));
        Ok(ResultSchema::new(Arc::new(Schema::new(fields.collect::<Vec<_>>()))))
    }

    async fn open(
        &self,
        file: &FileMeta,
        part: &FilePart,
        schema: &SchemaRef,
        options: &FormatOptions,
        batch_rows: usize,
        storage: &Arc<dyn Storage>,
    ) -> Result<BatchStream> {
        let file = &self.told(file, storage).await?;
        match self.defect {
            Defect::ReadsAhead => drop(storage.read(&file.location, 0..file.size).await?),
            Defect::LeavesStreamsOpen => {
                std::mem::forget(storage.stream(&file.location, 0..file.size).await?);
            }
            _ => {}
        }
        let batch_rows = if self.has(Defect::TakesBatchesAsTheyCome) { 5_000 } else { batch_rows };
        let read_as = if self.has(Defect::MisfitsBecomeNull) { all_text(schema) } else { Arc::clone(schema) };
        let (defect, meta, schema) = (self.defect, file.clone(), Arc::clone(schema));
        let batches = match self.inner.open(file, part, &read_as, options, batch_rows, storage).await {
            Err(_) if self.has(Defect::EndsAtErrors) => return Ok(futures::stream::empty().boxed()),
            batches => batches.map_err(|error| changed(self.defect, &error, file))?,
        };
        let batches = batches.map_err(move |error| changed(defect, &error, &meta));
        let batches = batches.map_ok(move |batch| spoilt(defect, &batch, &schema));
        if self.has(Defect::EndsAtErrors) {
            return Ok(batches.take_while(|batch| std::future::ready(batch.is_ok())).boxed());
        }
        Ok(batches.boxed())
    }

    async fn create(
        &self,
        schema: &SchemaRef,
        options: &WriteOptions,
        writer: Box<dyn FileWriter>,
    ) -> Result<Box<dyn BatchWriter>> {
        if self.has(Defect::RefusesEveryType) {
            return Err(Error::new(ErrorKind::Unsupported, "No type can be written"));
        }
        let inner = self.inner.create(schema, options, writer).await?;
        Ok(Box::new(BrokenWriter { inner: Some(inner), shown: None, defect: self.defect }))
    }
}

fn all_text(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn spoilt(defect: Defect, batch: &RecordBatch, schema: &SchemaRef) -> RecordBatch {
    match defect {
        Defect::LosesTheLastRow => batch.slice(0, batch.num_rows() - 1),
        Defect::RoundsDoubles => replaced(batch, schema, |column| match column.data_type() {
            DataType::Float64 => {
                cast(&cast(column, &DataType::Float32).unwrap(), &DataType::Float64).unwrap()
            }
            _ => Arc::clone(column),
        }),
        Defect::MisfitsBecomeNull => {
            let columns = batch.columns().iter().zip(schema.fields());
            let columns = columns.map(|(column, field)| cast(column, field.data_type()).unwrap());
            RecordBatch::try_new(Arc::clone(schema), columns.collect()).unwrap()
        }
        _ => batch.clone(),
    }
}

fn replaced(batch: &RecordBatch, schema: &SchemaRef, replace: fn(&ArrayRef) -> ArrayRef) -> RecordBatch {
    RecordBatch::try_new(Arc::clone(schema), batch.columns().iter().map(replace).collect()).unwrap()
}

#[derive(Debug)]
struct BrokenWriter {
    inner: Option<Box<dyn BatchWriter>>,
    shown: Option<FileMeta>,
    defect: Defect,
}

#[async_trait]
impl BatchWriter for BrokenWriter {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        let Some(inner) = self.inner.as_mut() else { return Ok(()) };
        inner.write(batch).await?;
        if self.defect == Defect::ShowsBeforeFinish {
            self.shown = Some(self.inner.take().unwrap().finish().await?);
        }
        Ok(())
    }

    fn bytes_written(&self) -> u64 {
        self.inner.as_ref().map_or(0, |inner| inner.bytes_written())
    }

    async fn finish(self: Box<Self>) -> Result<FileMeta> {
        let mut file = match self.shown {
            Some(file) => file,
            None => self.inner.unwrap().finish().await?,
        };
        file.size += u64::from(self.defect == Defect::MistellsSizes);
        Ok(file)
    }
}

type Check = for<'a> fn(&'a FormatBench<'a>) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! twins {
    ($($rule:ident: $($defect:ident),+;)+) => {
        /// Each rule by its name, with the defects that it must notice.
        fn twins() -> Vec<(&'static str, Check, Vec<Defect>)> {
            vec![$((
                stringify!($rule),
                |bench| Box::pin(rules::$rule(bench)),
                vec![$(Defect::$defect),+],
            )),+]
        }
    };
}

twins! {
    every_type_comes_back: RoundsDoubles, RefusesEveryType, RenamesColumns;
    a_value_that_does_not_fit_is_an_error: MisfitsBecomeNull, MisfitsHaveNoRow;
    the_parts_hold_each_row_once_in_order: LosesTheLastRow, RepeatsParts, SwapsParts, MiscountsBeforeParts;
    batches_are_as_small_as_asked: TakesBatchesAsTheyCome;
    what_is_told_of_a_file_is_true: MiscountsRows, MistellsWidths, MistellsSizes;
    no_rows_are_read_from_a_file_without_rows: FailsWithoutRows, TellsNoColumns;
    a_dropped_writer_leaves_no_file: ShowsBeforeFinish;
    a_dropped_stream_stops_reading: ReadsAhead, LeavesStreamsOpen;
    an_empty_file_tells_nothing: TellsColumnsOfNothing;
    an_error_names_the_file: NamesNoFile, BlamesItself;
    a_file_shorter_than_told_is_an_error: TakesWhatIsThere;
    a_cut_file_is_never_read_short: EndsAtErrors;
    a_damaged_file_never_panics: PanicsAtErrors;
}

#[tokio::test]
async fn each_rule_fails_on_a_format_that_breaks_it() {
    for (name, check, defects) in twins() {
        for defect in defects {
            let format = Broken::new(defect);
            let storage = Arc::new(ShelfStorage::default());
            let bench = FormatBench::new(&format, storage, "mem:///scratch").unwrap();
            match check(&bench).await {
                Ok(()) => panic!("{name} holds with {defect:?}"),
                Err(violation) => assert_eq!(violation.rule(), name),
            }
            assert!(rules::check_all(&bench).await.is_err(), "check_all passes {defect:?}");
        }
    }
}
