//! `reception doctor`: looks for what is wrong, and says how to mend it.
mod checks;
mod store;

pub use checks::voice_fallback;

use serde::Serialize;

use crate::{
    app::{App, AppState},
    commands::{Outcome, say, say_json},
    database::Database,
    kernel::{clock::Clock, config::Settings},
};

/// How one check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Ok,
    Warn,
    Fail,
    /// Not in use here.
    Off,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub detail: String,
    /// What to do about it; empty when nothing is wrong.
    pub repair: String,
}

impl Check {
    fn new(name: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self {
            name,
            state,
            detail: detail.into(),
            repair: String::new(),
        }
    }

    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, State::Ok, detail)
    }

    fn repair(self, repair: impl Into<String>) -> Self {
        Self {
            repair: repair.into(),
            ..self
        }
    }
}

/// Looks at everything; `Failed` when a check fails. With `fix`, mends what can be mended without a person.
pub async fn run(settings: &Settings, fix: bool, json: bool) -> anyhow::Result<Outcome> {
    let database = match Database::open(settings, Clock::System).await {
        Ok(database) => database,
        Err(error) => {
            let check = Check::new("database", State::Fail, format!("{error:#}"))
                .repair("start the server, or see DATABASE_URL and PG_BIN in the README");
            return show(&[check], json);
        }
    };
    let app = App::new(database.db.clone(), Clock::System, settings.clone())?;
    let checks = look(&app, fix).await?;
    let outcome = show(&checks, json);
    drop(app);
    database.close().await?;
    outcome
}

async fn look(app: &AppState, fix: bool) -> anyhow::Result<Vec<Check>> {
    Ok(vec![
        checks::settings(app),
        checks::database(app).await?,
        checks::migrations(app).await?,
        checks::login(app).await?,
        checks::keys(app).await?,
        checks::directory(app, fix).await?,
        checks::channels(app).await?,
        checks::balances(app).await?,
        checks::audit(app).await?,
        checks::jobs(app).await?,
        checks::schedules(app).await?,
        checks::kept_events(app).await?,
        checks::alerts(app).await?,
        checks::twilio(app).await,
        checks::retell(app).await,
        checks::vapi(app).await,
        checks::elevenlabs(app).await,
        checks::voice_fallback(app).await,
        checks::later_providers(app),
    ])
}

fn show(checks: &[Check], json: bool) -> anyhow::Result<Outcome> {
    for check in checks {
        if json {
            say_json(check)?;
            continue;
        }
        let state = format!("{:?}", check.state).to_uppercase();
        say(&format!("{state:<5} {:<12} {}", check.name, check.detail));
        if !check.repair.is_empty() {
            say(&format!("      {:<12} → {}", "", check.repair));
        }
    }
    let has_failed = checks.iter().any(|check| check.state == State::Fail);
    Ok(if has_failed {
        Outcome::Failed
    } else {
        Outcome::Fine
    })
}
