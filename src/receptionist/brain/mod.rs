//! The brains, and which one answers: *turn in, state, tools → reply, tool calls, state out*.
//!
//! A brain that fails, is slow or has nothing to say is replaced by the built-in one for that turn: whoever wrote gets
//! an answer.
mod builtin;
mod retell;

pub use builtin::answer_in;
pub use retell::agent_version;

use std::time::Duration;

use crate::{
    app::AppState,
    kernel::metrics::METRICS,
    providers::retell as retell_api,
    receptionist::{Business, Reply, Turn, tools::run::Errand},
    tenancy::{AiProvider, Line},
    traffic::SavedDialogue,
};

/// Somebody waits for the reply to a text: longer than this, and the built-in brain answers.
const DEADLINE: Duration = Duration::from_secs(25);

/// One question to a brain.
pub struct Question<'a> {
    pub errand: &'a Errand,
    pub business: &'a Business,
    pub line: &'a Line,
    /// The workspace in which the line's agent answers: the subscriber's own, or the platform's.
    pub retell: Option<retell_api::Client>,
    pub turn: Turn,
    pub dialogue: SavedDialogue,
}

/// What came of it.
pub struct Answer {
    pub reply: Reply,
    pub dialogue: SavedDialogue,
}

/// Asks the channel's brain, else the built-in one.
pub async fn ask(app: &AppState, mut question: Question<'_>) -> anyhow::Result<Answer> {
    let chosen = match (
        question.line.ai_provider,
        question.retell.clone(),
        &question.line.provider_agent_id,
    ) {
        (AiProvider::Retell, Some(client), Some(agent)) => Some((client, agent)),
        _ => None,
    };
    let Some((client, agent)) = chosen else {
        let outcome = if question.line.ai_provider == AiProvider::Builtin {
            "ok"
        } else {
            "not_configured"
        };
        count("builtin", outcome);
        return builtin::answer(app, question).await;
    };
    let asked =
        tokio::time::timeout(DEADLINE, retell::answer(app, &client, agent, &question)).await;
    let (outcome, error) = match asked {
        Ok(Ok(answer)) => {
            count("retell", "ok");
            return Ok(answer);
        }
        Ok(Err(error)) => ("fallback_error", error),
        Err(error) => ("fallback_slow", error.into()),
    };
    tracing::warn!(
        interaction.id = %question.errand.interaction, provider = "retell",
        "the brain failed, the built-in one answers: {error:#}"
    );
    count("builtin", outcome);
    if retell::may_go_on(&error) {
        retell::give_up_chat(app, &mut question).await?;
    }
    builtin::answer(app, question).await
}

fn count(brain: &str, outcome: &str) {
    METRICS
        .brain_turns
        .with_label_values(&[brain, outcome])
        .inc();
}
