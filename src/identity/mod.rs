//! People and tools: how they prove who they are, what they may do, and the log of what they did.
//!
//! A *person* (users, credentials) signs in, which makes a *session*; a *membership* says what the person is to a
//! business. A *key* lets a tool in for one business. Owns the tables of the migration `identity`.
//!
//! Promises: a session, role or key that was taken away counts at once; whether an address has an account is told by
//! nothing but registering with it; a refresh token works once, and a copy of it ends the session; whoever acts as
//! somebody else is named beside them in every row of the audit log.
pub mod access;
pub mod accounts;
pub mod audit;
pub mod model;
pub mod overview;
pub mod tokens;
mod jobs;
mod lockout;
pub mod password;
pub mod session;
mod sign_in;
mod routes;
mod store;

pub use access::{
    Admin, AdminOrOperator, EventsWriter, Myself, Operator, Owner, Reach, Reached, SignedIn, Staff,
    StaffOrOperator, role_of,
};
pub use jobs::{MailResetLink, MailReuseWarning, mail_reset_link, mail_reuse_warning};
pub use model::{Actor, Caller, Person, Role, Scope};
pub use routes::router;
pub use store::clearing::{MemberFacts, clear_sessions, clear_tokens, end_business, list_members};
