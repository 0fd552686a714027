//! What is sealed in the database: where it stands, whether our keys open it, and how it gets under the first key.
//!
//! The one place that may put a table's and a column's name into a statement: they are constants of [`SEALED`].
use secrecy::SecretString;
use serde::Serialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Db, IdentityTx, SystemToken, SystemTx, Tx};
use crate::kernel::{
    ids::SubscriberId,
    secrets::{Keyring, Place},
};

/// A column whose values are sealed; its name ends in `_sealed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The column that says whose row it is; None: the platform's.
    pub subscriber: Option<&'static str>,
    /// The column that tells the row from the subscriber's others: a uuid.
    pub row: &'static str,
}

const fn of_platform(table: &'static str, column: &'static str) -> SealedColumn {
    SealedColumn {
        table,
        column,
        subscriber: None,
        row: "id",
    }
}

const fn of_subscriber(table: &'static str, column: &'static str) -> SealedColumn {
    SealedColumn {
        table,
        column,
        subscriber: Some("subscriber_id"),
        row: "id",
    }
}

/// Every sealed column: a new one is a line here, and `reception rotate-keys` knows it.
/// `tests/it/vault/keys.rs` fails when a column named `…sealed…` is missing.
pub const SEALED: &[SealedColumn] = &[
    of_platform("key_checks", "check_sealed"),
    of_platform("outgoing_mails", "body_sealed"),
    of_platform("outgoing_mails", "recipient_sealed"),
    of_subscriber("calendar_connections", "access_token_sealed"),
    of_subscriber("calendar_connections", "refresh_token_sealed"),
    of_subscriber("calendar_connections", "webhook_secret_sealed"),
    of_subscriber("provider_accounts", "api_key_sealed"),
    of_subscriber("provider_accounts", "webhook_secret_sealed"),
    of_subscriber("webhook_endpoints", "credentials_sealed"),
    of_subscriber("webhook_endpoints", "headers_sealed"),
    of_subscriber("webhook_secrets", "secret_sealed"),
];

/// How many values are sealed anew in one transaction: short enough that nobody waits for it.
const BATCH: i64 = 100;

impl SealedColumn {
    /// Where a value of this column stands.
    pub fn place(&self, subscriber: Option<SubscriberId>, row: Uuid) -> Place {
        Place {
            table: self.table,
            column: self.column,
            subscriber,
            row,
        }
    }

    fn owner(&self) -> &'static str {
        self.subscriber.unwrap_or("null::uuid")
    }

    async fn list(
        &self,
        tx: &mut IdentityTx,
        after: (Uuid, Uuid),
    ) -> sqlx::Result<Vec<(Option<Uuid>, Uuid, String)>> {
        let Self {
            table, column, row, ..
        } = self;
        let owner = self.owner();
        let nil = Uuid::nil();
        let statement = format!(
            "select {owner}, {row}, {column} from {table}
              where {column} is not null and (coalesce({owner}, '{nil}'), {row}) > ($1, $2)
              order by coalesce({owner}, '{nil}'), {row} limit $3"
        );
        sqlx::query_as(AssertSqlSafe(statement))
            .bind(after.0)
            .bind(after.1)
            .bind(BATCH)
            .fetch_all(tx.conn())
            .await
    }

    /// Whoever wrote another value meanwhile keeps it.
    async fn replace(
        &self,
        tx: &mut IdentityTx,
        place: &Place,
        old: &str,
        new: &str,
    ) -> sqlx::Result<bool> {
        let Self {
            table, column, row, ..
        } = self;
        let owner = self.owner();
        let statement = format!(
            "update {table} set {column} = $1
              where {owner} is not distinct from $2 and {row} = $3 and {column} = $4"
        );
        let done = sqlx::query(AssertSqlSafe(statement))
            .bind(new)
            .bind(place.subscriber)
            .bind(place.row)
            .bind(old)
            .execute(tx.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn count_old(&self, tx: &mut IdentityTx, prefix: &str) -> sqlx::Result<i64> {
        let Self { table, column, .. } = self;
        let statement = format!(
            "select count(*) from {table} where {column} is not null and not starts_with({column}, $1)"
        );
        sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(prefix)
            .fetch_one(tx.conn())
            .await
    }
}

/// What became of the values of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    pub table: &'static str,
    pub column: &'static str,
    pub resealed: i64,
    /// Still sealed by another key than the first: those that cannot be opened, and what somebody wrote meanwhile.
    pub still_old: i64,
    /// No key of ours opens them.
    pub unopenable: i64,
}

