//! What a listing tells.

use std::time::Duration;

use publish_core::{Location, Storage};

use super::scratch::Scratch;
use crate::Checked;

/// Longer than the ticks of a clock that files' times are taken from.
const CLOCK_TICK: Duration = Duration::from_millis(50);

/// A listing tells every file below its folder, at any depth, once, and none beside it.
///
/// # Errors
/// That it tells others.
pub async fn a_listing_goes_to_any_depth_and_no_further(
    storage: &dyn Storage,
    scratch: &Location,
) -> Checked {
    let case = Scratch::new("a_listing_goes_to_any_depth_and_no_further", storage, scratch)?;
    let mut wanted = Vec::new();
    for name in ["run_1/a", "run_1/b/c/d/e", "run_1/b/f", "run_1/_SUCCESS", "run_1/.hidden"] {
        wanted.push(case.put(name, name.as_bytes()).await?);
    }
    for name in ["run_10/a", "run_1.csv", "other/run_1/a", "run_"] {
        case.put(name, b"beside").await?;
    }
    wanted.sort();
    for folder in ["run_1", "run_1/"] {
        let listed = case.list(&case.at(folder)?).await?;
        let seen: Vec<_> = listed.into_iter().map(|file| file.location).collect();
        case.rule.same(&format!("the files below {folder}"), &seen, &wanted)?;
    }
    Ok(())
}

/// What a listing tells of a file is what `head` tells, and the file can be read under that address.
///
/// # Errors
/// That they differ.
pub async fn a_listing_tells_sizes_and_addresses_that_can_be_read(
    storage: &dyn Storage,
    scratch: &Location,
) -> Checked {
    let case = Scratch::new("a_listing_tells_sizes_and_addresses_that_can_be_read", storage, scratch)?;
    for size in [0, 1, 5_000] {
        case.put(&format!("{size} bytes"), &vec![b'x'; size]).await?;
    }
    let listed = case.list(&case.folder).await?;
    case.rule.same("how many files are listed", &listed.len(), &3)?;
    for file in listed {
        let head = case.rule.works("head", storage.head(&file.location).await)?;
        case.rule.same("head and listing", &head, &file)?;
        case.rule.same(
            "the address",
            &file.location.file_name(),
            &format!("{} bytes", file.size).as_str(),
        )?;
        case.rule.same("bytes of the file", &(case.get(&file.location).await?.len() as u64), &file.size)?;
    }
    Ok(())
}

/// A folder that is not there holds no files, and neither does a file. To ask is no error.
///
/// # Errors
/// That it is.
pub async fn a_folder_that_is_not_there_is_empty(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_folder_that_is_not_there_is_empty", storage, scratch)?;
    case.put("file", b"x").await?;
    for name in ["none", "none/such/", "file"] {
        let listed = case.list(&case.at(name)?).await?;
        case.rule.same(&format!("the files below {name}"), &listed, &Vec::new())?;
    }
    Ok(())
}

/// Where a store tells versions, one changes with the bytes of its file, also where the size stays, and `finish`, `head`
/// and a listing tell the same one as long as nobody changes them.
///
/// # Errors
/// That it stays, or that two differ.
pub async fn a_version_changes_with_the_bytes(storage: &dyn Storage, scratch: &Location) -> Checked {
    let case = Scratch::new("a_version_changes_with_the_bytes", storage, scratch)?;
    let at = case.at("file")?;
    let mut versions = Vec::new();
    for bytes in [b"one", b"two"] {
        let finished = case.write(&at, bytes).await?;
        let head = case.rule.works("head", storage.head(&at).await)?;
        case.rule.same("head after finish", &head, &finished)?;
        case.rule.same("the listing after head", &case.list(&case.folder).await?, &vec![head.clone()])?;
        case.rule.works("delete", storage.delete(&at).await)?;
        versions.extend(head.version);
        // The clocks that stores write times of change with tick some milliseconds apart.
        tokio::time::sleep(CLOCK_TICK).await;
    }
    let changes = versions.len() != 2 || versions[0] != versions[1];
    case.rule.holds(changes, || format!("two files of other bytes have the same version {versions:?}"))
}
