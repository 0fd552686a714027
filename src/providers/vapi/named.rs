//! What a body of Vapi's names before anybody knows whether it is Vapi's: enough to find whose secret to try.
use serde::Deserialize;
use serde_json::Value;

use super::{MessageKind, ServerMessage};

/// The assistant and the numbers of a call, unproved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub assistant: Option<String>,
    pub number_id: Option<String>,
    /// On our side.
    pub number: Option<String>,
    /// Somebody waits on the line for the answer.
    pub is_awaited: Option<MessageKind>,
}

/// Reads the names. A body that is odd names nobody.
pub fn named(body: &[u8]) -> Named {
    #[derive(Deserialize)]
    struct Body {
        message: Value,
    }

    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Named::default();
    };
    let Ok(message) = ServerMessage::read(body.message) else {
        return Named::default();
    };
    Named {
        assistant: message.assistant_id().map(str::to_owned),
        number_id: message.number_id().map(str::to_owned),
        number: message.our_number().map(str::to_owned),
        is_awaited: Some(message.kind).filter(|kind| kind.is_awaited()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assistant_and_the_number_are_found() {
        let named = named(include_bytes!("../../../tests/data/vapi/hang.json"));
        assert_eq!(
            named.assistant.as_deref(),
            Some("15867747-f6fd-42b3-a353-63687fecc2b4")
        );
        assert_eq!(
            named.number_id.as_deref(),
            Some("9285f1a8-b62f-4ff0-89ab-bdaa8f298d15")
        );
        assert_eq!(named.number.as_deref(), Some("+14385550117"));
        assert_eq!(named.is_awaited, None);
    }

    #[test]
    fn an_odd_body_names_nobody() {
        for body in ["", "[]", "{}", r#"{"message": 7}"#, "\u{0}"] {
            assert_eq!(named(body.as_bytes()), Named::default(), "{body}");
        }
    }
}
