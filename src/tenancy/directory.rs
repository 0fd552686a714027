//! Whose is this? The one table that is read before a subscriber is known.
use uuid::Uuid;

use super::accounts::Provider;
use crate::kernel::{
    db::{Db, TenantTx, Tx},
    ids::SubscriberId,
    phone::E164,
};

/// What something from outside is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    Subscriber(SubscriberId),
    OlderId(&'a str),
    Slug(&'a str),
    Number(&'a E164),
    /// Who answers on a shared number when nobody else is meant: the demo line has one, others have none.
    SharedDefault(&'a E164),
    /// An agent at Retell.
    RetellAgent(&'a str),
    /// A subscriber's own account at a provider.
    Account(Provider, &'a str),
    /// An assistant at Vapi.
    VapiAgent(&'a str),
    /// A phone number at Vapi, by Vapi's id of it.
    VapiNumber(&'a str),
    /// What a provider is given as a path of its own: an own account, by our id of it.
    Connection(Uuid),
    /// A tool's key, by its SHA-256 in hex.
    ApiKey(&'a str),
    /// The public link to an appointment, by its SHA-256 in hex.
    AppointmentLink(&'a str),
    /// The public calendar of a business, by the SHA-256 of its name in hex.
    CalendarFeed(&'a str),
}

/// How the keys of calendars begin.
const CALENDAR: &str = "CALENDAR:";

/// What the directory knows of a key. Without a subscriber it is the platform's: a shared number, the gatekeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub subscriber: Option<SubscriberId>,
    pub target: Option<Uuid>,
}

impl Key<'_> {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Subscriber(_) => "SUBSCRIBER",
            Self::OlderId(_) => "OLDER_ID",
            Self::Slug(_) => "SLUG",
            Self::Number(_) | Self::VapiNumber(_) => "NUMBER",
            Self::Connection(_) => "CONNECTION",
            Self::SharedDefault(_) => "SHARED_DEFAULT",
            Self::RetellAgent(_) | Self::VapiAgent(_) => "AGENT",
            Self::Account(..) => "ACCOUNT",
            Self::ApiKey(_) => "API_KEY",
            Self::AppointmentLink(_) | Self::CalendarFeed(_) => "TOKEN",
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Subscriber(id) => id.to_string(),
            Self::OlderId(text) | Self::Slug(text) | Self::ApiKey(text) => (*text).to_owned(),
            Self::Number(number) | Self::SharedDefault(number) => number.to_string(),
            Self::RetellAgent(id) => format!("RETELL:{id}"),
            Self::Account(provider, id) => format!("{}:{id}", provider.as_str()),
            Self::AppointmentLink(hash) => format!("APPOINTMENT:{hash}"),
            Self::CalendarFeed(hash) => format!("{CALENDAR}{hash}"),
            Self::VapiAgent(id) | Self::VapiNumber(id) => format!("VAPI:{id}"),
            Self::Connection(id) => id.to_string(),
        }
    }
}

/// Looks up several keys in one statement; the answers stand in the order of the keys.
pub async fn find(db: &Db, keys: &[Key<'_>]) -> sqlx::Result<Vec<Option<Entry>>> {
    let kinds: Vec<String> = keys.iter().map(|key| key.kind().to_owned()).collect();
    let texts: Vec<String> = keys.iter().map(Key::text).collect();
    let rows = sqlx::query!(
        r#"select asked.place as "place!", d.subscriber_id as "subscriber: SubscriberId", d.target_id
             from unnest($1::text[], $2::text[]) with ordinality as asked (kind, key, place)
             join directory d on d.kind = asked.kind and d.key = asked.key"#,
        &kinds,
        &texts,
    )
    .fetch_all(db.pool())
    .await?;
    let mut found = vec![None; keys.len()];
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or_default();
        found[place] = Some(Entry {
            subscriber: row.subscriber,
            target: row.target_id,
        });
    }
    Ok(found)
}

/// Looks up one key inside a transaction.
pub async fn find_in(tx: &mut impl Tx, key: &Key<'_>) -> sqlx::Result<Option<Entry>> {
    let row = sqlx::query!(
        r#"select subscriber_id as "subscriber: SubscriberId", target_id from directory
            where kind = $1 and key = $2"#,
        key.kind(),
        key.text(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Entry {
        subscriber: row.subscriber,
        target: row.target_id,
    }))
}

/// Writes an entry; says whether it was not there, or named somebody else's, before.
pub async fn put(tx: &mut impl Tx, key: &Key<'_>, entry: &Entry) -> sqlx::Result<PutResult> {
    let written = sqlx::query_scalar!(
        r#"insert into directory as d (kind, key, subscriber_id, target_id) values ($1, $2, $3, $4)
           on conflict (kind, key) do update set target_id = excluded.target_id
            where d.subscriber_id is not distinct from excluded.subscriber_id
              and d.target_id is distinct from excluded.target_id
           returning (xmax = 0) as "is_new!""#,
        key.kind(),
        key.text(),
        entry.subscriber as _,
        entry.target,
    )
    .fetch_optional(&mut *tx.conn())
    .await?;
    Ok(match written {
        Some(true) => PutResult::Created,
        Some(false) => PutResult::Updated,
        None => PutResult::Unchanged,
    })
}

/// Writes an entry of the subscriber's own; false when it is somebody else's. Of two that claim it at once the first
/// to commit has it, and the other waits to learn that.
pub async fn claim(tx: &mut TenantTx, key: &Key<'_>, target: Uuid) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let claimed = sqlx::query_scalar!(
        r#"insert into directory as d (kind, key, subscriber_id, target_id) values ($2, $3, $1, $4)
           on conflict (kind, key) do update set target_id = excluded.target_id where d.subscriber_id = $1
           returning true as "is_mine!""#,
        subscriber as _,
        key.kind(),
        key.text(),
        target,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(claimed.is_some())
}

/// Gives up an entry of the subscriber's own.
pub async fn give_up(tx: &mut TenantTx, key: &Key<'_>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "delete from directory where subscriber_id = $1 and kind = $2 and key = $3",
        subscriber as _,
        key.kind(),
        key.text(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives up every public calendar of the subscriber; says whether there was one.
pub async fn give_up_calendars(tx: &mut TenantTx) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let given_up = sqlx::query!(
        "delete from directory where subscriber_id = $1 and kind = 'TOKEN' and starts_with(key, $2)",
        subscriber as _,
        CALENDAR,
    )
    .execute(tx.conn())
    .await?;
    Ok(given_up.rows_affected() > 0)
}

/// What [`put`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutResult {
    Created,
    Updated,
    Unchanged,
}

/// Takes an entry out that names this subscriber; says whether there was one.
pub async fn remove(
    tx: &mut impl Tx,
    key: &Key<'_>,
    subscriber: SubscriberId,
) -> sqlx::Result<bool> {
    let removed = sqlx::query!(
        "delete from directory where kind = $1 and key = $2 and subscriber_id = $3",
        key.kind(),
        key.text(),
        subscriber as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(removed.rows_affected() == 1)
}
