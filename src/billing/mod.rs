//! What was used, what it cost, what paid for it.
//!
//! Usage becomes a record and its ledger entry: included minutes or texts first, then the prepaid balance. Both are
//! append-only; when more becomes known of a call, a new revision names the one it corrects. One statement writes
//! record, entry, account, period and the day's sums, so the sum of the ledger is the balance, always. Every night
//! [`reconcile`] proves it.
pub mod model;
pub mod rules;
mod store;
pub mod account;
pub mod reconcile;
mod jobs;
mod routes;

pub use jobs::{Reconcile, reconcile_everybody};
pub use model::{Charge, Cost, Leg, NotBilled, Receipt, Totals, UsageType};
pub use routes::router;
pub use rules::EndedCall;
pub use store::{add_totals, find_other_currency, may_take_call, record};
