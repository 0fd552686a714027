//! What a person of the business writes to somebody: a turn of the conversation with that person, and a text to be sent
//! by the one function that decides.
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    model::{NewText, Purpose, TextStatus},
    queue::queue,
};
use crate::{
    billing::{self, Totals, rules},
    events::{self, ContactFacts, Event},
    identity::Caller,
    kernel::{db::TenantTx, phone::E164},
    people,
    providers::twilio::segments,
    tenancy::{self, Channel},
    traffic::{
        self, Role, Source,
        store::staff::{self, Addressee},
    },
    web::ApiError,
};

/// Twilio refuses longer ones (21617).
const MAX_CHARACTERS: usize = 1600;

/// What somebody wrote: some text, and not more than goes into one message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 1600)]
pub struct Words(String);

impl TryFrom<String> for Words {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim();
        if text.is_empty() {
            Err("must not be empty")
        } else if text.chars().count() > MAX_CHARACTERS {
            Err("must be at most 1600 characters")
        } else if text.contains('\0') {
            Err("must not hold U+0000")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl Words {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that will be sent, or not: ask `GET /messages`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueuedText {
    pub id: Uuid,
    pub interaction_id: Uuid,
    #[schema(value_type = String, example = "QUEUED")]
    pub status: TextStatus,
    /// As many as we count; the carrier's count is what is charged.
    pub segments: i64,
    /// Null until it is sent.
    #[schema(value_type = Option<String>)]
    pub price: Option<rust_decimal::Decimal>,
}

/// Writes the words into the open conversation with the person, or into a new one, and orders their sending. Whatever
/// waited for an answer there has got it.
pub async fn write(
    tx: &mut TenantTx,
    caller: &Caller,
    to: &E164,
    words: &Words,
    now: DateTime<Utc>,
) -> Result<QueuedText, ApiError> {
    let line = tenancy::find_line(tx, Channel::Sms).await?;
    let number = tenancy::find_text_number(tx).await?;
    let (Some(line), Some(from)) = (line, number) else {
        return Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "this business has no number for texts yet",
        ));
    };
    if *to == from {
        return Err(ApiError::invalid("to", "is the business's own number"));
    }
    let person = people::touch_contact(tx, to, "MANUAL", now).await?;
    if person.is_new {
        let facts = ContactFacts {
            contact_id: Some(person.contact.0),
            phone: Some(to.clone()),
            source: "MANUAL".to_owned(),
        };
        events::emit(tx, &Event::ContactCreated(facts), now);
    }
    let addressee = Addressee {
        line: &line,
        from: &from,
        to,
        contact: person.contact,
        day: rules::local_day(now, line.zone),
    };
    let held = staff::hold_text(tx, &addressee, now).await?;
    let waiting = traffic::list_waiting(tx, held.interaction).await?;
    traffic::mark_answered(tx, &waiting).await?;
    let conversation = traffic::find_conversation(tx, held.interaction).await?;
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    let language = conversation
        .language
        .or(conversation.contact_language)
        .unwrap_or(line.language);
    let (message, change) = traffic::insert_turn(
        tx,
        &conversation,
        Role::Staff,
        words.as_str(),
        language,
        now,
    )
    .await?;
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
        contact: Some(person.contact),
        purpose: Purpose::Staff,
        // A conversation goes on from the number on which it began.
        from: conversation.our_number.clone().unwrap_or(from),
        to: to.clone(),
        body: words.as_str().to_owned(),
        retry_of: None,
    };
    let id = queue(tx, &text, now).await?;
    let detail = json!({
        "user_id": caller.user(),
        "message_id": message,
        "outgoing_id": id,
        "is_new_conversation": held.is_new,
    });
    traffic::trace(
        tx,
        held.interaction,
        Source::Staff,
        "text.written",
        detail,
        now,
    );
    Ok(QueuedText {
        id: id.0,
        interaction_id: held.interaction.0,
        status: TextStatus::Queued,
        segments: i64::from(segments::count(words.as_str()).segments),
        price: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_some_and_fit_into_one_text() {
        let words = |text: &str| Words::try_from(text.to_owned());
        assert_eq!(words(" On our way! ").unwrap().as_str(), "On our way!");
        assert!(words(&"é".repeat(1600)).is_ok());
        for text in ["", " \n", "a\0b", &"x".repeat(1601)] {
            assert!(words(text).is_err(), "{text}");
        }
    }
}
