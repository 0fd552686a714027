//! Who somebody is, and what that allows.
use std::net::IpAddr;

use uuid::Uuid;

use crate::kernel::{
    ids::{ApiKeyId, SessionId, SubscriberId, UserId},
    text::text_enum,
};

text_enum! {
    /// What somebody is to a business, from the least to the most.
    Role { Staff, Admin, Owner }
}

impl Role {
    /// Whether whoever has this role may do what the other one may.
    pub fn includes(self, other: Self) -> bool {
        let rank = |role| match role {
            Self::Staff => 0,
            Self::Admin => 1,
            Self::Owner => 2,
        };
        rank(self) >= rank(other)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "STAFF",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
        }
    }
}

/// What an API key may do. A key never manages people, keys or money.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
pub enum Scope {
    /// Everything that staff may look at.
    #[serde(rename = "read")]
    Read,
    /// Everything that staff may change.
    #[serde(rename = "write")]
    Write,
    /// Everything that an admin may, such as endpoints and settings.
    #[serde(rename = "admin")]
    Admin,
    /// Post a lead or a black-box event.
    #[serde(rename = "events:write")]
    EventsWrite,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::EventsWrite => "events:write",
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    ApiKey(ApiKeyId),
}

impl Actor {
    pub fn id(self) -> Uuid {
        match self {
            Self::User(id) => id.0,
            Self::ApiKey(id) => id.0,
        }
    }
}

/// Somebody who signed in, whatever for.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: UserId,
    pub session: SessionId,
    /// The business that was chosen, and what the person is to it; none for an operator without any.
    pub membership: Option<(SubscriberId, Role)>,
    pub is_operator: bool,
    /// An operator who acts as this person.
    pub impersonator: Option<UserId>,
    /// How long ago a password was asked for.
    pub signed_in_s: i64,
    pub address: Option<IpAddr>,
}

/// Somebody, or a tool, who acts for a business.
#[derive(Clone, Debug)]
pub struct Caller {
    pub subscriber: SubscriberId,
    /// What a person is to the business; a key is less than anybody.
    pub role: Role,
    pub actor: Actor,
    pub impersonator: Option<UserId>,
    pub address: Option<IpAddr>,
}

impl Caller {
    /// The person; none for a key.
    pub fn user(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(user) => Some(user),
            Actor::ApiKey(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role::{Admin, Owner, Staff};

    #[test]
    fn each_role_includes_those_below_it() {
        assert!(Owner.includes(Admin) && Admin.includes(Staff) && Staff.includes(Staff));
        assert!(!Staff.includes(Admin) && !Admin.includes(Owner));
    }
}
