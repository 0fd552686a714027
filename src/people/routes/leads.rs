//! `/leads`: requests worth following up.
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit, fields, source_of};
use crate::{
    app::AppState,
    events::{self, ContactFacts, Event, LeadFacts},
    identity::{Caller, EventsWriter, Staff},
    kernel::{
        db::{OnConstraint, TenantTx},
        ids::{ContactId, InteractionId, LeadId},
        page::{Cursor, Page},
        phone::E164,
    },
    people::{
        model::{LeadStatus, Urgency},
        store::{
            callers, contacts,
            leads::{self, Lead, LeadFilter, NewLead},
        },
    },
    web::{ApiError, Body, Checks, Once, Path, Problem, Query, paging},
};

/// A request worth following up.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadView {
    pub id: Uuid,
    pub contact_id: Option<Uuid>,
    pub interaction_id: Option<Uuid>,
    pub category: String,
    pub urgency: Urgency,
    pub summary: String,
    pub status: LeadStatus,
    pub flag: Option<String>,
    pub flag_note: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A request that somebody left, as a tool or a person tells it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadInput {
    pub summary: String,
    /// A word such as `QUOTE`; `OTHER` unless said.
    pub category: Option<String>,
    /// `NORMAL` unless said.
    pub urgency: Option<Urgency>,
    pub contact_id: Option<Uuid>,
    /// Instead of the contact's id: found, or made.
    pub phone: Option<String>,
    pub interaction_id: Option<Uuid>,
}

/// A mark of the business's own, such as `HOT`; null takes it away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    pub flag: Option<String>,
    pub note: Option<String>,
}

/// What became of the lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadUpdate {
    pub status: LeadStatus,
}

/// Which leads.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeadsQuery {
    pub status: Option<LeadStatus>,
    pub urgency: Option<Urgency>,
    pub flag: Option<String>,
    pub contact_id: Option<Uuid>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_leads, create_lead))
        .routes(routes!(show_lead, update_lead))
        .routes(routes!(flag_lead))
}

/// Leads, the newest first.
#[utoipa::path(get, path = "/leads", tag = "people", security(("bearer" = ["STAFF"])), params(LeadsQuery),
    responses((status = 200, body = Page<LeadView>), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 422, body = Problem)))]
async fn list_leads(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<LeadsQuery>,
) -> Result<Json<Page<LeadView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut checks = Checks::default();
    let flag = query.flag.and_then(|flag| flag_word(&mut checks, &flag));
    checks.finish()?;
    let filter = LeadFilter {
        status: query.status,
        urgency: query.urgency,
        flag,
        contact: query.contact_id.map(ContactId),
    };
    let mut tx = staff.begin(&app).await?;
    let rows = leads::list_leads(&mut tx, &filter, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id.0,
    });
    Ok(Json(page.map(LeadView::of)))
}

/// One lead.
#[utoipa::path(get, path = "/leads/{id}", tag = "people", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = LeadView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_lead(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
) -> Result<Json<LeadView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = leads::find_lead(&mut tx, LeadId(id)).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(LeadView::of(found)))
}

/// Adds a lead: for people, and for tools whose key may write events. With an `Idempotency-Key` the same request makes
/// one lead however often it is sent.
#[utoipa::path(post, path = "/leads", tag = "people", security(("bearer" = ["STAFF"])), request_body = LeadInput,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = LeadView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_lead(
    State(app): State<AppState>,
    writer: EventsWriter,
    request: Once<LeadInput>,
) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&request.body)?;
    let now = app.clock.now();
    let mut tx = writer.begin(&app).await?;
    if let Some(replay) = request.begin(&mut tx).await? {
        return Ok(replay);
    }
    let contact = wanted.contact(&mut tx, &writer, now).await?;
    let new = NewLead {
        contact,
        interaction: request.body.interaction_id.map(InteractionId),
        category: &wanted.category,
        urgency: wanted.urgency.as_str(),
        summary: &wanted.summary,
    };
    let unknown = ApiError::invalid("interaction_id", "is no interaction");
    let id = leads::insert_lead(&mut tx, &new, now).await;
    let id = id.on_constraint("leads_interaction_fkey", unknown)?;
    let facts = LeadFacts {
        lead_id: id.0,
        interaction_id: request.body.interaction_id,
        contact_id: contact.map(|contact| contact.0),
        category: wanted.category.clone(),
        urgency: wanted.urgency.as_str().to_owned(),
        summary: wanted.summary.clone(),
    };
    events::emit(&mut tx, &Event::LeadCreated(facts), now);
    let lead = leads::find_lead(&mut tx, id).await?;
    let lead = lead.ok_or_else(ApiError::not_found)?;
    let view = LeadView::of(lead);
    let answer = request.finish(&mut tx, StatusCode::CREATED, &view).await?;
    audit(
        &mut tx,
        &app,
        &writer,
        "lead.created",
        id.0,
        serde_json::json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(answer)
}

