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
    model::Link,
    store::{
        bookings, connections,
        slots::{self, Key, Known},
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
    providers::calcom::{self, AskedSlots},
    scheduling::{
        model::{Appointment, When},
        store::appointments,
        token,
    },
    tenancy::store::{booking as rules, services},
};

/// Somebody may be on the phone.
const DEADLINE: Duration = Duration::from_secs(2);

/// What is younger is not asked for again.
const FRESH: TimeDelta = TimeDelta::seconds(60);

/// What is older is not believed: as long as a slot that we offered is good.
const KEPT: TimeDelta = TimeDelta::minutes(15);

/// At least so far ahead is asked for at once: as far as something else is offered from (`receptionist/tools`) and a
/// week more, and the next question is most likely about a day nearby.
const AT_LEAST: TimeDelta = TimeDelta::days(30);

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

/// For what free times are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    pub service: Option<Uuid>,
    /// None: as long as the service, or as usual.
    pub minutes: Option<i32>,
    /// An appointment that is moved: its own time does not hinder it.
    pub moving: Option<AppointmentId>,
}

impl Wish {
    pub fn of_service(service: Option<Uuid>) -> Self {
        Self {
            service,
            ..Self::default()
        }
    }

    pub fn of_moving(appointment: &Appointment) -> Self {
        Self {
            service: appointment.service,
            minutes: i32::try_from(appointment.duration_minutes()).ok(),
            moving: Some(appointment.id),
        }
    }
}

/// What is known of the calendar. None: none is connected, or nothing is known that is young enough.
pub async fn known(
    tx: &mut TenantTx,
    wish: &Wish,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Free>> {
    let Some(key) = key_of(tx, wish).await? else {
        return Ok(None);
    };
    let known = slots::find(tx, &key, now - KEPT).await?;
    Ok(known.map(|known| Free {
        from: known.covers_from,
        until: known.covers_until,
        starts: known.starts,
    }))
}

/// What Cal.com is asked for it. None: nothing is booked there.
async fn key_of(tx: &mut TenantTx, wish: &Wish) -> sqlx::Result<Option<Key>> {
    let Some(choice) = connections::find_event_type(tx, wish.service).await? else {
        return Ok(None);
    };
    let link = match wish.moving {
        Some(appointment) => bookings::find_of(tx, appointment).await?,
        None => None,
    };
    let link = link.filter(Link::is_booked);
    let booked_as = link.as_ref().and_then(|link| link.event_type_id);
    let event_type = booked_as.unwrap_or(choice.id);
    let minutes = if event_type == choice.id && !choice.lengths.is_empty() {
        choice.length_of(minutes_of(tx, wish).await?.into())
    } else {
        None
    };
    Ok(Some(Key {
        event_type,
        minutes,
        moving: link.and_then(|link| link.uid),
    }))
}

async fn minutes_of(tx: &mut TenantTx, wish: &Wish) -> sqlx::Result<i32> {
    if let Some(minutes) = wish.minutes {
        return Ok(minutes);
    }
    if let Some(service) = wish.service
        && let Some(service) = services::find_service(tx, service).await?
    {
        return Ok(service.duration_minutes);
    }
    let rules = rules::find_booking_rules(tx).await?;
    Ok(rules.map_or(0, |rules| rules.duration_minutes))
}

/// The same for whoever is about to book, and for the coming days.
pub async fn freshen_for(app: &App, subscriber: SubscriberId, wish: &Wish, when: &When) {
    let now = app.clock.now();
    let mut wish = *wish;
    let start = match when {
        When::Start(start) => *start,
        // On whatever clocks: from the day before on is asked for.
        When::Local(local) => local.and_utc(),
        When::Slot(text) => {
            // One that is none of ours is refused by whoever books.
            let Ok(claim) = token::read(&app.keyring, subscriber, text, now) else {
                return;
            };
            if wish.moving.is_none() {
                wish.service = claim.service.or(wish.service);
                wish.minutes = Some(claim.duration_minutes);
            }
            claim.starts_at
        }
    };
    let range = start
        .checked_sub_signed(TimeDelta::days(1))
        .zip(start.checked_add_signed(AT_LEAST));
    if let Some(range) = range.filter(|(from, _)| *from < now + FARTHEST) {
        freshen(app, subscriber, &wish, range).await;
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
        freshen_for(app, subscriber, &Wish::of_moving(&found), when).await;
    }
    Ok(())
}

/// Asks the calendar what is free, unless that is known. Nothing comes of it when it cannot be asked: it was tried.
pub async fn freshen(
    app: &App,
    subscriber: SubscriberId,
    wish: &Wish,
    range: (DateTime<Utc>, DateTime<Utc>),
) {
    if app.calcom.is_none() {
        return;
    }
    let timer = Instant::now();
    let asked = tokio::time::timeout(DEADLINE, ask(app, subscriber, wish, range)).await;
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
    wish: &Wish,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> anyhow::Result<Asked> {
    let now = app.clock.now();
    if from > now + FARTHEST {
        return Ok(Asked::Needless);
    }
    let from = from.max(now);
    let until = until.max(now + AT_LEAST).min(from + AT_MOST);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let key = key_of(&mut tx, wish).await?;
    let known = match &key {
        Some(key) => slots::find(&mut tx, key, now - KEPT).await?,
        None => None,
    };
    tx.end_reading();
    let Some(key) = key else {
        return Ok(Asked::Needless);
    };
    // What is free for a new booking is not what is asked for one that is moved.
    let moving_uid = key.moving.clone().unwrap_or_default();
    let known = known.filter(|known| known.moving_uid == moving_uid);
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
    // From a little earlier, so that the next question of this minute finds its own beginning in it; but for a day that
    // is further away than anybody asks at once.
    let since = if until <= now + AT_MOST { now } else { from };
    // What somebody asked for a moment ago is asked for again with the rest: a slot of it may be booked now.
    let until = known
        .map_or(until, |known| until.max(known.covers_until))
        .min(since + AT_MOST);
    let asked = AskedSlots {
        event_type_id: key.event_type,
        from: since,
        until,
        length_minutes: key.minutes,
        moving: key.moving.as_deref(),
    };
    let found = access.client.slots(&access.token, &asked, DEADLINE).await;
    if let Err(calcom::Error::TokenRefused) = found {
        tokens::refuse(app, subscriber, &access).await?;
    }
    let known = Known {
        moving_uid,
        covers_from: since,
        covers_until: until,
        starts: found?,
        fetched_at: now,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    slots::put(&mut tx, &key, &known).await?;
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
