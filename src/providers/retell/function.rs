//! A tool of ours that an agent calls in mid-conversation.
use serde_json::{Map, Value};

use super::{
    call::Call,
    chat::Chat,
    transcript,
    wire::{Members, ParseError, subscriber_hint, take, value},
};
use crate::providers::loose;

/// A request to run a tool. Treat every one as a possible repetition: Retell retries.
#[derive(Clone, Debug)]
pub struct FunctionCall {
    pub name: String,
    /// An object, whose members are the model's work and want checking; anything else is what the model garbled.
    pub args: Value,
    pub conversation: Conversation,
}

/// In what conversation a tool is called.
#[derive(Clone, Debug)]
pub enum Conversation {
    Call(Box<Call>),
    Chat(Box<Chat>),
    /// Retell did not say, as with tools that send their arguments alone.
    Unnamed,
}

impl FunctionCall {
    pub(super) fn read(name: String, mut members: Members) -> Result<Self, ParseError> {
        let conversation = if let Some(call) = take(&mut members, "call")? {
            Conversation::Call(call)
        } else if let Some(chat) = take(&mut members, "chat")? {
            Conversation::Chat(chat)
        } else {
            Conversation::Unnamed
        };
        let args = members.remove("args").filter(|args| !args.is_null());
        if args.is_none() && matches!(conversation, Conversation::Unnamed) {
            // Arguments alone, one of which happens to be a name.
            return Err(ParseError::Missing("args"));
        }
        Ok(Self {
            name,
            args: loose::arguments_of(args),
            conversation,
        })
    }

    /// A tool that is named by its path: of a body of arguments alone, or of one like any other.
    pub fn at_path(name: &str, body: &[u8]) -> Result<Self, ParseError> {
        let body = value(body)?;
        if let Value::Object(members) = &body
            && (members.contains_key("call") || members.contains_key("chat"))
            && let Ok(whole) = Self::read(name.to_owned(), members.clone())
        {
            return Ok(whole);
        }
        Ok(Self {
            name: name.to_owned(),
            args: loose::arguments_of(Some(body)),
            conversation: Conversation::Unnamed,
        })
    }

    /// The id of the call or the chat.
    pub fn conversation_id(&self) -> Option<&str> {
        match &self.conversation {
            Conversation::Call(call) => Some(&call.call_id),
            Conversation::Chat(chat) => Some(&chat.chat_id),
            Conversation::Unnamed => None,
        }
    }

    /// The id that Retell gave to this use of the tool, which repetitions share. Without one, the same name and arguments
    /// in the same conversation have to count as the same use.
    pub fn tool_call_id(&self) -> Option<&str> {
        let utterances = match &self.conversation {
            Conversation::Call(call) => &call.transcript_with_tool_calls,
            Conversation::Chat(chat) => &chat.message_with_tool_calls,
            Conversation::Unnamed => return None,
        };
        transcript::open_tool_call(utterances, &self.name, &self.args)
    }

    /// The agent that asks.
    pub fn agent_id(&self) -> Option<&str> {
        match &self.conversation {
            Conversation::Call(call) => call.agent_id.as_deref(),
            Conversation::Chat(chat) => chat.agent_id.as_deref(),
            Conversation::Unnamed => None,
        }
    }

