//! A call is about to ring: who answers it, and with which words.
use serde_json::{Value, json};

use super::{BOREALE, CALLER, boreale, sample, with};
use crate::support::{PRODUCTION, Subscriber, TestApp};

const GATEKEEPER: &str = "agent_gatekeeper";
const DEMO_LINE: &str = "+14316005505";

fn call_to(subscriber: &Subscriber) -> Value {
    with(
        sample!("call_inbound"),
        "/call_inbound/to_number",
        subscriber.number.as_str(),
    )
}

async fn ask(app: &TestApp, question: &Value) -> Value {
    app.retell_inbound(question).send().await.expect(200).json()
}

/// The variables that the agent gets.
async fn variables(app: &TestApp, question: &Value) -> Value {
    ask(app, question).await["call_inbound"]["dynamic_variables"].clone()
}

fn reject() -> Value {
    json!({ "call_inbound": { "reject": true } })
}

#[tokio::test]
async fn the_agent_gets_the_variables_of_its_prompt_as_texts() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .name("Demo HVAC")
        .transfer_number("+14315550199")
        .await;
    let variables = variables(&app, &call_to(&hvac)).await;
    assert_eq!(variables["business_name"], "Demo HVAC");
    assert_eq!(variables["transfer_number"], "+14315550199");
    assert_eq!(variables["calendar_enabled"], "true");
    assert_eq!(variables["agent_tone"], "friendly");
    assert_eq!(variables["schedule_summary"], "Weekdays 9 to 5");
    assert_eq!(variables["standard_fee"], "$129");
    assert_eq!(variables["emergency_fee"], "");
    assert_eq!(variables["cal_com_link"], "");
    assert_eq!(variables["service_state"], "ACTIVE");
    assert_eq!(variables["caller_number"], CALLER);
    assert_eq!(variables["current_time"], "Saturday 2026-11-21 10:00");
    let variables = variables.as_object().unwrap();
    assert!(variables.values().all(Value::is_string), "{variables:?}");
}

#[tokio::test]
async fn later_events_can_be_attributed_by_the_metadata() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let answer = ask(&app, &call_to(&hvac)).await;
    assert_eq!(
        answer["call_inbound"]["metadata"],
        json!({ "subscriber_id": hvac.id })
    );
}

#[tokio::test]
async fn the_channel_names_the_agent_and_its_version() {
    let cases = [
        (None, Value::Null),
        (Some("4"), json!(4)),
        (Some("latest_published"), json!("latest_published")),
    ];
    for (version, expected) in cases {
        let app = TestApp::start().await;
        let hvac = app
            .subscriber("hvac")
            .voice_agent("agent_own", version)
            .await;
        let answer = ask(&app, &call_to(&hvac)).await;
        assert_eq!(answer["call_inbound"]["override_agent_id"], "agent_own");
        assert_eq!(answer["call_inbound"]["override_agent_version"], expected);
    }
}

#[tokio::test]
async fn without_an_agent_of_its_own_the_bound_one_answers() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let answer = ask(&app, &call_to(&hvac)).await;
    let answer = answer["call_inbound"].as_object().unwrap();
    assert!(!answer.contains_key("override_agent_id"), "{answer:?}");
    assert!(!answer.contains_key("agent_override"), "{answer:?}");
}

#[tokio::test]
async fn a_blocked_caller_is_rejected_and_by_nobody_else() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").blocks(CALLER).await;
    let clinic = app.subscriber("clinic").await;
    assert_eq!(ask(&app, &call_to(&hvac)).await, reject());
    assert_ne!(ask(&app, &call_to(&clinic)).await, reject());
}

#[tokio::test]
async fn a_number_that_is_not_ours_is_rejected() {
    let app = TestApp::start().await;
    for number in ["+14319990000", "sip:somebody@example.com", ""] {
        let question = with(sample!("call_inbound"), "/call_inbound/to_number", number);
        assert_eq!(ask(&app, &question).await, reject(), "{number}");
    }
}

#[tokio::test]
async fn a_suspended_business_takes_short_messages_and_rejects_nobody() {
    for status in ["SUSPENDED", "CLOSED"] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").status(status).await;
        let answer = ask(&app, &call_to(&hvac)).await;
        let answer = &answer["call_inbound"];
        assert_eq!(answer["dynamic_variables"]["service_state"], "MESSAGE_ONLY");
        assert_eq!(
            answer["agent_override"]["agent"]["max_call_duration_ms"],
            120_000
        );
    }
}

