//! One transaction of a seed.
use chrono::{DateTime, Utc};

use super::{
    Seeding,
    report::{Change, Report, Table},
    store,
};
use crate::{
    kernel::{config::Settings, db::SystemTx},
    tenancy::directory::{self, Entry, Key},
};

/// A transaction, and the report that its rows are counted in.
pub struct Work<'a> {
    pub tx: SystemTx,
    pub settings: &'a Settings,
    pub now: DateTime<Utc>,
    pub report: &'a mut Report,
}

impl<'a> Work<'a> {
    pub async fn begin(seeding: &Seeding<'a>, report: &'a mut Report) -> sqlx::Result<Self> {
        Ok(Self {
            tx: store::begin(seeding.db).await?,
            settings: seeding.settings,
            now: seeding.now,
            report,
        })
    }

    pub fn count(&mut self, table: Table, change: Change) {
        self.report.count(table, change);
    }

    /// Writes an entry of the directory. One that names somebody else is left alone.
    pub async fn put(&mut self, key: &Key<'_>, entry: &Entry) -> sqlx::Result<Change> {
        let change = Change::from(directory::put(&mut self.tx, key, entry).await?);
        self.count(Table::Directory, change);
        Ok(change)
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.tx.commit().await
    }
}
