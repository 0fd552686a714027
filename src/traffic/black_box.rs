//! The black box of an interaction: a line for everything that happens in it.
//!
//! Every line is written when it happens, with the commit of what it tells ([`Tx::trace`]), and never changed. To put
//! the timeline together from other rows when somebody asks for it would need no table, but would show how those rows
//! stand now: a text's status, a job that is cleared after a week.
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::conversations::{ConversationUpdate, SavedConversation};
use crate::{
    kernel::{
        db::{NewTrace, TenantTx, Tx},
        ids::InteractionId,
        text::text_enum,
    },
    web::ApiError,
};

text_enum! {
    /// Whom a line of the black box is from: a provider told something, we decided, a brain used a tool, a job worked,
    /// somebody of the business acted, a tool of the business told something.
    Source { Provider, Decision, ToolCall, Job, Staff, External }
}

/// The largest detail that is taken from outside.
const LONGEST_DETAIL: usize = 8 * 1024;
const LONGEST_KIND: usize = 64;

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "PROVIDER",
            Self::Decision => "DECISION",
            Self::ToolCall => "TOOL_CALL",
            Self::Job => "JOB",
            Self::Staff => "STAFF",
            Self::External => "EXTERNAL",
        }
    }
}

/// Writes a line with the commit. `detail`: ids, codes, counts; no secrets, no raw bodies, nobody's words.
pub fn trace(
    tx: &mut TenantTx,
    interaction: InteractionId,
    source: Source,
    kind: impl Into<String>,
    detail: Value,
    at: DateTime<Utc>,
) {
    let subscriber = tx.subscriber();
    tx.trace(NewTrace {
        subscriber,
        interaction,
        at,
        source: source.as_str(),
        kind: kind.into(),
        detail,
    });
}

/// What a provider told of a conversation that it holds, and what we made of it.
pub fn trace_update(
    tx: &mut TenantTx,
    kind: &str,
    update: &ConversationUpdate,
    saved: &SavedConversation,
    at: DateTime<Utc>,
) {
    let told = json!({
        "external_id": update.external_id,
        "status": update.status,
        "duration_seconds": update.duration_s,
        "disconnection_reason": update.disconnection_reason,
        "turns": update.turns.len(),
        "recordings": update.recordings.len(),
        "has_analysis": update.analysis.is_some(),
    });
    let kind = format!("{}.{kind}", update.provider.to_ascii_lowercase());
    trace(tx, saved.id, Source::Provider, kind, told, at);
    if saved.outcome != saved.outcome_before {
        let decided = json!({
            "outcome_type": saved.outcome,
            "before": saved.outcome_before,
            "told": update.outcome,
            "because": update.disconnection_reason,
            "status": saved.status,
        });
        trace(tx, saved.id, Source::Decision, "outcome", decided, at);
    }
}

/// Refuses what is too large, or no object, or has no name.
pub fn check(kind: &str, detail: &Value) -> Result<(), ApiError> {
    let is_name = (1..=LONGEST_KIND).contains(&kind.len())
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':'));
    if !is_name {
        return Err(ApiError::invalid(
            "kind",
            "must be 1 to 64 letters, digits, dots, colons, dashes and underscores",
        ));
    }
    if !detail.is_object() {
        return Err(ApiError::invalid("detail", "must be an object"));
    }
    if detail.to_string().len() > LONGEST_DETAIL {
        return Err(ApiError::invalid("detail", "must be at most 8 KiB of JSON"));
    }
    // PostgreSQL has no such character.
    if detail.to_string().contains("\\u0000") {
        return Err(ApiError::invalid("detail", "must not hold U+0000"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_from_outside_is_small_and_has_a_name() {
        assert!(check("crm.ticket_opened", &json!({"ticket": 4})).is_ok());
        for (kind, detail) in [
            ("", json!({})),
            ("two words", json!({})),
            (&"k".repeat(65), json!({})),
            ("crm", json!([])),
            ("crm", json!("text")),
            ("crm", json!({"text": "x".repeat(8 * 1024)})),
            ("crm", json!({"text": "a\u{0}b"})),
        ] {
            assert!(check(kind, &detail).is_err(), "{kind}");
        }
    }
}
