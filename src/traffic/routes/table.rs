//! Conversations as a table for spreadsheets.
use axum::response::Response;
use serde::Serialize;

use crate::{
    kernel::{page::Page, phone::E164},
    traffic::store::lists::InteractionView,
    web::{
        ApiError,
        csv::{Cell, Table},
    },
};

const COLUMNS: [&str; 22] = [
    "id",
    "external_call_id",
    "provider",
    "channel",
    "direction",
    "from_number",
    "to_number",
    "contact_id",
    "status",
    "outcome_type",
    "ai_handled",
    "started_at",
    "ended_at",
    "duration_seconds",
    "billed_minutes",
    "provider_cost_cents",
    "price",
    "currency",
    "summary",
    "sentiment",
    "assigned_user_id",
    "is_unread",
];

pub fn of(page: &Page<InteractionView>, name: &str) -> Result<Response, ApiError> {
    let mut table = Table::new(&COLUMNS)?;
    for row in &page.data {
        table.row(&cells(row))?;
    }
    table.answer(name, page.next_cursor.as_deref())
}

fn cells(row: &InteractionView) -> [Cell<'_>; COLUMNS.len()] {
    [
        Cell::exact(row.id),
        Cell::words(row.external_call_id.as_deref()),
        Cell::words(Some(&row.provider)),
        word(row.channel),
        word(row.direction),
        number(row.from_number.as_deref()),
        number(row.to_number.as_deref()),
        Cell::exact_or_empty(row.contact_id),
        word(row.status),
        row.outcome_type.map_or(Cell::words(None), word),
        Cell::exact(row.ai_handled),
        Cell::time(Some(row.started_at)),
        Cell::time(row.ended_at),
        Cell::exact_or_empty(row.duration_seconds),
        Cell::exact(row.billed_minutes),
        Cell::exact_or_empty(row.provider_cost_cents),
        Cell::exact_or_empty(row.price),
        Cell::words(row.currency.as_deref()),
        Cell::words(row.summary.as_deref()),
        Cell::words(row.sentiment.as_deref()),
        Cell::exact_or_empty(row.assigned_user_id),
        Cell::exact(row.is_unread),
    ]
}

/// A value of an enumeration, as in JSON.
fn word<'a>(value: impl Serialize) -> Cell<'a> {
    let value = serde_json::to_value(value).unwrap_or_default();
    Cell::exact(value.as_str().unwrap_or_default())
}

/// A number stands as it is; what a provider puts in place of one is words.
fn number(text: Option<&str>) -> Cell<'_> {
    match text.and_then(E164::of_caller) {
        Some(number) => Cell::exact(number.as_str()),
        None => Cell::words(text),
    }
}
