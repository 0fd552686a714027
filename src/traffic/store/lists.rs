//! Pages of conversations.
//!
//! A statement says only what is asked for, so that its plan can take the index of that; a fixed one with `or $1 is
//! null` could take none. Prices are looked up for the rows of the page alone. The transaction is one of
//! [`TenantTx::begin_list`].
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::{FromRow, Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::SubscriberId,
        page::Cursor,
    },
    tenancy::{AiProvider, Channel, ChannelMode, Transport},
    traffic::{
        filter::Filter,
        model::{Direction, Outcome, Status},
    },
};

/// A conversation, as lists show it.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct InteractionView {
    pub id: Uuid,
    /// The provider's id of it.
    pub external_call_id: Option<String>,
    pub provider: String,
    pub channel: Channel,
    pub direction: Direction,
    pub transport_provider: Transport,
    pub ai_provider: AiProvider,
    pub from_number: Option<String>,
    pub to_number: Option<String>,
    pub contact_id: Option<Uuid>,
    pub status: Status,
    pub outcome_type: Option<Outcome>,
    pub ai_handled: bool,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// When somebody last said something in it.
    pub last_activity_at: DateTime<Utc>,
    pub duration_seconds: Option<i32>,
    /// Whole minutes, rounded up.
    pub billed_minutes: i64,
    /// What the provider charges us; in hundredths of the provider's currency.
    #[schema(value_type = Option<String>)]
    pub provider_cost_cents: Option<Decimal>,
    /// What is charged for it; null as long as nothing was.
    #[schema(value_type = Option<String>)]
    pub price: Option<Decimal>,
    pub currency: Option<String>,
    pub summary: Option<String>,
    pub sentiment: Option<String>,
    pub mode: ChannelMode,
    pub assigned_user_id: Option<Uuid>,
    pub is_ai_paused: bool,
    pub is_unread: bool,
    /// The subscriber's date at its start.
    #[serde(skip)]
    pub day: NaiveDate,
}

impl InteractionView {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            at: self.started_at,
            id: self.id,
        }
    }

    /// Its place in the inbox.
    pub fn cursor_by_activity(&self) -> Cursor {
        Cursor {
            at: self.last_activity_at,
            id: self.id,
        }
    }
}

/// The columns of a page's rows, and what was charged for them: what stands last of each source, for a correction is a
/// row of its own that replaces the one before.
const SHOWN: &str =
    "select i.id, i.external_id as external_call_id, i.provider, i.channel, i.direction, i.transport_provider,
            i.ai_provider, i.from_number, i.to_number, i.contact_id, i.status, i.outcome_type,
            coalesce(i.handled_by = 'AI', false) as ai_handled, i.started_at, i.ended_at,
            i.last_activity_at, i.duration_seconds,
            coalesce(paid.billed_minutes, 0) as billed_minutes,
            trim_scale(i.provider_cost_cents) as provider_cost_cents, trim_scale(paid.price) as price, used.currency,
            i.summary, i.sentiment, i.mode, i.assigned_user_id, i.is_ai_paused, i.is_unread, i.day
       from (";
const ROWS: &str =
    "select *, case when last_message_at is null then started_at else last_message_at end
                   as last_activity_at
            from interactions where subscriber_id = ";
/// As the index `interactions_inbox` has it.
const LAST_ACTIVITY: &str =
    "case when last_message_at is null then started_at else last_message_at end";
/// What was corrected is left out here and not by a join: to the planner everybody is of middling size, so that every
/// record of the subscriber would be as good to look through as the few of one interaction.
const CHARGED: &str = ") as i
       left join lateral (
            select array_agg(u.id) as ids, array_agg(u.corrects_id) as corrected, array_agg(u.price) as prices,
                   array_agg(u.billed_minutes) as minutes, min(u.currency) as currency
              from usage_records u
             where u.subscriber_id = i.subscriber_id and u.interaction_id = i.id
       ) as used on true
       left join lateral (
            select sum(r.minutes) as billed_minutes, sum(r.price) as price
              from unnest(used.ids, used.prices, used.minutes) as r (id, price, minutes)
             where not coalesce(r.id = any(used.corrected), false)
       ) as paid on true";

/// The newest first. Asks for one row more than the page holds, which says whether there is another page.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<InteractionView>> {
    fetch(tx, page(tx.subscriber(), filter, limit)).await
}

