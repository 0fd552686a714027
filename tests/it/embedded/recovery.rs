//! A start after whatever happened before, and without a loss.
use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
};

use rocket_reception::embedded::{Durability, is_root};
use sqlx::{Connection, PgConnection};

use super::{DATABASE, is_running, kill, open, ps, remember, remembered, server_of, until};
use crate::support::Scratch;

#[tokio::test]
async fn a_server_that_lost_its_supervisor_is_replaced_without_a_loss() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Durable).await;
    remember(&cluster, "kept").await;
    let orphan = server_of(&cluster.data_dir()).unwrap();
    let supervisor = ps(orphan, "ppid=").parse().unwrap();
    kill("KILL", supervisor);
    until("the supervisor is gone", async || {
        (!is_running(supervisor)).then_some(())
    })
    .await;
    assert!(is_running(orphan));
    // The holder itself gets away without an error.
    cluster.leave().await.unwrap();

    let cluster = open(&dir, Durability::Durable).await;
    assert!(cluster.was_started_here());
    assert!(!is_running(orphan));
    assert_eq!(remembered(&cluster).await, ["kept"]);
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn a_durable_server_that_dies_comes_back_by_itself() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Durable).await;
    remember(&cluster, "kept").await;
    let data = cluster.data_dir();
    // A crash, and the stop of somebody who knows pg_ctl only.
    for signal in ["KILL", "INT"] {
        let victim = server_of(&data).unwrap();
        kill(signal, victim);
        until("the server is back", async || {
            server_of(&data).filter(|pid| *pid != victim)?;
            PgConnection::connect_with(&cluster.options(DATABASE))
                .await
                .ok()
        })
        .await;
        assert_eq!(remembered(&cluster).await, ["kept"]);
    }
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn a_throwaway_server_that_dies_stays_away_until_the_next_start() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Throwaway).await;
    let server = server_of(&cluster.data_dir()).unwrap();
    let supervisor = ps(server, "ppid=").parse().unwrap();
    kill("QUIT", server);
    // A supervisor that has not heard of the end yet would still say that its server runs.
    until("the supervisor is gone", async || {
        (!is_running(supervisor)).then_some(())
    })
    .await;
    assert!(
        cluster.start_server().await.is_err(),
        "its supervisor has ended as well"
    );
    let cluster = open(&dir, Durability::Throwaway).await;
    assert!(cluster.was_started_here());
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn a_crash_of_everything_at_once_costs_nothing() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Durable).await;
    remember(&cluster, "kept").await;
    let server = server_of(&cluster.data_dir()).unwrap();
    kill("KILL", ps(server, "ppid=").parse().unwrap());
    kill("KILL", server);
    drop(cluster);
    let cluster = open(&dir, Durability::Durable).await;
    assert_eq!(remembered(&cluster).await, ["kept"]);
    cluster.leave().await.unwrap();
}

/// After a loss of power the number in the pid file may belong to anybody, even to a process of the same account:
/// then PostgreSQL refuses to start for as long as that one lives.
#[tokio::test]
async fn a_stale_claim_on_the_data_does_not_prevent_the_start() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Durable).await;
    remember(&cluster, "kept").await;
    let data = cluster.data_dir();
    let claim = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    cluster.leave().await.unwrap();

    let stranger = Stranger::of_the_account_of(&data);
    let stale = claim
        .lines()
        .skip(1)
        .fold(format!("{}\n", stranger.0.id()), |text, line| {
            text + line + "\n"
        });
    fs::write(data.join("postmaster.pid"), stale).unwrap();

    let cluster = open(&dir, Durability::Durable).await;
    assert_eq!(remembered(&cluster).await, ["kept"]);
    assert!(
        is_running(stranger.0.id()),
        "the process that inherited the number is none of our business"
    );
    cluster.leave().await.unwrap();
}

/// A process that has nothing to do with PostgreSQL. It ends with its test, and shares none of its pipes.
struct Stranger(Child);

impl Stranger {
    fn of_the_account_of(data: &Path) -> Self {
        let mut stranger = Command::new("sleep");
        stranger.arg("600").current_dir("/");
        stranger.stdout(Stdio::null()).stderr(Stdio::null());
        if is_root().unwrap() {
            let owner = fs::metadata(data).unwrap();
            stranger.uid(owner.uid()).gid(owner.gid());
        }
        Self(stranger.spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        // It may have been killed by what the test is about.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
