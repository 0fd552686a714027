//! A text to somebody whose call nobody answered: once in an hour, never after an opt-out, and only where the business
//! texts at all.
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    desk::{Desk, Parties},
    store,
    words::{Words, words},
};
use crate::{
    billing::{self, Totals, rules::local_day},
    kernel::db::TenantTx,
    messaging::{self, NewText, Purpose},
    tenancy::{self, Channel},
    traffic::{
        self, Role, Source,
        store::staff::{self, Addressee},
    },
    voice::news::Told,
};

/// Writes the text into the conversation with the caller and orders its sending; the one function that sends decides
/// whether it goes out.
pub async fn order(
    tx: &mut TenantTx,
    desk: &Desk,
    parties: &Parties,
    told: &Told,
    now: DateTime<Utc>,
) -> Result<(), traffic::Error> {
    let interaction = told.saved.id;
    let because = match write(tx, desk, parties, told, now).await? {
        None => return Ok(()),
        Some(because) => because,
    };
    let detail = json!({ "because": because });
    traffic::trace(
        tx,
        interaction,
        Source::Decision,
        "call.text_back",
        detail,
        now,
    );
    Ok(())
}

/// None: there is nobody to write to. Else what became of it.
async fn write(
    tx: &mut TenantTx,
    desk: &Desk,
    parties: &Parties,
    told: &Told,
    now: DateTime<Utc>,
) -> Result<Option<&'static str>, traffic::Error> {
    let (Some(to), Some(contact)) = (&parties.from, told.contact) else {
        return Ok(None);
    };
    if desk.is_own_phone(to) || Some(to) == parties.to.as_ref() {
        return Ok(None);
    }
    if desk.voice.is_caller_blocked {
        return Ok(Some("BLOCKED"));
    }
    let line = tenancy::find_line(tx, Channel::Sms).await?;
    let number = tenancy::find_text_number(tx).await?;
    let (Some(line), Some(from)) = (line, number) else {
        return Ok(Some("NO_NUMBER"));
    };
    if !desk.settings().is_sms_enabled || !line.is_enabled {
        return Ok(Some("TEXTS_OFF"));
    }
    if !store::claim_text_back(tx, contact, told.saved.id, now).await? {
        return Ok(Some("TEXTED_WITHIN_THE_HOUR"));
    }
    let addressee = Addressee {
        line: &line,
        from: &from,
        to,
        contact,
        day: local_day(now, line.zone),
    };
    let held = staff::hold_text(tx, &addressee, now).await?;
    let conversation = traffic::find_conversation(tx, held.interaction).await?;
    let Some(conversation) = conversation else {
        return Ok(Some("NO_CONVERSATION"));
    };
    let language = conversation.contact_language.unwrap_or(line.language);
    let name = &desk.business.name;
    let body = words(language, Words::TextBack { name });
    let (message, change) =
        traffic::insert_turn(tx, &conversation, Role::Ai, &body, language, now).await?;
    let totals = Totals {
        day: conversation.day,
        channel: Channel::Sms,
        change: held.change.and(change),
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, None, &totals, now).await?;
    let text = NewText {
        interaction: held.interaction,
        message: Some(message),
        contact: Some(contact),
        purpose: Purpose::Reply,
        from: conversation.our_number.clone().unwrap_or(from),
        to: to.clone(),
        body,
        retry_of: None,
    };
    messaging::queue(tx, &text, now).await?;
    Ok(Some("QUEUED"))
}
