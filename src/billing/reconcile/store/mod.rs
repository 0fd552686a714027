//! The statements of reconciliation: what should be, beside what is. They read the tables of traffic and messaging as
//! well as our own, because that is what they are for; they write ours alone.
mod runs;
mod calls;
mod ledger;
mod periods;
mod sums;

pub(super) use calls::{UnchargedCall, list_uncaused, list_uncharged, lock_call};
pub(super) use ledger::{Posting, Unposted, find_balance, list_unposted, lock_account, post};
pub(super) use periods::{PeriodDrift, add_to_periods, list_period_drifts};
pub(super) use runs::{
    begin_run, end_run, find_run, hold_run, insert_differences, pass_subscriber,
};
pub(super) use sums::{SumDrift, list_sum_drifts};
