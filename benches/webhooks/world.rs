//! PostgreSQL with 10,000 subscribers, for this run alone.
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rocket_reception::{
    embedded::{Cluster, ClusterSpec, Durability},
    kernel::db::migrate,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const DATABASE: &str = "bench";
/// What every line of PostgreSQL's log begins with, so that statements of many lines can be told apart.
pub const LOG_PREFIX: &str = "@@ ";

pub struct World {
    cluster: Cluster,
    /// A superuser, who sees every row and may change settings.
    pub conn: PgConnection,
    pub socket_folder: PathBuf,
    log: File,
}

impl World {
    pub async fn make() -> Result<Self> {
        let begun = Instant::now();
        // On the disk: a folder in memory would make every commit free.
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-webhooks");
        let cluster = open(&dir).await?;
        cluster.ensure_database(DATABASE).await?;
        let mut owner = PgConnection::connect_with(&cluster.options(DATABASE)).await?;
        migrate(&mut owner).await.context("migrate")?;
        owner.close().await?;
        let options = cluster.superuser_options(DATABASE);
        let socket_folder = options.get_socket().cloned();
        let mut conn = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql(include_str!("seed.sql"))
            .execute(&mut conn)
            .await
            .context("make the subscribers")?;
        let log = File::open(base(&cluster).join("server.log")).context("open the log")?;
        println!(
            "PostgreSQL {} with 10,000 subscribers, in {:.1} s; load of the machine before: {}",
            cluster.version(),
            begun.elapsed().as_secs_f64(),
            fs::read_to_string("/proc/loadavg")
                .unwrap_or_default()
                .trim(),
        );
        Ok(Self {
            conn,
            socket_folder: socket_folder.context("the cluster has a socket")?,
            log,
            cluster,
        })
    }

    /// For the server under test: the login that owns the database and is bound by the policies.
    pub fn url(&self) -> String {
        let folder = self.socket_folder.display();
        format!("postgres://reception@localhost/{DATABASE}?host={folder}")
    }

    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// Every measured run begins alike: nothing dirty, and the first change of a page writes it whole.
    pub async fn checkpoint(&mut self) -> Result<()> {
        self.execute("vacuum analyze".to_owned()).await?;
        self.execute("checkpoint".to_owned()).await
    }

    /// Lets PostgreSQL log every statement with its parameters, or stop that; sessions under way follow within moments.
    pub async fn log_statements(&mut self, is_on: bool) -> Result<()> {
        let values = if is_on { ["0", "on"] } else { ["-1", "off"] };
        for (name, value) in ["log_min_duration_statement", "log_planner_stats"]
            .into_iter()
            .zip(values)
        {
            self.execute(format!("alter system set {name} = '{value}'"))
                .await?;
        }
        self.execute("select pg_reload_conf()".to_owned()).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.log.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// The entries that were logged since the last look.
    pub async fn read_log(&mut self) -> Result<Vec<String>> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut bytes = Vec::new();
        self.log.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let entries = text.split(LOG_PREFIX).skip(1);
        // PostgreSQL indents the further lines of an entry by a tab.
        Ok(entries
            .map(|entry| entry.replace("\n\t", "\n").trim_end().to_owned())
            .collect())
    }

    pub async fn execute(&mut self, statement: String) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(statement.clone()))
            .execute(&mut self.conn)
            .await
            .with_context(|| statement)?;
        Ok(())
    }

    pub async fn leave(self) -> Result<()> {
        let base = base(&self.cluster);
        self.conn.close().await?;
        self.cluster.leave().await?;
        fs::remove_dir_all(&base).with_context(|| format!("remove {}", base.display()))
    }
}

/// Opened afresh: what an earlier run may have left behind is not what is to be measured.
async fn open(dir: &Path) -> Result<Cluster> {
    let spec = ClusterSpec {
        dir: dir.to_owned(),
        durability: Durability::Durable,
        supervisor: env!("CARGO_BIN_EXE_reception").into(),
        settings: vec![
            format!("log_line_prefix={LOG_PREFIX}%p "),
            "log_error_verbosity=default".to_owned(),
        ],
        pg_bin: pg_bin(),
        linger: Duration::ZERO,
    };
    let cluster = Cluster::open(spec.clone()).await?;
    let is_left_behind =
        sqlx::query_scalar::<_, bool>("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(
                &mut PgConnection::connect_with(&cluster.superuser_options("postgres")).await?,
            )
            .await?;
    if !is_left_behind {
        return Ok(cluster);
    }
    let base = base(&cluster);
    cluster.leave().await?;
    fs::remove_dir_all(&base).with_context(|| format!("remove {}", base.display()))?;
    Cluster::open(spec).await
}

fn base(cluster: &Cluster) -> PathBuf {
    let data = cluster.data_dir();
    data.parent().map_or(data.clone(), Path::to_owned)
}

/// Where PostgreSQL's programs are, if they are in no usual place.
#[expect(
    clippy::disallowed_methods,
    reason = "the benchmark finds PostgreSQL as the server does"
)]
pub fn pg_bin() -> Option<PathBuf> {
    std::env::var_os("PG_BIN").map(PathBuf::from)
}
