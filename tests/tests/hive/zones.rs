//! The same values in servers of different time zones, from files taken as they are and from files encoded anew.

use publish_tests::{HivePlace, sample};

/// The zone that each of the stack's servers is started in.
const SERVERS: [(&str, &str); 2] = [("plain", "UTC"), ("nosasl", "America/New_York")];

#[test]
fn values_are_the_same_whatever_the_zone_of_the_server_is() {
    for (server, zone) in SERVERS {
        let Some(place) = HivePlace::at(server, "") else { return };
        let told = place.query("SET system:user.timezone").remove(0).remove(0);
        if !told.ends_with(zone) {
            // A stack that somebody started in other zones.
            eprintln!("LEFT OUT: the server {server} says {told}, and not {zone}");
            continue;
        }
        for (format, name) in [("avro", "golden.avro"), ("parquet", "golden.parquet")] {
            let folder = place.upload(format, &[sample(&format!("golden/{name}")).into()]);
            let answer = place.run(&[&folder], format, "createAndLoad", &["--table-naming", "exact"]);
            assert_eq!(answer.code, 0, "{zone} {format}: {answer}");
            let files = [sample(&format!("golden/{name}")).into()];
            place.check_values(format, &files).unwrap_or_else(|report| panic!("{zone} {format}: {report}"));
        }
        // Instants of Parquet: taken as they are where the server's zone is UTC.
        let files = [sample("orders/part-0.parquet").into()];
        let folder = place.upload("orders", &files);
        let answer = place.run(&[&folder], "orders", "createAndLoad", &["--table-naming", "exact"]);
        assert_eq!(answer.code, 0, "{zone}: {answer}");
        let is_encoded = answer.out.contains("encoded anew: ordered_at: the server's time zone");
        let is_taken = answer.out.contains("the files are taken as they are by what the server says");
        assert_eq!((is_encoded, is_taken), (zone != "UTC", zone == "UTC"), "{zone}: {answer}");
        place.check_values("orders", &files).unwrap_or_else(|report| panic!("{zone} orders: {report}"));
    }
}
