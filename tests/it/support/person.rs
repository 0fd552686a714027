//! People and keys who are signed in, and the requests that they send.
use axum::{
    body::Body,
    http::{Method, Request},
};
use chrono::Duration;
use rocket_reception::{
    identity::{access::KEY_PREFIX, tokens},
    kernel::{
        db::{IdentityTx, Tx},
        ids::{SessionId, SubscriberId, UserId},
        random,
        text::hex,
    },
    tenancy::directory::{self, Entry, Key},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::query;
use uuid::Uuid;

use super::{Answer, Subscriber, TestApp};

/// Somebody, or something, with a token.
#[derive(Clone)]
pub struct Client<'app> {
    app: &'app TestApp,
    token: Option<String>,
    pub user: UserId,
    pub session: SessionId,
}

impl TestApp {
    pub async fn owner(&self, subscriber: &Subscriber) -> Client<'_> {
        self.member(subscriber.id, "OWNER").await
    }

    pub async fn admin(&self, subscriber: &Subscriber) -> Client<'_> {
        self.member(subscriber.id, "ADMIN").await
    }

    pub async fn staff(&self, subscriber: &Subscriber) -> Client<'_> {
        self.member(subscriber.id, "STAFF").await
    }

    /// An operator of the platform, of no business.
    pub async fn operator(&self) -> Client<'_> {
        self.sign_in(None, "OPERATOR").await
    }

    /// Somebody without any token.
    pub fn stranger(&self) -> Client<'_> {
        Client {
            app: self,
            token: None,
            user: UserId::new(),
            session: SessionId::new(),
        }
    }

    /// The same requests with this token.
    pub fn with_token(&self, token: &str) -> Client<'_> {
        Client {
            token: Some(token.to_owned()),
            ..self.stranger()
        }
    }

    /// A tool of the subscriber's, with these scopes.
    pub async fn api_key(&self, subscriber: &Subscriber, scopes: &[&str]) -> Client<'_> {
        let key = format!("{KEY_PREFIX}{}", random::base62(32));
        let (hash, id) = (Sha256::digest(&key), Uuid::now_v7());
        let mut tx = IdentityTx::begin(&self.state.db).await.unwrap();
        query(
            "insert into api_keys (id, subscriber_id, name, prefix, last_four, key_hash, scopes, created_at)
             values ($1, $2, 'a tool', 'rr_live_', 'xxxx', $3, $4, $5)",
        )
        .bind(id)
        .bind(subscriber.id)
        .bind(hash.as_slice())
        .bind(scopes)
        .bind(self.clock.now())
        .execute(tx.conn())
        .await
        .unwrap();
        let entry = Entry {
            subscriber: Some(subscriber.id),
            target: Some(id),
        };
        directory::put(&mut tx, &Key::ApiKey(&hex(&hash)), &entry)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.with_token(&key)
    }

    async fn member(&self, subscriber: SubscriberId, role: &'static str) -> Client<'_> {
        self.sign_in(Some(subscriber), role).await
    }

    async fn sign_in(&self, subscriber: Option<SubscriberId>, role: &'static str) -> Client<'_> {
        let (user, session, now) = (UserId::new(), SessionId::new(), self.clock.now());
        let mut tx = IdentityTx::begin(&self.state.db).await.unwrap();
        query("insert into users (id, email, is_operator, created_at, updated_at) values ($1, $2, $3, $4, $4)")
            .bind(user)
            .bind(format!("{user}@people.example"))
            .bind(role == "OPERATOR")
            .bind(now)
            .execute(tx.conn())
            .await
            .unwrap();
        if let Some(subscriber) = subscriber {
            query("insert into memberships (id, subscriber_id, user_id, role, created_at) values ($1, $2, $3, $4, $5)")
                .bind(Uuid::now_v7())
                .bind(subscriber)
                .bind(user)
                .bind(role)
                .bind(now)
                .execute(tx.conn())
                .await
                .unwrap();
        }
        query(
            "insert into refresh_sessions
                 (id, user_id, subscriber_id, signed_in_at, created_at, last_seen_at, idle_until, expires_at)
             values ($1, $2, $3, $4, $4, $4, $5, $5)",
        )
        .bind(session)
        .bind(user)
        .bind(subscriber)
        .bind(now)
        .bind(now + Duration::days(14))
        .execute(tx.conn())
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let subject = tokens::Subject {
            user,
            session,
            subscriber,
            role,
            impersonator: None,
        };
        // A test may move the clock by days: what ends sooner is tested where tokens are.
        let token = tokens::issue(&self.state, &subject, Duration::days(365), now);
        Client {
            app: self,
            token: Some(token),
            user,
            session,
        }
    }
}

impl Client<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, None).await
    }

    pub async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.app.send(self.prepare(method, path, body)).await
    }

    /// The request alone, for tests that add to it or send many at once.
    pub fn prepare(&self, method: Method, path: &str, body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        request.body(body).unwrap()
    }
}
