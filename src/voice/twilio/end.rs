//! A call is over: what came of it, what it costs, and a text to whom nobody answered.
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{
    desk::{Desk, Parties, Tidings, tell},
    guard::Proved,
    links::Query,
    owner,
    rules::{Ended, outcome_of},
    store::{self, Call, Phase},
    text_back,
};
use crate::{
    app::AppState,
    billing::NotBilled,
    inbound::{self, Claim, EventKey, Received},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164},
    providers::twilio::CallStatus,
    receptionist::{
        builtin::DialogueState,
        tools::{Sender, keep_message},
    },
    traffic::{self, Outcome, Source, Status, store::calls::list_results},
    voice::news::{Stage as NewsStage, Told},
    web::ApiError,
};

/// Of a call that we heard of later than that, a text would come out of nowhere.
const LATEST_TEXT_BACK: Duration = Duration::hours(1);

/// Follows what Twilio tells of a call's progress. Only the end of a call that came in counts: what is before it was
/// told by the call itself, and legs that we rang belong to their call.
pub async fn follow(
    app: &AppState,
    proved: &Proved,
    query: &Query,
    since: Option<DateTime<Utc>>,
) -> Result<Received, ApiError> {
    let form = &proved.call;
    let now = since.unwrap_or_else(|| app.clock.now());
    let key = EventKey {
        provider: "TWILIO",
        external_id: status_key(&form.call_sid, form.status.as_str()),
        kind: "call.status",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    };
    let owner = owner::of_call(app, proved, query).await;
    let subscriber = owner.as_ref().ok().copied().flatten();
    let handled = async {
        if form.parent_call_sid.is_some() || form.is_outbound || !form.status.is_final() {
            return Ok(Received::Done);
        }
        let Some(subscriber) = owner? else {
            inbound::keep_unrouted(&app.db, &key).await?;
            return Ok(Received::Unrouted);
        };
        if since.is_some() {
            inbound::give_kept(&app.db, Some(subscriber), &key).await?;
        }
        let ended = traffic::while_in_the_way(|| end(app, proved, &key, subscriber)).await;
        if matches!(ended, Err(traffic::Error::Cleared)) {
            return Ok(Received::Duplicate);
        }
        Ok(ended?)
    };
    inbound::own_or_answer(app, subscriber, &key, handled.await).await
}

/// The key of the news that a call has this status.
pub fn status_key(call_sid: &str, status: &str) -> String {
    format!("status:{call_sid}:{status}")
}

async fn end(
    app: &AppState,
    proved: &Proved,
    key: &EventKey<'_>,
    subscriber: SubscriberId,
) -> Result<Received, traffic::Error> {
    let (now, form) = (key.received_at, &proved.call);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let call = store::lock_call(&mut tx, &form.call_sid).await?;
    let from = call.as_ref().and_then(|call| call.from.clone());
    let from = from.or_else(|| Parties::caller_in(form));
    let Some(desk) = Desk::read(app, &mut tx, from.as_ref(), now).await? else {
        tx.end_reading();
        inbound::keep_unrouted(&app.db, key).await?;
        return Ok(Received::Unrouted);
    };
    let kept = key.as_kept_for(desk.line().keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    if call.is_none() && Parties::is_echo(form) {
        // A call of ours that came back: nobody was on it.
        tx.commit().await?;
        return Ok(Received::Done);
    }
    let duration_s = form.duration_s.unwrap_or(0);
    let outcome = match &call {
        Some(call) => came_of(&mut tx, call, form.status).await?,
        None => Outcome::Missed,
    };
    let is_missed = matches!(
        outcome,
        Outcome::Missed | Outcome::Abandoned | Outcome::Failed
    );
    let parties = match &call {
        Some(call) => Parties::of(call),
        // It rang while we could not write it down, and the last rung answered.
        None => Parties {
            call_sid: form.call_sid.clone(),
            from,
            to: E164::of_caller(&form.to),
            started_at: now - Duration::seconds(duration_s.into()),
        },
    };
    let tidings = Tidings {
        stage: Some(NewsStage::Over),
        is_over: true,
        outcome: Some(outcome),
        duration_s: Some(duration_s),
        reason: Some(form.status.as_str().to_owned()),
        not_billed: match &call {
            Some(call) => call.not_billed,
            None => Some(NotBilled::Fallback),
        },
        ..Tidings::default()
    };
    let told = tell(&mut tx, &kept, desk.line(), &parties, tidings).await?;
    // What is known by now may be more than this tells: a recording that came first.
    let is_missed = is_missed && told.saved.outcome == Some(outcome);
    let is_recent = app.clock.now() - now < LATEST_TEXT_BACK;
    if is_missed && is_recent && told.saved.was_open {
        text_back::order(&mut tx, &desk, &parties, &told, now).await?;
    }
    if let Some(mut call) = call {
        if told.saved.was_open {
            keep_unfinished(&mut tx, &call, &told, outcome, now).await?;
        }
        call.phase = Phase::Over;
        // Nobody will ask for it again, and it holds what was said.
        call.plan = None;
        store::save_call(&mut tx, &call, now).await?;
    } else {
        let detail = json!({ "because": "the call rang while we could not write it down" });
        traffic::trace(
            &mut tx,
            told.saved.id,
            Source::Decision,
            "call.unknown",
            detail,
            now,
        );
    }
    tx.commit().await?;
    Ok(Received::Done)
}

/// What they were in the middle of telling when the call broke off: a booking half made, a message without a name.
async fn keep_unfinished(
    tx: &mut TenantTx,
    call: &Call,
    told: &Told,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let has_lead = matches!(
        outcome,
        Outcome::Transferred | Outcome::MessageTaken | Outcome::Voicemail | Outcome::Blocked
    );
    let message = DialogueState::restore(&call.dialogue.state).unfinished();
    let Some(message) = message.filter(|_| !has_lead) else {
        return Ok(());
    };
    let from = Sender {
        interaction: told.saved.id,
        contact: told.contact,
    };
    keep_message(tx, from, &message, now).await
}

async fn came_of(tx: &mut TenantTx, call: &Call, status: CallStatus) -> sqlx::Result<Outcome> {
    if call.not_billed == Some(NotBilled::Spam) && call.status != Status::Failed {
        return Ok(Outcome::Blocked);
    }
    let results = list_results(tx, call.interaction).await?;
    let waits_for_message = DialogueState::restore(&call.dialogue.state).waits_for_message();
    Ok(outcome_of(&Ended {
        results: &results,
        has_voicemail: call.has_voicemail,
        is_bridged: call.is_bridged,
        // The receptionist spoke before it put them through; who was rung by rule was never spoken to.
        was_transfer: call.is_bridged && call.positions > 0,
        has_spoken: call.positions > 0,
        has_heard: call.has_heard,
        is_left_alone: call.phase == Phase::Voicemail || waits_for_message,
        has_failed: status == CallStatus::Failed,
    }))
}
