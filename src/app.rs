//! What every request and every job is handed: the database, the clock, the settings, the providers' clients.
use std::sync::Arc;

use crate::kernel::{clock::Clock, config::Settings, db::Db, tasks::Tasks};

/// The running application. Holds kernel and provider things only, so that every domain can take it.
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub settings: Settings,
    pub tasks: Tasks,
}

pub type AppState = Arc<App>;
