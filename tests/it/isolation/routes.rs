//! Every route of the OpenAPI document, as somebody who may not: with ids of another business in path, query and body,
//! with a role too low, with a token that opens nothing. A route that comes later is tried before anybody thinks of it.
use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use chrono::Duration;
use rocket_reception::{
    identity::tokens::{self, Subject},
    kernel::{
        db::{SystemToken, SystemTx, Tx},
        ids::SubscriberId,
        signing::SigningKeys,
    },
};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{
    assert_none,
    document::{Access, Operation, operations},
};
use crate::support::{Answer, Client, TestApp, World, execute};

/// What everybody may call. Providers prove themselves by a signature, links and forms by what they hold.
const PUBLIC: &[&str] = &[
    "GET /api/.well-known/jwks.json",
    // By names that nobody can guess: tests/it/scheduling/calendars.rs.
    "GET /api/calendar/{file}",
    // By a state that is good once: tests/it/calcom/connecting.rs.
    "GET /api/calcom/callback",
    "GET /api/health",
    "GET /api/health/detailed",
    "GET /api/ics/{file}",
    "GET /api/ready",
    "GET /api/voice/audio/{token}",
    "POST /api/auth/login",
    "POST /api/auth/password/forgot",
    "POST /api/auth/password/reset",
    "POST /api/auth/refresh",
    "POST /api/auth/register",
    "POST /api/retell-webhook",
    "POST /api/voice/dial-done",
    "POST /api/voice/fallback",
    "POST /api/voice/forward-to-owner/{subscriber}",
    "GET /api/voice/fallback",
    "POST /api/voice/forwarding-test/{subscriber}/{test}",
    "POST /api/voice/forwarding-test/{subscriber}/{test}/status",
    "POST /api/voice/gather",
    "POST /api/voice/voicemail-done",
    "POST /api/voice/webhook/voice",
    "POST /api/voice/whisper",
    "POST /api/retell/webhook",
    "POST /api/webhooks/calcom",
    "POST /api/webhooks/calcom/{connection}",
    "POST /api/webhooks/retell",
    "POST /api/webhooks/retell-inbound",
    "POST /api/webhooks/retell/tools/{connection}/{name}",
    "POST /api/webhooks/sms-inbound",
    "POST /api/webhooks/twilio",
    "POST /api/webhooks/twilio/recording",
    "POST /api/webhooks/twilio/sms",
    "POST /api/webhooks/twilio/sms/status",
    "POST /api/webhooks/twilio/status",
    "POST /api/webhooks/twilio/voice",
    "POST /api/webhooks/twilio/voice/status",
    "POST /api/webhooks/vapi",
    "POST /api/webhooks/vapi/{connection}",
];

const ROLES: [&str; 4] = ["STAFF", "ADMIN", "OWNER", "OPERATOR"];
/// Many requests, quickly.
const UNLIMITED: [(&str, &str); 2] = [
    ("LIMIT_API_PER_MINUTE", "1000000"),
    ("LIMIT_REQUESTS_PER_SECOND", "1000000"),
];

/// Part of every text of the planted rows, and of nothing else.
const PLANTED: &str = "canary";

/// Another business, with a row in every table.
struct Victim {
    id: SubscriberId,
    slug: String,
    ids: Vec<String>,
    phone: String,
    world: World,
}

impl Victim {
    async fn planted(app: &TestApp) -> Self {
        let mut world = World::empty();
        world.plant(&app.state.db).await;
        let id = world.a;
        let mut ids = BTreeSet::from([id.to_string()]);
        for table in &world.tables {
            let row = world.row(&table.name, id);
            ids.extend(row.get("id").cloned().flatten());
        }
        let phone = "+12045550142".to_owned();
        let slug = format!("{PLANTED}-shop");
        let mut tx = SystemTx::begin(&app.state.db, SystemToken::Seeding)
            .await
            .unwrap();
        for statement in [
            format!("update contacts set phone = '{phone}' where subscriber_id = '{id}'"),
            format!("update subscribers set slug = '{slug}' where id = '{id}'"),
            format!(
                "insert into directory (kind, key, subscriber_id) values ('SLUG', '{slug}', '{id}'), ('SUBSCRIBER', '{id}', '{id}')"
            ),
        ] {
            execute(tx.conn(), &statement).await;
        }
        tx.commit().await.unwrap();
        Self {
            id,
            slug,
            ids: ids.into_iter().collect(),
            phone,
            world,
        }
    }

