//! The same of a call that we answer ourselves, over Twilio.
use rust_decimal::Decimal;

use super::ask::{Asked, Found, is_theirs, no_answer, own_account, search, unless_cleared};
use crate::{
    app::AppState,
    billing::rules,
    inbound::{EventKey, Proof},
    jobs::JobError,
    kernel::{db::TenantTx, ids::SubscriberId},
    providers::twilio::{self, FoundCall},
    tenancy::{self, Channel, Line, accounts::Provider},
    traffic::{self, ConversationUpdate, Direction, Outcome, Status, store::open_calls::OpenCall},
    voice::{
        news::{self, News, Stage},
        resolve::{Signs, find_owner},
        twilio::store::lock_call,
    },
};

pub(super) async fn ask_twilio(
    app: &AppState,
    subscriber: SubscriberId,
    call: &OpenCall,
) -> Result<Asked, JobError> {
    let own = own_account(app, subscriber, Provider::Twilio).await?;
    let has_own = own.is_some();
    let base_url = &app.settings.twilio.api_base_url;
    let own = own.and_then(|own| {
        let key = own.api_key?;
        let http = app.http.clone();
        Some(twilio::Client::new(http, base_url, &own.account_id, key))
    });
    let get = |client: twilio::Client| async move {
        let found = client.find_call(&call.external_id).await;
        found.map_err(|error| no_answer("twilio", &error))
    };
    let found = search(own.map(get), app.twilio.clone().map(get), subscriber).await;
    let (proof, found) = match found {
        Found::In(proof, found) => (proof, found),
        Found::Nowhere => return Ok(Asked::Unknown),
        Found::NoAnswer => return Ok(Asked::NoAnswer),
    };
    if proof == Proof::Platform {
        let signs = Signs {
            proof,
            hint: None,
            number: match call.direction {
                Direction::Inbound => call.to.as_ref(),
                Direction::Outbound => call.from.as_ref(),
            },
            agent: None,
        };
        if !is_theirs(find_owner(app, &signs).await?, subscriber, has_own) {
            return Ok(Asked::Unknown);
        }
    }
    if !found.is_over() {
        return Ok(Asked::GoesOn);
    }
    unless_cleared(traffic::while_raced(|| tell(app, subscriber, call, &found)).await)?;
    Ok(Asked::Told)
}

/// Tells what the status callback would have told of the end. What came of the call is known from its turns; here only
/// whether anybody took it.
async fn tell(
    app: &AppState,
    subscriber: SubscriberId,
    call: &OpenCall,
    found: &FoundCall,
) -> Result<(), traffic::Error> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(line) = tenancy::find_line(&mut tx, Channel::Voice).await? else {
        return Ok(());
    };
    let key = EventKey {
        provider: "TWILIO",
        external_id: call.external_id.clone(),
        kind: "call_status",
        raw: b"",
        received_at: now,
        proof: Proof::Platform,
    };
    // A call that was put through while the receptionist is off is not charged, whoever tells of its end.
    let known = lock_call(&mut tx, &call.external_id).await?;
    let news = News {
        update: update_of(call, found, &line),
        stage: Stage::Over,
        at: found.end_time.unwrap_or(now),
        not_billed: known.and_then(|call| call.not_billed),
    };
    news::tell(&mut tx, &key, &line, news).await?;
    tx.commit().await?;
    Ok(())
}

fn update_of(call: &OpenCall, found: &FoundCall, line: &Line) -> ConversationUpdate {
    let (status, outcome) = match (found.was_answered(), call.direction) {
        (true, _) => (Status::Completed, Outcome::Other),
        (false, Direction::Inbound) => (Status::Failed, Outcome::Missed),
        (false, Direction::Outbound) => (Status::Failed, Outcome::Other),
    };
    let counterpart = match call.direction {
        Direction::Inbound => &call.from,
        Direction::Outbound => &call.to,
    };
    let is_dollars = found.price_unit.as_deref().is_none_or(|unit| unit == "USD");
    ConversationUpdate {
        channel: Channel::Voice,
        provider: "TWILIO",
        external_id: call.external_id.clone(),
        provider_agent_id: call.agent.clone(),
        direction: call.direction,
        transport: line.transport,
        ai_provider: line.ai_provider,
        mode: line.mode,
        from: call.from.clone(),
        to: call.to.clone(),
        counterpart: counterpart.clone(),
        contact: None,
        status,
        outcome: Some(outcome),
        handled_by: None,
        day: rules::local_day(call.started_at, line.zone),
        started_at: call.started_at,
        ended_at: found.end_time,
        duration_s: found.duration.and_then(|length| i32::try_from(length).ok()),
        // Twilio writes what it charges as a negative amount.
        cost_cents: found
            .price
            .filter(|_| is_dollars)
            .map(|price| price.abs() * Decimal::ONE_HUNDRED),
        summary: None,
        sentiment: None,
        disconnection_reason: Some(found.status.clone()),
        transfer_destination: None,
        analysis: None,
        turns: Vec::new(),
        recordings: Vec::new(),
    }
}
