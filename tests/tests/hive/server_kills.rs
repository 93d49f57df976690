//! `kill -9` of HiveServer2 at a publish's statements, and of the metastore, then the same run id again.
//!
//! Minutes, on a stack of its own: only with `HIVE_SERVER_KILLS=run`.

use std::io::Write;
use std::sync::mpsc::channel;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use hive_stack::HiveStack;
use publish_tests::{Answer, Cut, CuttingProxy, HivePlace, Then, Wire};

use crate::once::Table;

const SWITCH: &str = "HIVE_SERVER_KILLS";

/// Leases that run out soon, and a commit whose answer is not waited for for long.
const SETTINGS: &str = "commit_seconds = 5\nlease_seconds = 12";

/// What is published to: external tables by every action, and tables with transactions.
const CASES: [(&str, &str); 7] = [
    ("create", ""),
    ("load", ""),
    ("createAndLoad", ""),
    ("truncateAndLoad", ""),
    ("dropAndLoad", ""),
    ("load", "table_kind = \"insertOnly\""),
    ("truncateAndLoad", "table_kind = \"insertOnly\""),
];

/// Words of statements that change something.
const CHANGES: [&str; 4] = ["CREATE ", "ALTER ", "LOAD ", "DROP "];

#[test]
fn every_action_survives_the_death_of_hiveserver2_at_its_statements() {
    let Some(stack) = own_stack() else { return };
    let restart = |stack: &HiveStack| stack.run("restart-hs2", &["plain"]);
    for (action, kind) in CASES {
        kill_everywhere(stack.0, action, kind, ("plain", Then::Cut), restart);
    }
}

#[test]
fn every_action_survives_the_death_of_the_metastore_at_its_statements() {
    let Some(stack) = own_stack() else { return };
    for (action, kind) in CASES {
        kill_everywhere(stack.0, action, kind, ("ms", Then::PassOn), |stack| stack.run("restart-ms", &[]));
    }
}

/// Kills a server at each moment of a publish. It comes back while the engine is still at work.
fn kill_everywhere(
    stack: &'static HiveStack,
    action: &str,
    kind: &str,
    (victim, then): (&'static str, Then),
    restart: fn(&HiveStack),
) {
    let settings = format!("{SETTINGS}\n{kind}");
    let place = HivePlace::on(stack, &settings);
    let (host, port) = stack.thrift("plain");
    let server = format!("{host}:{port}");

    let table = Table::filled(&place, "undisturbed");
    let proxy = CuttingProxy::start(&server, Wire::Thrift, None);
    place.connect(&proxy.address(), &settings);
    let answer = table.publish(&place, action);
    table.check(&place, action, &answer, "undisturbed");

    let mut kills = 0;
    for cut in moments(&proxy.texts(), victim) {
        let context = format!("{action} {kind}, {victim} killed at {cut:?}");
        place.connect(&server, &settings);
        let table = Table::filled(&place, &format!("t{kills}_{}", fastrand::u32(..)));
        let (tell, restarted) = channel();
        let proxy = CuttingProxy::start_with(&server, Wire::Thrift, Some(cut), move || {
            stack.run("kill", &[victim]);
            let back = thread::spawn(move || restart(stack));
            // Nobody listens any more only where the test has failed.
            let _ = tell.send(back);
            then
        });
        place.connect(&proxy.address(), &settings);
        let answer = table.publish(&place, action);
        let back = restarted.try_recv().unwrap_or_else(|_| panic!("{context}: not reached: {answer}"));
        back.join().unwrap_or_else(|_| panic!("{context}: it does not come back"));
        kills += 1;
        println!("{context}: exit code {}, {}", answer.code, answer.error_kind());
        assert!([0, 1, 3].contains(&answer.code), "{context}: {answer}");
        table.check_old_or_new(&place, action, &context);
        let again = published_at_last(&place, &table, action, &context);
        table.check(&place, action, &again, &context);
    }
    println!("{action} {kind}: {victim} killed {kills} times");
}

/// The first look at the table; before, in and after the statements that change something; the last statement.
fn moments(texts: &[String], victim: &str) -> Vec<Cut> {
    let changes = (1..=texts.len()).filter(|number| {
        let text = &texts[number - 1];
        CHANGES.iter().any(|word| text.contains(word))
    });
    let changes: Vec<usize> = changes.collect();
    let mut moments = vec![Cut::After(1)];
    for (position, number) in changes.iter().enumerate() {
        if position == 0 {
            moments.push(Cut::Before(*number));
        }
        moments.push(Cut::After(*number));
        if victim == "plain" {
            moments.push(Cut::Running(*number));
        }
    }
    if changes.last() != Some(&texts.len()) && texts.len() > 1 {
        moments.push(Cut::After(texts.len()));
    }
    moments
}

/// A lease that a killed publish left is waited for.
fn published_at_last(place: &HivePlace, table: &Table, action: &str, context: &str) -> Answer {
    for _ in 0..60 {
        let answer = table.publish(place, action);
        if answer.error_kind() != "busy" {
            assert_eq!(answer.code, 0, "{context}: {answer}");
            return answer;
        }
        thread::sleep(std::time::Duration::from_secs(1));
    }
    panic!("{context}: the lease does not run out")
}

/// The stack of these tests, which one of them has at a time.
fn own_stack() -> Option<(&'static HiveStack, MutexGuard<'static, ()>)> {
    static STACK: OnceLock<HiveStack> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    if HiveStack::is_left_out() {
        return None;
    }
    if std::env::var_os(SWITCH).is_none_or(|value| value != "run") {
        // Straight to the terminal: a test's own output is hidden when it passes.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: the death of HiveServer2 and of the metastore during a publish, unless {SWITCH}=run"
        );
        return None;
    }
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let stack = STACK.get_or_init(|| {
        HiveStack::start(&[
            ("SERVERS", "plain"),
            ("MS_DB", "postgres"),
            ("HS2_HEAP", "768m"),
            ("MS_HEAP", "512m"),
        ])
    });
    Some((stack, turn))
}
