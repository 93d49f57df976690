//! What becomes visible, and when.

use bytes::Bytes;
use publish_core::{ErrorKind, FileWriter, Location, Storage};

use super::scratch::{Scratch, pattern};
use crate::Checked;

/// A finished file holds what was written to it, in order and whole, and `finish` tells its size.
///
/// # Errors
/// That it does not.
pub async fn a_file_holds_what_was_written(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_file_holds_what_was_written", storage, scratch)?;
    let bytes = Bytes::from(pattern());
    let at = case.at("deep/folder/file")?;
    let mut writer = case.rule.works("create", storage.create(&at).await)?;
    let mut rest = bytes.clone();
    for size in [0, 1, 1_500_000, 7, 65_536, 3] {
        case.rule.works("write", writer.write(rest.split_to(size)).await)?;
    }
    case.rule.works("write", writer.write(rest).await)?;
    let file = case.rule.works("finish", writer.finish().await)?;
    case.rule.same("the address that finish tells", &file.location, &at)?;
    case.rule.same("the size that finish tells", &file.size, &(bytes.len() as u64))?;
    let seen = case.get(&at).await?;
    case.rule.holds(seen == bytes, || "the file holds other bytes than were written".to_owned())?;

    let empty = case.put("empty", b"").await?;
    case.rule.same("the size of an empty file", &case.get(&empty).await?.len(), &0)
}

/// A file that is being written is not there, under no name.
///
/// # Errors
/// That something is there.
pub async fn a_file_is_invisible_until_finished(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_file_is_invisible_until_finished", storage, scratch)?;
    let at = case.at("file")?;
    let mut writer = case.rule.works("create", storage.create(&at).await)?;
    case.holds_only("files after create", &[]).await?;
    case.rule.works("write", writer.write(pattern().into()).await)?;
    case.holds_only("files after a write", &[]).await?;
    let error = case.rule.refused("head of an unfinished file", storage.head(&at).await)?;
    case.rule.same("the kind of that error", &error.kind(), &ErrorKind::NotFound)?;
    case.rule.works("finish", writer.finish().await)?;
    case.holds_only("files after finish", &[&at]).await
}

/// A writer that is dropped leaves nothing, and its name is free.
///
/// # Errors
/// That something is left.
pub async fn a_dropped_writer_leaves_nothing(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_dropped_writer_leaves_nothing", storage, scratch)?;
    let at = case.at("file")?;
    let mut writer = case.rule.works("create", storage.create(&at).await)?;
    case.rule.works("write", writer.write(pattern().into()).await)?;
    drop(writer);
    case.holds_only("files after the drop", &[]).await?;
    case.write(&at, b"again").await?;
    case.rule.same("the file written after it", &case.get(&at).await?.as_ref(), &b"again".as_slice())
}

/// A writer that is aborted leaves nothing, and its name is free.
///
/// # Errors
/// That something is left.
pub async fn an_aborted_writer_leaves_nothing(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("an_aborted_writer_leaves_nothing", storage, scratch)?;
    let at = case.at("file")?;
    let mut writer = case.rule.works("create", storage.create(&at).await)?;
    case.rule.works("write", writer.write(pattern().into()).await)?;
    case.rule.works("abort", writer.abort().await)?;
    case.holds_only("files after the abort", &[]).await?;
    case.write(&at, b"again").await?;
    case.rule.same("the file written after it", &case.get(&at).await?.as_ref(), &b"again".as_slice())
}

/// A name that is taken is refused, by `create` or at the latest by `finish`, and the file there stays as it is.
///
/// # Errors
/// That it was replaced, or refused with another kind.
pub async fn a_writer_never_replaces(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_writer_never_replaces", storage, scratch)?;
    let at = case.put("file", b"first").await?;
    let second = async {
        let mut writer = storage.create(&at).await?;
        writer.write(Bytes::from_static(b"second")).await?;
        writer.finish().await
    };
    let error = case.rule.refused("a second file of one name", second.await)?;
    case.rule.same("the kind of the refusal", &error.kind(), &ErrorKind::AlreadyExists)?;
    case.rule.same("the file", &case.get(&at).await?.as_ref(), &b"first".as_slice())?;
    case.holds_only("files", &[&at]).await
}

/// Of two writers of one name exactly one finishes, and the file is whole.
///
/// # Errors
/// That both or none did, or that they mixed.
pub async fn of_two_writers_one_finishes(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("of_two_writers_one_finishes", storage, scratch)?;
    for round in 0..8 {
        let at = case.at(&format!("file-{round}"))?;
        let mut writers = Vec::new();
        for text in ["one", "two"] {
            let mut writer = case.rule.works("create", storage.create(&at).await)?;
            case.rule.works("write", writer.write(Bytes::from_static(text.as_bytes())).await)?;
            writers.push(writer);
        }
        let finished = futures::future::join_all(writers.into_iter().map(FileWriter::finish)).await;
        let mut winners = Vec::new();
        for (finished, text) in finished.into_iter().zip(["one", "two"]) {
            match finished {
                Ok(_) => winners.push(text),
                Err(error) => {
                    case.rule.same("the kind of the refusal", &error.kind(), &ErrorKind::AlreadyExists)?;
                }
            }
        }
        case.rule.same("how many finished", &winners.len(), &1)?;
        case.rule.same("the file", &case.get(&at).await?.as_ref(), &winners.concat().as_bytes())?;
    }
    Ok(())
}

/// Many writers, readers and listings work at once and do not see each other's files half written.
///
/// # Errors
/// That a file is missing, or is not what was written.
pub async fn writers_work_side_by_side(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("writers_work_side_by_side", storage, scratch)?;
    let work = (0..32_u8).map(|i| {
        let case = &case;
        async move {
            let bytes = vec![i; 10_000 + usize::from(i)];
            let at = case.put(&format!("folder-{}/file-{i}", i % 4), &bytes).await?;
            for file in case.list(&case.folder).await? {
                case.rule
                    .holds(file.size >= 10_000, || format!("{} was listed half written", file.location))?;
            }
            let seen = case.get(&at).await?;
            case.rule.holds(seen == bytes, || format!("{at} holds other bytes than were written"))
        }
    });
    for done in futures::future::join_all(work).await {
        done?;
    }
    case.rule.same("how many files there are", &case.list(&case.folder).await?.len(), &32)
}
