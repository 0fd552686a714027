//! Another program that holds a cluster: this test program once more, told so by its environment.
use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use rocket_reception::embedded::Durability;

use super::{open, remember};

const FOLDER: &str = "TEST_HOLDS_CLUSTER";
const HOLDING: &str = "another program holds the cluster";

/// A running program that has opened the cluster and committed the row `word`.
pub struct OtherProgram {
    process: Child,
    _stays_while_open: ChildStdin,
}

impl OtherProgram {
    pub fn holding(dir: &Path) -> Self {
        Self::started_by(&[], dir)
    }

    /// Started by way of another command, such as `setpriv …`.
    pub fn started_by(launcher: &[&str], dir: &Path) -> Self {
        let itself = env::current_exe().unwrap();
        let mut line = launcher.iter().map(OsStr::new).chain([itself.as_os_str()]);
        let mut process = Command::new(line.next().unwrap())
            .args(line)
            .args([
                "--exact",
                "--nocapture",
                "embedded::other_program::holds_the_cluster_that_it_is_told",
            ])
            .env(FOLDER, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(
            said.any(|line| line.unwrap().contains(HOLDING)),
            "the other program failed"
        );
        Self {
            process,
            _stays_while_open: stdin,
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for OtherProgram {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the other program does. Without the word in its environment it is an empty test.
#[tokio::test]
async fn holds_the_cluster_that_it_is_told() {
    let Some(dir) = env::var_os(FOLDER) else {
        return;
    };
    let cluster = open(Path::new(&dir), Durability::Durable).await;
    remember(&cluster, "from another program").await;
    println!("{HOLDING}");
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(cluster);
}
