//! The database: its pool, its three kinds of transaction, what a commit writes along.
//!
//! Every statement runs inside a [`TenantTx`], a [`SystemTx`] or an [`OperatorTx`]; only the directory is
//! read without one, because it is what names the subscriber.
mod catalogue;
mod errors;
mod migrate;
mod outbox;
mod reading;
mod roles;
pub mod sealed;
mod tx;

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use sqlx::{
    ConnectOptions, Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::watch;

use crate::kernel::clock::Clock;
use reading::Reading;

pub use catalogue::{catalogue_differences, read_catalogue};
pub use errors::{OnConstraint, is_in_the_way, is_unavailable, is_unstorable};
pub use migrate::{MIGRATOR, MigrationState, migrate, migration_status};
pub use outbox::{DELIVER, DELIVER_RUNS, NewEvent, NewJob, NewTrace};
pub use roles::{APP_ROLE, IDENTITY_ROLE, ensure_roles, login_bypasses_policies};
pub use tx::{IdentityTx, OperatorToken, OperatorTx, SystemToken, SystemTx, TenantTx, Tx};

/// How long one statement, one wait for a lock and one idle transaction may last.
const STATEMENT_TIMEOUT: &str = "15s";
const LOCK_TIMEOUT: &str = "2s";
const IDLE_TIMEOUT: &str = "30s";
/// How long a connection is believed to live that nobody used.
const TRUSTED_AT_REST: Duration = Duration::from_secs(1);

/// The pool, and what the transactions need to know of the server behind it.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    /// Transactions take this role; none where the server refused to make it (then policies bind the owner).
    has_app_role: bool,
    /// The same for those of identity.
    has_identity_role: bool,
    clock: Clock,
    /// Told after a commit that enqueued jobs, so that this process need not wait for its next look.
    new_jobs: watch::Sender<()>,
    /// Transactions only read, maybe from a replica.
    reading: Option<Reading>,
}

impl Db {
    /// Connects and looks whether the application's role may be taken.
    pub async fn connect(
        options: PgConnectOptions,
        pool_size: u32,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(pool_size)
            // Waiting longer than this helps nobody who called us: 503, and the provider sends again.
            .acquire_timeout(Duration::from_secs(3));
        let pool = Self::watched(pool)
            .connect_with(Self::tuned(options))
            .await
            .context("connect to the database")?;
        let (has_app_role, has_identity_role) = roles::may_take_roles(&pool).await?;
        Ok(Self {
            pool,
            has_app_role,
            has_identity_role,
            clock,
            new_jobs: watch::Sender::new(()),
            reading: None,
        })
    }

    fn watched(pool: PgPoolOptions) -> PgPoolOptions {
        pool
            // A connection is asked whether it lives when it comes back. Asked again before each use, every checkout
            // would cost a round trip more; so only those that have rested since are.
            .test_before_acquire(false)
            .before_acquire(|conn, at_rest| {
                Box::pin(async move {
                    if at_rest.idle_for > TRUSTED_AT_REST {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
    }

    fn tuned(options: PgConnectOptions) -> PgConnectOptions {
        options
            .application_name("rocket-reception")
            .options([
                ("statement_timeout", STATEMENT_TIMEOUT),
                ("lock_timeout", LOCK_TIMEOUT),
                ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
                // Our statements find their rows by subscriber: the plan does not depend on the values, so it
                // is made once per connection and not again per request.
                ("plan_cache_mode", "force_generic_plan"),
            ])
            .disable_statement_logging()
    }

    /// For the directory, the migrator and health checks; everything else begins a transaction.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub fn has_app_role(&self) -> bool {
        self.has_app_role
    }

    fn app_role(&self) -> Option<&'static str> {
        self.has_app_role.then_some(APP_ROLE)
    }

    fn identity_role(&self) -> Option<&'static str> {
        self.has_identity_role.then_some(IDENTITY_ROLE)
    }

    /// The `$now` of statements: null in production, where the database's clock decides.
    pub fn now(&self) -> Option<DateTime<Utc>> {
        self.clock.for_database()
    }

    /// Changes with every commit of this process that enqueued a job.
    pub fn watch_jobs(&self) -> watch::Receiver<()> {
        self.new_jobs.subscribe()
    }
}
