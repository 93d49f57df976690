use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

use super::*;
use crate::{
    ActionName, ColumnDef, CommitKind, FileFormat, RequestOptions, Requirement, ResultSchema, RunId,
    StageTable, TableName,
};

fn intent(kind: CommitKind) -> Intent {
    let table = TableName::new("main", "t");
    Intent {
        run: RunId::parse("r1").unwrap(),
        attempt: 1,
        action: ActionName::new("load"),
        table: table.clone(),
        kind,
        requirements: vec![Requirement::Absent { table }],
        options: RequestOptions::default(),
        server: serde_json::Value::Null,
        notes: vec!["a note".to_owned()],
    }
}

fn results() -> ResultSet {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
    ResultSet::new(ResultSchema::new(Arc::new(schema)), FileFormat::Csv, Vec::new())
}

fn columns() -> TableSchema {
    TableSchema::new(vec![ColumnDef::new("id", "BIGINT")])
}

fn mapping() -> ColumnMapping {
    ColumnMapping::by_position(&results().schema, &columns())
}

fn builder(kind: CommitKind) -> PlanBuilder {
    PlanBuilder::new(TargetName::new("memory"), &intent(kind), &results())
}

fn stage(table: TableName) -> PrepareWork {
    PrepareWork::StageTable(StageTable::new(table, columns(), mapping(), LoadSource::Results))
}

#[test]
fn a_plan_reads_like_a_plan() {
    let run = RunId::parse("r1").unwrap();
    let beside = TableName::new("main", "t").beside(&run, 1);
    let artifact = Artifact::Table { table: beside.clone() };
    let builder = builder(CommitKind::CreateLoaded);
    let step = builder.next_step();
    let plan = builder
        .prepare(format!("load {beside}"), stage(beside), vec![artifact.clone()], vec!["COPY".to_owned()])
        .commit("put it in place", columns(), vec!["RENAME\nCOMMIT".to_owned()])
        .load(LoadSource::Table(step), mapping())
        .tidy("drop the old", artifact, Duration::ZERO, Vec::new())
        .window(Window::new("no table", "a rename is two steps", Duration::from_millis(300)))
        .build()
        .unwrap();
    assert_eq!(
        plan.to_string(),
        "load to memory table main.t\n  results: 0 csv file(s), 0 bytes, 0 rows\n  columns: id BIGINT\n  1 load \
         main.pub_r1_1\n     COPY\n* 2 put it in place\n     RENAME\n       COMMIT\n  3 drop the old\n  window of about \
         0.3 s: readers may see no table, because a rename is two steps\n  note: a note\n"
    );
    assert_eq!(serde_json::to_value(&plan).unwrap()["commit"]["step"], 2);
}

#[test]
fn a_plan_without_exactly_one_commit_is_refused() {
    assert_eq!(builder(CommitKind::Create).build().unwrap_err().kind(), ErrorKind::Unexpected);
    let twice =
        builder(CommitKind::Create).commit("a", columns(), Vec::new()).commit("b", columns(), Vec::new());
    assert!(twice.build().unwrap_err().to_string().contains("exactly one commit"));
}

#[test]
fn a_step_that_makes_nothing_or_something_unnamed_is_refused() {
    let plan = |makes: Vec<Artifact>| {
        let table = TableName::new("main", "t_new");
        builder(CommitKind::Create)
            .prepare("a", stage(table), makes, Vec::new())
            .commit("b", columns(), Vec::new())
            .build()
    };
    assert!(plan(Vec::new()).unwrap_err().to_string().contains("can't be undone"));
    let unnamed = Artifact::Table { table: TableName::new("main", "t_new") };
    assert!(plan(vec![unnamed]).unwrap_err().to_string().contains("carry the run's id"));
}

#[test]
fn a_commit_that_brings_rows_from_nowhere_is_refused() {
    let error = builder(CommitKind::Append).commit("a", columns(), Vec::new()).build().unwrap_err();
    assert!(error.to_string().contains("where they come from"), "{error}");
}

#[test]
fn a_window_is_refused_where_the_request_demands_none() {
    let mut intent = intent(CommitKind::Create);
    intent.options.atomic = Atomicity::Required;
    let window = Window::new("no table", "a rename is two steps", Duration::from_millis(300));
    let build = |window: Window| {
        PlanBuilder::new(TargetName::new("memory"), &intent, &results())
            .commit("a", columns(), Vec::new())
            .window(window)
            .build()
    };
    assert_eq!(build(window).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(build(Window::new("no table", "", Duration::ZERO)).unwrap_err().kind(), ErrorKind::Unexpected);
}
