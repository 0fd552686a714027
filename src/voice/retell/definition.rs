//! Our tools as an agent at Retell wants them: what a deployment writes into its LLM, or an operator pastes.
use serde_json::{Value, json};

use crate::receptionist::tools::{self, ToolName, ToolSpec};

/// As long as we ever take, with the way there and back.
const TIMEOUT_MS: u32 = 12_000;
/// The same call of a tool gets the same answer, so it may be asked again.
const RETRIES: u32 = 1;

/// Which shape of body the agent's tools send.
#[derive(Clone, Copy, Debug)]
pub enum Bodies<'a> {
    /// Name, arguments and the call: the usual one, in which everything is signed.
    Whole,
    /// Arguments alone, to paths of this connection's own.
    ArgumentsAlone { connection: &'a str },
}

/// Every tool, with our URL. A caller is put through by Retell itself, to the number that the call's variables name.
pub fn tool_list(public_url: &str, bodies: Bodies<'_>) -> Vec<Value> {
    let custom = tools::offered()
        .into_iter()
        .filter(|tool| tool.name != ToolName::TransferCall)
        .map(|tool| definition(public_url, bodies, &tool));
    custom.chain([transfer(), end()]).collect()
}

fn definition(public_url: &str, bodies: Bodies<'_>, tool: &ToolSpec) -> Value {
    let name = tool.name.as_str();
    let mut definition = json!({
        "type": "custom",
        "name": name,
        "description": tool.description,
        "url": format!("{public_url}/webhooks/retell"),
        "method": "POST",
        "parameters": tool.parameters,
        "args_at_root": false,
        "timeout_ms": TIMEOUT_MS,
        "max_retry": RETRIES,
        "speak_during_execution": takes_a_while(tool.name),
        "speak_after_execution": true,
    });
    if let Bodies::ArgumentsAlone { connection } = bodies {
        let url = format!("{public_url}/webhooks/retell/tools/{connection}/{name}");
        definition["url"] = url.into();
        definition["args_at_root"] = true.into();
        definition["query_params"] = json!({"call_id": "{{call_id}}"});
    }
    definition
}

/// Whether a caller should hear that something is being done.
fn takes_a_while(name: ToolName) -> bool {
    matches!(
        name,
        ToolName::CheckCalendarAvailability
            | ToolName::BookAppointment
            | ToolName::RescheduleAppointment
            | ToolName::CancelAppointment
    )
}

fn transfer() -> Value {
    json!({
        "type": "transfer_call",
        "name": ToolName::TransferCall.as_str(),
        "description": "Puts the caller through to a person of the business.",
        "transfer_destination": {"type": "predefined", "number": "{{transfer_number}}"},
        "transfer_option": {"type": "cold_transfer", "show_transferee_as_caller": false},
    })
}

fn end() -> Value {
    json!({
        "type": "end_call",
        "name": "end_call",
        "description": "Hangs up, after the goodbyes.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://reception.example";

    #[test]
    fn every_tool_is_on_the_list_with_our_url() {
        let list = tool_list(URL, Bodies::Whole);
        for name in ToolName::ALL {
            let found: Vec<_> = list
                .iter()
                .filter(|tool| tool["name"] == name.as_str())
                .collect();
            assert_eq!(found.len(), 1, "{name:?}");
            if name != ToolName::TransferCall {
                assert_eq!(found[0]["url"], format!("{URL}/webhooks/retell"));
                assert_eq!(found[0]["parameters"]["type"], "object");
                assert_eq!(found[0]["args_at_root"], false);
            }
        }
    }

    #[test]
    fn arguments_alone_go_to_a_path_that_says_whose_and_which() {
        let list = tool_list(URL, Bodies::ArgumentsAlone { connection: "c-1" });
        let tool = list.iter().find(|tool| tool["name"] == "list_services");
        let tool = tool.unwrap();
        assert_eq!(
            tool["url"],
            format!("{URL}/webhooks/retell/tools/c-1/list_services")
        );
        assert_eq!(tool["args_at_root"], true);
        assert_eq!(tool["query_params"]["call_id"], "{{call_id}}");
    }
}
