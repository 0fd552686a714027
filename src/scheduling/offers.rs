//! What is free, read from the tables: the same reading for who asks and for who books.
use chrono::{DateTime, Days, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    calcom,
    model::{Appointment, Asked, Error, Offer, OfferedSlot, Resource},
    slots::{self, Busy, Lane, Plan, Slot},
    store::{appointments, resources},
    token::{self, Claim},
};
use crate::{
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, ResourceId, SubscriberId},
        secrets::Keyring,
    },
    tenancy::{
        opening_hours::OpeningHours,
        store::{
            booking::{self, BookingRules},
            hours, services,
        },
    },
};

/// How many other times are named to who wanted one that is taken, and how far around it they are looked for.
const ALTERNATIVES: usize = 5;
const AROUND_DAYS: u64 = 14;

/// More resources than a business has.
const MOST_RESOURCES: i64 = 200;
const MOST_HOLIDAYS: i64 = 400;

const SHORTEST_MINUTES: i32 = 5;
const LONGEST_MINUTES: i32 = 24 * 60;

/// What is to be booked: this service, at this resource if one was named, so long if that was said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub service: Option<Uuid>,
    pub resource: Option<ResourceId>,
    pub duration_minutes: Option<i32>,
    pub moving: Option<Moving>,
}

/// An appointment that is moved: it keeps its buffer, the time that it takes hinders nothing, and where it is it need not
/// go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moving {
    pub appointment: AppointmentId,
    pub resource: ResourceId,
    pub starts_at: DateTime<Utc>,
    pub buffer_minutes: i32,
}

impl Moving {
    pub fn of(appointment: &Appointment) -> Self {
        Self {
            appointment: appointment.id,
            resource: appointment.resource,
            starts_at: appointment.starts_at,
            buffer_minutes: appointment.buffer_minutes,
        }
    }
}

/// The business's book, as far as it concerns what is wanted.
#[derive(Debug)]
pub(super) struct Book {
    pub rules: BookingRules,
    pub plan: Plan,
    pub wanted: Wanted,
    pub buffer_minutes: i32,
    pub duration_minutes: i32,
    resources: Vec<Resource>,
}

/// The free starts that somebody asked for, in order.
pub async fn offer(
    tx: &mut TenantTx,
    keyring: &Keyring,
    asked: &Asked,
    now: DateTime<Utc>,
) -> Result<Offer, Error> {
    let wanted = Wanted {
        service: asked.service,
        resource: asked.resource,
        duration_minutes: asked.duration_minutes,
        moving: None,
    };
    let book = open(tx, &wanted, now).await?;
    let from = asked.from.max(now);
    let until = asked.until.min(book.closes_at(now));
    let lanes = if from < until {
        book.lanes(tx, from, until).await?
    } else {
        Vec::new()
    };
    let free = slots::free_slots(&book.plan, &lanes, from, until, now, asked.limit);
    let subscriber = tx.subscriber();
    let slots = free
        .into_iter()
        .map(|slot| book.offered(keyring, subscriber, slot, now));
    Ok(Offer {
        zone: book.rules.zone,
        slots: slots.collect(),
    })
}

