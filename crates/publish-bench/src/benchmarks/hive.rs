//! Whole publishes to Hive of results that load directly, beside the same by hand.

use std::path::Path;
use std::time::{Duration, Instant};

use hive_stack::{HiveStack, fresh_name};
use hiveserver2::{Config, Session};
use publish_core::{Error, ErrorKind, FileFormat, Location, Plan, PrepareWork, Result, Storage, TargetName};
use serde_json::json;
use target_hive::HiveTarget;

use super::hdfs::shell;
use crate::args::CommonArgs;
use crate::generate::{self, Shape};
use crate::host;
use crate::job::{Job, PublishJob};
use crate::process::Cost;
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;
use crate::services::{HDFS_USER, hdfs};

/// Files of a result set.
const FILES: usize = 4;

/// Time that a statement by hand may take.
const STATEMENT_TIME: Duration = Duration::from_secs(600);

/// The engine's name in the report.
const OURS: &str = "publish";

/// A database of its own on a stack.
struct Place<'a> {
    stack: &'a HiveStack,
    database: String,
    root: String,
    rows: u64,
}

/// What one way cost.
struct Taken {
    seconds: f64,
    cost: Cost,
}

/// Publishes Avro and Parquet results, from the local disk and from HDFS, in turn with the same by hand.
pub(super) async fn measure(stack: &HiveStack, args: &CommonArgs, findings: &mut Findings) -> Result<()> {
    let database = fresh_name("publish_bench");
    let root = format!("{}/tmp/{database}", stack.name_node());
    let place = Place { stack, database, root, rows: args.rows as u64 };
    place.execute(&format!("CREATE DATABASE {}", place.database)).await?;
    let mut measured = Ok(());
    for format in [FileFormat::Avro, FileFormat::Parquet] {
        measured = measured.and(place.format(format, args.samples, findings).await);
    }
    place.execute(&format!("DROP DATABASE {} CASCADE", place.database)).await?;
    hdfs()?.delete_folder(&Location::parse(&place.root)?).await?;
    findings.note(
        "hive: createAndLoad of files that are taken as they are. By hand: `hdfs -put` of local files, or `hdfs -cp` of \
         files on HDFS, each with Java's start, then CREATE EXTERNAL TABLE and LOAD DATA in one session, with no count, \
         no journal and nothing to undo; the seconds of `hdfs -ls /` of the same round are what Java's start takes. Core seconds and memory are the engine's process, and by hand Hadoop's shell",
    );
    measured
}

