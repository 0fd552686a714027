//! Every statement on `jobs`, `schedule_runs` and `leases`, and the alert that a job died.
//!
//! `$now` is `coalesce($n, now())` throughout: the database's clock in production, so that the clocks of replicas
//! do not matter, and the fixed one in tests.
mod claims;
mod endings;
mod leases;
mod operator;
mod schedules;
mod upkeep;

pub(super) use claims::{Claim, Claimed, claim, release, renew};
pub(super) use endings::{bury, end_together, finish, put_off, retry};
pub(super) use leases::{Hold, clear_leases, give_back_lease, lease_left, renew_lease, take_lease};
pub use operator::{
    DeadJob, LaneStatistics, RetryDead, cancel, lane_statistics, list_dead, retry_dead,
};
pub use schedules::RunResult;
pub(super) use schedules::{
    clear_schedule_runs, insert_missed, insert_tick, last_rows, now, settle_runs,
};
pub(super) use upkeep::{bury_exhausted, clear_ended};
