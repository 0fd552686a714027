//! A person who calls, with an agent of Retell's or Vapi's between us: the provider's question before the call, its tool
//! calls during it, its events.
use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{
    Script, Via,
    retell_call::RetellCall,
    show::Stage,
    stand_in::{Road, StandIn},
    store,
    vapi_call::VapiCall,
};
use crate::{
    database::Database,
    kernel::{clock::Clock, config::Settings, phone::E164},
    receptionist::{Heard, tools::ToolCall},
    traffic::Role,
};

/// A turn takes this long on the simulated line; nobody waits for it.
const TURN_S: i64 = 7;

/// What both providers know of a call.
#[derive(Clone, Debug)]
pub struct Course {
    pub from: String,
    pub to: E164,
    pub started: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub is_over: bool,
    pub turns: Vec<Said>,
}

/// What was said.
#[derive(Clone, Debug)]
pub struct Said {
    pub by_agent: bool,
    pub text: String,
    /// Since the beginning.
    pub after_s: f64,
}

/// A call as one provider tells of it.
pub trait AgentCall: Road {
    /// The id by which the conversation is found.
    fn id(&self) -> &str;
    fn course(&mut self) -> &mut Course;
    /// Asks before the call. False: nobody takes it; why was said.
    async fn ring(&mut self, stage: Stage) -> anyhow::Result<bool>;
    async fn end(&mut self) -> anyhow::Result<()>;
}

pub async fn play(
    database: &Database,
    settings: &Settings,
    script: &Script,
    via: Via,
    json: bool,
) -> anyhow::Result<()> {
    let stage = Stage { json };
    let to = script.to(database, "VOICE").await?;
    let poster = script.poster(settings)?;
    let business = store::find_business(&database.db, &to, &settings.billing_currency).await?;
    let now = Clock::System.now();
    let course = Course {
        from: script.from(),
        to,
        started: now,
        at: now,
        is_over: false,
        turns: Vec::new(),
    };
    stage.note(&format!("{} calls {}", course.from, course.to));
    let agent = business.map(StandIn::new);
    match via {
        Via::Vapi => {
            hold(
                VapiCall::new(course, poster),
                agent,
                script,
                database,
                stage,
            )
            .await
        }
        _ => {
            hold(
                RetellCall::new(course, poster),
                agent,
                script,
                database,
                stage,
            )
            .await
        }
    }
}

async fn hold(
    mut call: impl AgentCall,
    agent: Option<StandIn>,
    script: &Script,
    database: &Database,
    stage: Stage,
) -> anyhow::Result<()> {
    if !call.ring(stage).await? {
        return Ok(());
    }
    let mut agent = agent.context("the number belongs to no subscriber here")?;
    let mut lines = script.lines()?;
    let mut heard = Heard::Silence;
    loop {
        let reply = agent.hear(heard, &mut call).await?;
        call.course().says(stage, true, &reply.text);
        if reply.hands_over {
            stage.note("(put through to a person)");
        }
        if reply.ends || reply.hands_over {
            break;
        }
        let Some(line) = lines.next()? else {
            stage.note("(hangs up)");
            break;
        };
        let words = line.into_words();
        call.course().says(stage, false, &words);
        heard = Heard::Text(words);
    }
    call.course().at += chrono::TimeDelta::seconds(TURN_S);
    call.course().is_over = true;
    call.end().await?;
    let ending = store::find_ending(&database.db, call.id()).await?;
    stage.ending(&ending.context("the call left no trace")?);
    Ok(())
}

impl Course {
    fn says(&mut self, stage: Stage, by_agent: bool, text: &str) {
        self.at += chrono::TimeDelta::seconds(TURN_S);
        self.turns.push(Said {
            by_agent,
            text: text.to_owned(),
            after_s: (self.at - self.started).as_seconds_f64(),
        });
        let role = if by_agent { Role::Ai } else { Role::Caller };
        stage.turn(self.at, role, text);
    }
}

/// A tool's id that no other call of a tool has.
pub fn tool_id(call: &ToolCall, course: &Course) -> String {
    format!("call_{}_{}", course.started.timestamp_millis(), call.id)
}
