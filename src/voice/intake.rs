//! The straight line of news from an agent provider: its turn, its subscriber, its transaction; what fails by a fault of
//! ours is kept and taken up again.
use std::future::Future;

use crate::{
    app::AppState,
    inbound::{self, Claim, EventKey, Received},
    kernel::{db::TenantTx, ids::SubscriberId},
    traffic,
    web::ApiError,
};

/// An event that can take effect for somebody.
pub(super) trait Effect: Sync {
    /// Does everything that the event tells, once, in one transaction.
    fn take_effect(
        &self,
        app: &AppState,
        subscriber: SubscriberId,
        key: &EventKey<'_>,
    ) -> impl Future<Output = Result<Received, traffic::Error>> + Send;
}

/// Takes the event in. `is_again`: it was kept, and is taken up again.
pub(super) async fn take_in(
    app: &AppState,
    key: &EventKey<'_>,
    owner: sqlx::Result<Option<SubscriberId>>,
    is_again: bool,
    event: &impl Effect,
) -> Result<Received, ApiError> {
    let subscriber = owner.as_ref().ok().copied().flatten();
    let handled = async {
        let owner = owner?;
        if !is_again
            && let Some(subscriber) = owner
            && let Some(kept) = inbound::pace(app, subscriber, key).await?
        {
            return Ok(kept);
        }
        let Some(subscriber) = owner else {
            inbound::keep_unrouted(&app.db, key).await?;
            return Ok(Received::Unrouted);
        };
        follow(app, subscriber, key, event).await
    };
    inbound::own_or_answer(app, subscriber, key, handled.await).await
}

async fn follow(
    app: &AppState,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
    event: &impl Effect,
) -> Result<Received, ApiError> {
    let handled = traffic::while_raced(|| event.take_effect(app, subscriber, key)).await;
    if matches!(handled, Err(traffic::Error::Cleared)) {
        return note_without_words(app, subscriber, key).await;
    }
    Ok(handled?)
}

/// News of a conversation whose words were taken away: it is noted that it came, and not what it says.
async fn note_without_words(
    app: &AppState,
    subscriber: SubscriberId,
    key: &EventKey<'_>,
) -> Result<Received, ApiError> {
    let empty = EventKey {
        raw: b"",
        ..key.clone()
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let claim = inbound::claim(&mut tx, Some(subscriber), &empty).await?;
    tx.commit().await?;
    Ok(match claim {
        Claim::New => Received::Done,
        Claim::Duplicate => Received::Duplicate,
    })
}
