//! News of a call, whoever carries it: any order, any number of times, one interaction, one charge, the same events.
use chrono::{DateTime, Duration, Utc};

use crate::{
    billing::{self, Charge, EndedCall, NotBilled, Totals},
    events::{self, CallFacts, ContactFacts, Event},
    inbound::EventKey,
    kernel::{db::TenantTx, ids::ContactId},
    people,
    providers::twilio,
    tenancy::{Channel, Line},
    traffic::{
        self, AtProvider, ConversationUpdate, HandledBy, NewRecording, Outcome, Role,
        SavedConversation, Status,
    },
};

/// How far the call is, as this news tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Started,
    UnderWay,
    Over,
    /// After the end: what was found out about it.
    Analyzed,
}

/// One piece of news. Whoever is at the other end becomes a contact; `update.contact` is set here.
#[derive(Clone, Debug)]
pub struct News {
    pub update: ConversationUpdate,
    pub stage: Stage,
    /// When it happened, by the provider's clock.
    pub at: DateTime<Utc>,
    /// Why this call costs nothing, where the outcome and the duration do not say so.
    pub not_billed: Option<NotBilled>,
}

/// The call as it stands after the news.
#[derive(Clone, Debug)]
pub struct Told {
    pub saved: SavedConversation,
    pub contact: Option<ContactId>,
}

/// Writes what the news tells, charges a call that is over, and tells others. The event was claimed before.
///
/// # Errors
/// Those of [`traffic::save_conversation`]: after [`traffic::Error::Raced`] the transaction begins again.
pub async fn tell(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    line: &Line,
    mut news: News,
) -> Result<Told, traffic::Error> {
    let now = key.received_at;
    let update = &mut news.update;
    let contact = match &update.counterpart {
        Some(phone) => Some(people::touch_contact(tx, phone, "VOICE", now).await?),
        None => None,
    };
    update.contact = contact.as_ref().map(|contact| contact.contact);
    if !line.keeps_words {
        update.forget_words();
    }
    heed_consent(tx, update, now).await?;
    let saved = traffic::save_conversation(tx, update).await?;
    traffic::trace_update(tx, key.kind, update, &saved, now);
    count(tx, key, line, &news, &saved).await?;
    let update = &news.update;
    if let (Some(contact), Some(phone)) = (&contact, &update.counterpart)
        && contact.is_new
    {
        let facts = ContactFacts {
            contact_id: Some(contact.contact.0),
            phone: Some(phone.clone()),
            source: "VOICE".to_owned(),
        };
        events::emit(tx, &Event::ContactCreated(facts), now);
    }
    announce(tx, &news, &saved);
    Ok(Told {
        saved,
        contact: update.contact,
    })
}

/// A recording to which nobody agreed is not kept: not here, and tomorrow, when the provider has told all that it
/// will, not there either.
async fn heed_consent(
    tx: &mut TenantTx,
    update: &mut ConversationUpdate,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    // What somebody leaves after a tone they left to be heard.
    let is_left = |recording: &NewRecording| recording.kind == "VOICEMAIL";
    if update.recordings.iter().all(is_left) {
        return Ok(());
    }
    let call = format!("{} {}", update.provider, update.external_id);
    if !people::consents::may_keep_recording(tx, update.contact, &call, now).await? {
        let tomorrow = now + Duration::days(1);
        for recording in update
            .recordings
            .extract_if(.., |recording| !is_left(recording))
        {
            let sid = twilio::sid_in(&recording.url).filter(|_| update.provider == "TWILIO");
            let thing = match sid {
                // There a call that is deleted leaves its sound behind.
                Some(sid) => AtProvider::Recording(sid),
                None => AtProvider::Call(&update.external_id),
            };
            traffic::order_deletion(tx, update.provider, thing, tomorrow).await?;
        }
    }
    Ok(())
}

/// Charges a call that is over, and moves its day's sums.
async fn count(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    line: &Line,
    news: &News,
    saved: &SavedConversation,
) -> sqlx::Result<()> {
    let update = &news.update;
    let duration_s = saved.duration_s.filter(|_| saved.status != Status::Open);
    let charge = duration_s.map(|duration_s| {
        Charge::of_call(EndedCall {
            source: format!("{}:{}", update.provider, update.external_id),
            interaction: saved.id,
            started_at: saved.started_at,
            duration_s,
            outcome: saved.outcome,
            not_billed: news.not_billed,
            cost_cents: saved.cost_cents,
            zone: line.zone,
            source_event: key.kind.to_owned(),
        })
    });
    let totals = Totals {
        day: saved.day,
        channel: Channel::Voice,
        change: saved.change,
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, charge.as_ref(), &totals, key.received_at).await?;
    Ok(())
}

/// What others may want to know.
fn announce(tx: &mut TenantTx, news: &News, saved: &SavedConversation) {
    let facts = || facts(&news.update, saved);
    if news.stage == Stage::Started {
        events::emit(tx, &Event::CallStarted(facts()), news.at);
    }
    if saved.was_open && saved.status != Status::Open {
        events::emit(tx, &Event::CallEnded(facts()), news.at);
        if saved.outcome == Some(Outcome::Missed) {
            events::emit(tx, &Event::CallMissed(facts()), news.at);
        }
    }
    if news.stage == Stage::Analyzed {
        events::emit(tx, &Event::CallAnalyzed(facts()), news.at);
    }
}

fn facts(update: &ConversationUpdate, saved: &SavedConversation) -> CallFacts {
    CallFacts {
        interaction_id: saved.id.0,
        external_call_id: Some(update.external_id.clone()),
        direction: update.direction.as_str().to_owned(),
        from: update.from.clone(),
        to: update.to.clone(),
        status: saved.status.as_str().to_owned(),
        outcome_type: saved.outcome.map(|outcome| outcome.as_str().to_owned()),
        started_at: Some(saved.started_at),
        ended_at: update.ended_at,
        duration_seconds: saved.duration_s,
        ai_handled: saved.handled_by == Some(HandledBy::Ai),
        transcript: transcript(update),
        summary: update.summary.clone(),
        sentiment: update.sentiment.clone(),
    }
}

fn transcript(update: &ConversationUpdate) -> Option<String> {
    let lines: Vec<String> = update
        .turns
        .iter()
        .filter_map(|turn| {
            let speaker = match turn.role {
                Role::Ai => "Agent",
                Role::Caller => "User",
                Role::Staff => "Staff",
                Role::System | Role::Tool => return None,
            };
            Some(format!("{speaker}: {}", turn.text))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
