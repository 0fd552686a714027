//! What is said when there can be no cluster.
use std::fs;

use rocket_reception::embedded::{Cluster, Durability};

use super::{open, spec};
use crate::support::Scratch;

#[tokio::test]
async fn without_postgresql_one_message_says_what_to_install_and_the_other_way() {
    let dir = Scratch::new();
    let mut spec = spec(&dir.join("cluster"), Durability::Throwaway);
    spec.pg_bin = Some(dir.join("nothing-here"));
    let message = format!("{:#}", Cluster::open(spec).await.unwrap_err());
    for part in [
        "nothing-here",
        "PG_BIN",
        "DATABASE_URL=",
        "apt-get install",
        "PostgreSQL 15",
    ] {
        assert!(message.contains(part), "{part} is missing in {message}");
    }
}

#[tokio::test]
async fn data_of_another_major_version_are_left_alone() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Throwaway).await;
    let (data, version) = (cluster.data_dir(), cluster.version().to_owned());
    cluster.leave().await.unwrap();
    fs::write(data.join("PG_VERSION"), "12\n").unwrap();
    let refused = Cluster::open(spec(&dir, Durability::Throwaway))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("PostgreSQL 12") && refused.contains(&version),
        "{refused}"
    );
    assert!(data.join("global").is_dir());
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let dir = Scratch::new();
    let mut spec = spec(&dir, Durability::Throwaway);
    spec.settings = vec!["no_such_setting=1".to_owned()];
    let message = Cluster::open(spec).await.unwrap_err().to_string();
    assert!(message.contains("no_such_setting"), "{message}");
    // And the next attempt is not hindered by it.
    let cluster = open(&dir, Durability::Throwaway).await;
    assert!(cluster.was_started_here());
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn a_folder_with_something_else_in_it_is_not_touched() {
    let dir = Scratch::new();
    fs::create_dir(dir.join("data")).unwrap();
    fs::write(dir.join("data/thesis.tex"), "years of work").unwrap();
    let refused = Cluster::open(spec(&dir, Durability::Throwaway))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("DATA_DIR"), "{refused}");
    assert!(dir.join("data/thesis.tex").exists());
}