    /// Everything that is theirs, as text.
    async fn rows(&self, app: &TestApp) -> BTreeMap<String, String> {
        let mut conn = app.database.superuser().await;
        let mut rows = BTreeMap::new();
        for table in &self.world.tables {
            let statement = format!(
                "select coalesce(string_agg(t::text, E'\\n' order by t::text), '') from {} t where {} = '{}'",
                table.name,
                table.owner_column(),
                self.id,
            );
            let text = sqlx::query_scalar(AssertSqlSafe(statement))
                .fetch_one(&mut conn)
                .await
                .unwrap();
            rows.insert(table.name.clone(), text);
        }
        rows
    }

    /// What may stand for a part of a path.
    fn values_of(&self, part: &str) -> Vec<String> {
        match part {
            "subscriber" => vec![self.id.to_string(), self.slug.clone()],
            "phone" => vec![self.phone.clone()],
            _ => self.ids.clone(),
        }
    }
}

/// A value that is of the right kind for parts that are no ids.
fn plain(part: &str) -> Option<&'static str> {
    match part {
        "channel" => Some("SMS"),
        "provider" => Some("TWILIO"),
        "carrier" => Some("rogers"),
        _ => None,
    }
}

#[tokio::test]
async fn what_everybody_may_call_is_a_short_list() {
    let found: BTreeSet<String> = operations()
        .iter()
        .filter(|operation| operation.access == Access::Public)
        .map(Operation::name)
        .collect();
    let listed: BTreeSet<String> = PUBLIC.iter().map(|name| (*name).to_owned()).collect();
    let open: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        open.is_empty() && gone.is_empty(),
        "open: {open:#?}\ngone: {gone:#?}"
    );
}

#[tokio::test]
async fn ids_of_another_business_find_nothing_and_change_nothing() {
    let app = TestApp::with(&UNLIMITED).await;
    let victim = Victim::planted(&app).await;
    let shop = app.subscriber("walker").await;
    let before = victim.rows(&app).await;
    let owner = app.owner(&shop).await;
    let mut findings = Vec::new();
    for operation in operations() {
        let Access::Role(role) = &operation.access else {
            continue;
        };
        if role == "OPERATOR" {
            continue;
        }
        for one in tries(&operation, &victim) {
            let answer = owner
                .request(operation.method.clone(), &one.path, one.body)
                .await;
            findings.extend(judge(&operation, &one.path, &answer));
            // An id of theirs in a body is as good as none; texts that only look like one are not ids of ours.
            let place = one
                .place
                .map(|pointer| format!("{} {pointer}", operation.name()));
            if let Some(place) = place.filter(|place| !OPAQUE.contains(&place.as_str()))
                && answer.status.is_success()
            {
                findings.push(format!(
                    "{place}: {} for what is another business's",
                    answer.status
                ));
            }
        }
    }
    let after = victim.rows(&app).await;
    for (table, rows) in &before {
        if after[table] != *rows {
            findings.push(format!("rows of another business changed in {table}"));
        }
    }
    assert_none(&findings);
}

/// Members of bodies that hold ids of others than us, as text.
const OPAQUE: &[&str] = &[
    "PUT /api/channels/{channel} /provider_inbox_id",
    "PUT /api/settings /voice_id",
];

/// One request with something of the victim's.
struct Try {
    path: String,
    body: Option<serde_json::Value>,
    /// Where in the body it stands.
    place: Option<String>,
}

/// A route with everything of the victim's, one after the other, in each of its places.
fn tries(operation: &Operation, victim: &Victim) -> Vec<Try> {
    let plain_try = |path, body| Try {
        path,
        body,
        place: None,
    };
    let mut tries = Vec::new();
    let own = |part: &str| plain(part).map_or_else(|| uuid::Uuid::nil().to_string(), str::to_owned);
    for part in operation.parts() {
        if plain(part).is_some() {
            continue;
        }
        for value in victim.values_of(part) {
            let path = operation.at(|name| {
                if name == part {
                    encode(&value)
                } else {
                    own(name)
                }
            });
            tries.push(plain_try(path, operation.body.clone()));
        }
    }
    for name in &operation.query {
        if name.ends_with("_id") || name == "subscriber" || name == "cursor" {
            for id in &victim.ids {
                tries.push(plain_try(
                    format!("{}?{name}={id}", operation.at(own)),
                    operation.body.clone(),
                ));
            }
        }
        if name == "phone" || name == "q" {
            for text in [victim.phone.as_str(), PLANTED] {
                tries.push(plain_try(
                    format!("{}?{name}={}", operation.at(own), encode(text)),
                    operation.body.clone(),
                ));
            }
        }
    }
    for pointer in &operation.ids_in_body {
        for id in &victim.ids {
            tries.push(Try {
                path: operation.at(own),
                body: operation.body_with(pointer, id),
                place: Some(pointer.clone()),
            });
        }
    }
    // And as it is: a list of one's own holds nothing of theirs.
    tries.push(plain_try(operation.at(own), operation.body.clone()));
    tries
}

