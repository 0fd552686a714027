//! The statements of insights: those that a dashboard waits for, and those of health and churn.
mod churn;
mod figures;
mod health;

pub use churn::{
    ChurnAlert, Watched, close_alerts, find_watched, list_alerts, open_alerts, resolve_alert,
};
pub use figures::{count_hours, count_languages, count_new_leads, find_zone, list_sums};
pub use health::{
    HealthScore, Score, delete_old_scores, find_facts, insert_scores, list_history, list_worst,
};
