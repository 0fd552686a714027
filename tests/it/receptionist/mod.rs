//! The receptionist against the database: the tools with everything that can be sent to them, whole conversations, and
//! a language model in its place.
mod appointments;
mod conversations;
mod llm;
mod races;
mod tools;

use rocket_reception::{
    kernel::{
        db::TenantTx,
        ids::{ContactId, InteractionId},
        phone::E164,
    },
    receptionist::{
        Business, Medium,
        tools::{
            ToolCall, ToolName,
            run::{self, Errand},
        },
    },
    tenancy::{Channel, business},
};
use serde_json::{Value, json};

use crate::support::{Subscriber, TestApp};

const ANNE: &str = "+15145550123";

/// A text to a business; its reply, if there is one.
async fn says(app: &TestApp, to: &Subscriber, words: &str) -> String {
    let text = app.text_from(ANNE).to(&to.number).says(words);
    text.send().await.expect(200);
    app.run_jobs().await;
    // Nobody answers five times in ten minutes.
    app.advance(crate::support::minutes(3));
    let replies = "select body from outgoing_messages
                    where subscriber_id = $1 and purpose in ('REPLY', 'OPT_CONFIRMATION') order by id";
    let replies: Vec<(String,)> = app.rows(to, replies).await;
    replies
        .last()
        .map(|(body,)| body.clone())
        .unwrap_or_default()
}

/// Somebody who is talking with the business, and a brain that uses tools for them.
pub struct Talk<'app> {
    app: &'app TestApp,
    errand: Errand,
    business: Business,
    language: rocket_reception::kernel::language::Language,
    calls: std::sync::atomic::AtomicU32,
}

impl<'app> Talk<'app> {
    /// A text conversation, from this number.
    pub async fn by_text(app: &'app TestApp, with: &Subscriber, from: &str) -> Self {
        let text = app.text_from(from).to(&with.number).says("hello");
        text.send().await.expect(200);
        let caller: E164 = from.parse().unwrap();
        let mut tx = TenantTx::begin(&app.state.db, with.id).await.unwrap();
        let profile = business::find_business(&mut tx, app.clock.now()).await;
        tx.end_reading();
        let profile = profile.unwrap().unwrap();
        let found = "select id from interactions where subscriber_id = $1 order by id desc limit 1";
        let interaction: uuid::Uuid = app.value(with, found).await;
        let found =
            "select contact_id from interactions where subscriber_id = $1 order by id desc limit 1";
        let contact: uuid::Uuid = app.value(with, found).await;
        Self {
            app,
            errand: Errand {
                subscriber: with.id,
                interaction: InteractionId(interaction),
                contact: Some(ContactId(contact)),
                caller: Some(caller),
                channel: Channel::Sms,
                medium: Medium::Text,
            },
            business: Business::from_profile(&profile, "CAD"),
            language: profile.language,
            calls: 0.into(),
        }
    }

    /// The answer of a tool, as a brain gets it.
    pub async fn ask(&self, name: ToolName, args: Value) -> Value {
        let calls = self
            .calls
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.ask_as(&format!("call-{calls}"), name, args).await
    }

    /// The same under an id.
    async fn ask_as(&self, id: &str, name: ToolName, args: Value) -> Value {
        let call = ToolCall {
            id: id.to_owned(),
            name,
            args,
        };
        let state = &self.app.state;
        let answer = run::run(state, &self.errand, &self.business, self.language, &call).await;
        let answer = serde_json::to_value(&answer).unwrap();
        assert!(!answer["message"].as_str().unwrap().is_empty(), "{answer}");
        answer
    }

    /// The first free slot of a day in the caller's words.
    async fn slot(&self, day: &str) -> Value {
        let free = self
            .ask(ToolName::CheckCalendarAvailability, json!({"date": day}))
            .await;
        assert_eq!(free["result"], "ok", "{free}");
        free["slots"][0].clone()
    }

    async fn book(&self, slot: &Value) -> Value {
        let args = json!({"slot": slot["slot"], "customer_name": "Anne Roy"});
        self.ask(ToolName::BookAppointment, args).await
    }
}

async fn count_appointments(app: &TestApp, of: &Subscriber) -> i64 {
    let statement =
        "select count(*) from appointments where subscriber_id = $1 and status <> 'CANCELLED'";
    app.value(of, statement).await
}
