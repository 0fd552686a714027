//! Taking a conversation over from the receptionist, giving it back, and letting its first reply pass.
use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::AppState,
    identity::{Caller, Staff, audit::Entry},
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{NewTrace, SystemToken, SystemTx, TenantTx, Tx},
        ids::{InteractionId, SubscriberId},
    },
    messaging::{
        approval,
        staff::{QueuedText, Words},
    },
    traffic::{
        self, Source, Status,
        store::{
            lists::{self, InteractionView},
            takeover,
        },
    },
    web::{
        ApiError, Problem,
        extract::{Body, Path},
    },
};

/// A week: who forgets a conversation longer than that has lost it.
const MOST_MINUTES: i64 = 7 * 24 * 60;
const BATCH: usize = 500;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(take_over))
        .routes(routes!(hand_back))
        .routes(routes!(approve))
}

/// For how long.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeOver {
    /// When the receptionist speaks again by itself; without it, when the conversation is handed back.
    #[schema(minimum = 1, maximum = 10080)]
    resume_after_minutes: Option<i64>,
}

/// Other words than the receptionist's, or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Approval {
    text: Option<Words>,
}

/// Takes the conversation over: from this answer on the receptionist says nothing in it, not even what it was writing
/// at that moment.
#[utoipa::path(post, path = "/interactions/{id}/take-over", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = TakeOver,
    responses((status = 200, body = InteractionView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn take_over(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
    Body(asked): Body<TakeOver>,
) -> Result<Json<InteractionView>, ApiError> {
    let now = app.clock.now();
    let until = asked
        .resume_after_minutes
        .map(|minutes| until(minutes, now))
        .transpose()?;
    let mut tx = caller.begin(&app).await?;
    match takeover::take_over(&mut tx, id, caller.user(), until).await? {
        None => return Err(ApiError::not_found()),
        Some(Status::Open) => {}
        Some(Status::Completed | Status::Failed) => {
            return Err(ApiError::client(
                StatusCode::CONFLICT,
                "conflict",
                "this conversation is over",
            ));
        }
    }
    let detail = json!({"user_id": caller.user(), "resumes_at": until});
    traffic::trace(&mut tx, id, Source::Staff, "taken_over", detail, now);
    let changes = json!({"is_ai_paused": true, "resumes_at": until});
    let view = done(
        &mut tx,
        &app,
        &caller,
        id,
        "interaction.taken_over",
        changes,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Gives the conversation back: the receptionist answers what comes next. What came meanwhile was a person's to answer.
#[utoipa::path(post, path = "/interactions/{id}/hand-back", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = InteractionView), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn hand_back(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
) -> Result<Json<InteractionView>, ApiError> {
    let mut tx = caller.begin(&app).await?;
    if !takeover::hand_back(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    let detail = json!({"user_id": caller.user()});
    traffic::trace(
        &mut tx,
        id,
        Source::Staff,
        "handed_back",
        detail,
        app.clock.now(),
    );
    let changes = json!({"is_ai_paused": false});
    let view = done(
        &mut tx,
        &app,
        &caller,
        id,
        "interaction.handed_back",
        changes,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Sends the receptionist's reply that waits for approval (mode `APPROVE_FIRST_REPLY`), in other words if some are
/// given. From then on it answers in this conversation by itself.
#[utoipa::path(post, path = "/interactions/{id}/approve", tag = "inbox", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = Approval,
    responses((status = 202, body = QueuedText), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
async fn approve(
    State(app): State<AppState>,
    caller: Staff,
    Path(id): Path<InteractionId>,
    Body(approval): Body<Approval>,
) -> Result<(StatusCode, Json<QueuedText>), ApiError> {
    let mut tx = caller.begin(&app).await?;
    if lists::find(&mut tx, id.0).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let words = approval.text.as_ref();
    let queued = approval::approve(&mut tx, &caller, id, words, app.clock.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

fn until(minutes: i64, now: DateTime<Utc>) -> Result<DateTime<Utc>, ApiError> {
    if !(1..=MOST_MINUTES).contains(&minutes) {
        return Err(ApiError::invalid(
            "resume_after_minutes",
            "must be from 1 to 10080",
        ));
    }
    Ok(now + TimeDelta::minutes(minutes))
}

/// Writes the act into the business's log, and shows the conversation as it stands now.
async fn done(
    tx: &mut TenantTx,
    app: &AppState,
    caller: &Caller,
    id: InteractionId,
    action: &'static str,
    changes: serde_json::Value,
) -> Result<InteractionView, ApiError> {
    let entry = Entry {
        action,
        subject_kind: "interaction",
        subject: Some(id.0),
        changes,
    };
    caller.audit(tx, app, &entry).await?;
    let view = lists::find(tx, id.0).await?;
    view.ok_or_else(ApiError::not_found)
}

/// Gives conversations back whose time is up.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResumeDue {}

impl Job for ResumeDue {
    const KIND: &'static str = "inbox.resume_due";
    const LANE: Lane = Lane::Interactive;
    const DEADLINE: Duration = Duration::from_secs(60);

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

pub async fn resume_due(app: AppState, run: Run, _job: ResumeDue) -> Result<(), JobError> {
    loop {
        let now = app.clock.now();
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let resumed = takeover::resume_due(&mut tx, now, BATCH as i64).await?;
        for (subscriber, interaction) in &resumed {
            tx.trace(NewTrace {
                subscriber: *subscriber,
                interaction: *interaction,
                at: now,
                source: Source::Job.as_str(),
                kind: ResumeDue::KIND.to_owned(),
                detail: json!({"job_id": run.job()}),
            });
        }
        tx.commit().await?;
        if resumed.len() < BATCH {
            return Ok(());
        }
    }
}
