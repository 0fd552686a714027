//! A language model. We keep the history and run the tools; it finds the words.
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Question};
use crate::{
    app::AppState,
    kernel::{db::TenantTx, text::hex},
    people::store::contacts,
    providers::llm::{AskedTool, Client, Completion, Function, Message, Tool},
    receptionist::{
        Heard, Intent, Medium, Reply,
        builtin::DialogueState,
        plain::plain,
        prompt::{Briefing, prompt},
        tools::{self, ToolAnswer, ToolCall, ToolName, ToolResult, run},
        understanding::{guess_language, understand},
    },
    traffic::{self, Role, SavedDialogue},
};

/// Turns of the conversation that the model is reminded of.
const MOST_TURNS: i64 = 24;
/// How often in a turn it may ask for tools before it must speak.
const MOST_ROUNDS: u32 = 5;
/// How many tools it gets in one round.
const MOST_TOOLS: usize = 6;
/// A turn longer than this is no answer to anybody.
const LONGEST_REPLY: usize = 1200;
/// Nobody waits on the telephone for longer.
/// Below the deadline of a turn on the telephone: what a tool has done must still be said.
const VOICE_DEADLINE: Duration = Duration::from_millis(4_000);
const TEXT_DEADLINE: Duration = Duration::from_secs(25);

/// What has happened on the way to the reply.
#[derive(Default)]
struct Done {
    tool_calls: Vec<ToolCall>,
    /// The last thing that was really done, in words: nobody must be left without knowing it.
    effect: Option<ToolAnswer>,
    hands_over: bool,
    has_opted_out: bool,
}

pub(super) async fn answer(
    app: &AppState,
    client: &Client,
    question: &Question<'_>,
) -> anyhow::Result<Answer> {
    if !question.line.keeps_words {
        // Nobody can tell an arbitrary server to keep nothing of what it is told.
        bail!("the words of this subscriber's callers are not given away");
    }
    let mut state = DialogueState::restore(&question.dialogue.state);
    let mut messages = history(app, question).await?;
    let mut done = Done::default();
    let said = converse(app, client, question, &state, &mut messages, &mut done).await;
    let text = match (said, &done.effect) {
        // The tool's own sentence: a model may put an opt-out or a code in words of its own.
        (_, Some(effect)) if done.has_opted_out => effect.message.clone(),
        (Ok(text), _) => text,
        (Err(error), Some(effect)) => {
            tracing::warn!(
                interaction.id = %question.errand.interaction, provider = "llm",
                "the model failed after it had done something: {error:#}"
            );
            effect.message.clone()
        }
        (Err(error), None) => return Err(error),
    };
    let language = guess_language(&text, question.turn.language);
    state.pass_turn(language);
    let is_goodbye = question.turn.medium == Medium::Voice
        && matches!(&question.turn.heard, Heard::Text(words) if understand(words, language).intent == Intent::Goodbye);
    let reply = Reply {
        text,
        language,
        tool_calls: done.tool_calls,
        hands_over: done.hands_over,
        ends: done.has_opted_out || is_goodbye,
        gives_up: false,
    };
    let dialogue = SavedDialogue {
        state: serde_json::to_value(&state).context("write the dialogue's state")?,
        provider_chat_id: question.dialogue.provider_chat_id.clone(),
    };
    Ok(Answer { reply, dialogue })
}

/// Asks until the model speaks, and runs what it wants done on the way.
async fn converse(
    app: &AppState,
    client: &Client,
    question: &Question<'_>,
    state: &DialogueState,
    messages: &mut Vec<Message>,
    done: &mut Done,
) -> anyhow::Result<String> {
    let started = Instant::now();
    let deadline = match question.turn.medium {
        Medium::Voice => VOICE_DEADLINE,
        Medium::Text => TEXT_DEADLINE,
    };
    let offered = tools::offered();
    let offered: Vec<Tool<'_>> = offered
        .iter()
        .map(|spec| Tool {
            kind: "function",
            function: Function {
                name: spec.name.as_str(),
                description: spec.description,
                parameters: &spec.parameters,
            },
        })
        .collect();
    for round in 0..=MOST_ROUNDS {
        let left = deadline.saturating_sub(started.elapsed());
        if left.is_zero() {
            bail!("the model took too long over its tools");
        }
        // In the last round there is nothing left to ask for: it must speak.
        let may_ask = if round == MOST_ROUNDS {
            &[]
        } else {
            offered.as_slice()
        };
        let completion = client.complete(messages, may_ask, left).await?;
        if completion.tool_calls.is_empty() {
            return spoken(&completion);
        }
        let left = deadline.saturating_sub(started.elapsed());
        let ran = run_tools(app, question, state, &completion, round, done);
        let answers = tokio::time::timeout(left, ran).await;
        let answers = answers.context("the model's tools took too long")?;
        if done.has_opted_out {
            return Ok(String::new());
        }
        let asked = completion.tool_calls.into_iter().take(MOST_TOOLS);
        messages.push(Message::Assistant {
            content: completion.content,
            tool_calls: asked.collect(),
        });
        messages.extend(answers);
    }
    bail!("the model asks for tools without end")
}

/// Its words, if they are some.
fn spoken(completion: &Completion) -> anyhow::Result<String> {
    let text = completion.content.trim();
    // First: whatever looks at the words takes the longer for more of them.
    if text.chars().nth(LONGEST_REPLY).is_some() {
        bail!("the model says too much");
    }
    if plain(text).is_empty() {
        bail!("the model says nothing");
    }
    // Calls written out as words, by models that are too small for tools.
    if text.starts_with(['{', '[', '<']) {
        bail!("the model answers in code");
    }
    Ok(text.to_owned())
}

