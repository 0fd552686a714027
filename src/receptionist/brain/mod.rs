//! The brains, and which one answers: *turn in, state, tools → reply, tool calls, state out*.
//!
//! A brain that fails, is slow or has nothing to say is replaced by the built-in one for that turn: whoever wrote gets
//! an answer.
mod builtin;
mod llm;
mod retell;

pub use builtin::answer_in;
pub use retell::agent_version;

use std::time::Duration;

use tokio::time::error::Elapsed;

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
    let line = question.line;
    let (brain, asked) = match (line.ai_provider, &line.provider_agent_id) {
        (AiProvider::Retell, Some(agent)) => match question.retell.clone() {
            Some(client) => (
                "retell",
                ask_retell(app, &client, agent, &mut question).await?,
            ),
            None => ("retell", None),
        },
        (AiProvider::Llm, _) => match &app.llm {
            Some(client) => ("llm", Some(llm::answer(app, client, &question).await)),
            None => ("llm", None),
        },
        (AiProvider::Builtin, _) => {
            count("builtin", "ok");
            return builtin::answer(app, question).await;
        }
        _ => ("none", None),
    };
    let outcome = match asked {
        Some(Ok(answer)) => {
            count(brain, "ok");
            return Ok(answer);
        }
        Some(Err(error)) => {
            tracing::warn!(
                interaction.id = %question.errand.interaction, provider = brain,
                "the brain failed, the built-in one answers: {error:#}"
            );
            if error.is::<Elapsed>() {
                "fallback_slow"
            } else {
                "fallback_error"
            }
        }
        None => "not_configured",
    };
    count("builtin", outcome);
    builtin::answer(app, question).await
}

/// Asks Retell's agent, and gives its chat up if it may go on without us.
async fn ask_retell(
    app: &AppState,
    client: &retell_api::Client,
    agent: &str,
    question: &mut Question<'_>,
) -> anyhow::Result<Option<anyhow::Result<Answer>>> {
    let asked = tokio::time::timeout(DEADLINE, retell::answer(app, client, agent, question)).await;
    let asked = asked.unwrap_or_else(|error| Err(error.into()));
    if let Err(error) = &asked
        && retell::may_go_on(error)
    {
        retell::give_up_chat(app, question).await?;
    }
    Ok(Some(asked))
}

fn count(brain: &str, outcome: &str) {
    METRICS
        .brain_turns
        .with_label_values(&[brain, outcome])
        .inc();
}
