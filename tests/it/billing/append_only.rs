//! What was written about money stays written.
use super::shop::Shop;

#[tokio::test]
async fn nobody_changes_records_or_entries_not_even_their_owner() {
    let shop = Shop::open().await;
    shop.end(&shop.call("call", 60)).await;
    for table in ["usage_records", "ledger_entries"] {
        for statement in [
            format!("update {table} set currency = 'USD'"),
            format!("delete from {table}"),
            format!("truncate {table} cascade"),
        ] {
            // Without SET ROLE: the login owns the tables. Then a superuser.
            let mut owner = shop.db().pool().acquire().await.unwrap();
            let mut superuser = shop.bench.database.superuser().await;
            for conn in [&mut *owner, &mut superuser] {
                let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
                    .execute(conn)
                    .await
                    .unwrap_err();
                let code = refused
                    .as_database_error()
                    .and_then(|error| error.code().map(|code| code.to_string()));
                assert_eq!(code.as_deref(), Some("23001"), "{statement}: {refused}");
            }
        }
    }
    shop.expect_clean().await;
}
