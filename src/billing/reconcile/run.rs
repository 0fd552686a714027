//! A run: everybody, one subscriber after the other, each in short transactions of its own.
use chrono::{DateTime, Utc};

use super::{
    calls, ledger,
    model::{Cause, Difference, Error, Progress, Report, RunState},
    periods, store, sums,
};
use crate::{
    alerts::{self, Alert, Severity},
    app::App,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::{RunId, SubscriberId},
        metrics::METRICS,
    },
    tenancy,
};

/// How many subscribers are named at a time.
const PAGE: i64 = 200;

/// Reconciles everybody, for somebody who waits for the report.
///
/// # Errors
/// [`Error::Busy`] while another run is under way.
pub async fn run(app: &App, cause: Cause) -> Result<Report, Error> {
    let id = start(app, cause, None).await?;
    loop {
        match advance(app, id, PAGE).await {
            Ok(Progress::More) => {}
            Ok(Progress::Done(report)) => return Ok(report),
            Err(error) => {
                // Nobody takes it up again: the next run need not wait until it counts as given up.
                end(app, id, RunState::Failed).await?;
                return Err(error);
            }
        }
    }
}

/// Begins a run, or takes up again the one of the same tick.
///
/// # Errors
/// [`Error::Busy`] while another run is under way.
pub async fn start(app: &App, cause: Cause, due_at: Option<DateTime<Utc>>) -> Result<RunId, Error> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    let begun = store::begin_run(&mut tx, cause, due_at, app.clock.now()).await?;
    tx.commit().await?;
    begun.ok_or(Error::Busy)
}

/// Goes on with a run, for this many subscribers at most, from where it stands: after a crash as after a pause.
///
/// # Errors
/// [`Error::GivenUp`] when the run was silent for so long that another one has begun.
pub async fn advance(app: &App, id: RunId, limit: i64) -> Result<Progress, Error> {
    let mut left = limit;
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let standing = store::find_run(&mut tx, id).await?;
        let standing = standing.filter(|standing| standing.state != RunState::Failed);
        let standing = standing.ok_or(Error::GivenUp(id))?;
        if standing.state == RunState::Done {
            return Ok(Progress::Done(standing.report));
        }
        let page = left.min(PAGE);
        let subscribers = tenancy::list_subscribers(&mut tx, standing.position, page).await?;
        tx.commit().await?;
        if subscribers.is_empty() {
            end(app, id, RunState::Done).await?;
            tell(&standing.report);
            return Ok(Progress::Done(standing.report));
        }
        for subscriber in subscribers {
            reconcile_or_say_why(app, id, subscriber).await?;
            left -= 1;
        }
        if left <= 0 {
            return Ok(Progress::More);
        }
    }
}

async fn end(app: &App, id: RunId, state: RunState) -> sqlx::Result<()> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
    store::end_run(&mut tx, id, state, app.clock.now()).await?;
    tx.commit().await
}

fn tell(report: &Report) {
    let found = METRICS.ledger_drift.with_label_values(&["found"]);
    found.set(report.differences);
    let corrected = METRICS.ledger_drift.with_label_values(&["corrected"]);
    corrected.set(report.corrected);
    let Report {
        run_id,
        checked,
        differences,
        corrected,
    } = report;
    tracing::info!(
        "reconciliation {run_id}: {checked} subscribers, {differences} differences, {corrected} corrected"
    );
}

/// One that cannot be checked does not keep the others from it: that is a difference as well. When not even this can
/// be written, the database is away, and the run goes on later.
async fn reconcile_or_say_why(
    app: &App,
    run: RunId,
    subscriber: SubscriberId,
) -> Result<(), Error> {
    let error = match reconcile(app, run, subscriber).await {
        Err(Error::Database(error)) => error,
        result => return result,
    };
    tracing::error!(subscriber.id = %subscriber, %error, "could not reconcile subscriber {subscriber}");
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    if store::pass_subscriber(&mut tx, run, now).await? {
        let unchecked = Difference::open("reconciliation".to_owned(), "checked", "an error");
        write(&mut tx, run, &[unchecked], now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The order matters: charging a call locks month, account and sums, as every charge does; and what is charged must
/// be in them before they are compared.
async fn reconcile(app: &App, run: RunId, subscriber: SubscriberId) -> Result<(), Error> {
    let now = app.clock.now();
    for call in calls::list_uncharged(&app.db, subscriber).await? {
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        store::hold_run(&mut tx, run, now).await?;
        if let Some(difference) = calls::charge(&mut tx, &call, now).await? {
            write(&mut tx, run, &[difference], now).await?;
            tx.commit().await?;
        }
    }
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    if !store::pass_subscriber(&mut tx, run, now).await? {
        return Ok(());
    }
    let mut differences = calls::list_uncaused(&mut tx).await?;
    differences.extend(periods::correct(&mut tx).await?);
    differences.extend(ledger::correct(&mut tx, now).await?);
    differences.extend(sums::correct(&mut tx).await?);
    if !differences.is_empty() {
        write(&mut tx, run, &differences, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Writes differences down and calls the operator: a difference is somebody's mistake, also when it is corrected.
async fn write(
    tx: &mut TenantTx,
    run: RunId,
    differences: &[Difference],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    store::insert_differences(tx, run, differences, now).await?;
    let subscriber = tx.subscriber();
    let is_corrected = differences.iter().all(|difference| difference.is_corrected);
    let (severity, state) = if is_corrected {
        (Severity::Warning, "corrected")
    } else {
        (Severity::Critical, "open")
    };
    let alert = Alert {
        subscriber: Some(subscriber),
        kind: "billing.drift",
        severity,
        detail: format!(
            "reconciliation {run} found {} differences, {state}",
            differences.len()
        ),
        cause: format!("billing.drift:{state}:{subscriber}"),
    };
    alerts::raise(tx, &alert, now).await
}
