//! A caller is put through once: what comes back, or would go in a circle, is the agent's.
use serde_json::{Value, json};

use super::{parse, sample, with, without};
use crate::support::{Subscriber, TestApp, seconds};

const OWNER: &str = "+15145550199";

fn to(shop: &Subscriber, call: &str) -> Value {
    let number = shop.number.as_str();
    let question = with(sample!("call_inbound"), "/call_inbound/to_number", number);
    with(question, "/call_inbound/call_id", call)
}

/// What the agent is told: how far it may go, and whom it may put through to.
async fn told(app: &TestApp, question: &Value) -> (String, String) {
    let answer = app.retell_inbound(question).send().await.expect(200).json();
    let variables = &answer["call_inbound"]["dynamic_variables"];
    let text = |name: &str| variables[name].as_str().unwrap().to_owned();
    (text("service_state"), text("transfer_number"))
}

fn state(name: &str, number: &str) -> (String, String) {
    (name.to_owned(), number.to_owned())
}

#[tokio::test]
async fn an_agent_at_retell_puts_a_caller_through_once() {
    for (mode, afterwards) in [("OFF", "MESSAGE_ONLY"), ("STAFF_FIRST", "ACTIVE")] {
        let app = TestApp::start().await;
        let shop = app.subscriber("shop").voice_mode(mode);
        let shop = shop.transfer_number(OWNER).await;
        for _ in 0..2 {
            let asked_again = to(&shop, "call_1");
            assert_eq!(
                told(&app, &asked_again).await,
                state("TRANSFER_ONLY", OWNER)
            );
        }
        assert_eq!(
            told(&app, &to(&shop, "call_2")).await,
            state(afterwards, "")
        );
        // Somebody else, and the same person later.
        let other = with(
            to(&shop, "call_3"),
            "/call_inbound/from_number",
            "+15145550143",
        );
        assert_eq!(told(&app, &other).await, state("TRANSFER_ONLY", OWNER));
        app.advance(seconds(121));
        assert_eq!(
            told(&app, &to(&shop, "call_4")).await,
            state("TRANSFER_ONLY", OWNER)
        );
    }
}

#[tokio::test]
async fn nobody_is_put_through_to_himself_or_back_to_us() {
    for (mode, expected) in [("OFF", "MESSAGE_ONLY"), ("STAFF_FIRST", "ACTIVE")] {
        let app = TestApp::start().await;
        let shop = app.subscriber("shop").voice_mode(mode);
        let shop = shop.transfer_number(OWNER).await;
        let headers =
            json!({ "diversion": format!("<sip:{OWNER}@carrier.example>;reason=no-answer") });
        for question in [
            with(to(&shop, "call_1"), "/call_inbound/from_number", OWNER),
            with(
                to(&shop, "call_2"),
                "/call_inbound/custom_sip_headers",
                headers,
            ),
        ] {
            assert_eq!(told(&app, &question).await, state(expected, ""));
        }
        let circle = app.subscriber("circle").voice_mode(mode);
        let circle = circle
            .number("+14385550118")
            .transfer_number("+14385550118")
            .await;
        assert_eq!(
            told(&app, &to(&circle, "call_3")).await,
            state(expected, "")
        );
    }
}

fn to_vapi(shop: &Subscriber, call: &str) -> Value {
    let question = parse(include_str!("../../data/vapi/assistant_request.json"));
    let number = shop.number.as_str();
    let question = with(question, "/message/phoneNumber/number", number);
    with(question, "/message/call/id", call)
}

async fn is_put_through(app: &TestApp, question: &Value) -> bool {
    let answer = app.vapi_message(question).send().await.expect(200).json();
    assert!(answer["destination"].is_object() != answer["assistant"].is_object());
    answer["destination"].is_object()
}

#[tokio::test]
async fn two_minutes_are_two_minutes_wherever_they_begin() {
    let app = TestApp::start().await;
    let shop = app.subscriber("shop").voice_mode("STAFF_FIRST");
    let shop = shop.transfer_number(OWNER).await;
    app.advance(seconds(119));
    assert!(is_put_through(&app, &to_vapi(&shop, "c-1")).await);
    app.advance(seconds(10));
    assert!(!is_put_through(&app, &to_vapi(&shop, "c-2")).await);
    assert!(
        is_put_through(&app, &to_vapi(&shop, "c-1")).await,
        "asked again"
    );
    app.advance(seconds(111));
    assert!(is_put_through(&app, &to_vapi(&shop, "c-3")).await);
}

