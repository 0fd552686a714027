//! A turn of a call: what the caller said or keyed, and what is said back. One transaction, one commit.
//!
//! Where a brain of somebody else's thinks, or ours failed inside the transaction, the turn is taken apart: read, ask,
//! write.
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    desk::{Desk, Parties, Tidings, tell},
    fallback,
    guard::{self, Proved},
    links::Query,
    owner, recording,
    ring::{self, Answered, Reply, keep, replay},
    store::{self, Call, Phase},
    talk::{self, Wish},
};
use crate::{
    app::AppState,
    inbound::{self, Claim, EventKey},
    kernel::{
        db::{TenantTx, is_in_the_way, is_unavailable},
        ids::SubscriberId,
    },
    people::consents::{self, ConsentChannel, NewConsent, Purpose},
    receptionist::{
        Medium, Reply as Spoken, Turn,
        brain::{self, Answer, Question},
        say::{Phrase, say},
        tools::run::Errand,
    },
    tenancy::{AiProvider, Channel, Line, directory::Key},
    traffic::{HandledBy, Status},
};

/// A brain that takes longer is given up for this turn: the caller hears silence meanwhile.
const BRAIN_DEADLINE: Duration = Duration::from_millis(4_500);

/// What became of a request.
enum Took {
    Answered(Answered),
    /// We never heard this call ring.
    Unknown,
    /// Its brain must be asked outside of the transaction.
    Elsewhere,
}

pub async fn answer(app: &AppState, proved: &Proved, query: &Query) -> anyhow::Result<String> {
    let now = app.clock.now();
    let found = guard::in_time(owner::of_call(app, proved, query)).await?;
    let Some(subscriber) = found else {
        guard::in_time(inbound::keep_unrouted(&app.db, &key_of(proved, 0, now))).await?;
        return Ok(fallback::not_in_service());
    };
    let in_one = guard::in_time(in_one(app, proved, subscriber, query.turn, now));
    let took = match in_one.await {
        Ok(Took::Elsewhere) => apart(app, proved, subscriber, query.turn, now).await?,
        Ok(took) => took,
        Err(error) if is_away(&error) => return Err(error),
        Err(error) => {
            tracing::error!(
                provider = "twilio",
                "a turn failed and is taken apart: {error:#}"
            );
            apart(app, proved, subscriber, query.turn, now).await?
        }
    };
    match took {
        Took::Answered(answered) => Ok(Reply::plan(answered).write(app).await),
        Took::Unknown | Took::Elsewhere => {
            ring::answer(app, proved, Some(Key::Subscriber(subscriber))).await
        }
    }
}

/// Trying again would only take longer, unless somebody else was in the way.
fn is_away(error: &anyhow::Error) -> bool {
    let database = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
    database.is_some_and(|error| is_unavailable(error) && !is_in_the_way(error))
}

fn key_of<'a>(proved: &'a Proved, turn: i32, now: DateTime<Utc>) -> EventKey<'a> {
    EventKey {
        provider: "TWILIO",
        external_id: format!("gather:{}:{turn}", proved.call.call_sid),
        kind: "call.turn",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    }
}

/// A turn that is ours to answer.
struct Open {
    call: Call,
    desk: Desk,
    asked: i32,
    wish: Wish,
}

enum Opened {
    Open(Box<Open>),
    Replay(Answered),
    Unknown,
}

/// Locks the call, claims the turn and reads what it takes to answer it.
async fn open(
    app: &AppState,
    tx: &mut TenantTx,
    proved: &Proved,
    turn: Option<i32>,
    now: DateTime<Utc>,
) -> anyhow::Result<Opened> {
    let form = &proved.call;
    let Some(call) = store::lock_call(tx, &form.call_sid).await? else {
        return Ok(Opened::Unknown);
    };
    let Some(mut desk) = Desk::read(app, tx, call.from.as_ref(), now).await? else {
        return Ok(Opened::Unknown);
    };
    let asked = turn.unwrap_or(call.turn);
    let key = key_of(proved, asked, now).as_kept_for(desk.line().keeps_words);
    let claim = inbound::claim(tx, Some(tx.subscriber()), &key).await?;
    let is_ours = matches!(call.phase, Phase::Talk | Phase::Consent) && call.status == Status::Open;
    if claim == Claim::Duplicate || asked < call.turn || !is_ours {
        return Ok(Opened::Replay(replay(&desk, &call)));
    }
    if !call.can_dial {
        // Nobody can be rung: the brain offers to take a message.
        desk.business.transfer_number = None;
    }
    if call.is_limited {
        // A message and nothing else: an order that is spoken becomes part of it.
        desk.business.is_booking_enabled = false;
    }
    let wish = talk::wish_of(&call, form.heard.as_ref(), now);
    Ok(Opened::Open(Box::new(Open {
        call,
        desk,
        asked,
        wish,
    })))
}

