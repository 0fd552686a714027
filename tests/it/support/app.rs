//! The application's state over a test database.
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rocket_reception::{
    app::{App, AppState},
    kernel::{
        clock::Clock,
        config::{Environment, Settings},
        db::Db,
        tasks::Tasks,
    },
};

/// One process's state.
pub fn app(db: Db, clock: Clock) -> AppState {
    let settings = Settings::read(&Environment::from([]), std::env::temp_dir());
    Arc::new(App {
        db,
        clock,
        settings: settings.expect("development needs no settings"),
        tasks: Tasks::default(),
    })
}

/// A moment, written down.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time such as 2026-11-21T10:00:00Z")
}
