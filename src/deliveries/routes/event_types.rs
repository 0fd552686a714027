//! The catalogue of events, for whoever builds a receiver.
use axum::Json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    deliveries::payload::{self, Message},
    events::{catalogue, examples},
    identity::Staff,
    kernel::ids::{EventId, SubscriberId},
    web::{ApiError, Problem},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_event_types))
}

/// A kind of event.
#[derive(Debug, Serialize, ToSchema)]
struct EventType {
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: &'static str,
    /// The JSON Schema of the whole body.
    #[schema(value_type = Object)]
    schema: Value,
    /// A whole body.
    #[schema(value_type = Object)]
    example: Value,
}

/// All kinds.
#[derive(Debug, Serialize, ToSchema)]
struct EventTypeList {
    data: Vec<EventType>,
    next_cursor: Option<String>,
}

/// Every kind of event there is, with the JSON Schema and an example of what is sent.
#[utoipa::path(get, path = "/event-types", tag = "webhooks out", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = EventTypeList), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_event_types(_staff: Staff) -> Result<Json<EventTypeList>, ApiError> {
    let types = catalogue::types().into_iter().zip(examples());
    let types = types.map(|((kind, schema), event)| {
        let message = Message {
            event: EventId(Uuid::from_u128(0x0199_aaaa_bbbb_7000_8000_0000_0000_0001)),
            kind: kind.to_owned(),
            subscriber: SubscriberId(Uuid::from_u128(0x0199_aaaa_0000_7000_8000_0000_0000_0001)),
            occurred_at: chrono::DateTime::from_timestamp(1_795_186_800, 0).unwrap_or_default(),
            data: event.data(),
        };
        EventType {
            kind,
            schema: payload::schema(kind, &schema),
            example: message.example(),
        }
    });
    Ok(Json(EventTypeList {
        data: types.collect(),
        next_cursor: None,
    }))
}
