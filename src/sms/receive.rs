//! What one text does, in one transaction.
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    keywords::{self, Keyword},
    reply::ReplyToText,
};
use crate::{
    billing::{self, Charge, Leg, Totals, UsageType, rules},
    events::{self, ContactFacts, Event, MessageFacts},
    jobs,
    kernel::{db::TenantTx, phone::E164},
    messaging::{self, ForgetText, NewText, Purpose},
    people::{self, Caller},
    providers::twilio::{InboundSms, OptOutType, segments},
    receptionist::understanding::guess_language,
    tenancy::{Channel, Line},
    traffic::{self, IncomingText, ReceivedText},
};

/// A text that was proved and whose subscriber is known.
pub struct Text<'a> {
    pub sms: &'a InboundSms,
    pub to: &'a E164,
    /// From a number of ours: two robots would talk for ever.
    pub sender_is_ours: bool,
    /// The subscriber's own account by which it came; None: the platform's.
    pub account_id: Option<&'a str>,
}

pub async fn receive(
    tx: &mut TenantTx,
    line: &Line,
    text: &Text<'_>,
    now: DateTime<Utc>,
) -> Result<(), traffic::Error> {
    let sms = text.sms;
    let from = E164::of_caller(&sms.from);
    let caller = match &from {
        Some(from) => Some(people::touch_contact(tx, from, "SMS", now).await?),
        None => None,
    };
    let keyword = keyword_of(sms);
    let needs_answer = line.is_enabled
        && !text.sender_is_ours
        && !(sms.body.trim().is_empty() && sms.media.is_empty())
        && caller
            .as_ref()
            .is_some_and(|caller| may_answer(caller, keyword));
    let received = traffic::receive_text(
        tx,
        &IncomingText {
            provider: "TWILIO",
            provider_message_id: &sms.message_sid,
            transport: line.transport,
            ai_provider: line.ai_provider,
            mode: line.mode,
            from: &sms.from,
            counterpart: is_dialable(&sms.from).then_some(&sms.from),
            to: text.to,
            contact: caller.as_ref().map(|caller| caller.contact),
            body: &sms.body,
            media: media(sms),
            needs_answer,
            day: rules::local_day(now, line.zone),
            at: now,
            account_id: text.account_id,
        },
    )
    .await?;
    if !line.keeps_words {
        let order = ForgetText {
            subscriber: tx.subscriber(),
            message_sid: sms.message_sid.clone(),
            account_id: text.account_id.map(str::to_owned),
            has_media: !sms.media.is_empty(),
        };
        messaging::order_forgetting(tx, &order);
    }
    if let (Some(caller), Some(from)) = (&caller, &from) {
        if caller.is_new {
            events::emit(
                tx,
                &Event::ContactCreated(contact_facts(caller, from, "SMS")),
                now,
            );
        }
        let person = Person {
            caller,
            from,
            line,
            text,
            received: &received,
        };
        obey(tx, &person, keyword, now).await?;
    }
    charge(tx, sms, line, &received, now).await?;
    events::emit(
        tx,
        &Event::MessageReceived(message_facts(text, line, &received)),
        now,
    );
    if needs_answer {
        let subscriber = tx.subscriber();
        let reply = ReplyToText {
            subscriber,
            interaction: received.interaction,
            message: received.message,
        };
        jobs::enqueue(tx, &reply);
    }
    Ok(())
}

/// A number or a short code, and not `anonymous`, which is anybody.
fn is_dialable(from: &str) -> bool {
    let digits = from.strip_prefix('+').unwrap_or(from);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the carrier says counts more than what we read.
pub fn keyword_of(sms: &InboundSms) -> Option<Keyword> {
    match sms.opt_out {
        Some(OptOutType::Stop) => Some(Keyword::OptOut {
            handled_by_twilio: true,
        }),
        Some(OptOutType::Start) => Some(Keyword::OptIn {
            handled_by_twilio: true,
        }),
        Some(OptOutType::Help) => Some(Keyword::Help {
            handled_by_twilio: true,
        }),
        None => keywords::classify(&sms.body),
    }
}

fn may_answer(caller: &Caller, keyword: Option<Keyword>) -> bool {
    let is_for_a_brain = keyword.is_none_or(|keyword| keyword.intent().is_some());
    is_for_a_brain && !caller.is_opted_out
}

struct Person<'a> {
    caller: &'a Caller,
    from: &'a E164,
    line: &'a Line,
    text: &'a Text<'a>,
    received: &'a ReceivedText,
}

