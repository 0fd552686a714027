//! The built-in brain, with its tools run against the database.
use anyhow::Context;

use super::{Answer, Question};
use crate::{
    app::AppState,
    kernel::db::TenantTx,
    receptionist::{
        Business, Turn,
        builtin::{DialogueState, Input, Step, advance},
        tools::run::{self, Errand},
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

/// The same within the caller's transaction, which a turn of a call has only one of: whoever waits on the line waits
/// for one commit. An error is a fault of ours; the transaction is of no use then, and [`super::ask`] still is.
pub async fn answer_in(
    app: &AppState,
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    turn: &Turn,
    dialogue: &SavedDialogue,
) -> anyhow::Result<Answer> {
    let mut state = DialogueState::restore(&dialogue.state);
    let mut step = advance(business, &mut state, Input::Turn(turn));
    let reply = loop {
        match step {
            Step::Say(reply) => break reply,
            Step::Call(call) => {
                let language = state.language.unwrap_or(turn.language);
                let answer = run::run_in(app, tx, errand, business, language, &call).await?;
                let input = Input::ToolAnswered(&call, &answer);
                step = advance(business, &mut state, input);
            }
        }
    };
    super::count("builtin", "ok");
    let dialogue = SavedDialogue {
        state: serde_json::to_value(&state).context("write the dialogue's state")?,
        provider_chat_id: dialogue.provider_chat_id.clone(),
    };
    Ok(Answer { reply, dialogue })
}
