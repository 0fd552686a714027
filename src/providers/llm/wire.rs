//! What goes over the wire. Many servers speak this dialect, each a little differently: what comes is read tolerantly.
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// One message of a conversation, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Message {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<AskedTool>,
    },
    Tool {
        tool_call_id: String,
        content: String,
    },
}

/// A tool that the model may use.
#[derive(Clone, Debug, Serialize)]
pub struct Tool<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub function: Function<'a>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Function<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub parameters: &'a Value,
}

/// What the model says: words, or tools that it wants first, or both.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Completion {
    #[serde(default, deserialize_with = "words")]
    pub content: String,
    #[serde(default, deserialize_with = "or_default")]
    pub tool_calls: Vec<AskedTool>,
}

/// A tool that the model wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedTool {
    #[serde(default)]
    pub id: String,
    #[serde(rename = "type", default = "function")]
    pub kind: String,
    pub function: AskedFunction,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedFunction {
    pub name: String,
    /// JSON in a text; some servers send the object itself.
    #[serde(default, deserialize_with = "as_text")]
    pub arguments: String,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub choices: Vec<Choice>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    pub message: Completion,
}

fn function() -> String {
    "function".to_owned()
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    })
}

/// A text, or parts of which some are texts.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_of_different_servers_are_read_alike() {
        let read = |message: Value| -> Completion { serde_json::from_value(message).unwrap() };
        let said = |content: &str| Completion {
            content: content.into(),
            tool_calls: vec![],
        };
        assert_eq!(
            read(json!({"role": "assistant", "content": "Hi", "refusal": null})),
            said("Hi")
        );
        assert_eq!(
            read(
                json!({"content": [{"type": "text", "text": "a"}, {"type": "image"}, {"text": "b"}]})
            ),
            said("a\nb")
        );
        assert_eq!(read(json!({"content": null, "tool_calls": null})), said(""));
        for arguments in [json!("{\"a\":1}"), json!({"a": 1})] {
            let asked = read(json!({"content": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "x", "arguments": arguments}}
            ]}));
            assert_eq!(asked.tool_calls[0].function.arguments, "{\"a\":1}");
        }
        let bare = read(json!({"tool_calls": [{"function": {"name": "opt_out"}}]}));
        assert_eq!(bare.tool_calls[0].function.arguments, "");
    }

    #[test]
    fn messages_are_written_as_the_dialect_wants_them() {
        let tool = Message::Tool {
            tool_call_id: "1".into(),
            content: "{}".into(),
        };
        assert_eq!(
            json!([
                Message::System {
                    content: "be brief".into()
                },
                tool
            ]),
            json!([
                {"role": "system", "content": "be brief"},
                {"role": "tool", "tool_call_id": "1", "content": "{}"}
            ])
        );
    }
}
