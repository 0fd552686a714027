//! Transactions that know whose rows they may touch.
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use super::{
    Db, is_unavailable,
    outbox::{NewEvent, NewJob, NewTrace, Outbox},
    reading::{self, Reading},
};
use crate::kernel::ids::SubscriberId;

/// What functions take that work in any of the three.
pub trait Tx: Send {
    fn conn(&mut self) -> &mut PgConnection;

    /// The one subscriber whose rows may be written; None where all may.
    fn tenant(&self) -> Option<SubscriberId>;

    /// Collects a job; it is written with the commit.
    fn enqueue(&mut self, job: NewJob);

    /// Collects a line of an interaction's black box; it is written with the commit.
    fn trace(&mut self, trace: NewTrace);

    /// The `$now` of jobs, leases and buckets.
    fn now(&self) -> Option<DateTime<Utc>>;
}

/// One subscriber's rows, and no others.
pub struct TenantTx {
    inner: Inner,
    subscriber: SubscriberId,
}

/// Everybody's rows, for what is done before a subscriber is known or for many at once: the router of inbound
/// events, the job runner, schedules. What it does shows in `inbound_events`, `jobs` and `schedule_runs`.
pub struct SystemTx(Inner);

/// Everybody's rows, for an operator: a command, or a person whose act stands in the audit log.
pub struct OperatorTx(Inner);

/// The tables of people, and everybody's rows beside them: sign-in happens before a subscriber is known, and a
/// registration makes a person and a business together. For `identity` alone.
pub struct IdentityTx(Inner);

/// Why a [`SystemTx`] is right: said once, where it is begun.
#[derive(Clone, Copy, Debug)]
pub enum SystemToken {
    InboundRouter,
    JobRunner,
    Schedule,
    Seeding,
    Health,
    /// Whose session is this, and may it still be used?
    SignIn,
}

/// Why an [`OperatorTx`] is right.
#[derive(Clone, Copy, Debug)]
pub enum OperatorToken {
    /// Somebody with a shell on the machine runs a program.
    Command,
    /// An operator who signed in; `identity` wrote the audit row.
    Person,
}

/// The database itself refuses to write then, whoever asks.
const READ_ONLY: &str = " read only";

struct Inner {
    tx: Transaction<'static, Postgres>,
    outbox: Outbox,
    db: Db,
}

impl Inner {
    /// Begins in one round trip: several statements in one simple query.
    async fn begin(db: &Db, role: Option<&str>, setting: &str) -> sqlx::Result<Self> {
        let role = role.map(|role| format!("set local role {role}; "));
        let role = role.unwrap_or_default();
        let begin = |mode: &str| AssertSqlSafe(format!("begin{mode}; {role}{setting}"));
        let (tx, db) = match &db.reading {
            None => (db.pool.begin_with(begin("")).await?, db),
            Some(Reading::Main) => {
                reading::count("main");
                (db.pool.begin_with(begin(READ_ONLY)).await?, db)
            }
            Some(Reading::Replica(replica)) => {
                let begun = if replica.is_away() {
                    None
                } else {
                    match db.pool.begin_with(begin(READ_ONLY)).await {
                        Err(error) if is_unavailable(&error) => {
                            replica.leave_alone();
                            None
                        }
                        begun => Some(begun?),
                    }
                };
                if let Some(tx) = begun {
                    reading::count("replica");
                    (tx, db)
                } else {
                    reading::count("fallback");
                    let main = &replica.main;
                    (main.pool.begin_with(begin(READ_ONLY)).await?, main)
                }
            }
        };
        Ok(Self {
            tx,
            outbox: Outbox::default(),
            db: db.clone(),
        })
    }

    async fn commit(mut self, subscriber: Option<SubscriberId>) -> sqlx::Result<()> {
        let now = self.db.now();
        let wakes = self.outbox.write(&mut self.tx, subscriber, now).await?;
        self.tx.commit().await?;
        if wakes {
            self.db.new_jobs.send_replace(());
        }
        Ok(())
    }
}

impl TenantTx {
    pub async fn begin(db: &Db, subscriber: SubscriberId) -> sqlx::Result<Self> {
        // A Uuid prints as hex digits and dashes, so this text is safe.
        let setting = format!("set local app.subscriber_id = '{}'", subscriber.0);
        Ok(Self {
            inner: Inner::begin(db, db.app_role(), &setting).await?,
            subscriber,
        })
    }

    /// For statements that read the first rows of a list in the order of an index.
    ///
    /// A plan is made once, for a subscriber of middling size: for that one it is as good to read everything and sort,
    /// and for the largest it is a hundred thousand rows for a page of fifty. Without sorting, the order of the index
    /// is what remains.
    pub async fn begin_list(db: &Db, subscriber: SubscriberId) -> sqlx::Result<Self> {
        let setting = format!(
            "set local app.subscriber_id = '{}'; set local enable_sort = off",
            subscriber.0
        );
        Ok(Self {
            inner: Inner::begin(db, db.app_role(), &setting).await?,
            subscriber,
        })
    }

    pub fn subscriber(&self) -> SubscriberId {
        self.subscriber
    }

    /// Collects an event; it is written with the commit.
    pub fn emit(&mut self, event: NewEvent) {
        self.inner.outbox.emit(event);
    }

    /// Writes what was collected, in one statement, and commits.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.inner.commit(Some(self.subscriber)).await
    }

    /// Ends a transaction that only read, and waits for nothing: the rollback goes along when the connection is asked
    /// whether it lives, on its way back to the pool.
    pub fn end_reading(self) {}
}

const OPERATOR_SCOPE: &str = "set local app.scope = 'operator'";

impl SystemTx {
    pub async fn begin(db: &Db, _why: SystemToken) -> sqlx::Result<Self> {
        Ok(Self(Inner::begin(db, db.app_role(), OPERATOR_SCOPE).await?))
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit(None).await
    }
}

impl OperatorTx {
    pub async fn begin(db: &Db, _why: OperatorToken) -> sqlx::Result<Self> {
        Ok(Self(Inner::begin(db, db.app_role(), OPERATOR_SCOPE).await?))
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit(None).await
    }
}

impl IdentityTx {
    pub async fn begin(db: &Db) -> sqlx::Result<Self> {
        Ok(Self(
            Inner::begin(db, db.identity_role(), OPERATOR_SCOPE).await?,
        ))
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit(None).await
    }
}

macro_rules! is_a_transaction {
    ($($name:ident . $inner:tt, $tenant:expr;)*) => {$(
        impl Tx for $name {
            fn conn(&mut self) -> &mut PgConnection {
                &mut self.$inner.tx
            }

            fn tenant(&self) -> Option<SubscriberId> {
                $tenant(self)
            }

            fn enqueue(&mut self, job: NewJob) {
                self.$inner.outbox.enqueue(job);
            }

            fn trace(&mut self, trace: NewTrace) {
                self.$inner.outbox.trace(trace);
            }

            fn now(&self) -> Option<DateTime<Utc>> {
                self.$inner.db.now()
            }
        }
    )*};
}

is_a_transaction! {
    TenantTx.inner, |tx: &TenantTx| Some(tx.subscriber);
    SystemTx.0, |_| None;
    OperatorTx.0, |_| None;
    IdentityTx.0, |_| None;
}
