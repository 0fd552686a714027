//! How a subscriber stands, and the lists of what it used and what it paid. Only reads.
mod store;

pub use store::{
    LedgerRow, Spent, Standing, UsageRow, Window, find_spent, find_standing, list_ledger,
    list_usage,
};
