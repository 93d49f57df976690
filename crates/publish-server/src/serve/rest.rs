//! What a client still sends of a request that was answered without it.
//!
//! Many clients send a request whole before they look at the answer. Were the connection closed meanwhile they would hear of a
//! broken pipe and of nothing else: the refusal, with its reason, would be lost.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::timeout;

/// Most bytes that are taken in for nothing.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Longest time in which they are.
const MAX_TIME: Duration = Duration::from_secs(2);

/// The place that an unread body comes back to.
#[derive(Default)]
pub(super) struct Rest(Arc<Mutex<Option<Body>>>);

impl Rest {
    /// Lends the body of a request: what is dropped unread comes back.
    pub(super) fn of(request: Request<Body>) -> (Request<Body>, Self) {
        let rest = Self::default();
        // This client waits for a word before it sends, and takes the answer for it.
        if request.headers().contains_key(EXPECT) || request.body().is_end_stream() {
            return (request, rest);
        }
        let back = Arc::clone(&rest.0);
        (request.map(|body| Body::new(Lent { body, is_over: false, back })), rest)
    }

    /// Takes in what came back and throws it away, up to a limit.
    pub(super) async fn take_in(self) {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = body else { return };
        let taken = async {
            let mut bytes = 0;
            while let Some(Ok(frame)) = body.frame().await {
                bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if bytes > MAX_BYTES {
                    break;
                }
            }
        };
        // Who sends longer than that is cut off.
        let _ = timeout(MAX_TIME, taken).await;
    }
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Body,
    is_over: bool,
    back: Arc<Mutex<Option<Body>>>,
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.is_over |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_over && !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::StreamExt;

    use super::*;

    fn request(chunks: &Arc<AtomicUsize>, count: usize) -> Request<Body> {
        let taken = Arc::clone(chunks);
        let chunks = futures::stream::iter(0..count).map(move |_| {
            taken.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024 * 1024]))
        });
        Request::put("/").body(Body::from_stream(chunks)).unwrap()
    }

    #[tokio::test]
    async fn what_was_not_read_is_taken_in_up_to_a_limit() {
        for (sent, expected) in [(3, 3), (100, 9)] {
            let taken = Arc::default();
            let (request, rest) = Rest::of(request(&taken, sent));
            drop(request);
            assert_eq!(taken.load(Ordering::Relaxed), 0, "not before the answer");
            rest.take_in().await;
            assert_eq!(taken.load(Ordering::Relaxed), expected);
        }
    }

    #[tokio::test]
    async fn what_was_read_does_not_come_back() {
        let taken = Arc::default();
        let (request, rest) = Rest::of(request(&taken, 2));
        let read = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(read.len(), 2 * 1024 * 1024);
        rest.take_in().await;
        assert_eq!(taken.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_sending_is_not_waited_for() {
        let silent = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let (request, rest) = Rest::of(Request::put("/").body(Body::from_stream(silent)).unwrap());
        drop(request);
        rest.take_in().await;
    }
}
