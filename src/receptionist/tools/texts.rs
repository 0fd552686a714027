//! `send_text`: a text to the caller, in the text conversation with that person, sent by the one function that decides.
use anyhow::Context;
use serde_json::json;

use super::{ToolAnswer, ToolResult, arguments::SendText, run::Work};
use crate::{
    billing::{self, Totals, rules},
    kernel::{db::TenantTx, phone::E164},
    messaging::{self, NewText, Purpose},
    people,
    receptionist::say::{Booking, say},
    tenancy::{self, Channel, Line},
    traffic::{
        self, Contribution, Conversation, Role, Source,
        store::staff::{self, Addressee},
    },
};

/// More than these in one conversation is no service to anybody.
const MOST_TEXTS: i64 = 3;
/// Two segments of plain letters.
const LONGEST_TEXT: usize = 300;

/// The conversation in which the text is a turn.
struct Thread {
    conversation: Conversation,
    begun: Contribution,
}

pub(super) async fn send_text(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: SendText = work.call.arguments().unwrap_or_default();
    let refused = |phrase: Booking<'_>, reason| {
        let message = say(work.language, phrase.into());
        Ok(ToolAnswer::new(ToolResult::Unavailable, message).because(reason))
    };
    let Some(caller) = &work.errand.caller else {
        return refused(Booking::TextNotPossible, "caller_unknown");
    };
    let Some(words) = words(work, &asked) else {
        let message = say(work.language, Booking::TextUnknown.into());
        return Ok(ToolAnswer::new(ToolResult::Invalid, message).because("nothing_to_send"));
    };
    let line = tenancy::find_line(tx, Channel::Sms).await?;
    let number = tenancy::find_text_number(tx).await?;
    let (Some(line), Some(from)) = (line.filter(|line| line.is_enabled), number) else {
        return refused(Booking::TextNotPossible, "texts_off");
    };
    if *caller == from {
        return refused(Booking::TextNotPossible, "own_number");
    }
    if people::store::opt_outs::find_opt_out(tx, caller)
        .await?
        .is_some()
    {
        return refused(Booking::TextNotPossible, "opted_out");
    }
    let name = work.call.name.as_str();
    let sent = traffic::count_tool_results(tx, work.errand.interaction, name, "sent").await?;
    if sent >= MOST_TEXTS {
        return refused(Booking::TextsTooMany, "too_many");
    }
    write(work, tx, &line, &from, caller, words).await?;
    let message = say(work.language, Booking::TextSent.into());
    Ok(ToolAnswer::new(ToolResult::Sent, message))
}

/// What the text says; None if the business has not told us, or nothing is left of it.
fn words(work: &Work<'_>, asked: &SendText) -> Option<String> {
    let business = work.business;
    let known = |fact: &Option<String>| fact.clone().filter(|fact| !fact.trim().is_empty());
    let fact = match asked.kind.trim().to_ascii_lowercase().as_str() {
        "booking_link" | "booking" | "link" => {
            known(&business.booking_link).or_else(|| known(&business.website))?
        }
        "website" => known(&business.website)?,
        "address" => known(&business.address)?,
        "directions" | "map" => {
            let address = known(&business.address)?;
            let place = format!("{}, {address}", business.name);
            let query: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
            format!("{address} https://maps.google.com/?q={query}")
        }
        _ => {
            let text = asked.text.as_deref()?.replace('\0', "");
            let text: String = text.trim().chars().take(LONGEST_TEXT).collect();
            Some(text).filter(|text| !text.is_empty())?
        }
    };
    Some(format!("{}: {fact}", business.name))
}

async fn write(
    work: &Work<'_>,
    tx: &mut TenantTx,
    line: &Line,
    from: &E164,
    to: &E164,
    body: String,
) -> anyhow::Result<()> {
    let thread = match work.errand.channel {
        Channel::Sms => Thread {
            conversation: conversation(work, tx, work.errand.interaction).await?,
            begun: Contribution::default(),
        },
        _ => {
            let contact = match work.errand.contact {
                Some(contact) => contact,
                None => {
                    people::touch_contact(tx, to, "CALL", work.now)
                        .await?
                        .contact
                }
            };
            let addressee = Addressee {
                line,
                from,
                to,
                contact,
                day: rules::local_day(work.now, line.zone),
            };
            let held = staff::hold_text(tx, &addressee, work.now)
                .await
                .context("hold the text conversation")?;
            Thread {
                conversation: conversation(work, tx, held.interaction).await?,
                begun: held.change,
            }
        }
    };
    let Thread {
        conversation,
        begun,
    } = thread;
    let language = work.language;
    let (message, change) =
        traffic::insert_turn(tx, &conversation, Role::Ai, &body, language, work.now).await?;
    let totals = Totals {
        day: conversation.day,
        channel: Channel::Sms,
        change: begun.and(change),
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, None, &totals, work.now).await?;
    let text = NewText {
        interaction: conversation.id,
        message: Some(message),
        contact: conversation.contact,
        // Somebody asked for it and waits.
        purpose: Purpose::Confirmation,
        from: conversation
            .our_number
            .clone()
            .unwrap_or_else(|| from.clone()),
        to: to.clone(),
        body,
        retry_of: None,
    };
    let outgoing = messaging::queue(tx, &text, work.now).await?;
    let detail = json!({"outgoing_id": outgoing, "asked_in": work.errand.interaction});
    traffic::trace(
        tx,
        conversation.id,
        Source::ToolCall,
        "text.written",
        detail,
        work.now,
    );
    Ok(())
}

async fn conversation(
    work: &Work<'_>,
    tx: &mut TenantTx,
    id: crate::kernel::ids::InteractionId,
) -> anyhow::Result<Conversation> {
    let found = traffic::find_conversation(tx, id).await?;
    found.with_context(|| format!("no conversation for tool call {}", work.call.id))
}
