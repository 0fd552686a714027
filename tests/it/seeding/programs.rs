//! The four programs, run as a person runs them.
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output, Stdio},
};

use rocket_reception::{
    embedded::{Cluster, ClusterSpec, Durability},
    kernel::db::migrate,
};
use serde_json::Value;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::support::Scratch;

const PROGRAMS: [&str; 4] = [
    env!("CARGO_BIN_EXE_seed-core"),
    env!("CARGO_BIN_EXE_seed-demo"),
    env!("CARGO_BIN_EXE_seed-agents"),
    env!("CARGO_BIN_EXE_seed-channels"),
];
const CORE: &str = PROGRAMS[0];

/// A program that knows of our environment only what it needs, in a folder without a `.env`.
fn program(path: &str, data_dir: &Path) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "PG_BIN"))
        .env("DATA_DIR", data_dir)
        .current_dir(data_dir)
        .stdin(Stdio::null());
    command
}

/// The last line of a run that went well: created, updated, unchanged.
fn total(output: &Output) -> [u64; 3] {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let total: BTreeMap<String, Value> = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    ["created", "updated", "unchanged"].map(|name| total[name].as_u64().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_program_starts_on_an_empty_machine_and_changes_nothing_the_second_time() {
    for path in PROGRAMS {
        let data = Scratch::new();
        let run = || program(path, &data).arg("--json").output().unwrap();
        let first = total(&run());
        assert!(first[0] > 0 || path.ends_with("seed-agents"), "{path}");
        assert_eq!(total(&run()), [0, 0, first[0] + first[2]], "{path}");
    }
}

#[test]
fn the_report_is_a_line_per_table_and_the_sum() {
    let data = Scratch::new();
    let output = program(CORE, &data).output().unwrap();
    let report = text(&output.stdout);
    assert!(
        report.contains("subscribers: created 2, updated 0, unchanged 0\n"),
        "{report}"
    );
    let last = report.lines().last().unwrap();
    assert!(last.starts_with("seed-core: created ") && last.ends_with(", updated 0, unchanged 0"));

    let output = program(CORE, &data).arg("--json").output().unwrap();
    for line in text(&output.stdout).lines() {
        let object: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        assert_eq!(
            object.contains_key("table"),
            !object.contains_key("program"),
            "{line}"
        );
    }
}

#[test]
fn two_programs_at_once_share_the_work() {
    let data = Scratch::new();
    let start = || {
        let mut command = program(CORE, &data);
        command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let (one, other) = (start(), start());
    let one = total(&one.wait_with_output().unwrap());
    let other = total(&other.wait_with_output().unwrap());
    let again = total(&program(CORE, &data).arg("--json").output().unwrap());
    assert_eq!(one[0] + other[0], again[2]);
    assert_eq!(again, [0, 0, again[2]]);
}

#[test]
fn an_unknown_option_is_wrong_use() {
    for path in PROGRAMS {
        let output = program(path, Path::new("/"))
            .arg("--force")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_database_of_ones_own_is_never_migrated_and_says_so() {
    let data = Scratch::new();
    let cluster = Cluster::open(ClusterSpec {
        dir: data.join("server"),
        durability: Durability::Throwaway,
        supervisor: env!("CARGO_BIN_EXE_reception").into(),
        settings: Vec::new(),
        pg_bin: std::env::var_os("PG_BIN").map(Into::into),
        linger: std::time::Duration::ZERO,
    })
    .await
    .unwrap();
    cluster.ensure_database("theirs").await.unwrap();
    let options = cluster.options("theirs");
    let run = || {
        let mut command = program(CORE, &data);
        command
            .env("DATABASE_URL", url(&options))
            .env("APP_ENV", "development")
            .arg("--json");
        command.output().unwrap()
    };

    let refused = run();
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(text(&refused.stderr).contains("run `reception migrate` first"));

    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    migrate(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert!(total(&run())[0] > 0);
    cluster.leave().await.unwrap();
}

/// The options of the embedded server as a URL, as somebody with a server of their own would write it.
fn url(options: &PgConnectOptions) -> String {
    let socket = options.get_socket().unwrap().display().to_string();
    format!(
        "postgres://reception@localhost/theirs?host={}",
        socket.replace('/', "%2F")
    )
}
