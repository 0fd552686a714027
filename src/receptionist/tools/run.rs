//! Running a tool: once per call, with a row in `tool_calls`, an answer whatever happens.
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    ToolAnswer, ToolCall, ToolName, answers,
    arguments::{self, BusinessInfo, TakeMessage},
};
use crate::{
    app::AppState,
    events::{self, ContactFacts, Event, HandoffFacts, LeadFacts},
    kernel::{
        db::TenantTx,
        ids::{ContactId, InteractionId, SubscriberId},
        language::Language,
        phone::E164,
    },
    people::{self, NewLead},
    receptionist::{Business, Medium},
    tenancy::{Channel, privacy},
    traffic::{self, Source},
};

/// For whom a tool runs.
#[derive(Clone, Debug)]
pub struct Errand {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub contact: Option<ContactId>,
    pub caller: Option<E164>,
    pub channel: Channel,
    pub medium: Medium,
}

/// Runs the call, or gives the answer that it got before. A tool that fails is unavailable, never an error: whoever
/// asked must be told something.
pub async fn run(
    app: &AppState,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> ToolAnswer {
    match try_run(app, errand, business, language, call).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(
                interaction.id = %errand.interaction,
                "tool {} failed: {error:#}", call.name.as_str()
            );
            answers::unavailable(business, language)
        }
    }
}

async fn try_run(
    app: &AppState,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> anyhow::Result<ToolAnswer> {
    let mut tx = TenantTx::begin(&app.db, errand.subscriber).await?;
    let answer = run_in(app, &mut tx, errand, business, language, call).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The same within the caller's transaction: its effects are there if that one commits. After an error the transaction
/// is of no use any more.
pub async fn run_in(
    app: &AppState,
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> anyhow::Result<ToolAnswer> {
    let now = app.clock.now();
    let name = call.name.as_str();
    let earlier =
        traffic::record_tool_call(tx, errand.interaction, &call.id, name, &call.args, now).await?;
    if let Some(earlier) = earlier {
        return Ok(serde_json::from_value(earlier)?);
    }
    let answer = match call.name {
        ToolName::GetBusinessInfo | ToolName::ListServices => facts(business, language, call, now),
        ToolName::TakeMessage => take_message(tx, errand, business, language, call, now).await?,
        ToolName::TransferCall => hand_over(tx, errand, business, language, call, now).await?,
        ToolName::OptOut => opt_out(tx, errand, business, language, now).await?,
        ToolName::CheckCalendarAvailability
        | ToolName::BookAppointment
        | ToolName::FindAppointment
        | ToolName::RescheduleAppointment
        | ToolName::CancelAppointment
        | ToolName::SendText => answers::unavailable(business, language),
    };
    let kept: Value = serde_json::to_value(&answer)?;
    traffic::answer_tool_call(tx, errand.interaction, &call.id, &kept).await?;
    let detail = json!({"tool_call_id": call.id, "result": answer.result});
    traffic::trace(tx, errand.interaction, Source::ToolCall, name, detail, now);
    Ok(answer)
}

/// The answer of a tool that only tells facts.
pub fn facts(
    business: &Business,
    language: Language,
    call: &ToolCall,
    now: DateTime<Utc>,
) -> ToolAnswer {
    match call.name {
        ToolName::GetBusinessInfo => {
            let asked: BusinessInfo = call.arguments().unwrap_or_default();
            answers::business_info(business, asked.topic.as_deref(), language, now)
        }
        _ => answers::list_services(business, language),
    }
}

async fn take_message(
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
    now: DateTime<Utc>,
) -> anyhow::Result<ToolAnswer> {
    let message: TakeMessage = call.arguments().unwrap_or_default();
    if message.message.is_empty() {
        return Ok(answers::message_missing(language));
    }
    let (category, urgency) = (text_of(&message.category), text_of(&message.urgency));
    let summary = match &message.customer_name {
        Some(name) => format!("{name}: {}", message.message),
        None => message.message.clone(),
    };
    let summary = if privacy::keeps_words(tx).await? {
        summary
    } else {
        privacy::NOT_KEPT.to_owned()
    };
    let lead = NewLead {
        contact: errand.contact,
        interaction: Some(errand.interaction),
        category: &category,
        urgency: &urgency,
        summary: &summary,
    };
    let id = people::insert_lead(tx, &lead, now).await?;
    let facts = LeadFacts {
        lead_id: id.0,
        interaction_id: Some(errand.interaction.0),
        contact_id: errand.contact.map(|contact| contact.0),
        category,
        urgency,
        summary,
    };
    events::emit(tx, &Event::LeadCreated(facts), now);
    Ok(answers::message_taken(business, message.category, language))
}

/// An enumeration of the arguments, as the tables write it.
fn text_of<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_ascii_uppercase()
}

async fn hand_over(
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
    now: DateTime<Utc>,
) -> anyhow::Result<ToolAnswer> {
    if errand.medium == Medium::Voice && business.transfer_number.is_none() {
        return Ok(answers::no_one_to_transfer_to(language));
    }
    let asked: arguments::TransferCall = call.arguments().unwrap_or_default();
    let keeps_words = privacy::keeps_words(tx).await?;
    let facts = HandoffFacts {
        interaction_id: errand.interaction.0,
        channel: errand.channel.as_str().to_owned(),
        reason: asked.reason.filter(|_| keeps_words),
    };
    events::emit(tx, &Event::HandoffRequested(facts), now);
    Ok(answers::transferring(business, errand.medium, language))
}

async fn opt_out(
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    language: Language,
    now: DateTime<Utc>,
) -> anyhow::Result<ToolAnswer> {
    if let Some(caller) = &errand.caller
        && people::start_opt_out(tx, caller, "TOOL", now).await?
    {
        let facts = ContactFacts {
            contact_id: errand.contact.map(|contact| contact.0),
            phone: Some(caller.clone()),
            source: "TOOL".to_owned(),
        };
        events::emit(tx, &Event::ContactOptedOut(facts), now);
    }
    Ok(answers::opted_out(business, language))
}