async fn run_tools(
    app: &AppState,
    question: &Question<'_>,
    state: &DialogueState,
    completion: &Completion,
    round: u32,
    done: &mut Done,
) -> Vec<Message> {
    let mut answers = Vec::new();
    for asked in completion.tool_calls.iter().take(MOST_TOOLS) {
        let line = match read(asked, state, round) {
            Some(call) => {
                let language = question.turn.language;
                let answer =
                    run::run(app, question.errand, question.business, language, &call).await;
                let line = answer.to_line();
                done.note(call, answer);
                line
            }
            None => json!({"result": "invalid", "message": "There is no such tool."}).to_string(),
        };
        answers.push(Message::Tool {
            tool_call_id: asked.id.clone(),
            content: line,
        });
    }
    answers
}

/// The model's ids are not taken over: some servers count from nought in every answer. What is done has the key of
/// its turn and its words, so that a turn that begins again does nothing twice; what is only looked up is looked up
/// again in every round.
fn read(asked: &AskedTool, state: &DialogueState, round: u32) -> Option<ToolCall> {
    let name: ToolName = asked.function.name.parse().ok()?;
    let arguments = asked.function.arguments.trim();
    let args: Value =
        serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned()));
    let round = if name.has_effect() { 0 } else { round + 1 };
    let said = format!("{}\n{round}\n{}\n{args}", state.turns(), name.as_str());
    let hash = Sha256::digest(said);
    Some(ToolCall {
        id: format!("llm-{}", hex(&hash[..16])),
        name,
        args,
    })
}

impl Done {
    fn note(&mut self, call: ToolCall, answer: ToolAnswer) {
        match answer.result {
            ToolResult::Transferring => self.hands_over = true,
            ToolResult::OptedOut => self.has_opted_out = true,
            _ => {}
        }
        if answer.result.is_effect() {
            self.effect = Some(answer);
        }
        self.tool_calls.push(call);
    }
}

/// What the model is told, and what was said so far. The words that wait for an answer come last, together.
async fn history(app: &AppState, question: &Question<'_>) -> anyhow::Result<Vec<Message>> {
    let errand = question.errand;
    let mut tx = TenantTx::begin(&app.db, errand.subscriber).await?;
    let mut turns = traffic::list_last_turns(&mut tx, errand.interaction, MOST_TURNS).await?;
    let contact = match errand.contact {
        Some(contact) => contacts::find_contact(&mut tx, contact).await?,
        None => None,
    };
    tx.end_reading();
    // They are the turn itself, which may have been written down before it is answered.
    while turns.last().is_some_and(|(role, _)| *role == Role::Caller) {
        turns.pop();
    }
    let caller = contact.map(|contact| {
        let names = [contact.first_name, contact.last_name];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let mut messages = vec![Message::System {
        content: prompt(&Briefing {
            business: question.business,
            language: question.turn.language,
            medium: question.turn.medium,
            now: question.turn.now,
            caller: caller.as_deref(),
            // Where nothing but a message may be taken, no model is asked.
            is_limited: false,
        }),
    }];
    for (role, content) in turns.into_iter().filter(|(_, text)| !text.is_empty()) {
        match role {
            Role::Caller => messages.push(Message::User { content }),
            Role::Ai | Role::Staff => messages.push(Message::Assistant {
                content,
                tool_calls: Vec::new(),
            }),
            Role::System | Role::Tool => {}
        }
    }
    let content = match &question.turn.heard {
        Heard::Text(text) if text.trim().is_empty() && question.turn.has_media => {
            "(the person sent a picture without words)".to_owned()
        }
        Heard::Text(text) => text.clone(),
        Heard::Digits(digits) => format!("(the person pressed {digits})"),
        Heard::Silence => "(silence)".to_owned(),
    };
    messages.push(Message::User { content });
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::llm::AskedFunction;

    fn asked(name: &str, arguments: &str) -> AskedTool {
        AskedTool {
            id: "call_0".into(),
            kind: "function".into(),
            function: AskedFunction {
                name: name.into(),
                arguments: arguments.into(),
            },
        }
    }

    #[test]
    fn what_is_done_has_one_key_in_a_turn_and_what_is_looked_up_has_one_in_a_round() {
        let mut state = DialogueState::default();
        let id = |state: &DialogueState, name: &str, args: &str, round| {
            read(&asked(name, args), state, round).unwrap().id
        };
        let book =
            |state: &DialogueState, round| id(state, "book_appointment", "{\"slot\":\"a\"}", round);
        let look =
            |state: &DialogueState, round| id(state, "check_calendar_availability", "{}", round);
        assert_eq!(book(&state, 0), book(&state, 3));
        assert_ne!(
            book(&state, 0),
            id(&state, "book_appointment", "{\"slot\":\"b\"}", 0)
        );
        assert_ne!(look(&state, 0), look(&state, 1));
        let before = book(&state, 0);
        state.pass_turn(crate::kernel::language::Language::En);
        assert_ne!(book(&state, 0), before);
        assert!(read(&asked("launch_rocket", "{}"), &state, 0).is_none());
        let nonsense = read(&asked("book_appointment", "{\"slot\": "), &state, 0).unwrap();
        assert_eq!(nonsense.args, json!("{\"slot\":"));
    }

    #[test]
    fn nonsense_is_no_answer() {
        let said = |content: &str| Completion {
            content: content.into(),
            tool_calls: vec![],
        };
        assert_eq!(spoken(&said(" Hello. ")).unwrap(), "Hello.");
        for nothing in [
            "",
            " \n",
            "...",
            "{\"name\": \"book_appointment\"}",
            &"a ".repeat(900),
        ] {
            assert!(spoken(&said(nothing)).is_err(), "{nothing:?}");
        }
    }
}
