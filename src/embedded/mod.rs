//! The embedded PostgreSQL: a cluster of our own, made from server programs that are already on the machine.
//!
//! - **holder**: a program that uses the cluster (`cargo run`, a seed, `doctor`, a test). The first one starts the
//!   server, the others join it, and the last to leave stops it, however it ends.
//! - **supervisor**: this same program, started with [`SUPERVISE`]. It starts `postgres`, holds a pipe to its starter
//!   and a control socket for everybody, and outlives neither. It is what makes Ctrl-C and `kill -9` harmless.
//! - **spec**: what the caller decides ([`ClusterSpec`]); settings are read elsewhere, never here.
//!
//! Promises, each held by a test in `tests/it/embedded/`: no stray server, no committed row lost, one server per
//! folder, and a start after whatever happened before.
mod processes;
mod account;
mod places;
mod programs;
mod data_folder;
mod control;
mod holders;
mod server;
mod supervisor;
mod roles;
mod cluster;

use std::{path::PathBuf, time::Duration};

pub use self::{
    account::is_root,
    cluster::Cluster,
    control::StopMode,
    programs::HELP,
    supervisor::{SUPERVISE, supervise},
};

/// The cluster that a program wants.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// The folder that the cluster has for itself; made when missing.
    pub dir: PathBuf,
    pub durability: Durability,
    /// The executable that answers [`SUPERVISE`].
    pub supervisor: PathBuf,
    /// More settings for the server, as `name=value`. Like durability and linger they count for the one who starts the
    /// server; whoever joins takes it as it is.
    pub settings: Vec<String>,
    /// The folder with `initdb` and `postgres`, when the caller knows better than the search.
    pub pg_bin: Option<PathBuf>,
    /// How long the server stays after the last holder has left.
    pub linger: Duration,
}

/// What a loss of power may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed; a server that dies is started again while somebody holds the cluster.
    Durable,
    /// Everything: for tests, several times faster.
    Throwaway,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Durable => &["max_connections=100"],
            Self::Throwaway => &[
                "max_connections=300",
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "autovacuum=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "checkpoint_timeout=1h",
            ],
        }
    }
}

/// Where data live when `DATA_DIR` says nothing: the system's folder for root, else the user's own.
pub fn default_data_dir(
    is_root: bool,
    home: Option<PathBuf>,
    xdg_data_home: Option<PathBuf>,
) -> PathBuf {
    const NAME: &str = "rocket-reception";
    if is_root {
        return PathBuf::from("/var/lib").join(NAME);
    }
    // The XDG rules say that a relative path is to be ignored.
    let data = xdg_data_home.filter(|path| path.is_absolute());
    let home = home.filter(|path| path.is_absolute());
    match (data, home) {
        (Some(data), _) => data.join(NAME),
        (None, Some(home)) if cfg!(target_os = "macos") => {
            home.join("Library/Application Support").join(NAME)
        }
        (None, Some(home)) => home.join(".local/share").join(NAME),
        (None, None) => PathBuf::from(".data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<PathBuf> {
        Some(PathBuf::from(text))
    }

    #[test]
    fn root_keeps_data_with_the_system_and_everybody_else_at_home() {
        let system = default_data_dir(true, path("/root"), path("/root/xdg"));
        assert_eq!(system, PathBuf::from("/var/lib/rocket-reception"));
        let chosen = default_data_dir(false, path("/home/ada"), path("/srv/ada"));
        assert_eq!(chosen, PathBuf::from("/srv/ada/rocket-reception"));
        let own = default_data_dir(false, path("/home/ada"), path("relative"));
        assert!(own.starts_with("/home/ada") && own.ends_with("rocket-reception"));
        assert_eq!(default_data_dir(false, None, None), PathBuf::from(".data"));
    }
}
