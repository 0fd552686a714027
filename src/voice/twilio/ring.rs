//! A call rings: whose is it, and who answers?
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    desk::{Desk, Parties, Tidings, tell},
    fallback,
    guard::{self, Proved},
    owner::{self, ring_key},
    plan::{self, Line, Plan, Stage, Step},
    rules::{Because, Facts, First, may_transfer, not_billed, who_answers},
    store::{self, Call, Phase},
    talk,
    words::{Words, words},
};
use crate::{
    app::App,
    billing,
    inbound::{self, Claim, EventKey},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164},
    providers::twilio::{Attestation, CallForm},
    tenancy::{directory::Key, store::switch},
    traffic::{self, HandledBy, Outcome, SavedDialogue, Source},
    voice::{forwarding, news::Stage as NewsStage},
};

/// What a call does next, and for whom it is written.
pub struct Answered {
    pub stage: Stage,
    pub plan: Plan,
}

/// What is answered: a plan that wants to be spoken, or words that are always the same.
pub enum Reply {
    Plan(Box<Answered>),
    Document(String),
}

impl Reply {
    pub fn plan(answered: Answered) -> Self {
        Self::Plan(Box::new(answered))
    }

    /// As Twilio reads it. No transaction is open by now: a voice may have to be asked for.
    pub async fn write(self, app: &App) -> String {
        match self {
            Self::Plan(answered) => plan::write(app, &answered.stage, &answered.plan).await,
            Self::Document(document) => document,
        }
    }
}

/// Answers a call that rings.
pub async fn answer(app: &App, proved: &Proved, named: Option<Key<'_>>) -> anyhow::Result<String> {
    let reply = guard::in_time(reply(app, proved, named)).await?;
    Ok(reply.write(app).await)
}

pub async fn reply(app: &App, proved: &Proved, named: Option<Key<'_>>) -> anyhow::Result<Reply> {
    let now = app.clock.now();
    let key = key_of(proved, now);
    let Some(subscriber) = owner::of_number(app, proved, named).await? else {
        inbound::keep_unrouted(&app.db, &key).await?;
        return Ok(Reply::Document(fallback::not_in_service()));
    };
    let begun = traffic::while_in_the_way(|| begin(app, proved, &key, subscriber)).await;
    match begun {
        Ok(Begun::Answered(answered)) => Ok(Reply::plan(answered)),
        Ok(Begun::Nobodys) => {
            inbound::keep_unrouted(&app.db, &key).await?;
            Ok(Reply::Document(fallback::not_in_service()))
        }
        // The words of a call are taken away long after its end.
        Ok(Begun::Over) | Err(traffic::Error::Cleared) => Ok(Reply::Document(fallback::hang_up())),
        Ok(Begun::CameBack) => Ok(Reply::Document(fallback::hang_up())),
        Err(error) => Err(error.into()),
    }
}

fn key_of(proved: &Proved, now: DateTime<Utc>) -> EventKey<'_> {
    EventKey {
        provider: "TWILIO",
        external_id: ring_key(&proved.call.call_sid),
        kind: "call.ring",
        raw: &proved.raw,
        received_at: now,
        proof: proved.proof,
    }
}

/// What became of a ring.
enum Begun {
    Answered(Answered),
    /// The directory still names a subscriber that is gone.
    Nobodys,
    /// We have heard of its end: this comes late.
    Over,
    /// A test of forwarding that worked: our own call, with nobody on the line.
    CameBack,
}

async fn begin(
    app: &App,
    proved: &Proved,
    key: &EventKey<'_>,
    subscriber: SubscriberId,
) -> Result<Begun, traffic::Error> {
    let (now, form) = (key.received_at, &proved.call);
    let caller = Parties::caller_in(form);
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(desk) = Desk::read(app, &mut tx, caller.as_ref(), now).await? else {
        return Ok(Begun::Nobodys);
    };
    let kept = key.as_kept_for(desk.line().keeps_words);
    let claim = inbound::claim(&mut tx, Some(subscriber), &kept).await?;
    if let Some(call) = store::lock_call(&mut tx, &form.call_sid).await? {
        tx.end_reading();
        return Ok(Begun::Answered(replay(&desk, &call)));
    }
    if claim == Claim::Duplicate {
        // It rang, and nothing of it is left but that.
        tx.end_reading();
        return Ok(Begun::Over);
    }
    let shown = E164::of_caller(&form.from);
    if let Some(to) = E164::of_caller(&form.to)
        && forwarding::is_test_come_back(&mut tx, shown.as_ref(), &to, now).await?
    {
        tx.commit().await?;
        return Ok(Begun::CameBack);
    }
    let (first, because, can_ring) = decide(&mut tx, &desk, proved, caller.as_ref(), now).await?;
    let is_refused = matches!(first, First::Reject | First::TurnAway);
    let parties = Parties {
        call_sid: form.call_sid.clone(),
        // A number that the carrier says is not the caller's proves nothing: whose it is is not greeted, told or changed.
        from: caller.filter(|_| is_refused || form.attestation != Attestation::Failed),
        to: E164::of_caller(&form.to),
        started_at: now,
    };
    let not_billed = not_billed(first, because);
    let tidings = Tidings {
        stage: Some(NewsStage::Started),
        is_over: first == First::Reject,
        duration_s: (first == First::Reject).then_some(0),
        outcome: is_refused.then_some(Outcome::Blocked),
        handled_by: matches!(first, First::Receptionist | First::Message).then_some(HandledBy::Ai),
        not_billed,
        ..Tidings::default()
    };
    let told = tell(&mut tx, &kept, desk.line(), &parties, tidings).await?;
    if !told.saved.was_open {
        return Ok(Begun::Over);
    }
    let mut call = Call {
        interaction: told.saved.id,
        call_sid: form.call_sid.clone(),
        account_sid: form.account_sid.clone(),
        phase: Phase::Over,
        turn: 0,
        language: desk.line().language,
        silences: 0,
        has_menu: false,
        can_dial: can_ring && may_transfer(first, because),
        is_limited: first == First::Message || because == Because::NoService,
        is_builtin: false,
        positions: 0,
        has_heard: false,
        has_voicemail: false,
        dialled_at: None,
        accepted_at: None,
        is_bridged: false,
        not_billed,
        plan: None,
        contact: told.contact,
        from: parties.from.clone(),
        to: parties.to.clone(),
        started_at: now,
        status: told.saved.status,
        is_taken_over: false,
        dialogue: SavedDialogue::default(),
    };
    if through_own_line(proved, &desk) {
        switch::see_forwarded(&mut tx).await?;
    }
    let plan = first_plan(&mut tx, &desk, &mut call, first, now).await?;
    let detail = json!({
        "first": first, "because": because, "mode": desk.line().mode, "hours": desk.hours(now),
        "can_ring": can_ring, "attestation": format!("{:?}", form.attestation),
        "is_forwarded": form.forwarded_from.is_some(),
        "has_caller": call.from.is_some(),
    });
    traffic::trace(
        &mut tx,
        call.interaction,
        Source::Decision,
        "call.answered_by",
        detail,
        now,
    );
    keep(&mut tx, &mut call, &plan, now).await?;
    let stage = desk.stage(call.interaction);
    tx.commit().await?;
    Ok(Begun::Answered(Answered { stage, plan }))
}

