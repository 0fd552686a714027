//! One run of the program `postgres`, as the supervisor sees it.
use std::{
    fs,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::Stdio,
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, run_as},
    control::StopMode,
    data_folder::PID_FILE,
    holders::{Event, watch_server},
    processes,
};

/// After this time a shutdown that hangs becomes an immediate one.
const PATIENCE: Duration = Duration::from_secs(30);

/// How to start the server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub postgres: PathBuf,
    pub data: PathBuf,
    pub socket_folder: PathBuf,
    pub account: Option<Account>,
    /// `name=value`, later ones win.
    pub settings: Vec<String>,
}

/// A server process that has not ended yet.
#[derive(Debug)]
pub(super) struct Server {
    pid: u32,
    pid_file: PathBuf,
    pub is_ready: bool,
    stopping: Option<Instant>,
}

impl Recipe {
    /// Whether a server claims the data folder, or did not live to give it back.
    pub fn has_claim(&self) -> bool {
        self.data.join(PID_FILE).exists()
    }

    /// Starts the server; its end becomes an event. It writes where we write: into the log.
    pub fn start(&self, events: Sender<Event>) -> Result<Server> {
        let mut command = processes::command(&self.postgres);
        run_as(&mut command, self.account)
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(&self.socket_folder)
            .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
            .process_group(0)
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit());
        let child = command
            .spawn()
            .with_context(|| format!("start {}", self.postgres.display()))?;
        let pid = child.id();
        watch_server(child, events);
        Ok(Server {
            pid,
            pid_file: self.data.join(PID_FILE),
            is_ready: false,
            stopping: None,
        })
    }
}

impl Server {
    /// Looks whether the server has become ready; `true` once. It says so in the eighth line of its pid file, which is
    /// where pg_ctl looks as well.
    pub fn has_become_ready(&mut self) -> bool {
        if self.is_ready {
            return false;
        }
        let text = fs::read_to_string(&self.pid_file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        self.is_ready =
            lines.first() == Some(&self.pid.to_string().as_str()) && lines.get(7) == Some(&"ready");
        self.is_ready
    }

    /// Asks the server to stop.
    pub fn stop(&mut self, mode: StopMode) -> Result<()> {
        self.stopping.get_or_insert_with(Instant::now);
        let signal = match mode {
            StopMode::Fast => "INT",
            StopMode::Immediate => "QUIT",
        };
        processes::signal(signal, self.pid)
    }

    /// Presses a server that was asked to stop long ago.
    pub fn press(&mut self) -> Result<()> {
        match self.stopping {
            Some(since) if since.elapsed() > PATIENCE => {
                self.stopping = Some(Instant::now());
                self.stop(StopMode::Immediate)
            }
            _ => Ok(()),
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }
}
