//! Subscribers for tests, written as the seeds write theirs.
use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use rocket_reception::{
    kernel::{
        db::{SystemToken, SystemTx, Tx},
        ids::SubscriberId,
    },
    tenancy::directory::{self, Entry, Key},
};
use sqlx::{AssertSqlSafe, PgConnection, query};
use uuid::Uuid;

use super::TestApp;

/// A business that is there.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub number: String,
}

/// A business to be; awaiting it makes it.
pub struct NewSubscriber<'app> {
    app: &'app TestApp,
    slug: String,
    name: String,
    older_id: Option<String>,
    status: &'static str,
    zone: &'static str,
    language: &'static str,
    plan: &'static str,
    number: Option<String>,
    shared_number: Option<String>,
    transfer_number: Option<&'static str>,
    services: Vec<(&'static str, i32, i64)>,
    blocked: Vec<&'static str>,
    voice: Channel,
    sms: Channel,
}

/// A channel to be.
#[derive(Clone, Copy)]
struct Channel {
    name: &'static str,
    is_enabled: bool,
    mode: &'static str,
    transport: &'static str,
    ai_provider: &'static str,
    agent: Option<(&'static str, Option<&'static str>)>,
}

impl Channel {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            is_enabled: true,
            mode: "FULL",
            transport: "TWILIO",
            ai_provider: "BUILTIN",
            agent: None,
        }
    }
}

const CHAT: Channel = Channel {
    transport: "WEB",
    ai_provider: "RETELL",
    ..Channel::new("CHAT")
};

impl TestApp {
    /// An active business on PRO in Winnipeg, open on weekdays from nine to five, with a number of its own for calls and
    /// texts and the built-in receptionist on both.
    pub fn subscriber(&self, slug: &str) -> NewSubscriber<'_> {
        let digits = slug.bytes().fold(0u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        NewSubscriber {
            app: self,
            slug: slug.to_owned(),
            name: format!("The {slug} shop"),
            older_id: None,
            status: "ACTIVE",
            zone: "America/Winnipeg",
            language: "en",
            plan: "PRO",
            number: Some(format!("+1431555{:04}", digits % 10_000)),
            shared_number: None,
            transfer_number: None,
            services: Vec::new(),
            blocked: Vec::new(),
            voice: Channel::new("VOICE"),
            sms: Channel::new("SMS"),
        }
    }

    /// A number of the platform's, with the subscriber who answers when nobody else is meant.
    pub async fn shared_number(&self, number: &str, default: Option<&Subscriber>) {
        let mut tx = self.seeding().await;
        query(
            "insert into phone_numbers (id, e164, provider, is_shared) values ($1, $2, 'TWILIO', true)",
        )
        .bind(Uuid::now_v7())
        .bind(number)
        .execute(tx.conn())
        .await
        .unwrap();
        let number = number.parse().unwrap();
        put(&mut tx, Key::Number(&number), None).await;
        if let Some(default) = default {
            put(&mut tx, Key::SharedDefault(&number), Some(default.id)).await;
        }
        tx.commit().await.unwrap();
    }

    /// An agent of the platform's.
    pub async fn shared_agent(&self, agent: &str) {
        let mut tx = self.seeding().await;
        put(&mut tx, Key::RetellAgent(agent), None).await;
        tx.commit().await.unwrap();
    }

    /// An agent at Retell that is this subscriber's own.
    pub async fn agent_of(&self, subscriber: &Subscriber, agent: &str) {
        let mut tx = self.seeding().await;
        put(&mut tx, Key::RetellAgent(agent), Some(subscriber.id)).await;
        tx.commit().await.unwrap();
    }

    /// An assistant at Vapi that is this subscriber's own.
    pub async fn vapi_assistant(&self, assistant: &str, subscriber: &Subscriber) {
        let mut tx = self.seeding().await;
        put(&mut tx, Key::VapiAgent(assistant), Some(subscriber.id)).await;
        tx.commit().await.unwrap();
    }

