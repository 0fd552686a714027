//! The audit log: who did what to what, in a chain of hashes per subscriber that cannot be changed unseen.
//!
//! A row is written in the transaction of what it tells, as its last statement: the end of the chain is locked until
//! the commit. Ids and names of fields stand in it, never anybody's words, so nothing has ever to be erased from it.
mod chain;
mod store;
mod verify;

use std::net::IpAddr;

use serde_json::Value;
use uuid::Uuid;

use super::model::{Actor, Caller, Person};
use crate::{
    kernel::{
        db::Tx,
        ids::{SubscriberId, UserId},
    },
    web::{client, request_id},
};

pub use chain::{Broken, Report};
pub use store::{AuditRow, Filter, find_head, list};
pub use verify::verify;

/// Acts of the platform itself are chained under this one.
pub const PLATFORM: SubscriberId = SubscriberId(Uuid::nil());

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Head {
    /// How many rows there are.
    pub seq: i64,
    /// SHA-256 in hex. Whoever has kept an older one sees when rows before it were changed or cut off.
    pub hash: String,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `<subject>.<what happened>`, such as `webhook.created`.
    pub action: &'static str,
    pub subject_kind: &'static str,
    pub subject: Option<Uuid>,
    /// Which fields, which ids, which of our own words. Nobody else's.
    pub changes: Value,
}

/// Who did it, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    kind: &'static str,
    id: Option<Uuid>,
    impersonator: Option<UserId>,
    address: Option<IpAddr>,
}

impl Who {
    /// The program itself: a job, a schedule, a command.
    pub const SYSTEM: Self = Self {
        kind: "SYSTEM",
        id: None,
        impersonator: None,
        address: None,
    };

    /// Somebody whose address is not known here.
    pub fn of_user(user: UserId) -> Self {
        Self::user(user, None)
    }

    pub(super) fn user(user: UserId, address: Option<IpAddr>) -> Self {
        Self {
            kind: "USER",
            id: Some(user.0),
            impersonator: None,
            address,
        }
    }

    pub(super) fn operator(person: &Person) -> Self {
        Self {
            kind: "OPERATOR",
            ..Self::from(person)
        }
    }
}

impl From<&Person> for Who {
    fn from(person: &Person) -> Self {
        Self {
            impersonator: person.impersonator,
            ..Self::user(person.user, person.address)
        }
    }
}

impl From<&Caller> for Who {
    fn from(caller: &Caller) -> Self {
        Self {
            kind: match caller.actor {
                Actor::User(_) => "USER",
                Actor::ApiKey(_) => "API_KEY",
            },
            id: Some(caller.actor.id()),
            impersonator: caller.impersonator,
            address: caller.address,
        }
    }
}

/// Adds the row to the subscriber's chain. Call it last: the chain's end stays locked until the commit.
pub async fn record(
    tx: &mut impl Tx,
    subscriber: SubscriberId,
    who: impl Into<Who>,
    entry: &Entry,
    at: chrono::DateTime<chrono::Utc>,
) -> sqlx::Result<()> {
    let who = who.into();
    let request = Some(request_id::current()).filter(|id| !id.is_empty());
    let ip_prefix = who.address.map(client::prefix);
    store::append(tx, subscriber, &who, entry, ip_prefix, request, at).await
}
