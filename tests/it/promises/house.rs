//! A house of real processes: replicas of `reception` over one embedded database, and somebody who keeps texting.
use std::{
    fs,
    io::{BufRead, BufReader},
    ops::Deref,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, Response};
use rocket_reception::{
    embedded::{Cluster, ClusterSpec, Durability},
    providers::{
        retell,
        twilio::{self, Form},
    },
};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::support::Scratch;

const PUBLIC_URL: &str = "https://reception.example";

/// The database with its demo, and what is needed to talk to any replica.
pub struct House {
    pub cluster: Cluster,
    /// A demo number that takes texts and calls.
    pub number: String,
    http: Client,
    twilio: SecretString,
    retell: SecretString,
    folder: Scratch,
    /// What replicas are told beside the usual.
    settings: Vec<(&'static str, &'static str)>,
}

/// A running replica; killed when it is dropped.
pub struct Replica {
    process: Child,
    url: String,
    /// Kept, so that its end does not end the process.
    _stdout: BufReader<ChildStdout>,
}

impl House {
    /// A first replica makes and seeds the database; the house holds it open from then on.
    pub async fn build() -> (Self, Replica) {
        Self::build_with(&[]).await
    }

    /// The same with other settings for its replicas.
    pub async fn build_with(settings: &[(&'static str, &'static str)]) -> (Self, Replica) {
        let folder = Scratch::new();
        let first = Replica::start(&folder, settings);
        let cluster = Cluster::open(ClusterSpec {
            dir: folder.join("postgres"),
            durability: Durability::Durable,
            supervisor: env!("CARGO_BIN_EXE_reception").into(),
            settings: Vec::new(),
            pg_bin: None,
            linger: Duration::ZERO,
        })
        .await
        .unwrap();
        let secret = |name: &str| fs::read_to_string(folder.join(name)).unwrap().into();
        let house = Self {
            number: String::new(),
            http: Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            twilio: secret("twilio-webhook-secret"),
            retell: secret("retell-webhook-secret"),
            cluster,
            folder,
            settings: settings.to_vec(),
        };
        let number = house
            .value(
                "select n.e164 from phone_numbers n join subscriber_channels c
                     on c.subscriber_id = n.subscriber_id and c.channel = 'SMS' and c.is_enabled
                  where n.e164 like '+1431555%' order by 1 limit 1",
            )
            .await;
        (Self { number, ..house }, first)
    }

    pub fn replica(&self) -> Replica {
        Replica::start(&self.folder, &self.settings)
    }

    /// What was made for this house in its folder, such as a key.
    pub fn made(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// A program of ours on this house's database.
    pub fn program(&self, name: &str) -> Command {
        program(name, &self.folder)
    }

    /// Where development keeps its keys.
    pub fn data_dir(&self) -> &Path {
        &self.folder
    }

    /// One text, signed as Twilio signs it. No answer at all is an error too.
    pub async fn text(
        &self,
        replica: &str,
        sid: &str,
        from: &str,
        body: &str,
    ) -> reqwest::Result<Response> {
        let path = "/webhooks/twilio/sms";
        let fields = [
            ("MessageSid", sid),
            ("AccountSid", "AC1"),
            ("From", from),
            ("To", &self.number),
            ("Body", body),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
        ];
        let form: Form = fields.iter().copied().collect();
        let signature =
            twilio::signature::sign(&self.twilio, &format!("{PUBLIC_URL}{path}"), &form);
        let request = self.http.post(format!("{replica}{path}")).form(&fields);
        request.header("X-Twilio-Signature", signature).send().await
    }

    /// One body, signed as Retell signs it.
    pub async fn retell(
        &self,
        replica: &str,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        let body = body.to_string();
        let now_ms = chrono::Utc::now().timestamp_millis();
        let signature = retell::signature::sign(&self.retell, body.as_bytes(), now_ms);
        let request = self.http.post(format!("{replica}{path}")).body(body);
        let request = request.header("content-type", "application/json");
        request.header("x-retell-signature", signature).send().await
    }

    /// One value out of the database, as text; the superuser sees everybody's rows.
    pub async fn value(&self, query: &'static str) -> String {
        let mut connection =
            PgConnection::connect_with(&self.cluster.superuser_options("reception"))
                .await
                .unwrap();
        let value: Option<String> = sqlx::query_scalar(query)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        value.unwrap_or_default()
    }
}

fn program(name: &str, data_dir: &Path) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_reception")).with_file_name(name));
    command
        .env("DATA_DIR", data_dir)
        .env("PORT", "0")
        .env("PUBLIC_URL", PUBLIC_URL)
        .env("APP_ENV", "development")
        .env("DATABASE_POOL_SIZE", "8")
        .env("RUST_LOG", "error")
        // Whoever texts here does so more often than a business gets texts.
        .env("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "1000000")
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    command
}

impl Replica {
    /// Starts one, and waits until it says that it is up.
    fn start(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let mut process = program("reception", data_dir)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let (_, url) = line
            .trim()
            .rsplit_once(' ')
            .unwrap_or_else(|| panic!("it said {line:?}"));
        let url = url.replace("localhost", "127.0.0.1");
        assert!(url.starts_with("http://"), "it said {line:?}");
        Self {
            process,
            url,
            _stdout: stdout,
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// What Ctrl-C and a deploy do.
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    pub fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

/// A replica is where it listens.
impl Deref for Replica {
    type Target = str;

    fn deref(&self) -> &str {
        &self.url
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may have ended already, on purpose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
