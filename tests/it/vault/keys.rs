//! The keys that seal: which columns they are about, a start with the wrong ones, and one that replaces another.
use std::{
    fs,
    process::{Child, Command, Stdio},
};

use rocket_reception::kernel::{
    clock::Clock,
    db::sealed::{KeyCheck, SEALED, check_keys, check_or_make_keys},
    ids::SubscriberId,
    secrets::{Keyring, Place},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::{
    promises::house::House,
    support::{TestDb, at, soon},
};

const OTHER_KEY: &str = "other:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// More than two batches, and not a whole number of them.
const ACCOUNTS: usize = 250;

#[tokio::test]
async fn every_column_that_is_named_sealed_is_in_the_registry() {
    let database = TestDb::new(Clock::fixed(at("2026-11-21T10:00:00Z"))).await;
    let mut found: Vec<(String, String)> = sqlx::query_as(
        "select relname::text, attname::text from pg_attribute join pg_class c on attrelid = c.oid
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
            and attname like '%sealed%' and attnum > 0 and not attisdropped",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    found.sort();
    let column = |one: &rocket_reception::kernel::db::sealed::SealedColumn| {
        (one.table.to_owned(), one.column.to_owned())
    };
    let mut registered: Vec<_> = SEALED.iter().map(column).collect();
    registered.sort();
    assert_eq!(
        found, registered,
        "a sealed column is named …_sealed and is a line of SEALED (src/kernel/db/sealed.rs)"
    );
    for one in SEALED {
        let keys = one.subscriber.into_iter().chain([one.row]);
        for key in keys {
            let statement = "select format_type(atttypid, null) from pg_attribute
                              where attrelid = to_regclass($1) and attname = $2";
            let kind: String = sqlx::query_scalar(statement)
                .bind(one.table)
                .bind(key)
                .fetch_one(database.db.pool())
                .await
                .unwrap();
            assert_eq!(kind, "uuid", "{}.{key}", one.table);
        }
    }
}

#[tokio::test]
async fn the_first_start_makes_the_check_value_and_other_keys_do_not_open_it() {
    let database = TestDb::new(Clock::fixed(at("2026-11-21T10:00:00Z"))).await;
    let (ours, other) = (keyring(crate::support::ENCRYPTION_KEY), keyring(OTHER_KEY));
    assert_eq!(
        check_keys(&database.db, &ours).await.unwrap(),
        KeyCheck::Unmade
    );
    let (first, second) = tokio::join!(
        check_or_make_keys(&database.db, &ours),
        check_or_make_keys(&database.db, &ours)
    );
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        (KeyCheck::Fits, KeyCheck::Fits)
    );
    assert_eq!(
        check_or_make_keys(&database.db, &other).await.unwrap(),
        KeyCheck::Foreign
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_starts_with_keys_that_are_not_the_databases() {
    let (house, replica) = House::build().await;
    for (command, says) in [("serve", "ENCRYPTION_KEY"), ("doctor", "FAIL  keys")] {
        let mut program = house.program("reception");
        let output = program
            .arg(command)
            .env("ENCRYPTION_KEY", OTHER_KEY)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}");
        let (said, complained) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            said.contains(says) || complained.contains(says),
            "{command}\n{said}\n{complained}"
        );
        if command == "serve" {
            assert_eq!(complained.trim().lines().count(), 1, "{complained}");
        }
    }
    let rotated = rotate(&house, OTHER_KEY).output().unwrap();
    assert_eq!(rotated.status.code(), Some(1), "none of it can be opened");
    drop(replica);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_crashes_in_the_middle_is_finished_by_the_next() {
    let (house, _replica) = House::build().await;
    let old = fs::read_to_string(house.data_dir().join("encryption-key")).unwrap();
    let both = format!("{OTHER_KEY},{}", old.trim());
    plant(&house, &keyring(&old)).await;
    // Somebody holds the last row: the program waits for it, and is killed.
    let mut holder = connect(&house).await;
    let mut held = holder.begin().await.unwrap();
    let last =
        "select id from provider_accounts order by subscriber_id desc, id desc limit 1 for update";
    sqlx::query(last).execute(&mut *held).await.unwrap();
    let mut running: Child = rotate(&house, &both).stdout(Stdio::null()).spawn().unwrap();
    let waits = "select count(*)::text from pg_stat_activity where wait_event_type = 'Lock'";
    soon(async { while house.value(waits).await == "0" {} }).await;
    running.kill().unwrap();
    running.wait().unwrap();
    held.rollback().await.unwrap();
    let left = "select count(*)::text from provider_accounts where not starts_with(api_key_sealed, 'v1.other.')";
    let left: usize = house.value(left).await.parse().unwrap();
    assert!((1..ACCOUNTS).contains(&left), "{left} are left");
    // What the crash left is done, and what was done stays.
    let report = report(&rotate(&house, &both).output().unwrap());
    assert_eq!(report["provider_accounts.api_key_sealed"]["resealed"], left);
    for column in report.values() {
        assert_eq!(column["still_old"], 0);
        assert_eq!(column["unopenable"], 0);
    }
    // The old key can go: everything opens with the new one, at its place.
    let alone = self::report(&rotate(&house, OTHER_KEY).output().unwrap());
    assert!(
        alone
            .values()
            .all(|column| column["resealed"] == 0 && column["unopenable"] == 0)
    );
    let rows = "select subscriber_id, id, api_key_sealed from provider_accounts";
    let rows: Vec<(Uuid, Uuid, String)> =
        sqlx::query_as(rows).fetch_all(&mut holder).await.unwrap();
    assert_eq!(rows.len(), ACCOUNTS);
    let new = keyring(OTHER_KEY);
    for (subscriber, row, sealed) in &rows {
        let opened = new.open(&place(*subscriber, *row), sealed).unwrap();
        assert_eq!(opened.expose_secret(), format!("the secret of {row}"));
    }
    // A value that was copied to another row is told, and fails the command.
    let copy = "update provider_accounts set api_key_sealed = $1 where id = $2";
    let (other_row, this) = (&rows[0].2, rows[1].1);
    sqlx::query(copy)
        .bind(other_row)
        .bind(this)
        .execute(&mut holder)
        .await
        .unwrap();
    let output = rotate(&house, OTHER_KEY).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\"unopenable\":1"), "{said}");
    assert!(!said.contains("the secret of"));
}