/// Does what a keyword orders. The carrier has answered some of them itself; those we do not answer again.
async fn obey(
    tx: &mut TenantTx,
    person: &Person<'_>,
    keyword: Option<Keyword>,
    now: DateTime<Utc>,
) -> Result<(), traffic::Error> {
    let fallback = person.caller.language.unwrap_or(person.line.language);
    let language = guess_language(&person.text.sms.body, fallback);
    let name = &person.line.business_name;
    let answer = match keyword {
        Some(Keyword::OptOut { handled_by_twilio }) => {
            let is_new = people::start_opt_out(tx, person.from, "KEYWORD", now).await?;
            if is_new {
                let facts = contact_facts(person.caller, person.from, "KEYWORD");
                events::emit(tx, &Event::ContactOptedOut(facts), now);
            }
            (is_new && !handled_by_twilio).then(|| {
                let body = keywords::opt_out_confirmation(language, name);
                (Purpose::OptConfirmation, body)
            })
        }
        Some(Keyword::OptIn { handled_by_twilio }) => {
            let was_out = people::end_opt_out(tx, person.from, now).await?;
            (was_out && !handled_by_twilio).then(|| {
                let body = keywords::opt_in_confirmation(language, name);
                (Purpose::KeywordAnswer, body)
            })
        }
        Some(Keyword::Help { handled_by_twilio }) => {
            let may_help = !handled_by_twilio && !person.caller.is_opted_out;
            may_help.then(|| {
                let body = keywords::help(language, name, None);
                (Purpose::KeywordAnswer, body)
            })
        }
        // Twilio takes YES for START, and so may the person; who is not opted out answers a question with it.
        Some(Keyword::Yes) if person.caller.is_opted_out => {
            people::end_opt_out(tx, person.from, now).await?;
            None
        }
        _ => None,
    };
    if let Some((purpose, body)) = answer.filter(|_| !person.text.sender_is_ours) {
        let text = NewText {
            interaction: person.received.interaction,
            message: None,
            contact: Some(person.caller.contact),
            purpose,
            from: person.text.to.clone(),
            to: person.from.clone(),
            body,
            retry_of: None,
        };
        messaging::queue(tx, &text, now).await?;
    }
    Ok(())
}

async fn charge(
    tx: &mut TenantTx,
    sms: &InboundSms,
    line: &Line,
    received: &ReceivedText,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let counted = sms
        .num_segments
        .unwrap_or_else(|| segments::count(&sms.body).segments);
    let charge = Charge {
        usage_type: UsageType::Sms,
        source: format!("TWILIO:{}", sms.message_sid),
        interaction: received.interaction,
        occurred_at: now,
        duration_s: None,
        minutes: 0,
        segments: i32::try_from(counted).unwrap_or(i32::MAX),
        not_billed: None,
        cost: None,
        leg: Leg::Segments,
        source_event: "message.received".to_owned(),
        period: rules::period_of(now, line.zone),
    };
    let totals = Totals {
        day: received.day,
        channel: Channel::Sms,
        change: received.change,
        messages_in: 1,
        messages_out: 0,
    };
    billing::record(tx, Some(&charge), &totals, now).await?;
    Ok(())
}

fn media(sms: &InboundSms) -> Option<serde_json::Value> {
    let list: Vec<_> = sms
        .media
        .iter()
        .map(|media| json!({"url": media.url, "content_type": media.content_type}))
        .collect();
    (!list.is_empty()).then_some(list.into())
}

pub fn contact_facts(caller: &Caller, phone: &E164, source: &str) -> ContactFacts {
    ContactFacts {
        contact_id: Some(caller.contact.0),
        phone: Some(phone.clone()),
        source: source.to_owned(),
    }
}

fn message_facts(text: &Text<'_>, line: &Line, received: &ReceivedText) -> MessageFacts {
    let segments = text
        .sms
        .num_segments
        .and_then(|segments| i32::try_from(segments).ok());
    MessageFacts {
        interaction_id: received.interaction.0,
        message_id: received.message.0,
        channel: Channel::Sms.as_str().to_owned(),
        direction: traffic::Direction::Inbound.as_str().to_owned(),
        from: E164::of_caller(&text.sms.from),
        to: Some(text.to.clone()),
        text: if line.keeps_words {
            text.sms.body.clone()
        } else {
            String::new()
        },
        status: "RECEIVED".to_owned(),
        segments,
        error_code: None,
    }
}
