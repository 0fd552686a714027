//! Finding `initdb` and `postgres`.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::processes;

/// The oldest PostgreSQL that our statements and the tests' `create database … strategy` work on.
const OLDEST: u32 = 15;

/// What to do when there is no PostgreSQL. Nothing is fetched from the network: that is said here as well.
pub const HELP: &str = "\
No PostgreSQL 15 or newer was found on this machine (its programs initdb and postgres), and none is fetched by itself.

Do one of these, then run the same command again:
  * install PostgreSQL; it need not be running:
      Debian, Ubuntu   sudo apt-get install -y postgresql
      Fedora           sudo dnf install -y postgresql-server postgresql-contrib
      macOS            brew install postgresql@17
  * use a server that you have already, with a login that owns its database and is no superuser:
      export DATABASE_URL=postgres://user:password@host:5432/database
  * if PostgreSQL lies in an unusual place, name the folder that holds initdb:
      export PG_BIN=/path/to/postgresql/bin";

/// A usable set of server programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub bin: PathBuf,
    /// As PostgreSQL says it: `15.12 (Debian 15.12-0+deb12u2)`.
    pub version: String,
    pub major: u32,
}

/// The programs to use: those of `pg_bin` if given, else the first on PATH, else the newest in the usual folders. Data
/// of one major version are opened by that version only, so with `data_major` the search looks for it.
pub(super) fn find(pg_bin: Option<&Path>, data_major: Option<u32>) -> Result<Programs> {
    if let Some(bin) = pg_bin {
        return probe(bin)
            .with_context(|| format!("PG_BIN={} cannot be used\n\n{HELP}\n", bin.display()));
    }
    let mut usual = usual_folders();
    usual.sort_by_key(|bin| std::cmp::Reverse(major_in_path(bin)));
    choose(on_path().into_iter().chain(usual), data_major, probe)
}

/// The first candidate that fits the data, else the first that works at all.
fn choose(
    candidates: impl Iterator<Item = PathBuf>,
    data_major: Option<u32>,
    probe: impl Fn(&Path) -> Result<Programs>,
) -> Result<Programs> {
    let mut usable = candidates.filter_map(|bin| probe(&bin).ok()).peekable();
    let first = usable.peek().cloned().ok_or_else(|| anyhow!(HELP))?;
    let Some(wanted) = data_major else {
        return Ok(first);
    };
    Ok(usable
        .find(|programs| programs.major == wanted)
        .unwrap_or(first))
}

fn probe(bin: &Path) -> Result<Programs> {
    let bin = fs::canonicalize(bin)?;
    ensure!(bin.join("initdb").is_file(), "there is no initdb");
    let output = processes::command(&bin.join("postgres"))
        .arg("--version")
        .output()
        .context("run postgres --version")?;
    let answer = String::from_utf8_lossy(&output.stdout);
    let Some((_, version)) = answer.trim().split_once(") ") else {
        bail!("postgres --version failed with {}", output.status);
    };
    let mut numbers = version.split(|letter: char| !letter.is_ascii_digit());
    let major = numbers
        .next()
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("cannot read the version {version}"))?;
    ensure!(major >= OLDEST, "{version} is older than {OLDEST}");
    Ok(Programs {
        bin,
        version: version.to_owned(),
        major,
    })
}

/// Folders on PATH with a `postgres`, links followed: distributions link it from the folder that holds the rest.
#[expect(
    clippy::disallowed_methods,
    reason = "PATH is how programs are found, not a setting of ours"
)]
fn on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok())
        .filter_map(|postgres| Some(postgres.parent()?.to_owned()))
        .collect()
}

fn usual_folders() -> Vec<PathBuf> {
    [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Library/PostgreSQL", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ]
    .into_iter()
    .flat_map(|(parent, bin)| {
        let found = fs::read_dir(parent).into_iter().flatten().flatten();
        found.map(move |entry| entry.path().join(bin))
    })
    .filter(|bin| bin.join("initdb").is_file())
    .collect()
}

/// The version that a folder such as `/usr/lib/postgresql/17/bin` or `postgresql@17/bin` is named after.
fn major_in_path(bin: &Path) -> Option<u32> {
    let name = bin.parent()?.file_name()?.to_str()?;
    let from = name.rfind(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let version = &name[from.map_or(0, |at| at + 1)..];
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `/17/bin` for a PostgreSQL 17.
    fn pretend(bin: &Path) -> Result<Programs> {
        let major = major_in_path(bin).context("not a PostgreSQL")?;
        Ok(Programs {
            bin: bin.to_owned(),
            version: format!("{major}.1"),
            major,
        })
    }

    fn chosen(folders: &[&str], data_major: Option<u32>) -> Option<u32> {
        let folders = folders.iter().map(PathBuf::from);
        Some(choose(folders, data_major, pretend).ok()?.major)
    }

    #[test]
    fn the_first_usable_programs_win_unless_the_data_ask_for_others() {
        let folders = ["/opt/none/bin", "/pg/17/bin", "/pg/15/bin"];
        assert_eq!(chosen(&folders, None), Some(17));
        assert_eq!(chosen(&folders, Some(15)), Some(15));
        assert_eq!(chosen(&folders, Some(12)), Some(17));
        assert_eq!(chosen(&folders[..1], None), None);
    }

    #[test]
    fn without_postgresql_the_message_says_what_to_install_and_the_other_way() {
        let message = choose(std::iter::empty(), None, pretend)
            .unwrap_err()
            .to_string();
        for part in [
            "PostgreSQL 15",
            "apt-get",
            "dnf",
            "brew",
            "DATABASE_URL",
            "PG_BIN",
        ] {
            assert!(message.contains(part), "{part} is missing in {message}");
        }
    }

    #[test]
    fn a_folder_tells_its_version() {
        let major = |path: &str| major_in_path(Path::new(path));
        assert_eq!(major("/usr/lib/postgresql/17/bin"), Some(17));
        assert_eq!(major("/opt/homebrew/opt/postgresql@16/bin"), Some(16));
        assert_eq!(major("/usr/pgsql-15/bin"), Some(15));
        assert_eq!(major("/Library/PostgreSQL/9.6/bin"), Some(9));
        assert_eq!(major("/opt/homebrew/opt/libpq/bin"), None);
    }
}
