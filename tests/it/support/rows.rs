//! What stands in the tables, for what no answer shows.
use rocket_reception::kernel::db::{SystemToken, SystemTx, Tx};
use serde_json::Value;
use sqlx::{FromRow, postgres::PgRow};

use super::{Subscriber, TestApp};

/// A text of ours, as a dashboard would show it.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Outgoing {
    pub to_number: String,
    pub body: String,
    pub purpose: String,
    pub status: String,
    pub reason: Option<String>,
    pub error_code: Option<i32>,
    pub segments: Option<i32>,
    pub provider_message_id: Option<String>,
    pub is_sandbox: bool,
}

impl TestApp {
    /// The rows of a statement whose `$1` is the subscriber.
    pub async fn rows<T>(&self, subscriber: &Subscriber, statement: &'static str) -> Vec<T>
    where
        T: for<'row> FromRow<'row, PgRow> + Send + Unpin,
    {
        let mut tx = self.system_tx().await;
        let rows = sqlx::query_as(statement).bind(subscriber.id);
        rows.fetch_all(tx.conn()).await.unwrap()
    }

    /// The one value of a statement whose `$1` is the subscriber.
    pub async fn value<T>(&self, subscriber: &Subscriber, statement: &'static str) -> T
    where
        (T,): for<'row> FromRow<'row, PgRow>,
        T: Send + Unpin,
    {
        let mut rows = self.rows::<(T,)>(subscriber, statement).await;
        assert_eq!(rows.len(), 1, "{statement}");
        rows.remove(0).0
    }

    /// Changes rows by a statement whose `$1` is the subscriber.
    pub async fn change(&self, subscriber: &Subscriber, statement: &'static str) {
        let mut tx = self.system_tx().await;
        let changed = sqlx::query(statement).bind(subscriber.id);
        changed.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn system_tx(&self) -> SystemTx {
        let tx = SystemTx::begin(&self.state.db, SystemToken::Seeding).await;
        tx.unwrap()
    }

    /// The texts that we sent, or would have.
    pub async fn outgoing(&self, subscriber: &Subscriber) -> Vec<Outgoing> {
        let statement = "select * from outgoing_messages where subscriber_id = $1 order by id";
        self.rows(subscriber, statement).await
    }

    /// The only one.
    pub async fn only_outgoing(&self, subscriber: &Subscriber) -> Outgoing {
        let mut all = self.outgoing(subscriber).await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// The names of the events, in their order.
    pub async fn events(&self, subscriber: &Subscriber) -> Vec<String> {
        let statement = "select type from events where subscriber_id = $1 order by id";
        let rows = self.rows::<(String,)>(subscriber, statement).await;
        rows.into_iter().map(|(name,)| name).collect()
    }

    /// How many events have this name.
    pub async fn count_events(&self, subscriber: &Subscriber, name: &str) -> usize {
        let events = self.events(subscriber).await;
        events.iter().filter(|event| *event == name).count()
    }

    /// Kind and state of every webhook that was kept.
    pub async fn kept(&self) -> Vec<(String, String)> {
        let mut tx = self.system_tx().await;
        sqlx::query_as("select kind, state from inbound_events order by received_at, external_id")
            .fetch_all(tx.conn())
            .await
            .unwrap()
    }

    /// Kind and severity of every open alert.
    pub async fn alerts(&self) -> Vec<(String, String)> {
        let mut tx = self.system_tx().await;
        sqlx::query_as(
            "select kind, severity from ops_alerts where resolved_at is null order by id",
        )
        .fetch_all(tx.conn())
        .await
        .unwrap()
    }

    /// How many rows each table holds in which a webhook leaves something.
    pub async fn row_counts(&self) -> Value {
        let mut tx = self.system_tx().await;
        sqlx::query_scalar(
            "select jsonb_build_object(
                'inbound_events', (select count(*) from inbound_events),
                'contacts', (select count(*) from contacts),
                'interactions', (select count(*) from interactions),
                'interaction_messages', (select count(*) from interaction_messages),
                'outgoing_messages', (select count(*) from outgoing_messages),
                'opt_outs', (select count(*) from opt_outs),
                'tool_calls', (select count(*) from tool_calls),
                'usage_records', (select count(*) from usage_records),
                'ledger_entries', (select count(*) from ledger_entries),
                'events', (select count(*) from events),
                'jobs', (select count(*) from jobs))",
        )
        .fetch_one(tx.conn())
        .await
        .unwrap()
    }
}
