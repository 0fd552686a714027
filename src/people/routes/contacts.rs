//! `/contacts`: the people whom the business knows.
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit, fields, source_of};
use crate::{
    app::AppState,
    events::{self, ContactFacts, Event},
    identity::{Admin, Staff},
    kernel::{
        db::OnConstraint,
        ids::ContactId,
        page::{Cursor, Page},
        phone::E164,
    },
    people::{
        model::ContactStatus,
        store::{
            contacts::{self, Contact, ContactFilter, Removed},
            merging,
        },
    },
    web::{
        ApiError, Body, Checks, Member, Path, Problem, Query,
        csv::{self, Cell, Format, Table},
        paging,
    },
};

/// A person known to the business.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    pub id: Uuid,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub phone: Option<E164>,
    pub email: Option<String>,
    pub notes: Option<String>,
    pub status: ContactStatus,
    /// Where the contact came from: `VOICE`, `SMS`, `CHAT`, `MANUAL`, `API`.
    pub source: String,
    pub language: Option<&'static str>,
    pub last_contacted_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The numbers of contacts that were merged into this one: calls from them are this person's.
    #[schema(value_type = Vec<String>)]
    pub other_phones: Vec<E164>,
}

/// What shall be otherwise, or what shall be: left out means unchanged, null or blank cleared. A new contact has at
/// least a name, a phone or an e-mail address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub first_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub last_name: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub notes: Member<String>,
    pub status: Option<ContactStatus>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub language: Member<String>,
    // What an answer has beside these: somebody may send back what was shown.
    #[serde(default, rename = "id")]
    #[schema(ignore)]
    _id: IgnoredAny,
    #[serde(default, rename = "source")]
    #[schema(ignore)]
    _source: IgnoredAny,
    #[serde(default, rename = "last_contacted_at")]
    #[schema(ignore)]
    _last_contacted_at: IgnoredAny,
    #[serde(default, rename = "created_at")]
    #[schema(ignore)]
    _created_at: IgnoredAny,
    #[serde(default, rename = "other_phones")]
    #[schema(ignore)]
    _other_phones: IgnoredAny,
}

/// Which contacts. Archived ones are listed when their status, phone or e-mail address is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactsQuery {
    pub status: Option<ContactStatus>,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// How the first or last name, both, the e-mail address or the phone begins, in any case.
    pub q: Option<String>,
    /// `csv` for a table; so is `Accept: text/csv`. A table holds up to 10,000 rows, and `X-Next-Cursor` names the rest.
    pub format: Option<Format>,
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Into whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    pub into: Uuid,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts, create_contact))
        .routes(routes!(show_contact, update_contact, delete_contact))
        .routes(routes!(merge_contact))
}

/// Contacts, the newest first.
#[utoipa::path(get, path = "/contacts", tag = "people", security(("bearer" = ["STAFF"])), params(ContactsQuery),
    responses((status = 200, body = Page<ContactView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_contacts(
    State(app): State<AppState>,
    staff: Staff,
    headers: HeaderMap,
    Query(query): Query<ContactsQuery>,
) -> Result<Response, ApiError> {
    let is_table = csv::is_wanted(query.format, &headers);
    let asked = query.limit;
    let (filter, cursor) = query.read()?;
    let (mut limit, after) = paging::page(asked, cursor)?;
    if is_table {
        limit = csv::limit(asked);
    }
    let mut tx = staff.begin(&app).await?;
    let rows = contacts::list_contacts(&mut tx, &filter, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.created_at,
        id: row.id.0,
    });
    if is_table {
        return table(&page.data)?.answer("contacts", page.next_cursor.as_deref());
    }
    Ok(Json(page.map(ContactView::of)).into_response())
}

/// Adds a contact; a phone and an e-mail address are one contact's.
#[utoipa::path(post, path = "/contacts", tag = "people", security(("bearer" = ["STAFF"])),
    request_body = ContactInput,
    responses((status = 201, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_contact(
    State(app): State<AppState>,
    staff: Staff,
    Body(input): Body<ContactInput>,
) -> Result<(StatusCode, Json<ContactView>), ApiError> {
    let now = app.clock.now();
    let mut contact = Contact {
        id: ContactId::new(),
        first_name: None,
        last_name: None,
        phone: None,
        email: None,
        notes: None,
        status: ContactStatus::New,
        source: source_of(&staff).to_owned(),
        language: None,
        last_contacted_at: None,
        created_at: now,
        other_phones: Vec::new(),
    };
    input.apply(&mut contact)?;
    let mut tx = staff.begin(&app).await?;
    unique(contacts::insert_contact(&mut tx, &contact).await)?;
    let facts = ContactFacts {
        contact_id: Some(contact.id.0),
        phone: contact.phone.clone(),
        source: contact.source.clone(),
    };
    events::emit(&mut tx, &Event::ContactCreated(facts), now);
    audit(
        &mut tx,
        &app,
        &staff,
        "contact.created",
        contact.id.0,
        fields(&[]),
    )
    .await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(ContactView::of(contact))))
}

/// One contact. The id of one that was merged finds the other.
#[utoipa::path(get, path = "/contacts/{id}", tag = "people", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn show_contact(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
) -> Result<Json<ContactView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let found = contacts::find_contact(&mut tx, ContactId(id)).await?;
    tx.end_reading();
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(ContactView::of(found)))
}

