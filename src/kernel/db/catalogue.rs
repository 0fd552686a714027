//! Whether a database is what the migrations make.
use std::collections::BTreeSet;

use sqlx::PgPool;

use super::roles;

/// What a freshly migrated database holds, written by `migrations/prepare.sh`.
const EXPECTED: &str = include_str!("catalogue.txt");

/// What the database lacks and what it has besides, against what the migrations of this binary make; empty when all
/// is as it should be. Changes nothing. While migrations are pending, what they would bring is missing.
pub async fn catalogue_differences(pool: &PgPool) -> sqlx::Result<Vec<String>> {
    let found = read_catalogue(pool).await?;
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let has_role = roles::app_role_exists(pool).await?;
    let expected: BTreeSet<&str> = EXPECTED
        .lines()
        // Without the role nothing can be granted to it: `doctor` speaks of that.
        .filter(|line| has_role || !line.starts_with("grant "))
        .collect();
    let missing = expected
        .difference(&found)
        .map(|line| format!("missing: {line}"));
    let besides = found
        .difference(&expected)
        .map(|line| format!("not from a migration: {line}"));
    Ok(missing.chain(besides).collect())
}

/// A line for each table, column, constraint, index, policy, trigger, function and grant, in order.
pub async fn read_catalogue(pool: &PgPool) -> sqlx::Result<Vec<String>> {
    sqlx::query_file_scalar!("src/kernel/db/catalogue.sql")
        .fetch_all(pool)
        .await
}
