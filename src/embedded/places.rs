//! Where the parts of a cluster lie, for those who start it and those who join it alike.
use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::kernel::text::hex;

use super::{
    Durability,
    account::{Account, own_folder, own_uid},
};

/// A Unix socket's path may have 107 bytes, 103 on macOS.
const LONGEST_SOCKET_PATH: usize = 100;
const SERVER_SOCKET: &str = ".s.PGSQL.5432";

/// The folders and files of one cluster. Root owns all of them but `data` and `socket`, which belong to the server's
/// account: so root never writes where that account could have laid a link.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub dir: PathBuf,
    /// Whom the server runs as; `None` when we are not root and it runs as ourselves.
    pub account: Option<Account>,
    /// `dir`, or a short folder when sockets would not fit in `dir`.
    sockets: PathBuf,
}

impl Places {
    /// Decides where the cluster of `dir` lies. Everybody who asks gets the same answer.
    pub fn of(dir: &Path, durability: Durability) -> Result<Self> {
        let is_root = own_uid()? == 0;
        let mut dir = make_base(dir, is_root)?;
        let mut account = is_root.then(|| Account::for_server_of_root(&dir.join("data")));
        if let Some(server) = account
            && !dir.ancestors().all(|folder| server.may_enter(folder))
        {
            dir = open_folder_for(&dir, durability)?;
            account = Some(Account::for_server_of_root(&dir.join("data")));
        }
        let sockets = folder_for_sockets(&dir);
        Ok(Self {
            dir,
            account,
            sockets,
        })
    }

    /// Makes the folders that the supervisor and the server need; `data` comes with initdb.
    pub fn make_folders(&self) -> Result<()> {
        if self.sockets != self.dir {
            own_folder(&self.sockets, mode_of_base(self.account.is_some()), None)?;
        }
        own_folder(&self.control_folder(), 0o700, None)?;
        own_folder(&self.server_socket_folder(), 0o700, self.account)
    }

    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("server.log")
    }

    /// Held by whoever is joining or starting: one at a time.
    pub fn start_lock(&self) -> PathBuf {
        self.dir.join("start.lock")
    }

    /// Held by the supervisor as long as it lives.
    pub fn supervisor_lock(&self) -> PathBuf {
        self.dir.join("supervisor.lock")
    }

    fn control_folder(&self) -> PathBuf {
        self.sockets.join("control")
    }

    pub fn control_socket(&self) -> PathBuf {
        self.control_folder().join("supervisor")
    }

    pub fn server_socket_folder(&self) -> PathBuf {
        self.sockets.join("socket")
    }
}

/// Opens a file that only we read and write, for locking or for the log.
pub(super) fn own_file(path: &Path) -> Result<File> {
    File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("open {}", path.display()))
}

fn make_base(dir: &Path, is_root: bool) -> Result<PathBuf> {
    let make = || -> std::io::Result<PathBuf> {
        if !dir.exists() {
            fs::create_dir_all(dir)?;
            fs::set_permissions(dir, Permissions::from_mode(mode_of_base(is_root)))?;
        }
        fs::canonicalize(dir)
    };
    make().with_context(|| {
        format!(
            "make the data folder {} (DATA_DIR chooses another)",
            dir.display()
        )
    })
}

/// The server's account must pass through a folder of root, and needs to see nothing there.
fn mode_of_base(is_root: bool) -> u32 {
    if is_root { 0o711 } else { 0o700 }
}

/// Another folder for a `dir` that is closed to the server's account, as everything below `/root` is.
fn open_folder_for(dir: &Path, durability: Durability) -> Result<PathBuf> {
    let home = match durability {
        // What is worth keeping must not lie where old files are swept away.
        Durability::Durable => PathBuf::from("/var/lib/rocket-reception"),
        Durability::Throwaway => PathBuf::from("/var/tmp"),
    };
    if !home.exists() {
        fs::create_dir_all(&home).with_context(|| format!("make {}", home.display()))?;
        fs::set_permissions(&home, Permissions::from_mode(0o711))?;
    }
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let folder = home.join(format!("reception-{name}-{}", short_name(dir)));
    own_folder(&folder, 0o711, None)?;
    Ok(folder)
}

fn folder_for_sockets(dir: &Path) -> PathBuf {
    let longest = dir.join("socket").join(SERVER_SOCKET);
    if longest.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return dir.to_owned();
    }
    // Not the TMPDIR of this process: a joiner may have another one, and must come to the same folder.
    Path::new("/tmp").join(format!("reception-{}", short_name(dir)))
}

/// Sixteen letters that stand for a path.
fn short_name(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hex(&digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_stay_in_the_folder_unless_their_paths_grow_too_long() {
        let short = Path::new("/srv/reception");
        assert_eq!(folder_for_sockets(short), short);
        let long = PathBuf::from("/srv").join("x".repeat(120));
        let elsewhere = folder_for_sockets(&long);
        assert!(elsewhere.as_os_str().len() < 40, "{elsewhere:?}");
        assert_ne!(
            elsewhere,
            folder_for_sockets(&PathBuf::from("/srv").join("y".repeat(120)))
        );
    }
}