    /// What we gave when the conversation began.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        match &self.conversation {
            Conversation::Call(call) => Some(&call.metadata),
            Conversation::Chat(chat) => Some(&chat.metadata),
            Conversation::Unnamed => None,
        }
    }

    /// The subscriber that we named when the conversation began.
    pub fn subscriber_hint(&self) -> Option<&str> {
        self.metadata().and_then(subscriber_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::retell::WebhookEvent;

    fn function(body: &str) -> FunctionCall {
        match WebhookEvent::parse(body.as_bytes()) {
            Ok(WebhookEvent::Function(call)) => *call,
            other => panic!("not a function call: {other:?}"),
        }
    }

    #[test]
    fn a_tool_is_called_from_a_phone_call() {
        let booking = function(include_str!(
            "../../../tests/data/retell/function_book_appointment.json"
        ));
        assert_eq!(
            (booking.name.as_str(), booking.tool_call_id()),
            ("book_appointment", Some("tool_call_9f12ac"))
        );
        assert_eq!(
            booking.conversation_id(),
            Some("call_5b0e1f7a2c9d4e63a8b7c6d5e4f")
        );
        assert_eq!(booking.subscriber_hint(), Some("tnt_01HBOREALE"));
        assert!(
            matches!(&booking.conversation, Conversation::Call(call) if call.from_number.is_some())
        );
        let check = function(include_str!(
            "../../../tests/data/retell/function_check_availability.json"
        ));
        assert_eq!(
            (check.args["date"].as_str(), check.tool_call_id()),
            (Some("2026-11-17"), Some("tool_call_9f12ab"))
        );
    }

    #[test]
    fn a_tool_is_called_from_a_chat() {
        let check = function(include_str!(
            "../../../tests/data/retell/function_check_availability_chat.json"
        ));
        assert_eq!(
            check.conversation_id(),
            Some("chat_0c7d3e9b1f2a4d58a6b5c4d3e2f")
        );
        assert_eq!(
            (check.tool_call_id(), check.subscriber_hint()),
            (Some("tool_call_c1"), Some("tnt_01HBOREALE"))
        );
    }

    #[test]
    fn at_a_path_of_its_own_a_tool_has_its_arguments_alone_or_in_the_usual_shape() {
        let read =
            |body: &str| FunctionCall::at_path("check_calendar_availability", body.as_bytes());
        let alone = read(include_str!(
            "../../../tests/data/retell/function_check_availability_args_at_root.json"
        ))
        .unwrap();
        assert!(matches!(alone.conversation, Conversation::Unnamed));
        assert_eq!(alone.args["date"], "2026-11-17");
        let named = read(r#"{"name": "Geneviève", "call": "me back"}"#).unwrap();
        assert_eq!(
            (named.name.as_str(), &named.args["name"]),
            ("check_calendar_availability", &"Geneviève".into())
        );
        let whole = read(include_str!(
            "../../../tests/data/retell/function_check_availability.json"
        ))
        .unwrap();
        assert_eq!(whole.tool_call_id(), Some("tool_call_9f12ab"));
        assert_eq!(whole.args["date"], "2026-11-17");
        assert_eq!(read("[1]").unwrap().args, serde_json::json!([1]));
        assert!(read("no json").is_err());
    }

    #[test]
    fn a_tool_without_parameters_has_empty_arguments() {
        assert_eq!(
            function(r#"{"name": "hang_up", "call": {"call_id": "c"}}"#).args,
            serde_json::json!({})
        );
    }

    #[test]
    fn arguments_inside_a_text_are_read_and_garbled_ones_are_kept() {
        for (args, expected) in [
            (r#""{\"day\": \"mon\"}""#, serde_json::json!({"day": "mon"})),
            (r#""{\"day\": ""#, serde_json::json!("{\"day\": ")),
            ("[1]", serde_json::json!([1])),
            ("null", serde_json::json!({})),
        ] {
            let body = format!(r#"{{"name": "book", "args": {args}, "call": {{"call_id": "c"}}}}"#);
            assert_eq!(function(&body).args, expected, "{args}");
        }
    }

    #[test]
    fn arguments_alone_are_no_function_call_even_if_one_is_a_name() {
        let bodies = [
            include_str!(
                "../../../tests/data/retell/function_check_availability_args_at_root.json"
            ),
            r#"{"name": "Geneviève", "date": "2026-11-17"}"#,
            r#"{"name": "book", "args": {}, "call": 7}"#,
        ];
        for body in bodies {
            let parsed = WebhookEvent::parse(body.as_bytes());
            assert!(
                matches!(
                    parsed,
                    Ok(WebhookEvent::UnreadableFunction(_)) | Err(ParseError::Missing("event"))
                ),
                "{body}: {parsed:?}"
            );
        }
    }
}
