//! PostgreSQL alone, driven by pgbench.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::process::Command;

use crate::{script::Program, world::World, world::pg_bin};

pub const HELP: &str = "pgbench was not found beside PostgreSQL's programs or on PATH: install it (Debian and Ubuntu: \
                    postgresql-contrib or postgresql-client, Fedora: postgresql-contrib), or measure the server alone \
                    with `cargo bench -- --server-only`";
/// How many connections it has.
pub const CLIENTS: usize = 16;
/// As the server's connections are set, so that PostgreSQL does the same work.
const OPTIONS: &str = "-c statement_timeout=15s -c lock_timeout=2s -c idle_in_transaction_session_timeout=30s \
                       -c plan_cache_mode=force_generic_plan";

pub struct Pgbench(Option<PathBuf>);

impl Pgbench {
    pub fn find() -> Self {
        let path = env::split_paths(&search_path()).collect::<Vec<_>>();
        let linked = path
            .iter()
            .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok())
            .filter_map(|postgres| postgres.parent().map(Path::to_owned));
        let mut folders = pg_bin().into_iter().chain(linked).chain(path.clone());
        let found = folders.find(|folder| folder.join("pgbench").is_file());
        Self(found.map(|folder| folder.join("pgbench")))
    }

    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Transactions a second, by the login of the server.
    pub async fn run(&self, world: &World, program: &Program, length: Duration) -> Result<f64> {
        self.run_as("reception", world, program, length).await
    }

    /// Statements a second, by a login that no policy binds: without a transaction there is none to be bound by.
    pub async fn run_bare(
        &self,
        world: &World,
        program: &Program,
        length: Duration,
    ) -> Result<f64> {
        self.run_as("postgres", world, program, length).await
    }

    async fn run_as(
        &self,
        login: &str,
        world: &World,
        program: &Program,
        length: Duration,
    ) -> Result<f64> {
        let pgbench = self.0.as_ref().context(HELP)?;
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("webhooks.pgbench");
        fs::write(&file, &program.text)?;
        // The first second is for connecting and preparing.
        let seconds = length.as_secs() + 1;
        let mut command = Command::new(pgbench);
        command
            .env_clear()
            .env("PATH", search_path())
            .env("PGOPTIONS", OPTIONS)
            .args(["-n", "-M", "prepared", "-j", "2", "-P", "1"])
            .args(["-c", &CLIENTS.to_string()])
            .args(["-T", &seconds.to_string(), "-D", "n=0"])
            .arg("-h")
            .arg(&world.socket_folder)
            .args(["-U", login])
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        for (name, value) in &program.values {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        let output = command.arg(world.database()).output().await?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success() && !told.contains("aborted"),
            "pgbench failed, see {}:\n{told}",
            file.display()
        );
        rate(&told)
    }
}

/// The mean of `progress: 2.0 s, 5123.0 tps, …`, but for the first.
fn rate(told: &str) -> Result<f64> {
    let rates: Vec<f64> = told
        .lines()
        .filter_map(|line| line.strip_prefix("progress: ")?.split(", ").nth(1))
        .filter_map(|rate| rate.strip_suffix(" tps")?.parse().ok())
        .skip(1)
        .collect();
    if rates.is_empty() {
        bail!("pgbench told no progress:\n{told}");
    }
    Ok(rates.iter().sum::<f64>() / rates.len() as f64)
}

#[expect(
    clippy::disallowed_methods,
    reason = "PATH is how programs are found, not a setting of ours"
)]
fn search_path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}
