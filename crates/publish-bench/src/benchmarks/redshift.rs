//! Whole publishes to the Redshift emulator of results that load directly, beside the same statements by hand.

use std::time::Instant;

use publish_core::{Error, ErrorKind, FileFormat, Location, Plan, Result, TargetName};
use redshift_emulator::{Credentials, Emulator, EndpointStore};
use s3_test_server::{Identity, S3TestServer, Settings};
use serde_json::json;
use target_redshift::RedshiftTarget;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::args::CommonArgs;
use crate::generate::{self, Shape};
use crate::host::{self, S3Access};
use crate::job::{Job, PublishJob};
use crate::process::Cost;
use crate::report::{Better, Figure, Findings};
use crate::scratch::scratch;

/// Files of a result set.
const FILES: usize = 4;

/// The bucket of the results.
const BUCKET: &str = "results";

/// Keys that the engine reads with. COPY has others, so that the S3 server can tell whose bytes went by.
const ENGINE_KEYS: (&str, &str) = ("engine-key", "engine-secret");

/// Keys that COPY reads with.
const COPY_KEYS: (&str, &str) = ("copy-key", "copy-secret");

/// The services, both in this process.
struct Place {
    s3: S3TestServer,
    emulator: Emulator,
    rows: u64,
}

/// Publishes Parquet and CSV results, in turn with the same statements by hand.
pub(super) async fn measure(args: &CommonArgs, findings: &mut Findings) -> Result<()> {
    let place = Place::start(args.rows as u64).await?;
    for format in [FileFormat::Parquet, FileFormat::Csv] {
        place.format(format, args.samples, findings).await?;
    }
    findings.note(
        "redshift: createAndLoad on the emulator, which is PostgreSQL: what its COPY costs says nothing about the \
         service. By hand: the statements of the engine's own plan but for the journal, COPY by prefix instead of by \
         manifest, over a connection of its own. Bytes are those that the S3 server saw under the engine's own key: \
         headers, for CSV the pass that counts rows, and the manifest",
    );
    Ok(())
}

