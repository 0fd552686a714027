//! A tool of ours that an assistant wants, in every shape in which Vapi has sent it.
use serde_json::{Map, Value};

use crate::providers::loose;

/// One use of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse {
    /// Vapi's id of it, which a repetition shares; None of one that came without.
    pub id: Option<String>,
    pub name: String,
    /// An object; its members are the model's work and want checking.
    pub arguments: Value,
}

/// The uses that a message asks for, in its order. `toolCallList` is read first, `toolCalls` (the same) if it is missing,
/// and the definitions with their uses only if both are.
pub(super) fn tool_uses(message: &Map<String, Value>) -> Vec<ToolUse> {
    let list = |name: &str| {
        let elements = message.get(name).and_then(Value::as_array);
        elements.map_or(&[][..], Vec::as_slice)
    };
    for name in ["toolCallList", "toolCalls"] {
        let uses: Vec<ToolUse> = list(name).iter().filter_map(read).collect();
        if !uses.is_empty() {
            return uses;
        }
    }
    let with_definition = list("toolWithToolCallList").iter();
    let uses: Vec<ToolUse> = with_definition
        .filter_map(|tool| read(tool.get("toolCall")?))
        .collect();
    if !uses.is_empty() {
        return uses;
    }
    message
        .get("functionCall")
        .and_then(read)
        .into_iter()
        .collect()
}

fn read(tool: &Value) -> Option<ToolUse> {
    let function = tool.get("function").filter(|function| function.is_object());
    let stated = function.unwrap_or(tool);
    let name = stated.get("name").cloned().and_then(loose::text_of)?;
    let arguments = ["arguments", "parameters"]
        .into_iter()
        .find_map(|name| stated.get(name).filter(|value| !value.is_null()));
    Some(ToolUse {
        id: tool
            .get("id")
            .or_else(|| tool.get("toolCallId"))
            .cloned()
            .and_then(loose::text_of)
            .filter(|id| !id.is_empty()),
        name,
        arguments: object(arguments),
    })
}

/// An object on the wire, a text by the specification.
fn object(arguments: Option<&Value>) -> Value {
    let read = match arguments {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    match read {
        Value::Object(_) => read,
        _ => Value::Object(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn uses(message: Value) -> Vec<ToolUse> {
        tool_uses(message.as_object().unwrap())
    }

    #[test]
    fn every_shape_is_read_alike() {
        let whole = json!({"id": "t1", "type": "function",
            "function": {"name": "list_services", "arguments": {"a": 1}}});
        let text =
            json!({"id": "t1", "function": {"name": "list_services", "arguments": "{\"a\": 1}"}});
        let flat = json!({"id": "t1", "name": "list_services", "parameters": {"a": 1}});
        let shapes = [
            json!({"toolCallList": [whole]}),
            json!({"toolCalls": [whole], "toolCallList": null}),
            json!({"toolCallList": [text]}),
            json!({"toolCallList": [flat], "toolCalls": [whole, whole]}),
            json!({"toolWithToolCallList": [{"type": "function", "toolCall": whole}]}),
        ];
        for shape in shapes {
            let expected = ToolUse {
                id: Some("t1".into()),
                name: "list_services".into(),
                arguments: json!({"a": 1}),
            };
            assert_eq!(uses(shape.clone()), [expected], "{shape}");
        }
        let old = uses(json!({"functionCall": {"name": "opt_out", "parameters": "{}"}}));
        assert_eq!(
            (old[0].id.as_deref(), old[0].name.as_str()),
            (None, "opt_out")
        );
    }

    #[test]
    fn odd_arguments_are_none_and_a_use_without_a_name_is_no_use() {
        for odd in [json!("not json"), json!([1]), json!(7), json!(null)] {
            let read = uses(json!({"toolCallList": [{"id": "t", "name": "n", "arguments": odd}]}));
            assert_eq!(read[0].arguments, json!({}));
        }
        assert!(uses(json!({"toolCallList": [{"id": "t"}, 7]})).is_empty());
        assert!(uses(json!({})).is_empty());
    }
}
