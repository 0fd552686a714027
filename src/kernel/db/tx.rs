//! Transactions that know whose rows they may touch.
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use super::{
    Db,
    outbox::{NewEvent, NewJob, Outbox},
};
use crate::kernel::ids::SubscriberId;

/// What functions take that work in any of the three.
pub trait Tx: Send {
    fn conn(&mut self) -> &mut PgConnection;

    /// The one subscriber whose rows may be written; None where all may.
    fn tenant(&self) -> Option<SubscriberId>;

    /// Collects a job; it is written with the commit.
    fn enqueue(&mut self, job: NewJob);

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
        let begin = AssertSqlSafe(format!("begin; {role}{setting}"));
        Ok(Self {
            tx: db.pool.begin_with(begin).await?,
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
