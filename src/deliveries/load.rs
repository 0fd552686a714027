//! Reads what many deliveries need, decides which of them may go out now, and writes that, in one transaction.
use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

use crate::{
    app::AppState,
    jobs::Run,
    kernel::{
        db::{SystemToken, SystemTx},
        ids::{EndpointId, SubscriberId},
    },
};

use super::{
    model::{DeliveryStatus, EndpointState, Order, timeout_of},
    pacing::{Turn, take_turn},
    store::{self, Found, FoundEndpoint, OwnedState, Step},
};

/// How long after its deadline a delivery still counts as under way, should its process have died.
const AFTER_DEADLINE: Duration = Duration::seconds(15);

/// A job that wants to deliver.
#[derive(Clone, Debug)]
pub struct Ask {
    pub run: Run,
    pub order: Order,
}

/// What it is to do.
#[derive(Debug)]
pub enum Loaded {
    Send(Box<(Found, FoundEndpoint)>),
    /// Nothing: the job's end or its next run is written.
    Settled,
}

/// What becomes of one of them.
enum Decision {
    Send(Step, Box<(Found, FoundEndpoint)>),
    Wait(Step, Duration),
    /// The delivery came to its end, or had done so before.
    End(Option<Step>),
}

type States = HashMap<(SubscriberId, EndpointId), (EndpointState, i64)>;

pub async fn load(app: AppState, asks: Vec<Ask>) -> sqlx::Result<Vec<Loaded>> {
    let orders: Vec<Order> = asks.iter().map(|ask| ask.order).collect();
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let endpoints = store::list_endpoints_of(&mut tx, &orders).await?;
    let mut states: States = store::lock_states(&mut tx, &endpoints)
        .await?
        .into_iter()
        .map(|owned| ((owned.subscriber, owned.endpoint), (owned.state, -1)))
        .collect();
    let found = store::find_parcels(&mut tx, &orders).await?;
    let mut by_place: HashMap<usize, Found> = found
        .into_iter()
        .map(|found| (found.place, found))
        .collect();
    let limit = app.settings.limits.deliveries_per_second;
    let decisions: Vec<Decision> = orders
        .iter()
        .enumerate()
        .map(|(place, order)| decide(order, by_place.remove(&place), &mut states, limit))
        .collect();
    let (mut steps, mut ends) = (Vec::new(), Vec::new());
    let mut loaded = Vec::with_capacity(asks.len());
    for (ask, decision) in asks.into_iter().zip(decisions) {
        match decision {
            Decision::Send(step, ready) => {
                steps.push(step);
                loaded.push(Loaded::Send(ready));
            }
            Decision::Wait(step, delay) => {
                steps.push(step);
                ends.push((ask.run, Some(delay.to_std().unwrap_or_default())));
                loaded.push(Loaded::Settled);
            }
            Decision::End(step) => {
                steps.extend(step);
                ends.push((ask.run, None));
                loaded.push(Loaded::Settled);
            }
        }
    }
    let changed: Vec<OwnedState> = states
        .into_iter()
        .filter(|(_, (_, in_flight))| *in_flight >= 0)
        .map(|((subscriber, endpoint), (state, _))| OwnedState {
            subscriber,
            endpoint,
            state,
        })
        .collect();
    store::write_steps(&mut tx, &steps, &changed).await?;
    if !ends.is_empty() {
        Run::end_together(&mut tx, &ends).await?;
    }
    tx.commit().await?;
    Ok(loaded)
}

fn decide(order: &Order, found: Option<Found>, states: &mut States, limit: u32) -> Decision {
    let Some(mut found) = found else {
        return Decision::End(None);
    };
    let is_open = matches!(
        found.status,
        DeliveryStatus::Pending | DeliveryStatus::Sending | DeliveryStatus::Retrying
    );
    if found.generation != order.generation || !is_open {
        return Decision::End(None);
    }
    let now = found.now;
    let ended = |status, error| Step {
        order: *order,
        status,
        slot_at: None,
        sending_until: None,
        next_attempt_at: None,
        finished_at: Some(now),
        error,
    };
    let Some(to) = found.to.take().filter(|to| to.is_enabled) else {
        return Decision::End(Some(ended(DeliveryStatus::Cancelled, Some("disabled"))));
    };
    if found.event_data.is_none() {
        return Decision::End(Some(ended(DeliveryStatus::Dead, Some("expired"))));
    }
    let own = to.per_second.map_or(limit, i32::unsigned_abs).min(limit);
    let key = (order.subscriber, found.endpoint);
    let (state, in_flight) = states.entry(key).or_default();
    // Those of this batch count as well as those that were under way before.
    *in_flight = (*in_flight).max(found.in_flight);
    found.was_failing = state.failures_in_row > 0 || state.open_until.is_some();
    match take_turn(state, in_flight, own, found.slot_at, now) {
        Turn::Go => {
            let timeout = Duration::from_std(timeout_of(to.timeout_s)).unwrap_or_default();
            let step = Step {
                order: *order,
                status: DeliveryStatus::Sending,
                slot_at: found.slot_at,
                sending_until: Some(now + timeout + AFTER_DEADLINE),
                next_attempt_at: Some(now),
                finished_at: None,
                error: None,
            };
            Decision::Send(step, Box::new((found, to)))
        }
        Turn::Wait(until) => Decision::Wait(waiting(order, &found, until), until - now),
    }
}

fn waiting(order: &Order, found: &Found, until: DateTime<Utc>) -> Step {
    let status = if found.step > 0 {
        DeliveryStatus::Retrying
    } else {
        DeliveryStatus::Pending
    };
    Step {
        order: *order,
        status,
        slot_at: Some(until),
        sending_until: None,
        next_attempt_at: Some(until),
        finished_at: None,
        error: None,
    }
}
