//! The statements of the seeds. Each says itself whether it created its row, updated it or left it alone.
mod channels;
mod details;
mod platform;
mod subscribers;

use crate::kernel::db::{Db, SystemToken, SystemTx, Tx};

pub use channels::{Held, NewChannel, insert_channel, list_numbers, lock_channels, move_channel};
pub use details::{insert_holidays, insert_hours, insert_services};
pub use platform::{find_number, insert_shared_number, upsert_agent};
pub use subscribers::{
    find_slug, insert_credit_account, insert_number, insert_profile, insert_subscription,
    list_subscribers, upsert_subscriber,
};

/// Begins a transaction that waits for another seed at the same subscriber: nobody is waiting for us, and on a slow
/// line the pool's own patience would end before the other has finished.
pub async fn begin(db: &Db) -> sqlx::Result<SystemTx> {
    let mut tx = SystemTx::begin(db, SystemToken::Seeding).await?;
    sqlx::query!("set local lock_timeout = '12s'")
        .execute(tx.conn())
        .await?;
    Ok(tx)
}