async fn in_one(
    app: &AppState,
    proved: &Proved,
    subscriber: SubscriberId,
    turn: Option<i32>,
    now: DateTime<Utc>,
) -> anyhow::Result<Took> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let mut open = match open(app, &mut tx, proved, turn, now).await? {
        Opened::Open(open) => open,
        Opened::Replay(answered) => return Ok(Took::Answered(answered)),
        Opened::Unknown => return Ok(Took::Unknown),
    };
    let answer = match &open.wish {
        Wish::Brain(_) if speaker(&open.call, &open.desk) != Speaker::Brain => None,
        Wish::Brain(_) if thinks_elsewhere(&open) => return Ok(Took::Elsewhere),
        Wish::Brain(turn) => {
            let errand = errand_of(&open, subscriber);
            let question = question_of(&open, &errand, open.desk.line(), turn);
            Some(brain::answer_in(app, &mut tx, question).await?)
        }
        Wish::Silence | Wish::Enough(_) | Wish::Consent(_) => None,
    };
    let answered = finish(&mut tx, proved, &mut open, answer, now).await?;
    tx.commit().await?;
    Ok(Took::Answered(answered))
}

/// Read, ask, write: for as long as the brain thinks nothing is held.
async fn apart(
    app: &AppState,
    proved: &Proved,
    subscriber: SubscriberId,
    turn: Option<i32>,
    now: DateTime<Utc>,
) -> anyhow::Result<Took> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let opened = open(app, &mut tx, proved, turn, now).await?;
    // The claim goes with it: only who writes the answer has it.
    drop(tx);
    let before = match opened {
        Opened::Open(open) => open,
        Opened::Replay(answered) => return Ok(Took::Answered(answered)),
        Opened::Unknown => return Ok(Took::Unknown),
    };
    let answer = match &before.wish {
        Wish::Brain(_) if speaker(&before.call, &before.desk) != Speaker::Brain => None,
        Wish::Brain(_) => Some(ask(app, &before, subscriber).await?),
        Wish::Silence | Wish::Enough(_) | Wish::Consent(_) => None,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let mut open = match open(app, &mut tx, proved, turn, now).await? {
        Opened::Open(open) => open,
        Opened::Replay(answered) => return Ok(Took::Answered(answered)),
        Opened::Unknown => return Ok(Took::Unknown),
    };
    let answered = finish(&mut tx, proved, &mut open, answer, now).await?;
    tx.commit().await?;
    Ok(Took::Answered(answered))
}

/// Retell's and Vapi's agents hold calls of their own; in this one brains of ours think.
fn thinks_elsewhere(open: &Open) -> bool {
    open.desk.line().ai_provider == AiProvider::Llm && !open.call.is_builtin
}

/// The channel's brain, and the built-in one when it fails or is slow.
async fn ask(app: &AppState, open: &Open, subscriber: SubscriberId) -> anyhow::Result<Answer> {
    let Wish::Brain(turn) = &open.wish else {
        anyhow::bail!("nothing to ask a brain")
    };
    let errand = errand_of(open, subscriber);
    let line = open.desk.line();
    let question = |line| question_of(open, &errand, line, turn);
    if thinks_elsewhere(open) {
        let asked = tokio::time::timeout(BRAIN_DEADLINE, brain::ask(app, question(line))).await;
        match asked {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => tracing::warn!(
                interaction.id = %open.call.interaction,
                "the brain of a call failed, the built-in one answers: {error:#}"
            ),
            Err(_) => tracing::warn!(
                interaction.id = %open.call.interaction,
                "the brain of a call was too slow, the built-in one answers"
            ),
        }
    }
    let builtin = Line {
        ai_provider: AiProvider::Builtin,
        ..line.clone()
    };
    brain::ask(app, question(&builtin)).await
}

