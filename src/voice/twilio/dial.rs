//! Somebody of the business is rung: what they hear before they take the call, and what becomes of it.
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    desk::{Desk, Parties, Tidings, tell},
    fallback,
    guard::{self, Proved},
    links::{Links, Query},
    owner,
    plan::Plan,
    ring::{self, Answered, Reply, keep, replay},
    store::{self, Call, Phase},
    talk,
    turn::answered_by_ai,
    words::{Words, words},
};
use crate::{
    app::App,
    inbound::{self, Claim, EventKey},
    kernel::{
        db::TenantTx,
        ids::{InteractionId, SubscriberId},
        language::Language,
    },
    providers::twilio::{
        CallStatus, DialStatus, Dialled, Heard,
        twiml::{self, Gather, Verb},
    },
    tenancy::{self, Channel, directory::Key},
    traffic::{self, HandledBy, Outcome, Source},
    voice::{
        news::Stage as NewsStage,
        speech::{Accent, say},
    },
};

/// So long the person may look for the key.
const PATIENCE_S: u8 = 5;

/// The end of a dial: the two spoke, or nobody came.
pub async fn done(app: &App, proved: &Proved, query: &Query) -> anyhow::Result<String> {
    match guard::in_time(reply(app, proved, query)).await {
        Ok(reply) => Ok(reply.write(app).await),
        // The two have spoken: nothing is left to be said, whatever we could not write down.
        Err(error) if was_answered(proved.call.dial.as_ref(), None) => {
            tracing::error!(
                provider = "twilio",
                "a call that was put through ends unnoted: {error:#}"
            );
            Ok(fallback::hang_up())
        }
        Err(error) => Err(error),
    }
}

async fn reply(app: &App, proved: &Proved, query: &Query) -> anyhow::Result<Reply> {
    let now = app.clock.now();
    let Some(subscriber) = owner::of_call(app, proved, query).await? else {
        inbound::keep_unrouted(&app.db, &key_of(proved, "unknown", now)).await?;
        return Ok(Reply::Document(fallback::not_in_service()));
    };
    let followed = traffic::while_in_the_way(|| follow(app, proved, subscriber, now)).await;
    match followed? {
        Some(answered) => Ok(Reply::plan(answered)),
        // A dial that we know nothing of; the two have spoken, or somebody still waits.
        None if was_answered(proved.call.dial.as_ref(), None) => {
            Ok(Reply::Document(fallback::hang_up()))
        }
        None => ring::reply(app, proved, Some(Key::Subscriber(subscriber))).await,
    }
}

fn key_of<'a>(proved: &'a Proved, dial: &str, now: DateTime<Utc>) -> EventKey<'a> {
    EventKey {
        provider: "TWILIO",
        external_id: format!("dial:{}:{dial}", proved.call.call_sid),
        kind: "call.dialled",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    }
}

/// Whether a person took the call. Somebody's voicemail answers too, but presses no key.
fn was_answered(dial: Option<&Dialled>, call: Option<&Call>) -> bool {
    let Some(dial) = dial else {
        return false;
    };
    let has_accepted = call.is_some_and(|call| call.accepted_at.is_some());
    match dial.is_bridged {
        Some(is_bridged) => is_bridged && dial.status == DialStatus::Completed,
        None => dial.status == DialStatus::Completed && has_accepted,
    }
}

async fn follow(
    app: &App,
    proved: &Proved,
    subscriber: SubscriberId,
    now: DateTime<Utc>,
) -> Result<Option<Answered>, traffic::Error> {
    let form = &proved.call;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(mut call) = store::lock_call(&mut tx, &form.call_sid).await? else {
        return Ok(None);
    };
    let Some(desk) = Desk::read(app, &mut tx, call.from.as_ref(), now).await? else {
        return Ok(None);
    };
    let dialled_at = call.dialled_at.map_or(0, |at| at.timestamp_millis());
    let key = key_of(proved, &dialled_at.to_string(), now);
    let claim = inbound::claim(&mut tx, Some(subscriber), &key).await?;
    if claim == Claim::Duplicate || !call.phase.rings() {
        return Ok(Some(replay(&desk, &call)));
    }
    let rang = call.phase;
    let is_answered = was_answered(form.dial.as_ref(), Some(&call));
    let dial = form.dial.as_ref();
    let detail = json!({
        "rang": rang, "status": dial.map(|dial| dial.status.as_str()), "is_answered": is_answered,
        "has_accepted": call.accepted_at.is_some(), "duration_seconds": dial.and_then(|dial| dial.duration_s),
    });
    traffic::trace(
        &mut tx,
        call.interaction,
        Source::Decision,
        "call.dialled",
        detail,
        now,
    );
    let plan = if is_answered {
        bridged(&mut tx, &key, &desk, &mut call).await?
    } else if form.status == CallStatus::Completed {
        // The caller has hung up meanwhile.
        call.phase = Phase::Over;
        Plan::hang_up()
    } else {
        nobody_came(&mut tx, &key, &desk, &mut call, now).await?
    };
    keep(&mut tx, &mut call, &plan, now).await?;
    let stage = desk.stage(call.interaction);
    tx.commit().await?;
    Ok(Some(Answered { stage, plan }))
}