/// Writes the call with what it does next.
pub async fn keep(
    tx: &mut TenantTx,
    call: &mut Call,
    plan: &Plan,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    call.plan = serde_json::to_value(plan).ok();
    store::save_call(tx, call, now).await
}

/// What was answered last, again. A call that is over is hung up.
pub fn replay(desk: &Desk, call: &Call) -> Answered {
    let plan = call.plan.clone();
    let plan = plan.and_then(|plan| serde_json::from_value(plan).ok());
    Answered {
        stage: desk.stage(call.interaction),
        plan: plan.unwrap_or_else(Plan::hang_up),
    }
}

/// Whether the owner's own line brought the call: the forwarding that they set up works.
fn through_own_line(proved: &Proved, desk: &Desk) -> bool {
    let through = forwarded_from(&proved.call);
    through.is_some_and(|number| desk.is_own_phone(&number)) && desk.line().is_enabled
}

/// The line through which the call came, whichever way its carrier writes numbers.
fn forwarded_from(form: &CallForm) -> Option<E164> {
    let through = form.forwarded_from.as_deref()?;
    match E164::of_caller(&form.to) {
        Some(to) => E164::written_near(through, &to),
        None => E164::of_caller(through),
    }
}

/// Who answers first, why, and whether somebody may be rung in this call at all.
async fn decide(
    tx: &mut TenantTx,
    desk: &Desk,
    proved: &Proved,
    caller: Option<&E164>,
    now: DateTime<Utc>,
) -> sqlx::Result<(First, Because, bool)> {
    let (form, line) = (&proved.call, desk.line());
    let to = E164::of_caller(&form.to);
    let is_ringing = match &to {
        Some(to) => store::is_dialling(tx, caller, to, &form.call_sid, now).await?,
        None => false,
    };
    // Two who withhold their numbers may be two: they are answered, and nobody is rung for the second.
    let is_loop = Parties::is_echo(form) || (is_ringing && caller.is_some());
    // A line that forwards to us when nobody answers there: the usual way to us, and the one way that must not be
    // rung again. The same for who calls from it.
    let through = forwarded_from(form);
    let leads_back = [caller, through.as_ref(), to.as_ref()].contains(&desk.phone());
    let can_ring = desk.phone().is_some() && !leads_back && !is_ringing;
    let facts = Facts {
        is_blocked: desk.voice.is_caller_blocked,
        is_spoofed: form.attestation == Attestation::Failed,
        is_known: desk.voice.caller_name.is_some(),
        is_loop,
        is_enabled: line.is_enabled,
        mode: line.mode,
        status: line.status,
        may_start: billing::may_take_call(tx, now).await?,
        can_ring: can_ring && !is_loop,
        hours: desk.hours(now),
        after_hours: desk.settings().after_hours,
        on_holidays: desk.settings().on_holidays,
    };
    let (first, because) = who_answers(&facts);
    Ok((first, because, facts.can_ring))
}

async fn first_plan(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    first: First,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    let language = call.language;
    let say = |what| Line::fixed(language, words(language, what));
    match first {
        First::Reject => Ok(Plan(vec![Step::Reject])),
        First::TurnAway => Ok(Plan::say_and_hang_up(say(Words::TurnedAway))),
        First::Receptionist | First::Message => talk::begin(tx, desk, call, now).await,
        First::Voicemail => talk::voicemail(tx, desk, call, Vec::new(), now).await,
        First::Staff => Ok(talk::ring(
            desk,
            call,
            Phase::Staff,
            [say(Words::Ringing)],
            now,
        )),
        First::Owner => Ok(talk::ring(desk, call, Phase::Owner, [], now)),
    }
}
