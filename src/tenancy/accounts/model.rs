//! The words of provider accounts.
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::{ids::SubscriberId, text::text_enum};

text_enum! {
    /// Where a subscriber may have an account of its own.
    Provider { Twilio, Retell, Vapi }
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "TWILIO",
            Self::Retell => "RETELL",
            Self::Vapi => "VAPI",
        }
    }
}

/// An account, as it may be shown.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: Uuid,
    pub provider: Provider,
    pub account_id: String,
    pub is_enabled: bool,
    pub api_key: Option<SecretShown>,
    pub webhook_secret: Option<SecretShown>,
    /// How Vapi signs; None: in one of the usual ways.
    pub webhook_scheme: Option<Value>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What may be said of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretShown {
    /// None of one so short that its end would give much of it away.
    pub last_four: Option<String>,
    pub set_at: DateTime<Utc>,
}

/// What is to become of an account. What is None stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    pub account_id: Option<String>,
    pub is_enabled: Option<bool>,
    pub api_key: SecretChange,
    pub webhook_secret: SecretChange,
    /// None: as it is.
    pub webhook_scheme: Option<Option<Value>>,
}

/// What is to become of a secret.
#[derive(Debug, Default)]
pub enum SecretChange {
    #[default]
    Keep,
    Remove,
    Set(SecretString),
}

/// An account after a change, and the names of what changed.
#[derive(Debug)]
pub struct Saved {
    pub account: Account,
    pub is_new: bool,
    pub changed: Vec<&'static str>,
}

/// An enabled account, opened for use.
#[derive(Clone, Debug)]
pub struct OwnAccount {
    pub subscriber: SubscriberId,
    pub account_id: String,
    /// What our requests carry.
    pub api_key: Option<SecretString>,
    /// What its webhooks may be signed with.
    pub webhook_secrets: Vec<SecretString>,
    pub webhook_scheme: Option<Value>,
}

/// The account is there and cannot be used: none of our keys opens its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secrets of a provider account cannot be opened: ENCRYPTION_KEY lacks their key")]
pub struct Unopened;

/// Why an account cannot be saved, or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a new account needs its account id")]
    AccountIdMissing,
    #[error("the account is another subscriber's")]
    Taken,
    #[error("the account was made by another request at the same time")]
    Raced,
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