/// Changes a contact; what is left out stays.
#[utoipa::path(put, path = "/contacts/{id}", tag = "people", security(("bearer" = ["STAFF"])),
    params(("id" = Uuid, Path)), request_body = ContactInput,
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_contact(
    State(app): State<AppState>,
    staff: Staff,
    Path(id): Path<Uuid>,
    Body(input): Body<ContactInput>,
) -> Result<Json<ContactView>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    if !contacts::lock_contact(&mut tx, ContactId(id)).await? {
        return Err(ApiError::not_found());
    }
    let found = contacts::find_contact(&mut tx, ContactId(id)).await?;
    let mut contact = found.ok_or_else(ApiError::not_found)?;
    let before = contact.clone();
    input.apply(&mut contact)?;
    let changed = changed(&before, &contact);
    if !changed.is_empty() {
        unique(contacts::update_contact(&mut tx, &contact, app.clock.now()).await)?;
        audit(
            &mut tx,
            &app,
            &staff,
            "contact.updated",
            id,
            fields(&changed),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Json(ContactView::of(contact)))
}

/// Takes a contact away: deleted when nothing points to it, else archived, so that conversations and money keep whose
/// they are. What a person may ask to be forgotten is `POST /contacts/{id}/erase`.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "people", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem)))]
async fn delete_contact(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let removed = contacts::remove_contact(&mut tx, ContactId(id), app.clock.now()).await?;
    let action = match removed {
        Removed::Deleted => "contact.deleted",
        Removed::Archived => "contact.archived",
        Removed::Nobody => return Err(ApiError::not_found()),
    };
    audit(&mut tx, &app, &admin, action, id, fields(&[])).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that a contact is the same person as another: conversations, texts and leads go to the other one, and calls
/// and texts from its number are the other one's from now on. An opt-out stays with the number. Answers the other one.
#[utoipa::path(post, path = "/contacts/{id}/merge", tag = "people", security(("bearer" = ["ADMIN"])),
    params(("id" = Uuid, Path)), request_body = Merge,
    responses((status = 200, body = ContactView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn merge_contact(
    State(app): State<AppState>,
    admin: Admin,
    Path(id): Path<Uuid>,
    Body(merge): Body<Merge>,
) -> Result<Json<ContactView>, ApiError> {
    if id == merge.into {
        return Err(ApiError::invalid("into", "is the contact itself"));
    }
    let (from, into) = (ContactId(id), ContactId(merge.into));
    let mut tx = admin.begin(&app).await?;
    let sides = merging::lock_both(&mut tx, from, into).await?;
    let side = |id| sides.iter().find(|side| side.id == id);
    let left = side(from).ok_or_else(ApiError::not_found)?;
    let right = side(into).ok_or_else(|| ApiError::invalid("into", "is no contact"))?;
    if left.merged_into.is_some() || right.merged_into.is_some() {
        let detail = "one of the two was merged before";
        return Err(ApiError::client(StatusCode::CONFLICT, "conflict", detail));
    }
    merging::merge_contacts(&mut tx, from, into, app.clock.now()).await?;
    let survivor = contacts::find_contact(&mut tx, into).await?;
    let survivor = survivor.ok_or_else(ApiError::not_found)?;
    audit(
        &mut tx,
        &app,
        &admin,
        "contact.merged",
        id,
        json!({ "into": into }),
    )
    .await?;
    tx.commit().await?;
    Ok(Json(ContactView::of(survivor)))
}

/// The database refuses what is another contact's, also an archived or a merged one's.
fn unique(written: sqlx::Result<()>) -> Result<(), ApiError> {
    let conflict = |code, detail| ApiError::client(StatusCode::CONFLICT, code, detail);
    match written {
        Ok(()) => Ok(()),
        Err(error) => {
            let phone = conflict("duplicate_phone", "another contact has this phone");
            let email = conflict("conflict", "another contact has this e-mail address");
            let broken = error
                .as_database_error()
                .and_then(|error| error.constraint())
                .map(str::to_owned);
            match broken.as_deref() {
                Some("contacts_subscriber_email_key") => {
                    Err(error).on_constraint("contacts_subscriber_email_key", email)
                }
                _ => Err(error).on_constraint("contacts_subscriber_phone_key", phone),
            }
        }
    }
}

impl ContactsQuery {
    fn read(self) -> Result<(ContactFilter, Option<String>), ApiError> {
        let mut checks = Checks::default();
        // A plus that nobody encoded is read as a space.
        let phone = self.phone.map(|phone| match phone.strip_prefix(' ') {
            Some(digits) => format!("+{digits}"),
            None => phone,
        });
        let phone = phone.and_then(|phone| checks.phone("phone", &phone));
        let email = self.email.and_then(|email| checks.email("email", &email));
        let begins = self.q.and_then(|begins| checks.line("q", &begins, 100));
        checks.finish()?;
        let filter = ContactFilter {
            status: self.status,
            phone,
            email,
            begins,
        };
        Ok((filter, self.cursor))
    }
}

impl ContactInput {
    fn apply(self, to: &mut Contact) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        let line = |checks: &mut Checks, field: &str, text: String| checks.line(field, &text, 100);
        checks.set(&mut to.first_name, "first_name", self.first_name, line);
        checks.set(&mut to.last_name, "last_name", self.last_name, line);
        checks.set(
            &mut to.phone,
            "phone",
            self.phone,
            |checks, field, text: String| checks.phone(field, &text),
        );
        checks.set(
            &mut to.email,
            "email",
            self.email,
            |checks, field, text: String| checks.email(field, &text),
        );
        checks.set(
            &mut to.notes,
            "notes",
            self.notes,
            |checks, field, text: String| checks.words(field, &text, 5000),
        );
        checks.set(
            &mut to.language,
            "language",
            self.language,
            |checks, field, text: String| {
                let text = checks.line(field, &text, 20)?;
                let read = text.parse();
                read.map_err(|error: &str| checks.refuse(field, error)).ok()
            },
        );
        to.status = self.status.unwrap_or(to.status);
        checks.finish()?;
        let is_anybody = to.first_name.is_some()
            || to.last_name.is_some()
            || to.phone.is_some()
            || to.email.is_some();
        if is_anybody {
            return Ok(());
        }
        Err(ApiError::invalid(
            "phone",
            "a contact has a name, a phone or an e-mail address",
        ))
    }
}

/// The names of the members that differ.
fn changed(before: &Contact, after: &Contact) -> Vec<&'static str> {
    let members = [
        ("first_name", before.first_name != after.first_name),
        ("last_name", before.last_name != after.last_name),
        ("phone", before.phone != after.phone),
        ("email", before.email != after.email),
        ("notes", before.notes != after.notes),
        ("status", before.status != after.status),
        ("language", before.language != after.language),
    ];
    let differ = members.into_iter().filter(|(_, differs)| *differs);
    differ.map(|(name, _)| name).collect()
}

const COLUMNS: [&str; 11] = [
    "id",
    "first_name",
    "last_name",
    "phone",
    "email",
    "notes",
    "status",
    "source",
    "language",
    "last_contacted_at",
    "created_at",
];

fn table(rows: &[Contact]) -> Result<Table, ApiError> {
    let mut table = Table::new(&COLUMNS)?;
    for row in rows {
        table.row(&[
            Cell::exact(row.id),
            Cell::words(row.first_name.as_deref()),
            Cell::words(row.last_name.as_deref()),
            Cell::exact_or_empty(row.phone.as_ref()),
            Cell::words(row.email.as_deref()),
            Cell::words(row.notes.as_deref()),
            Cell::exact(row.status.as_str()),
            Cell::exact(&row.source),
            Cell::exact_or_empty(row.language.map(|language| language.code())),
            Cell::time(row.last_contacted_at),
            Cell::time(Some(row.created_at)),
        ])?;
    }
    Ok(table)
}

impl ContactView {
    fn of(row: Contact) -> Self {
        Self {
            id: row.id.0,
            first_name: row.first_name,
            last_name: row.last_name,
            phone: row.phone,
            email: row.email,
            notes: row.notes,
            status: row.status,
            source: row.source,
            language: row.language.map(|language| language.code()),
            last_contacted_at: row.last_contacted_at,
            created_at: row.created_at,
            other_phones: row.other_phones,
        }
    }
}
