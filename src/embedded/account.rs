//! The account that the server runs under: PostgreSQL refuses to be root, so root lends it another one.
use std::{
    fs::{self, DirBuilder, Permissions},
    io::ErrorKind,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::processes;

/// An unprivileged account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
}

/// Whether this program runs as root.
pub fn is_root() -> Result<bool> {
    Ok(own_uid()? == 0)
}

/// Our effective user id; the standard library does not tell it.
pub(super) fn own_uid() -> Result<u32> {
    let output = processes::command(Path::new("id"))
        .arg("-u")
        .output()
        .context("run id -u")?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().context("read the answer of id -u")
}

impl Account {
    /// Whom the server runs as when root starts it: the owner of the data if there are any (an account `postgres` may
    /// have come after `nobody` began), else `postgres`, else `nobody`.
    pub fn for_server_of_root(data: &Path) -> Self {
        if let Ok(found) = fs::metadata(data)
            && found.uid() != 0
        {
            return Self {
                uid: found.uid(),
                gid: found.gid(),
            };
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self::named("postgres", &passwd)
            .or_else(|| Self::named("nobody", &passwd))
            .unwrap_or(Self {
                uid: 65534,
                gid: 65534,
            })
    }

    fn named(name: &str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            let mut ids = fields.skip(1).map_while(|id| id.parse().ok());
            let (uid, gid) = (ids.next()?, ids.next()?);
            Some(Self { uid, gid }).filter(|account| account.uid != 0)
        })
    }

    /// Whether this account can pass through the folder.
    pub fn may_enter(self, folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|found| {
            let needed = match (found.uid() == self.uid, found.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            found.mode() & needed != 0
        })
    }
}

/// Lets the command run under the account; `None` means our own. The standard library drops root's groups with it.
pub(super) fn run_as(command: &mut Command, account: Option<Account>) -> &mut Command {
    match account {
        Some(account) => command.gid(account.gid).uid(account.uid),
        None => command,
    }
}

/// Makes a folder of exactly this mode, owned by `owner` or by us. One that is there already must be a real folder of
/// the same owner: in `/tmp` somebody else may have put a trap at a name that can be guessed.
pub(super) fn own_folder(folder: &Path, mode: u32, owner: Option<Account>) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {
            if let Some(account) = owner {
                chown(folder, Some(account.uid), Some(account.gid))
                    .with_context(|| format!("hand over {}", folder.display()))?;
            }
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(folder)?;
            let expected = owner.map_or_else(own_uid, |account| Ok(account.uid))?;
            ensure!(
                found.is_dir() && found.uid() == expected,
                "{} belongs to another account (user id {}, not {expected}): run as that account, or choose another DATA_DIR",
                folder.display(),
                found.uid()
            );
        }
        Err(error) => {
            return Err(error).with_context(|| format!("make the folder {}", folder.display()));
        }
    }
    // The umask had its say above.
    fs::set_permissions(folder, Permissions::from_mode(mode))
        .with_context(|| format!("set the permissions of {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name_and_is_never_root() {
        let passwd = "postgresql:x:7:8::/:/bin/sh\nfake:x:0:0::/:\npostgres:x:101:104:,,:/var:/bin/sh\nbroken:x\n";
        let postgres = Account { uid: 101, gid: 104 };
        assert_eq!(Account::named("postgres", passwd), Some(postgres));
        assert_eq!(Account::named("fake", passwd), None);
        assert_eq!(Account::named("broken", passwd), None);
        assert_eq!(Account::named("nobody", passwd), None);
    }
}
