//! The roles that transactions take.
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

/// Owns nothing, may not log in, may not change what is append-only.
pub const APP_ROLE: &str = "reception_app";
/// The same for the tables of people, taken by `identity` alone.
pub const IDENTITY_ROLE: &str = "reception_identity";

/// Makes the roles, where the server lets us. Roles belong to the cluster, which other databases (those of other
/// tests, say) share: that one exists already, or is being made this very moment, is no error.
pub async fn ensure_roles(conn: &mut PgConnection) -> sqlx::Result<()> {
    for role in [APP_ROLE, IDENTITY_ROLE] {
        let statements = [
            format!("create role {role} nologin nosuperuser nobypassrls"),
            // PostgreSQL 16 does not make the creator a member that may take the role.
            format!("grant {role} to current_user"),
        ];
        for statement in statements {
            run_guarded(conn, &statement).await?;
        }
    }
    // Who registers makes a person and a business in one transaction: identity may do what the application may.
    run_guarded(conn, &format!("grant {APP_ROLE} to {IDENTITY_ROLE}")).await
}

async fn run_guarded(conn: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    loop {
        let mut savepoint = conn.begin().await?;
        let result = sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *savepoint)
            .await;
        match result {
            Ok(_) => return savepoint.commit().await,
            Err(sqlx::Error::Database(error)) => {
                savepoint.rollback().await?;
                match error.code().as_deref() {
                    // duplicate_object, unique_violation: somebody made it first.
                    Some("42710" | "23505") => return Ok(()),
                    // insufficient_privilege: policies then bind the owner; `doctor` says so.
                    Some("42501" | "0LP01") => return Ok(()),
                    // "tuple concurrently updated" has the code of an internal error.
                    Some("XX000") => {}
                    _ => return Err(sqlx::Error::Database(error)),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether transactions may take the application's role, and whether those of identity may take theirs, which has to
/// include the application's.
pub(super) async fn may_take_roles(pool: &PgPool) -> sqlx::Result<(bool, bool)> {
    let row = sqlx::query!(
        r#"select coalesce(bool_or(rolname = $1), false) as "app!",
                  coalesce(bool_or(rolname = $2 and pg_has_role(oid, app.app, 'USAGE')), false) as "identity!"
             from pg_roles
             left join (select oid as app from pg_roles where rolname = $1) app on true
            where rolname in ($1, $2) and pg_has_role(current_user, oid, 'MEMBER')"#,
        APP_ROLE,
        IDENTITY_ROLE,
    )
    .fetch_one(pool)
    .await?;
    Ok((row.app, row.identity))
}

/// Whether the server has the application's role at all.
pub(super) async fn app_role_exists(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from pg_roles where rolname = $1) as "exists!""#,
        APP_ROLE
    )
    .fetch_one(pool)
    .await
}

/// Whether our login is bound by no policy (a superuser, or BYPASSRLS): refused in production.
pub async fn login_bypasses_policies(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select rolsuper or rolbypassrls as "bypasses!" from pg_roles where rolname = current_user"#
    )
    .fetch_one(pool)
    .await
}
