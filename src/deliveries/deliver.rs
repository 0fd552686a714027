//! The job that delivers: read (with the others of this moment), send without a transaction, write what came of it
//! together with the job's end (again with the others).
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    app::{App, AppState},
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{DELIVER, DELIVER_RUNS},
        http::Exchange,
        ids::{DeliveryId, SubscriberId},
        random,
        secrets::Unopenable,
    },
};

use super::{
    batch::Batcher,
    load::{Ask, Loaded, load},
    model::{DeliveryStatus, Order, Trigger, timeout_of},
    parcel::{Address, Opener, Parcel},
    payload::Message,
    settle::{Report, settle},
    store::{Found, FoundEndpoint, Outcome},
    verdict::{self, Verdict},
};

/// Carries one delivery out, or puts it off until its endpoint may get it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliver {
    subscriber: SubscriberId,
    delivery: DeliveryId,
    generation: i32,
}

impl Job for Deliver {
    const KIND: &'static str = DELIVER;
    const LANE: Lane = Lane::Delivery;
    const MAX_ATTEMPTS: u32 = DELIVER_RUNS;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// Where the deliveries of a process meet to ask the database together.
#[derive(Debug, Default)]
pub struct Courier(OnceLock<Meeting>);

#[derive(Debug)]
struct Meeting {
    loading: Batcher<Ask, Loaded>,
    settling: Batcher<Arc<Report>, ()>,
}

impl Courier {
    fn meeting(&self, app: &AppState) -> &Meeting {
        self.0.get_or_init(|| Meeting {
            loading: Batcher::start(app, load),
            settling: Batcher::start(app, settle),
        })
    }
}

/// Runs the job. How it ends is written in the two batches.
pub async fn deliver(
    courier: Arc<Courier>,
    app: AppState,
    run: Run,
    job: Deliver,
) -> Result<(), JobError> {
    let order = Order {
        subscriber: job.subscriber,
        delivery: job.delivery,
        generation: job.generation,
    };
    let meeting = courier.meeting(&app);
    let ask = Ask {
        run: run.clone(),
        order,
    };
    let Loaded::Send(ready) = meeting.loading.ask(ask).await? else {
        return Ok(());
    };
    let (found, to) = *ready;
    let at = app.clock.now();
    let (address, message) = open(&app, &order, &found, &to)?;
    let parcel = Parcel::new(&address, &message, at.timestamp());
    let request_headers = parcel.shown_headers();
    let exchange = parcel.send(&app).await;
    let attempt = Attempt {
        order,
        at,
        request_headers,
    };
    let report = attempt.report(run, &found, &to, exchange, app.clock.now());
    meeting.settling.ask(Arc::new(report)).await?;
    Ok(())
}

fn open(
    app: &App,
    order: &Order,
    found: &Found,
    to: &FoundEndpoint,
) -> Result<(Address, Message), Unopenable> {
    let opener = Opener {
        keyring: &app.keyring,
        subscriber: order.subscriber,
        endpoint: found.endpoint,
    };
    let address = Address {
        url: to.url.clone(),
        format: to.format,
        timeout: timeout_of(to.timeout_s),
        credentials: opener.credentials(to.credentials.as_deref())?,
        headers: opener.headers(to.headers.as_deref())?,
        secrets: opener.secrets(&to.secrets)?,
    };
    let (occurred_at, data) = found.event_data.clone().unwrap_or_default();
    let message = Message {
        event: found.event,
        kind: found.event_type.clone(),
        subscriber: order.subscriber,
        occurred_at,
        data,
    };
    Ok((address, message))
}

struct Attempt {
    order: Order,
    at: DateTime<Utc>,
    request_headers: serde_json::Value,
}

impl Attempt {
    fn report(
        self,
        run: Run,
        found: &Found,
        to: &FoundEndpoint,
        exchange: Exchange,
        now: DateTime<Utc>,
    ) -> Report {
        let step = found.step.saturating_add(1);
        let spread =
            f64::from(u32::from_be_bytes(random::bytes())) / f64::from(u32::MAX) * 2.0 - 1.0;
        let in_schedule = usize::try_from(step).unwrap_or(usize::MAX);
        let verdict = verdict::judge(&exchange, to.schedule, in_schedule, spread, now);
        let error = verdict::error_of(&exchange);
        let answer = exchange.result.ok();
        let status = match verdict {
            Verdict::Succeeded => DeliveryStatus::Succeeded,
            Verdict::Retry(_) => DeliveryStatus::Retrying,
            Verdict::Dead | Verdict::Gone => DeliveryStatus::Dead,
        };
        let delay = match verdict {
            Verdict::Retry(delay) => Some(delay),
            _ => None,
        };
        let is_replay = found.generation > 0 && found.step == 0;
        let outcome = Outcome {
            order: self.order,
            endpoint: found.endpoint,
            number: found.attempts.saturating_add(1),
            trigger: if is_replay {
                Trigger::Replay
            } else {
                Trigger::Schedule
            },
            at: self.at,
            url: to.url.clone(),
            request_headers: self.request_headers,
            duration_ms: i32::try_from(exchange.took.as_millis()).unwrap_or(i32::MAX),
            http_status: answer.as_ref().map(|answer| i32::from(answer.status)),
            error,
            response_body: answer.map(|answer| readable(&answer.body)),
            status,
            step,
            delay_s: delay.map(|delay| delay.as_secs_f64()),
        };
        let occurred_at = found.event_data.as_ref().map(|(at, _)| *at);
        Report {
            run,
            outcome,
            delay,
            is_gone: verdict == Verdict::Gone,
            was_failing: found.was_failing,
            occurred_at: occurred_at.unwrap_or(self.at),
        }
    }
}

/// As text that the database can keep.
pub(super) fn readable(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{fffd}")
}
