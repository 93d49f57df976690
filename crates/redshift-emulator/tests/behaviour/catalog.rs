//! What is shown of tables, rights, views and keys, and which statements are known.

use crate::support::{Stand, connect, connect_as, refusal, rows, run};

#[tokio::test(flavor = "multi_thread")]
async fn rights_owners_and_comments_are_kept_and_shown() {
    let stand = Stand::start().await;
    stand
        .run(
            "create user ann password 'Passw0rd1'; create group staff; create role auditor; create schema s; \
             create table s.t (a int, b int); grant select, insert on s.t to ann with grant option; \
             grant select on s.t to group staff; grant delete on s.t to role auditor; grant select (b) on s.t to ann; \
             grant update on s.t to public; revoke insert on s.t from ann; comment on table s.t is 'it''s'; \
             comment on column s.t.b is 'bee'",
        )
        .await;
    let grants = "select identity_type, identity_name, privilege_type, admin_option from svv_relation_privileges \
                  where namespace_name = 's' and relation_name = 't' and identity_name <> 'awsuser' order by 1, 2, 3";
    assert_eq!(
        stand.rows(grants).await,
        ["group|staff|SELECT|f", "public|public|UPDATE|f", "role|auditor|DELETE|f", "user|ann|SELECT|t"]
    );
    let columns = "select column_name, identity_name, privilege_type from svv_column_privileges";
    assert_eq!(stand.rows(columns).await, ["b|ann|SELECT"]);
    let remarks = "select column_name, remarks from svv_redshift_columns where table_name = 't' order by 1";
    assert_eq!(stand.rows(remarks).await, ["a|NULL", "b|bee"]);
    assert_eq!(
        stand.rows("select remarks from svv_tables where table_name = 't'").await,
        stand.rows("select remarks from svv_redshift_tables where table_name = 't'").await
    );

    // Who has no right is refused, and the owner has all.
    let ann = connect_as(&stand.emulator, "ann", "Passw0rd1").await;
    stand.run("grant usage on schema s to ann").await;
    assert_eq!(rows(&ann, "select count(*) from s.t").await, ["0"]);
    assert_eq!(refusal(&ann, "insert into s.t values (1, 1)").await.code, "42501");
    stand.run("alter table s.t owner to ann").await;
    run(&ann, "insert into s.t values (1, 1)").await;
    assert_eq!(stand.rows("select tableowner from pg_tables where tablename = 't'").await, ["ann"]);
    assert!(stand.rows("select schema_name from svv_all_schemas").await.contains(&"s".to_owned()));
    assert!(
        !stand
            .rows("select schema_name from svv_all_schemas")
            .await
            .contains(&"redshift_emulator".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_shown_and_not_enforced() {
    let stand = Stand::start().await;
    stand
        .run(
            "create table t (a int, b varchar(5) unique, constraint mine primary key (a)); \
             insert into t values (1, 'x'); insert into t values (1, 'x')",
        )
        .await;
    let shown =
        "select conname, contype, conkey from pg_constraint where conrelid = 't'::regclass order by 1";
    assert_eq!(stand.rows(shown).await, ["mine|p|{1}", "t_b_key|u|{2}"]);
    assert_eq!(stand.refusal("alter table t add primary key (b)").await.code, "42P16");
    stand.run("alter table t drop constraint mine; alter table t add primary key (b)").await;
    assert_eq!(stand.rows(shown).await, ["t_b_key|u|{2}", "t_pkey|p|{2}"]);
    assert_eq!(stand.refusal("alter table t drop constraint mine").await.code, "42704");
    // With the table they are renamed, rolled back and dropped; a copy of the table has none.
    stand.run("begin; drop table t; rollback; create table l (like t); alter table t rename to u").await;
    assert_eq!(stand.rows("select count(*) from pg_constraint where conname like 't%'").await, ["2"]);
    stand.run("drop table u").await;
    assert_eq!(stand.rows("select count(*) from pg_constraint where conname like 't%'").await, ["0"]);
    assert_eq!(stand.refusal("create table k (a int, primary key (z))").await.code, "42703");
    assert_eq!(stand.rows("select count(*) from pg_class where relname = 'k'").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_are_shown_and_hold_the_table_that_they_refer_to() {
    let stand = Stand::start().await;
    stand
        .run(
            "create table p (a int primary key, b int, c int, unique (b, c)); \
             create table f (x int references p, y int, z int, constraint two foreign key (y, z) references p (b, c)); \
             create table late (x int); alter table late add foreign key (x) references p (a); \
             insert into f values (7, 7, 7)",
        )
        .await;
    let shown = "select conname, conkey, confrelid::regclass, confkey from pg_constraint where contype = 'f' order by 1";
    assert_eq!(stand.rows(shown).await, ["f_x_fkey|{1}|p|{1}", "late_x_fkey|{1}|p|{1}", "two|{2,3}|p|{2,3}"]);
    assert_eq!(stand.refusal("drop table p").await.code, "2BP01");
    assert_eq!(stand.refusal("create table k (x int references f)").await.code, "42704");
    assert_eq!(stand.refusal("create table k (x int references p (b))").await.code, "42830");
    stand.run("alter table f drop constraint two; drop table late; drop table p cascade").await;
    assert!(stand.rows(shown).await.is_empty());
    assert_eq!(stand.rows("select * from f").await, ["7|7|7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_and_distribution_are_shown() {
    let stand = Stand::start().await;
    stand
        .run(
            "create table t (i bigint identity(10, 5), g int generated by default as identity(1, 1), a int) \
             diststyle even; create table k (a int distkey); create table n (a int); insert into t (a) values (7), (8)",
        )
        .await;
    assert_eq!(stand.rows("select i, g, a from t order by a").await, ["10|1|7", "15|2|8"]);
    assert_eq!(stand.refusal("insert into t (i) values (1)").await.code, "428C9");
    stand.run("insert into t (g, a) values (99, 9)").await;
    let defaults = "select column_default like '\"identity\"(%, 0, ''10,5''::text)', is_nullable from \
                    svv_redshift_columns where table_name = 't' and column_name = 'i'";
    assert_eq!(stand.rows(defaults).await, ["t|NO"]);
    for (table, number) in [("t", "0"), ("k", "1"), ("n", "10")] {
        let sql = format!("select reldiststyle from pg_class where oid = '{table}'::regclass");
        assert_eq!(stand.rows(&sql).await, [number]);
    }
    stand.run("create table l (like k)").await;
    let shown = "select distkey from pg_table_def where tablename = 'l'";
    assert_eq!(stand.rows(shown).await, ["t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_hold_their_tables_unless_they_bind_late() {
    let stand = Stand::start().await;
    stand
        .run(
            "create table t (a int, b int); create view bound as select a from t; \
             create view late as select a from t where a > 0 with no schema binding",
        )
        .await;
    assert_eq!(stand.refusal("drop table t").await.code, "2BP01");
    let bound = "select v.relname, a.attname from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on \
                 v.oid = r.ev_class left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid \
                 where d.classid = 'pg_rewrite'::regclass and d.refobjid = 't'::regclass";
    assert_eq!(stand.rows(bound).await, ["bound|a"]);
    let late = "select viewname from pg_views where definition ilike '%no schema binding%' and definition ilike '%t%'";
    assert_eq!(stand.rows(late).await, ["late"]);
    let shown = stand.rows("select pg_get_viewdef('late'::regclass)").await;
    assert!(shown[0].ends_with("with no schema binding;"), "{shown:?}");

    // The bound one follows the table, the late one the name.
    stand.run("create table n (a int); insert into n values (5); insert into t values (1, 1)").await;
    stand.run("begin; alter table t rename to o; alter table n rename to t; commit").await;
    assert_eq!(stand.rows("select a from bound").await, ["1"]);
    assert_eq!(stand.rows("select a from late").await, ["5"]);
    assert_eq!(stand.client.query("select a from late where a = $1", &[&5_i32]).await.unwrap().len(), 1);
    stand.run("drop table t").await;
    assert_eq!(stand.refusal("select a from late").await.code, "42P01");

    // Their definitions end with them, and with their transactions.
    stand.run("begin; drop view late; create table late (a int); rollback").await;
    assert_eq!(stand.refusal("select a from late").await.code, "42P01");
    stand.run("drop view late; create table late (a int)").await;
    assert_eq!(stand.rows("select count(*) from late").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_the_service_lacks_is_refused() {
    let stand = Stand::start().await;
    stand.run("create table t (a int)").await;
    for (sql, code) in [
        ("alter system set fsync = on", "0A000"),
        ("alter index i rename to j", "0A000"),
        ("alter sequence s restart", "0A000"),
        ("drop sequence s", "0A000"),
        ("drop extension plpgsql", "0A000"),
        ("comment on schema public is 'x'", "42601"),
        ("comment on index i is 'x'", "0A000"),
        ("explain analyze select 1", "42601"),
        ("explain (costs off) select 1", "42601"),
        ("values (1)", "0A000"),
        ("table t", "0A000"),
        ("do $$ begin end $$", "0A000"),
        ("discard all", "0A000"),
        ("reassign owned by awsuser to awsuser", "0A000"),
        ("set work_mem = '1MB'", "42704"),
        ("set default_transaction_isolation = 'serializable'", "42704"),
        ("show transaction_isolation", "42704"),
        ("vacuum full t verbose", "42601"),
        ("vacuum nowhere", "42P01"),
        ("vacuum t to 200 percent", "22023"),
        ("delete t", "0A000"),
        ("frobnicate", "42601"),
        ("alter table t append from t ignoreextra filltarget", "42601"),
    ] {
        assert_eq!(stand.refusal(sql).await.code, code, "{sql}");
    }
    for sql in [
        "vacuum delete only t",
        "vacuum full t to 99 percent boost",
        "analyze t",
        "analyze t (a)",
        "set search_path to public, pg_catalog",
        "set query_group to 'x'; reset query_group; show search_path",
        "set statement_timeout to 1000",
        "explain select * from t",
        "comment on column t.a is 'x'",
    ] {
        stand.run(sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn append_moves_the_rows_and_commits() {
    let stand = Stand::start().await;
    let two = connect(&stand.emulator).await;
    stand
        .run("create table t (a int, b int); create table s (a int, b int, c int); insert into s values (1, 2, 3)")
        .await;
    assert_eq!(stand.refusal("alter table t append from s").await.code, "0A000");
    stand.run("alter table t append from s ignoreextra").await;
    assert_eq!(rows(&two, "select * from t").await, ["1|2"]);
    assert_eq!(rows(&two, "select count(*) from s").await, ["0"]);
    stand.run("alter table s append from t filltarget").await;
    assert_eq!(rows(&two, "select * from s").await, ["1|2|NULL"]);
    stand.run("create table k (a int distkey, b int)").await;
    assert_eq!(stand.refusal("alter table k append from t").await.code, "0A000");
}
