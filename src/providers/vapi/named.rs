//! What a body of Vapi's names before anybody knows whether it is Vapi's: enough to find whose secret to try.
use serde::Deserialize;
use serde_json::Value;

use super::ServerMessage;

/// The assistant and the numbers of a call, unproved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub assistant: Option<String>,
    pub number_id: Option<String>,
    /// On our side.
    pub number: Option<String>,
}

/// The message of a body that nobody has proved yet. An odd one has none.
pub fn read_unproved(body: &[u8]) -> Option<ServerMessage> {
    #[derive(Deserialize)]
    struct Body {
        message: Value,
    }

    let body: Body = serde_json::from_slice(body).ok()?;
    ServerMessage::read(body.message).ok()
}

/// Reads the names. A body that is odd names nobody.
pub fn named(body: &[u8]) -> Named {
    let named = read_unproved(body).map(|message| Named {
        assistant: message.assistant_id().map(str::to_owned),
        number_id: message.number_id().map(str::to_owned),
        number: message.our_number().map(str::to_owned),
    });
    named.unwrap_or_default()
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
    }

    #[test]
    fn an_odd_body_names_nobody() {
        for body in ["", "[]", "{}", r#"{"message": 7}"#, "\u{0}"] {
            assert_eq!(named(body.as_bytes()), Named::default(), "{body}");
        }
    }
}
