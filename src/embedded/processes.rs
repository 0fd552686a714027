//! Children that inherit little, signals without `unsafe`, and waiting for a fact.
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// What a child may know of our environment. Neither the `PG*` variables, which would bend the server, nor our secrets,
/// which its account could read in `/proc`.
const INHERITED: [&str; 5] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
];

/// A command in a clean environment and in a folder that cannot vanish.
pub(super) fn command(program: &Path) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "not settings: what any child process needs to run"
    )]
    let inherited = env::vars_os().filter(|(name, _)| INHERITED.iter().any(|known| name == known));
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(inherited)
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

/// Sends a signal (`INT`, `QUIT`). The `kill` of the shell is there even where the program is not installed.
pub(super) fn signal(name: &str, pid: u32) -> Result<()> {
    let status = command(Path::new("/bin/sh"))
        .args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .context("run /bin/sh")?;
    ensure!(
        status.success(),
        "could not send {name} to process {pid}: {status}"
    );
    Ok(())
}

/// The command line of a running process, arguments parted by spaces; `None` when it has ended.
pub(super) fn command_line(pid: u32) -> Option<String> {
    let line = if Path::new("/proc/self/cmdline").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        command(Path::new("/bin/ps"))
            .args(["-o", "command=", "-p", &pid.to_string()])
            .output()
            .ok()?
            .stdout
    };
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// Asks until the answer is yes (`true`) or the time is over (`false`).
#[expect(
    clippy::disallowed_methods,
    reason = "the pause between two looks at a fact that nobody announces"
)]
pub(super) fn wait_for(limit: Duration, mut fact: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if fact() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
