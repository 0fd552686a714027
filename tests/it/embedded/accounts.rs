//! Who runs the server, who logs in, and who may enter.
use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::Command,
};

use rocket_reception::embedded::{Durability, is_root};
use sqlx::Executor;

use super::{
    connect, open, other_program::OtherProgram, ps, remember, remembered, server_of, until_stopped,
};
use crate::support::Scratch;

#[tokio::test]
async fn the_application_is_an_ordinary_role_that_owns_its_database() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Throwaway).await;
    cluster.ensure_database("house").await.unwrap();
    let mut connection = connect(&cluster).await;
    let powers: (String, bool) = sqlx::query_as(
        "select rolname::text, rolsuper or rolbypassrls or rolcreatedb or rolcreaterole from pg_roles where rolname = current_user",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(powers, ("reception".to_owned(), false));
    connection
        .execute("create extension btree_gist")
        .await
        .unwrap();
    for role in ["set role reception_app", "set role reception_identity"] {
        connection.execute(role).await.unwrap();
        assert!(connection.execute("create table refused ()").await.is_err());
    }
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn only_the_server_and_root_can_reach_the_data_and_the_sockets() {
    let dir = Scratch::new();
    let cluster = open(&dir, Durability::Throwaway).await;
    let sockets = cluster.options("house").get_socket().unwrap().clone();
    let control = sockets.with_file_name("control");
    for folder in [cluster.data_dir(), sockets, control] {
        assert_eq!(
            fs::metadata(&folder).unwrap().mode() & 0o077,
            0,
            "{}",
            folder.display()
        );
    }
    let server = server_of(&cluster.data_dir()).unwrap();
    assert_ne!(ps(server, "uid="), "0");
    cluster.leave().await.unwrap();
}

#[tokio::test]
async fn as_root_a_folder_that_is_closed_to_the_server_is_swapped_for_an_open_one() {
    if !is_root().unwrap() {
        eprintln!("SKIPPED: needs root");
        return;
    }
    let closed = Scratch::new();
    fs::set_permissions(&*closed, Permissions::from_mode(0o700)).unwrap();
    let inner = closed.join("inner");
    let cluster = open(&inner, Durability::Throwaway).await;
    remember(&cluster, "inside").await;
    let joined = open(&inner, Durability::Throwaway).await;
    assert_eq!(remembered(&joined).await, ["inside"]);
    assert!(!joined.was_started_here());
    let folder = cluster.data_dir().parent().unwrap().to_owned();
    assert!(folder.starts_with("/var/tmp"));
    joined.leave().await.unwrap();
    cluster.leave().await.unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_ordinary_user_needs_nobody_else() {
    const NOBODY: u32 = 65534;
    const LAUNCHER: [&str; 4] = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    if !is_root().unwrap() || !can_run_this_program(&LAUNCHER) {
        eprintln!("SKIPPED: needs root, setpriv and a target folder that others can enter");
        return;
    }
    let dir = Scratch::new();
    let own = dir.join("own");
    fs::create_dir(&own).unwrap();
    chown(&own, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut other = OtherProgram::started_by(&LAUNCHER, &own);
    let data = own.join("data");
    assert_eq!(fs::metadata(&data).unwrap().uid(), NOBODY);
    assert_eq!(ps(server_of(&data).unwrap(), "uid="), NOBODY.to_string());

    // Root may join a user's server, as `doctor` with sudo does.
    let joined = open(&own, Durability::Durable).await;
    assert!(!joined.was_started_here());
    assert_eq!(remembered(&joined).await, ["from another program"]);
    joined.leave().await.unwrap();
    other.kill();
    until_stopped(&data).await;
}

fn can_run_this_program(launcher: &[&str]) -> bool {
    let programs = [
        std::env::current_exe().unwrap(),
        env!("CARGO_BIN_EXE_reception").into(),
    ];
    programs.iter().all(|program| runs(launcher, program))
}

fn runs(launcher: &[&str], program: &Path) -> bool {
    let status = Command::new(launcher[0])
        .args(&launcher[1..])
        .args(["test", "-x"])
        .arg(program)
        .status();
    status.is_ok_and(|status| status.success())
}
