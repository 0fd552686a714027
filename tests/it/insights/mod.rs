//! Figures of dashboards, health and churn.
mod busy;
mod churn;
mod figures;
mod health;
mod replica;
