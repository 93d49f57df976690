//! The rules of an action.

use publish_core::{Action, ErrorKind, Intent, Requirement, TableState};

use super::ActionSample;
use crate::violation::Rule;
use crate::{Checked, Violation};

/// What an action is expected to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intends<'a> {
    /// A commit of this kind, by its word.
    Commit(&'a str),
    /// A refusal of this kind.
    Refusal(ErrorKind),
}

/// Checks every rule that holds for any action.
///
/// # Errors
/// The first rule that does not hold.
pub fn check_all(action: &dyn Action) -> Checked {
    intending_is_pure(action)?;
    an_intent_is_of_its_run_and_table(action)?;
    an_intent_names_the_action_and_keeps_the_options(action)?;
    the_requirements_name_the_table_as_found(action)?;
    a_refusal_is_the_callers_to_mend(action)
}

/// Checks what the action wants for a table that is absent, and for one that is there, under an exact name.
///
/// # Errors
/// That it wants something else.
pub fn intends(action: &dyn Action, absent: Intends<'_>, present: Intends<'_>) -> Checked {
    let rule = Rule("intends");
    let wanted = [absent, present];
    for (sample, wanted) in samples(rule, action)?.iter().zip(wanted) {
        let answer = sample.ask(action);
        let seen = match &answer {
            Ok(intent) => Intends::Commit(intent.kind.as_str()),
            Err(error) => Intends::Refusal(error.kind()),
        };
        rule.same(action.name().as_str(), &seen, &wanted)?;
    }
    Ok(())
}

/// The same question gets the same answer.
///
/// # Errors
/// That it does not.
pub fn intending_is_pure(action: &dyn Action) -> Checked {
    let rule = Rule("intending_is_pure");
    for sample in samples(rule, action)? {
        let (first, second) = (sample.ask(action), sample.ask(action));
        rule.same("the answers", &format!("{second:?}"), &format!("{first:?}"))?;
        let names = [action.table_naming(&sample.request), action.table_naming(&sample.request)];
        rule.same("the naming of the table", &names[1], &names[0])?;
    }
    Ok(())
}

/// An intent carries the run, the attempt and the table that it was asked about.
///
/// # Errors
/// That it carries others.
pub fn an_intent_is_of_its_run_and_table(action: &dyn Action) -> Checked {
    let rule = Rule("an_intent_is_of_its_run_and_table");
    for (sample, intent) in intents(rule, action)? {
        rule.same("the run", &intent.run, &sample.run)?;
        rule.same("the attempt", &intent.attempt, &sample.attempt)?;
        rule.same("the table", &intent.table, &sample.table)?;
    }
    Ok(())
}

/// An intent carries the action's own name and the request's settings.
///
/// # Errors
/// That it carries others.
pub fn an_intent_names_the_action_and_keeps_the_options(action: &dyn Action) -> Checked {
    let rule = Rule("an_intent_names_the_action_and_keeps_the_options");
    for (sample, intent) in intents(rule, action)? {
        rule.same("the action", &intent.action, action.name())?;
        rule.same("the options", &intent.options, &sample.request.options)?;
    }
    Ok(())
}

/// The requirements say that the table is still absent, or still the one that was found.
///
/// # Errors
/// That none does.
pub fn the_requirements_name_the_table_as_found(action: &dyn Action) -> Checked {
    let rule = Rule("the_requirements_name_the_table_as_found");
    for (sample, intent) in intents(rule, action)? {
        let table = sample.table.clone();
        let wanted = match &sample.found {
            TableState::Absent => Requirement::Absent { table },
            TableState::Present(found) => Requirement::Unchanged { table, version: found.version.clone() },
        };
        rule.holds(intent.requirements.contains(&wanted), || {
            format!("{:?} lack {wanted:?}", intent.requirements)
        })?;
    }
    Ok(())
}

/// What an action refuses, the caller can mend; and it does something for an absent table or for one that is there.
///
/// # Errors
/// That it refuses both, or in another way.
pub fn a_refusal_is_the_callers_to_mend(action: &dyn Action) -> Checked {
    let rule = Rule("a_refusal_is_the_callers_to_mend");
    let mut refusals = 0;
    for sample in samples(rule, action)? {
        if let Err(error) = sample.ask(action) {
            refusals += 1;
            rule.holds(error.kind().is_callers(), || format!("{error}"))?;
        }
    }
    rule.holds(refusals < 2, || "it refuses a table that is absent and one that is there".to_owned())
}

fn samples(rule: Rule, action: &dyn Action) -> Checked<[ActionSample; 2]> {
    let absent = rule.works("making the sample", ActionSample::absent(action))?;
    let present = rule.works("making the sample", ActionSample::present(action))?;
    Ok([absent, present])
}

/// The samples that the action does not refuse, with what it wants.
fn intents(rule: Rule, action: &dyn Action) -> Checked<Vec<(ActionSample, Intent)>> {
    let found: Vec<_> = samples(rule, action)?
        .into_iter()
        .filter_map(|sample| sample.ask(action).ok().map(|intent| (sample, intent)))
        .collect();
    if found.is_empty() {
        return Err(Violation::new(rule.0, "it refuses a table that is absent and one that is there"));
    }
    Ok(found)
}
