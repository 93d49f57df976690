//! Following a job by server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use publish_core::Result;

use super::super::Api;
use super::super::address::{Id, Parameters};
use super::super::exception::Exception;
use super::super::shapes::EventShape;
use crate::{JobEvent, JobId};

/// Time after which a quiet stream shows that it is alive, so that proxies keep it.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// `GET /v4/jobs/{id}/events`.
pub(super) async fn events(
    State(api): State<Api>,
    Id(id): Id,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Exception> {
    parameters.none()?;
    let job = api.job(JobId(id)).await?.id;
    let events = api.jobs.events(job, last_seen(&headers)?).await?;
    let events = stream::iter(events).flatten().filter_map(move |event| async move {
        match event {
            Ok(event) => Some(Ok(shown(event))),
            Err(error) => {
                // The client comes back with the id of what it saw last.
                tracing::warn!(%job, %error, "a stream of events ends");
                None
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY)))
}

/// The entry after which a client that comes back goes on.
fn last_seen(headers: &HeaderMap) -> Result<u64, Exception> {
    let Some(value) = headers.get("last-event-id") else { return Ok(0) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.filter(|number| i64::try_from(*number).is_ok()).ok_or_else(|| {
        Exception::invalid(
            "The header Last-Event-ID is the id of an event of this stream; leave it out for all",
        )
    })
}

fn shown(event: JobEvent) -> Event {
    let name = event.event.get("event").and_then(|name| name.as_str()).unwrap_or("event");
    // A line end would end the field.
    let mut shown = Event::default().event(name.replace(['\n', '\r'], " "));
    if let Some(sequence) = event.sequence {
        shown = shown.id(sequence.to_string());
    }
    shown
        .json_data(EventShape::from(event))
        .unwrap_or_else(|_| Event::default().comment("an event has no JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_comes_back_says_where_it_was() {
        let headers =
            |value: &str| HeaderMap::from_iter([("last-event-id".parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(last_seen(&HeaderMap::new()).unwrap(), 0);
        assert_eq!(last_seen(&headers("17")).unwrap(), 17);
        for wrong in ["", "x", "-1", "18446744073709551615", "1.5"] {
            assert!(last_seen(&headers(wrong)).is_err(), "{wrong}");
        }
    }
}
