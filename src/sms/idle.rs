//! Conversations end when nobody writes any more.
use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    app::AppState,
    billing::{self, Totals},
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{NewTrace, SystemToken, SystemTx, Tx},
        ids::SubscriberId,
    },
    tenancy::Channel,
    traffic,
};

/// A day: who writes again tomorrow begins another conversation.
const IDLE: Duration = Duration::hours(24);
const BATCH: usize = 1000;

/// Ends text conversations that have been silent for a day.
#[derive(Debug, Serialize, Deserialize)]
pub struct CloseIdleTexts {}

impl Job for CloseIdleTexts {
    const KIND: &'static str = "sms.close_idle_texts";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

pub async fn close_idle_texts(
    app: AppState,
    run: Run,
    _job: CloseIdleTexts,
) -> Result<(), JobError> {
    let idle_since = app.clock.now() - IDLE;
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let closed = traffic::close_idle_texts(&mut tx, idle_since, BATCH as i64).await?;
        let totals = closed.iter().map(|closed| {
            let totals = Totals {
                day: closed.day,
                channel: Channel::Sms,
                change: closed.change,
                messages_in: 0,
                messages_out: 0,
            };
            (closed.subscriber, totals)
        });
        billing::add_totals(&mut tx, totals).await?;
        for closed in &closed {
            tx.trace(NewTrace {
                subscriber: closed.subscriber,
                interaction: closed.interaction,
                at: app.clock.now(),
                source: traffic::Source::Job.as_str(),
                kind: CloseIdleTexts::KIND.to_owned(),
                detail: json!({"job_id": run.job(), "outcome_type": closed.outcome}),
            });
        }
        tx.commit().await?;
        if closed.len() < BATCH {
            return Ok(());
        }
    }
}