#[tokio::test]
async fn who_withholds_the_number_is_not_taken_for_somebody_else_for_long() {
    let app = TestApp::start().await;
    let shop = app.subscriber("shop").voice_mode("STAFF_FIRST");
    let shop = shop.transfer_number(OWNER).await;
    let withheld = |call| {
        let question = without(to_vapi(&shop, call), "/message/customer");
        with(question, "/message/call/customer", Value::Null)
    };
    assert!(is_put_through(&app, &withheld("c-1")).await);
    // It may be the same one, whom nobody answered.
    app.advance(seconds(30));
    assert!(!is_put_through(&app, &withheld("c-2")).await);
    app.advance(seconds(30));
    assert!(is_put_through(&app, &withheld("c-3")).await);
}

#[tokio::test]
async fn a_receptionist_that_is_off_costs_nothing_when_its_agent_puts_callers_through() {
    for is_disabled in [true, false] {
        for reason in ["call_transfer", "agent_hangup"] {
            let app = TestApp::start().await;
            let shop = app
                .subscriber("boreale")
                .number(super::BOREALE)
                .transfer_number(OWNER);
            let shop = match is_disabled {
                true => shop.voice_off().await,
                false => shop.voice_mode("OFF").await,
            };
            for event in [
                sample!("call_started"),
                with(sample!("call_ended"), "/call/disconnection_reason", reason),
                with(
                    sample!("call_analyzed"),
                    "/call/disconnection_reason",
                    reason,
                ),
            ] {
                let event = with(event, "/call/metadata", json!({}));
                super::tell(&app, &event).await;
            }
            let (who, minutes, why) = match reason {
                "call_transfer" => ("HUMAN", 0, Some("FORWARDED")),
                _ => ("AI", 2, None),
            };
            let handled = "select handled_by from interactions where subscriber_id = $1";
            assert_eq!(app.value::<String>(&shop, handled).await, who, "{reason}");
            let billed = "select billed_minutes, not_billed_reason from usage_records where subscriber_id = $1
                           order by created_at desc, id desc limit 1";
            let billed: Vec<(i32, Option<String>)> = app.rows(&shop, billed).await;
            assert_eq!(billed, [(minutes, why.map(str::to_owned))], "{reason}");
        }
    }
}

#[tokio::test]
async fn a_test_of_forwarding_comes_back_on_a_line_that_retell_or_vapi_answers() {
    for is_retell in [true, false] {
        let app = TestApp::start().await;
        let shop = app.subscriber("shop").await;
        app.change(
            &shop,
            "update subscriber_profiles set owner_phone = '+15145550199' where subscriber_id = $1",
        )
        .await;
        let admin = app.admin(&shop).await;
        let test = admin.post("/api/call-forwarding/test", json!({})).await;
        test.expect(202);
        let number = shop.number.as_str();
        if is_retell {
            let back = with(to(&shop, "call_1"), "/call_inbound/from_number", number);
            let answer = app.retell_inbound(&back).send().await.expect(200).json();
            assert_eq!(answer, json!({ "call_inbound": { "reject": true } }));
        } else {
            let back = with(to_vapi(&shop, "c-1"), "/message/customer/number", number);
            let answer = app.vapi_message(&back).send().await.expect(200).json();
            assert!(answer["error"].is_string(), "{answer}");
            let report = parse(include_str!(
                "../../data/vapi/end_of_call_report_minimal_error.json"
            ));
            let report = with(
                report,
                "/message/endedReason",
                "assistant-request-returned-error",
            );
            let report = with(report, "/message/phoneNumber/number", number);
            let report = with(report, "/message/customer/number", number);
            app.vapi_message(&report).send().await.expect(200);
            assert_eq!(app.alerts().await, []);
            assert_eq!(app.count_events(&shop, "call.missed").await, 0);
        }
        let shown = admin.get("/api/call-forwarding/test").await.expect(200);
        assert_eq!(shown.json()["state"], "FORWARDED");
        let status = "select forwarding_status from subscriber_profiles where subscriber_id = $1";
        assert_eq!(app.value::<String>(&shop, status).await, "ACTIVE");
    }
}

#[tokio::test]
async fn a_call_that_the_owners_line_forwarded_to_retell_shows_that_it_forwards() {
    let app = TestApp::start().await;
    let shop = app.subscriber("shop").transfer_number(OWNER).await;
    let status = "select forwarding_status from subscriber_profiles where subscriber_id = $1";
    let through = |number: &str| {
        let headers = json!({ "diversion": format!("<sip:{number}@carrier.example>") });
        with(
            to(&shop, "call_1"),
            "/call_inbound/custom_sip_headers",
            headers,
        )
    };
    for (number, expected) in [("+14165550100", false), (OWNER, true)] {
        app.retell_inbound(&through(number))
            .send()
            .await
            .expect(200);
        let is_active = app.value::<String>(&shop, status).await == "ACTIVE";
        assert_eq!(is_active, expected, "{number}");
    }
}