fn keyring(text: &str) -> Keyring {
    Keyring::parse(text.trim()).unwrap()
}

fn place(subscriber: Uuid, row: Uuid) -> Place {
    Place {
        table: "provider_accounts",
        column: "api_key_sealed",
        subscriber: Some(SubscriberId(subscriber)),
        row,
    }
}

async fn connect(house: &House) -> PgConnection {
    let options = house.cluster.superuser_options("reception");
    PgConnection::connect_with(&options).await.unwrap()
}

/// Many subscribers with an account each.
async fn plant(house: &House, keyring: &Keyring) {
    let mut conn = connect(house).await;
    let mut tx = conn.begin().await.unwrap();
    for number in 0..ACCOUNTS {
        let (subscriber, row) = (Uuid::now_v7(), Uuid::now_v7());
        sqlx::query("insert into subscribers (id, slug, business_name) values ($1, $2, $2)")
            .bind(subscriber)
            .bind(format!("planted-{number}"))
            .execute(&mut *tx)
            .await
            .unwrap();
        let secret = SecretString::from(format!("the secret of {row}"));
        sqlx::query(
            "insert into provider_accounts (subscriber_id, id, provider, account_id, api_key_sealed, created_at, updated_at)
             values ($1, $2, 'RETELL', 'x', $3, now(), now())",
        )
        .bind(subscriber)
        .bind(row)
        .bind(keyring.seal(&place(subscriber, row), &secret))
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
}

fn rotate(house: &House, keys: &str) -> Command {
    let mut program = house.program("reception");
    program
        .args(["rotate-keys", "--json"])
        .env("ENCRYPTION_KEY", keys);
    program
}

/// The lines of a rotation that succeeded, by table and column.
fn report(output: &std::process::Output) -> std::collections::BTreeMap<String, Value> {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = said.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = format!(
            "{}.{}",
            line["table"].as_str().unwrap(),
            line["column"].as_str().unwrap()
        );
        (name, line)
    });
    lines.collect()
}
