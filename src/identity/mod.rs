//! People and tools: how they prove who they are, what they may do, and the log of what they did.
//!
//! A *person* (users, credentials) signs in, which makes a *session*; a *membership* says what the person is to a
//! business. A *key* lets a tool in for one business. Owns the tables of the migration `identity`.
//!
//! Promises: a session, role or key that was taken away counts at once; whether an address has an account is told by
//! nothing but registering with it; a refresh token works once, and a copy of it ends the session; whoever acts as
//! somebody else is named beside them in every row of the audit log.
pub mod access;
pub mod audit;
pub mod model;
pub mod tokens;
mod routes;
mod store;

pub use access::{Admin, EventsWriter, Myself, Operator, Owner, SignedIn, Staff};
pub use model::{Actor, Caller, Person, Role, Scope};
pub use routes::router;