/// A 404 for a path that names what is theirs; never their words; never a fault.
fn judge(operation: &Operation, path: &str, answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    let name = operation.name();
    if status >= 500 && !answer.body.contains("provider_not_configured") {
        return Some(format!("{name} at {path}: {status} {}", answer.body));
    }
    if answer.body.contains(PLANTED) {
        return Some(format!(
            "{name} at {path}: holds what is theirs: {}",
            answer.body
        ));
    }
    let bare = path.split('?').next().unwrap_or_default();
    let has_foreign_part = operation.parts().iter().any(|part| plain(part).is_none());
    let is_refused = matches!(status, 404 | 422 | 403 | 409 | 400 | 415);
    if has_foreign_part && bare.matches('/').count() > 1 && !is_refused {
        return Some(format!(
            "{name} at {path}: {status} for what is another business's: {}",
            answer.body
        ));
    }
    None
}

#[tokio::test]
async fn without_a_token_that_is_good_now_every_door_is_shut() {
    let app = TestApp::with(&UNLIMITED).await;
    let shop = app.subscriber("walker").await;
    let owner = app.owner(&shop).await;
    let subject = Subject {
        user: owner.user,
        session: owner.session,
        subscriber: Some(shop.id),
        role: "OWNER",
        impersonator: None,
    };
    let now = app.clock.now();
    let expired = tokens::issue(&app.state, &subject, Duration::minutes(-1), now);
    let good = tokens::issue(&app.state, &subject, Duration::hours(1), now);
    let claims = json!({
        "iss": app.state.settings.public_url, "aud": "somebody-else", "typ": "access",
        "jti": uuid::Uuid::now_v7(), "iat": now.timestamp(), "exp": now.timestamp() + 600,
        "sub": owner.user, "sid": owner.session, "subscriber": shop.id, "role": "OWNER",
    });
    let wrong_audience = app.state.signing.sign(&claims);
    let mut right_audience = claims.clone();
    right_audience["aud"] = json!("rocket-reception-api");
    let strangers_key = SigningKeys::parse(SigningKeys::generate().expose_secret()).unwrap();
    let forged = strangers_key.sign(&right_audience);
    let mut other_kind = right_audience.clone();
    other_kind["typ"] = json!("refresh");
    let other_kind = app.state.signing.sign(&other_kind);
    let tampered = format!("{}x", &good[..good.len() - 1]);
    let revoked_session = app.owner(&shop).await;
    let revoked = tokens::issue(
        &app.state,
        &Subject {
            user: revoked_session.user,
            session: revoked_session.session,
            ..subject
        },
        Duration::hours(1),
        now,
    );
    revoked_session
        .post("/api/auth/logout", json!({}))
        .await
        .expect(204);
    let key = "rr_live_00000000000000000000000000000000".to_owned();
    let mut clients: Vec<(&str, Client<'_>)> = vec![("no token", app.stranger())];
    let tokens = [
        ("expired", &expired),
        ("of another audience", &wrong_audience),
        ("forged", &forged),
        ("of another kind", &other_kind),
        ("tampered with", &tampered),
        ("revoked", &revoked),
        ("an unknown key", &key),
    ];
    clients.extend(tokens.map(|(name, token)| (name, app.with_token(token))));
    app.with_token(&good).get("/api/me").await.expect(200);
    let mut findings = Vec::new();
    for operation in operations()
        .iter()
        .filter(|operation| operation.access != Access::Public)
    {
        for (name, client) in &clients {
            let answer = call(client, operation).await;
            let is_shut = answer.status == 401 && answer.body.contains("unauthenticated");
            if !is_shut {
                findings.push(format!(
                    "{} with {name}: {} {}",
                    operation.name(),
                    answer.status,
                    answer.body
                ));
            }
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn a_role_below_the_one_that_is_needed_is_refused() {
    let app = TestApp::with(&UNLIMITED).await;
    let shop = app.subscriber("walker").await;
    let roles = BTreeMap::from([
        ("STAFF", app.staff(&shop).await),
        ("ADMIN", app.admin(&shop).await),
        ("OWNER", app.owner(&shop).await),
    ]);
    let reader = app.api_key(&shop, &["read"]).await;
    let nothing = app.api_key(&shop, &["events:write"]).await;
    let mut findings = Vec::new();
    for operation in operations() {
        let Access::Role(needed) = &operation.access else {
            continue;
        };
        let place = ROLES.iter().position(|role| role == needed);
        let place = place.unwrap_or_else(|| panic!("{}: {needed} is no role", operation.name()));
        for role in &ROLES[..place] {
            let answer = call(&roles[role], &operation).await;
            if answer.status != 403 {
                findings.push(format!(
                    "{} as {role}: {} {}",
                    operation.name(),
                    answer.status,
                    answer.body
                ));
            }
        }
        let changes = operation.method != Method::GET;
        let answer = call(&reader, &operation).await;
        if (changes || needed != "STAFF") && answer.status != 403 {
            findings.push(format!(
                "{} with a key to read: {} {}",
                operation.name(),
                answer.status,
                answer.body
            ));
        }
        let is_event = EVENTS.contains(&operation.name().as_str());
        let answer = call(&nothing, &operation).await;
        if !is_event && answer.status != 403 {
            findings.push(format!(
                "{} with a key for events: {} {}",
                operation.name(),
                answer.status,
                answer.body
            ));
        }
        // An operator is of no business.
        if needed != "OPERATOR" {
            let operator = app.operator().await;
            let answer = call(&operator, &operation).await;
            if answer.status != 403 && !OPERATORS_TOO.contains(&operation.name().as_str()) {
                findings.push(format!(
                    "{} as an operator: {} {}",
                    operation.name(),
                    answer.status,
                    answer.body
                ));
            }
        }
    }
    assert_none(&findings);
}

/// What a key with the scope `events:write` may do.
const EVENTS: &[&str] = &["POST /api/black-box/event", "POST /api/leads"];
/// What members may and operators as well.
const OPERATORS_TOO: &[&str] = &[
    "GET /api/call-forwarding/setup/{carrier}/{subscriber}",
    "GET /api/client/rachel-status/{subscriber}",
    "PUT /api/client/rachel-status/{subscriber}",
];

#[tokio::test]
async fn nothing_that_makes_no_sense_is_a_fault() {
    let app = TestApp::with(&UNLIMITED).await;
    let shop = app.subscriber("walker").await;
    let (owner, operator) = (app.owner(&shop).await, app.operator().await);
    let mut findings = Vec::new();
    for operation in operations()
        .iter()
        .filter(|operation| operation.access != Access::Public)
    {
        for client in [&owner, &operator] {
            let odd = [
                (operation.at(|_| "%00".to_owned()), operation.body.clone()),
                (operation.at(|_| "x".repeat(300)), operation.body.clone()),
                (
                    operation.at(|_| uuid::Uuid::now_v7().to_string()),
                    Some(json!([])),
                ),
                (
                    operation.at(|_| uuid::Uuid::now_v7().to_string()),
                    Some(json!({"\u{0}": "\u{0}"})),
                ),
                (
                    format!(
                        "{}?limit=-1&cursor=%F0&from=x&to=9999-99-99&days=99999999999",
                        operation.at(|_| "x".to_owned())
                    ),
                    None,
                ),
            ];
            for (path, body) in odd {
                // What ends sessions would end the walk.
                if operation.path.contains("/auth/logout")
                    || operation.name() == "DELETE /api/sessions"
                {
                    continue;
                }
                let answer = client.request(operation.method.clone(), &path, body).await;
                if answer.status.is_server_error()
                    && !answer.body.contains("provider_not_configured")
                {
                    findings.push(format!(
                        "{} at {path}: {} {}",
                        operation.name(),
                        answer.status,
                        answer.body
                    ));
                }
            }
        }
    }
    assert_none(&findings);
}

async fn call(client: &Client<'_>, operation: &Operation) -> Answer {
    let path = operation
        .at(|part| plain(part).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned));
    client
        .request(operation.method.clone(), &path, operation.body.clone())
        .await
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
