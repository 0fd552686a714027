//! Reconciliation: what the records say, beside what was kept along with them.
//!
//! The ledger is the truth for the balance, the usage records for the ledger and the months, the conversations, texts
//! and usage records for the sums of a day. Every difference is written down and, where the truth is known, corrected:
//! balance, months and sums move by the difference, a record without its entry gets one that says why, a call that
//! nobody charged is charged.
//!
//! Webhooks come in meanwhile. What a flow writes it commits together with what is kept along with it, so one
//! statement, which sees one moment, finds no difference in what is under way; therefore nothing is locked to look.
//! And a difference stays what it was while others add to both sides, so adding it is right whenever it lands.
//! What must not happen is that two reconcilers add the same one: each transaction begins with the row of its run,
//! of which at most one is RUNNING.
mod calls;
mod ledger;
mod model;
mod periods;
mod run;
mod sums;
mod store;

pub use model::{Cause, Error, Progress, Report};
pub use run::{advance, run, start};