/// A person spoke with the caller, and one of them hung up.
async fn bridged(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    call: &mut Call,
) -> Result<Plan, traffic::Error> {
    let was_transfer = call.phase == Phase::Transfer;
    call.is_bridged = true;
    // What came of it is told by the phase at the end as well, and must not be forgotten by then.
    let tidings = Tidings {
        outcome: Some(match was_transfer {
            true => Outcome::Transferred,
            false => Outcome::Answered,
        }),
        handled_by: (!was_transfer).then_some(HandledBy::Human),
        transfer_destination: desk.phone().map(ToString::to_string),
        not_billed: call.not_billed,
        stage: Some(NewsStage::UnderWay),
        ..Tidings::default()
    };
    tell(tx, key, desk.line(), &Parties::of(call), tidings).await?;
    call.phase = Phase::Over;
    Ok(Plan::hang_up())
}

/// The next rung.
async fn nobody_came(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    call: &mut Call,
    now: DateTime<Utc>,
) -> Result<Plan, traffic::Error> {
    Ok(match call.phase {
        Phase::Staff => {
            answered_by_ai(tx, key, desk, call).await?;
            talk::begin(tx, desk, call, now).await?
        }
        Phase::Transfer => talk::after_transfer(tx, desk, call, now).await?,
        _ => talk::voicemail(tx, desk, call, Vec::new(), now).await?,
    })
}

/// What the person who is rung hears, and what they press.
pub async fn whisper(app: &App, proved: &Proved, query: &Query) -> anyhow::Result<String> {
    let keyed = match &proved.call.heard {
        Some(Heard::Digits(digits)) => Some(digits.as_str()),
        _ => None,
    };
    let subscriber = query.subscriber;
    let subscriber = subscriber.filter(|own| proved.proof.admits(Some(*own)));
    match keyed {
        Some("1") => {
            if let (Some(subscriber), Some(interaction)) = (subscriber, query.interaction) {
                note_accepted(app, subscriber, interaction).await;
            }
            // Nothing more to do: Twilio connects the two.
            Ok(twiml::document(&[]))
        }
        Some(_) => Ok(fallback::hang_up()),
        None => Ok(press_one(app, subscriber, query.interaction).await),
    }
}

/// The person is there and the caller waits: whether we can write it down or not, they are connected.
async fn note_accepted(app: &App, subscriber: SubscriberId, interaction: InteractionId) {
    let now = app.clock.now();
    let noted = async {
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        if store::accept(&mut tx, interaction, now).await? {
            let detail = json!({});
            traffic::trace(
                &mut tx,
                interaction,
                Source::Provider,
                "call.accepted",
                detail,
                now,
            );
        }
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::error!(interaction.id = %interaction, "somebody took a call and it is not noted: {error}");
    }
}

async fn press_one(
    app: &App,
    subscriber: Option<SubscriberId>,
    interaction: Option<InteractionId>,
) -> String {
    let (name, language) = match subscriber {
        Some(subscriber) => introduction(app, subscriber).await,
        None => nameless(Language::En),
    };
    let links = Links::of(app, subscriber);
    let action = interaction.map_or_else(String::new, |interaction| links.whisper(interaction));
    twiml::document(&ask_for_key(language, &name, &action, false))
}

/// Who calls, and which key takes the call; nobody is put through without it.
pub fn ask_for_key(
    language: Language,
    name: &str,
    action: &str,
    is_action_static: bool,
) -> [Verb; 3] {
    let text = words(language, Words::PressOne { name });
    let gather = Verb::Gather(Gather {
        action: action.to_owned(),
        is_action_static,
        language: Accent::of(language).locale,
        takes_speech: false,
        tells_silence: false,
        digits: Some(1),
        timeout_s: PATIENCE_S,
        hints: Vec::new(),
        prompt: vec![Verb::Say(say(language, &text))],
    });
    // Said twice: the first words are lost while the phone goes to the ear.
    [gather.clone(), gather, Verb::Hangup]
}

/// Whose caller it is. Not knowing that is no reason not to put them through.
async fn introduction(app: &App, subscriber: SubscriberId) -> (String, Language) {
    let found = async {
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
        tx.end_reading();
        Ok::<_, sqlx::Error>(line)
    };
    match found.await {
        Ok(Some(line)) => (line.business_name, line.language),
        Ok(None) => nameless(Language::En),
        Err(error) => {
            tracing::error!(subscriber.id = %subscriber, "a whisper goes without a name: {error}");
            nameless(Language::En)
        }
    }
}

fn nameless(language: Language) -> (String, Language) {
    (words(language, Words::YourBusiness), language)
}
