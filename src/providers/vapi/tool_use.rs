//! A tool of ours that an assistant wants, in every shape in which Vapi has sent it.
use serde_json::{Map, Value};

use crate::providers::loose;

/// One use of a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse {
    /// Vapi's id of it, which a repetition shares; None of one that came without.
    pub id: Option<String>,
    /// Empty if the assistant named none: it waits for its answer all the same.
    pub name: String,
    /// An object, whose members are the model's work and want checking; anything else is what the model garbled.
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
    let name = stated.get("name").cloned().and_then(loose::text_of);
    let arguments = ["arguments", "parameters"]
        .into_iter()
        .find_map(|name| stated.get(name).filter(|value| !value.is_null()));
    let id = tool.get("id").or_else(|| tool.get("toolCallId"));
    let id = id.cloned().and_then(loose::text_of);
    let id = id.filter(|id| !id.is_empty());
    (id.is_some() || name.is_some()).then(|| ToolUse {
        id,
        name: name.unwrap_or_default(),
        // An object on the wire, a text by the specification.
        arguments: loose::arguments_of(arguments.cloned()),
    })
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
    fn what_a_model_garbled_is_kept_for_whoever_must_say_so() {
        for (sent, expected) in [
            (json!("not json"), json!("not json")),
            (json!("{\"a\": 1"), json!("{\"a\": 1")),
            (json!([1]), json!([1])),
            (json!(7), json!(7)),
            (json!(" "), json!({})),
            (json!(null), json!({})),
        ] {
            let read = uses(json!({"toolCallList": [{"id": "t", "name": "n", "arguments": sent}]}));
            assert_eq!(read[0].arguments, expected);
        }
    }

    #[test]
    fn a_use_without_a_name_is_answered_by_its_id() {
        let read = uses(json!({"toolCallList": [{"id": "t"}, 7, {}]}));
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].id.as_deref(), read[0].name.as_str()),
            (Some("t"), "")
        );
        assert!(uses(json!({})).is_empty());
    }
}
