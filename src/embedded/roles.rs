//! The logins of a cluster. The application is an ordinary role: a superuser would pass by row-level security.
use anyhow::{Context, Result, ensure};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    postgres::{PgConnectOptions, PgDatabaseError},
};

/// What the application logs in as; it owns its database and nothing else.
pub(super) const APPLICATION: &str = "reception";

/// Roles belong to the cluster, so they may be there already. `reception_app` and `reception_identity` own nothing; the
/// application takes them inside its transactions.
const MAKE_ROLES: &str = "
do $$
begin
  if to_regrole('reception') is null then create role reception login; end if;
  if to_regrole('reception_app') is null then create role reception_app nologin; end if;
  if to_regrole('reception_identity') is null then create role reception_identity nologin; end if;
  if not pg_has_role('reception', 'reception_app', 'member')
     or not pg_has_role('reception', 'reception_identity', 'member') then
    grant reception_app, reception_identity to reception;
  end if;
end $$";

/// Makes what every database of the cluster needs, and tells the server's version.
pub(super) async fn prepare(superuser: &PgConnectOptions) -> Result<String> {
    let mut connection = connect(superuser).await?;
    sqlx::raw_sql(MAKE_ROLES)
        .execute(&mut connection)
        .await
        .context("make the roles of the application")?;
    let (version, has_gist): (String, bool) = sqlx::query_as(
        "select current_setting('server_version'),
                exists (select from pg_available_extension_versions where name = 'btree_gist')",
    )
    .fetch_one(&mut connection)
    .await
    .context("ask PostgreSQL for its version")?;
    ensure!(
        has_gist,
        "PostgreSQL {version} lacks the extension btree_gist, which keeps appointments apart: install the package with \
         the contributed extensions (postgresql-contrib), then run the same command again"
    );
    connection.close().await?;
    Ok(version)
}

/// Makes a database for the application unless it is there.
pub(super) async fn ensure_database(superuser: &PgConnectOptions, name: &str) -> Result<()> {
    let mut connection = connect(superuser).await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .context("look for the database")?;
    if !exists {
        // A name cannot be bound; doubled quotes make it harmless.
        let quoted = name.replace('"', "\"\"");
        let statement = format!(r#"create database "{quoted}" owner {APPLICATION}"#);
        match sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
        {
            Err(error) if is_there_already(&error) => {}
            outcome => {
                outcome.with_context(|| format!("create the database {name}"))?;
            }
        }
    }
    Ok(connection.close().await?)
}

/// Another program made it in the same moment: PostgreSQL says so in one of two ways.
fn is_there_already(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|error| matches!(error.code(), "42P04" | "23505"))
}

async fn connect(superuser: &PgConnectOptions) -> Result<PgConnection> {
    PgConnection::connect_with(superuser)
        .await
        .context("log in to the embedded PostgreSQL")
}
