//! Sign-in, sessions, keys, and who may do what.
mod accounts;
mod door;
mod impersonation;
mod keys;
mod passwords;
mod refreshing;
mod registering;
mod tokens;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const EMAIL: &str = "marie@plomberie.example";
const PASSWORD: &str = "a sentence of four words";

/// What somebody sends who registers.
fn registration() -> Value {
    json!({
        "email": EMAIL,
        "password": PASSWORD,
        "business_name": "Plomberie Boréale",
        "terms_accepted": true,
    })
}

/// Somebody new, as register answers.
async fn register(app: &TestApp) -> Value {
    let answer = app
        .stranger()
        .post("/api/auth/register", registration())
        .await;
    answer.expect(201).json()
}

async fn login(app: &TestApp, password: &str) -> Answer {
    let body = json!({"email": EMAIL, "password": password});
    app.stranger().post("/api/auth/login", body).await
}

/// From another address than this machine's; the tests trust one proxy.
async fn login_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let mut request = app
        .stranger()
        .prepare(Method::POST, "/api/auth/login", Some(body));
    request
        .headers_mut()
        .insert("x-forwarded-for", address.parse().unwrap());
    app.send(request).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// What the audit log of everybody says was done, in order.
async fn audited(app: &TestApp) -> Vec<String> {
    let mut conn = app.database.superuser().await;
    sqlx::query_scalar("select action from audit_log order by subscriber_id, seq")
        .fetch_all(&mut conn)
        .await
        .unwrap()
}

/// The words of the mails in the sandbox.
async fn mails(app: &TestApp) -> Vec<rocket_reception::mail::SandboxMail> {
    rocket_reception::mail::read_sandbox(&app.state)
        .await
        .unwrap()
}
