//! Erasures: a person, or a whole business, goes from here and from the providers, with a receipt.
mod business;
mod contact;
mod providers;
mod routes;

pub use business::{EraseSubscriber, erase_subscriber};
pub use contact::{EraseContact, erase_contact};
pub use providers::{
    DeleteAtRetell, DeleteAtTwilio, DeleteAtVapi, delete_at_retell, delete_at_twilio,
    delete_at_vapi, order_deletions,
};
pub use routes::router;
