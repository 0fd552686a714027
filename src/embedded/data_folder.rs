//! The data folder before a start: made when missing, of the right version, and held by nobody.
use std::{fs, io::ErrorKind, path::Path, time::Duration};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Durability,
    account::{own_folder, run_as},
    places::Places,
    processes,
    programs::Programs,
};

/// The superuser of every cluster; only this module and the tests log in as it.
pub(super) const SUPERUSER: &str = "postgres";

/// The first line of the file by which a running server claims its data folder.
pub(super) const PID_FILE: &str = "postmaster.pid";

/// The major version that made the data; `None` when there are none yet.
pub(super) fn major_version(data: &Path) -> Result<Option<u32>> {
    let file = data.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => {
            let major = text.trim().parse();
            Ok(Some(major.with_context(|| {
                format!("read the version in {}", file.display())
            })?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", file.display())),
    }
}

/// Makes the data folder, or makes sure that these programs can open it.
pub(super) fn prepare(places: &Places, programs: &Programs, durability: Durability) -> Result<()> {
    let data = places.data();
    match major_version(&data)? {
        Some(major) => {
            ensure!(
                major == programs.major,
                "the data in {data} were made by PostgreSQL {major}, but {bin} is PostgreSQL {version}\n\n\
                 Do one of these:\n  \
                 * install PostgreSQL {major}, and set PG_BIN to its folder if it is not found by itself\n  \
                 * move the data with that version's pg_dumpall (or pg_upgrade) into a new DATA_DIR\n  \
                 * if nothing in them matters, delete {data} and start afresh",
                data = data.display(),
                bin = programs.bin.display(),
                version = programs.version,
            );
            Ok(())
        }
        None if data.exists() => bail!(
            "{} is there but holds no PostgreSQL data: move it away or choose another DATA_DIR",
            data.display()
        ),
        None => initialise(places, programs, durability),
    }
}

/// Makes the data beside their place and moves them when they are whole, so that a start that was interrupted leaves
/// nothing that looks like a cluster.
fn initialise(places: &Places, programs: &Programs, durability: Durability) -> Result<()> {
    let unfinished = places.dir.join("data.unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)
            .with_context(|| format!("remove {}", unfinished.display()))?;
    }
    own_folder(&unfinished, 0o700, places.account)?;
    let initdb = programs.bin.join("initdb");
    let output = run_as(&mut processes::command(&initdb), places.account)
        .args(["--username", SUPERUSER, "--encoding", "UTF8"])
        // Trust, because whoever reaches the socket is root or ourselves: the folder around it is closed to others.
        .args(["--locale", "C", "--auth", "trust", "--no-instructions"])
        .args((durability == Durability::Throwaway).then_some("--no-sync"))
        .arg("--pgdata")
        .arg(&unfinished)
        .output()
        .with_context(|| format!("run {}", initdb.display()))?;
    ensure!(
        output.status.success(),
        "initdb failed with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(&unfinished, places.data()).context("move the new data to their place")
}

/// Ends a server that lost its supervisor, and removes the claim of one that is long gone. To be called when no
/// supervisor is alive.
pub(super) fn evict(places: &Places) -> Result<()> {
    let data = places.data();
    let claim = data.join(PID_FILE);
    let Some(pid) = claimant(&claim) else {
        return Ok(());
    };
    if serves(pid, &data) {
        tracing::warn!("stopping PostgreSQL (process {pid}), which lost its supervisor");
        stop(pid, &data)?;
    }
    // PostgreSQL itself forgives a claim whose process is gone, and looks for survivors in the shared memory that it
    // names. But after a loss of power its number may belong to another process: then it would refuse for ever.
    if claimant(&claim) == Some(pid) && processes::command_line(pid).is_some() {
        fs::remove_file(&claim).with_context(|| format!("remove {}", claim.display()))?;
    }
    match fs::remove_file(places.server_socket_folder().join(".s.PGSQL.5432.lock")) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).context("remove the claim on the server's socket")
        }
        _ => Ok(()),
    }
}

fn claimant(claim: &Path) -> Option<u32> {
    fs::read_to_string(claim)
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
}

/// Whether this process is the server of this data folder, and not another one that inherited its number.
fn serves(pid: u32, data: &Path) -> bool {
    processes::command_line(pid).is_some_and(|line| {
        line.contains("postgres") && line.contains(&format!(" {} ", data.display()))
    })
}

/// A fast shutdown, and an immediate one for a server that does not manage that; neither loses a committed row.
fn stop(pid: u32, data: &Path) -> Result<()> {
    for (signal, patience_s) in [("INT", 30), ("QUIT", 10)] {
        let sent = processes::signal(signal, pid);
        if processes::wait_for(Duration::from_secs(patience_s), || !serves(pid, data)) {
            return Ok(());
        }
        sent?;
    }
    bail!(
        "PostgreSQL (process {pid}) of {} does not stop",
        data.display()
    )
}
