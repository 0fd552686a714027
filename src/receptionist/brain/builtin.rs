//! The built-in brain, with its tools run against the database.
use anyhow::Context;

use super::{Answer, Question};
use crate::{
    app::AppState,
    kernel::db::TenantTx,
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
    written(&state, question, reply)
}

/// The same within a transaction of the caller's, so that a turn on the telephone waits for one commit. No network is
/// touched. What a tool does is undone with the transaction, and so is its answer: a turn that is not committed has
/// not been.
///
/// # Errors
/// Those of the database; the transaction is then of no use any more.
pub async fn answer_in(
    app: &AppState,
    tx: &mut TenantTx,
    question: Question<'_>,
) -> anyhow::Result<Answer> {
    let mut state = DialogueState::restore(&question.dialogue.state);
    let mut step = advance(question.business, &mut state, Input::Turn(&question.turn));
    let reply = loop {
        match step {
            Step::Say(reply) => break reply,
            Step::Call(call) => {
                let language = state.language.unwrap_or(question.turn.language);
                let (errand, business) = (question.errand, question.business);
                let answer = run::run_in(app, tx, errand, business, language, &call).await?;
                step = advance(business, &mut state, Input::ToolAnswered(&call, &answer));
            }
        }
    };
    written(&state, question, reply)
}

fn written(
    state: &DialogueState,
    question: Question<'_>,
    reply: crate::receptionist::Reply,
) -> anyhow::Result<Answer> {
    let dialogue = SavedDialogue {
        state: serde_json::to_value(state).context("write the dialogue's state")?,
        provider_chat_id: question.dialogue.provider_chat_id,
    };
    Ok(Answer { reply, dialogue })
}
