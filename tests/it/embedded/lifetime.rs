//! One server per folder, as long as somebody holds it.
use std::time::{Duration, Instant};

use rocket_reception::embedded::{Cluster, Durability, StopMode};
use sqlx::{Connection, PgConnection};

use super::{
    open, other_program::OtherProgram, remember, remembered, server_of, spec, until, until_stopped,
};
use crate::support::Scratch;

#[tokio::test]
async fn a_committed_row_survives_the_kill_of_its_program_and_the_server_does_not() {
    let dir = Scratch::new();
    let mut other = OtherProgram::holding(&dir);
    let data = dir.join("data");
    assert!(server_of(&data).is_some());
    other.kill();
    until_stopped(&data).await;

    let cluster = open(&dir, Durability::Durable).await;
    assert!(cluster.was_started_here());
    assert_eq!(remembered(&cluster).await, ["from another program"]);
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn the_second_joins_and_the_last_to_leave_stops_the_server() {
    let dir = Scratch::new();
    let first = open(&dir, Durability::Throwaway).await;
    remember(&first, "hello").await;
    let second = open(&dir, Durability::Throwaway).await;
    assert!(first.was_started_here() && !second.was_started_here());
    assert_eq!(first.version(), second.version());

    first.leave().await.unwrap();
    assert_eq!(remembered(&second).await, ["hello"]);
    let data = second.data_dir();
    assert!(server_of(&data).is_some());
    second.leave().await.unwrap();
    assert_eq!(
        server_of(&data),
        None,
        "leave waits for the end of the server"
    );
}

#[tokio::test]
async fn another_program_joins_and_keeps_the_server_when_the_starter_leaves() {
    let dir = Scratch::new();
    let starter = open(&dir, Durability::Durable).await;
    let server = server_of(&starter.data_dir());
    let mut other = OtherProgram::holding(&dir);
    let data = starter.data_dir();
    starter.leave().await.unwrap();
    assert_eq!(server_of(&data), server);
    other.kill();
    until_stopped(&data).await;
}

#[tokio::test]
async fn of_many_that_open_at_once_one_starts_the_server() {
    let dir = Scratch::new();
    let openings = (0..6).map(|_| tokio::spawn(Cluster::open(spec(&dir, Durability::Throwaway))));
    let mut clusters = Vec::new();
    for opening in openings.collect::<Vec<_>>() {
        clusters.push(opening.await.unwrap().unwrap());
    }
    assert_eq!(
        clusters
            .iter()
            .filter(|cluster| cluster.was_started_here())
            .count(),
        1
    );
    // They all make their database, too.
    let (one, other) = tokio::join!(
        clusters[0].ensure_database("same"),
        clusters[1].ensure_database("same")
    );
    one.and(other).unwrap();
    for cluster in clusters {
        cluster.leave().await.unwrap();
    }
}

#[tokio::test]
async fn whoever_comes_while_the_server_stops_gets_a_fresh_one() {
    let dir = Scratch::new();
    for round in 0..5 {
        let cluster = open(&dir, Durability::Throwaway).await;
        assert!(cluster.was_started_here() || round > 0);
        remember(&cluster, &format!("round {round}")).await;
        assert_eq!(remembered(&cluster).await.len(), round + 1);
        // Dropped, not left: the server is still stopping when the next one knocks.
        drop(cluster);
    }
    let last = open(&dir, Durability::Throwaway).await;
    last.leave().await.unwrap();
}

#[tokio::test]
async fn a_server_that_lingers_is_joined_by_those_who_come_in_time() {
    let dir = Scratch::new();
    let mut lingering = spec(&dir, Durability::Throwaway);
    lingering.linger = Duration::from_secs(2);
    let first = Cluster::open(lingering.clone()).await.unwrap();
    let data = first.data_dir();
    drop(first);
    let second = Cluster::open(lingering).await.unwrap();
    assert!(!second.was_started_here());
    let left = Instant::now();
    second.leave().await.unwrap();
    assert!(left.elapsed() >= Duration::from_secs(2));
    assert_eq!(server_of(&data), None);
}

#[tokio::test]
async fn a_test_can_take_the_server_away_and_bring_it_back() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Durable).await;
    remember(&cluster, "kept").await;
    for mode in [StopMode::Fast, StopMode::Immediate] {
        cluster.stop_server(mode).await.unwrap();
        assert_eq!(server_of(&cluster.data_dir()), None);
        assert!(
            PgConnection::connect_with(&cluster.options("house"))
                .await
                .is_err()
        );
        cluster.start_server().await.unwrap();
        assert_eq!(remembered(&cluster).await, ["kept"]);
    }
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn a_long_path_moves_only_the_sockets() {
    let dir = Scratch::new();
    let long = dir.join("l".repeat(110));
    let cluster = open(&long, Durability::Throwaway).await;
    remember(&cluster, "deep").await;
    assert!(cluster.data_dir().starts_with(&long));
    let joined = open(&long, Durability::Throwaway).await;
    assert!(!joined.was_started_here());
    assert_eq!(remembered(&joined).await, ["deep"]);
    let sockets = cluster.options("house").get_socket().unwrap().clone();
    assert!(sockets.starts_with("/tmp"));
    drop(joined);
    cluster.leave().await.unwrap();
    until("nobody needs the sockets", async || {
        std::fs::remove_dir_all(sockets.parent()?).ok()
    })
    .await;
}
