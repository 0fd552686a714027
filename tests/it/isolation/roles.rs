//! Who the transactions are.
use rocket_reception::kernel::db::{APP_ROLE, TenantTx, Tx, login_bypasses_policies};

use super::database;
use crate::support::World;

#[tokio::test]
async fn the_role_of_transactions_owns_nothing_and_passes_by_no_policy() {
    let database = database().await;
    let flaws: Vec<String> = sqlx::query_scalar(
        "select flaw from pg_roles r
          cross join lateral (values
             (rolcanlogin, 'may log in'), (rolsuper, 'is a superuser'), (rolbypassrls, 'bypasses policies'),
             (rolcreaterole, 'makes roles'), (rolcreatedb, 'makes databases'), (rolreplication, 'replicates'),
             (has_schema_privilege(r.oid, current_schema()::text, 'CREATE'), 'makes tables'),
             (exists (select from pg_class where relowner = r.oid), 'owns a relation'),
             (exists (select from pg_proc where proowner = r.oid), 'owns a function'),
             (exists (select from pg_namespace where nspowner = r.oid), 'owns a schema'),
             (exists (select from pg_database where datdba = r.oid), 'owns a database'),
             (exists (select from pg_auth_members where member = r.oid
                         and (rolname, roleid::regrole::text) <> ('reception_identity', 'reception_app')),
              'is a member of another role'))
             as flaws (is_so, flaw)
          where rolname in ('reception_app', 'reception_identity') and is_so",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    assert_eq!(flaws, Vec::<String>::new());
}

#[tokio::test]
async fn the_application_logs_in_as_an_ordinary_owner_that_may_take_the_role() {
    let database = database().await;
    assert!(!login_bypasses_policies(database.db.pool()).await.unwrap());
    assert!(database.db.has_app_role());
    let (is_member, owns_all): (bool, bool) = sqlx::query_as(
        "select pg_has_role(current_user, $1, 'MEMBER'),
                (select bool_and(relowner = current_user::regrole) from pg_class
                  where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p'))",
    )
    .bind(APP_ROLE)
    .fetch_one(database.db.pool())
    .await
    .unwrap();
    assert!(is_member && owns_all);
    let world = World::empty();
    let mut tx = TenantTx::begin(&database.db, world.a).await.unwrap();
    let (role, login): (String, String) =
        sqlx::query_as("select current_user::text, session_user::text")
            .fetch_one(tx.conn())
            .await
            .unwrap();
    assert_eq!((role.as_str(), login.as_str()), (APP_ROLE, "reception"));
}
