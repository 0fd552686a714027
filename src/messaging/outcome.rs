//! What a failure asks us to do: by its meaning, not by the number of tries.
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    model::{Candidate, NewText, Purpose, TextStatus},
    queue::queue_in,
    store,
};
use crate::{
    alerts::{self, Alert, Severity},
    events::{self, ContactFacts, Event, MessageFacts},
    kernel::{db::TenantTx, ids::OutgoingId, metrics::METRICS},
    people::{self, TextState},
    providers::twilio::{ErrorMeaning, meaning},
    tenancy::Channel,
};

/// A phone that is off is on again later, and a full queue empty; a fault that nobody can name may be gone at once.
const LATER: Duration = Duration::from_secs(30 * 60);
const UNKNOWN_FAULT: Duration = Duration::from_secs(60);

/// The text will not arrive: says so, remembers what that says of the person's number, tries once more where that
/// can help, and calls the operator where only a person can.
pub(super) async fn fail(
    tx: &mut TenantTx,
    id: OutgoingId,
    text: &Candidate,
    status: TextStatus,
    code: Option<u32>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let meaning = code.map_or(ErrorMeaning::Unrecognised, meaning);
    let error_code = code.and_then(|code| i32::try_from(code).ok());
    store::set_failed(tx, id, status, error_code, reason(meaning)).await?;
    METRICS.texts.with_label_values(&["failed"]).inc();
    events::emit(
        tx,
        &Event::MessageFailed(facts(id, text, status, None, error_code)),
        now,
    );
    match meaning {
        ErrorMeaning::OptedOut => opted_out(tx, text, now).await?,
        ErrorMeaning::Blocked => people::mark_text_state(tx, &text.to, TextState::Blocked).await?,
        ErrorMeaning::BadNumber | ErrorMeaning::UnknownNumber => {
            people::mark_text_state(tx, &text.to, TextState::Invalid).await?;
        }
        ErrorMeaning::NotMobile => {
            people::mark_text_state(tx, &text.to, TextState::NotMobile).await?;
        }
        ErrorMeaning::RetryOnceLater | ErrorMeaning::QueueFull => {
            try_once_more(tx, id, text, LATER, now).await?;
        }
        ErrorMeaning::RetryOnce => try_once_more(tx, id, text, UNKNOWN_FAULT, now).await?,
        ErrorMeaning::Filtered
        | ErrorMeaning::Credentials
        | ErrorMeaning::Configuration
        | ErrorMeaning::Registration
        | ErrorMeaning::OurBug => call_the_operator(tx, text, meaning, code, now).await?,
        ErrorMeaning::RateLimited | ErrorMeaning::Unavailable | ErrorMeaning::Unrecognised => {}
    }
    Ok(())
}

/// Nobody knows whether the text went out, and it must not go out twice.
pub(super) async fn give_up(
    tx: &mut TenantTx,
    id: OutgoingId,
    text: &Candidate,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    fail(tx, id, text, TextStatus::Failed, None, now).await?;
    let subscriber = tx.subscriber();
    let alert = Alert {
        subscriber: Some(subscriber),
        kind: "texts.unknown",
        severity: Severity::Warning,
        detail: format!("twilio does not tell whether text {id} went out: it is not sent again"),
        cause: format!("texts.unknown:{subscriber}"),
    };
    alerts::raise(tx, &alert, now).await
}

/// What stands in `reason`.
fn reason(meaning: ErrorMeaning) -> &'static str {
    match meaning {
        ErrorMeaning::OptedOut => "OPTED_OUT",
        ErrorMeaning::BadNumber | ErrorMeaning::UnknownNumber => "BAD_NUMBER",
        ErrorMeaning::NotMobile => "NOT_MOBILE",
        ErrorMeaning::RetryOnceLater => "PHONE_OFF",
        ErrorMeaning::Blocked => "BLOCKED",
        ErrorMeaning::Filtered => "FILTERED",
        ErrorMeaning::QueueFull | ErrorMeaning::RateLimited | ErrorMeaning::Unavailable => {
            "PROVIDER_BUSY"
        }
        ErrorMeaning::Credentials => "PROVIDER_CREDENTIALS",
        ErrorMeaning::Configuration | ErrorMeaning::Registration => "PROVIDER_CONFIGURATION",
        ErrorMeaning::OurBug => "REFUSED",
        ErrorMeaning::RetryOnce | ErrorMeaning::Unrecognised => "UNKNOWN",
    }
}

/// The carrier knows of an opt-out that we did not see: from now on we know it too.
async fn opted_out(tx: &mut TenantTx, text: &Candidate, now: DateTime<Utc>) -> sqlx::Result<()> {
    if people::start_opt_out(tx, &text.to, "PROVIDER", now).await? {
        let facts = ContactFacts {
            contact_id: None,
            phone: Some(text.to.clone()),
            source: "PROVIDER".to_owned(),
        };
        events::emit(tx, &Event::ContactOptedOut(facts), now);
    }
    Ok(())
}

/// A text is sent once per row, so the second try is a row of its own; it has no third.
async fn try_once_more(
    tx: &mut TenantTx,
    id: OutgoingId,
    text: &Candidate,
    after: Duration,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    // The second row would be as young as its queueing; an opt-out is confirmed soon or not at all.
    if text.is_retry || text.purpose == Purpose::OptConfirmation {
        return Ok(());
    }
    // Its words were not kept once it was sent.
    if text.body.is_empty() {
        return Ok(());
    }
    let again = NewText {
        interaction: text.interaction,
        message: text.message,
        contact: None,
        purpose: text.purpose,
        from: text.from.clone(),
        to: text.to.clone(),
        body: text.body.clone(),
        retry_of: Some(id),
    };
    queue_in(tx, &again, after, now).await?;
    Ok(())
}

async fn call_the_operator(
    tx: &mut TenantTx,
    text: &Candidate,
    meaning: ErrorMeaning,
    code: Option<u32>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    // Bad credentials of the platform's stop everybody's texts, those of a subscriber's own account only theirs.
    let is_ours = matches!(meaning, ErrorMeaning::Credentials) && text.account_id.is_none();
    let subscriber = tx.subscriber();
    let alert = Alert {
        subscriber: (!is_ours).then_some(subscriber),
        kind: "texts.refused",
        severity: if is_ours {
            Severity::Critical
        } else {
            Severity::Warning
        },
        detail: format!(
            "twilio refuses texts ({meaning:?}, error {})",
            code.unwrap_or_default()
        ),
        cause: if is_ours {
            format!("texts.refused:{meaning:?}")
        } else {
            format!("texts.refused:{meaning:?}:{subscriber}")
        },
    };
    alerts::raise(tx, &alert, now).await
}

/// What an event says of a text of ours.
pub(super) fn facts(
    id: OutgoingId,
    text: &Candidate,
    status: TextStatus,
    segments: Option<i32>,
    error_code: Option<i32>,
) -> MessageFacts {
    MessageFacts {
        interaction_id: text.interaction.0,
        message_id: text.message.map_or(id.0, |message| message.0),
        channel: Channel::Sms.as_str().to_owned(),
        direction: "OUTBOUND".to_owned(),
        from: Some(text.from.clone()),
        to: Some(text.to.clone()),
        text: if text.keeps_words {
            text.body.clone()
        } else {
            String::new()
        },
        status: status.as_str().to_owned(),
        segments,
        error_code,
    }
}