fn question_of<'a>(
    open: &'a Open,
    errand: &'a Errand,
    line: &'a Line,
    turn: &Turn,
) -> Question<'a> {
    Question {
        errand,
        business: &open.desk.business,
        line,
        retell: None,
        turn: turn.clone(),
        dialogue: open.call.dialogue.clone(),
    }
}

/// Who answers what a caller says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Brain,
    /// A person took the call over and can be rung.
    Person,
    /// A person took it over and cannot be rung: a message is taken for them, by the built-in brain once it is asked for.
    Message,
}

fn speaker(call: &Call, desk: &Desk) -> Speaker {
    if !call.is_taken_over {
        Speaker::Brain
    } else if call.can_dial && desk.phone().is_some() {
        Speaker::Person
    } else if !call.is_builtin {
        Speaker::Message
    } else {
        Speaker::Brain
    }
}

/// A person took the call over: the receptionist says no more than that it puts the caller through.
fn give_way(call: &Call, turn: &Turn) -> Answer {
    Answer {
        reply: Spoken {
            text: say(turn.language, Phrase::Transferring),
            language: turn.language,
            tool_calls: Vec::new(),
            hands_over: true,
            ends: false,
            gives_up: false,
        },
        dialogue: call.dialogue.clone(),
    }
}

fn errand_of(open: &Open, subscriber: SubscriberId) -> Errand {
    Errand {
        subscriber,
        interaction: open.call.interaction,
        contact: open.call.contact,
        caller: open.call.from.clone(),
        channel: Channel::Voice,
        medium: Medium::Voice,
    }
}

async fn finish(
    tx: &mut TenantTx,
    proved: &Proved,
    open: &mut Open,
    answer: Option<Answer>,
    now: DateTime<Utc>,
) -> anyhow::Result<Answered> {
    let Open {
        call,
        desk,
        asked,
        wish,
    } = open;
    let plan = match wish {
        Wish::Silence => talk::after_silence(tx, desk, call, now).await?,
        Wish::Consent(said) => {
            agree(tx, call, *said, now).await?;
            talk::greet(tx, desk, call, Vec::new(), now).await?
        }
        Wish::Enough(turn) => talk::end_talk(tx, desk, call, turn, now).await?,
        Wish::Brain(turn) => match (speaker(call, desk), answer) {
            (Speaker::Message, _) => talk::take_message(tx, desk, call, turn, now).await?,
            (Speaker::Person, _) => {
                let answer = give_way(call, turn);
                talk::follow(tx, desk, call, turn, answer, now).await?
            }
            (Speaker::Brain, Some(answer)) => {
                talk::follow(tx, desk, call, turn, answer, now).await?
            }
            (Speaker::Brain, None) => anyhow::bail!("a brain was asked and did not answer"),
        },
    };
    talk::trace_turn(tx, call, *asked, &proved.call, now);
    keep(tx, call, &plan, now).await?;
    Ok(Answered {
        stage: desk.stage(call.interaction),
        plan,
    })
}

/// Writes down whether the call may be recorded, and records it then.
async fn agree(
    tx: &mut TenantTx,
    call: &mut Call,
    said: Option<bool>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (Some(granted), Some(contact)) = (said, call.contact) else {
        // Who says neither is not recorded, and is asked again the next time.
        return Ok(());
    };
    let consent = NewConsent {
        contact,
        purpose: Purpose::Recording,
        granted,
        text_version: "asked on the call".to_owned(),
        channel: ConsentChannel::Voice,
        proof: Some(format!("TWILIO {}", call.call_sid)),
        ip_prefix: None,
    };
    consents::record_consent(tx, &consent, now).await?;
    if granted {
        recording::order_start(tx, call);
    }
    Ok(())
}

/// The receptionist answers a call that rang somebody first.
pub async fn answered_by_ai(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    call: &Call,
) -> Result<(), crate::traffic::Error> {
    let tidings = Tidings {
        handled_by: Some(HandledBy::Ai),
        not_billed: call.not_billed,
        ..Tidings::default()
    };
    tell(tx, key, desk.line(), &Parties::of(call), tidings).await?;
    Ok(())
}
