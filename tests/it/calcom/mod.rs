//! A calendar at Cal.com: connected, told of, kept in line, polled.
mod catching_up;
mod connecting;
mod lengths;
mod news;
mod offering;
mod polling;
mod syncing;
mod tokens;
mod webhooks;

use axum::{body::Body, http::Request};
use chrono::{DateTime, Utc};
use rocket_reception::{kernel::text::hex, providers::calcom::signature};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::{
    fakes::USER,
    support::{Answer, Subscriber, TestApp},
};

/// A Tuesday, at nine in Winnipeg.
pub const TUESDAY_AT_NINE: &str = "2026-11-24T15:00:00Z";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What stands in the address under this name.
pub fn member(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {url}"))
        .1
        .into_owned()
}

/// What Cal.com sends, signed with this secret.
pub fn signed_request(path: &str, secret: &str, body: Vec<u8>) -> Request<Body> {
    let signature = signature::sign(&SecretString::from(secret), &body);
    Request::post(path)
        .header("content-type", "application/json")
        .header("x-cal-signature-256", signature)
        .header("x-cal-webhook-version", "2021-10-20")
        .body(Body::from(body))
        .unwrap()
}

impl TestApp {
    /// The state that an admin of the business takes to Cal.com.
    pub async fn ask_for_calendar(&self, shop: &Subscriber) -> String {
        let admin = self.admin(shop).await;
        let answer = admin.get("/api/calcom/authorize-url").await.expect(200);
        member(answer.json()["url"].as_str().unwrap(), "state")
    }

    /// The browser that was sent to Cal.com comes back.
    pub async fn come_back(&self, query: &str) -> Answer {
        let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state");
        let state = state.map(|(_, state)| state.into_owned());
        let mark = hex(&Sha256::digest(state.unwrap_or_default()));
        self.come_back_with(&format!("a=b; __Host-calcom={mark}"), query)
            .await
    }

    /// A browser with these cookies comes back.
    pub async fn come_back_with(&self, cookies: &str, query: &str) -> Answer {
        let request = Request::get(format!("/api/calcom/callback?{query}"))
            .header("cookie", cookies)
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// The business's calendar is this person's.
    pub async fn connect_as(&self, shop: &Subscriber, user: i64) -> Answer {
        let state = self.ask_for_calendar(shop).await;
        let code = self.calcom.consents(user);
        self.come_back(&format!("code={code}&state={state}")).await
    }

    /// The same, with everything done that follows.
    pub async fn connect(&self, shop: &Subscriber) {
        self.connect_as(shop, USER).await.expect(200);
        self.run_jobs().await;
    }

    /// Path and secret of the webhook that we made.
    pub fn webhook(&self) -> (String, String) {
        let webhooks = self.calcom.webhooks();
        let made = webhooks.values().next_back().expect("a webhook");
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let url = Url::parse(&text("subscriberUrl")).unwrap();
        (url.path().to_owned(), text("secret"))
    }

    /// Cal.com tells something by the webhook that we made.
    pub async fn told(&self, body: &Value) -> Answer {
        let (path, secret) = self.webhook();
        self.tell(&path, &secret, body.to_string()).await
    }

    pub async fn tell(&self, path: &str, secret: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = signed_request(path, secret, body.into());
        self.send(request).await
    }

    /// Start, status and source of every appointment, the earliest first.
    pub async fn appointments(&self, shop: &Subscriber) -> Vec<(DateTime<Utc>, String, String)> {
        let statement =
            "select starts_at, status, source from appointments where subscriber_id = $1
                          order by starts_at, id";
        self.rows(shop, statement).await
    }

    /// Status and state of every booking that is known.
    pub async fn links(&self, shop: &Subscriber) -> Vec<(Option<String>, String)> {
        let statement =
            "select status, sync_state from calendar_bookings where subscriber_id = $1 order by id";
        self.rows(shop, statement).await
    }

    /// Staff books for somebody; gives the appointment.
    pub async fn book(&self, shop: &Subscriber, start: &str) -> Value {
        let staff = self.staff(shop).await;
        let request = json!({
            "starts_at": start, "customer_name": "Ann Wood", "customer_phone": "+14315550142",
        });
        let booked = staff.post("/api/appointments", request).await;
        booked.expect(201).json()
    }

    pub async fn reschedule(&self, shop: &Subscriber, id: &Value, start: &str) -> Answer {
        let path = format!("/api/appointments/{}/reschedule", id.as_str().unwrap());
        let staff = self.staff(shop).await;
        staff.patch(&path, json!({ "starts_at": start })).await
    }

    pub async fn cancel(&self, shop: &Subscriber, id: &Value) {
        let path = format!("/api/appointments/{}", id.as_str().unwrap());
        let staff = self.staff(shop).await;
        staff.delete(&path).await.expect(200);
    }
}
