//! Every type with its extremes, compared value by value as psycopg2 reads it.

use publish_tests::{RedshiftPlace, sample};

#[test]
fn every_value_of_every_type_comes_out_of_redshift_as_other_libraries_read_it() {
    let place = RedshiftPlace::new();
    for format in ["avro", "parquet", "csv", "json"] {
        let file = sample(&format!("golden/redshift.{format}"));
        let folder = place.upload(format, &[file.clone().into()]);
        let table = format!("golden_{format}");
        for (action, times) in [("createAndLoad", 1), ("load", 2), ("truncateAndLoad", 1), ("dropAndLoad", 1)]
        {
            let answer = place.run(&[&folder], &table, action, &["--table-naming", "exact"]);
            assert_eq!(answer.code, 0, "{format} {action}: {answer}");
            let files = vec![file.clone().into(); times];
            place.check_values(&table, &files).unwrap_or_else(|report| panic!("{format} {action}: {report}"));
        }
    }
}

#[test]
fn what_redshift_can_not_hold_is_refused_by_column_before_anything_is_made() {
    let place = RedshiftPlace::new();
    for format in ["avro", "parquet"] {
        let folder = place.upload(format, &[sample(&format!("golden/golden.{format}")).into()]);
        let answer = place.run(&[&folder], "golden", "createAndLoad", &["--table-naming", "exact"]);
        assert_eq!(answer.code, 2, "{format}: {answer}");
        for column in ["ts_ns", "tsz_ns"] {
            assert!(answer.out.contains(column), "{format} {column}: {answer}");
        }
        assert!(place.tables().is_empty(), "{format}: {:?}", place.tables());
    }
}
