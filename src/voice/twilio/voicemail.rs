//! What somebody leaves after the tone, whichever road leads there; and the recordings of calls.
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    desk::{Desk, Parties, Tidings, tell},
    fallback,
    guard::{self, Proved},
    links::Query,
    owner,
    plan::{Line, Plan},
    ring::{Answered, Reply, keep, replay},
    store::{self, Call, Phase},
    words::{Words, words},
};
use crate::{
    app::AppState,
    billing::NotBilled,
    events::{self, Event, LeadFacts},
    inbound::{self, Claim, EventKey, Received},
    kernel::{
        db::TenantTx,
        ids::{ContactId, InteractionId, SubscriberId},
        phone::E164,
    },
    people::{self, NewLead},
    providers::twilio::{CallForm, Recording},
    tenancy::privacy,
    traffic::{
        self, NewRecording, NewTurn, Outcome, Role, Source,
        store::{
            calls::{Spoken, save_spoken},
            recordings::is_voicemail,
        },
    },
    web::ApiError,
};

/// A tone and nothing after it.
const SHORTEST_S: i32 = 1;
/// What a recording is kept as.
const VOICEMAIL: &str = "VOICEMAIL";
const CONVERSATION: &str = "MULTI_CHANNEL";

/// The caller has spoken after the tone, or hung up.
pub async fn done(app: &AppState, proved: &Proved, query: &Query) -> anyhow::Result<String> {
    let reply = guard::in_time(reply(app, proved, query)).await?;
    Ok(reply.write(app).await)
}

async fn reply(app: &AppState, proved: &Proved, query: &Query) -> anyhow::Result<Reply> {
    let now = app.clock.now();
    let key = key_of(proved, now);
    let Some(subscriber) = owner::of_call(app, proved, query).await? else {
        inbound::keep_unrouted(&app.db, &key).await?;
        return Ok(Reply::Document(fallback::thanks()));
    };
    let left = traffic::while_in_the_way(|| leave(app, proved, &key, query, subscriber)).await;
    match left? {
        Some(answered) => Ok(Reply::plan(answered)),
        None => Ok(Reply::Document(fallback::thanks())),
    }
}

/// The sound itself has one more name, by which the later callback finds that it is known.
fn key_of(proved: &Proved, now: DateTime<Utc>) -> EventKey<'_> {
    let recording = proved.call.recording.as_ref();
    let sid = recording.and_then(|recording| recording.sid.clone());
    EventKey {
        provider: "TWILIO",
        external_id: format!(
            "voicemail:{}:{}",
            proved.call.call_sid,
            sid.unwrap_or_default()
        ),
        kind: "call.voicemail",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    }
}

async fn leave(
    app: &AppState,
    proved: &Proved,
    key: &EventKey<'_>,
    query: &Query,
    subscriber: SubscriberId,
) -> Result<Option<Answered>, traffic::Error> {
    let (now, form) = (key.received_at, &proved.call);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let mut call = store::lock_call(&mut tx, &form.call_sid).await?;
    let caller = caller_of(form, query, call.as_ref());
    let Some(desk) = Desk::read(app, &mut tx, caller.as_ref(), now).await? else {
        return Ok(None);
    };
    let kept = key.as_kept_for(desk.line().keeps_words);
    let is_new = inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::New;
    let recording = form
        .recording
        .as_ref()
        .filter(|recording| has_sound(recording));
    // In the middle of a call it was the last rung that asked for it.
    let was_asked = |call: &Call| match call.phase {
        Phase::Voicemail => true,
        Phase::Over => false,
        _ => recording.is_some(),
    };
    if let Some(call) = &call
        && !(is_new && was_asked(call))
    {
        return Ok(Some(replay(&desk, call)));
    }
    if is_new && let Some(recording) = recording {
        let parties = parties_of(form, query, call.as_ref(), now);
        keep_voicemail(&mut tx, &kept, &desk, &parties, call.as_mut(), recording).await?;
    }
    let Some(mut call) = call else {
        tx.commit().await?;
        return Ok(None);
    };
    call.phase = Phase::Over;
    let said = match recording {
        Some(_) => Words::AfterTone,
        None => Words::Goodbye,
    };
    let line = Line::fixed(call.language, words(call.language, said));
    let plan = Plan::say_and_hang_up(line);
    keep(&mut tx, &mut call, &plan, now).await?;
    let stage = desk.stage(call.interaction);
    tx.commit().await?;
    Ok(Some(Answered { stage, plan }))
}

