//! What was said and done in a conversation.
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::providers::loose;

/// One entry of Retell's transcript of a call or a chat: a sentence, a tool call, its result, a key that was pressed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Utterance {
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub role: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub content: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub message_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub tool_call_id: Option<String>,
    /// The name of a tool.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// The arguments of a tool: JSON inside a text.
    #[serde(default, deserialize_with = "loose::text")]
    pub arguments: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub successful: Option<bool>,
    #[serde(default, deserialize_with = "loose::text")]
    digit: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    time_sec: Option<f64>,
    #[serde(default, deserialize_with = "loose::list")]
    words: Vec<Word>,
}

#[derive(Clone, Debug, Deserialize)]
struct Word {
    #[serde(default, deserialize_with = "loose::or_absent")]
    start: Option<f64>,
}

/// A turn of a conversation, in our words.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub role: TurnRole,
    /// Empty for a tool call.
    pub text: String,
    /// Seconds since the beginning of the call.
    pub offset_s: Option<f64>,
    pub tool: Option<ToolUse>,
}

/// Who or what made a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnRole {
    Agent,
    User,
    /// The person that a call was handed to.
    TransferTarget,
    ToolCall,
    ToolResult,
    /// Keys that the caller pressed.
    Keypad,
    /// Anything else with a text: a note from outside, an SMS during the call.
    Other,
}

/// A tool that the agent used; the call has the arguments, its result the outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolUse {
    pub tool_call_id: Option<String>,
    /// Retell names the tool in its call only; for a result it is taken from there.
    pub name: Option<String>,
    pub arguments: Option<String>,
    pub result: Option<String>,
    pub is_successful: Option<bool>,
}

/// The turns of a transcript, without the agent's inner moves (`node_transition`), which nobody said.
pub(super) fn turns(utterances: &[Utterance]) -> Vec<Turn> {
    let mut tool_names = HashMap::new();
    let mut turns = Vec::new();
    for utterance in utterances {
        let role = role(&utterance.role);
        let tool_call_id = utterance.tool_call_id.as_deref();
        let tool = match role {
            TurnRole::ToolCall => {
                tool_names.insert(tool_call_id, utterance.name.clone());
                Some(ToolUse {
                    tool_call_id: tool_call_id.map(str::to_owned),
                    name: utterance.name.clone(),
                    arguments: utterance.arguments.clone(),
                    ..ToolUse::default()
                })
            }
            TurnRole::ToolResult => Some(ToolUse {
                tool_call_id: tool_call_id.map(str::to_owned),
                name: tool_names.get(&tool_call_id).cloned().flatten(),
                result: utterance.content.clone(),
                is_successful: utterance.successful,
                ..ToolUse::default()
            }),
            _ => None,
        };
        let text = utterance
            .content
            .clone()
            .or_else(|| utterance.digit.clone())
            .unwrap_or_default();
        if tool.is_some() || !text.is_empty() {
            turns.push(Turn {
                role,
                text,
                offset_s: utterance.offset_s(),
                tool,
            });
        }
    }
    turns
}

/// The turns of a plain transcript (`Agent: …` and `User: …`, a line each). A line without a name goes on with the turn
/// before it.
pub(super) fn turns_of_text(transcript: &str) -> Vec<Turn> {
    let mut turns = Vec::<Turn>::new();
    for line in transcript.lines().filter(|line| !line.trim().is_empty()) {
        let named = line.split_once(": ").and_then(|(name, text)| match name {
            "Agent" => Some((TurnRole::Agent, text)),
            "User" => Some((TurnRole::User, text)),
            "Transfer Target" => Some((TurnRole::TransferTarget, text)),
            _ => None,
        });
        match (named, turns.last_mut()) {
            (None, Some(turn)) => {
                turn.text.push('\n');
                turn.text.push_str(line);
            }
            (named, _) => {
                let (role, text) = named.unwrap_or((TurnRole::Other, line));
                turns.push(Turn {
                    role,
                    text: text.to_owned(),
                    offset_s: None,
                    tool: None,
                });
            }
        }
    }
    turns
}

impl Utterance {
    /// Whether the agent says this to the person.
    pub fn is_by_agent(&self) -> bool {
        role(&self.role) == TurnRole::Agent
    }

    /// Compares values: the text has spaces and an order of its own.
    fn arguments_are(&self, args: &Value) -> bool {
        let written = self.arguments.as_deref().map(serde_json::from_str::<Value>);
        matches!(written, Some(Ok(written)) if written == *args)
    }

    fn offset_s(&self) -> Option<f64> {
        self.words
            .first()
            .and_then(|word| word.start)
            .or(self.time_sec)
    }
}