    /// A number at Vapi that is this subscriber's own, by Vapi's id of it.
    pub async fn vapi_number(&self, id: &str, subscriber: &Subscriber) {
        let mut tx = self.seeding().await;
        put(&mut tx, Key::VapiNumber(id), Some(subscriber.id)).await;
        tx.commit().await.unwrap();
    }

    /// The subscriber is gone; what stands in the directory is what was forgotten.
    pub async fn delete(&self, subscriber: &Subscriber) {
        let tables = [
            "subscriber_profiles",
            "business_hours",
            "subscriptions",
            "subscriber_channels",
        ];
        let mut tx = self.seeding().await;
        for table in tables {
            let statement = format!("delete from {table} where subscriber_id = $1");
            let deleted = query(AssertSqlSafe(statement)).bind(subscriber.id);
            deleted.execute(tx.conn()).await.unwrap();
        }
        let deleted = query("delete from subscribers where id = $1").bind(subscriber.id);
        deleted.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn seeding(&self) -> SystemTx {
        let tx = SystemTx::begin(&self.state.db, SystemToken::Seeding).await;
        tx.unwrap()
    }
}

impl NewSubscriber<'_> {
    pub fn name(self, name: &str) -> Self {
        let name = name.to_owned();
        Self { name, ..self }
    }

    pub fn older_id(self, id: &str) -> Self {
        let older_id = Some(id.to_owned());
        Self { older_id, ..self }
    }

    pub fn status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    pub fn zone(self, zone: &'static str) -> Self {
        Self { zone, ..self }
    }

    pub fn language(self, language: &'static str) -> Self {
        Self { language, ..self }
    }

    pub fn plan(self, plan: &'static str) -> Self {
        Self { plan, ..self }
    }

    pub fn number(self, number: &str) -> Self {
        let number = Some(number.to_owned());
        Self { number, ..self }
    }

    /// Instead of a number of its own.
    pub fn on_shared_number(self, number: &str) -> Self {
        Self {
            number: None,
            shared_number: Some(number.to_owned()),
            ..self
        }
    }

    pub fn transfer_number(self, number: &'static str) -> Self {
        let transfer_number = Some(number);
        Self {
            transfer_number,
            ..self
        }
    }

    /// Something it does, in so many minutes and for so many dollars.
    pub fn service(mut self, name: &'static str, minutes: i32, dollars: i64) -> Self {
        self.services.push((name, minutes, dollars));
        self
    }

    pub fn blocks(mut self, caller: &'static str) -> Self {
        self.blocked.push(caller);
        self
    }

    pub fn sms_off(mut self) -> Self {
        self.sms.is_enabled = false;
        self
    }

    pub fn sms_mode(mut self, mode: &'static str) -> Self {
        self.sms.mode = mode;
        self
    }

    pub fn voice_off(mut self) -> Self {
        self.voice.is_enabled = false;
        self
    }

    pub fn voice_mode(mut self, mode: &'static str) -> Self {
        self.voice.mode = mode;
        self
    }

    /// Retell's chat agent answers texts.
    pub fn chat_agent(mut self, agent: &'static str) -> Self {
        self.sms.ai_provider = "RETELL";
        self.sms.agent = Some((agent, None));
        self
    }

    /// A language model answers texts.
    pub fn llm(mut self) -> Self {
        self.sms.ai_provider = "LLM";
        self
    }

    /// Retell's agent answers calls, in this version.
    pub fn voice_agent(mut self, agent: &'static str, version: Option<&'static str>) -> Self {
        self.voice.ai_provider = "RETELL";
        self.voice.agent = Some((agent, version));
        self
    }