impl Place {
    async fn start(rows: u64) -> Result<Self> {
        let unavailable = |message: &str, source: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(ErrorKind::Unavailable, message).with_source(source)
        };
        let settings = Settings::default()
            .with_bucket(BUCKET)
            .with_identity(Identity::new(ENGINE_KEYS.0, ENGINE_KEYS.1))
            .with_identity(Identity::new(COPY_KEYS.0, COPY_KEYS.1));
        let s3 = S3TestServer::start(settings)
            .map_err(|error| unavailable("The S3 server for tests can't start", error.into()))?;
        let store = EndpointStore::new(s3.endpoint())
            .with_role_credentials(Credentials::new(COPY_KEYS.0, COPY_KEYS.1));
        let emulator = Emulator::builder().with_objects(store).start().await.map_err(|error| {
            unavailable("The Redshift emulator can't start; it needs PostgreSQL's programs", error.into())
        })?;
        Ok(Self { s3, emulator, rows })
    }

    async fn format(&self, format: FileFormat, samples: usize, findings: &mut Findings) -> Result<()> {
        let results = self.upload(format).await?;
        let plan = self.plan(&results, format).await?;
        let (mut ours, mut theirs, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..=samples.max(1) {
            let (cost, went_by) = self.publish(&results, format, &format!("{format}_{round}_p")).await?;
            let seconds = self.by_hand(&plan, &results, &format!("{format}_{round}_h")).await?;
            if round > 0 {
                ours.push(cost);
                theirs.push(seconds);
                bytes.push(went_by as f64 / f64::from(1 << 20));
            }
        }
        let benchmark = format!("redshift {format}");
        let of = |read: &dyn Fn(&Cost) -> f64| ours.iter().map(read).collect::<Vec<_>>();
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.seconds / theirs).collect();
        let seconds = of(&|cost| cost.seconds);
        findings.add(Figure::new(&benchmark, "publish", "s", Better::Lower, seconds));
        findings.add(Figure::new(&benchmark, "by hand", "s", Better::Lower, theirs));
        findings.add(Figure::new(&benchmark, "publish / by hand", "x in seconds", Better::Lower, ratios));
        let used = of(&|cost| cost.cpu_seconds);
        findings.add(Figure::new(&benchmark, "publish", "core seconds", Better::Lower, used));
        let peak = of(&|cost| cost.peak_bytes as f64 / f64::from(1 << 20));
        findings.add(Figure::new(&benchmark, "publish", "MiB peak", Better::Lower, peak));
        findings.add(Figure::new(&benchmark, "publish", "MiB through the engine", Better::Lower, bytes));
        Ok(())
    }

    async fn upload(&self, format: FileFormat) -> Result<Location> {
        let folder = scratch()?;
        generate::shaped(folder.path(), format, self.rows as usize, FILES, Shape::Plain).await?;
        let unreadable = |error: std::io::Error| {
            Error::new(ErrorKind::Unexpected, "What was generated can't be read").with_source(error)
        };
        for entry in std::fs::read_dir(folder.path()).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.s3.put(BUCKET, &format!("{format}/{name}"), std::fs::read(&path).map_err(unreadable)?);
        }
        Location::parse(&format!("s3://{BUCKET}/{format}/"))
    }

    fn job(&self, results: &Location, format: FileFormat, table: &str) -> PublishJob {
        let settings = json!({
            "host": "127.0.0.1",
            "port": self.emulator.port(),
            "database": self.emulator.database(),
            "user": self.emulator.user(),
            "password": self.emulator.password(),
            "sslmode": "disable",
            "access_key_id": COPY_KEYS.0,
            "secret_access_key": COPY_KEYS.1,
        });
        let mut job = PublishJob::new(&RedshiftTarget::NAME, &settings, results, format);
        table.clone_into(&mut job.table);
        job.s3 = Some(S3Access {
            endpoint: self.s3.endpoint().to_owned(),
            access_key: ENGINE_KEYS.0.to_owned(),
            secret_key: ENGINE_KEYS.1.to_owned(),
        });
        job
    }

    /// The engine's plan, whose statements are sent by hand too. Fails where it would stage the rows.
    async fn plan(&self, results: &Location, format: FileFormat) -> Result<Plan> {
        let job = self.job(results, format, host::TABLE);
        let engine = host::engine(job.s3.as_ref())?;
        let target = engine.registry().build_target(&TargetName::from(job.target.clone()), &job.settings)?;
        let request = host::request(results.clone(), format, &job.table, &job.action);
        let plan = engine.plan(&target, &request).await?;
        match plan.notes().iter().any(|note| note.contains("loaded as they are")) {
            true => Ok(plan),
            false => Err(Error::new(ErrorKind::Unexpected, "The results do not load as they are")
                .with_context("plan", plan.to_string())),
        }
    }

    /// The cost of a publish, and the bytes that went by under the engine's key.
    async fn publish(&self, results: &Location, format: FileFormat, table: &str) -> Result<(Cost, u64)> {
        self.s3.forget_requests();
        let (cost, measured) = Job::Publish(self.job(results, format, table)).run().await?;
        let own =
            self.s3.requests().into_iter().filter(|one| one.access_key.as_deref() == Some(ENGINE_KEYS.0));
        let went_by = own.map(|request| request.bytes_in + request.bytes_out).sum();
        self.check_and_drop(table, Some(measured.rows)).await?;
        Ok((cost, went_by))
    }

    /// Sends the plan's statements for another table, and answers the seconds.
    async fn by_hand(&self, plan: &Plan, results: &Location, table: &str) -> Result<f64> {
        let (make, copy) = statements(plan, results, table)?;
        let started = Instant::now();
        let client = self.connect().await?;
        for statement in ["BEGIN", &make, &copy, "COMMIT"] {
            client.batch_execute(statement).await.map_err(|error| refused(error, statement))?;
        }
        drop(client);
        let seconds = started.elapsed().as_secs_f64();
        self.check_and_drop(table, None).await?;
        Ok(seconds)
    }

    async fn check_and_drop(&self, table: &str, told: Option<u64>) -> Result<()> {
        let client = self.connect().await?;
        let query = format!("SELECT count(*) FROM public.{table}");
        let answer = client.simple_query(&query).await.map_err(|error| refused(error, &query))?;
        let counted = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse::<u64>().ok(),
            _ => None,
        });
        let drop = format!("DROP TABLE public.{table}");
        client.batch_execute(&drop).await.map_err(|error| refused(error, &drop))?;
        if counted == Some(self.rows) && told.is_none_or(|told| told == self.rows) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unexpected, "The table has other rows than the files")
            .with_context("table", table)
            .with_context("found", format!("{counted:?}"))
            .with_context("told", format!("{told:?}")))
    }

    async fn connect(&self) -> Result<Client> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.emulator.port()).dbname(self.emulator.database());
        config.user(self.emulator.user()).password(self.emulator.password());
        let (client, connection) =
            config.connect(NoTls).await.map_err(|error| refused(error, "the connection"))?;
        // It ends when the client is dropped.
        tokio::spawn(connection);
        Ok(client)
    }
}

/// The plan's CREATE TABLE and COPY, for another table, by prefix and with the keys that the plan does not show.
fn statements(plan: &Plan, results: &Location, table: &str) -> Result<(String, String)> {
    let shown = &plan.commit().statements;
    let find = |word: &str| {
        shown.iter().find(|statement| statement.starts_with(word)).ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "The plan lacks a statement").with_context("statement", word)
        })
    };
    let renamed = |statement: &str| statement.replace(&format!("\"{}\"", host::TABLE), table);
    let mut lines = Vec::new();
    for line in renamed(find("COPY")?).lines() {
        let line = line.trim();
        let is_last = line.ends_with(';');
        let line = line.trim_end_matches(';');
        match line {
            "MANIFEST" => {}
            line if line.starts_with("FROM ") => lines.push(format!("FROM '{}'", results.as_str())),
            line if line.contains("(secret)") => {
                lines.push(format!("ACCESS_KEY_ID '{}' SECRET_ACCESS_KEY '{}'", COPY_KEYS.0, COPY_KEYS.1))
            }
            line => lines.push(line.to_owned()),
        }
        if is_last {
            break;
        }
    }
    Ok((renamed(find("CREATE TABLE")?), lines.join("\n")))
}

fn refused(error: tokio_postgres::Error, statement: &str) -> Error {
    Error::new(ErrorKind::Unexpected, "The emulator refused what was done by hand")
        .with_context("statement", statement.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
        .with_source(error)
}
