use super::*;
use crate::{Location, RequestOptions, Source, TableFound, TableSchema};

fn intend(action: &dyn Action, naming: TableNaming, found: &TableState) -> Result<Intent> {
    let source = Source::new(vec![Location::parse("mem:///results").unwrap()]);
    let options = RequestOptions { table_naming: naming, ..RequestOptions::default() };
    let request = PublishRequest::new(source, "t", action.name().clone()).with_options(options);
    let run = RunId::parse("r1").unwrap();
    action.intend(&ActionContext::new(&run, 1, &request, &TableName::new("main", "t"), found))
}

/// What each action intends for a table that is absent, and for one that is there.
fn table_of(action: &dyn Action, naming: TableNaming) -> [String; 2] {
    let present = TableState::Present(TableFound::new(TableSchema::default(), "v7"));
    [TableState::Absent, present].map(|found| match intend(action, naming, &found) {
        Ok(intent) => intent.kind.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    })
}

#[test]
fn each_action_intends_what_the_contract_lists() {
    use TableNaming::{Exact, Timestamp};
    assert_eq!(table_of(&Create, Timestamp), ["create", "AlreadyExists"]);
    assert_eq!(table_of(&Create, Exact), ["create", "AlreadyExists"]);
    assert_eq!(table_of(&Load, Timestamp), ["NotFound", "append"]);
    assert_eq!(table_of(&CreateAndLoad, Timestamp), ["createLoaded", "AlreadyExists"]);
    assert_eq!(table_of(&CreateAndLoad, Exact), ["createLoaded", "append"]);
    assert_eq!(table_of(&TruncateAndLoad, Timestamp), ["NotFound", "replaceRows"]);
    assert_eq!(table_of(&DropAndLoad, Timestamp), ["createLoaded", "replaceTable"]);
}

#[test]
fn an_intent_requires_that_the_table_is_still_as_found() {
    let absent = intend(&DropAndLoad, TableNaming::Exact, &TableState::Absent).unwrap();
    assert_eq!(absent.requirements, [Requirement::Absent { table: TableName::new("main", "t") }]);
    assert_eq!(absent.notes.len(), 1);
    let found = TableState::Present(TableFound::new(TableSchema::default(), "v7"));
    let present = intend(&DropAndLoad, TableNaming::Exact, &found).unwrap();
    let version = "v7".to_owned();
    assert_eq!(
        present.requirements,
        [Requirement::Unchanged { table: TableName::new("main", "t"), version }]
    );
}
