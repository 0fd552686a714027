//! `take_message`, `transfer_call` and `opt_out`: what goes to the people of the business, or keeps us from writing.
use chrono::{DateTime, Utc};

use super::{
    ToolAnswer, answers,
    appointments::phone_of,
    arguments::{self, Category, TakeMessage, Urgency},
    run::Work,
};
use crate::{
    events::{self, ContactFacts, Event, HandoffFacts, LeadFacts},
    kernel::{
        db::TenantTx,
        ids::{ContactId, InteractionId},
    },
    people::{self, NewLead},
    receptionist::Medium,
    tenancy::privacy,
};

pub(super) async fn take_message(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let message: TakeMessage = work.call.arguments().unwrap_or_default();
    if message.message.is_empty() {
        return Ok(answers::message_missing(work.language).because("no_message"));
    }
    let summary = summary_of(&message);
    keep_lead(work, tx, message.category, message.urgency, summary).await?;
    Ok(answers::message_taken(
        work.business,
        message.category,
        work.language,
    ))
}

/// "Ana Roy, 514-555-0199: the key is under the mat". Whose number it is, the business must judge: it was only said.
fn summary_of(message: &TakeMessage) -> String {
    let from = [&message.customer_name, &message.customer_phone];
    let from: Vec<&str> = from.into_iter().flatten().map(String::as_str).collect();
    match from.as_slice() {
        [] => message.message.clone(),
        from => format!("{}: {}", from.join(", "), message.message),
    }
}

/// Writes a lead, and tells of it.
pub(super) async fn keep_lead(
    work: &Work<'_>,
    tx: &mut TenantTx,
    category: Category,
    urgency: Urgency,
    summary: String,
) -> anyhow::Result<()> {
    let errand = work.errand;
    let from = Sender {
        interaction: errand.interaction,
        contact: errand.contact,
    };
    write_lead(tx, from, category, urgency, summary, work.now).await?;
    Ok(())
}

/// In which conversation a message was left, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    pub interaction: InteractionId,
    pub contact: Option<ContactId>,
}

/// Keeps a message that they broke off before it could be sent.
///
/// # Errors
/// Those of the database.
pub async fn keep_message(
    tx: &mut TenantTx,
    from: Sender,
    message: &TakeMessage,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let summary = summary_of(message);
    write_lead(tx, from, message.category, message.urgency, summary, now).await
}

async fn write_lead(
    tx: &mut TenantTx,
    from: Sender,
    category: Category,
    urgency: Urgency,
    summary: String,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (category, urgency) = (text_of(&category), text_of(&urgency));
    let summary = if privacy::keeps_words(tx).await? {
        summary
    } else {
        privacy::NOT_KEPT.to_owned()
    };
    let lead = NewLead {
        contact: from.contact,
        interaction: Some(from.interaction),
        category: &category,
        urgency: &urgency,
        summary: &summary,
    };
    let id = people::insert_lead(tx, &lead, now).await?;
    let facts = LeadFacts {
        lead_id: id.0,
        interaction_id: Some(from.interaction.0),
        contact_id: from.contact.map(|contact| contact.0),
        category,
        urgency,
        summary,
    };
    events::emit(tx, &Event::LeadCreated(facts), now);
    Ok(())
}

/// An enumeration of the arguments, as the tables write it.
fn text_of<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_ascii_uppercase()
}

pub(super) async fn hand_over(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let errand = work.errand;
    if errand.medium == Medium::Voice && work.business.transfer_number.is_none() {
        return Ok(answers::no_one_to_transfer_to(work.language).because("no_transfer_number"));
    }
    let asked: arguments::TransferCall = work.call.arguments().unwrap_or_default();
    let keeps_words = privacy::keeps_words(tx).await?;
    let facts = HandoffFacts {
        interaction_id: errand.interaction.0,
        channel: errand.channel.as_str().to_owned(),
        reason: asked.reason.filter(|_| keeps_words),
    };
    events::emit(tx, &Event::HandoffRequested(facts), work.now);
    Ok(answers::transferring(
        work.business,
        errand.medium,
        work.language,
    ))
}

pub(super) async fn opt_out(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let errand = work.errand;
    let asked: arguments::OptOut = work.call.arguments().unwrap_or_default();
    let said = || phone_of(asked.customer_phone.as_deref()?);
    let Some(phone) = errand.caller.clone().or_else(said) else {
        return Ok(answers::number_to_stop_missing(work.language).because("no_phone"));
    };
    if people::start_opt_out(tx, &phone, "TOOL", work.now).await? {
        let facts = ContactFacts {
            contact_id: errand.contact.map(|contact| contact.0),
            phone: Some(phone),
            source: "TOOL".to_owned(),
        };
        events::emit(tx, &Event::ContactOptedOut(facts), work.now);
    }
    Ok(answers::opted_out(work.business, work.language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_begins_with_who_it_is_from() {
        let message = |name: Option<&str>, phone: Option<&str>| TakeMessage {
            message: "the key is under the mat".into(),
            customer_name: name.map(str::to_owned),
            customer_phone: phone.map(str::to_owned),
            ..TakeMessage::default()
        };
        for (name, phone, summary) in [
            (
                Some("Ana Roy"),
                Some("514-555-0199"),
                "Ana Roy, 514-555-0199: the key is under the mat",
            ),
            (Some("Ana Roy"), None, "Ana Roy: the key is under the mat"),
            (
                None,
                Some("514-555-0199"),
                "514-555-0199: the key is under the mat",
            ),
            (None, None, "the key is under the mat"),
        ] {
            assert_eq!(summary_of(&message(name, phone)), summary);
        }
    }
}