/// The statement of [`list`].
pub fn page(subscriber: SubscriberId, filter: &Filter, limit: i64) -> QueryBuilder<Postgres> {
    let mut statement = begin(subscriber, filter);
    if let Some(after) = filter.after {
        statement
            .push(" and (started_at, id) < (")
            .push_bind(after.at)
            .push(", ")
            .push_bind(after.id)
            .push(")");
    }
    statement
        .push(" order by started_at desc, id desc limit ")
        .push_bind(limit + 1)
        .push(CHARGED)
        .push(" order by i.started_at desc, i.id desc");
    statement
}

/// What is open or unread, the newest activity first.
pub async fn list_inbox(
    tx: &mut TenantTx,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<InteractionView>> {
    fetch(tx, inbox_page(tx.subscriber(), filter, limit)).await
}

/// The statement of [`list_inbox`].
pub fn inbox_page(subscriber: SubscriberId, filter: &Filter, limit: i64) -> QueryBuilder<Postgres> {
    let mut statement = begin(subscriber, filter);
    statement.push(" and (status = 'OPEN' or is_unread)");
    if let Some(after) = filter.after {
        statement
            .push(" and (")
            .push(LAST_ACTIVITY)
            .push(", id) < (")
            .push_bind(after.at)
            .push(", ")
            .push_bind(after.id)
            .push(")");
    }
    statement
        .push(" order by ")
        .push(LAST_ACTIVITY)
        .push(" desc, id desc limit ")
        .push_bind(limit + 1)
        .push(CHARGED)
        .push(" order by i.last_activity_at desc, i.id desc");
    statement
}

fn begin(subscriber: SubscriberId, filter: &Filter) -> QueryBuilder<Postgres> {
    let mut statement = QueryBuilder::new(SHOWN);
    statement.push(ROWS).push_bind(subscriber);
    if let Some(channel) = filter.channel {
        statement
            .push(" and channel = ")
            .push_bind(channel.as_str());
    }
    match filter.direction {
        // As words: the index of outgoing ones is taken only by who says so.
        Some(Direction::Outbound) => {
            statement.push(" and direction = 'OUTBOUND'");
        }
        Some(Direction::Inbound) => {
            statement.push(" and direction = 'INBOUND'");
        }
        None => {}
    }
    if let Some(status) = filter.status {
        statement.push(" and status = ").push_bind(status.as_str());
        if status != Status::Completed {
            statement.push(" and status <> 'COMPLETED'");
        }
    }
    if let Some(outcome) = filter.outcome {
        statement
            .push(" and outcome_type = ")
            .push_bind(outcome.as_str());
    }
    if let Some(phone) = &filter.phone {
        statement
            .push(" and counterpart = ")
            .push_bind(phone.clone());
    }
    // The day that was written at the start is what counts; the moments around it are what the index has.
    if let (Some(from), Some(moment)) = (filter.from, filter.not_before()) {
        statement
            .push(" and day >= ")
            .push_bind(from)
            .push(" and started_at >= ")
            .push_bind(moment);
    }
    if let (Some(to), Some(moment)) = (filter.to, filter.before()) {
        statement
            .push(" and day <= ")
            .push_bind(to)
            .push(" and started_at < ")
            .push_bind(moment);
    }
    statement
}

async fn fetch(
    tx: &mut TenantTx,
    mut statement: QueryBuilder<Postgres>,
) -> sqlx::Result<Vec<InteractionView>> {
    statement.build_query_as().fetch_all(tx.conn()).await
}

/// One conversation, as lists show it.
pub async fn find(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<Option<InteractionView>> {
    let mut statement = QueryBuilder::<Postgres>::new(SHOWN);
    statement
        .push(ROWS)
        .push_bind(tx.subscriber())
        .push(" and id = ")
        .push_bind(id)
        .push(CHARGED);
    statement.build_query_as().fetch_optional(tx.conn()).await
}
