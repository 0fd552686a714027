//! The built-in brain, with its tools run against the database.
use anyhow::Context;

use super::{Answer, Question};
use crate::{
    app::AppState,
    receptionist::{
        builtin::{DialogueState, Input, Step, advance},
        tools::run,
    },
    traffic::SavedDialogue,
};

pub(super) async fn answer(app: &AppState, question: Question<'_>) -> anyhow::Result<Answer> {
    let mut state = DialogueState::restore(&question.dialogue.state);
    let mut step = advance(question.business, &mut state, Input::Turn(&question.turn));
    let reply = loop {
        match step {
            Step::Say(reply) => break reply,
            Step::Call(call) => {
                let language = state.language.unwrap_or(question.turn.language);
                let answer =
                    run::run(app, question.errand, question.business, language, &call).await;
                step = advance(
                    question.business,
                    &mut state,
                    Input::ToolAnswered(&call, &answer),
                );
            }
        }
    };
    let dialogue = SavedDialogue {
        state: serde_json::to_value(&state).context("write the dialogue's state")?,
        provider_chat_id: question.dialogue.provider_chat_id,
    };
    Ok(Answer { reply, dialogue })
}