#[tokio::test]
async fn a_receptionist_that_is_off_puts_callers_through_or_takes_a_message() {
    for (transfer_number, state) in [
        (Some("+14315550199"), "TRANSFER_ONLY"),
        (None, "MESSAGE_ONLY"),
    ] {
        let app = TestApp::start().await;
        let mut hvac = app.subscriber("hvac").voice_off();
        if let Some(number) = transfer_number {
            hvac = hvac.transfer_number(number);
        }
        let hvac = hvac.await;
        let variables = variables(&app, &call_to(&hvac)).await;
        assert_eq!(variables["service_state"], state);
    }
}

#[tokio::test]
async fn whoever_withholds_the_number_is_answered_like_anybody() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    for from in ["anonymous", "unknown", ""] {
        let question = with(call_to(&hvac), "/call_inbound/from_number", from);
        let variables = variables(&app, &question).await;
        assert_eq!(variables["caller_number"], "");
        assert_eq!(variables["business_name"], "The hvac shop");
    }
}

#[tokio::test]
async fn a_caller_who_is_known_is_known_by_name() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let statement = "insert into contacts (subscriber_id, id, phone, first_name, last_name, source)
                     values ($1, gen_random_uuid(), '+15145550142', 'Geneviève', 'Côté', 'VOICE')";
    app.change(&hvac, statement).await;
    assert_eq!(
        variables(&app, &call_to(&hvac)).await["caller_name"],
        "Geneviève Côté"
    );
    let clinic = app.subscriber("clinic").await;
    assert_eq!(variables(&app, &call_to(&clinic)).await["caller_name"], "");
}

#[tokio::test]
async fn a_call_over_sip_without_an_agent_is_answered_by_the_number() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let variables = variables(&app, &sample!("call_inbound_sip_no_agent")).await;
    assert_eq!(variables["business_name"], "Plomberie Boréale");
}

#[tokio::test]
async fn on_the_demo_line_the_gatekeeper_keeps_the_call_and_nobody_is_named_yet() {
    let app = TestApp::with(&[("RETELL_GATEKEEPER_AGENT_ID", GATEKEEPER)]).await;
    let demo = app
        .subscriber("demohvac")
        .name("Demo HVAC")
        .voice_agent("agent_demo", None)
        .await;
    app.shared_number(DEMO_LINE, Some(&demo)).await;
    app.shared_agent(GATEKEEPER).await;
    let question = with(
        sample!("call_inbound"),
        "/call_inbound/to_number",
        DEMO_LINE,
    );
    let question = with(question, "/call_inbound/agent_id", GATEKEEPER);
    let answer = ask(&app, &question).await;
    let answer = answer["call_inbound"].as_object().unwrap();
    assert_eq!(answer["dynamic_variables"]["business_name"], "Demo HVAC");
    assert!(!answer.contains_key("override_agent_id"), "{answer:?}");
    assert!(!answer.contains_key("metadata"), "{answer:?}");
}

#[tokio::test]
async fn behind_the_gatekeeper_the_chosen_agent_decides_whose_call_it_is() {
    let app = TestApp::with(&[("RETELL_GATEKEEPER_AGENT_ID", GATEKEEPER)]).await;
    let demo = app.subscriber("demohvac").await;
    let clinic = app.subscriber("clinic").name("Clinique du Parc").await;
    app.shared_number(DEMO_LINE, Some(&demo)).await;
    app.agent_of(&clinic, "agent_clinic").await;
    let question = with(
        sample!("call_inbound"),
        "/call_inbound/to_number",
        DEMO_LINE,
    );
    let question = with(question, "/call_inbound/agent_id", "agent_clinic");
    assert_eq!(
        variables(&app, &question).await["business_name"],
        "Clinique du Parc"
    );
}

#[tokio::test]
async fn a_text_that_retell_carries_is_answered_the_same_way() {
    let app = TestApp::start().await;
    let boreale = boreale(&app).await;
    let answer = ask(&app, &sample!("chat_inbound_sms")).await;
    assert_eq!(
        answer["chat_inbound"]["dynamic_variables"]["business_name"],
        "Plomberie Boréale"
    );
    assert_eq!(
        answer["chat_inbound"]["metadata"]["subscriber_id"],
        boreale.id.to_string()
    );
    let stranger = with(
        sample!("chat_inbound_sms"),
        "/chat_inbound/to_number",
        "+14319990000",
    );
    assert_eq!(
        ask(&app, &stranger).await,
        json!({ "chat_inbound": { "reject": true } })
    );
}

