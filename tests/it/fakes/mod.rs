//! Providers as small servers with a memory: client, encoding and signatures are in every test.
mod calcom;
mod elevenlabs;
mod llm;
mod receiver;
mod retell;
mod twilio;
mod vapi;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio::{net::TcpListener, sync::Notify};

pub use calcom::{EVENT_TYPE, FakeCalcom, USER};
pub use elevenlabs::FakeElevenLabs;
pub use llm::FakeLlm;
pub use receiver::{Answering, Received, Receiver};
pub use retell::FakeRetell;
pub use twilio::FakeTwilio;
pub use vapi::FakeVapi;

/// Serves until the test's runtime ends; gives the base URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base_url
}

/// What a fake remembers, shared by its server and the test.
#[derive(Debug, Default)]
struct Memory<T>(Arc<Mutex<T>>);

impl<T> Memory<T> {
    fn of(memory: T) -> Self {
        Self(Arc::new(Mutex::new(memory)))
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Memory<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Holds one request up until the test lets it go.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    arrived: Arc<Notify>,
    released: Arc<Notify>,
}

impl Hold {
    /// The request is there, and waits.
    pub async fn arrived(&self) {
        crate::support::soon(self.arrived.notified()).await;
    }

    pub fn release(&self) {
        self.released.notify_one();
    }

    async fn pass(&self) {
        self.arrived.notify_one();
        self.released.notified().await;
    }
}
