//! A call that gets an end of ours, for want of its provider's.
use serde_json::json;

use super::AskAboutCall;
use crate::{
    app::AppState,
    billing::rules,
    inbound::{EventKey, Proof},
    jobs::JobError,
    kernel::db::TenantTx,
    tenancy::{self, Channel},
    traffic::{
        self, CLOSED_WITHOUT_END, ConversationUpdate, Direction, Outcome, Source, Status,
        store::open_calls::OpenCall,
    },
    voice::news::{self, News, Stage},
};

/// Why it is closed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Because {
    /// Its provider says that it is over, and not how.
    Over,
    /// Its provider does not know it.
    Unknown,
    TooOld,
}

impl Because {
    fn as_str(self) -> &'static str {
        match self {
            Self::Over => "over_at_provider",
            Self::Unknown => "unknown_to_provider",
            Self::TooOld => "too_old",
        }
    }
}

/// Closes it as failed, unless its end came meanwhile. Nothing is charged: nobody knows how long it was.
pub(super) async fn close(
    app: &AppState,
    job: &AskAboutCall,
    call: &OpenCall,
    because: Because,
) -> Result<(), JobError> {
    let closed = traffic::while_raced(|| try_close(app, job, call, because)).await;
    Ok(closed?)
}

async fn try_close(
    app: &AppState,
    job: &AskAboutCall,
    call: &OpenCall,
    because: Because,
) -> Result<(), traffic::Error> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
    let (Some(line), Some(provider)) = (line, provider_of(call)) else {
        return Ok(());
    };
    let key = EventKey {
        provider,
        external_id: call.external_id.clone(),
        kind: "stuck_call",
        raw: b"",
        received_at: now,
        proof: Proof::Platform,
    };
    let counterpart = match call.direction {
        Direction::Inbound => &call.from,
        Direction::Outbound => &call.to,
    };
    let update = ConversationUpdate {
        channel: Channel::Voice,
        provider,
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
        status: Status::Failed,
        outcome: Some(Outcome::Other),
        handled_by: None,
        day: rules::local_day(call.started_at, line.zone),
        started_at: call.started_at,
        ended_at: Some(now),
        duration_s: None,
        cost_cents: None,
        summary: None,
        sentiment: None,
        disconnection_reason: Some(CLOSED_WITHOUT_END.to_owned()),
        transfer_destination: None,
        analysis: None,
        turns: Vec::new(),
        recordings: Vec::new(),
    };
    let news = News {
        update,
        stage: Stage::Over,
        at: now,
        not_billed: None,
    };
    news::tell(&mut tx, &key, &line, news).await?;
    let detail = json!({"because": because.as_str(), "asked": provider});
    let kind = "call.closed_without_end";
    traffic::trace(&mut tx, job.interaction, Source::Job, kind, detail, now);
    tx.commit().await?;
    tracing::warn!(
        interaction.id = %job.interaction, subscriber.id = %job.subscriber, provider,
        "a call is closed without its end: {}", because.as_str()
    );
    Ok(())
}

fn provider_of(call: &OpenCall) -> Option<&'static str> {
    ["RETELL", "VAPI", "TWILIO"]
        .into_iter()
        .find(|known| *known == call.provider)
}
