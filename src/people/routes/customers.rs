//! `/customers`: with whom there was contact, and everything that was said with one of them.
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::Staff,
    kernel::{
        page::{Cursor, Page},
        phone::E164,
    },
    people::store::history::{self, Customer, Happened},
    web::{
        ApiError, Path, Problem, Query,
        paging::{self, ListQuery},
    },
};

/// Somebody with whom there was contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    pub contact_id: Uuid,
    #[schema(value_type = Option<String>)]
    pub phone: Option<E164>,
    pub name: Option<String>,
    pub last_contacted_at: DateTime<Utc>,
    /// How many calls, text conversations and chats there were.
    pub interactions: i64,
    /// How many appointments.
    pub appointments: i64,
}

/// One thing that happened with a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct HappenedView {
    /// `INTERACTION` (a call, a text conversation, a chat), `TEXT` (one text of a conversation) or `LEAD`.
    pub kind: String,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub interaction_id: Option<Uuid>,
    pub channel: Option<String>,
    pub direction: Option<String>,
    pub status: Option<String>,
    pub outcome_type: Option<String>,
    pub summary: Option<String>,
    /// Who spoke last in the interaction, or wrote the text: `CALLER`, `AI` or `STAFF`.
    pub role: Option<String>,
    /// The last words of the interaction, or the text.
    pub text: Option<String>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_customers))
        .routes(routes!(list_customer_history))
}

/// Customers, the last one first.
#[utoipa::path(get, path = "/customers", tag = "people", security(("bearer" = ["STAFF"])), params(ListQuery),
    responses((status = 200, body = Page<CustomerView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list_customers(
    State(app): State<AppState>,
    staff: Staff,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<CustomerView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = staff.begin(&app).await?;
    let rows = history::list_customers(&mut tx, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.last_contacted_at,
        id: row.id.0,
    });
    Ok(Json(page.map(CustomerView::of)))
}

/// What happened with whoever has this number, on all channels, the newest first.
#[utoipa::path(get, path = "/customers/{phone}/history", tag = "people", security(("bearer" = ["STAFF"])),
    params(("phone" = String, Path), ListQuery),
    responses((status = 200, body = Page<HappenedView>), (status = 401, body = Problem),
              (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_customer_history(
    State(app): State<AppState>,
    staff: Staff,
    Path(phone): Path<E164>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<HappenedView>>, ApiError> {
    let (limit, after) = paging::page(query.limit, query.cursor)?;
    let mut tx = staff.begin(&app).await?;
    let person = history::list_same_person(&mut tx, &phone).await?;
    if person.is_empty() {
        return Err(ApiError::not_found());
    }
    let rows = history::list_history(&mut tx, &person, after, limit + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, limit, |row| Cursor {
        at: row.at,
        id: row.id,
    });
    Ok(Json(page.map(HappenedView::of)))
}

impl CustomerView {
    fn of(row: Customer) -> Self {
        Self {
            contact_id: row.id.0,
            phone: row.phone,
            name: row.name,
            last_contacted_at: row.last_contacted_at,
            interactions: row.interactions,
            appointments: row.appointments,
        }
    }
}

impl HappenedView {
    fn of(row: Happened) -> Self {
        Self {
            kind: row.kind,
            id: row.id,
            at: row.at,
            interaction_id: row.interaction_id,
            channel: row.channel,
            direction: row.direction,
            status: row.status,
            outcome_type: row.outcome_type,
            summary: row.summary,
            role: row.role,
            text: row.text,
        }
    }
}