    async fn make(self) -> Subscriber {
        let mut tx = self.app.seeding().await;
        let id = SubscriberId::new();
        self.write_business(tx.conn(), id).await;
        for channel in [self.voice, self.sms, CHAT] {
            self.write_channel(tx.conn(), id, channel).await;
        }
        put(&mut tx, Key::Subscriber(id), Some(id)).await;
        put(&mut tx, Key::Slug(&self.slug), Some(id)).await;
        if let Some(older_id) = &self.older_id {
            put(&mut tx, Key::OlderId(older_id), Some(id)).await;
        }
        if let Some(number) = &self.number {
            put(&mut tx, Key::Number(&number.parse().unwrap()), Some(id)).await;
        }
        tx.commit().await.unwrap();
        Subscriber {
            id,
            number: self.number.or(self.shared_number).unwrap(),
        }
    }

    async fn write_business(&self, conn: &mut PgConnection, id: SubscriberId) {
        query(
            "insert into subscribers (id, slug, older_id, business_name, status)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(&self.slug)
        .bind(&self.older_id)
        .bind(&self.name)
        .bind(self.status)
        .execute(&mut *conn)
        .await
        .unwrap();
        query(
            "insert into subscriber_profiles
                 (subscriber_id, id, timezone, language, transfer_number, standard_fee, schedule_summary)
             values ($1, $2, $3, $4, $5, '$129', 'Weekdays 9 to 5')",
        )
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(self.zone)
        .bind(self.language)
        .bind(self.transfer_number)
        .execute(&mut *conn)
        .await
        .unwrap();
        query(
            "insert into business_hours (subscriber_id, id, day, opens, closes)
             select $1, gen_random_uuid(), day, '09:00', '17:00'
               from unnest(array['MON', 'TUE', 'WED', 'THU', 'FRI']) as day",
        )
        .bind(id)
        .execute(&mut *conn)
        .await
        .unwrap();
        query("insert into subscriptions (subscriber_id, id, plan) values ($1, $2, $3)")
            .bind(id)
            .bind(Uuid::now_v7())
            .bind(self.plan)
            .execute(&mut *conn)
            .await
            .unwrap();
        for (name, minutes, dollars) in &self.services {
            query(
                "insert into services (subscriber_id, id, name, duration_minutes, price)
                 values ($1, $2, $3, $4, $5)",
            )
            .bind(id)
            .bind(Uuid::now_v7())
            .bind(name)
            .bind(minutes)
            .bind(rust_decimal::Decimal::from(*dollars))
            .execute(&mut *conn)
            .await
            .unwrap();
        }
        for caller in &self.blocked {
            query("insert into blocked_callers (subscriber_id, id, phone) values ($1, $2, $3)")
                .bind(id)
                .bind(Uuid::now_v7())
                .bind(caller)
                .execute(&mut *conn)
                .await
                .unwrap();
        }
    }

    async fn write_channel(&self, conn: &mut PgConnection, id: SubscriberId, channel: Channel) {
        query(
            "insert into subscriber_channels
                 (subscriber_id, id, channel, is_enabled, mode, transport_provider, ai_provider,
                  provider_number_e164, provider_agent_id, provider_agent_version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(channel.name)
        .bind(channel.is_enabled)
        .bind(channel.mode)
        .bind(channel.transport)
        .bind(channel.ai_provider)
        .bind(self.number.as_ref().or(self.shared_number.as_ref()))
        .bind(channel.agent.map(|(agent, _)| agent))
        .bind(channel.agent.and_then(|(_, version)| version))
        .execute(conn)
        .await
        .unwrap();
    }
}

async fn put(tx: &mut SystemTx, key: Key<'_>, subscriber: Option<SubscriberId>) {
    let entry = Entry {
        subscriber,
        target: None,
    };
    directory::put(tx, &key, &entry).await.unwrap();
}

impl<'app> IntoFuture for NewSubscriber<'app> {
    type Output = Subscriber;
    type IntoFuture = Pin<Box<dyn Future<Output = Subscriber> + Send + 'app>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}
