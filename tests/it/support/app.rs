//! The application under test: its real router and worker over a database of its own, a clock that stands still, and
//! providers that are fakes on the wire.
use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode},
};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use rocket_reception::{
    app::{App, AppState},
    jobs::{Ran, Runner, Scheduler},
    kernel::{
        clock::Clock,
        config::{Environment, Settings},
        db::Db,
    },
    server, worker,
};
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use super::{TestDb, db::block_on, soon};
use crate::fakes::{FakeCalcom, FakeElevenLabs, FakeRetell, FakeTwilio, FakeVapi};

pub const PUBLIC_URL: &str = "https://reception.example";
pub const TWILIO_TOKEN: &str = "twilio-token-of-the-tests";
pub const CALCOM_SECRET: &str = "calcom-webhook-secret-of-the-tests";
pub const RETELL_KEY: &str = "retell-key-of-the-tests";
pub const VAPI_KEY: &str = "vapi-key-of-the-tests";
pub const VAPI_SECRET: &str = "vapi-secret-of-the-tests";
/// For tests that speak: without it calls are spoken by the carrier.
pub const ELEVENLABS_KEY: &str = "elevenlabs-key-of-the-tests";

/// A Saturday, at ten in Winnipeg.
const NOW: &str = "2026-11-21T16:00:00Z";

/// Keys of the tests alone.
pub const JWT_KEY: &str = "-----BEGIN PRIVATE KEY-----\\n\
    MC4CAQAwBQYDK2VwBCIEII8/M2u1r9QbT1bkz/e326IhjA11G6N/JkngzuU6ogRP\\n\
    -----END PRIVATE KEY-----";
pub const ENCRYPTION_KEY: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What `APP_ENV=production` asks for.
pub const PRODUCTION: [(&str, &str); 4] = [
    ("APP_ENV", "production"),
    ("DATABASE_URL", "postgres://reception@localhost/reception"),
    ("JWT_PRIVATE_KEY", JWT_KEY),
    ("ENCRYPTION_KEY", ENCRYPTION_KEY),
];

/// One process's state, with no settings but keys.
pub fn app(db: Db, clock: Clock) -> AppState {
    let keys = [
        ("JWT_PRIVATE_KEY", JWT_KEY),
        ("ENCRYPTION_KEY", ENCRYPTION_KEY),
    ];
    let settings = Settings::read(&Environment::from(keys), std::env::temp_dir());
    App::new(db, clock, settings.expect("development needs no settings"))
        .expect("the clients of providers")
}

/// A moment, written down.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time such as 2026-11-21T10:00:00Z")
}

/// The application with everything around it.
pub struct TestApp {
    pub state: AppState,
    pub clock: Clock,
    pub twilio: FakeTwilio,
    pub retell: FakeRetell,
    pub vapi: FakeVapi,
    pub calcom: FakeCalcom,
    pub elevenlabs: FakeElevenLabs,
    pub database: TestDb,
    router: Router,
    runner: Arc<Runner>,
    may_have_dead_jobs: bool,
}

