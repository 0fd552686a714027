//! The tasks that outlive a request, and the word that everything stops.
use std::future::Future;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Waits at shutdown for everything that was started through it.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Starts a long-lived task; it is waited for, never cut off.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Says that we are stopping.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Resolves when we are stopping.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Resolves when every task has ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
