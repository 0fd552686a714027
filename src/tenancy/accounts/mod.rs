//! A subscriber's own accounts at providers: what opens them, and whose webhooks they prove.
//!
//! The table is `provider_accounts`; its account ids stand in the directory, each once. Secrets go in and are used, and
//! never come out again: what is shown is when one was set and how it ends.
mod model;
mod service;
mod store;

pub use model::{
    Account, Change, Error, OwnAccount, Provider, Saved, SecretChange, SecretShown, Unopened,
};
pub use service::{
    delete, find, list_holders, own_account_for_agent, own_account_for_assistant,
    own_account_for_number, own_account_named, own_accounts, save,
};
