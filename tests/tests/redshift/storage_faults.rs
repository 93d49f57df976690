//! S3 throttles, breaks off and loses answers while a publish reads, stages and loads; COPY meets the same.

use std::fmt::Write;

use publish_tests::{Answer, RedshiftPlace};
use s3_test_server::{Fault, Operation};

/// Rows of so many bytes that they make two parts of an upload.
const MANY_ROWS: u64 = 18_000;
const FEW_ROWS: u64 = 300;
const OLD_ROWS: u64 = 3;

/// Everything that the engine asks of S3 while it stages a file of several parts.
const CALLS: [Operation; 7] = [
    Operation::ListObjects,
    Operation::HeadObject,
    Operation::GetObject,
    Operation::PutObject,
    Operation::CreateMultipartUpload,
    Operation::UploadPart,
    Operation::CompleteMultipartUpload,
];

/// A table, and results that are staged as one file.
struct Scene {
    place: RedshiftPlace,
    rows: u64,
    results: String,
    keys: Vec<String>,
}

impl Scene {
    fn new(rows: u64) -> Self {
        let place = RedshiftPlace::new();
        place.connect(place.port(), &format!("staging = \"s3://results/{}/stage\"", place.schema()));
        place.execute("CREATE TABLE {s}.t (id BIGINT, text VARCHAR(4096))");
        place.execute("INSERT INTO {s}.t VALUES (1, 'old'), (2, 'old'), (3, 'old')");
        // Texts that no compression makes shorter.
        let mut random = fastrand::Rng::with_seed(7);
        let mut csv = "id,text\n".to_owned();
        for id in 0..rows {
            let text: String = (0..1000).map(|_| random.alphanumeric()).collect();
            writeln!(csv, "{id},{text}").expect("memory");
        }
        let results = place.upload("new", &[place.place().write("new.csv", csv)]);
        let keys = place.keys();
        Self { place, rows, results, keys }
    }

    fn below(&self, folder: &str) -> String {
        format!("{}/{folder}", self.place.schema())
    }

    fn publish(&self, action: &str) -> Answer {
        self.place.run(&[&self.results], "t", action, &["--option", "load=staged"])
    }

    /// All rows are there once, and on S3 nothing but the results.
    fn check(&self, answer: &Answer, old_rows: u64, context: &str) {
        assert_eq!(answer.code, 0, "{context}: {answer}");
        assert_eq!(answer.json()["outcome"], "published", "{context}: {answer}");
        let table = answer.table();
        assert_eq!(self.place.row_count(&table), old_rows + self.rows, "{context}");
        let once = format!("SELECT count(DISTINCT id) FROM {{s}}.\"{table}\" WHERE length(text) = 1000");
        assert_eq!(self.place.number(&once), self.rows, "{context}");
        assert_eq!(self.place.keys(), self.keys, "{context}: files on S3 were left");
        let uploads = self.place.s3().uploads("results");
        let own: Vec<_> = uploads.iter().filter(|key| key.starts_with(&self.below(""))).collect();
        assert!(own.is_empty(), "{context}: uploads were left: {own:?}");
    }

    /// How often S3 answered so about the results and the staged files.
    fn answered(&self, operation: Operation, status: u16) -> usize {
        let requests = self.place.s3().requests();
        let is_meant = |request: &&s3_test_server::Request| {
            request.operation == operation
                && request.status == status
                && request.key.starts_with(&self.below(""))
        };
        requests.iter().filter(is_meant).count()
    }
}

#[test]
fn rows_are_there_once_although_s3_throttles_breaks_off_and_loses_answers() {
    let scene = Scene::new(MANY_ROWS);
    let s3 = scene.place.s3();
    let everything = scene.below("");
    for operation in CALLS {
        s3.inject(Fault::slow_down().on(operation).below(&everything).times(2));
    }
    scene.check(&scene.publish("load"), OLD_ROWS, "throttled");
    for operation in CALLS {
        assert!(scene.answered(operation, 503) >= 2, "{operation:?} was not throttled");
    }

    for operation in CALLS {
        s3.inject(Fault::reset().on(operation).below(&everything));
    }
    s3.inject(Fault::cut_body(1_000_000).on(Operation::GetObject).below(scene.below("new")).nth(2));
    scene.check(&scene.publish("truncateAndLoad"), 0, "reset");

    for operation in CALLS {
        s3.inject(Fault::lost_answer().on(operation).below(&everything));
        s3.inject(Fault::reset_after_the_work().on(operation).below(&everything).nth(2));
    }
    scene.check(&scene.publish("createAndLoad"), 0, "answers lost");
}

#[test]
fn a_copy_that_gives_up_on_s3_is_made_again_as_a_whole() {
    let scene = Scene::new(FEW_ROWS);
    let s3 = scene.place.s3();
    // More than the service's own tries: the manifest first, then a staged file.
    let staged = scene.below("stage");
    s3.inject(Fault::slow_down().on(Operation::GetObject).below(&staged).times(7));
    scene.check(&scene.publish("load"), OLD_ROWS, "COPY is throttled at its manifest");
    assert!(scene.answered(Operation::GetObject, 503) >= 7);

    s3.inject(Fault::cut_body(10_000).on(Operation::GetObject).below(&staged).nth(2));
    s3.inject(Fault::reset().on(Operation::GetObject).below(&staged).nth(3));
    s3.inject(Fault::slow_down().on(Operation::HeadObject).below(&staged).times(3));
    scene.check(&scene.publish("truncateAndLoad"), 0, "COPY's reads break off");
}
