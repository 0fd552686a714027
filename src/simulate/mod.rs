//! `reception simulate`: plays a texter or a caller through the real webhook routes of the running server, signed as
//! the provider signs, and shows the conversation.
mod agent_call;
mod lines;
mod post;
mod retell_call;
mod show;
mod sms;
mod stand_in;
mod store;
mod twilio_call;
mod twiml;
mod vapi_call;

use std::{
    io::{BufRead, IsTerminal},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};

use crate::{
    commands::Outcome,
    database::Database,
    kernel::{clock::Clock, config::Settings, language::Language, phone::E164},
};
use lines::Lines;
use post::Poster;

/// Who writes or calls when nobody is named: a number that is reserved for fiction.
const CALLER: &str = "+15145550123";

/// What is played.
#[derive(Debug, Subcommand)]
pub enum Play {
    /// Texts to a number, as Twilio brings them.
    Sms(Script),
    /// A call to a number, whole: answered, held and ended.
    Call {
        /// Who carries the call.
        #[arg(long, value_enum, default_value_t = Via::Twilio)]
        via: Via,
        #[command(flatten)]
        script: Script,
    },
}

/// Who carries a simulated call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Our own receptionist answers, by TwiML.
    Twilio,
    /// An agent of Retell's, played by our own dialogue with Retell's tool calls.
    Retell,
    /// An assistant of Vapi's, played by our own dialogue with Vapi's tool calls.
    Vapi,
}

/// Who says what to whom.
#[derive(Debug, Args)]
pub struct Script {
    /// The number that is called or texted; without it, the first demo number that has the channel.
    #[arg(long)]
    to: Option<String>,
    /// The number of who calls or texts.
    #[arg(long, default_value = CALLER)]
    from: String,
    /// Chooses a demo number whose business speaks it, and the words when none are given.
    #[arg(long)]
    language: Option<Language>,
    /// What is said, turn by turn. On a call `#1` presses a key and `...` is silence.
    #[arg(long)]
    body: Vec<String>,
    /// A file with a turn on each line.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Asks for each turn in the terminal; an empty line hangs up.
    #[arg(long, conflicts_with_all = ["body", "script"])]
    typed: bool,
    /// Where the server is, when not on this machine's usual port.
    #[arg(long)]
    url: Option<String>,
}

/// Plays it and shows it; `Failed` when the server did not take part.
pub async fn run(settings: &Settings, play: Play, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let played = match play {
        Play::Sms(script) => sms::play(&database, settings, &script, json).await,
        Play::Call { via, script } => match via {
            Via::Twilio => twilio_call::play(&database, settings, &script, json).await,
            Via::Retell | Via::Vapi => {
                agent_call::play(&database, settings, &script, via, json).await
            }
        },
    };
    database.close().await?;
    played.map(|()| Outcome::Fine)
}

impl Script {
    fn from(&self) -> String {
        self.from.clone()
    }

    async fn to(&self, database: &Database, channel: &str) -> anyhow::Result<E164> {
        if let Some(to) = &self.to {
            return to.parse().context("--to");
        }
        let number = store::find_demo_number(&database.db, channel, self.language).await?;
        number.with_context(|| {
            format!("no demo number has {channel}: run `cargo run --bin seed-demo`, or name one with --to")
        })
    }

    fn poster(&self, settings: &Settings) -> anyhow::Result<Poster> {
        let local = format!("http://127.0.0.1:{}", settings.port);
        Poster::new(settings, self.url.clone().unwrap_or(local))
    }

    /// What the person does, turn by turn.
    fn lines(&self) -> anyhow::Result<Lines> {
        Ok(if self.typed {
            Lines::Typed
        } else {
            Lines::Written(self.turns()?.into())
        })
    }

    /// The turns: from the command line, from a file, from standard input, else the usual questions.
    fn turns(&self) -> anyhow::Result<Vec<String>> {
        let mut turns = self.body.clone();
        if let Some(path) = &self.script {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("read {}", path.display()))?;
            turns.extend(
                text.lines()
                    .map(str::to_owned)
                    .filter(|line| !line.trim().is_empty()),
            );
        }
        if turns.is_empty() && !std::io::stdin().is_terminal() {
            for line in std::io::stdin().lock().lines() {
                turns.push(line.context("read standard input")?);
            }
            turns.retain(|line| !line.trim().is_empty());
        }
        if turns.is_empty() {
            turns = usual_questions(self.language.unwrap_or_default());
        }
        if turns.len() > 100 {
            bail!("a conversation of more than 100 turns is a load test, not a simulation");
        }
        Ok(turns)
    }
}

fn usual_questions(language: Language) -> Vec<String> {
    let questions = match language {
        Language::En => [
            "Hello",
            "Are you open tomorrow?",
            "How much is a visit?",
            "Thanks, bye",
        ],
        Language::Fr => [
            "Bonjour",
            "Êtes-vous ouverts demain?",
            "Quels sont vos prix?",
            "Merci, au revoir",
        ],
        Language::Es => [
            "Hola",
            "¿Abren mañana?",
            "¿Cuánto cuesta?",
            "Gracias, adiós",
        ],
    };
    questions.map(str::to_owned).to_vec()
}
