//! What `publish check` says of a connection that works, and of ones that don't.

use publish_tests::{Answer, HivePlace};

/// A port of this machine where nobody listens, as long as the listener that is returned does not accept.
fn dead_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    // Closed at once: whoever connects is refused.
    listener.local_addr().expect("an address").to_string()
}

fn check(place: &HivePlace) -> Answer {
    place.place().publish(["check", "hive", "--json"])
}

/// The finding of what begins with `what`.
fn finding(answer: &Answer, what: &str) -> serde_json::Value {
    let json = answer.json();
    let findings = json["checks"].as_array().unwrap_or_else(|| panic!("no findings: {answer}"));
    let found =
        findings.iter().find(|finding| finding["what"].as_str().is_some_and(|it| it.starts_with(what)));
    found.unwrap_or_else(|| panic!("nothing of {what}: {answer}")).clone()
}

fn server(place: &HivePlace, server: &str) -> String {
    let (host, port) = place.stack().thrift(server);
    format!("{host}:{port}")
}

#[test]
fn a_connection_that_works_is_told_part_by_part_and_nothing_is_left() {
    let Some(place) = HivePlace::new("") else { return };
    let metastore = format!("metastore = \"{}\"", place.stack().metastore());
    place.connect(&server(&place, "plain"), &metastore);
    let answer = check(&place);
    assert_eq!(answer.code, 0, "{answer}");
    assert!(
        finding(&answer, "HiveServer2")["found"].as_str().is_some_and(|it| it.starts_with("Hive 4")),
        "{answer}"
    );
    for what in ["metastore", "staging folder", "journal"] {
        assert!(finding(&answer, what)["found"].is_string(), "{what}: {answer}");
    }
    assert!(place.files(&place.staging()).is_empty());
    let told = place.place().publish(["check", "hive"]);
    assert!(told.out.contains("ok      staging folder"), "{told}");
}

#[test]
fn a_host_that_does_not_answer_is_passed_over_and_told_if_it_is_the_only_one() {
    let Some(place) = HivePlace::new("") else { return };
    place.connect(&dead_address(), "");
    let answer = check(&place);
    assert_eq!(answer.code, 1, "{answer}");
    assert_eq!(finding(&answer, "HiveServer2")["error"]["kind"], "unavailable", "{answer}");
    assert!(finding(&answer, "staging folder")["found"].is_string(), "{answer}");

    // The next of the list takes its place, for a publish too.
    place.connect(&format!("{}\", \"{}", dead_address(), server(&place, "plain")), "");
    let answer = check(&place);
    assert_eq!(answer.code, 0, "{answer}");
    let file = place.place().write("rows.csv", "id\n1\n2\n").display().to_string();
    let answer = place.run(&[&file], "t", "createAndLoad", &["--table-naming", "exact"]);
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.row_count("t"), 2);
}

#[test]
fn a_wrong_password_is_told_with_the_settings_to_correct() {
    let Some(place) = HivePlace::new("") else { return };
    let pem = place.stack().base().join("tls/ca.pem");
    let more = format!("auth = \"ldap\"\npassword = \"wrong\"\ntls = {{ caFile = \"{}\" }}", pem.display());
    place.connect(&server(&place, "secure"), &more);
    let answer = check(&place);
    assert_eq!(answer.code, 1, "{answer}");
    let error = &finding(&answer, "HiveServer2")["error"];
    assert_eq!(error["kind"], "unauthenticated", "{answer}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("`password`")), "{answer}");
    assert!(!answer.out.contains("wrong"), "the password is shown: {answer}");
}

#[test]
fn a_folder_that_the_engine_may_not_write_to_is_told() {
    let Some(place) = HivePlace::new("") else { return };
    let settings = std::fs::read_to_string(place.place().path().join("publish.toml")).expect("settings");
    // The root of the filesystem belongs to its superuser.
    let forbidden = format!("{}/forbidden", place.stack().name_node());
    place.place().write("publish.toml", settings.replace(&place.staging(), &forbidden));
    let answer = check(&place);
    let error = &finding(&answer, "staging folder")["error"];
    assert_eq!(error["kind"], "permissionDenied", "{answer}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("right to the folder")), "{answer}");
    assert!(finding(&answer, "HiveServer2")["found"].is_string(), "{answer}");
    assert_ne!(answer.code, 0, "{answer}");
}