/// Opens every value, and seals it with the first key where another one did, a column after the other, in batches. What was done stays done: after a crash
/// the next run goes on with what is left. Other processes may read and write meanwhile.
///
/// It works as `identity` does, because sealed values stand in the tables of people as well.
pub async fn rotate(db: &Db, keyring: &Keyring) -> sqlx::Result<Vec<Rotated>> {
    let mut report = Vec::new();
    for column in SEALED {
        report.push(rotate_column(db, keyring, column).await?);
    }
    Ok(report)
}

async fn rotate_column(db: &Db, keyring: &Keyring, column: &SealedColumn) -> sqlx::Result<Rotated> {
    let prefix = keyring.current_prefix();
    let (mut resealed, mut unopenable) = (0, 0);
    let mut after = (Uuid::nil(), Uuid::nil());
    loop {
        let mut tx = IdentityTx::begin(db).await?;
        let found = column.list(&mut tx, after).await?;
        let Some((last_owner, last_row, _)) = found.last() else {
            break;
        };
        after = (last_owner.unwrap_or_default(), *last_row);
        for (owner, row, sealed) in &found {
            let place = column.place(owner.map(SubscriberId), *row);
            match keyring.open(&place, sealed) {
                Ok(_) if sealed.starts_with(&prefix) => {}
                Ok(plain) => {
                    let new = keyring.seal(&place, &plain);
                    resealed += i64::from(column.replace(&mut tx, &place, sealed, &new).await?);
                }
                Err(_) => unopenable += 1,
            }
        }
        tx.commit().await?;
    }
    let mut tx = IdentityTx::begin(db).await?;
    let still_old = column.count_old(&mut tx, &prefix).await?;
    tx.commit().await?;
    Ok(Rotated {
        table: column.table,
        column: column.column,
        resealed,
        still_old,
        unopenable,
    })
}

/// Whether our keys are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCheck {
    Fits,
    /// Nothing was sealed here yet.
    Unmade,
    /// None of our keys opens what stands there.
    Foreign,
}

/// Opens the check value.
pub async fn check_keys(db: &Db, keyring: &Keyring) -> sqlx::Result<KeyCheck> {
    let mut tx = SystemTx::begin(db, SystemToken::Health).await?;
    let sealed = sqlx::query_scalar!("select check_sealed from key_checks")
        .fetch_optional(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(match sealed {
        None => KeyCheck::Unmade,
        Some(sealed) if keyring.open(&check_place(), &sealed).is_ok() => KeyCheck::Fits,
        Some(_) => KeyCheck::Foreign,
    })
}

/// Opens the check value, and makes it at the first start. Of two that start first, one makes it.
pub async fn check_or_make_keys(db: &Db, keyring: &Keyring) -> sqlx::Result<KeyCheck> {
    let found = check_keys(db, keyring).await?;
    if found != KeyCheck::Unmade {
        return Ok(found);
    }
    let place = check_place();
    let sealed = keyring.seal(&place, &SecretString::from("these are our keys"));
    let mut tx = SystemTx::begin(db, SystemToken::Health).await?;
    sqlx::query!(
        "insert into key_checks (id, check_sealed) values ($1, $2) on conflict do nothing",
        place.row,
        sealed,
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    check_keys(db, keyring).await
}

/// The one row of `key_checks`.
fn check_place() -> Place {
    SEALED[0].place(None, Uuid::from_u128(1))
}
