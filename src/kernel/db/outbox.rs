//! What a commit writes along: events, jobs and lines of the black box, collected in the transaction, written by one
//! statement.
//!
//! The statement stands here and not in `jobs/` and `events/`, because it belongs to every commit: a change,
//! what it means to others and what must follow exist together or not at all.
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::kernel::ids::{EventId, InteractionId, JobId, SubscriberId};

/// A fact that others may want.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: &'static str,
    pub occurred_at: DateTime<Utc>,
    pub data: Value,
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

    pub(super) fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    pub(super) async fn write(
        &mut self,
        conn: &mut PgConnection,
        subscriber: Option<SubscriberId>,
        now: Option<DateTime<Utc>>,
    ) -> sqlx::Result<()> {
        if self.events.is_empty() && self.jobs.is_empty() && self.traces.is_empty() {
            return Ok(());
        }
        let events = std::mem::take(&mut self.events);
        let jobs = std::mem::take(&mut self.jobs);
        let traces = std::mem::take(&mut self.traces);
        let event_ids: Vec<Uuid> = events.iter().map(|_| EventId::new().0).collect();
        let job_ids: Vec<Uuid> = jobs.iter().map(|_| JobId::new().0).collect();
        let trace_ids: Vec<Uuid> = traces.iter().map(|_| Uuid::now_v7()).collect();
        sqlx::query!(
            r#"
            with written as (
                insert into events (subscriber_id, id, type, occurred_at, data)
                select $1, e.id, e.type, e.occurred_at, e.data
                  from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[])
                       as e (id, type, occurred_at, data)
            ),
            boxed as (
                insert into black_box_events (subscriber_id, id, interaction_id, at, source, kind, detail)
                select t.subscriber_id, t.id, t.interaction_id, t.at, t.source, t.kind, t.detail
                  from unnest($15::uuid[], $16::uuid[], $17::uuid[], $18::timestamptz[], $19::text[], $20::text[],
                              $21::jsonb[])
                       as t (subscriber_id, id, interaction_id, at, source, kind, detail)
            )
            insert into jobs (id, kind, lane, subscriber_id, payload, run_at, max_attempts, dedupe_key, created_at)
            select j.id, j.kind, j.lane, j.subscriber_id, j.payload,
                   coalesce($6, now()) + make_interval(secs => j.delay_s),
                   j.max_attempts, j.dedupe_key, coalesce($6, now())
              from unnest($7::uuid[], $8::text[], $9::text[], $10::uuid[], $11::jsonb[], $12::float8[],
                          $13::int[], $14::text[])
                   as j (id, kind, lane, subscriber_id, payload, delay_s, max_attempts, dedupe_key)
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
        Ok(())
    }
}

/// One column of an `unnest`.
fn column<T, C>(rows: &[T], value: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}

fn seconds(delay: Duration) -> f64 {
    delay.as_seconds_f64()
}
