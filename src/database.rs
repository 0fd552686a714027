//! What a program begins with: its settings, and the database that they name.
//!
//! Stands above the kernel because it knows both kinds of database: `DATABASE_URL`, which is only ever used as it is,
//! and the embedded one, which is ours to make and to migrate.
use std::{env, path::PathBuf};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::{
    embedded::{self, Cluster, ClusterSpec, Durability},
    kernel::{
        clock::Clock,
        config::{Environment, Settings},
        db::{Db, MigrationState, migrate, migration_status},
    },
};

/// The name of our database in the embedded cluster.
const NAME: &str = "reception";

impl Settings {
    /// The settings of this process, with what development makes for itself.
    pub fn of_process() -> anyhow::Result<Self> {
        let environment = Environment::of_process();
        let folder = |name| environment.get(name).map(PathBuf::from);
        let data_dir = embedded::default_data_dir(
            embedded::is_root()?,
            folder("HOME"),
            folder("XDG_DATA_HOME"),
        );
        Self::read(&environment, data_dir)?
            .with_development_secrets()
            .context("make the secrets of development")
    }
}

/// The database, held for as long as this process needs it.
#[derive(Debug)]
pub struct Database {
    pub db: Db,
    /// The embedded one, where there is no `DATABASE_URL`.
    cluster: Option<Cluster>,
}

/// What happens to the schema of the embedded database when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    Migrated,
    AsItIs,
}

impl Database {
    /// Connects to `DATABASE_URL` as it is, or opens and migrates the embedded database.
    ///
    /// The embedded server is supervised by this same executable: its `main` must answer [`embedded::SUPERVISE`].
    pub async fn open(settings: &Settings, clock: Clock) -> anyhow::Result<Self> {
        Self::open_with(settings, clock, Schema::Migrated).await
    }

    /// The same, and the embedded database is left as it is too: for who wants to know how it stands.
    pub async fn open_as_it_is(settings: &Settings, clock: Clock) -> anyhow::Result<Self> {
        Self::open_with(settings, clock, Schema::AsItIs).await
    }

    async fn open_with(settings: &Settings, clock: Clock, schema: Schema) -> anyhow::Result<Self> {
        match &settings.database.url {
            Some(url) => Self::connect(url, settings.database.pool_size, clock).await,
            None => Self::open_embedded(settings, clock, schema).await,
        }
    }

    async fn connect(url: &SecretString, pool_size: u32, clock: Clock) -> anyhow::Result<Self> {
        let options = url
            .expose_secret()
            .parse()
            .context("read DATABASE_URL as a URL")?;
        Ok(Self {
            db: Db::connect(options, pool_size, clock).await?,
            cluster: None,
        })
    }

    async fn open_embedded(
        settings: &Settings,
        clock: Clock,
        schema: Schema,
    ) -> anyhow::Result<Self> {
        let spec = ClusterSpec {
            dir: settings.data_dir.join("postgres"),
            durability: Durability::Durable,
            supervisor: env::current_exe().context("find this program's own file")?,
            settings: Vec::new(),
            pg_bin: settings.database.programs.clone(),
            linger: std::time::Duration::ZERO,
        };
        let cluster = Cluster::open(spec)
            .await
            .context("open the embedded database")?;
        cluster.ensure_database(NAME).await?;
        let options = cluster.options(NAME);
        if schema == Schema::Migrated {
            migrate_embedded(&options).await?;
        }
        Ok(Self {
            db: Db::connect(options, settings.database.pool_size, clock).await?,
            cluster: Some(cluster),
        })
    }

    /// Where the database is, for people: never a password.
    pub fn describe(&self) -> String {
        match &self.cluster {
            Some(cluster) => format!(
                "embedded {}, {}; look inside with: {}",
                cluster.version(),
                cluster.data_dir().display(),
                cluster.psql(NAME)
            ),
            None => "DATABASE_URL".to_owned(),
        }
    }

    /// Whether the database is ours to migrate and to seed.
    pub fn is_embedded(&self) -> bool {
        self.cluster.is_some()
    }

    /// For programs that cannot work on an older schema. A newer one is fine: that is how releases replace each other.
    pub async fn require_schema(&self) -> anyhow::Result<()> {
        let status = migration_status(self.db.pool())
            .await
            .context("ask which migrations the database has")?;
        let count = |wanted| {
            let states = status.iter().map(|(_, _, state)| *state);
            states.filter(|state| *state == wanted).count()
        };
        match (
            count(MigrationState::Pending),
            count(MigrationState::Changed),
        ) {
            (0, 0) => Ok(()),
            (pending, 0) => bail!(
                "the database lacks {pending} of {} migrations: run `reception migrate` first",
                status.len()
            ),
            (_, changed) => bail!(
                "{changed} migrations of the database are not those of this program: see `reception migrate --status`"
            ),
        }
    }

    /// Ends all connections and lets go of the embedded server; the last program to do so stops it.
    pub async fn close(self) -> anyhow::Result<()> {
        self.db.pool().close().await;
        match self.cluster {
            Some(cluster) => cluster.leave().await,
            None => Ok(()),
        }
    }
}

/// On a connection of its own: the pool's short time-outs would end the wait for another program that is migrating.
async fn migrate_embedded(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect_with(options)
        .await
        .context("connect to the embedded database")?;
    migrate(&mut connection)
        .await
        .context("migrate the embedded database")?;
    Ok(connection.close().await?)
}
