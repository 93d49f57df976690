//! What a read gives.

use std::time::Duration;

use futures::TryStreamExt;
use publish_core::{Error, ErrorKind, Location, Storage};

use super::names::supported;
use super::scratch::{Scratch, pattern};
use crate::Checked;
use crate::violation::Rule;

/// Streams that are open at once in a check.
const IDLE_STREAMS: usize = 16;

/// Ranges that are read at once in a check.
const READS_AT_ONCE: usize = 24;

/// A read gives the bytes of its range: all of them, no others.
///
/// # Errors
/// That it gives others.
pub async fn a_range_is_read_exactly(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_range_is_read_exactly", storage, scratch)?;
    let bytes = pattern();
    let at = case.put("file", &bytes).await?;
    let size = bytes.len();
    for (start, end) in
        [(0, size), (0, 1), (1, 2), (size - 1, size), (1_048_575, 1_048_577), (5, 5), (size, size)]
    {
        let seen = case.rule.works("read", storage.read(&at, start as u64..end as u64).await)?;
        case.rule.holds(seen == bytes[start..end], || {
            format!("reading {start}..{end} gave {} bytes, not those of the file", seen.len())
        })?;
    }
    Ok(())
}

/// A range that goes beyond the end is `BadData`, for a read and for a stream. It is never cut short.
///
/// # Errors
/// That it was.
pub async fn a_range_beyond_the_end_is_an_error(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_range_beyond_the_end_is_an_error", storage, scratch)?;
    let at = case.put("file", b"12345").await?;
    for range in [0..6, 5..6, 6..6, 7..8, 0..u64::MAX, u64::MAX - 1..u64::MAX] {
        let what = format!("the range {range:?} of 5 bytes");
        let error = case.rule.refused(&what, storage.read(&at, range.clone()).await)?;
        is_told(case.rule, &what, &error, ErrorKind::BadData, &at)?;
        let streamed = async { storage.stream(&at, range).await?.try_collect::<Vec<_>>().await };
        let error = case.rule.refused(&what, streamed.await)?;
        is_told(case.rule, &what, &error, ErrorKind::BadData, &at)?;
    }
    Ok(())
}

/// A stream gives the bytes of its range in order.
///
/// # Errors
/// That it gives others.
pub async fn a_stream_gives_its_range_in_order(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_stream_gives_its_range_in_order", storage, scratch)?;
    let bytes = pattern();
    let at = case.put("file", &bytes).await?;
    let size = bytes.len();
    for (start, end) in [(0, size), (3, 2_500_000), (size - 1, size), (size, size), (0, 0)] {
        let stream = case.rule.works("stream", storage.stream(&at, start as u64..end as u64).await)?;
        let chunks = case.rule.works("reading the stream", stream.try_collect::<Vec<_>>().await)?;
        let seen = chunks.concat();
        case.rule.holds(seen == bytes[start..end], || {
            format!("streaming {start}..{end} gave {} bytes, not those of the file", seen.len())
        })?;
    }
    Ok(())
}

/// Reads and streams of one file, of other ranges each, work at once and each gets its own bytes.
///
/// # Errors
/// That one gets others.
pub async fn ranges_are_read_side_by_side(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("ranges_are_read_side_by_side", storage, scratch)?;
    let bytes = pattern();
    let at = case.put("file", &bytes).await?;
    let length = bytes.len() / READS_AT_ONCE;
    let work = (0..READS_AT_ONCE).map(|i| {
        let (case, at, wanted) = (&case, &at, &bytes[i * length..(i + 1) * length]);
        let range = (i * length) as u64..((i + 1) * length) as u64;
        async move {
            let seen = if i % 2 == 0 {
                case.rule.works("read", storage.read(at, range.clone()).await)?.to_vec()
            } else {
                let stream = case.rule.works("stream", storage.stream(at, range.clone()).await)?;
                case.rule.works("reading the stream", stream.try_collect::<Vec<_>>().await)?.concat()
            };
            case.rule.holds(seen == wanted, || format!("{range:?} among others gave other bytes"))
        }
    });
    futures::future::join_all(work).await.into_iter().collect()
}

/// Streams that nobody reads wait without taking anything that other calls need, such as a thread each.
///
/// Run it on a runtime of few blocking threads: on one of hundreds, such threads do not run out here.
///
/// # Errors
/// That a call does not answer within a minute while streams are open.
pub async fn idle_streams_hold_up_nobody(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("idle_streams_hold_up_nobody", storage, scratch)?;
    let bytes = pattern();
    let at = case.put("file", &bytes).await?;
    let work = async {
        let mut idle = Vec::new();
        for _ in 0..IDLE_STREAMS {
            idle.push(case.rule.works("stream", storage.stream(&at, 0..bytes.len() as u64).await)?);
        }
        case.rule.works("head", storage.head(&at).await)?;
        case.rule.works("read", storage.read(&at, 0..1).await)
    };
    match tokio::time::timeout(Duration::from_secs(60), work).await {
        Ok(done) => done.map(drop),
        Err(_) => case.rule.holds(false, || "calls do not answer while streams are open".to_owned()),
    }
}

/// A file that is not there is `NotFound`, with its location in the context, whatever is asked of it.
///
/// # Errors
/// That it is something else.
pub async fn a_missing_file_is_told_with_its_location(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_missing_file_is_told_with_its_location", storage, scratch)?;
    let at = case.at("none/such")?;
    let error = case.rule.refused("head", storage.head(&at).await)?;
    is_told(case.rule, "head", &error, ErrorKind::NotFound, &at)?;
    let error = case.rule.refused("read", storage.read(&at, 0..1).await)?;
    is_told(case.rule, "read", &error, ErrorKind::NotFound, &at)?;
    let streamed = async { storage.stream(&at, 0..1).await?.try_collect::<Vec<_>>().await };
    let error = case.rule.refused("stream", streamed.await)?;
    is_told(case.rule, "stream", &error, ErrorKind::NotFound, &at)?;
    let Some(renamed) = supported(storage.rename(&at, &case.at("other")?).await) else { return Ok(()) };
    let error = case.rule.refused("rename", renamed)?;
    is_told(case.rule, "rename", &error, ErrorKind::NotFound, &at)
}

/// A folder is not a file: `head` finds none of its name.
///
/// # Errors
/// That it does.
pub async fn a_folder_is_not_a_file(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_folder_is_not_a_file", storage, scratch)?;
    case.put("folder/file", b"x").await?;
    for name in ["folder", "folder/"] {
        let at = case.at(name)?;
        let error = case.rule.refused("head of a folder", storage.head(&at).await)?;
        is_told(case.rule, "head of a folder", &error, ErrorKind::NotFound, &at)?;
    }
    Ok(())
}

fn is_told(rule: Rule, what: &str, error: &Error, kind: ErrorKind, at: &Location) -> Checked {
    rule.same(&format!("the kind of the error of {what}"), &error.kind(), &kind)?;
    let names_it = error.context().iter().any(|(key, value)| *key == "location" && value == at.as_str());
    rule.holds(names_it, || format!("the error of {what} does not name the location: {error}"))
}
