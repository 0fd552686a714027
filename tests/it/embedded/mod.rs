//! The promises of the embedded PostgreSQL. Every test has a cluster of its own.
mod other_program;
mod lifetime;
mod recovery;
mod accounts;
mod refusals;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use rocket_reception::embedded::{Cluster, ClusterSpec, Durability};
use sqlx::{Connection, Executor, PgConnection};

const DATABASE: &str = "house";

fn spec(dir: &Path, durability: Durability) -> ClusterSpec {
    ClusterSpec {
        dir: dir.to_owned(),
        durability,
        supervisor: PathBuf::from(env!("CARGO_BIN_EXE_reception")),
        settings: Vec::new(),
        pg_bin: None,
        linger: Duration::ZERO,
    }
}

async fn open(dir: &Path, durability: Durability) -> Cluster {
    Cluster::open(spec(dir, durability)).await.unwrap()
}

async fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::connect_with(&cluster.options(DATABASE))
        .await
        .unwrap()
}

/// Commits a row as the application does.
async fn remember(cluster: &Cluster, word: &str) {
    cluster.ensure_database(DATABASE).await.unwrap();
    let mut connection = connect(cluster).await;
    connection
        .execute("create table if not exists words (word text)")
        .await
        .unwrap();
    let insert = sqlx::query("insert into words values ($1)").bind(word);
    insert.execute(&mut connection).await.unwrap();
}

async fn remembered(cluster: &Cluster) -> Vec<String> {
    let mut connection = connect(cluster).await;
    let words = sqlx::query_scalar("select word from words order by word");
    words.fetch_all(&mut connection).await.unwrap()
}

/// The process of the server, while it runs.
fn server_of(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    text.lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|pid| is_running(*pid))
}

fn is_running(pid: u32) -> bool {
    !ps(pid, "stat=").is_empty() && !ps(pid, "stat=").starts_with('Z')
}

fn ps(pid: u32, column: &str) -> String {
    let output = Command::new("ps")
        .args(["-o", column, "-p", &pid.to_string()])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success(), "kill -s {signal} {pid}");
}

/// Waits until the fact is there; fails the test when it does not come.
async fn until<T>(fact: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "waited in vain until {fact}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until_stopped(data: &Path) {
    until("the server has stopped", async || {
        server_of(data).is_none().then_some(())
    })
    .await;
}
