//! What names mean, and how they change hands.

use futures::future::join;
use publish_core::{ErrorKind, Location, Result, Storage};

use super::scratch::Scratch;
use crate::Checked;

/// A name is neither decoded nor folded: each spelling is a file of its own.
///
/// # Errors
/// That two spellings are one file, or a listing tells another one.
pub async fn a_name_is_taken_as_it_is_written(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_name_is_taken_as_it_is_written", storage, scratch)?;
    let names =
        ["a b", "a%20b", "a+b", "a?b", "a#b", "a*b", "part=1", "grüße", "e\u{301}t\u{e9}", "it's \"x\""];
    let mut wanted = Vec::new();
    for name in names {
        wanted.push(case.put(name, name.as_bytes()).await?);
    }
    wanted.sort();
    for at in &wanted {
        let seen = case.get(at).await?;
        case.rule.same("the file of that name", &seen.as_ref(), &at.file_name().as_bytes())?;
    }
    let seen: Vec<_> = case.list(&case.folder).await?.into_iter().map(|file| file.location).collect();
    case.rule.same("the names that a listing tells", &seen, &wanted)
}

/// A rename moves a file whole, also into a folder that is not there yet.
///
/// # Errors
/// That it does not.
pub async fn a_rename_moves_the_file(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_rename_moves_the_file", storage, scratch)?;
    let from = case.put("from", b"bytes").await?;
    let to = case.at("new/folder/to")?;
    let Some(renamed) = supported(storage.rename(&from, &to).await) else { return Ok(()) };
    case.rule.works("rename", renamed)?;
    case.holds_only("files", &[&to]).await?;
    case.rule.same("the file", &case.get(&to).await?.as_ref(), &b"bytes".as_slice())
}

/// A rename to a name that is taken fails with `AlreadyExists`, and both files stay.
///
/// # Errors
/// That one was replaced or lost.
pub async fn a_rename_never_replaces(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_rename_never_replaces", storage, scratch)?;
    let from = case.put("from", b"one").await?;
    let to = case.put("to", b"two").await?;
    let renamed = storage.rename(&from, &to).await;
    if let Some(renamed) = supported(renamed) {
        let error = case.rule.refused("a rename to a taken name", renamed)?;
        case.rule.same("the kind of the refusal", &error.kind(), &ErrorKind::AlreadyExists)?;
    }
    case.rule.same("the first file", &case.get(&from).await?.as_ref(), &b"one".as_slice())?;
    case.rule.same("the second file", &case.get(&to).await?.as_ref(), &b"two".as_slice())
}

/// A store that can't move a file in one act answers `Unsupported`, and changes nothing. The other rules of renames then
/// have nothing to say.
///
/// # Errors
/// That something changed.
pub async fn a_rename_that_is_not_supported_changes_nothing(
    storage: &dyn Storage,
    scratch: &Location,
) -> Checked {
    let case = Scratch::new("a_rename_that_is_not_supported_changes_nothing", storage, scratch)?;
    let from = case.put("from", b"bytes").await?;
    let to = case.at("to")?;
    if supported(storage.rename(&from, &to).await).is_none() {
        case.holds_only("files after a rename that is not supported", &[&from]).await?;
        case.rule.same("the file", &case.get(&from).await?.as_ref(), &b"bytes".as_slice())?;
    }
    Ok(())
}

/// Of two renames of one file at once one succeeds, the other finds it gone, and there is one file.
///
/// # Errors
/// That both or none succeeded, or that there are two files.
pub async fn a_rename_has_one_winner(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_rename_has_one_winner", storage, scratch)?;
    for round in 0..8 {
        let from = case.put(&format!("from-{round}"), b"x").await?;
        let (one, two) = (case.at(&format!("one-{round}"))?, case.at(&format!("two-{round}"))?);
        let (first, second) = join(storage.rename(&from, &one), storage.rename(&from, &two)).await;
        let (Some(first), Some(second)) = (supported(first), supported(second)) else { return Ok(()) };
        let (winner, loser) = match (first, second) {
            (Ok(()), Err(error)) => (one, error),
            (Err(error), Ok(())) => (two, error),
            (first, second) => {
                return case.rule.holds(false, || format!("the renames ended as {first:?} and {second:?}"));
            }
        };
        case.rule.same("the kind of the loser's error", &loser.kind(), &ErrorKind::NotFound)?;
        case.holds_only("files", &[&winner]).await?;
        case.rule.works("delete", storage.delete(&winner).await)?;
    }
    Ok(())
}

/// A deleted file is gone, and its neighbours are not.
///
/// # Errors
/// That it is there, or they are gone.
pub async fn deleting_removes_the_file(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("deleting_removes_the_file", storage, scratch)?;
    let at = case.put("file", b"x").await?;
    let beside = case.put("file-2", b"x").await?;
    case.rule.works("delete", storage.delete(&at).await)?;
    case.holds_only("files", &[&beside]).await?;
    let error = case.rule.refused("head of a deleted file", storage.head(&at).await)?;
    case.rule.same("the kind of that error", &error.kind(), &ErrorKind::NotFound)
}

/// Deleting what is not there succeeds, and deletes nothing else: a folder is not a file.
///
/// # Errors
/// That it fails, or deletes something.
pub async fn deleting_what_is_not_there_succeeds(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("deleting_what_is_not_there_succeeds", storage, scratch)?;
    let file = case.put("folder/file", b"x").await?;
    for name in ["none", "none/such", "folder", "folder/file/below"] {
        case.rule.works(&format!("delete of {name}"), storage.delete(&case.at(name)?).await)?;
    }
    case.holds_only("files", &[&file]).await
}

/// What a rename answered, `None` if the store can't rename.
pub(super) fn supported(renamed: Result<()>) -> Option<Result<()>> {
    let is_unsupported = renamed.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported);
    (!is_unsupported).then_some(renamed)
}
