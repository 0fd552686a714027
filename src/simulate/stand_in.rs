//! The agent that a provider would hold, played by our own dialogue: what it says is ours, and its tools are asked over
//! the provider's road, through the real routes.
use anyhow::bail;
use serde_json::Value;

use crate::{
    kernel::{clock::Clock, language::Language},
    receptionist::{
        Business, Heard, Medium, Reply, Turn,
        builtin::{DialogueState, Input, Step, advance},
        tools::{ToolAnswer, ToolCall},
    },
};

/// More calls of tools in one turn are a circle.
const MOST_CALLS: usize = 10;

/// How a provider's agent asks for a tool.
pub trait Road {
    async fn ask(&mut self, call: &ToolCall) -> anyhow::Result<Value>;
}

/// The agent, in the middle of a call.
pub struct StandIn {
    business: Business,
    state: DialogueState,
    language: Language,
}

impl StandIn {
    pub fn new(business: Business) -> Self {
        Self {
            language: business.language,
            state: DialogueState::default(),
            business,
        }
    }

    /// What it says to this; to silence, at first, its greeting.
    pub async fn hear(&mut self, heard: Heard, road: &mut impl Road) -> anyhow::Result<Reply> {
        let turn = Turn {
            heard,
            medium: Medium::Voice,
            language: self.state.language.unwrap_or(self.language),
            intent: None,
            now: Clock::System.now(),
            has_media: false,
        };
        let mut step = advance(&self.business, &mut self.state, Input::Turn(&turn));
        for _ in 0..MOST_CALLS {
            match step {
                Step::Say(reply) => return Ok(reply),
                Step::Call(call) => {
                    let answer: ToolAnswer = serde_json::from_value(road.ask(&call).await?)?;
                    let input = Input::ToolAnswered(&call, &answer);
                    step = advance(&self.business, &mut self.state, input);
                }
            }
        }
        bail!("the dialogue goes in a circle")
    }
}
