//! Migrations: one by one with rows in between, compared with what the binary holds.
use std::collections::BTreeMap;

use rocket_reception::kernel::{
    clock::Clock,
    db::{
        Db, MIGRATOR, MigrationState, SystemToken, SystemTx, Tx, catalogue_differences,
        ensure_roles, migrate, migration_status, read_catalogue,
    },
};
use sqlx::AssertSqlSafe;

use crate::support::{TestDb, World, at, execute};

fn clock() -> Clock {
    Clock::fixed(at("2026-11-21T10:00:00Z"))
}

#[tokio::test]
async fn each_migration_keeps_the_rows_that_were_there() {
    let database = TestDb::unmigrated(clock()).await;
    let mut owner = database.owner().await;
    ensure_roles(&mut owner).await.unwrap();
    let mut world = World::empty();
    let mut kept = BTreeMap::new();
    for migration in MIGRATOR.iter() {
        MIGRATOR
            .run_to(migration.version, &mut owner)
            .await
            .unwrap();
        let now = count_rows(&database.db, kept.keys()).await;
        assert_eq!(now, kept, "after {}", migration.description);
        world.plant(&database.db).await;
        let names: Vec<String> = world.tables.iter().map(|t| t.name.clone()).collect();
        kept = count_rows(&database.db, names.iter()).await;
        assert!(kept.values().all(|rows| *rows == 2), "{kept:?}");
    }
    assert_eq!(differences(&database.db).await, Vec::<String>::new());
}

async fn count_rows(db: &Db, tables: impl Iterator<Item = &String>) -> BTreeMap<String, i64> {
    let mut tx = SystemTx::begin(db, SystemToken::Health).await.unwrap();
    let mut counts = BTreeMap::new();
    for table in tables {
        let statement = AssertSqlSafe(format!("select count(*) from {table}"));
        let count = sqlx::query_scalar(statement).fetch_one(tx.conn()).await;
        counts.insert(table.clone(), count.unwrap());
    }
    counts
}

#[tokio::test]
async fn a_migration_that_does_not_say_whom_it_means_changes_no_row() {
    let database = TestDb::new(clock()).await;
    World::planted(&database.db).await;
    let mut owner = database.owner().await;
    let backfill = "update contacts set language = 'fr'";
    execute(&mut owner, "begin").await;
    assert_eq!(execute(&mut owner, backfill).await, 0);
    execute(&mut owner, "set local app.scope = 'operator'").await;
    assert_eq!(execute(&mut owner, backfill).await, 2);
}

