//! Bodies that are counted, cut and slowed down.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use s3s::StdError;
use tokio::time::Sleep;

use crate::record::Record;

/// Bytes of a piece of a slow body.
const SLOW_PIECE: usize = 64 * 1024;

/// How long what comes before a cut has to leave the machine.
const BEFORE_CUT: Duration = Duration::from_millis(5);

/// A request's body, counted.
pub(crate) struct Counted {
    inner: Incoming,
    record: Arc<Record>,
}

impl Counted {
    pub(crate) fn new(inner: Incoming, record: Arc<Record>) -> Self {
        Self { inner, record }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.record.came_in(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body: counted, and cut or slowed down if ordered.
pub(crate) struct Shaped {
    inner: s3s::Body,
    record: Arc<Record>,
    /// Bytes that still go out before the connection breaks.
    until_cut: Option<u64>,
    pause: Option<Duration>,
    waiting: Option<Pin<Box<Sleep>>>,
    /// Bytes of a slow body that were taken and not sent.
    rest: Bytes,
}

impl Shaped {
    pub(crate) fn new(inner: s3s::Body, record: Arc<Record>) -> Self {
        Self { inner, record, until_cut: None, pause: None, waiting: None, rest: Bytes::new() }
    }

    pub(crate) fn cut_after(mut self, bytes: u64) -> Self {
        self.until_cut = Some(bytes);
        // The head of the answer has to leave, too.
        self.waiting = Some(Box::pin(tokio::time::sleep(BEFORE_CUT)));
        self
    }

    pub(crate) fn slow(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    /// The next bytes, as many as may go out now.
    fn shape(&mut self, mut bytes: Bytes) -> Bytes {
        if self.pause.is_some() && bytes.len() > SLOW_PIECE {
            self.rest = bytes.split_off(SLOW_PIECE);
        }
        if let Some(left) = &mut self.until_cut {
            bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= bytes.len() as u64;
            if *left == 0 {
                self.waiting = Some(Box::pin(tokio::time::sleep(BEFORE_CUT)));
            }
        }
        if let Some(pause) = self.pause {
            self.waiting = Some(Box::pin(tokio::time::sleep(pause)));
        }
        self.record.went_out(bytes.len());
        bytes
    }
}

impl Body for Shaped {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        if self.until_cut == Some(0) {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset).into())));
        }
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(Frame::data(self.shape(rest)))));
        }
        match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(bytes) => Frame::data(self.shape(bytes)),
                Err(frame) => frame,
            }))),
            other => Poll::Ready(other),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.until_cut.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.rest.is_empty() { self.inner.size_hint() } else { SizeHint::default() }
    }
}