#[tokio::test]
async fn while_the_database_is_away_the_bound_agent_answers_with_its_own_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    app.lose_database().await;
    assert_eq!(
        ask(&app, &sample!("call_inbound")).await,
        json!({ "call_inbound": {} })
    );
    assert_eq!(
        ask(&app, &sample!("chat_inbound_sms")).await,
        json!({ "chat_inbound": {} })
    );
}

#[tokio::test]
async fn a_question_changes_nothing_however_often_it_comes() {
    let app = TestApp::start().await;
    boreale(&app).await;
    let before = app.row_counts().await;
    let question = app.retell_inbound(&sample!("call_inbound"));
    let first = question.send().await.expect(200).body;
    for answer in question.send_at_once(20).await {
        assert_eq!(answer.expect(200).body, first);
    }
    assert_eq!(app.row_counts().await, before);
    assert_eq!(
        BOREALE,
        sample!("call_inbound")["call_inbound"]["to_number"]
    );
}

#[tokio::test]
async fn production_without_retell_answers_503() {
    let unset = [("RETELL_API_KEY", "")];
    let app = TestApp::with(&[&PRODUCTION[..], &unset].concat()).await;
    let answer = app.retell_inbound(&sample!("call_inbound")).send().await;
    answer.expect_problem(503, "provider_not_configured");
    let answer = app.retell_event(&sample!("call_ended")).send().await;
    answer.expect_problem(503, "provider_not_configured");
}

/// Uses up this month's minutes, and leaves a balance.
async fn spend(app: &TestApp, subscriber: &Subscriber, balance: &'static str) {
    let statement = match balance {
        "0" => {
            "insert into usage_periods (subscriber_id, id, starts_on, included_minutes, used_minutes, included_texts)
             values ($1, gen_random_uuid(), '2026-11-01', 100, 100, 0)"
        }
        _ => {
            "insert into credit_accounts (subscriber_id, id, balance, currency)
             values ($1, gen_random_uuid(), 5, 'CAD')
             on conflict (subscriber_id) do update set balance = 5"
        }
    };
    app.change(subscriber, statement).await;
}

#[tokio::test]
async fn an_empty_wallet_takes_messages_and_a_filled_one_speaks_again() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").plan("FREE").await;
    let question = call_to(&hvac);
    assert_eq!(variables(&app, &question).await["service_state"], "ACTIVE");
    spend(&app, &hvac, "0").await;
    let answer = ask(&app, &question).await;
    let inbound = &answer["call_inbound"];
    assert_eq!(
        inbound["dynamic_variables"]["service_state"],
        "MESSAGE_ONLY"
    );
    assert!(inbound["agent_override"]["agent"]["max_call_duration_ms"].is_number());
    spend(&app, &hvac, "5").await;
    assert_eq!(variables(&app, &question).await["service_state"], "ACTIVE");
}

#[tokio::test]
async fn a_plan_that_bills_what_goes_beyond_it_takes_every_call() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").plan("CORE").await;
    spend(&app, &hvac, "0").await;
    let question = call_to(&hvac);
    assert_eq!(variables(&app, &question).await["service_state"], "ACTIVE");
    app.change(
        &hvac,
        "update subscriptions set is_overage_enabled = false where subscriber_id = $1",
    )
    .await;
    assert_eq!(
        variables(&app, &question).await["service_state"],
        "MESSAGE_ONLY"
    );
}

#[tokio::test]
async fn a_mode_in_which_people_come_first_has_the_agent_put_callers_through() {
    let app = TestApp::start().await;
    for (slug, mode) in [("shadow", "SHADOW"), ("staff", "STAFF_FIRST")] {
        let shop = app.subscriber(slug).voice_mode(mode);
        let shop = shop.transfer_number("+14315550199").await;
        let told = variables(&app, &call_to(&shop)).await;
        assert_eq!(told["service_state"], "TRANSFER_ONLY", "{mode}");
    }
    // Nobody can be rung: somebody must answer.
    let alone = app.subscriber("alone").voice_mode("STAFF_FIRST").await;
    let told = variables(&app, &call_to(&alone)).await;
    assert_eq!(told["service_state"], "ACTIVE");
}
