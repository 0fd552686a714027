//! Reading from a replica: transactions that cannot write, on another server as long as that one answers.
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::Db;
use crate::kernel::{clock::Clock, metrics::METRICS};

/// How long a request waits for the replica before it reads from the database itself.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long nobody asks a replica again that did not answer.
const LEFT_ALONE: chrono::Duration = chrono::Duration::seconds(5);

/// What makes a [`Db`] one for reading.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// The database itself; there is no replica.
    Main,
    Replica(Arc<Replica>),
}

/// A replica and what stands in for it.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) main: Db,
    clock: Clock,
    /// It did not answer: until then it is not asked.
    away_until: Mutex<Option<DateTime<Utc>>>,
}

impl Replica {
    pub(super) fn is_away(&self) -> bool {
        let until = *self
            .away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| self.clock.now() < until)
    }

    pub(super) fn leave_alone(&self) {
        let until = self.clock.now() + LEFT_ALONE;
        *self
            .away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(until);
    }
}

/// Counts who was read from: `main`, `replica`, or `fallback` when main stood in for a replica.
pub(super) fn count(source: &str) {
    METRICS.db_reads.with_label_values(&[source]).inc();
}

impl Db {
    /// The same database, for transactions that only read.
    pub fn for_reading(&self) -> Self {
        Self {
            reading: Some(Reading::Main),
            ..self.clone()
        }
    }

    /// A replica of this database, for transactions that only read. Connects when it is first asked, so that a replica
    /// that is away keeps nobody from starting; while it is, they read from this database.
    ///
    /// A replica has the roles of what it replicates, so they are not looked up again.
    pub fn with_replica(&self, options: PgConnectOptions, pool_size: u32) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(pool_size)
            .acquire_timeout(PATIENCE);
        let replica = Replica {
            main: self.for_reading(),
            clock: self.clock.clone(),
            away_until: Mutex::default(),
        };
        Self {
            pool: Self::watched(pool).connect_lazy_with(Self::tuned(options)),
            reading: Some(Reading::Replica(Arc::new(replica))),
            ..self.clone()
        }
    }
}
