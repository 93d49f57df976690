//! Who points at a directory.

use super::stack::{Stack, fresh_name};

#[tokio::test]
async fn tables_and_partitions_at_a_directory_are_found() {
    let Some(stack) = Stack::postgres() else { return };
    let mut session = stack.session().await;
    let (database, other) = (fresh_name("db"), fresh_name("db"));
    let root = format!("/tmp/{database}");
    for statement in [
        format!("CREATE DATABASE {database}"),
        format!("CREATE DATABASE {other}"),
        format!("CREATE EXTERNAL TABLE {database}.here (id INT) STORED AS PARQUET LOCATION '{root}/t_v1'"),
        format!("CREATE EXTERNAL TABLE {database}.next (id INT) STORED AS PARQUET LOCATION '{root}/t_v10'"),
        format!("CREATE EXTERNAL TABLE {other}.inside (id INT) STORED AS PARQUET LOCATION '{root}/t_v1/sub'"),
        format!(
            "CREATE EXTERNAL TABLE {other}.parts (id INT) PARTITIONED BY (p INT) STORED AS PARQUET LOCATION '{root}/p'"
        ),
        format!("ALTER TABLE {other}.parts ADD PARTITION (p=1) PARTITION (p=2) LOCATION '{root}/t_v1'"),
        format!("CREATE VIEW {database}.v AS SELECT * FROM {database}.here"),
    ] {
        session.run(statement).await.unwrap();
    }
    let mut metastore = stack.metastore().await;
    let found = metastore.references(&format!("hdfs://any{root}/t_v1"), &[]).await.unwrap();
    let mut found: Vec<_> =
        found.iter().map(|it| (it.database.as_str(), it.table.as_str(), it.is_partition)).collect();
    found.sort_unstable();
    let mut expected = [(&*database, "here", false), (&*other, "inside", false), (&*other, "parts", true)];
    expected.sort_unstable();
    assert_eq!(found, expected);

    let found = metastore.references(&format!("{root}/p/p=1"), &[&other]).await.unwrap();
    let tables: Vec<_> = found.iter().map(|it| (it.table.as_str(), it.is_partition)).collect();
    assert_eq!(tables, [("parts", false), ("parts", true)]);
    assert_eq!(metastore.references(&format!("{root}/unused"), &[&database, &other]).await.unwrap(), []);
    // A database that is not there has nothing.
    assert_eq!(metastore.references(&root, &["no_such_database"]).await.unwrap(), []);
    for name in [&database, &other] {
        session.run(format!("DROP DATABASE {name} CASCADE")).await.unwrap();
    }
}
