//! Every rule of the storage suite fails on a storage that breaks just that rule.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

mod broken;

use std::future::Future;
use std::pin::Pin;

use publish_core::{Location, Storage};
use publish_testkit::results::ShelfStorage;
use publish_testkit::{Checked, storage as rules};

use broken::{Broken, Defect, NoRenames};

type Check = for<'a> fn(&'a dyn Storage, &'a Location) -> Pin<Box<dyn Future<Output = Checked> + 'a>>;

macro_rules! twins {
    ($($rule:ident: $($defect:ident),+;)+) => {
        /// Each rule by its name, with the defects that it must notice.
        fn twins() -> Vec<(&'static str, Check, Vec<Defect>)> {
            vec![$((
                stringify!($rule),
                |storage, scratch| Box::pin(rules::$rule(storage, scratch)),
                vec![$(Defect::$defect),+],
            )),+]
        }
    };
}

twins! {
    a_file_holds_what_was_written: SwapsChunks, TellsAnotherSize;
    a_file_is_invisible_until_finished: ShowsWhileWriting, ShowsTempNames;
    a_dropped_writer_leaves_nothing: KeepsDropped;
    an_aborted_writer_leaves_nothing: KeepsAborted;
    a_writer_never_replaces: ReplacesOnFinish;
    of_two_writers_one_finishes: ReplacesOnFinish, LooksOnlyBeforeWriting;
    writers_work_side_by_side: MixesNeighbours;
    a_range_is_read_exactly: ReadsOneOff;
    a_range_beyond_the_end_is_an_error: CutsShort;
    a_stream_gives_its_range_in_order: LosesTheLastByteOfStreams;
    ranges_are_read_side_by_side: SharesACursor;
    idle_streams_hold_up_nobody: HoldsAThreadForEachStream;
    a_missing_file_is_told_with_its_location: TellsNoLocation, MissingIsUnexpected;
    a_folder_is_not_a_file: FoldersAreFiles;
    a_listing_goes_to_any_depth_and_no_further: ListsOneLevel, ListsNeighbours;
    a_listing_tells_sizes_and_addresses_that_can_be_read: ListsWrongSizes;
    a_version_changes_with_the_bytes: VersionStays, FinishTellsAnotherVersion;
    a_folder_that_is_not_there_is_empty: ListsEmptyAsMissing;
    a_name_is_taken_as_it_is_written: DecodesNames;
    a_rename_moves_the_file: RenameCopies;
    a_rename_never_replaces: RenameReplaces;
    a_rename_has_one_winner: RenameCopies;
    a_rename_that_is_not_supported_changes_nothing: RenameIsUnsupportedButCopies;
    a_rename_never_moves_into_a_folder: RenameMovesIntoFolders, RenameTakesAFolderAddress;
    deleting_removes_the_file: DeletesNothing;
    deleting_what_is_not_there_succeeds: DeletesFolders, DeletingTheMissingFails;
    deleting_a_folder_leaves_nothing_of_it: DeleteFolderLeavesHidden, DeleteFolderLeavesDeep;
    deleting_a_folder_touches_nothing_outside: DeleteFolderTakesNeighbours, DeleteFolderTakesFiles;
    deleting_a_folder_that_is_not_there_succeeds: DeletingTheMissingFolderFails;
}

#[tokio::test(start_paused = true)]
async fn each_rule_fails_on_a_storage_that_breaks_it() {
    let scratch = Location::parse("mem:///scratch").unwrap();
    for (name, check, defects) in twins() {
        for defect in defects {
            let seen = check(&Broken::new(defect), &scratch).await;
            let violation = seen.expect_err(&format!("{name} holds with {defect:?}"));
            assert_eq!(violation.rule(), name);
            let all = rules::check_all(&Broken::new(defect), &scratch).await;
            assert!(all.is_err(), "check_all passes {defect:?}");
        }
    }
}

#[tokio::test]
async fn a_storage_in_memory_keeps_each_rule() {
    let scratch = Location::parse("mem:///scratch").unwrap();
    for (name, check, _) in twins() {
        check(&ShelfStorage::default(), &scratch).await.unwrap_or_else(|seen| panic!("{name}: {seen}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_honestly_cannot_rename_keeps_each_rule() {
    let scratch = Location::parse("mem:///scratch").unwrap();
    rules::check_all(&NoRenames::default(), &scratch).await.unwrap_or_else(|seen| panic!("{seen}"));
}
