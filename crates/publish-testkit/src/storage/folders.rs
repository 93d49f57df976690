//! What deleting a folder deletes, and that nothing is moved into one.

use publish_core::{ErrorKind, Location, Storage};

use super::scratch::Scratch;
use crate::Checked;

/// A deleted folder is gone with everything in it, at any depth, hidden names too.
///
/// # Errors
/// That something is left.
pub async fn deleting_a_folder_leaves_nothing_of_it(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("deleting_a_folder_leaves_nothing_of_it", storage, scratch)?;
    for (round, address) in ["run-0", "run-1/"].into_iter().enumerate() {
        let mut files = Vec::new();
        for name in ["a", "b/c/d/e", "b/f", "_SUCCESS", ".hidden/a"] {
            files.push(case.put(&format!("run-{round}/{name}"), b"x").await?);
        }
        case.rule.works("delete_folder", storage.delete_folder(&case.at(address)?).await)?;
        case.holds_only("files after the folder was deleted", &[]).await?;
        for at in &files {
            let error = case.rule.refused("head of a deleted file", storage.head(at).await)?;
            case.rule.same("the kind of that error", &error.kind(), &ErrorKind::NotFound)?;
        }
        // Its name is free again.
        case.put(&format!("run-{round}/a"), b"new").await?;
        case.rule.works("delete_folder", storage.delete_folder(&case.at(address)?).await)?;
    }
    Ok(())
}

/// Deleting a folder touches nothing beside it, whatever the names begin with, and no file of its name.
///
/// # Errors
/// That something else is gone.
pub async fn deleting_a_folder_touches_nothing_outside(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("deleting_a_folder_touches_nothing_outside", storage, scratch)?;
    case.put("run_1/a", b"x").await?;
    let mut wanted = Vec::new();
    for name in ["run_10/a", "run_1.csv", "run_", "other/run_1/a", "file"] {
        wanted.push(case.put(name, b"beside").await?);
    }
    wanted.sort();
    case.rule.works("delete_folder", storage.delete_folder(&case.at("run_1")?).await)?;
    case.holds_only("files beside the deleted folder", &wanted.iter().collect::<Vec<_>>()).await?;
    case.rule.works("delete_folder of a file's name", storage.delete_folder(&case.at("file")?).await)?;
    case.holds_only("files after a file's name was deleted as a folder", &wanted.iter().collect::<Vec<_>>())
        .await
}

/// Deleting a folder that is not there succeeds, also a second time and below a file.
///
/// # Errors
/// That it fails.
pub async fn deleting_a_folder_that_is_not_there_succeeds(
    storage: &dyn Storage,
    scratch: &Location,
) -> Checked {
    let case = Scratch::new("deleting_a_folder_that_is_not_there_succeeds", storage, scratch)?;
    let file = case.put("file", b"x").await?;
    for name in ["none", "none/such/", "file/below"] {
        let deleted = storage.delete_folder(&case.at(name)?).await;
        case.rule.works(&format!("delete_folder of {name}"), deleted)?;
    }
    case.holds_only("files", &[&file]).await
}

/// A rename to the name of a folder never moves the file into it. Where folders are things of their own it fails with
/// `AlreadyExists`; where they are not, as in memory, the file may take exactly that name.
///
/// # Errors
/// That the file is in the folder, or lost.
pub async fn a_rename_never_moves_into_a_folder(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_rename_never_moves_into_a_folder", storage, scratch)?;
    let inside = case.put("folder/inside", b"inside").await?;
    let from = case.put("from", b"from").await?;
    // With a slash at its end it is a folder's address, and no name that a file could take.
    let refused = case
        .rule
        .refused("a rename to a folder's address", storage.rename(&from, &case.at("folder/")?).await)?;
    case.holds_only(&format!("files after {refused}"), &[&inside, &from]).await?;
    let to = case.at("folder")?;
    let at = match storage.rename(&from, &to).await {
        Ok(()) => to,
        Err(error) => {
            let told = matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::Unsupported);
            case.rule.holds(told, || format!("a rename to a folder's name failed as {error}"))?;
            from
        }
    };
    let mut wanted = [&inside, &at];
    wanted.sort();
    case.holds_only("files after a rename to a folder's name", &wanted).await?;
    case.rule.same("the file", &case.get(&at).await?.as_ref(), &b"from".as_slice())
}
