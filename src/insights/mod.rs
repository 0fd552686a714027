//! What dashboards and operators look at: figures of a business, how healthy it is, whether it may be about to leave.
//!
//! Figures come from `usage_rollups`, which `billing` keeps in the transaction of every event, so that a page costs the
//! same after a year as after a day; they are read where [`App::reading`](crate::app::App::reading) leads. Only the
//! hours and languages of `/analytics` are counted from conversations: from an index alone, and over a range that
//! has a limit. Owns `health_scores` and `churn_alerts`, and only reads what others own.
pub mod churn;
pub mod rules;
mod health;
mod jobs;
mod model;
mod range;
mod routes;
mod store;

pub use jobs::{LookForChurn, ScoreHealth, look_for_churn, score_health};
pub use routes::router;