impl TestApp {
    /// Development, with keys for Twilio and Retell.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with other settings; an empty one is not set.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let clock = Clock::fixed(at(NOW));
        let twilio = FakeTwilio::start(clock.clone()).await;
        let retell = FakeRetell::start().await;
        let vapi = FakeVapi::start().await;
        let calcom = FakeCalcom::start(clock.clone()).await;
        let elevenlabs = FakeElevenLabs::start().await;
        let database = TestDb::new(clock.clone()).await;
        let usual = [
            ("PUBLIC_URL", PUBLIC_URL),
            ("JWT_PRIVATE_KEY", JWT_KEY),
            ("ENCRYPTION_KEY", ENCRYPTION_KEY),
            ("TWILIO_ACCOUNT_SID", FakeTwilio::ACCOUNT),
            ("TWILIO_AUTH_TOKEN", TWILIO_TOKEN),
            ("TWILIO_API_BASE_URL", &twilio.base_url),
            ("RETELL_API_KEY", RETELL_KEY),
            ("RETELL_API_BASE_URL", &retell.base_url),
            ("VAPI_API_KEY", VAPI_KEY),
            ("VAPI_WEBHOOK_SECRET", VAPI_SECRET),
            ("VAPI_API_BASE_URL", &vapi.base_url),
            ("CALCOM_CLIENT_ID", FakeCalcom::CLIENT_ID),
            ("CALCOM_CLIENT_SECRET", FakeCalcom::CLIENT_SECRET),
            ("CALCOM_WEBHOOK_SECRET", CALCOM_SECRET),
            ("CALCOM_API_BASE_URL", &calcom.base_url),
            ("ELEVENLABS_API_BASE_URL", &elevenlabs.base_url),
            // Most tests ask more in no time than anybody would.
            ("LIMIT_REQUESTS_PER_SECOND", "100000"),
            ("LIMIT_FORGED_PER_MINUTE", "100000"),
        ];
        let environment = usual.iter().chain(settings).copied().collect();
        let settings = Settings::read(&environment, std::env::temp_dir()).unwrap();
        let state = App::new(database.db.clone(), clock.clone(), settings).unwrap();
        Self {
            router: server::router(state.clone()),
            runner: runner(&state),
            state,
            clock,
            twilio,
            retell,
            vapi,
            calcom,
            elevenlabs,
            database,
            may_have_dead_jobs: false,
        }
    }

    /// The same, but soon tired of a provider that does not answer.
    pub async fn impatient() -> Self {
        Self::impatient_with(&[]).await
    }

    /// The same with other settings.
    pub async fn impatient_with(settings: &[(&str, &str)]) -> Self {
        Self::with(settings).await.tired_soon()
    }

    /// The same of this one.
    pub fn tired_soon(self) -> Self {
        let app = self;
        let soon = Duration::from_millis(300);
        let (twilio, retell) = (app.state.twilio.clone(), app.state.retell.clone());
        let calcom = app.state.calcom.clone();
        let elevenlabs = app.state.elevenlabs.clone();
        let state = App {
            twilio: twilio.map(|client| client.with_deadline(soon)),
            retell: retell.map(|client| client.with_deadline(soon)),
            calcom: calcom.map(|client| client.with_deadline(soon)),
            elevenlabs: elevenlabs.map(|client| client.with_deadline(soon)),
            llm: app
                .state
                .llm
                .clone()
                .map(|client| client.with_deadline(soon)),
            ..App::clone(&app.state)
        };
        app.on(Arc::new(state))
    }

    /// The connection to the database breaks and does not come back by itself.
    pub async fn lose_database(&self) {
        self.state.db.pool().close().await;
    }

    /// The database is there again.
    pub async fn regain_database(self) -> Self {
        let db = self.database.replica(self.clock.clone()).await;
        let state = App::new(db, self.clock.clone(), self.state.settings.clone()).unwrap();
        self.on(state)
    }

    /// The same, with another database in the place of its replica.
    pub fn reading_from(self, replica: &TestDb) -> Self {
        let read_db = self.state.db.with_replica(replica.options(), 2);
        let state = App {
            read_db,
            ..App::clone(&self.state)
        };
        self.on(Arc::new(state))
    }

    /// Another process on the same database.
    pub async fn replica(&self) -> AppState {
        let db = self.database.replica(self.clock.clone()).await;
        App::new(db, self.clock.clone(), self.state.settings.clone()).unwrap()
    }

    fn on(mut self, state: AppState) -> Self {
        self.router = server::router(state.clone());
        self.runner = runner(&state);
        self.state = state;
        self
    }

    /// Runs what is due.
    pub async fn run_jobs(&self) -> Vec<Ran> {
        soon(self.runner.run_due()).await.unwrap()
    }

    /// Runs what is due while the test goes on.
    pub fn run_jobs_meanwhile(&self) -> JoinHandle<Vec<Ran>> {
        let runner = self.runner.clone();
        tokio::spawn(async move { soon(runner.run_due()).await.unwrap() })
    }

    /// What is due by the clock becomes jobs, and runs.
    pub async fn run_schedules(&self) {
        let mut scheduler = Scheduler::new(self.state.clone(), worker::schedules());
        scheduler.ask().await.unwrap();
        self.run_jobs().await;
    }

    /// One of our statements wants what another transaction holds.
    pub async fn until_somebody_waits_for_a_lock(&self) {
        let mut conn = self.database.superuser().await;
        let mut is_so = async || {
            let statement = "select exists (select from pg_stat_activity
                                             where datname = current_database() and wait_event_type = 'Lock')";
            let waits = sqlx::query_scalar::<_, bool>(statement);
            waits.fetch_one(&mut conn).await.unwrap()
        };
        soon(async { while !is_so().await {} }).await;
    }

    /// In this test a job may die.
    pub fn expect_dead_jobs(&mut self) {
        self.may_have_dead_jobs = true;
    }

    pub fn advance(&self, by: chrono::Duration) {
        self.clock.advance(by);
    }

    /// One request through the router, from this machine.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone(), request).await
    }

    /// Status and length of what is not text.
    pub async fn fetch(&self, request: Request<Body>) -> (u16, usize) {
        let answered = soon(self.router.clone().oneshot(request)).await.unwrap();
        let status = answered.status().as_u16();
        (
            status,
            answered
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .len(),
        )
    }

    /// Many requests at once; the answers in any order.
    pub async fn send_at_once(&self, requests: Vec<Request<Body>>) -> Vec<Answer> {
        let mut tasks = JoinSet::new();
        for request in requests {
            tasks.spawn(answer(self.router.clone(), request));
        }
        tasks.join_all().await
    }
}

fn runner(state: &AppState) -> Arc<Runner> {
    Arc::new(Runner::new(state.clone(), Arc::new(worker::registry())))
}

pub(super) async fn answer(router: Router, mut request: Request<Body>) -> Answer {
    let caller = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000)));
    request.extensions_mut().insert(caller);
    let answered = soon(router.oneshot(request)).await.unwrap();
    let (parts, body) = answered.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// What the router answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A problem, whole and of this code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        answer
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A test that did not speak of dead jobs has none.
impl Drop for TestApp {
    fn drop(&mut self) {
        if thread::panicking() || self.may_have_dead_jobs {
            return;
        }
        let database = &self.database;
        let dead = thread::scope(|scope| {
            let looking = scope.spawn(|| block_on(list_dead_jobs(database)));
            looking.join().expect("look for dead jobs")
        });
        assert_eq!(dead, [], "jobs died that the test did not expect");
    }
}

async fn list_dead_jobs(database: &TestDb) -> Vec<(String, Option<String>)> {
    let mut conn = database.superuser().await;
    sqlx::query_as("select kind, last_error from jobs where state = 'DEAD'")
        .fetch_all(&mut conn)
        .await
        .unwrap()
}