#[tokio::test]
async fn every_migration_that_touches_rows_says_whom_it_means() {
    let database = TestDb::new(clock()).await;
    let protected: Vec<String> = World::planted(&database.db)
        .await
        .tables
        .into_iter()
        .map(|table| table.name)
        .collect();
    let findings: Vec<String> = MIGRATOR
        .iter()
        .flat_map(|migration| {
            let silent = silent_changes(migration.sql.as_str(), &protected);
            silent.into_iter().map(|statement| {
                format!(
                    "{}: begin with `set local app.scope = 'operator';`, or this changes nothing and says nothing: \
                     {statement}",
                    migration.version
                )
            })
        })
        .collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn the_search_for_silent_changes_finds_them() {
    let protected = ["contacts".to_owned()];
    let found = |sql: &str| silent_changes(sql, &protected).len();
    let loud = "-- a comment\nset local app.scope = 'operator';\n";
    for change in [
        "update contacts set notes = null;",
        "UPDATE ONLY contacts c\n set notes = null;",
        "create table x ();\ninsert into contacts (id) select 1;",
        "with gone as (delete from public.contacts returning id) select 1;",
        "do $$ begin update contacts set notes = null; end $$;",
        "merge into contacts using x on true when matched then delete;",
    ] {
        assert_eq!(found(change), 1, "{change}");
        assert_eq!(found(&format!("{loud}{change}")), 0, "{change}");
        // Too late is as bad as not at all.
        assert_eq!(found(&format!("{change}\n{loud}")), 1, "{change}");
    }
    for harmless in [
        "-- update contacts set notes = null;\nselect 1;",
        "/* delete from contacts */ select 1;",
        "update plans set per_text = 1;",
        "create trigger t before update on contacts execute function f();",
        "insert into contacts_archive select 1;",
        "grant select, insert, update on contacts to reception_app;",
    ] {
        assert_eq!(found(harmless), 0, "{harmless}");
    }
}

/// Changes of protected tables that come before the line which makes them visible. Bodies of functions count: better
/// one line too many than a backfill that does nothing.
fn silent_changes(sql: &str, protected: &[String]) -> Vec<String> {
    let sql = without_comments(sql).to_lowercase();
    let visible = sql
        .find("set local app.scope = 'operator'")
        .unwrap_or(sql.len());
    let words: Vec<&str> = sql[..visible]
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .filter(|word| !word.is_empty() && *word != "only")
        .collect();
    let changes = words.windows(3).filter_map(|words| {
        let table = match words {
            ["insert" | "merge", "into", table] | ["delete", "from", table] => table,
            ["update", table, _] => table,
            _ => return None,
        };
        let table = table.rsplit('.').next()?;
        protected
            .iter()
            .any(|name| name == table)
            .then(|| words.join(" "))
    });
    changes.collect()
}

fn without_comments(sql: &str) -> String {
    let mut text = String::new();
    let mut rest = sql;
    while let Some(start) = rest.find("/*") {
        text.push_str(&rest[..start]);
        rest = rest[start..]
            .split_once("*/")
            .map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let lines = text
        .lines()
        .map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_status_says_what_is_pending_applied_changed_and_unknown() {
    let database = TestDb::unmigrated(clock()).await;
    let pool = database.db.pool();
    let states = async || -> Vec<MigrationState> {
        let status = migration_status(pool).await.unwrap();
        status.into_iter().map(|(.., state)| state).collect()
    };
    let count = MIGRATOR.iter().count();
    assert_eq!(states().await, vec![MigrationState::Pending; count]);
    let mut owner = database.owner().await;
    ensure_roles(&mut owner).await.unwrap();
    let first = MIGRATOR.iter().next().unwrap().version;
    MIGRATOR.run_to(first, &mut owner).await.unwrap();
    let mut expected = vec![MigrationState::Pending; count];
    expected[0] = MigrationState::Applied;
    assert_eq!(states().await, expected);
    migrate(&mut owner).await.unwrap();
    assert_eq!(states().await, vec![MigrationState::Applied; count]);
    execute(
        &mut owner,
        "update _sqlx_migrations set checksum = '\\x00' where version = (select max(version) from _sqlx_migrations)",
    )
    .await;
    execute(
        &mut owner,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (29990101000000, 'of a later binary', true, '\\x00', 0)",
    )
    .await;
    let mut expected = vec![MigrationState::Applied; count - 1];
    expected.extend([MigrationState::Changed, MigrationState::Unknown]);
    assert_eq!(states().await, expected);
}

#[tokio::test]
async fn two_programs_may_migrate_at_once() {
    let database = TestDb::unmigrated(clock()).await;
    let (mut one, mut other) = (database.owner().await, database.owner().await);
    let (one, other) = tokio::join!(migrate(&mut one), migrate(&mut other));
    one.unwrap();
    other.unwrap();
    let status = migration_status(database.db.pool()).await.unwrap();
    assert!(
        status
            .iter()
            .all(|(.., state)| *state == MigrationState::Applied)
    );
    assert_eq!(differences(&database.db).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_catalogue_file_is_what_the_migrations_make() {
    let database = TestDb::new(clock()).await;
    let found = read_catalogue(database.db.pool()).await.unwrap();
    let file = include_str!("../../src/kernel/db/catalogue.txt");
    let lines: Vec<&str> = file.lines().collect();
    assert!(
        found == lines,
        "src/kernel/db/catalogue.txt is stale: run migrations/prepare.sh. {:#?}",
        differences(&database.db).await
    );
}

#[tokio::test]
async fn what_somebody_changed_by_hand_shows_as_a_difference() {
    let database = TestDb::new(clock()).await;
    assert_eq!(differences(&database.db).await, Vec::<String>::new());
    let mut owner = database.owner().await;
    for (by_hand, expected) in [
        (
            "create table scratch (id uuid)",
            "not from a migration: table scratch",
        ),
        (
            "alter table leads drop column flag",
            "missing: column leads.flag text",
        ),
        (
            "alter table contacts no force row level security",
            "missing: table contacts protected forced",
        ),
        (
            "drop policy tenant on events",
            "missing: policy events.tenant",
        ),
        (
            "alter table holidays drop constraint holidays_hours",
            "missing: constraint holidays.holidays_hours CHECK",
        ),
        (
            "drop index interactions_open_text_key",
            "missing: index CREATE UNIQUE INDEX interactions_open_text_key",
        ),
        (
            "alter table ledger_entries disable trigger append_only",
            "missing: trigger ledger_entries.append_only",
        ),
        (
            "grant update on usage_records to reception_app",
            "not from a migration: grant usage_records insert, select, update",
        ),
        (
            "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
            "missing: function refuse_change",
        ),
    ] {
        execute(&mut owner, by_hand).await;
        let differences = differences(&database.db).await;
        assert!(
            differences.iter().any(|line| line.starts_with(expected)),
            "{by_hand}: {differences:#?}"
        );
    }
}

#[tokio::test]
async fn an_empty_database_lacks_everything() {
    let database = TestDb::unmigrated(clock()).await;
    let differences = differences(&database.db).await;
    assert!(differences.len() > 100);
    assert!(differences.iter().all(|line| line.starts_with("missing: ")));
}

#[tokio::test]
async fn a_database_whose_owner_cannot_take_the_role_differs_in_nothing() {
    let database = TestDb::unmigrated_of_plain_owner(clock()).await;
    migrate(&mut database.owner().await).await.unwrap();
    assert_eq!(differences(&database.db).await, Vec::<String>::new());
}

async fn differences(db: &Db) -> Vec<String> {
    catalogue_differences(db.pool()).await.unwrap()
}
