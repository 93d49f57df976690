//! The connection to the warehouse is cut before and after every statement, then the same run id comes again.

use publish_tests::{Answer, Cut, CuttingProxy, RedshiftPlace, Wire};

use crate::once::Table;

#[test]
fn a_load_survives_a_cut_at_every_statement() {
    cut_everywhere("load");
}

#[test]
fn a_create_and_load_survives_a_cut_at_every_statement() {
    cut_everywhere("createAndLoad");
}

#[test]
fn a_truncate_and_load_survives_a_cut_at_every_statement() {
    cut_everywhere("truncateAndLoad");
}

#[test]
fn a_drop_and_load_of_other_columns_survives_a_cut_at_every_statement() {
    cut_everywhere("dropAndLoad");
}

fn cut_everywhere(action: &str) {
    let place = RedshiftPlace::new();
    let server = format!("127.0.0.1:{}", place.port());
    let through = |cut, table: &Table| -> (Answer, CuttingProxy) {
        let proxy = CuttingProxy::start(&server, Wire::Postgres, cut);
        place.connect(proxy.port(), "");
        // A target is known by its address, so the same request comes by the same way.
        (table.publish(&place, action), proxy)
    };
    let table = Table::filled(&place, "undisturbed");
    let (answer, proxy) = through(None, &table);
    assert_eq!(answer.code, 0, "{answer}");
    table.check(&place, action, &answer, "undisturbed");
    let statements = proxy.statements();
    assert!(statements >= 5, "{statements} statements");

    let mut cuts = 0;
    for number in 1..=statements {
        for (word, cut) in [("before", Cut::Before(number)), ("after", Cut::After(number))] {
            let context = format!("{action}, cut {word} statement {number} of {statements}");
            let table = Table::filled(&place, &format!("{word}{number}"));
            let (answer, proxy) = through(Some(cut), &table);
            assert!([0, 1, 3].contains(&answer.code), "{context}: {answer}");
            cuts += proxy.cuts();
            table.check_old_or_new(&place, action, &context);
            let again = table.publish(&place, action);
            assert_eq!(again.code, 0, "{context}: {again}");
            place.connect(place.port(), "");
            let swept = place.place().publish(["sweep", "rs"]);
            assert_eq!(swept.code, 0, "{context}: {swept}");
            table.check(&place, action, &again, &context);
        }
    }
    // A run that takes another way after a cut may send fewer statements.
    assert!(cuts >= statements, "{cuts} cuts at {statements} statements");
    println!("{action}: {cuts} cuts at {statements} statements");
}
