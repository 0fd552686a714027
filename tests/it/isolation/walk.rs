//! What a subscriber must not be able to do with the rows of another, tried on every table that has a policy.
use std::collections::BTreeMap;

use rocket_reception::kernel::{
    db::{Db, OperatorToken, OperatorTx, SystemToken, SystemTx, TenantTx, Tx, migrate},
    ids::SubscriberId,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{assert_none, clock, database};
use crate::support::{Table, TestDb, World, execute, literal};

/// PostgreSQL's codes for "no".
const DENIED: &str = "42501";
const NO_SUCH_PARENT: &str = "23503";
const CHECK_BROKEN: &str = "23514";
/// Ours, from the trigger on append-only tables.
const APPEND_ONLY: &str = "23001";

#[tokio::test]
async fn rows_of_another_subscriber_cannot_be_read_counted_written_or_referenced() {
    let database = database().await;
    assert!(database.db.has_app_role());
    let world = World::planted(&database.db).await;
    assert_none(&walk(&database.db, &world).await);
}

#[tokio::test]
async fn where_the_server_refuses_to_make_roles_the_policies_bind_the_owner() {
    let database = plain_owner().await;
    assert!(!database.db.has_app_role());
    let world = World::planted(&database.db).await;
    assert_none(&walk(&database.db, &world).await);
}

#[tokio::test]
async fn without_a_context_or_with_a_wrong_one_there_are_no_rows() {
    for database in [database().await, plain_owner().await] {
        let world = World::planted(&database.db).await;
        let mut findings = Vec::new();
        let mut owner = database.owner().await;
        see_nothing(&mut owner, &world, "the owner", &mut findings).await;
        if database.db.has_app_role() {
            execute(&mut owner, "set role reception_app").await;
            see_nothing(&mut owner, &world, "reception_app", &mut findings).await;
            execute(&mut owner, "reset role").await;
        }
        // After a transaction the setting is '' and not null.
        execute(&mut owner, "set app.subscriber_id = ''").await;
        execute(&mut owner, "set app.scope = ''").await;
        see_nothing(&mut owner, &world, "an emptied context", &mut findings).await;
        let stranger = SubscriberId::new();
        let mut tx = TenantTx::begin(&database.db, stranger).await.unwrap();
        see_nothing(tx.conn(), &world, "a third subscriber", &mut findings).await;
        assert_none(&findings);
    }
}

#[tokio::test]
async fn nothing_of_a_transaction_stays_on_its_pooled_connection() {
    let database = database().await;
    let world = World::planted(&database.db).await;
    let mut findings = Vec::new();
    for is_committed in [true, false] {
        let mut tx = TenantTx::begin(&database.db, world.a).await.unwrap();
        let tenant_pid = pid(tx.conn()).await;
        if is_committed {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        let mut tx = SystemTx::begin(&database.db, SystemToken::Health)
            .await
            .unwrap();
        let system_pid = pid(tx.conn()).await;
        tx.commit().await.unwrap();
        let (mut connections, mut pids) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let mut conn = database.db.pool().acquire().await.unwrap();
            pids.push(pid(&mut conn).await);
            let login: String = sqlx::query_scalar("select current_user::text")
                .fetch_one(&mut *conn)
                .await
                .unwrap();
            assert_eq!(login, "reception");
            see_nothing(&mut conn, &world, "a pooled connection", &mut findings).await;
            connections.push(conn);
        }
        assert!(pids.contains(&tenant_pid) && pids.contains(&system_pid));
    }
    assert_none(&findings);
}

#[tokio::test]
async fn the_system_and_the_operator_see_everybody() {
    let database = database().await;
    let world = World::planted(&database.db).await;
    let mut system = SystemTx::begin(&database.db, SystemToken::Schedule)
        .await
        .unwrap();
    let mut operator = OperatorTx::begin(&database.db, OperatorToken::Command)
        .await
        .unwrap();
    for table in &world.tables {
        let everything = format!("select count(*) from {}", table.name);
        assert_eq!(number(system.conn(), &everything).await, 2, "{everything}");
        assert_eq!(
            number(operator.conn(), &everything).await,
            2,
            "{everything}"
        );
    }
}

#[tokio::test]
async fn what_is_the_platforms_is_not_a_subscribers() {
    let database = database().await;
    let world = World::planted(&database.db).await;
    let mut findings = Vec::new();
    for table in of_the_platform_too(&world) {
        let mut system = SystemTx::begin(&database.db, SystemToken::Seeding)
            .await
            .unwrap();
        let mut row = world.fresh(system.conn(), table, world.a).await;
        row.insert(table.owner_column().to_owned(), None);
        // A number of the platform's is one that several share.
        if table.name == "phone_numbers" {
            row.insert("is_shared".to_owned(), Some("true".to_owned()));
        }
        execute(system.conn(), &table.insert(&row)).await;
        system.commit().await.unwrap();
        let mut tx = TenantTx::begin(&database.db, world.a).await.unwrap();
        let found = format!(
            "select count(*) from {} where {}",
            table.name,
            table.is_row(&row)
        );
        if number(tx.conn(), &found).await != 0 {
            findings.push(format!(
                "{}: a subscriber reads the platform's row",
                table.name
            ));
        }
        let mut another = world.fresh(tx.conn(), table, world.a).await;
        another.insert(table.owner_column().to_owned(), None);
        let written = attempt(tx.conn(), &table.insert(&another)).await;
        if written != Err(DENIED.to_owned()) {
            findings.push(format!(
                "{}: a subscriber makes a row of the platform's: {written:?}",
                table.name
            ));
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn what_is_append_only_is_changed_by_nobody() {
    for database in [database().await, plain_owner().await] {
        let world = World::planted(&database.db).await;
        for table in super::shape::APPEND_ONLY {
            let mut tx = TenantTx::begin(&database.db, world.a).await.unwrap();
            let mut owner = database.owner().await;
            execute(&mut owner, "set app.scope = 'operator'").await;
            for statement in [
                format!("update {table} set id = id"),
                format!("delete from {table}"),
                format!("truncate {table} cascade"),
            ] {
                let expected = match database.db.has_app_role() {
                    true => DENIED,
                    false => APPEND_ONLY,
                };
                let refused = attempt(tx.conn(), &statement).await;
                assert_eq!(refused, Err(expected.to_owned()), "{statement}");
                let refused = attempt(&mut owner, &statement).await;
                assert_eq!(
                    refused,
                    Err(APPEND_ONLY.to_owned()),
                    "{statement} by the owner"
                );
            }
            let kept = number(&mut owner, &format!("select count(*) from {table}")).await;
            assert_eq!(kept, 2);
        }
    }
}

/// A database whose owner cannot take the application's role.
async fn plain_owner() -> TestDb {
    let database = TestDb::unmigrated_of_plain_owner(clock()).await;
    migrate(&mut database.owner().await).await.unwrap();
    database
}

/// Everything that A may try on B; what succeeded is a finding.
async fn walk(db: &Db, world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    let before = fingerprints(db, world).await;
    for (own, other) in [(world.a, world.b), (world.b, world.a)] {
        let mut tx = TenantTx::begin(db, own).await.unwrap();
        for table in &world.tables {
            read(tx.conn(), world, table, own, other, &mut findings).await;
            write(tx.conn(), world, table, own, other, &mut findings).await;
            refer(tx.conn(), world, table, own, other, &mut findings).await;
        }
        // Whatever was written by mistake is looked at below.
        tx.commit().await.unwrap();
    }
    for (table, fingerprint) in fingerprints(db, world).await {
        if before[&table] != fingerprint {
            findings.push(format!("{table}: its rows were changed"));
        }
    }
    findings
}

async fn read(
    conn: &mut PgConnection,
    world: &World,
    table: &Table,
    own: SubscriberId,
    other: SubscriberId,
    findings: &mut Vec<String>,
) {
    let name = &table.name;
    let own_row = table.is_row(world.row(name, own));
    let other_row = table.is_row(world.row(name, other));
    let owner = table.owner_column();
    for (what, statement, expected) in [
        ("count all", format!("select count(*) from {name}"), 1),
        (
            "read the own row",
            format!("select count(*) from {name} where {own_row}"),
            1,
        ),
        (
            "read the other's by its key",
            format!("select count(*) from {name} where {other_row}"),
            0,
        ),
        (
            "read the other's by its owner",
            format!("select count(*) from {name} where {owner} = '{other}' or {owner} is null"),
            0,
        ),
        (
            "learn of the other's in a join",
            format!(
                "select count(*) from subscribers s left join {name} t on true where t.{owner} <> '{own}'"
            ),
            0,
        ),
    ] {
        let found = number(conn, &statement).await;
        if found != expected {
            findings.push(format!(
                "{name}: {what}: {found} rows instead of {expected}"
            ));
        }
    }
}

async fn write(
    conn: &mut PgConnection,
    world: &World,
    table: &Table,
    own: SubscriberId,
    other: SubscriberId,
    findings: &mut Vec<String>,
) {
    let name = &table.name;
    let owner = table.owner_column();
    let own_row = table.is_row(world.row(name, own));
    let other_row = table.is_row(world.row(name, other));
    for (what, statement) in [
        (
            "update the other's",
            format!("update {name} set {owner} = {owner} where {other_row}"),
        ),
        (
            "take the other's",
            format!("update {name} set {owner} = '{own}' where {owner} = '{other}'"),
        ),
        (
            "delete the other's",
            format!("delete from {name} where {other_row}"),
        ),
    ] {
        // No row is found; where nothing may ever be updated, the answer is a refusal.
        let done = attempt(conn, &statement).await;
        let is_harmless = match &done {
            Ok(rows) => *rows == 0,
            Err(code) => code == DENIED || code == APPEND_ONLY,
        };
        if !is_harmless {
            findings.push(format!("{name}: {what}: {done:?}"));
        }
    }
    let mut for_other = world.fresh(conn, table, own).await;
    for_other.insert(owner.to_owned(), Some(other.to_string()));
    for (what, statement) in [
        ("insert for the other", table.insert(&for_other)),
        (
            "give away the own row",
            format!("update {name} set {owner} = '{other}' where {own_row}"),
        ),
    ] {
        let done = attempt(conn, &statement).await;
        if done != Err(DENIED.to_owned()) && done != Err(APPEND_ONLY.to_owned()) {
            findings.push(format!("{name}: {what}: {done:?}"));
        }
    }
}

/// Rows of one subscriber that point to rows of the other.
async fn refer(
    conn: &mut PgConnection,
    world: &World,
    table: &Table,
    own: SubscriberId,
    other: SubscriberId,
    findings: &mut Vec<String>,
) {
    let name = &table.name;
    for key in &table.foreign_keys {
        if !world.has_planted(&key.target) {
            continue;
        }
        let target = world.row(&key.target, other);
        let pointing: Vec<(&String, &Option<String>)> = key
            .columns
            .iter()
            .zip(&key.target_columns)
            .filter(|(column, _)| *column != table.owner_column())
            .map(|(column, target_column)| (column, &target[target_column]))
            .collect();
        if pointing.is_empty() {
            continue;
        }
        let sets: Vec<String> = pointing
            .iter()
            .map(|(column, value)| format!("{column} = {}", literal(value)))
            .collect();
        let own_row = table.is_row(world.row(name, own));
        let update = format!("update {name} set {} where {own_row}", sets.join(", "));
        let mut done = attempt(conn, &update).await;
        let mut row = world.fresh(conn, table, own).await;
        for (column, value) in pointing {
            row.insert(column.clone(), value.clone());
        }
        if done == Err(DENIED.to_owned()) || done == Err(APPEND_ONLY.to_owned()) {
            done = attempt(conn, &table.insert(&row)).await;
        }
        if done != Err(NO_SUCH_PARENT.to_owned()) && done != Err(CHECK_BROKEN.to_owned()) {
            findings.push(format!(
                "{name}: point to the other's {} by {}: {done:?}",
                key.target, key.name
            ));
        }
    }
}

/// Tries it in a savepoint that is rolled back unless it succeeded: the rows it touched, or why it was refused.
async fn attempt(conn: &mut PgConnection, statement: &str) -> Result<u64, String> {
    let mut savepoint = conn.begin().await.unwrap();
    let result = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(&mut *savepoint)
        .await;
    match result {
        Ok(done) => {
            savepoint.commit().await.unwrap();
            Ok(done.rows_affected())
        }
        Err(sqlx::Error::Database(error)) => {
            savepoint.rollback().await.unwrap();
            Err(error.code().unwrap_or_default().into_owned())
        }
        Err(error) => panic!("{statement}\n{error}"),
    }
}

async fn see_nothing(
    conn: &mut PgConnection,
    world: &World,
    who: &str,
    findings: &mut Vec<String>,
) {
    for table in &world.tables {
        let seen = number(conn, &format!("select count(*) from {}", table.name)).await;
        if seen != 0 {
            findings.push(format!("{}: {who} sees {seen} rows", table.name));
        }
    }
}

fn of_the_platform_too(world: &World) -> impl Iterator<Item = &Table> {
    world
        .tables
        .iter()
        .filter(|table| table.column(table.owner_column()).is_nullable)
}

/// Every table's rows, as everybody's reader sees them.
async fn fingerprints(db: &Db, world: &World) -> BTreeMap<String, Option<String>> {
    let mut tx = SystemTx::begin(db, SystemToken::Health).await.unwrap();
    let mut found = BTreeMap::new();
    for table in &world.tables {
        let statement = format!(
            "select md5(string_agg(t::text, ';' order by t::text)) from {} t",
            table.name
        );
        let fingerprint = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(tx.conn())
            .await
            .unwrap();
        found.insert(table.name.clone(), fingerprint);
    }
    found
}

async fn number(conn: &mut PgConnection, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
        .fetch_one(conn)
        .await
        .unwrap_or_else(|error| panic!("{statement}\n{error}"))
}

async fn pid(conn: &mut PgConnection) -> i32 {
    sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(conn)
        .await
        .unwrap()
}
