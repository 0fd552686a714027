//! The same use of a tool again, and what only looks like it.
use serde_json::{Value, json};

use super::{CALLER, tell};
use crate::support::{Subscriber, TestApp};

const LANGUAGES: [&str; 3] = ["en", "fr", "es"];

struct Call<'a> {
    app: &'a TestApp,
    shop: Subscriber,
}

impl<'a> Call<'a> {
    async fn begun(app: &'a TestApp, slug: &'static str, language: &'static str) -> Self {
        let shop = app.subscriber(slug).language(language);
        let shop = shop.service("Furnace tune-up", 60, 149).await;
        let call = Self { app, shop };
        tell(
            app,
            &json!({ "event": "call_started", "call": call.call(CALLER) }),
        )
        .await;
        call
    }

    fn call(&self, caller: &str) -> Value {
        json!({ "call_id": format!("call_{}", self.shop.id), "direction": "inbound", "from_number": caller,
                "to_number": self.shop.number })
    }

    /// Over Retell, whose transcript does not show the use yet.
    async fn uses(&self, name: &str, args: impl Into<Value>) -> Value {
        let body = json!({ "name": name, "args": args.into(), "call": self.call(CALLER) });
        self.app.retell_event(&body).send().await.expect(200).json()
    }

    async fn books(&self, start: &str) -> Value {
        let args = json!({ "start": start, "customer_name": "Anne Roy" });
        let booked = self.uses("book_appointment", args).await;
        assert_eq!(booked["result"], "booked", "{booked}");
        booked
    }

    async fn standing(&self) -> Vec<(String, String)> {
        let statement = "select to_char(starts_at, 'YYYY-MM-DD'), status from appointments
                          where subscriber_id = $1 order by starts_at";
        self.app.rows(&self.shop, statement).await
    }
}

fn row(day: &str, status: &str) -> (String, String) {
    (day.to_owned(), status.to_owned())
}

#[tokio::test]
async fn the_same_wish_after_something_else_is_another_one() {
    let app = TestApp::start().await;
    for language in LANGUAGES {
        let call = Call::begun(&app, language, language).await;
        let first = call.books("2026-11-26T10:00").await;
        assert_eq!(call.books("2026-11-26T10:00").await, first, "a repetition");
        let cancelled = call.uses("cancel_appointment", json!({})).await;
        assert_eq!(cancelled["result"], "cancelled");
        assert_eq!(call.uses("cancel_appointment", json!({})).await, cancelled);
        call.books("2026-11-27T10:00").await;
        let again = call.uses("cancel_appointment", json!({})).await;
        assert_eq!(again["result"], "cancelled");
        assert_ne!(again["message"], cancelled["message"], "{language}");
        let expected = [
            row("2026-11-26", "CANCELLED"),
            row("2026-11-27", "CANCELLED"),
        ];
        assert_eq!(call.standing().await, expected);
    }
}

#[tokio::test]
async fn what_is_looked_up_is_looked_up_anew() {
    let app = TestApp::start().await;
    let call = Call::begun(&app, "hvac", "en").await;
    let day = || json!({ "date": "2026-11-26" });
    let free = call.uses("check_calendar_availability", day()).await;
    let none = call.uses("find_appointment", json!({})).await;
    assert_eq!(none["result"], "needs_proof");
    let slot = &free["slots"][0]["slot"];
    let args = json!({ "slot": slot, "customer_name": "Anne Roy" });
    assert_eq!(
        call.uses("book_appointment", args).await["result"],
        "booked"
    );
    let found = call.uses("find_appointment", json!({})).await;
    assert_eq!(found["result"], "ok", "{found}");
    let left = call.uses("check_calendar_availability", day()).await;
    assert_ne!(left["slots"][0]["start"], free["slots"][0]["start"]);
}

#[tokio::test]
async fn an_id_that_was_anothers_is_not_the_same_use() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").service("Tune-up", 60, 149).await;
    let uses = async |name: &str, arguments: Value| {
        let tool = json!({ "id": "a7", "type": "function", "function": { "name": name, "arguments": arguments } });
        let message = json!({ "message": {
            "type": "tool-calls", "toolCallList": [tool], "call": { "id": "call-1", "type": "inboundPhoneCall" },
            "customer": { "number": CALLER }, "phoneNumber": { "number": shop.number },
        } });
        let answer = app.vapi_message(&message).send().await.expect(200).json();
        let result = answer["results"][0]["result"].as_str().unwrap();
        serde_json::from_str::<Value>(result).unwrap()
    };
    let message = |text: &str| json!({ "message": text });
    assert_eq!(uses("list_services", json!({})).await["result"], "ok");
    for text in ["call me", "and bring the key", "call me"] {
        let taken = uses("take_message", message(text)).await;
        assert_eq!(taken["result"], "message_taken");
    }
    assert_eq!(app.count_events(&shop, "lead.created").await, 2);
}

