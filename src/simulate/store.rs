//! What a simulation looks up: a number to call, the turns of its conversation, how it ended.
use chrono::{DateTime, Utc};

use super::show::Ending;
use crate::{
    kernel::{
        clock::Clock,
        db::{Db, OperatorToken, OperatorTx, TenantTx, Tx},
        language::Language,
        phone::E164,
    },
    receptionist::Business,
    tenancy::{
        business,
        directory::{self, Key},
    },
    traffic::Role,
};

/// The first demo number on which the channel is enabled; demo businesses have numbers in +1431555.
pub async fn find_demo_number(
    db: &Db,
    channel: &str,
    language: Option<Language>,
) -> sqlx::Result<Option<E164>> {
    let mut tx = OperatorTx::begin(db, OperatorToken::Command).await?;
    sqlx::query_scalar!(
        r#"select n.e164 as "e164: E164"
             from phone_numbers n
             join subscriber_profiles p on p.subscriber_id = n.subscriber_id
             join subscriber_channels c on c.subscriber_id = n.subscriber_id and c.channel = $1 and c.is_enabled
            where n.state = 'ACTIVE' and n.e164 like '+1431555%' and p.language = coalesce($2, p.language)
            order by n.e164 limit 1"#,
        channel,
        language as _,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The business that a number belongs to, as its receptionist knows it.
pub async fn find_business(
    db: &Db,
    number: &E164,
    currency: &str,
) -> sqlx::Result<Option<Business>> {
    let found = directory::find(db, &[Key::Number(number)]).await?;
    let entry = found.into_iter().flatten().next();
    let Some(subscriber) = entry.and_then(|entry| entry.subscriber) else {
        return Ok(None);
    };
    let mut tx = TenantTx::begin(db, subscriber).await?;
    let profile = business::find_business(&mut tx, Clock::System.now()).await?;
    tx.end_reading();
    Ok(profile.map(|profile| Business::from_profile(&profile, currency)))
}

/// A turn of ours that answers a text.
pub struct Answer {
    pub role: Role,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// What stands in the conversation after the text with this id, and whether it is all that will come.
pub struct Answers {
    pub turns: Vec<Answer>,
    pub is_complete: bool,
}

/// The answers to the text that Twilio knows by this id. Confirmations of keywords are texts without a turn.
pub async fn list_answers(db: &Db, message_sid: &str) -> sqlx::Result<Answers> {
    let mut tx = OperatorTx::begin(db, OperatorToken::Command).await?;
    let asked = sqlx::query!(
        r#"select m.interaction_id, m.created_at, m.needs_answer
             from interaction_messages m where m.provider_message_id = $1 and m.role = 'CALLER'"#,
        message_sid,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(asked) = asked else {
        return Ok(Answers {
            turns: Vec::new(),
            is_complete: true,
        });
    };
    let turns = sqlx::query_as!(
        Answer,
        r#"select 'AI' as "role!: _", o.body as "text!", o.created_at as "at!"
             from outgoing_messages o
            where o.interaction_id = $1 and o.created_at >= $2
            order by o.created_at, o.id"#,
        asked.interaction_id,
        asked.created_at,
    )
    .fetch_all(tx.conn())
    .await?;
    let waiting = sqlx::query_scalar!(
        r#"select count(*) as "count!" from outgoing_messages
            where interaction_id = $1 and status in ('QUEUED', 'SENDING')"#,
        asked.interaction_id,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Answers {
        turns,
        is_complete: !asked.needs_answer && waiting == 0,
    })
}

/// How the conversation with this text, or the call with this id, stands.
pub async fn find_ending(db: &Db, external_id: &str) -> sqlx::Result<Option<Ending>> {
    let mut tx = OperatorTx::begin(db, OperatorToken::Command).await?;
    sqlx::query_as!(
        Ending,
        r#"select i.id as "interaction: _", i.status, i.outcome_type as outcome
             from interactions i
            where i.external_id = $1
               or exists (select from interaction_messages m
                           where m.subscriber_id = i.subscriber_id and m.interaction_id = i.id
                             and m.provider_message_id = $1)
            limit 1"#,
        external_id,
    )
    .fetch_optional(tx.conn())
    .await
}
