//! The statements on outgoing_messages.
pub mod approvals;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::{FromRow, Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::{Candidate, ListedStatus, NewText, Refusal, TextStatus};
use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::{InteractionId, OutgoingId},
        page::Cursor,
    },
    traffic::Direction,
};

pub async fn insert_text(
    tx: &mut TenantTx,
    new: &NewText,
    at: DateTime<Utc>,
) -> sqlx::Result<OutgoingId> {
    let (subscriber, id) = (tx.subscriber(), OutgoingId::new());
    sqlx::query!(
        "insert into outgoing_messages
             (subscriber_id, id, interaction_id, message_id, contact_id, purpose, from_number, to_number, body,
              retry_of, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        subscriber as _,
        id as _,
        new.interaction as _,
        new.message as _,
        new.contact as _,
        new.purpose as _,
        new.from as _,
        new.to as _,
        new.body,
        new.retry_of as _,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Reads the text and everything that decides about it. Its contact and its conversation stay locked: a STOP or a
/// takeover is either seen here or comes after the text is on its way. Rows that only name them need not wait.
pub async fn lock_candidate(
    tx: &mut TenantTx,
    id: OutgoingId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Candidate>> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        r#"select c.id from outgoing_messages o
             join contacts c on c.subscriber_id = o.subscriber_id and c.phone = o.to_number
            where o.subscriber_id = $1 and o.id = $2
              for no key update of c"#,
        subscriber as _,
        id as _,
    )
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query_as!(
        Candidate,
        r#"select o.interaction_id as "interaction: _", o.message_id as "message: _", o.purpose as "purpose: _",
                  o.status as "status: _", o.from_number as "from: _", o.to_number as "to: _", o.body, i.day,
                  o.created_at, o.sending_at, o.tries, o.sent_at, o.provider_message_id, o.account_id,
                  keeps_words($1) as "keeps_words!",
                  o.retry_of is not null as "is_retry!",
                  (i.direction = 'OUTBOUND'
                   and not exists (select from interaction_messages m
                                    where m.subscriber_id = $1 and m.interaction_id = i.id
                                      and m.role = 'CALLER')) as "is_unanswered!",
                  exists (select from opt_outs x where x.subscriber_id = $1 and x.phone = o.to_number
                             and x.ended_at is null) as "is_opted_out!",
                  exists (select from reminders n
                            join appointments a on a.subscriber_id = n.subscriber_id and a.id = n.appointment_id
                           where n.subscriber_id = $1 and n.outgoing_id = o.id
                             and (a.status not in ('PENDING', 'CONFIRMED') or a.starts_at <> n.starts_at
                                  or a.starts_at <= $3
                                  or (n.kind = 'OTHER_TIMES' and a.status <> 'PENDING'))) as "is_outdated!",
                  (select c.text_state from contacts c
                    where c.subscriber_id = $1 and c.phone = o.to_number) as "text_state: _",
                  l.mode as "mode: _", l.is_enabled as is_channel_enabled, i.is_ai_paused,
                  i.assigned_user_id is not null as "is_assigned!",
                  exists (select from outgoing_messages a
                           where a.subscriber_id = $1 and a.interaction_id = i.id and a.approved_at is not null)
                      as "is_approved!",
                  s.status as "subscriber_status: _",
                  coalesce((select c.timezone from contacts c
                             where c.subscriber_id = $1 and c.phone = o.to_number), p.timezone) as "timezone!", p.timezone as business_timezone,
                  recent.sent_10_min as "sent_10_min!", recent.sent_1_h as "sent_1_h!",
                  (select count(*) from outgoing_messages d
                    where d.subscriber_id = $1 and d.id <> o.id and d.status in ('SENDING', 'SENT', 'DELIVERED', 'UNDELIVERED')
                      and d.created_at > $3::timestamptz - interval '1 day') as "sent_1_d!"
             from outgoing_messages o
             join interactions i on i.subscriber_id = $1 and i.id = o.interaction_id
             join subscribers s on s.id = $1
             join subscriber_profiles p on p.subscriber_id = $1
             join subscriber_channels l on l.subscriber_id = $1 and l.channel = 'SMS'
             cross join lateral (
                  select count(*) filter (where r.created_at > $3::timestamptz - interval '10 minutes'
                                            and r.purpose = 'REPLY') as sent_10_min,
                         count(*) as sent_1_h
                    from outgoing_messages r
                   where r.subscriber_id = $1 and r.to_number = o.to_number and r.id <> o.id
                     and r.status in ('SENDING', 'SENT', 'DELIVERED', 'UNDELIVERED')
                     and r.created_at > $3::timestamptz - interval '1 hour') as recent
            where o.subscriber_id = $1 and o.id = $2
              for no key update of o, i"#,
        subscriber as _,
        id as _,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}

/// From here on the text may have gone out, by this account. Every try has a time of its own, from which its looks are
/// counted.
pub async fn set_sending(
    tx: &mut TenantTx,
    id: OutgoingId,
    account_id: Option<&str>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages
            set status = 'SENDING', sending_at = $3, tries = tries + 1, account_id = $4, updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        at,
        account_id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Certainly not sent: it may be tried again.
pub async fn set_queued(tx: &mut TenantTx, id: OutgoingId) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages set status = 'QUEUED', sending_at = null, tries = tries - 1, updated_at = now()
          where subscriber_id = $1 and id = $2 and status = 'SENDING'",
        subscriber as _,
        id as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_suppressed(
    tx: &mut TenantTx,
    id: OutgoingId,
    refusal: Refusal,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages
            set status = 'SUPPRESSED', reason = $3, body = case when keeps_words($1) then body else '' end,
                updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        refusal.as_str(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the provider said when it took the text.
pub struct Accepted<'a> {
    pub provider_message_id: &'a str,
    pub is_sandbox: bool,
    pub segments: i32,
    pub price: Decimal,
    pub currency: &'a str,
}

/// The text is with the provider. A callback may have come first: its word stands.
pub async fn set_sent(
    tx: &mut TenantTx,
    id: OutgoingId,
    accepted: &Accepted<'_>,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages
            set status = case when status in ('QUEUED', 'SENDING') then 'SENT' else status end, provider_message_id = $3,
                is_sandbox = $4, segments = $5, price = $6, currency = $7, sent_at = $8,
                body = case when keeps_words($1) then body else '' end, updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        accepted.provider_message_id,
        accepted.is_sandbox,
        accepted.segments,
        accepted.price,
        accepted.currency,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_failed(
    tx: &mut TenantTx,
    id: OutgoingId,
    status: TextStatus,
    code: Option<i32>,
    reason: &str,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages
            set status = $3, error_code = $4, reason = $5,
                -- of one that is with the provider and not charged yet the words are still counted
                body = case when keeps_words($1) or (provider_message_id is not null and sent_at is null)
                            then body else '' end,
                updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        status as _,
        code,
        reason,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The text that a callback speaks of, locked.
pub struct Told {
    pub id: OutgoingId,
    pub interaction: InteractionId,
    pub status: TextStatus,
    /// The subscriber's own account that has it; None: the platform's.
    pub account_id: Option<String>,
}

/// Finds the text by our own id, which the callback's URL names, else by the provider's. Its contact is locked first,
/// as in [`lock_candidate`]: two that lock in different orders wait for each other.
pub async fn lock_told(
    tx: &mut TenantTx,
    id: Option<OutgoingId>,
    provider_message_id: &str,
) -> sqlx::Result<Option<Told>> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        r#"select c.id from outgoing_messages o
             join contacts c on c.subscriber_id = o.subscriber_id and c.phone = o.to_number
            where o.subscriber_id = $1 and (o.id = $2 or o.provider_message_id = $3)
              for no key update of c"#,
        subscriber as _,
        id as _,
        provider_message_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    sqlx::query_as!(
        Told,
        r#"select id as "id: _", interaction_id as "interaction: _", status as "status: _", account_id
             from outgoing_messages
            where subscriber_id = $1 and (id = $2 or provider_message_id = $3)
            order by id = $2 desc limit 1
              for update"#,
        subscriber as _,
        id as _,
        provider_message_id,
    )
    .fetch_optional(tx.conn())
    .await
}

/// The provider has the text: it told its own id.
pub async fn set_provider_id(
    tx: &mut TenantTx,
    id: OutgoingId,
    provider_message_id: &str,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages set provider_message_id = $3, updated_at = now()
          where subscriber_id = $1 and id = $2 and provider_message_id is null",
        subscriber as _,
        id as _,
        provider_message_id,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn set_status(tx: &mut TenantTx, id: OutgoingId, status: TextStatus) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "update outgoing_messages
            set status = $3, updated_at = now()
          where subscriber_id = $1 and id = $2",
        subscriber as _,
        id as _,
        status as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A text, in or out, as lists show it.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct TextView {
    pub id: Uuid,
    pub interaction_id: Uuid,
    pub contact_id: Option<Uuid>,
    pub direction: Direction,
    pub from_number: Option<String>,
    pub to_number: Option<String>,
    pub body: String,
    pub status: ListedStatus,
    /// Why a text of ours was suppressed or failed.
    pub reason: Option<String>,
    pub error_code: Option<i32>,
    /// Why it was sent; null for one that came in.
    pub purpose: Option<String>,
    pub segments: Option<i32>,
    #[schema(value_type = Option<String>)]
    pub price: Option<Decimal>,
    pub currency: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl TextView {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.created_at,
            id: self.id,
        }
    }
}

/// Which texts a page shows.
#[derive(Clone, Debug, Default)]
pub struct TextFilter {
    pub direction: Option<Direction>,
    pub status: Option<ListedStatus>,
    pub phone: Option<String>,
    pub after: Option<Cursor>,
}

const TEXTS_IN: &str = "(select m.id, m.interaction_id, i.contact_id, 'INBOUND' as direction,
            case i.direction when 'INBOUND' then i.from_number else i.to_number end as from_number,
            case i.direction when 'INBOUND' then i.to_number else i.from_number end as to_number,
            m.text as body, 'RECEIVED' as status, null::text as reason, null::int as error_code,
            null::text as purpose, null::int as segments, null::numeric as price, null::text as currency, m.created_at
       from interaction_messages m
       join interactions i on i.subscriber_id = m.subscriber_id and i.id = m.interaction_id
      where m.provider_message_id is not null and m.subscriber_id = ";
const TEXTS_OUT: &str = "(select m.id, m.interaction_id, m.contact_id, 'OUTBOUND' as direction, m.from_number,
            m.to_number, m.body, m.status, m.reason, m.error_code, m.purpose, m.segments, trim_scale(m.price) as price,
            m.currency, m.created_at
       from outgoing_messages m
      where m.subscriber_id = ";

/// Texts in and out, the newest first, one more than the page holds. Of each kind as many are read as a page can hold,
/// in the order of its index.
pub async fn list_texts(
    tx: &mut TenantTx,
    filter: &TextFilter,
    limit: i64,
) -> sqlx::Result<Vec<TextView>> {
    let wants = |direction, is_received| {
        filter.direction.is_none_or(|wanted| wanted == direction)
            && filter
                .status
                .is_none_or(|wanted| (wanted == ListedStatus::Received) == is_received)
    };
    let branches = [
        (TEXTS_IN, "i.counterpart", wants(Direction::Inbound, true)),
        (TEXTS_OUT, "m.to_number", wants(Direction::Outbound, false)),
    ];
    let subscriber = tx.subscriber();
    let mut statement = QueryBuilder::<Postgres>::new("select * from (");
    let mut is_first = true;
    for (text, person, _) in branches.into_iter().filter(|(.., is_wanted)| *is_wanted) {
        if !std::mem::take(&mut is_first) {
            statement.push(" union all ");
        }
        statement.push(text).push_bind(subscriber);
        if let Some(phone) = &filter.phone {
            statement
                .push(format!(" and {person} = "))
                .push_bind(phone.clone());
        }
        if let Some(status) = filter
            .status
            .filter(|status| *status != ListedStatus::Received)
        {
            statement
                .push(" and m.status = ")
                .push_bind(status.as_str());
        }
        if let Some(after) = filter.after {
            statement
                .push(" and (m.created_at, m.id) < (")
                .push_bind(after.at)
                .push(", ")
                .push_bind(after.id)
                .push(")");
        }
        statement
            .push(" order by m.created_at desc, m.id desc limit ")
            .push_bind(limit + 1)
            .push(")");
    }
    if is_first {
        return Ok(Vec::new());
    }
    statement
        .push(") as texts order by created_at desc, id desc limit ")
        .push_bind(limit + 1);
    statement.build_query_as().fetch_all(tx.conn()).await
}
