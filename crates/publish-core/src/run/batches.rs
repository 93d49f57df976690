//! The results as one bounded stream of batches.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use futures::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::unchanged::check_unchanged;
use super::{Cancel, RunContext};
use crate::{DataFile, FilePart, Format, Location, Result, ResultSet, Storages};

/// A batch of results with the place it comes from. While it lives its memory counts against the run's budget.
#[derive(Debug)]
#[non_exhaustive]
pub struct ResultBatch {
    /// The rows: one array for each column of the read schema, in its order.
    pub batch: RecordBatch,
    /// The file they are from.
    pub file: Location,
    /// Rows of that file before this batch, where they are known.
    pub first_row: Option<u64>,
    _budget: Option<OwnedSemaphorePermit>,
}

impl ResultBatch {
    /// Creates a batch that counts against no budget, for tests of sessions.
    pub fn new(batch: RecordBatch, file: Location, first_row: Option<u64>) -> Self {
        Self { batch, file, first_row, _budget: None }
    }

    /// The number, from 1, that a row of this batch has in its file. `None` where that is not known.
    pub fn row_number(&self, index: usize) -> Option<u64> {
        self.first_row.map(|first| first + index as u64 + 1)
    }
}

/// A stream of the results, in the order of the files and of their rows.
pub type ResultBatchStream = Pin<Box<dyn Stream<Item = Result<ResultBatch>> + Send>>;

/// Reads a result set: parts of files side by side, handed out in order.
#[derive(Debug)]
pub struct ResultReader {
    results: ResultSet,
    format: Arc<dyn Format>,
    storages: Storages,
    batch_rows: usize,
    lane_count: usize,
    budget_bytes: usize,
}

impl ResultReader {
    /// Rows of a batch unless said.
    pub const BATCH_ROWS: usize = 8 * 1024;

    /// Memory for decoded batches that wait to be taken, unless said: 64 MiB.
    pub const BUDGET_BYTES: usize = 64 * 1024 * 1024;

    /// Reads `results` with `format` from `storages`, in as many lanes as the machine has cores, at most eight.
    pub fn new(results: ResultSet, format: Arc<dyn Format>, storages: Storages) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            results,
            format,
            storages,
            batch_rows: Self::BATCH_ROWS,
            lane_count: cores.clamp(1, 8),
            budget_bytes: Self::BUDGET_BYTES,
        }
    }

    /// Sets how many rows a batch has at most.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Sets how many parts are decoded side by side.
    #[must_use]
    pub fn with_lanes(mut self, lanes: usize) -> Self {
        self.lane_count = lanes.max(1);
        self
    }

    /// Sets how many bytes of decoded batches may wait.
    #[must_use]
    pub fn with_budget(mut self, bytes: usize) -> Self {
        self.budget_bytes = bytes;
        self
    }

    /// The results.
    pub fn results(&self) -> &ResultSet {
        &self.results
    }

    /// Reads one of the files alone. `None` if it is none of them.
    pub fn of_file(&self, file: &Location) -> Option<Self> {
        let data = self.results.files.iter().find(|data| data.meta.location == *file)?;
        let results = ResultSet { files: vec![data.clone()].into(), ..self.results.clone() };
        let (format, storages) = (Arc::clone(&self.format), self.storages.clone());
        Some(Self {
            results,
            format,
            storages,
            batch_rows: self.batch_rows,
            lane_count: self.lane_count,
            budget_bytes: self.budget_bytes,
        })
    }

    /// Streams all rows as `schema`, until `cancel`.
    pub fn batches(self: &Arc<Self>, schema: &SchemaRef, cancel: &Cancel) -> ResultBatchStream {
        let parts = self
            .results
            .files
            .iter()
            .enumerate()
            .flat_map(|(file, data)| (0..data.parts.len()).map(move |part| (file, part)))
            .collect::<VecDeque<_>>();
        let lanes = Lanes {
            reader: Arc::clone(self),
            schema: Arc::clone(schema),
            cancel: cancel.clone(),
            waiting: parts,
            running: VecDeque::new(),
        };
        Box::pin(futures::stream::unfold(Some(lanes), |lanes| async move {
            let mut lanes = lanes?;
            match lanes.next().await? {
                Ok(batch) => Some((Ok(batch), Some(lanes))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    /// Decodes one part into `sender`. The budget is the lane's own, so that a lane that is ahead can't starve the
    /// one whose turn it is.
    async fn read_part(
        self: Arc<Self>,
        (file, part): (usize, usize),
        schema: SchemaRef,
        sender: mpsc::Sender<Result<ResultBatch>>,
    ) {
        let file = &self.results.files[file];
        if let Err(error) = self.forward(file, &file.parts[part], &schema, &sender).await {
            // The receiver is gone only when nobody waits for the error any more.
            let _ = sender.send(Err(error)).await;
        }
    }

    async fn forward(
        &self,
        file: &DataFile,
        part: &FilePart,
        schema: &SchemaRef,
        sender: &mpsc::Sender<Result<ResultBatch>>,
    ) -> Result<()> {
        let lane_bytes = (self.budget_bytes / self.lane_count).clamp(1, u32::MAX as usize);
        let budget = Arc::new(Semaphore::new(lane_bytes));
        let storage = self.storages.at(&file.meta.location)?;
        let mut batches = self
            .format
            .open(&file.meta, part, schema, &self.results.options, self.batch_rows, storage)
            .await?;
        let mut next_row = part.first_row;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let bytes = batch.get_array_memory_size().clamp(1, lane_bytes);
            let permit = Arc::clone(&budget).acquire_many_owned(bytes as u32).await.ok();
            let first_row = next_row;
            next_row = next_row.map(|row| row + batch.num_rows() as u64);
            let batch = ResultBatch { batch, file: file.meta.location.clone(), first_row, _budget: permit };
            if sender.send(Ok(batch)).await.is_err() {
                return Ok(());
            }
        }
        check_unchanged(&file.meta, &self.storages).await
    }
}

/// Parts being decoded side by side. Batches come from the first until it ends.
struct Lanes {
    reader: Arc<ResultReader>,
    schema: SchemaRef,
    cancel: Cancel,
    waiting: VecDeque<(usize, usize)>,
    running: VecDeque<Lane>,
}

impl Lanes {
    async fn next(&mut self) -> Option<Result<ResultBatch>> {
        loop {
            while self.running.len() < self.reader.lane_count {
                let Some(part) = self.waiting.pop_front() else { break };
                let (sender, receiver) = mpsc::channel(4);
                let reader = Arc::clone(&self.reader);
                let task = tokio::spawn(reader.read_part(part, Arc::clone(&self.schema), sender));
                self.running.push_back(Lane { receiver, task });
            }
            let lane = self.running.front_mut()?;
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Some(Err(RunContext::cancelled_error())),
                next = lane.receiver.recv() => match next {
                    Some(next) => return Some(next),
                    None => {
                        // A lane that ends without a word has either finished or panicked.
                        let lane = self.running.pop_front()?;
                        if let Some(error) = lane.failure().await {
                            return Some(Err(error));
                        }
                    }
                },
            }
        }
    }
}

/// One part being decoded. Dropping it stops the decoding.
struct Lane {
    receiver: mpsc::Receiver<Result<ResultBatch>>,
    task: JoinHandle<()>,
}

impl Lane {
    async fn failure(mut self) -> Option<crate::Error> {
        let error = (&mut self.task).await.err()?;
        Some(
            crate::Error::new(crate::ErrorKind::Unexpected, "Decoding a file stopped unexpectedly")
                .with_source(error),
        )
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.task.abort();
    }
}