fn has_sound(recording: &Recording) -> bool {
    recording
        .duration_s
        .is_none_or(|seconds| seconds >= SHORTEST_S)
}

fn caller_of(form: &CallForm, query: &Query, call: Option<&Call>) -> Option<E164> {
    let known = call.and_then(|call| call.from.clone());
    known
        .or_else(|| Parties::caller_in(form))
        .or_else(|| query.from.clone())
}

/// Who called whom; of a call that rang while we could not write it down, what the request tells.
fn parties_of(form: &CallForm, query: &Query, call: Option<&Call>, now: DateTime<Utc>) -> Parties {
    match call {
        Some(call) => Parties::of(call),
        None => Parties {
            call_sid: form.call_sid.clone(),
            from: caller_of(form, query, None),
            to: E164::of_caller(&form.to).or_else(|| query.to.clone()),
            started_at: now,
        },
    }
}

/// The recording, and a lead for whoever shall call back.
async fn keep_voicemail(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    parties: &Parties,
    call: Option<&mut Call>,
    recording: &Recording,
) -> Result<(), traffic::Error> {
    let has_call = call.is_some();
    let not_billed = match &call {
        Some(call) => call.not_billed,
        // Our own last rung took it.
        None => Some(NotBilled::Fallback),
    };
    let tidings = Tidings {
        outcome: Some(Outcome::Voicemail),
        not_billed,
        recordings: vec![NewRecording {
            kind: VOICEMAIL,
            url: recording.url.clone(),
        }],
        ..Tidings::default()
    };
    let told = tell(tx, key, desk.line(), parties, tidings).await?;
    let was_known = match call {
        Some(call) => std::mem::replace(&mut call.has_voicemail, true),
        // Of a call that we never heard ring, nothing else makes a lead.
        None => people::has_lead(tx, told.saved.id).await?,
    };
    let detail = json!({
        "recording_sid": recording.sid, "duration_seconds": recording.duration_s, "was_unknown_call": !has_call,
    });
    let at = key.received_at;
    traffic::trace(
        tx,
        told.saved.id,
        Source::Provider,
        "call.voicemail",
        detail,
        at,
    );
    if !was_known {
        make_lead(tx, told.saved.id, told.contact, recording.duration_s, at).await?;
    }
    Ok(())
}

async fn make_lead(
    tx: &mut TenantTx,
    interaction: InteractionId,
    contact: Option<ContactId>,
    duration_s: Option<i32>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let summary = match duration_s {
        _ if !privacy::keeps_words(tx).await? => privacy::NOT_KEPT.to_owned(),
        Some(seconds) => format!("Voicemail of {seconds} s"),
        None => "Voicemail".to_owned(),
    };
    let lead = NewLead {
        contact,
        interaction: Some(interaction),
        category: "GENERAL",
        urgency: "NORMAL",
        summary: &summary,
    };
    let id = people::insert_lead(tx, &lead, now).await?;
    let facts = LeadFacts {
        lead_id: id.0,
        interaction_id: Some(interaction.0),
        contact_id: contact.map(|contact| contact.0),
        category: "GENERAL".to_owned(),
        urgency: "NORMAL".to_owned(),
        summary,
    };
    events::emit(tx, &Event::LeadCreated(facts), now);
    Ok(())
}

/// The key of the news that a recording has this status.
pub fn recording_key(call_sid: &str, sid: &str, status: &str) -> String {
    format!("recording:{call_sid}:{sid}:{status}")
}

/// Twilio tells of a recording that is done, or what was said in one.
pub async fn recorded(
    app: &AppState,
    proved: &Proved,
    query: &Query,
    since: Option<DateTime<Utc>>,
) -> Result<Received, ApiError> {
    let now = since.unwrap_or_else(|| app.clock.now());
    let form = &proved.call;
    let recording = form.recording.as_ref();
    let sid = recording
        .and_then(|recording| recording.sid.clone())
        .unwrap_or_default();
    let status = recording
        .and_then(|recording| recording.status.clone())
        .unwrap_or_default();
    let external_id = match &form.transcription {
        Some(words) => {
            let status = words.status.as_deref().unwrap_or_default();
            format!("transcription:{}:{sid}:{status}", form.call_sid)
        }
        None => recording_key(&form.call_sid, &sid, &status),
    };
    let key = EventKey {
        provider: "TWILIO",
        external_id,
        kind: "call.recording",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    };
    let owner = owner::of_call(app, proved, query).await;
    let subscriber = owner.as_ref().ok().copied().flatten();
    let handled = async {
        let Some(subscriber) = owner? else {
            inbound::keep_unrouted(&app.db, &key).await?;
            return Ok(Received::Unrouted);
        };
        if since.is_some() {
            inbound::give_kept(&app.db, Some(subscriber), &key).await?;
        }
        let kept =
            traffic::while_in_the_way(|| keep_recorded(app, proved, &key, query, subscriber)).await;
        if matches!(kept, Err(traffic::Error::Cleared)) {
            return Ok(Received::Duplicate);
        }
        Ok(kept?)
    };
    inbound::own_or_answer(app, subscriber, &key, handled.await).await
}