#[tokio::test]
async fn what_a_model_garbles_is_asked_for_again_in_the_lines_language_and_the_black_box_says_why()
{
    let app = TestApp::start().await;
    for (language, details, unknown) in [
        (
            "en",
            "I did not understand these details",
            "I do not know that",
        ),
        ("fr", "Je n'ai pas compris ces détails", "Je ne le sais pas"),
        ("es", "No entendí esos datos", "No lo sé"),
    ] {
        let call = Call::begun(&app, language, language).await;
        for args in [json!("{\"message\": \"call"), json!([1]), json!(7)] {
            let answer = call.uses("take_message", args.clone()).await;
            assert_eq!(answer["result"], "invalid", "{args}");
            let said = answer["message"].as_str().unwrap();
            assert!(said.contains(details), "{language} {args}: {said}");
        }
        let answer = call.uses("launch_rocket", json!({})).await;
        let said = answer["message"].as_str().unwrap();
        assert_eq!(answer["result"], "invalid");
        assert!(said.contains(unknown), "{language}: {said}");
        let reasons = "select detail ->> 'reason' from black_box_events
                        where subscriber_id = $1 and source = 'TOOL_CALL' order by id";
        let mut reasons: Vec<(String,)> = app.rows(&call.shop, reasons).await;
        reasons.sort();
        let reasons: Vec<&str> = reasons.iter().map(|(reason,)| reason.as_str()).collect();
        let garbled = "unreadable_arguments";
        assert_eq!(reasons, ["unknown_tool", garbled, garbled, garbled]);
        let text = json!({ "message": "call me" }).to_string();
        let taken = call.uses("take_message", text).await;
        assert_eq!(taken["result"], "message_taken", "{language}");
    }
}

#[tokio::test]
async fn every_tool_of_a_message_is_answered_also_one_without_a_name() {
    let app = TestApp::start().await;
    app.subscriber("boreale").number(super::BOREALE).await;
    let tools = json!([{ "id": "t1" }, { "id": "t2", "name": "list_services" }]);
    let message = super::with(
        super::parse(include_str!("../../data/vapi/tool_calls_flat.json")),
        "/message/toolCallList",
        tools,
    );
    let answer = app.vapi_message(&message).send().await.expect(200).json();
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 2, "{answer}");
    assert_eq!(results[0]["toolCallId"], "t1");
    assert!(results[0]["result"].as_str().unwrap().contains("invalid"));
    assert_eq!(results[1]["toolCallId"], "t2");
}

#[tokio::test]
async fn who_withholds_the_number_is_asked_which_one_gets_no_more_texts() {
    let app = TestApp::start().await;
    for (language, question) in [
        ("en", "At which number"),
        ("fr", "À quel numéro"),
        ("es", "¿En qué número"),
    ] {
        let shop = app.subscriber(language).language(language).await;
        let call = json!({ "call_id": format!("call_{language}"), "direction": "inbound", "from_number": "anonymous",
                           "to_number": shop.number });
        tell(&app, &json!({ "event": "call_started", "call": call })).await;
        let uses = async |args: Value| {
            let body = json!({ "name": "opt_out", "args": args, "call": call });
            app.retell_event(&body).send().await.expect(200).json()
        };
        let asked = uses(json!({})).await;
        assert_eq!(asked["result"], "invalid");
        let said = asked["message"].as_str().unwrap();
        assert!(said.starts_with(question), "{said}");
        let stopped = "select count(*) from opt_outs where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&shop, stopped).await, 0);
        assert_eq!(
            uses(json!({ "customer_phone": "what?" })).await["result"],
            "invalid"
        );
        let told = uses(json!({ "customer_phone": "514 555-0142" })).await;
        assert_eq!(told["result"], "opted_out");
        let phone = "select phone from opt_outs where subscriber_id = $1";
        assert_eq!(app.value::<String>(&shop, phone).await, CALLER);
    }
}

#[tokio::test]
async fn the_callers_own_number_is_the_one_that_is_stopped() {
    let app = TestApp::start().await;
    let call = Call::begun(&app, "hvac", "en").await;
    let told = call
        .uses("opt_out", json!({ "customer_phone": "+14165550100" }))
        .await;
    assert_eq!(told["result"], "opted_out");
    let phone = "select phone from opt_outs where subscriber_id = $1";
    assert_eq!(app.value::<String>(&call.shop, phone).await, CALLER);
}