impl Place<'_> {
    async fn format(&self, format: FileFormat, samples: usize, findings: &mut Findings) -> Result<()> {
        let folder = scratch()?;
        generate::shaped(folder.path(), format, self.rows as usize, FILES, Shape::Plain).await?;
        let local = host::local(folder.path())?;
        let remote = Location::parse(&format!("{}/results/{format}", self.root))?;
        let folders = ["results", "by_hand"].map(|name| format!("{}/{name}", self.root));
        shell(self.stack, &["-mkdir", "-p", &folders[0], &folders[1]]).await?;
        shell(self.stack, &["-put", &folder.path().to_string_lossy(), remote.as_str()]).await?;
        let ddl = self.columns(&local, format).await?;
        for (from, results) in [("local files", &local), ("files on HDFS", &remote)] {
            let (mut ours, mut theirs, mut starts) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..=samples.max(1) {
                let table = format!("{format}_{}_{round}", from.len());
                let taken = self.publish(results, format, &format!("{table}_p")).await?;
                let by_hand = match from {
                    "local files" => {
                        self.put_by_hand(folder.path(), format, &format!("{table}_h"), &ddl).await?
                    }
                    _ => self.copy_by_hand(&remote, format, &format!("{table}_h"), &ddl).await?,
                };
                let (start, _) = shell(self.stack, &["-ls", "/"]).await?;
                if round > 0 {
                    ours.push(taken);
                    theirs.push(by_hand);
                    starts.push(start.seconds);
                }
            }
            tell(&format!("hive {format}, {from}"), &ours, &theirs, &starts, findings);
        }
        Ok(())
    }

    fn job(&self, results: &Location, format: FileFormat, table: &str) -> PublishJob {
        let (host, port) = self.stack.thrift("plain");
        let settings = json!({
            "hosts": [format!("{host}:{port}")],
            "staging": format!("{}/staging", self.root),
            "user": HDFS_USER,
        });
        let job = PublishJob::new(&HiveTarget::NAME, &settings, results, format);
        PublishJob { path: vec![self.database.clone()], table: table.to_owned(), ..job }
    }

    /// The columns of the table as the engine would make it, and that it takes the files as they are.
    async fn columns(&self, results: &Location, format: FileFormat) -> Result<String> {
        let job = self.job(results, format, "planned");
        let engine = host::engine(None)?;
        let target = engine.registry().build_target(&TargetName::from(job.target.clone()), &job.settings)?;
        let request =
            host::request(results.clone(), format, &job.table, &job.action).with_path(job.path.clone());
        let plan: Plan = engine.plan(&target, &request).await?;
        if plan.prepare().iter().any(|step| matches!(step.work, PrepareWork::StageFiles(_))) {
            return Err(Error::new(ErrorKind::Unexpected, "The results do not load as they are")
                .with_context("plan", plan.to_string()));
        }
        let columns = &plan.commit().columns.columns;
        let columns = columns.iter().map(|column| format!("`{}` {}", column.name, column.sql_type));
        Ok(columns.collect::<Vec<_>>().join(", "))
    }

    async fn publish(&self, results: &Location, format: FileFormat, table: &str) -> Result<Taken> {
        let (cost, measured) = Job::Publish(self.job(results, format, table)).run().await?;
        if measured.rows != self.rows {
            return Err(other_rows(table, measured.rows, self.rows));
        }
        self.check_and_drop(table).await?;
        Ok(Taken { seconds: cost.seconds, cost })
    }

    async fn put_by_hand(
        &self,
        folder: &Path,
        format: FileFormat,
        table: &str,
        columns: &str,
    ) -> Result<Taken> {
        let staged = format!("{}/by_hand/{table}", self.root);
        let started = Instant::now();
        let (cost, _) = shell(self.stack, &["-put", &folder.to_string_lossy(), &staged]).await?;
        self.load_by_hand(started, cost, &staged, format, table, columns).await
    }

    async fn copy_by_hand(
        &self,
        from: &Location,
        format: FileFormat,
        table: &str,
        columns: &str,
    ) -> Result<Taken> {
        let staged = format!("{}/by_hand/{table}", self.root);
        let started = Instant::now();
        let (cost, _) = shell(self.stack, &["-cp", from.as_str(), &staged]).await?;
        self.load_by_hand(started, cost, &staged, format, table, columns).await
    }

    async fn load_by_hand(
        &self,
        started: Instant,
        cost: Cost,
        staged: &str,
        format: FileFormat,
        table: &str,
        columns: &str,
    ) -> Result<Taken> {
        let database = &self.database;
        let stored = format.as_str();
        let mut session = self.session().await?;
        let make = format!(
            "CREATE EXTERNAL TABLE {database}.{table} ({columns}) STORED AS {stored} \
             TBLPROPERTIES ('external.table.purge' = 'true')"
        );
        session.run(make).await.map_err(|error| refused(&error))?;
        session
            .run(format!("LOAD DATA INPATH '{staged}' INTO TABLE {database}.{table}"))
            .await
            .map_err(|error| refused(&error))?;
        session.close().await.map_err(|error| refused(&error))?;
        let seconds = started.elapsed().as_secs_f64();
        self.check_and_drop(table).await?;
        Ok(Taken { seconds, cost })
    }

    async fn check_and_drop(&self, table: &str) -> Result<()> {
        let (database, mut session) = (&self.database, self.session().await?);
        let query = format!("SELECT cast(count(*) AS string) FROM {database}.{table}");
        let mut operation = session.execute(query).await.map_err(|error| refused(&error))?;
        let batch = operation.fetch().await.map_err(|error| refused(&error))?;
        operation.close().await.map_err(|error| refused(&error))?;
        let counted = batch.and_then(|batch| {
            use arrow_array::cast::AsArray;
            batch.column(0).as_string_opt::<i32>()?.iter().next()??.parse::<u64>().ok()
        });
        session.run(format!("DROP TABLE {database}.{table}")).await.map_err(|error| refused(&error))?;
        session.close().await.map_err(|error| refused(&error))?;
        match counted {
            Some(rows) if rows == self.rows => Ok(()),
            rows => Err(other_rows(table, rows.unwrap_or(0), self.rows)),
        }
    }

    async fn execute(&self, statement: &str) -> Result<()> {
        let mut session = self.session().await?;
        session.run(statement).await.map_err(|error| refused(&error))?;
        session.close().await.map_err(|error| refused(&error))
    }

    async fn session(&self) -> Result<Session> {
        let (host, port) = self.stack.thrift("plain");
        let config = Config::new(host, port).with_user(HDFS_USER).with_call_timeout(STATEMENT_TIME);
        Session::open(&config).await.map_err(|error| refused(&error))
    }
}

fn tell(benchmark: &str, ours: &[Taken], theirs: &[Taken], starts: &[f64], findings: &mut Findings) {
    for (subject, taken) in [(OURS, ours), ("by hand", theirs)] {
        let of = |read: &dyn Fn(&Taken) -> f64| taken.iter().map(read).collect::<Vec<_>>();
        findings.add(Figure::new(benchmark, subject, "s", Better::Lower, of(&|one| one.seconds)));
        let used = of(&|one| one.cost.cpu_seconds);
        findings.add(Figure::new(benchmark, subject, "core seconds", Better::Lower, used));
        let peak = of(&|one| one.cost.peak_bytes as f64 / f64::from(1 << 20));
        findings.add(Figure::new(benchmark, subject, "MiB peak", Better::Lower, peak));
    }
    let rounds = || ours.iter().zip(theirs).zip(starts);
    let whole = rounds().map(|((ours, theirs), _)| ours.seconds / theirs.seconds).collect();
    let less =
        rounds().map(|((ours, theirs), start)| ours.seconds / (theirs.seconds - start).max(1e-3)).collect();
    findings.add(Figure::new(benchmark, "publish / by hand", "x in seconds", Better::Lower, whole));
    let subject = "publish / by hand less Java's start";
    findings.add(Figure::new(benchmark, subject, "x in seconds", Better::Lower, less));
}

fn refused(error: &hiveserver2::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "Hive refused what was done by hand").with_context("hive", error)
}

fn other_rows(table: &str, found: u64, expected: u64) -> Error {
    Error::new(ErrorKind::Unexpected, "The table has other rows than the files")
        .with_context("table", table)
        .with_context("found", found)
        .with_context("expected", expected)
}
