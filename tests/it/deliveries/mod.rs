//! Events out, against a real receiver.
mod answers;
mod catalogue;
mod endpoints;
mod limits;
mod operator;
mod replays;
mod retries;
mod sending;
mod statistics;
mod watching;

use chrono::{DateTime, Utc};
use rocket_reception::{
    deliveries::signature::{Secret, SignedHeaders, is_genuine},
    events::{self, CallFacts, Event, LeadFacts},
    kernel::db::TenantTx,
};
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use crate::{
    fakes::{Received, Receiver},
    support::{Subscriber, TestApp},
};

/// Subscribers may have endpoints on this machine.
pub const LOOPBACK: (&str, &str) = ("ALLOWED_PRIVATE_CIDRS", "127.0.0.0/8");

/// A business with an endpoint.
pub struct Scene {
    pub app: TestApp,
    pub shop: Subscriber,
    pub receiver: Receiver,
    pub endpoint: Endpoint,
}

/// As its owner saw it when it was made.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: String,
    pub secret: String,
}

impl Scene {
    /// An endpoint that wants everything.
    pub async fn new() -> Self {
        Self::with(json!({"events": ["*"]})).await
    }

    /// The same with other members.
    pub async fn with(members: Value) -> Self {
        Self::set(&[LOOPBACK], members).await
    }

    pub async fn set(settings: &[(&str, &str)], members: Value) -> Self {
        let app = TestApp::with(settings).await;
        let shop = app.subscriber("hvac").await;
        let receiver = Receiver::start().await;
        let endpoint = endpoint(&app, &shop, &receiver, members).await;
        Self {
            app,
            shop,
            receiver,
            endpoint,
        }
    }

    /// Something happens that the endpoint hears of.
    pub async fn happens(&self) {
        happens(&self.app, &self.shop).await;
    }

    /// The same, and what is due runs.
    pub async fn delivers(&self) {
        self.happens().await;
        self.app.run_jobs().await;
    }

    /// The deliveries, the newest first.
    pub async fn deliveries(&self) -> Vec<Value> {
        let staff = self.app.staff(&self.shop).await;
        let path = format!("/api/webhooks/{}/deliveries", self.endpoint.id);
        let listed = staff.get(&path).await.expect(200).json();
        listed["data"].as_array().unwrap().clone()
    }

    /// The only delivery.
    pub async fn delivery(&self) -> Value {
        let mut deliveries = self.deliveries().await;
        assert_eq!(deliveries.len(), 1, "{deliveries:?}");
        deliveries.remove(0)
    }

    pub async fn post(&self, path: &str, body: Value) -> crate::support::Answer {
        let admin = self.app.admin(&self.shop).await;
        admin.post(path, body).await
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/webhooks/{}{rest}", self.endpoint.id)
    }

    /// Kinds of the open alerts.
    pub async fn alerts(&self) -> Vec<String> {
        let mut conn = self.app.database.superuser().await;
        let rows =
            sqlx::query("select kind from ops_alerts where resolved_at is null order by kind");
        let rows = rows.fetch_all(&mut conn).await.unwrap();
        rows.iter().map(|row| row.get("kind")).collect()
    }
}

pub async fn endpoint(
    app: &TestApp,
    shop: &Subscriber,
    receiver: &Receiver,
    members: Value,
) -> Endpoint {
    let mut request = json!({"url": receiver.url()});
    request
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    let admin = app.admin(shop).await;
    let made = admin
        .post("/api/webhooks", request)
        .await
        .expect(201)
        .json();
    Endpoint {
        id: made["id"].as_str().unwrap().to_owned(),
        secret: made["secret"].as_str().unwrap().to_owned(),
    }
}

/// A lead comes in.
pub async fn happens(app: &TestApp, shop: &Subscriber) {
    let lead = Event::LeadCreated(LeadFacts {
        lead_id: Uuid::now_v7(),
        interaction_id: None,
        contact_id: None,
        category: "REPAIR".to_owned(),
        urgency: "NORMAL".to_owned(),
        summary: "The furnace – très bruyant".to_owned(),
    });
    emit(app, shop, &[lead], app.clock.now()).await;
}

/// A call ends.
pub fn call_ended() -> Event {
    Event::CallEnded(CallFacts {
        direction: "INBOUND".to_owned(),
        status: "COMPLETED".to_owned(),
        outcome_type: Some("BOOKED".to_owned()),
        from: Some("+15145550123".parse().unwrap()),
        to: Some("+15145550124".parse().unwrap()),
        duration_seconds: Some(180),
        ai_handled: true,
        transcript: Some("Bonjour".to_owned()),
        ..CallFacts::default()
    })
}

pub async fn emit(app: &TestApp, shop: &Subscriber, what: &[Event], at: DateTime<Utc>) {
    let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
    for event in what {
        events::emit(&mut tx, event, at);
    }
    tx.commit().await.unwrap();
}

/// Whether this secret signed the request at this time.
pub fn is_signed(received: &Received, secret: &str, now: DateTime<Utc>) -> bool {
    let headers = SignedHeaders {
        id: Some(received.header("webhook-id")),
        timestamp: Some(received.header("webhook-timestamp")),
        signature: Some(received.header("webhook-signature")),
    };
    let secret = Secret::import(secret).unwrap();
    is_genuine(&secret, &headers, received.body.as_bytes(), now.timestamp())
}
