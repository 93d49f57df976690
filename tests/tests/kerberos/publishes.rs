//! Publishes with a ticket, without one, and with too little protection.

use crate::place::SecuredPlace;

#[test]
fn every_action_publishes_by_a_ticket() {
    let Some(place) = SecuredPlace::new("kerberos", "") else { return };
    published(&place, "id,text\n1,a\n", "createAndLoad");
    assert_eq!(place.texts("t", "text"), ["a"]);
    published(&place, "id,text\n2,b\n", "load");
    assert_eq!(place.texts("t", "text"), ["a", "b"]);
    published(&place, "id,text\n3,c\n", "truncateAndLoad");
    assert_eq!(place.texts("t", "text"), ["c"]);
    // Other columns: by the metastore, which asks for Kerberos too.
    published(&place, "id,text,more\n4,d,x\n", "dropAndLoad");
    assert_eq!(place.texts("t", "more"), ["x"]);
    let answer = place.publish("id\n5\n", "empty", "create");
    assert_eq!(answer.code, 0, "{answer}");
    assert!(place.texts("empty", "id").is_empty());
}

#[test]
fn messages_are_signed_or_encrypted_where_the_connection_wants_it() {
    for (server, protection) in [("kerberos-int", "integrity"), ("kerberos-conf", "privacy")] {
        let kerberos = format!("protection = \"{protection}\"");
        let Some(place) = SecuredPlace::new(server, &kerberos) else { return };
        published(&place, "id,text\n1,a\n", "createAndLoad");
        assert_eq!(place.texts("t", "text"), ["a"]);
    }
}

#[test]
fn a_server_that_protects_less_than_the_connection_wants_is_refused() {
    let Some(place) = SecuredPlace::new("kerberos", "protection = \"privacy\"") else { return };
    let answer = place.publish("id\n1\n", "t", "createAndLoad");
    assert_eq!((answer.code, answer.error_kind().as_str()), (1, "unauthenticated"), "{answer}");
    assert!(answer.out.contains("Privacy"), "{answer}");
}

#[test]
fn without_a_ticket_hdfs_refuses_and_says_what_to_do() {
    let Some(place) = SecuredPlace::new("kerberos", "") else { return };
    let mut command = place.command("id\n1\n", "t", "createAndLoad");
    command.env("KRB5CCNAME", "FILE:/no/such/cache").env_remove("KRB5_CLIENT_KTNAME");
    let answer = publish_tests::Answer::from(command.output().expect("the binary runs"));
    assert_eq!(answer.error_kind(), "unauthenticated", "{answer}");
}

#[test]
fn a_keytab_is_as_good_as_a_ticket() {
    let Some(place) = SecuredPlace::new("kerberos", "") else { return };
    let mut command = place.command("id,text\n1,a\n", "t", "createAndLoad");
    command.env("KRB5_CLIENT_KTNAME", place.keytab("alice"));
    command.env("KRB5CCNAME", format!("FILE:{}", place.place.path().join("cache").display()));
    let answer = publish_tests::Answer::from(command.output().expect("the binary runs"));
    assert_eq!(answer.code, 0, "{answer}");
    assert_eq!(place.texts("t", "text"), ["a"]);
}

fn published(place: &SecuredPlace, text: &str, action: &str) {
    let answer = place.publish(text, "t", action);
    assert_eq!(answer.code, 0, "{action}: {answer}");
}
