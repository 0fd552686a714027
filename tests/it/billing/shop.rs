//! A business whose calls and texts are counted and charged as the flows do it.
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use rocket_reception::{
    billing::{
        self, Charge, EndedCall, Leg, Receipt, Totals, UsageType,
        reconcile::{self, Cause, Report},
        rules,
    },
    kernel::{
        db::{Db, SystemTx, TenantTx, Tx},
        ids::{InteractionId, SubscriberId},
        language::Language,
        phone::E164,
    },
    tenancy::{AiProvider, Channel, ChannelMode, Transport},
    traffic::{
        self, Contribution, ConversationUpdate, Direction, HandledBy, IncomingText, Outcome, Role,
        Status,
    },
};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::Bench;

const ZONE: chrono_tz::Tz = chrono_tz::America::Toronto;

pub struct Shop {
    pub bench: Bench,
    pub subscriber: SubscriberId,
    numbers: AtomicU32,
}

/// A call as a provider tells of it when it is over.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: String,
    pub at: DateTime<Utc>,
    pub duration_s: i32,
    pub outcome: Outcome,
    pub cost_cents: Option<Decimal>,
}

impl Shop {
    pub async fn open() -> Self {
        let bench = Bench::new().await;
        let subscriber = SubscriberId::new();
        let shop = Self {
            bench,
            subscriber,
            numbers: AtomicU32::new(0),
        };
        shop.found(subscriber).await;
        shop
    }