/// The id of the use of a tool that a request is about: the last call of that name and with those arguments that has no
/// result yet. A transcript lags behind, and agents call tools side by side; another call taken for this one would make a
/// new request look like a repetition and get a wrong answer.
pub(super) fn open_tool_call<'a>(
    utterances: &'a [Utterance],
    name: &str,
    args: &Value,
) -> Option<&'a str> {
    let with_role = |wanted| {
        utterances
            .iter()
            .filter(move |utterance| role(&utterance.role) == wanted)
    };
    let is_answered = |id: &&str| {
        with_role(TurnRole::ToolResult).any(|result| result.tool_call_id.as_deref() == Some(*id))
    };
    with_role(TurnRole::ToolCall)
        .filter(|call| call.name.as_deref() == Some(name) && call.arguments_are(args))
        .filter_map(|call| call.tool_call_id.as_deref())
        .rfind(|id| !is_answered(id))
}

fn role(text: &str) -> TurnRole {
    match text {
        "agent" => TurnRole::Agent,
        "user" => TurnRole::User,
        "transfer_target" => TurnRole::TransferTarget,
        "tool_call_invocation" => TurnRole::ToolCall,
        "tool_call_result" => TurnRole::ToolResult,
        "dtmf" => TurnRole::Keypad,
        _ => TurnRole::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn utterances(value: serde_json::Value) -> Vec<Utterance> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_was_said_and_done_becomes_turns_and_the_rest_is_left_out() {
        let turns = turns(&utterances(json!([
            {"role": "agent", "content": "Bonjour", "words": [{"word": "Bonjour", "start": 0.6, "end": 1.0}]},
            {"role": "node_transition", "former_node_id": "a", "new_node_id": "b"},
            {"role": "dtmf", "digit": "4"},
            {"role": "tool_call_invocation", "tool_call_id": "t1", "name": "book", "arguments": "{}"},
            {"role": "tool_call_result", "tool_call_id": "t1", "content": "no", "successful": false},
            {"role": "injected", "content": "The owner is away", "time_sec": 9.5},
            {"role": "transfer_target", "content": "Allô", "words": null},
        ])));
        let told: Vec<_> = turns
            .iter()
            .map(|turn| (turn.role, turn.text.as_str(), turn.offset_s))
            .collect();
        let expected = [
            (TurnRole::Agent, "Bonjour", Some(0.6)),
            (TurnRole::Keypad, "4", None),
            (TurnRole::ToolCall, "", None),
            (TurnRole::ToolResult, "no", None),
            (TurnRole::Other, "The owner is away", Some(9.5)),
            (TurnRole::TransferTarget, "Allô", None),
        ];
        assert_eq!(told, expected);
        let result = turns[3].tool.clone().unwrap();
        assert_eq!(
            (result.name.as_deref(), result.result.as_deref()),
            (Some("book"), Some("no"))
        );
        assert_eq!(
            (result.is_successful, result.arguments),
            (Some(false), None)
        );
    }

    #[test]
    fn a_plain_transcript_is_read_line_by_line() {
        let turns = turns_of_text("Agent: Un: deux\ntrois\n\nUser: Oui\nAgent: Merci\n");
        let told: Vec<_> = turns
            .iter()
            .map(|turn| (turn.role, turn.text.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (TurnRole::Agent, "Un: deux\ntrois"),
                (TurnRole::User, "Oui"),
                (TurnRole::Agent, "Merci")
            ]
        );
        assert_eq!(turns_of_text("lost its name")[0].role, TurnRole::Other);
        assert_eq!(turns_of_text(""), []);
    }

    #[test]
    fn only_an_unanswered_call_of_the_same_tool_and_arguments_identifies_a_request() {
        let call = |id: &str, name: &str, day: &str| {
            let arguments = format!("{{ \"day\": \"{day}\" }}");
            json!({"role": "tool_call_invocation", "tool_call_id": id, "name": name, "arguments": arguments})
        };
        let answer =
            |id: &str| json!({"role": "tool_call_result", "tool_call_id": id, "content": ""});
        let cases = [
            (json!([call("t1", "book", "mon")]), Some("t1")),
            // Asked again after an answer.
            (
                json!([
                    call("t1", "book", "mon"),
                    answer("t1"),
                    call("t2", "book", "mon")
                ]),
                Some("t2"),
            ),
            // Side by side.
            (
                json!([call("t1", "book", "mon"), call("t2", "look", "mon")]),
                Some("t1"),
            ),
            (
                json!([call("t1", "book", "mon"), call("t2", "book", "tue")]),
                Some("t1"),
            ),
            // The transcript does not have it yet.
            (json!([call("t1", "book", "mon"), answer("t1")]), None),
            (json!([call("t1", "book", "tue")]), None),
            (
                json!([{"role": "tool_call_invocation", "tool_call_id": "t1", "name": "book"}]),
                None,
            ),
            (json!([]), None),
        ];
        for (transcript, expected) in cases {
            let args = json!({"day": "mon"});
            assert_eq!(
                open_tool_call(&utterances(transcript.clone()), "book", &args),
                expected,
                "{transcript}"
            );
        }
    }
}
