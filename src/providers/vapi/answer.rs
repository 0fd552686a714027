//! What Vapi wants to hear. Answers are not wrapped: the `messageResponse` of its document never goes on the wire.
use serde::Serialize;
use serde_json::{Value, json};

/// Who answers a call that comes in.
#[derive(Clone, Debug, PartialEq)]
pub enum AssistantAnswer {
    /// An assistant that Vapi has, with what is other for this call.
    Existing { id: String, overrides: Value },
    /// One for this call alone.
    Transient(Value),
    /// Nobody but a person.
    Transfer { number: String, message: String },
    /// A sentence, and the call ends.
    Error(String),
}

impl AssistantAnswer {
    pub fn to_json(&self) -> Value {
        match self {
            Self::Existing { id, overrides } => {
                json!({"assistantId": id, "assistantOverrides": overrides})
            }
            Self::Transient(assistant) => json!({"assistant": assistant}),
            Self::Transfer { number, message } => {
                json!({"destination": destination(number, message)})
            }
            Self::Error(sentence) => json!({"error": sentence}),
        }
    }
}

/// Whereto the assistant that asked puts its caller through.
#[derive(Clone, Debug, PartialEq)]
pub enum TransferAnswer {
    To { number: String, message: String },
    Error(String),
}

impl TransferAnswer {
    pub fn to_json(&self) -> Value {
        match self {
            Self::To { number, message } => json!({
                "destination": destination(number, ""),
                "message": {"type": "request-start", "content": message},
            }),
            Self::Error(sentence) => json!({"error": sentence}),
        }
    }
}

/// What a tool came to. A line break inside would make Vapi ignore it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolOutcome {
    pub tool_call_id: String,
    pub name: String,
    pub result: String,
}

/// The answers to all tools of one message, in its order.
pub fn tool_answers(outcomes: &[ToolOutcome]) -> Value {
    match outcomes {
        // The older form of a single function names no id, and wants none back.
        [only] if only.tool_call_id.is_empty() => json!({"result": only.result}),
        all => json!({"results": all}),
    }
}

/// An empty message is a silent transfer.
fn destination(number: &str, message: &str) -> Value {
    json!({"type": "number", "number": number, "message": message})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn answers_have_the_shape_of_the_samples() {
        let existing = AssistantAnswer::Existing {
            id: "15867747-f6fd-42b3-a353-63687fecc2b4".into(),
            overrides: json!({"variableValues": {
                "business_name": "Plomberie Boréale", "schedule": "Lundi au vendredi, 8 h à 17 h",
            }}),
        };
        let expected = include_str!("../../../tests/data/vapi/assistant_request.answer.json");
        assert_eq!(existing.to_json(), sample(expected));
        let transfer = AssistantAnswer::Transfer {
            number: "+15145550199".into(),
            message: "Je vous transfère au propriétaire.".into(),
        };
        let expected =
            include_str!("../../../tests/data/vapi/assistant_request.answer_transfer.json");
        assert_eq!(transfer.to_json(), sample(expected));
        let error =
            AssistantAnswer::Error("Désolé, ce numéro n'est pas en service pour le moment.".into());
        let expected = include_str!("../../../tests/data/vapi/assistant_request.answer_error.json");
        assert_eq!(error.to_json(), sample(expected));
    }

    #[test]
    fn the_answers_of_tools_have_the_shape_of_the_samples() {
        let outcomes = [
            ToolOutcome {
                tool_call_id: "call_Xq3Bf0aVdE9rTn2Lk7Yc".into(),
                name: "check_calendar_availability".into(),
                result: "Places libres mardi 17 novembre : 9 h 30, 13 h".into(),
            },
            ToolOutcome {
                tool_call_id: "call_Pw8Zs1uKdJ4hMg6Qv0Bt".into(),
                name: "book_appointment".into(),
                result: "Confirmé, code RR-7K2Q".into(),
            },
        ];
        let one = include_str!("../../../tests/data/vapi/tool_calls.answer.json");
        assert_eq!(tool_answers(&outcomes[..1]), sample(one));
        let two = include_str!("../../../tests/data/vapi/tool_calls_two.answer.json");
        assert_eq!(tool_answers(&outcomes), sample(two));
    }

    #[test]
    fn a_destination_has_the_members_of_the_sample() {
        let answer = TransferAnswer::To {
            number: "+15145550199".into(),
            message: "Je vous transfère.".into(),
        };
        let expected =
            include_str!("../../../tests/data/vapi/transfer_destination_request.answer.json");
        let (answer, expected) = (answer.to_json(), sample(expected));
        assert_eq!(answer["message"], expected["message"]);
        assert_eq!(
            answer["destination"]["type"],
            expected["destination"]["type"]
        );
        assert_eq!(
            answer["destination"]["number"],
            expected["destination"]["number"]
        );
    }
}
