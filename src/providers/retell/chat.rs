//! A written conversation as Retell describes it. It carries no phone numbers: who wrote is known from our own row.
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    call::Cost,
    transcript::{self, Turn, Utterance},
    wire::subscriber_hint,
};
use crate::providers::loose;

/// A chat with an agent.
#[derive(Clone, Debug, Deserialize)]
pub struct Chat {
    pub chat_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub agent_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub chat_status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub chat_type: Option<String>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub start_timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub end_timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::text")]
    pub transcript: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    pub message_with_tool_calls: Vec<Utterance>,
    /// What we gave when the chat was opened.
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub metadata: Map<String, Value>,
    #[serde(
        default,
        deserialize_with = "loose::or_absent",
        rename = "retell_llm_dynamic_variables"
    )]
    pub dynamic_variables: Map<String, Value>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub collected_dynamic_variables: Map<String, Value>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub chat_cost: Option<Cost>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub chat_analysis: Option<ChatAnalysis>,
}

/// What Retell thinks of a chat afterwards.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatAnalysis {
    #[serde(default, deserialize_with = "loose::text")]
    pub chat_summary: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub user_sentiment: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub chat_successful: Option<bool>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub custom_analysis_data: Map<String, Value>,
}

impl Chat {
    /// The turns of the chat, from the fuller transcript if there is one.
    pub fn turns(&self) -> Vec<Turn> {
        match self.message_with_tool_calls.as_slice() {
            [] => transcript::turns_of_text(self.transcript.as_deref().unwrap_or_default()),
            messages => transcript::turns(messages),
        }
    }

    /// The subscriber that we named when the chat was opened.
    pub fn subscriber_hint(&self) -> Option<&str> {
        subscriber_hint(&self.metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_read_from_either_transcript() {
        let mut chat: Chat = serde_json::from_str(include_str!(
            "../../../tests/data/retell/api_get_chat.response.json"
        ))
        .unwrap();
        assert_eq!(chat.turns().len(), 6);
        chat.message_with_tool_calls.clear();
        assert_eq!(chat.turns().len(), 4);
        assert_eq!(
            chat.chat_cost.unwrap().combined_cents.unwrap().to_string(),
            "2"
        );
    }

    #[test]
    fn a_chat_that_has_just_begun_has_little() {
        let chat: Chat =
            serde_json::from_str(r#"{"chat_id": "chat_1", "end_timestamp": null}"#).unwrap();
        assert_eq!((chat.turns(), chat.subscriber_hint()), (vec![], None));
    }
}
