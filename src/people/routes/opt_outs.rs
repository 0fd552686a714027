//! `/opt-outs`: who is not texted.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit, fields, source_of};
use crate::{
    app::AppState,
    events::{self, ContactFacts, Event},
    identity::{Admin, Staff},
    kernel::{
        page::{Cursor, Page},
        phone::E164,
        text::text_enum,
    },
    people::store::{
        callers,
        opt_outs::{self, OptOut},
    },
    web::{
        ApiError, Body, Checks, Path, Problem, Query,
        paging::{self, ListQuery},
    },
};

text_enum! {
    /// How somebody said that texts are wanted again.
    ConsentChannel { Web, Voice, Sms, Chat, Email, Paper }
}

impl ConsentChannel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Web => "WEB",
            Self::Voice => "VOICE",
            Self::Sms => "SMS",
            Self::Chat => "CHAT",
            Self::Email => "EMAIL",
            Self::Paper => "PAPER",
        }
    }
}

/// Somebody who is not texted.
#[derive(Debug, Serialize, ToSchema)]
pub struct OptOutView {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub phone: E164,
    /// `KEYWORD`, `PROVIDER`, `TOOL` or `STAFF`.
    pub source: String,
    pub started_at: DateTime<Utc>,
}

/// Whom not to text any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptOutInput {
    pub phone: String,
}

/// How it is known that the person wants texts again: it is kept as the proof.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptInInput {
    /// Who said so, when and how: `signed form of 2026-11-20, in the shop's folder`.
    pub reason: String,
    /// `PAPER` unless said.
    pub channel: Option<ConsentChannel>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_opt_outs, create_opt_out))
        .routes(routes!(end_opt_out))
}

/// Who is not texted, the newest first.
#[utoipa::path(get, path = "/opt-outs", tag = "people", security(("bearer" = ["STAFF"])), params(ListQuery),
    responses((status = 200, body = Page<OptOutView>), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_opt_outs(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<OptOutView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = staff.begin(&app).await?;
    let rows = opt_outs::list_opt_outs(&mut tx, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.started_at,
        id: row.id,
    });
    Ok(Json(page.map(OptOutView::of)))
}

/// From now on this person is not texted. 200 when that was so already.
#[utoipa::path(post, path = "/opt-outs", tag = "people", security(("bearer" = ["STAFF"])),
    request_body = OptOutInput,
    responses((status = 201, body = OptOutView), (status = 200, body = OptOutView), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn create_opt_out(
    State(app): State<AppState>,
    staff: Staff,
    Body(input): Body<OptOutInput>,
) -> Result<(StatusCode, Json<OptOutView>), ApiError> {
    let mut checks = Checks::default();
    let phone = checks.phone("phone", &input.phone);
    let phone = checks.required("phone", phone);
    checks.finish()?;
    let phone = phone.ok_or_else(ApiError::not_found)?;
    let now = app.clock.now();
    let mut tx = staff.begin(&app).await?;
    let is_new = callers::start_opt_out(&mut tx, &phone, "STAFF", now).await?;
    let found = opt_outs::find_opt_out(&mut tx, &phone).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    if is_new {
        let contact = opt_outs::find_whose(&mut tx, &phone).await?;
        let facts = ContactFacts {
            contact_id: contact.map(|contact| contact.0),
            phone: Some(phone),
            source: "STAFF".to_owned(),
        };
        events::emit(&mut tx, &Event::ContactOptedOut(facts), now);
        audit(
            &mut tx,
            &app,
            &staff,
            "opt_out.created",
            found.id,
            fields(&[]),
        )
        .await?;
    }
    tx.commit().await?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(OptOutView::of(found))))
}

/// This person may be texted again, because: the reason is kept as the proof of consent. Where the carrier blocks the
/// number as well, the person has to text START.
#[utoipa::path(delete, path = "/opt-outs/{id}", tag = "people", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = OptInInput,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn end_opt_out(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Body(input): Body<OptInInput>,
) -> Result<StatusCode, ApiError> {
    let mut checks = Checks::default();
    let reason = checks.words("reason", &input.reason, 1000);
    let reason = checks.required("reason", reason).unwrap_or_default();
    if (1..10).contains(&reason.chars().count()) {
        checks.refuse(
            "reason",
            "says how it is known that the person wants texts again",
        );
    }
    checks.finish()?;
    let channel = input.channel.unwrap_or(ConsentChannel::Paper);
    let now = app.clock.now();
    let mut tx = admin.begin(&app).await?;
    let phone = opt_outs::find_opted_out_phone(&mut tx, id).await?;
    let phone = phone.ok_or_else(ApiError::not_found)?;
    let source = source_of(&admin);
    let contact = opt_outs::lock_or_make_contact(&mut tx, &phone, source, now).await?;
    if !callers::end_opt_out(&mut tx, &phone, now).await? {
        return Err(ApiError::not_found());
    }
    opt_outs::insert_text_consent(&mut tx, contact, channel.as_str(), &reason, now).await?;
    let changes = json!({ "contact": contact, "channel": channel });
    audit(&mut tx, &app, &admin, "opt_out.ended", id, changes).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl OptOutView {
    fn of(row: OptOut) -> Self {
        Self {
            id: row.id,
            phone: row.phone,
            source: row.source,
            started_at: row.started_at,
        }
    }
}
