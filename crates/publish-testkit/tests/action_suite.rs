//! The action suite holds on the five actions, and each of its rules fails on an action that breaks just that rule.

#![allow(clippy::unwrap_used, reason = "a test fails there")]

use std::sync::atomic::{AtomicU32, Ordering};

use publish_core::action::{Create, CreateAndLoad, DropAndLoad, Load, TruncateAndLoad};
use publish_core::{
    Action, ActionContext, ActionName, CommitKind, Error, ErrorKind, Intent, RequestOptions, Result, RunId,
    TableNaming,
};
use publish_testkit::Checked;
use publish_testkit::action::{self as rules, Intends};

#[test]
fn the_suite_holds_on_the_five_actions() {
    use Intends::{Commit, Refusal};
    let wanted: [(&dyn Action, Intends<'_>, Intends<'_>); 5] = [
        (&Create, Commit("create"), Refusal(ErrorKind::AlreadyExists)),
        (&Load, Refusal(ErrorKind::NotFound), Commit("append")),
        (&CreateAndLoad, Commit("createLoaded"), Commit("append")),
        (&TruncateAndLoad, Refusal(ErrorKind::NotFound), Commit("replaceRows")),
        (&DropAndLoad, Commit("createLoaded"), Commit("replaceTable")),
    ];
    for (action, absent, present) in wanted {
        rules::check_all(action).unwrap();
        rules::intends(action, absent, present).unwrap();
    }
}

#[test]
fn an_action_that_intends_something_else_is_told_what() {
    let wanted = [Intends::Refusal(ErrorKind::NotFound), Intends::Commit("replaceRows")];
    let violation = rules::intends(&Load, wanted[0], wanted[1]).unwrap_err();
    assert_eq!(violation.rule(), "intends");
    assert!(violation.seen().contains("append"), "{violation}");
}

#[test]
fn each_rule_fails_on_an_action_that_breaks_it() {
    type Check = fn(&dyn Action) -> Checked;
    let twins: [(Defect, &str, Check); 11] = [
        (Defect::Wavers, "intending_is_pure", rules::intending_is_pure),
        (Defect::NamesWaver, "intending_is_pure", rules::intending_is_pure),
        (Defect::OtherRun, "an_intent_is_of_its_run_and_table", rules::an_intent_is_of_its_run_and_table),
        (Defect::OtherAttempt, "an_intent_is_of_its_run_and_table", rules::an_intent_is_of_its_run_and_table),
        (Defect::OtherTable, "an_intent_is_of_its_run_and_table", rules::an_intent_is_of_its_run_and_table),
        (
            Defect::OtherAction,
            "an_intent_names_the_action_and_keeps_the_options",
            rules::an_intent_names_the_action_and_keeps_the_options,
        ),
        (
            Defect::ForgetsOptions,
            "an_intent_names_the_action_and_keeps_the_options",
            rules::an_intent_names_the_action_and_keeps_the_options,
        ),
        (
            Defect::RequiresNothing,
            "the_requirements_name_the_table_as_found",
            rules::the_requirements_name_the_table_as_found,
        ),
        (Defect::RefusesOddly, "a_refusal_is_the_callers_to_mend", rules::a_refusal_is_the_callers_to_mend),
        (Defect::RefusesAlways, "a_refusal_is_the_callers_to_mend", rules::a_refusal_is_the_callers_to_mend),
        (
            Defect::RefusesAlways,
            "the_requirements_name_the_table_as_found",
            rules::the_requirements_name_the_table_as_found,
        ),
    ];
    for (defect, rule, check) in twins {
        let broken = Broken { defect, asked: AtomicU32::new(0) };
        let violation = check(&broken).expect_err(&format!("{rule} holds although the action {defect:?}"));
        assert_eq!(violation.rule(), rule, "{violation}");
        assert!(rules::check_all(&broken).is_err(), "check_all passes over {defect:?}");
    }
}

/// What an action does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    Wavers,
    NamesWaver,
    OtherRun,
    OtherAttempt,
    OtherTable,
    OtherAction,
    ForgetsOptions,
    RequiresNothing,
    RefusesOddly,
    RefusesAlways,
}

/// `dropAndLoad` with a defect.
#[derive(Debug)]
struct Broken {
    defect: Defect,
    asked: AtomicU32,
}

impl Broken {
    fn ask(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }
}

impl Action for Broken {
    fn name(&self) -> &ActionName {
        const { &ActionName::new("broken") }
    }

    fn table_naming(&self, _: &publish_core::PublishRequest) -> TableNaming {
        let is_other = self.defect == Defect::NamesWaver && self.ask() % 2 == 1;
        if is_other { TableNaming::Timestamp } else { TableNaming::Exact }
    }

    fn intend(&self, context: &ActionContext<'_>) -> Result<Intent> {
        let mut intent = context.intent(match context.found.found() {
            None => CommitKind::CreateLoaded,
            Some(_) => CommitKind::ReplaceTable,
        });
        match self.defect {
            Defect::Wavers => intent = intent.with_note(format!("question {}", self.ask())),
            Defect::NamesWaver => {}
            Defect::OtherRun => intent.run = RunId::parse("another_run")?,
            Defect::OtherAttempt => intent.attempt += 1,
            Defect::OtherTable => intent.table = intent.table.with_name("another"),
            Defect::OtherAction => intent.action = DropAndLoad::NAME,
            Defect::ForgetsOptions => intent.options = RequestOptions::default(),
            Defect::RequiresNothing => intent.requirements.clear(),
            Defect::RefusesOddly if context.found.found().is_none() => {
                return Err(Error::new(ErrorKind::Unavailable, "The action is tired; ask again"));
            }
            Defect::RefusesOddly => {}
            Defect::RefusesAlways => {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "The action does nothing; use another one",
                ));
            }
        }
        Ok(intent)
    }
}
