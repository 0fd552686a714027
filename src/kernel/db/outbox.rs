//! What a commit writes along: events, their deliveries, jobs and lines of the black box, collected in the
//! transaction, written by one
//! statement.
//!
//! The statement stands here and not in `jobs/`, `events/` and `deliveries/`, because it belongs to every commit: a
//! change, what it means to others and what must follow exist together or not at all. For each event it writes one
//! row of `webhook_deliveries` for every endpoint that wants it (what people see) and one job for each of these (what
//! runs); both have the id that the statement makes, a UUIDv7 of the event's time.
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kernel::ids::{EventId, InteractionId, JobId, SubscriberId};

/// The job that carries a delivery out; `deliveries/` has its handler.
pub const DELIVER: &str = "deliveries.deliver";
/// Only runs that crash count, so this is how many processes a delivery may take with it.
pub const DELIVER_RUNS: u32 = 25;

/// A fact that others may want.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: &'static str,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
    /// Another event of the subscriber with this key is not written.
    pub dedupe_key: Option<String>,
}

/// Work to be done after the commit.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub kind: &'static str,
    pub lane: &'static str,
    pub subscriber: Option<SubscriberId>,
    /// Ids only.
    pub payload: Value,
    pub delay: Duration,
    pub max_attempts: i32,
    /// While a job with this key waits or runs, another one is not made.
    pub dedupe_key: Option<String>,
}

/// Something that happened in an interaction: a line of its black box. Ids and codes, no secrets and no raw bodies.
#[derive(Clone, Debug)]
pub struct NewTrace {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub at: DateTime<Utc>,
    pub source: &'static str,
    pub kind: String,
    pub detail: Value,
}

#[derive(Default)]
pub(super) struct Outbox {
    events: Vec<NewEvent>,
    jobs: Vec<NewJob>,
    traces: Vec<NewTrace>,
}

impl Outbox {
    pub(super) fn emit(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    pub(super) fn enqueue(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    pub(super) fn trace(&mut self, trace: NewTrace) {
        self.traces.push(trace);
    }

    /// Writes everything. True: there are new jobs.
    pub(super) async fn write(
        &mut self,
        conn: &mut PgConnection,
        subscriber: Option<SubscriberId>,
        now: Option<DateTime<Utc>>,
    ) -> sqlx::Result<bool> {
        if self.events.is_empty() && self.jobs.is_empty() && self.traces.is_empty() {
            return Ok(false);
        }
        let events = std::mem::take(&mut self.events);
        let jobs = std::mem::take(&mut self.jobs);
        let traces = std::mem::take(&mut self.traces);
        let event_ids: Vec<Uuid> = events.iter().map(|_| EventId::new().0).collect();
        let job_ids: Vec<Uuid> = jobs.iter().map(|_| JobId::new().0).collect();
        let trace_ids: Vec<Uuid> = traces.iter().map(|_| Uuid::now_v7()).collect();
        let written = sqlx::query!(
            r#"
            with written as (
                insert into events (subscriber_id, id, type, occurred_at, data, dedupe_key)
                select $1, e.id, e.type, e.occurred_at, e.data, e.dedupe_key
                  from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $15::text[])
                       as e (id, type, occurred_at, data, dedupe_key)
                on conflict (subscriber_id, dedupe_key) where dedupe_key is not null do nothing
                returning id, type
            ), wanted as (
                select endpoint.id as endpoint_id, written.id as event_id, written.type,
                       -- the time and version of the event's UUIDv7, the random bits of another
                       (left(written.id::text, 15) || substr(gen_random_uuid()::text, 16))::uuid as id
                  from written
                  join webhook_endpoints as endpoint
                    on endpoint.subscriber_id = $1 and endpoint.is_enabled
                   and endpoint.events && array['*', written.type, split_part(written.type, '.', 1) || '.*']
            ), delivery as (
                insert into webhook_deliveries
                       (subscriber_id, id, endpoint_id, event_id, event_type, job_id, next_attempt_at, created_at)
                select $1, id, endpoint_id, event_id, type, id, coalesce($6, now()), coalesce($6, now()) from wanted
            ), boxed as (
                insert into black_box_events (subscriber_id, id, interaction_id, at, source, kind, detail)
                select t.subscriber_id, t.id, t.interaction_id, t.at, t.source, t.kind, t.detail
                  from unnest($18::uuid[], $19::uuid[], $20::uuid[], $21::timestamptz[], $22::text[], $23::text[],
                              $24::jsonb[])
                       as t (subscriber_id, id, interaction_id, at, source, kind, detail)
            )
            insert into jobs (id, kind, lane, subscriber_id, payload, run_at, max_attempts, dedupe_key, created_at)
            select j.id, j.kind, j.lane, j.subscriber_id, j.payload,
                   coalesce($6, now()) + make_interval(secs => j.delay_s),
                   j.max_attempts, j.dedupe_key, coalesce($6, now())
              from unnest($7::uuid[], $8::text[], $9::text[], $10::uuid[], $11::jsonb[], $12::float8[],
                          $13::int[], $14::text[])
                   as j (id, kind, lane, subscriber_id, payload, delay_s, max_attempts, dedupe_key)
             union all
            select wanted.id, $16, 'delivery', $1,
                   jsonb_build_object('subscriber', $1, 'delivery', wanted.id, 'generation', 0),
                   coalesce($6, now()), $17, null, coalesce($6, now())
              from wanted
            on conflict (dedupe_key) where state = 'QUEUED' do nothing
            "#,
            subscriber as _,
            &event_ids,
            &column(&events, |event| event.kind.to_owned()),
            &column(&events, |event| event.occurred_at),
            &column(&events, |event| event.data.clone()),
            now,
            &job_ids,
            &column(&jobs, |job| job.kind.to_owned()),
            &column(&jobs, |job| job.lane.to_owned()),
            &column(&jobs, |job| job.subscriber.map(|id| id.0)) as _,
            &column(&jobs, |job| job.payload.clone()),
            &column(&jobs, |job| seconds(job.delay)),
            &column(&jobs, |job| job.max_attempts),
            &column(&jobs, |job| job.dedupe_key.clone()) as _,
            &column(&events, |event| event.dedupe_key.clone()) as _,
            DELIVER,
            DELIVER_RUNS.cast_signed(),
            &column(&traces, |trace| trace.subscriber.0),
            &trace_ids,
            &column(&traces, |trace| trace.interaction.0),
            &column(&traces, |trace| trace.at),
            &column(&traces, |trace| trace.source.to_owned()),
            &column(&traces, |trace| trace.kind.clone()),
            &column(&traces, |trace| trace.detail.clone()),
        )
        .execute(conn)
        .await?;
        Ok(written.rows_affected() > 0)
    }
}

/// One column of an `unnest`.
fn column<T, C>(rows: &[T], value: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}

fn seconds(delay: Duration) -> f64 {
    delay.as_seconds_f64()
}
