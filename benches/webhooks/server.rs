//! The server under test: the release build in a process of its own, set up as in production.
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

use crate::{
    driver::ask,
    requests::{PUBLIC_URL, RETELL_SECRET, TWILIO_TOKEN},
    world::World,
};

/// Keys of the benchmark alone.
const JWT_KEY: &str = "-----BEGIN PRIVATE KEY-----\\n\
    MC4CAQAwBQYDK2VwBCIEII8/M2u1r9QbT1bkz/e326IhjA11G6N/JkngzuU6ogRP\\n\
    -----END PRIVATE KEY-----";
pub const ENCRYPTION_KEY: &str = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    pub async fn start(program: Option<&Path>, world: &World) -> Result<Self> {
        let program = program.unwrap_or(Path::new(env!("CARGO_BIN_EXE_reception")));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // Its lines are part of its work, and nobody wants to see a line for each request.
        let lines = fs::File::create(log()).context("make the server's log")?;
        let child = Command::new(program)
            .env_clear()
            .env("APP_ENV", "production")
            .env("PORT", port.to_string())
            .env("DATABASE_URL", world.url())
            .env("PUBLIC_URL", PUBLIC_URL)
            .env("JWT_PRIVATE_KEY", JWT_KEY)
            .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
            .env("TWILIO_AUTH_TOKEN", TWILIO_TOKEN)
            .env("RETELL_WEBHOOK_SECRET", RETELL_SECRET)
            .env("RETELL_SMS_SANDBOX", "true")
            // Endpoints are on this machine, and their rate is not what is measured.
            .env("ALLOWED_PRIVATE_CIDRS", "127.0.0.0/8")
            .env("LIMIT_DELIVERIES_PER_SECOND", "1000000")
            // The limit is asked, and lets everything through: what is measured is the work.
            .env("LIMIT_PROVIDER_EVENTS_PER_MINUTE", "100000000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(lines)
            .kill_on_drop(true)
            .spawn()
            .context("start the server")?;
        let server = Self { child, port };
        for _ in 0..200 {
            if ask(port, "/ready").await.is_ok_and(|status| status == 200) {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!(
            "the server is not ready after 10 s, see {}",
            log().display()
        );
    }

    /// The most that the process has had in memory, in megabytes (of a million bytes).
    pub fn memory_mb(&self) -> Result<f64> {
        let pid = self.child.id().context("the server has ended")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))
            .context("read the server's memory: this needs Linux")?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib: f64 = line
            .and_then(|line| line.split_whitespace().nth(1))
            .and_then(|number| number.parse().ok())
            .context("find VmHWM")?;
        Ok(kib * 1024.0 / 1e6)
    }

    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stop the server")?;
        fs::remove_file(log()).context("remove the server's log")
    }
}

fn log() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("webhooks-server.log")
}
