//! The application's state over a test database.
use chrono::{DateTime, Utc};
use rocket_reception::{
    app::{App, AppState},
    kernel::{
        clock::Clock,
        config::{Environment, Settings},
        db::Db,
    },
};

/// One process's state.
pub fn app(db: Db, clock: Clock) -> AppState {
    let settings = Settings::read(&Environment::from([]), std::env::temp_dir());
    App::new(db, clock, settings.expect("development needs no settings"))
        .expect("the clients of providers")
}

/// A moment, written down.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time such as 2026-11-21T10:00:00Z")
}
