//! What is free at Cal.com, as it concerns what we offer.
//!
//! Whoever offers or books reads in a transaction, and nobody is asked there. So what is free is asked for before
//! ([`freshen`]), with a short deadline, and kept for a quarter of an hour; offering and booking read what is kept
//! ([`known`]). Within a minute nobody asks twice. Where Cal.com does not answer, what is kept counts as long as it is
//! kept, and then our own calendar alone: a booking there is then an attempt, which the repair of conflicts follows.
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    store::{
        connections,
        slots::{self, Known},
    },
    tokens::{self, NoAccess},
};
use crate::{
    app::App,
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, SubscriberId},
        metrics::METRICS,
    },
    providers::calcom,
    scheduling::{model::When, store::appointments},
};

/// Somebody may be on the phone.
const DEADLINE: Duration = Duration::from_secs(2);

/// What is younger is not asked for again.
const FRESH: TimeDelta = TimeDelta::seconds(60);

/// What is older is not believed: as long as a slot that we offered is good.
const KEPT: TimeDelta = TimeDelta::minutes(15);

/// At least so far ahead is asked for at once: the next question is most likely about a day nearby.
const AT_LEAST: TimeDelta = TimeDelta::days(14);

/// No further than this.
const AT_MOST: TimeDelta = TimeDelta::days(62);

/// Nobody books further ahead.
const FARTHEST: TimeDelta = TimeDelta::days(400);

/// What is free there, where it is known.
#[derive(Clone, Debug)]
pub struct Free {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    starts: Vec<DateTime<Utc>>,
}

impl Free {
    /// Whether a start is free there. None: it was not asked for.
    pub fn allows(&self, start: DateTime<Utc>) -> Option<bool> {
        let is_known = self.from <= start && start < self.until;
        is_known.then(|| self.starts.binary_search(&start).is_ok())
    }

    /// What is free from one moment until before another.
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> &[DateTime<Utc>] {
        let first = self.starts.partition_point(|start| *start < from);
        let last = self.starts.partition_point(|start| *start < until);
        self.starts.get(first..last).unwrap_or_default()
    }
}

/// What is known of the calendar, for a service. None: none is connected, or nothing is known that is young enough.
pub async fn known(
    tx: &mut TenantTx,
    service: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Free>> {
    let Some(event_type) = connections::find_event_type(tx, service).await? else {
        return Ok(None);
    };
    let known = slots::find(tx, event_type, now - KEPT).await?;
    Ok(known.map(|known| Free {
        from: known.covers_from,
        until: known.covers_until,
        starts: known.starts,
    }))
}

/// The same for whoever is about to book, and for the coming days.
pub async fn freshen_for(app: &App, subscriber: SubscriberId, service: Option<Uuid>, when: &When) {
    let now = app.clock.now();
    let start = match when {
        When::Start(start) => *start,
        // On whatever clocks: a day on both sides is asked for.
        When::Local(local) => local.and_utc(),
        // It was offered a moment ago, from what was asked for then.
        When::Slot(_) => now,
    };
    let day = TimeDelta::days(1);
    let range = start
        .checked_sub_signed(day)
        .zip(start.checked_add_signed(day));
    if let Some(range) = range.filter(|(from, _)| *from < now + FARTHEST) {
        freshen(app, subscriber, service, range).await;
    }
}

/// The same for whoever is about to move an appointment.
pub async fn freshen_to_move(
    app: &App,
    subscriber: SubscriberId,
    appointment: AppointmentId,
    when: &When,
) -> sqlx::Result<()> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let found = appointments::find_appointment(&mut tx, appointment).await?;
    tx.end_reading();
    if let Some(found) = found {
        freshen_for(app, subscriber, found.service, when).await;
    }
    Ok(())
}

/// Asks the calendar what is free, unless that is known. Nothing comes of it when it cannot be asked: it was tried.
pub async fn freshen(
    app: &App,
    subscriber: SubscriberId,
    service: Option<Uuid>,
    range: (DateTime<Utc>, DateTime<Utc>),
) {
    if app.calcom.is_none() {
        return;
    }
    let timer = Instant::now();
    let asked = tokio::time::timeout(DEADLINE, ask(app, subscriber, service, range)).await;
    let outcome = match asked {
        Ok(Ok(Asked::Needless)) => return,
        Ok(Ok(Asked::Done)) => "ok",
        Ok(Err(error)) => {
            tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "free times are not known: {error:#}");
            "error"
        }
        Err(_) => {
            tracing::warn!(subscriber.id = %subscriber, provider = "calcom", "free times came too late");
            "error"
        }
    };
    METRICS
        .http_client_request_duration
        .with_label_values(&["calcom", "slots", outcome])
        .observe(timer.elapsed().as_secs_f64());
}

enum Asked {
    Needless,
    Done,
}

async fn ask(
    app: &App,
    subscriber: SubscriberId,
    service: Option<Uuid>,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> anyhow::Result<Asked> {
    let now = app.clock.now();
    if from > now + FARTHEST {
        return Ok(Asked::Needless);
    }
    let from = from.max(now);
    let until = until.max(now + AT_LEAST).min(from + AT_MOST);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let event_type = connections::find_event_type(&mut tx, service).await?;
    let known = match event_type {
        Some(event_type) => slots::find(&mut tx, event_type, now - KEPT).await?,
        None => None,
    };
    tx.end_reading();
    let Some(event_type) = event_type else {
        return Ok(Asked::Needless);
    };
    let is_known = known.as_ref().is_some_and(|known| {
        known.fetched_at > now - FRESH && known.covers_from <= from && until <= known.covers_until
    });
    if from >= until || is_known {
        return Ok(Asked::Needless);
    }
    let access = match tokens::access(app, subscriber).await {
        Ok(access) => access,
        Err(NoAccess::NotConnected | NoAccess::Reconnect) => return Ok(Asked::Needless),
        Err(error) => return Err(error.into()),
    };
    // From a little earlier, so that the next question of this minute finds its own beginning in it.
    let since = now.min(from);
    // What somebody asked for a moment ago is asked for again with the rest: a slot of it may be booked now.
    let until = known
        .map_or(until, |known| until.max(known.covers_until))
        .min(since + AT_MOST);
    let range = (since, until);
    let found = access
        .client
        .slots(&access.token, event_type, range, None, DEADLINE)
        .await;
    if let Err(calcom::Error::TokenRefused) = found {
        tokens::refuse(app, subscriber, &access).await?;
    }
    let known = Known {
        covers_from: since,
        covers_until: until,
        starts: found?,
        fetched_at: now,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    slots::put(&mut tx, event_type, &known).await?;
    tx.commit().await?;
    Ok(Asked::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_is_not_forbidden() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let free = Free {
            from: at("2026-11-24T00:00:00Z"),
            until: at("2026-11-26T00:00:00Z"),
            starts: vec![at("2026-11-24T14:00:00Z"), at("2026-11-25T15:00:00Z")],
        };
        assert_eq!(free.allows(at("2026-11-24T14:00:00Z")), Some(true));
        assert_eq!(free.allows(at("2026-11-24T14:30:00Z")), Some(false));
        assert_eq!(free.allows(at("2026-11-26T00:00:00Z")), None);
        assert_eq!(free.allows(at("2026-11-23T14:00:00Z")), None);
        let day = free.between(at("2026-11-24T14:00:00Z"), at("2026-11-25T15:00:00Z"));
        assert_eq!(day, [at("2026-11-24T14:00:00Z")]);
        assert!(
            free.between(at("2026-11-26T00:00:00Z"), at("2026-11-24T00:00:00Z"))
                .is_empty()
        );
    }
}
