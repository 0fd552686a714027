//! The commands that the README shows do what it says, beside a running server.
use std::process::Command;

use crate::{
    deployment::health_check,
    promises::house::House,
    support::paper::{paper, shell_lines},
};

/// What runs elsewhere, or not in a test: the server itself (`House`), Docker, and cargo's own commands.
const LEFT_OUT: [&str; 5] = [
    "cargo run",
    "cargo test",
    "cargo bench",
    "docker compose up",
    "docker compose run --rm app seed-demo",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_readme_succeeds_beside_a_running_server() {
    let (house, replica) = House::build().await;
    let port = replica.rsplit(':').next().unwrap().to_owned();
    let mut left_out = 0;
    for line in shell_lines(&paper("README.md")) {
        if LEFT_OUT.contains(&line.as_str()) {
            left_out += 1;
            continue;
        }
        let mut words = split(&line);
        let program = program_of(&mut words);
        let output = house
            .program(&program)
            .args(&words)
            .env("PORT", &port)
            .output()
            .unwrap();
        let (said, complained) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{line}\n{said}\n{complained}");
        assert!(!said.trim().is_empty(), "{line} says nothing");
    }
    assert_eq!(
        left_out,
        LEFT_OUT.len(),
        "what is left out stands in the README"
    );
}

/// Takes `cargo run --`, or `cargo run --bin NAME`, from the front.
fn program_of(words: &mut Vec<String>) -> String {
    let front: Vec<String> = words.drain(..3).collect();
    assert_eq!(
        front[..2],
        ["cargo", "run"],
        "a command that no test knows how to run"
    );
    match front[2].as_str() {
        "--bin" => words.remove(0),
        other => {
            assert_eq!(other, "--");
            "reception".to_owned()
        }
    }
}

/// Words, with double quotes around some.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, piece) in line.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_check_of_the_image_tells_a_server_from_silence() {
    let (_house, replica) = House::build().await;
    let is_healthy = |port: &str| {
        let mut check = Command::new("bash");
        check.arg("-c").arg(health_check()).env("PORT", port);
        check.output().unwrap().status.success()
    };
    let port = replica.rsplit(':').next().unwrap().to_owned();
    assert!(is_healthy(&port));
    replica.kill();
    assert!(!is_healthy(&port));
}

#[test]
fn wrong_use_is_told_from_failure() {
    let reception = || Command::new(env!("CARGO_BIN_EXE_reception"));
    let wrong = reception().arg("no-such-command").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let failed = reception()
        .args(["migrate", "--status"])
        .env("APP_ENV", "production")
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
}