/// Says what became of a lead.
#[utoipa::path(patch, path = "/leads/{id}", tag = "people", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = LeadUpdate,
    responses((status = 200, body = LeadView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_lead(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
    Body(update): Body<LeadUpdate>,
) -> Result<Json<LeadView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let now = app.clock.now();
    let lead = leads::update_lead_status(&mut tx, LeadId(id), update.status, now).await?;
    let lead = lead.ok_or_else(ApiError::not_found)?;
    audit(
        &mut tx,
        &app,
        &staff,
        "lead.updated",
        id,
        fields(&["status"]),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(LeadView::of(lead)))
}

/// Flags a lead, or takes its flag away.
#[utoipa::path(post, path = "/leads/{id}/flag", tag = "people", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = Flag,
    responses((status = 200, body = LeadView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn flag_lead(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
    Body(input): Body<Flag>,
) -> Result<Json<LeadView>, ApiError> {
    let mut checks = Checks::default();
    let flag = input.flag.and_then(|flag| flag_word(&mut checks, &flag));
    let note = input
        .note
        .and_then(|note| checks.words("note", &note, 1000));
    if flag.is_none() && note.is_some() {
        checks.required("flag", flag.as_ref());
    }
    checks.finish()?;
    let (flag, note, now) = (flag.as_deref(), note.as_deref(), app.clock.now());
    let mut tx = staff.begin(&app).await?;
    let lead = leads::flag_lead(&mut tx, LeadId(id), flag, note, now).await?;
    let lead = lead.ok_or_else(ApiError::not_found)?;
    audit(
        &mut tx,
        &app,
        &staff,
        "lead.flagged",
        id,
        fields(&["flag", "flag_note"]),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(LeadView::of(lead)))
}

/// A word in capitals, so that it is the same one in whatever case it was written.
fn flag_word(checks: &mut Checks, text: &str) -> Option<String> {
    let word = checks.line("flag", text, 40)?.to_uppercase();
    let fits = word
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '));
    if !fits {
        checks.refuse("flag", "is letters, digits, spaces, - and _");
    }
    fits.then_some(word)
}

/// A lead that can be written.
struct Wanted {
    summary: String,
    category: String,
    urgency: Urgency,
    contact: Option<ContactId>,
    phone: Option<E164>,
}

impl Wanted {
    fn read(input: &LeadInput) -> Result<Self, ApiError> {
        let mut checks = Checks::default();
        let summary = checks.words("summary", &input.summary, 2000);
        let summary = checks.required("summary", summary);
        let category = input.category.as_deref();
        let category = category.and_then(|category| checks.line("category", category, 60));
        let phone = input
            .phone
            .as_deref()
            .and_then(|phone| checks.phone("phone", phone));
        if input.contact_id.is_some() && phone.is_some() {
            checks.refuse("phone", "the contact is named by its id already");
        }
        checks.finish()?;
        Ok(Self {
            summary: summary.unwrap_or_default(),
            category: category.map_or_else(|| "OTHER".to_owned(), |text| text.to_uppercase()),
            urgency: input.urgency.unwrap_or(Urgency::Normal),
            contact: input.contact_id.map(ContactId),
            phone,
        })
    }

    /// Whose lead it is.
    async fn contact(
        &self,
        tx: &mut TenantTx,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Option<ContactId>, ApiError> {
        if let Some(id) = self.contact {
            let found = contacts::find_contact(tx, id).await?;
            let found = found.ok_or_else(|| ApiError::invalid("contact_id", "is no contact"))?;
            return Ok(Some(found.id));
        }
        let Some(phone) = &self.phone else {
            return Ok(None);
        };
        let source = source_of(caller);
        let person = callers::touch_contact(tx, phone, source, now).await?;
        if person.is_new {
            let facts = ContactFacts {
                contact_id: Some(person.contact.0),
                phone: Some(phone.clone()),
                source: source.to_owned(),
            };
            events::emit(tx, &Event::ContactCreated(facts), now);
        }
        Ok(Some(person.contact))
    }
}

impl LeadView {
    fn of(row: Lead) -> Self {
        Self {
            id: row.id.0,
            contact_id: row.contact_id.map(|contact| contact.0),
            interaction_id: row.interaction_id.map(|interaction| interaction.0),
            category: row.category,
            urgency: row.urgency,
            summary: row.summary,
            status: row.status,
            flag: row.flag,
            flag_note: row.flag_note,
            created_at: row.created_at,
        }
    }
}
