//! Logs: structured in production, readable in development. What may never stand in one: secrets, words of callers,
//! names, whole phone numbers.
use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::config::AppEnv;

/// Starts logging to standard error; standard output belongs to what a program prints for its user.
pub fn init(env: AppEnv, filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or("info,sqlx=warn,hyper=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    match env {
        AppEnv::Production => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .init(),
        AppEnv::Development => registry
            .with(
                fmt::layer()
                    .compact()
                    .with_target(false)
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .init(),
    }
}