async fn keep_recorded(
    app: &AppState,
    proved: &Proved,
    key: &EventKey<'_>,
    query: &Query,
    subscriber: SubscriberId,
) -> Result<Received, traffic::Error> {
    let (now, form) = (key.received_at, &proved.call);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let mut call = store::lock_call(&mut tx, &form.call_sid).await?;
    let caller = caller_of(form, query, call.as_ref());
    let Some(desk) = Desk::read(app, &mut tx, caller.as_ref(), now).await? else {
        return Ok(Received::Unrouted);
    };
    let kept = key.as_kept_for(desk.line().keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    let parties = parties_of(form, query, call.as_ref(), now);
    let recording = form.recording.as_ref();
    match (&form.transcription, recording.filter(|told| is_done(told))) {
        (Some(told), _) => {
            let words = told.text.as_deref();
            transcribe(&mut tx, &kept, &desk, &parties, call.as_mut(), words).await?;
        }
        (None, Some(recording)) => {
            keep_sound(&mut tx, &kept, &desk, &parties, call.as_mut(), recording).await?;
        }
        (None, None) => {}
    }
    if let Some(call) = &call {
        store::save_call(&mut tx, call, now).await?;
    }
    tx.commit().await?;
    Ok(Received::Done)
}

/// What was left after a tone, or what was recorded of a call while it went on.
async fn keep_sound(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    parties: &Parties,
    call: Option<&mut Call>,
    recording: &Recording,
) -> Result<(), traffic::Error> {
    let is_left = call.is_none()
        || recording.source.as_deref() == Some("RecordVerb")
        || is_voicemail(tx, &parties.call_sid, &recording.url).await?;
    if is_left {
        return keep_voicemail(tx, key, desk, parties, call, recording).await;
    }
    let tidings = Tidings {
        not_billed: call.and_then(|call| call.not_billed),
        recordings: vec![NewRecording {
            kind: CONVERSATION,
            url: recording.url.clone(),
        }],
        ..Tidings::default()
    };
    tell(tx, key, desk.line(), parties, tidings).await?;
    Ok(())
}

fn is_done(recording: &Recording) -> bool {
    let is_completed = recording
        .status
        .as_deref()
        .is_none_or(|status| status == "completed");
    is_completed && has_sound(recording)
}

/// What was said after the tone stands in the conversation like anything that was said. None: nobody could tell what
/// it was.
async fn transcribe(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    desk: &Desk,
    parties: &Parties,
    call: Option<&mut Call>,
    words: Option<&str>,
) -> Result<(), traffic::Error> {
    let at = key.received_at;
    let interaction = match (call, words) {
        (Some(call), Some(words)) => {
            let spoken = Spoken {
                interaction: call.interaction,
                position: call.positions + 1,
                turns: &[(Role::Caller, words)],
                language: call.language,
                dialogue: None,
                at,
            };
            save_spoken(tx, &spoken).await?;
            call.positions += 1;
            call.interaction
        }
        (Some(call), None) => call.interaction,
        // We never heard it ring: all that was said in it was said after the tone.
        (None, words) => {
            let tidings = Tidings {
                not_billed: Some(NotBilled::Fallback),
                turns: words.map(turn_of(at)).into_iter().collect(),
                ..Tidings::default()
            };
            tell(tx, key, desk.line(), parties, tidings).await?.saved.id
        }
    };
    let detail = json!({ "characters": words.map(|words| words.chars().count()) });
    traffic::trace(
        tx,
        interaction,
        Source::Provider,
        "call.transcription",
        detail,
        at,
    );
    Ok(())
}

fn turn_of(at: DateTime<Utc>) -> impl Fn(&str) -> NewTurn {
    move |words| NewTurn {
        role: Role::Caller,
        text: words.to_owned(),
        at,
    }
}
