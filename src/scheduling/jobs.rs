//! Orders to tell somebody of an appointment. They are carried out by `messaging`, which stands below.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::store::reminders;
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::{ReminderId, SubscriberId},
    },
};

/// How many reminders one run hands on; what is left is the next minute's.
const MOST: i64 = 1_000;

/// Tells one thing of an appointment.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendNotice {
    pub subscriber: SubscriberId,
    pub reminder: ReminderId,
}

impl Job for SendNotice {
    const KIND: &'static str = "scheduling.send_notice";
    const LANE: Lane = Lane::Interactive;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.reminder))
    }
}

/// Hands on every reminder that is due.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemindDue {
    due_at: DateTime<Utc>,
}

impl RemindDue {
    pub fn of(due_at: DateTime<Utc>) -> Self {
        Self { due_at }
    }
}

impl Job for RemindDue {
    const KIND: &'static str = "scheduling.remind_due";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

pub async fn remind_due(app: AppState, run: Run, _job: RemindDue) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let due = reminders::list_due(&mut tx, app.clock.now(), MOST).await?;
    for (subscriber, reminder) in due {
        jobs::enqueue(
            &mut tx,
            &SendNotice {
                subscriber,
                reminder,
            },
        );
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