    /// Another business of the same platform.
    pub async fn found(&self, subscriber: SubscriberId) {
        let mut tx = self.bench.tx().await;
        sqlx::query("insert into subscribers (id, slug, business_name) values ($1, $1::text, 'Plomberie Roy')")
            .bind(subscriber.0)
            .execute(tx.conn())
            .await
            .unwrap();
        sqlx::query(
            "insert into subscriber_profiles (subscriber_id, id, timezone) values ($1, $1, $2)",
        )
        .bind(subscriber.0)
        .bind(ZONE.name())
        .execute(tx.conn())
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    pub fn db(&self) -> &Db {
        &self.bench.app.db
    }

    pub async fn tx(&self) -> TenantTx {
        TenantTx::begin(self.db(), self.subscriber).await.unwrap()
    }

    pub async fn subscribe(&self, plan: &str) {
        let mut tx = self.tx().await;
        sqlx::query(
            "insert into subscriptions (subscriber_id, id, plan) values ($1, $1, $2)
             on conflict (subscriber_id) do update set plan = excluded.plan",
        )
        .bind(self.subscriber.0)
        .bind(plan)
        .execute(tx.conn())
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// A call of now, of so many seconds.
    pub fn call(&self, id: &str, duration_s: i32) -> Call {
        Call {
            id: id.to_owned(),
            at: self.bench.clock.now(),
            duration_s,
            outcome: Outcome::Answered,
            cost_cents: None,
        }
    }

    /// The call ends, or more becomes known of it: one transaction, as in `voice`.
    pub async fn end(&self, call: &Call) -> Option<Receipt> {
        let mut tx = self.tx().await;
        let saved = traffic::save_conversation(&mut tx, &update(call, Status::Completed))
            .await
            .unwrap();
        let charge = Charge::of_call(EndedCall {
            source: format!("RETELL:{}", call.id),
            interaction: saved.id,
            started_at: saved.started_at,
            duration_s: saved.duration_s.unwrap(),
            outcome: saved.outcome,
            not_billed: None,
            cost_cents: saved.cost_cents,
            zone: ZONE,
            source_event: "call_ended".to_owned(),
        });
        let totals = totals(saved.day, Channel::Voice, saved.change);
        let receipt =
            billing::record(&mut tx, Some(&charge), &totals, self.bench.clock.now()).await;
        tx.commit().await.unwrap();
        receipt.unwrap()
    }

    /// The call ends, and nobody charges it: the bug that reconciliation is there for.
    pub async fn forget_to_charge(&self, call: &Call) {
        self.tell(&update(call, Status::Completed)).await;
    }

    /// News of a call that is not charged.
    pub async fn tell(&self, update: &ConversationUpdate) {
        let mut tx = self.tx().await;
        let saved = traffic::save_conversation(&mut tx, update).await.unwrap();
        let totals = totals(saved.day, Channel::Voice, saved.change);
        billing::record(&mut tx, None, &totals, self.bench.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A text comes in, as in `sms`.
    pub async fn receive(&self, person: &E164, segments: i32) -> (InteractionId, Option<Receipt>) {
        let now = self.bench.clock.now();
        let sid = self.sid();
        let mut tx = self.tx().await;
        let received = traffic::receive_text(
            &mut tx,
            &IncomingText {
                provider: "TWILIO",
                provider_message_id: &sid,
                transport: Transport::Twilio,
                ai_provider: AiProvider::Builtin,
                mode: ChannelMode::Full,
                from: person.as_str(),
                counterpart: Some(person.as_str()),
                to: &ours(),
                contact: None,
                body: "Hello",
                media: None,
                needs_answer: false,
                day: rules::local_day(now, ZONE),
                at: now,
                account_id: None,
            },
        )
        .await
        .unwrap();
        let charge = text_charge(&sid, received.interaction, segments, now);
        let totals = Totals {
            messages_in: 1,
            ..totals(received.day, Channel::Sms, received.change)
        };
        let receipt = billing::record(&mut tx, Some(&charge), &totals, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        (received.interaction, receipt)
    }

    /// The receptionist answers: a turn, then a text that is sent, as in `sms` and `messaging`.
    pub async fn answer(&self, interaction: InteractionId, segments: i32) {
        let now = self.bench.clock.now();
        let mut tx = self.tx().await;
        let conversation = traffic::find_conversation(&mut tx, interaction)
            .await
            .unwrap()
            .unwrap();
        let (_, change) =
            traffic::insert_turn(&mut tx, &conversation, Role::Ai, "Hi", Language::En, now)
                .await
                .unwrap();
        let turn = totals(conversation.day, Channel::Sms, change);
        billing::record(&mut tx, None, &turn, now).await.unwrap();
        tx.commit().await.unwrap();

        let sid = self.sid();
        let mut tx = self.tx().await;
        let charge = text_charge(&sid, interaction, segments, now);
        let sent = Totals {
            messages_out: 1,
            ..totals(conversation.day, Channel::Sms, Contribution::default())
        };
        billing::record(&mut tx, Some(&charge), &sent, now)
            .await
            .unwrap();
        sqlx::query(
            "insert into outgoing_messages (subscriber_id, id, interaction_id, purpose, from_number, to_number, body,
                                            status, provider_message_id, segments, created_at, sent_at)
             values ($1, $2, $3, 'REPLY', '+14385550100', '+15145550123', 'Hi', 'SENT', $4, $5, $6, $6)",
        )
        .bind(self.subscriber.0)
        .bind(Uuid::now_v7())
        .bind(interaction.0)
        .bind(&sid)
        .bind(segments)
        .bind(now)
        .execute(tx.conn())
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn reconcile(&self) -> Report {
        reconcile::run(&self.bench.app, Cause::Command)
            .await
            .unwrap()
    }

    /// Reconciles and expects nothing.
    pub async fn expect_clean(&self) {
        let report = self.reconcile().await;
        assert_eq!(report.differences, 0, "{:#?}", self.differences().await);
    }

    /// Subject, expected, found and whether corrected, of every difference ever found.
    pub async fn differences(&self) -> Vec<(String, String, String, bool)> {
        let mut tx: SystemTx = self.bench.tx().await;
        sqlx::query_as(
            "select subject, expected, found, is_corrected from reconciliation_differences order by id",
        )
        .fetch_all(tx.conn())
        .await
        .unwrap()
    }

    /// What a statement about this subscriber (`$1`) finds.
    pub async fn ask<T>(&self, statement: &'static str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let mut tx = self.tx().await;
        sqlx::query_scalar(statement)
            .bind(self.subscriber.0)
            .fetch_one(tx.conn())
            .await
            .unwrap()
    }

    pub async fn balance(&self) -> String {
        self.ask("select trim_scale(balance)::text from credit_accounts where subscriber_id = $1")
            .await
    }

    /// Changes rows behind everybody's back: no policy, no trigger, no foreign key.
    pub async fn sabotage(&self, statements: &str) {
        let mut conn: PgConnection = self.bench.database.superuser().await;
        let statements = format!("set session_replication_role = replica; {statements}");
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(&mut conn)
            .await
            .unwrap();
    }

    fn sid(&self) -> String {
        format!("SM{:032}", self.numbers.fetch_add(1, Ordering::Relaxed))
    }
}

/// The person with this number.
pub fn person(number: u32) -> E164 {
    format!("+1514555{:04}", number % 10_000).parse().unwrap()
}

fn ours() -> E164 {
    "+14385550100".parse().unwrap()
}

pub fn update(call: &Call, status: Status) -> ConversationUpdate {
    let is_over = status != Status::Open;
    ConversationUpdate {
        channel: Channel::Voice,
        provider: "RETELL",
        external_id: call.id.clone(),
        provider_agent_id: None,
        direction: Direction::Inbound,
        transport: Transport::Twilio,
        ai_provider: AiProvider::Retell,
        mode: ChannelMode::Full,
        from: Some(person(1)),
        to: Some(ours()),
        counterpart: Some(person(1)),
        contact: None,
        status,
        outcome: is_over.then_some(call.outcome),
        handled_by: Some(HandledBy::Ai),
        day: rules::local_day(call.at, ZONE),
        started_at: call.at,
        ended_at: None,
        duration_s: is_over.then_some(call.duration_s),
        cost_cents: call.cost_cents,
        summary: None,
        sentiment: None,
        disconnection_reason: None,
        transfer_destination: None,
        analysis: None,
        turns: Vec::new(),
        recordings: Vec::new(),
    }
}

fn totals(day: chrono::NaiveDate, channel: Channel, change: Contribution) -> Totals {
    Totals {
        day,
        channel,
        change,
        messages_in: 0,
        messages_out: 0,
    }
}

fn text_charge(sid: &str, interaction: InteractionId, segments: i32, at: DateTime<Utc>) -> Charge {
    Charge {
        usage_type: UsageType::Sms,
        source: format!("TWILIO:{sid}"),
        interaction,
        occurred_at: at,
        duration_s: None,
        minutes: 0,
        segments,
        not_billed: None,
        cost: None,
        leg: Leg::Segments,
        source_event: "message.received".to_owned(),
        period: rules::period_of(at, ZONE),
    }
}
