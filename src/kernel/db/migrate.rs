//! Migrations: embedded in the binary, applied forward only.
use std::collections::HashMap;

use sqlx::{PgConnection, PgPool, migrate::Migrator};

use super::roles;

pub static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Makes the roles and applies what is missing.
pub async fn migrate(conn: &mut PgConnection) -> anyhow::Result<()> {
    roles::ensure_roles(conn).await?;
    MIGRATOR.run(conn).await?;
    Ok(())
}

/// How one migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MigrationState {
    Applied,
    Pending,
    /// Applied with another text than the binary holds.
    Changed,
    /// Applied, and unknown to this binary: the database is newer.
    Unknown,
}

/// Every migration that the binary or the database knows. Changes nothing.
pub async fn migration_status(pool: &PgPool) -> sqlx::Result<Vec<(i64, String, MigrationState)>> {
    let mut applied = applied(pool).await?;
    let mut status: Vec<_> = MIGRATOR
        .iter()
        .map(|migration| {
            let state = match applied.remove(&migration.version) {
                None => MigrationState::Pending,
                Some(sum) if sum == *migration.checksum => MigrationState::Applied,
                Some(_) => MigrationState::Changed,
            };
            (migration.version, migration.description.to_string(), state)
        })
        .collect();
    status.extend(
        applied
            .into_keys()
            .map(|version| (version, String::new(), MigrationState::Unknown)),
    );
    status.sort_by_key(|(version, ..)| *version);
    Ok(status)
}

async fn applied(pool: &PgPool) -> sqlx::Result<HashMap<i64, Vec<u8>>> {
    let has_table: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !has_table {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select version, checksum from _sqlx_migrations where success")
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().collect())
}
