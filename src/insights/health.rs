//! Scores, a page of subscribers at a time.
use chrono::{DateTime, Duration, Utc};

use super::{
    rules::Health,
    store::{self, Score},
};
use crate::kernel::{db::SystemTx, ids::SubscriberId};

/// How long scores are kept.
const KEPT: Duration = Duration::days(90);

/// Scores these subscribers as of the tick, and forgets what is older than anybody looks back.
pub(super) async fn score(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    due_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let facts = store::find_facts(tx, subscribers, due_at).await?;
    let scores: Vec<Score> = facts
        .into_iter()
        .map(|(subscriber, facts)| Score {
            subscriber,
            health: Health::of(&facts, due_at),
            facts,
        })
        .collect();
    store::insert_scores(tx, &scores, due_at).await?;
    store::delete_old_scores(tx, subscribers, due_at - KEPT).await
}
