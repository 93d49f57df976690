//! Reading a table and writing it back.

use hive_metastore::{Column, ErrorKind, Table};

use super::stack::{Stack, fresh_name};

#[tokio::test]
async fn a_table_is_read_as_hive_made_it() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session
        .run(format!(
            "CREATE EXTERNAL TABLE {name} (id INT COMMENT 'key', amount DECIMAL(12,2)) PARTITIONED BY (day DATE) \
             STORED AS PARQUET TBLPROPERTIES('publish.version'='1', 'note'='Grüße')"
        ))
        .await
        .unwrap();
    let mut metastore = stack.metastore().await;
    let table = metastore.table("default", &name.to_uppercase()).await.unwrap();

    assert_eq!(table.name().unwrap(), name);
    assert_eq!(table.database().unwrap(), "default");
    assert_eq!(table.table_type().unwrap(), "EXTERNAL_TABLE");
    assert_eq!(table.owner().unwrap().as_deref(), Some("hive"));
    assert!(table.create_time().unwrap().unwrap() > 1_700_000_000);
    assert!(table.location().unwrap().unwrap().ends_with(&format!("/{name}")));
    assert_eq!(
        table.columns().unwrap(),
        [Column::new("id", "int").with_comment("key"), Column::new("amount", "decimal(12,2)")]
    );
    assert_eq!(table.partition_keys().unwrap(), [Column::new("day", "date")]);
    assert_eq!(table.parameter("note").unwrap().as_deref(), Some("Grüße"));
    assert_eq!(table.parameter("absent").unwrap(), None);
    assert!(table.serde().unwrap().unwrap().contains("ParquetHiveSerDe"));
    assert!(table.input_format().unwrap().unwrap().contains("MapredParquetInputFormat"));
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn an_insert_only_table_is_shown() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("io");
    session
        .run(format!(
            "CREATE TABLE {name} (id INT) STORED AS PARQUET \
             TBLPROPERTIES('transactional'='true', 'transactional_properties'='insert_only')"
        ))
        .await
        .unwrap();
    let table = stack.metastore().await.table("default", &name).await.unwrap();
    assert_eq!(table.table_type().unwrap(), "MANAGED_TABLE");
    assert_eq!(table.parameter("transactional_properties").unwrap().as_deref(), Some("insert_only"));
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn columns_location_and_properties_change_in_one_call_and_the_rest_stays() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session
        .run(format!(
            "CREATE EXTERNAL TABLE {name} (id INT, a STRING) STORED AS AVRO TBLPROPERTIES('v'='1', 'kept'='yes')"
        ))
        .await
        .unwrap();
    let mut metastore = stack.metastore().await;
    let before = metastore.table("default", &name).await.unwrap();
    let location = format!("{}_v2", before.location().unwrap().unwrap());

    let mut table = before.clone();
    let columns = [Column::new("a", "string"), Column::new("total", "decimal(20,4)").with_comment("new")];
    table.set_columns(&columns).unwrap();
    table.set_location(&location).unwrap();
    table.set_parameter("v", "2").unwrap();

    // `a` now stands where `id INT` stood: no wider type, so the metastore refuses it until it is told not to.
    let refused = metastore.alter_table("default", &name, &table, None).await.unwrap_err();
    assert_eq!((refused.kind(), refused.is_in_doubt()), (ErrorKind::Refused, false), "{refused}");
    metastore.set_conf("metastore.disallow.incompatible.col.type.changes", "false").await.unwrap();
    metastore.alter_table("default", &name, &table, None).await.unwrap();

    let after = metastore.table("default", &name).await.unwrap();
    assert_eq!(after.columns().unwrap(), columns);
    assert_eq!(after.location().unwrap().unwrap(), location);
    assert_eq!(after.parameter("v").unwrap().as_deref(), Some("2"));
    assert_eq!(after.parameter("kept").unwrap().as_deref(), Some("yes"));
    assert_eq!(after.create_time().unwrap(), before.create_time().unwrap());
    assert_eq!(after.owner().unwrap(), before.owner().unwrap());
    assert_eq!(after.serde().unwrap(), before.serde().unwrap());
    // And Hive agrees.
    let mut operation = session.execute(format!("DESCRIBE {name}")).await.unwrap();
    assert_eq!(operation.fetch().await.unwrap().unwrap().num_rows(), 2);
    operation.close().await.unwrap();
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn every_field_of_a_table_survives_being_written_back() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    // Skewed and with serde properties: fields that this client does not know.
    session
        .run(format!(
            "CREATE EXTERNAL TABLE {name} (id INT, a STRING) SKEWED BY (id) ON (1, 5) \
             ROW FORMAT DELIMITED FIELDS TERMINATED BY ';' STORED AS TEXTFILE TBLPROPERTIES('v'='1')"
        ))
        .await
        .unwrap();
    let mut metastore = stack.metastore().await;
    let before = metastore.table("default", &name).await.unwrap();
    metastore.alter_table("default", &name, &before, None).await.unwrap();
    let mut after = metastore.table("default", &name).await.unwrap();
    // The metastore itself notes when it was altered, and that its statistics may be old.
    let noted = ["COLUMN_STATS_ACCURATE", "transient_lastDdlTime", "last_modified_time", "last_modified_by"];
    let mut before = before;
    for key in noted {
        before.remove_parameter(key).unwrap();
        after.remove_parameter(key).unwrap();
    }
    assert_eq!(sorted(&before), sorted(&after));
    assert_eq!(without_properties(before), without_properties(after));
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn a_table_that_is_not_there_is_not_found() {
    let Some(stack) = Stack::postgres() else { return };
    let mut metastore = stack.metastore().await;
    for (database, table) in [("default", "no_such_table"), ("no_such_database", "t")] {
        let error = metastore.table(database, table).await.unwrap_err();
        assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::NotFound, false), "{error}");
    }
    // The connection goes on.
    assert!(metastore.version().await.unwrap().starts_with("4."));
}

#[tokio::test]
async fn a_table_is_created_like_another_and_only_once() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let name = fresh_name("t");
    session.run(format!("CREATE EXTERNAL TABLE {name} (id INT) STORED AS AVRO")).await.unwrap();
    let mut metastore = stack.metastore().await;
    let table = metastore.table("default", &name).await.unwrap();
    let error = metastore.create_table(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.is_in_doubt()), (ErrorKind::AlreadyExists, false), "{error}");
    session.run(format!("DROP TABLE {name}")).await.unwrap();
    metastore.create_table(&table).await.unwrap();
    assert_eq!(
        metastore.table("default", &name).await.unwrap().columns().unwrap(),
        [Column::new("id", "int")]
    );
    session.run(format!("DROP TABLE {name}")).await.unwrap();
}

#[tokio::test]
async fn a_setting_that_is_not_one_is_refused() {
    let Some(stack) = Stack::postgres() else { return };
    let error = stack.metastore().await.set_conf("javax.jdo.option.ConnectionURL", "x").await.unwrap_err();
    assert!(!error.is_in_doubt(), "{error}");
}

fn sorted(table: &Table) -> Vec<(String, String)> {
    let mut parameters = table.all_parameters().unwrap();
    parameters.sort();
    parameters
}

fn without_properties(mut table: Table) -> Table {
    for (key, _) in table.all_parameters().unwrap() {
        table.remove_parameter(&key).unwrap();
    }
    table
}
