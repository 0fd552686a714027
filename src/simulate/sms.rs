//! A person who texts.
use std::time::Duration;

use anyhow::{Context, ensure};
use uuid::Uuid;

use super::{
    Script,
    show::Stage,
    store::{self, Answers},
};
use crate::{
    database::Database,
    kernel::{clock::Clock, config::Settings},
    providers::twilio::segments,
    traffic::Role,
};

const POLL: Duration = Duration::from_millis(50);
/// Longer than any brain may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn play(
    database: &Database,
    settings: &Settings,
    script: &Script,
    json: bool,
) -> anyhow::Result<()> {
    let (stage, clock) = (Stage { json }, Clock::System);
    let (to, from) = (script.to(database, "SMS").await?, script.from());
    let poster = script.poster(settings)?;
    stage.note(&format!("{from} texts {to}"));
    let mut last_sid = String::new();
    for body in script.turns()? {
        let sid = format!("SM{}", Uuid::new_v4().simple());
        stage.turn(clock.now(), Role::Caller, &body);
        let segments = segments::count(&body).segments.to_string();
        let fields = [
            ("MessageSid", sid.as_str()),
            ("AccountSid", "AC00000000000000000000000000000000"),
            ("From", &from),
            ("To", to.as_str()),
            ("Body", &body),
            ("NumMedia", "0"),
            ("NumSegments", &segments),
        ];
        poster.twilio("/webhooks/twilio/sms", &fields).await?;
        let answers = wait(database, &sid).await?;
        if answers.turns.is_empty() {
            stage.note("(no answer)");
        }
        for answer in answers.turns {
            stage.turn(answer.at, answer.role, &answer.text);
        }
        last_sid = sid;
    }
    let ending = store::find_ending(&database.db, &last_sid).await?;
    let ending = ending.with_context(|| format!("{to} belongs to no subscriber here"))?;
    stage.ending(&ending);
    Ok(())
}

async fn wait(database: &Database, sid: &str) -> anyhow::Result<Answers> {
    let begun = std::time::Instant::now();
    loop {
        let answers = store::list_answers(&database.db, sid).await?;
        if answers.is_complete {
            return Ok(answers);
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "no answer within {} s",
            PATIENCE.as_secs()
        );
        tokio::time::sleep(POLL).await;
    }
}
