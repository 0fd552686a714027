//! What somebody hears who waits on the line while nobody can be asked whose secret it was: as much as if it were proved,
//! and nothing that a stranger may not know.
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    providers::{
        retell::{self, Awaited, InboundAnswer, Setup},
        vapi::{
            self, MessageKind, ServerMessage,
            answer::{ToolOutcome, tool_answers},
        },
    },
    web::ApiError,
};

/// What a caller hears while nothing is known, not even the language.
const TROUBLE: &str =
    "We are sorry, we cannot take your call right now. Please call again in a few minutes.";
/// What an agent hears of a tool then.
pub const SORRY: &str = "I cannot do that right now. I can take a message instead.";

/// The answer to a body of Retell's that could not be proved.
pub(super) fn answer_retell(error: ApiError, raw: &[u8]) -> Response {
    let awaited = retell::awaited(raw).filter(|_| is_ours(&error));
    match awaited {
        Some(Awaited::Inbound(channel)) => {
            Json(InboundAnswer::connect(channel, Setup::default())).into_response()
        }
        Some(Awaited::Tool) => Json(unavailable()).into_response(),
        None => error.into_response(),
    }
}

/// The same of Vapi's.
pub(super) fn answer_vapi(error: ApiError, raw: &[u8]) -> Response {
    let message = vapi::read_unproved(raw).filter(|_| is_ours(&error));
    let answer = message.and_then(|message| match message.kind {
        MessageKind::AssistantRequest | MessageKind::TransferDestinationRequest => {
            Some(json!({"error": TROUBLE}))
        }
        MessageKind::ToolCalls => Some(tools_unavailable(&message)),
        _ => None,
    });
    match answer {
        Some(answer) => Json(answer).into_response(),
        None => error.into_response(),
    }
}

fn tools_unavailable(message: &ServerMessage) -> Value {
    let outcomes = message.tools.iter().map(|tool| ToolOutcome {
        tool_call_id: tool.id.clone().unwrap_or_default(),
        name: tool.name.clone(),
        result: unavailable().to_string(),
    });
    tool_answers(&outcomes.collect::<Vec<_>>())
}

fn unavailable() -> Value {
    json!({"result": "unavailable", "message": SORRY})
}

/// The database is away, or we are at fault.
fn is_ours(error: &ApiError) -> bool {
    match error {
        ApiError::Internal(_) => true,
        ApiError::Client { status, code, .. } => {
            *status == StatusCode::SERVICE_UNAVAILABLE && *code == "unavailable"
        }
    }
}
