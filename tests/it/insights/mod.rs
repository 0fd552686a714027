//! Figures of dashboards, health and churn.
mod busy;
mod churn;
mod figures;
mod health;
mod replica;

use rocket_reception::{
    jobs::{Job, enqueue},
    kernel::db::{SystemToken, SystemTx},
};

use crate::support::TestApp;

/// Runs this job and whatever it orders.
async fn run(app: &TestApp, job: &impl Job) {
    let tx = SystemTx::begin(&app.state.db, SystemToken::JobRunner).await;
    let mut tx = tx.unwrap();
    enqueue(&mut tx, job);
    tx.commit().await.unwrap();
    app.run_jobs().await;
}
