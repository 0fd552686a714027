//! A person who calls, with Twilio between us: it reads our TwiML, says or keys what the person does, and follows
//! redirects and actions to the end.
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Script,
    lines::{Line, Lines},
    post::Poster,
    show::Stage,
    store,
    twiml::{self, Verb},
};
use crate::{
    database::Database,
    kernel::{clock::Clock, config::Settings, phone::E164},
    traffic::Role,
};

const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// A turn takes this long on the simulated line; nobody waits for it.
const TURN_S: i64 = 7;
/// A call of ours that asks for more documents than this goes in a circle.
const MOST_DOCUMENTS: usize = 200;

pub async fn play(
    database: &Database,
    settings: &Settings,
    script: &Script,
    json: bool,
) -> anyhow::Result<()> {
    let to = script.to(database, "VOICE").await?;
    let poster = script.poster(settings)?;
    let mut lines = script.lines()?;
    let mut line = Telephone::new(Stage { json }, poster, script.from(), to);
    line.stage.note(&format!("{} calls {}", line.from, line.to));
    let ring = (
        "/voice/webhook/voice".to_owned(),
        vec![("CallStatus", "ringing".to_owned())],
    );
    let mut next = Some(ring);
    for _ in 0..MOST_DOCUMENTS {
        let Some((url, told)) = next else { break };
        let verbs = line.post(&url, &told).await?;
        next = line.follow(&verbs, &mut lines)?;
    }
    if next.is_some() {
        bail!("the call goes in a circle");
    }
    line.hang_up().await?;
    let ending = store::find_ending(&database.db, &line.sid).await?;
    let ending = ending.with_context(|| format!("{} belongs to no subscriber here", line.to))?;
    line.stage.ending(&ending);
    Ok(())
}

/// What Twilio asks for next, and what it tells with it.
type Next = Option<(String, Vec<(&'static str, String)>)>;

struct Telephone {
    stage: Stage,
    poster: Poster,
    sid: String,
    from: String,
    to: E164,
    started: DateTime<Utc>,
    at: DateTime<Utc>,
}

impl Telephone {
    fn new(stage: Stage, poster: Poster, from: String, to: E164) -> Self {
        let now = Clock::System.now();
        Self {
            stage,
            poster,
            sid: format!("CA{}", Uuid::new_v4().simple()),
            from,
            to,
            started: now,
            at: now,
        }
    }

    async fn post(&self, url: &str, told: &[(&str, String)]) -> anyhow::Result<Vec<Verb>> {
        let mut fields = vec![
            ("CallSid", self.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("ApiVersion", "2010-04-01"),
            ("Direction", "inbound"),
            ("From", &self.from),
            ("To", self.to.as_str()),
        ];
        fields.extend(told.iter().map(|(name, value)| (*name, value.as_str())));
        let document = self.poster.twiml(url, &fields).await?;
        twiml::read(&document)
    }

    /// Does what the document says, as far as the first verb that asks for another one.
    fn follow(&mut self, verbs: &[Verb], lines: &mut Lines) -> anyhow::Result<Next> {
        for verb in verbs {
            match verb.name.as_str() {
                "Say" | "Play" => self.hear(verb),
                "Gather" => {
                    verb.inner.iter().for_each(|inner| self.hear(inner));
                    if let Some(next) = self.answer(verb, lines)? {
                        return Ok(next);
                    }
                }
                "Dial" => {
                    let who: Vec<&str> = verb.inner.iter().map(|leg| leg.text.as_str()).collect();
                    self.stage
                        .note(&format!("(rings {}: nobody answers)", who.join(", ")));
                    let Ok(action) = verb.attribute("action") else {
                        return Ok(None);
                    };
                    let told = vec![
                        ("CallStatus", "in-progress".to_owned()),
                        ("DialCallStatus", "no-answer".to_owned()),
                        ("DialBridged", "false".to_owned()),
                    ];
                    return Ok(Some((action.to_owned(), told)));
                }
                "Record" => return self.leave_message(verb, lines).map(Some),
                "Redirect" => {
                    let told = vec![("CallStatus", "in-progress".to_owned())];
                    return Ok(Some((verb.text.clone(), told)));
                }
                "Reject" => {
                    self.stage.note("(rejected)");
                    return Ok(None);
                }
                "Hangup" => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    fn hear(&mut self, verb: &Verb) {
        let words = match verb.name.as_str() {
            "Say" => verb.text.clone(),
            "Play" => format!("(plays {})", verb.text),
            _ => return,
        };
        self.at += chrono::TimeDelta::seconds(TURN_S);
        self.stage.turn(self.at, Role::Ai, &words);
    }

    /// What the caller says to a gather. None: nothing, and the next verb runs. Some(None): the caller hangs up.
    fn answer(&mut self, gather: &Verb, lines: &mut Lines) -> anyhow::Result<Option<Next>> {
        let Some(line) = lines.next()? else {
            self.stage.note("(hangs up)");
            return Ok(Some(None));
        };
        self.at += chrono::TimeDelta::seconds(TURN_S);
        let mut told = vec![("CallStatus", "in-progress".to_owned())];
        match line {
            Line::Words(words) => {
                self.stage.turn(self.at, Role::Caller, &words);
                told.push(("SpeechResult", words));
                told.push(("Confidence", "0.92".to_owned()));
            }
            Line::Keys(keys) => {
                self.stage
                    .turn(self.at, Role::Caller, &format!("(keys {keys})"));
                told.push(("Digits", keys));
            }
            Line::Silence => {
                self.stage.turn(self.at, Role::Caller, "(silence)");
                let is_told = gather.attributes.get("actionOnEmptyResult");
                if is_told.map(String::as_str) != Some("true") {
                    return Ok(None);
                }
            }
        }
        let action = gather.attribute("action")?.to_owned();
        Ok(Some(Some((action, told))))
    }

    fn leave_message(
        &mut self,
        record: &Verb,
        lines: &mut Lines,
    ) -> anyhow::Result<(String, Vec<(&'static str, String)>)> {
        let words = match lines.next()? {
            Some(Line::Words(words)) => words,
            _ => "(says nothing after the tone)".to_owned(),
        };
        self.at += chrono::TimeDelta::seconds(TURN_S);
        self.stage.turn(self.at, Role::Caller, &words);
        let told = vec![
            ("CallStatus", "in-progress".to_owned()),
            ("RecordingSid", format!("RE{}", &self.sid[2..])),
            ("RecordingDuration", TURN_S.to_string()),
            ("Digits", "hangup".to_owned()),
        ];
        Ok((record.attribute("action")?.to_owned(), told))
    }

    /// Twilio tells that the call is over.
    async fn hang_up(&mut self) -> anyhow::Result<()> {
        let seconds = (self.at - self.started).num_seconds().max(1).to_string();
        let fields = [
            ("CallSid", self.sid.as_str()),
            ("AccountSid", ACCOUNT),
            ("ApiVersion", "2010-04-01"),
            ("Direction", "inbound"),
            ("From", &self.from),
            ("To", self.to.as_str()),
            ("CallStatus", "completed"),
            ("CallDuration", &seconds),
        ];
        self.poster
            .twilio("/webhooks/twilio/voice/status", &fields)
            .await
    }
}
