//! What `publish check` says of a connection that works, and of ones that don't.

use publish_tests::{Answer, RedshiftPlace};

fn check(place: &RedshiftPlace) -> Answer {
    place.place().publish(["check", "rs", "--json"])
}

#[test]
fn a_connection_that_works_tells_who_it_is_and_a_wrong_password_or_port_what_to_correct() {
    let place = RedshiftPlace::new();
    let answer = check(&place);
    assert_eq!(answer.code, 0, "{answer}");
    let found = answer.json()["checks"][0]["found"].as_str().map(str::to_owned);
    assert!(found.is_some_and(|found| found.starts_with("as ")), "{answer}");

    let file = place.place().path().join("publish.toml");
    let settings = std::fs::read_to_string(&file).expect("settings");
    let line = settings.lines().find(|line| line.starts_with("password")).expect("a password");
    place.place().write("publish.toml", settings.replace(line, "password = \"hunter2\""));
    let answer = check(&place);
    assert_eq!(answer.json()["checks"][0]["error"]["kind"], "unauthenticated", "{answer}");
    assert!(!answer.out.contains("hunter2"), "{answer}");

    // Closed at once: whoever connects is refused.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    place.connect(port.expect("a free port").port(), "");
    let answer = check(&place);
    assert_eq!(answer.json()["checks"][0]["error"]["kind"], "unavailable", "{answer}");
    assert_ne!(answer.code, 0, "{answer}");
}