/// Reads the rules, the hours and the resources.
pub(super) async fn open(
    tx: &mut TenantTx,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Book, Error> {
    let rules = booking::find_booking_rules(tx).await?;
    let rules = rules.ok_or(Error::BookingOff)?;
    let service = match wanted.service {
        // One that is being moved keeps its length, whatever became of its service.
        Some(id) if wanted.moving.is_none() => {
            let found = services::find_service(tx, id).await?;
            let found = found.filter(|service| service.is_active);
            Some(found.ok_or(Error::UnknownService)?)
        }
        _ => None,
    };
    let own = service.as_ref().map(|service| service.duration_minutes);
    let duration_minutes = wanted
        .duration_minutes
        .or(own)
        .unwrap_or(rules.duration_minutes);
    if !(SHORTEST_MINUTES..=LONGEST_MINUTES).contains(&duration_minutes) {
        return Err(Error::BadDuration);
    }
    let buffer_minutes = match wanted.moving {
        Some(moving) => moving.buffer_minutes,
        None => service.map_or(0, |service| service.buffer_minutes),
    };
    let resources = active_resources(tx, wanted.resource, now).await?;
    let week = hours::list_hours(tx).await?;
    // Yesterday's hours may last into today, and the zone may be a day behind.
    let since = now.date_naive().checked_sub_days(Days::new(3));
    let closures = hours::list_holidays(tx, since, MOST_HOLIDAYS).await?;
    let wish = calcom::Wish {
        service: wanted.service,
        minutes: Some(duration_minutes),
        moving: wanted.moving.map(|moving| moving.appointment),
    };
    let plan = Plan {
        zone: rules.zone,
        hours: week.iter().filter_map(OpeningHours::of).collect(),
        closures: closures.into_iter().map(Into::into).collect(),
        lead: TimeDelta::minutes(i64::from(rules.lead_minutes)),
        horizon_days: u64::try_from(rules.horizon_days).unwrap_or_default(),
        duration: TimeDelta::minutes(i64::from(duration_minutes)),
        buffer: TimeDelta::minutes(i64::from(buffer_minutes)),
        elsewhere: calcom::known(tx, &wish, now).await?,
    };
    Ok(Book {
        rules,
        plan,
        wanted: *wanted,
        buffer_minutes,
        duration_minutes,
        resources,
    })
}

async fn active_resources(
    tx: &mut TenantTx,
    named: Option<ResourceId>,
    now: DateTime<Utc>,
) -> Result<Vec<Resource>, Error> {
    let mut all = resources::list_resources(tx, None, None, MOST_RESOURCES).await?;
    if all.is_empty() {
        resources::ensure_resource(tx, now).await?;
        all = resources::list_resources(tx, None, None, MOST_RESOURCES).await?;
    }
    if let Some(named) = named {
        all.retain(|resource| resource.id == named);
        if all.is_empty() {
            return Err(Error::UnknownResource);
        }
    }
    all.retain(|resource| resource.is_active);
    Ok(all)
}

impl Book {
    /// No later than this is anything offered.
    pub fn closes_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // A day more than the last one, in any zone; the pure function knows the day itself.
        now.checked_add_days(Days::new(self.plan.horizon_days + 2))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// What is taken at each resource, read now.
    pub async fn lanes(
        &self,
        tx: &mut TenantTx,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> sqlx::Result<Vec<Lane>> {
        let until = until + self.plan.duration + self.plan.buffer;
        let except = self.wanted.moving.map(|moving| moving.appointment);
        let busy = appointments::list_busy(tx, from, until, except).await?;
        let mut lanes: Vec<Lane> = self
            .resources
            .iter()
            .map(|resource| Lane {
                resource: resource.id,
                busy: Vec::new(),
            })
            .collect();
        for row in busy {
            if let Some(lane) = lanes.iter_mut().find(|lane| lane.resource == row.resource) {
                lane.busy.push(Busy {
                    from: row.from,
                    until: row.until,
                });
            }
        }
        Ok(lanes)
    }

    /// What is free around a start that is taken, the nearest ones, in order: read anew, for somebody has just taken it.
    pub async fn alternatives(
        &self,
        tx: &mut TenantTx,
        keyring: &Keyring,
        start: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<OfferedSlot>, Error> {
        let from = start.checked_sub_days(Days::new(1)).unwrap_or(start);
        let until = start
            .checked_add_days(Days::new(AROUND_DAYS))
            .unwrap_or(start);
        let lanes = self.lanes(tx, from, until).await?;
        let mut free = slots::free_slots(&self.plan, &lanes, from, until, now, usize::MAX);
        free.retain(|slot| !self.is_where_it_is(slot));
        free.sort_by_key(|slot| (slot.starts_at - start).abs());
        free.truncate(ALTERNATIVES);
        free.sort_by_key(|slot| slot.starts_at);
        let subscriber = tx.subscriber();
        let slots = free
            .into_iter()
            .map(|slot| self.offered(keyring, subscriber, slot, now));
        Ok(slots.collect())
    }

    /// Whether taking the slot would move nothing.
    fn is_where_it_is(&self, slot: &Slot) -> bool {
        self.wanted.moving.is_some_and(|moving| {
            let is_there =
                self.wanted.resource.is_none() || self.wanted.resource == Some(moving.resource);
            is_there && moving.starts_at == slot.starts_at
        })
    }

    fn offered(
        &self,
        keyring: &Keyring,
        subscriber: SubscriberId,
        slot: Slot,
        now: DateTime<Utc>,
    ) -> OfferedSlot {
        let claim = Claim {
            resource: slot.resource,
            is_named: self.wanted.resource.is_some(),
            service: self.wanted.service,
            starts_at: slot.starts_at,
            duration_minutes: self.duration_minutes,
        };
        OfferedSlot {
            token: token::write(keyring, subscriber, &claim, now),
            starts_at: slot.starts_at,
            ends_at: slot.starts_at + self.plan.duration,
            resource: slot.resource,
        }
    }
}
