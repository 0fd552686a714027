//! A subscriber that handles health data: nothing of what people say is kept. Words are planted everywhere, and then the
//! whole database is searched for them.
use serde_json::{Value, json};

use super::{ANNE, OWN_KEY, OWN_SID, OWN_TOKEN, with_own_accounts};
use crate::{
    fakes::FakeTwilio,
    support::{Answer, RETELL_KEY, Subscriber, TestApp, hours, minutes, seconds},
};

const PRIVACY: &str = "/api/settings/privacy";
/// A word that nobody says.
const CANARY: &str = "xylophonic";

async fn discreet(app: &TestApp, subscriber: &Subscriber) {
    let owner = app.owner(subscriber).await;
    let on = json!({ "handles_health_data": true });
    owner.put(PRIVACY, on).await.expect(200);
}

/// Every column of the database in which the word stands.
async fn where_it_stands(app: &TestApp) -> Vec<String> {
    let mut conn = app.database.superuser().await;
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "select relname::text, attname::text, typname::text
           from pg_attribute join pg_class c on attrelid = c.oid join pg_type t on t.oid = atttypid
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
            and attnum > 0 and not attisdropped and typname in ('text', 'jsonb', 'bytea', '_text', 'varchar')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert!(columns.len() > 50, "the columns were not found");
    let mut found = Vec::new();
    for (table, column, kind) in columns {
        let text = match kind.as_str() {
            "bytea" => format!("encode({column}, 'escape')"),
            _ => format!("{column}::text"),
        };
        let statement = format!("select count(*) from {table} where {text} ilike '%{CANARY}%'");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut conn)
            .await
            .unwrap();
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

async fn text(app: &TestApp, subscriber: &Subscriber, words: &str) -> Answer {
    let text = app.text_from(ANNE).to(&subscriber.number).says(words);
    text.send().await.expect(200)
}

fn call(subscriber: &Subscriber, event: &str) -> Value {
    json!({ "event": event, "call": {
        "call_id": "call_1", "agent_id": "agent_1", "direction": "inbound", "from_number": ANNE,
        "to_number": subscriber.number, "start_timestamp": 1_794_839_405_120_i64,
        "end_timestamp": 1_794_839_499_120_i64, "duration_ms": 94_000, "disconnection_reason": "user_hangup",
        "transcript": format!("User: my {CANARY} pain"),
        "transcript_object": [{ "role": "user", "content": format!("my {CANARY} pain"), "words": [] }],
        "transcript_with_tool_calls": [
            { "role": "user", "content": format!("my {CANARY} pain") },
            { "role": "tool_call_invocation", "tool_call_id": "t1", "name": "take_message",
              "arguments": format!("{{\"message\": \"{CANARY}\"}}") },
        ],
        "recording_url": format!("https://retell.example/{CANARY}.wav"),
        "recording_multi_channel_url": format!("https://retell.example/{CANARY}-2.wav"),
        "call_analysis": {
            "call_summary": format!("A {CANARY} pain"), "user_sentiment": format!("Negative {CANARY}"),
            "custom_analysis_data": { "outcome": "message_taken", "complaint": CANARY } },
    }})
}

fn tool(subscriber: &Subscriber, name: &str, args: Value) -> Value {
    json!({ "name": name, "args": args, "call": {
        "call_id": "call_1", "agent_id": "agent_1", "direction": "inbound", "from_number": ANNE,
        "to_number": subscriber.number,
        "transcript_with_tool_calls": [{ "role": "user", "content": CANARY }] } })
}

/// A whole day of somebody who says the word wherever a word can be said.
async fn say_it_everywhere(app: &TestApp, subscriber: &Subscriber) {
    for words in [
        format!("please call me back, I have a {CANARY} pain"),
        format!("it is {CANARY} and it hurts"),
        format!("Anne {CANARY}"),
        format!("I want to talk to a person about {CANARY}"),
    ] {
        text(app, subscriber, &words).await;
        app.run_jobs().await;
        app.advance(seconds(40));
    }
    let picture = app.text_from(ANNE).to(&subscriber.number);
    let picture = picture.media(&format!("https://twilio.example/{CANARY}"), "image/png");
    picture.says(CANARY).send().await.expect(200);
    app.run_jobs().await;
    for event in ["call_started", "call_ended", "call_analyzed"] {
        let event = app.retell_event(&call(subscriber, event));
        event.send().await.expect(204);
        for (name, args) in [
            (
                "take_message",
                json!({ "message": CANARY, "customer_name": CANARY }),
            ),
            ("transfer_call", json!({ "reason": CANARY })),
            ("get_business_info", json!({ "topic": CANARY })),
        ] {
            let call = tool(subscriber, name, args);
            app.retell_event(&call).send().await.expect(200);
        }
    }
    let chat = json!({ "event": "chat_analyzed", "chat": {
        "chat_id": "chat_1", "agent_id": "agent_1", "chat_status": "ended", "chat_type": "api_chat",
        "metadata": { "subscriber_id": subscriber.id },
        "transcript": format!("User: {CANARY}"),
        "message_with_tool_calls": [{ "role": "user", "content": CANARY }],
        "chat_analysis": { "chat_summary": CANARY, "custom_analysis_data": { "a": CANARY } } } });
    app.retell_event(&chat).send().await.expect(204);
    app.run_jobs().await;
}

#[tokio::test]
async fn nothing_of_what_people_say_is_kept() {
    let app = TestApp::start().await;
    let clinic = app
        .subscriber("clinic")
        .transfer_number("+12045550177")
        .await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    say_it_everywhere(&app, &clinic).await;
    let while_it_goes_on = where_it_stands(&app).await;
    let needed = ["dialogue_states.state".to_owned()];
    assert!(
        while_it_goes_on
            .iter()
            .all(|column| needed.contains(column)),
        "{while_it_goes_on:?}"
    );
    // Everything was answered, and what happened is known.
    assert!(app.twilio.bodies().len() >= 4);
    assert_eq!(app.count_events(&clinic, "call.ended").await, 1);
    assert!(app.count_events(&clinic, "lead.created").await >= 1);
    let outcome =
        "select outcome_type from interactions where subscriber_id = $1 and external_id = 'call_1'";
    assert_eq!(app.value::<String>(&clinic, outcome).await, "MESSAGE_TAKEN");
    // A day of silence ends the conversation, and with it the last need.
    app.advance(hours(26));
    app.run_schedules().await;
    app.advance(hours(1));
    app.run_schedules().await;
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_search_finds_the_words_of_a_subscriber_that_handles_none() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").transfer_number("+12045550177").await;
    say_it_everywhere(&app, &hvac).await;
    let found = where_it_stands(&app).await;
    for column in [
        "events.data",
        "inbound_events.raw_body",
        "interaction_messages.media",
        "interaction_messages.text",
        "interactions.analysis",
        "interactions.summary",
        "leads.summary",
        "recordings.provider_url",
        "tool_calls.arguments",
    ] {
        assert!(found.iter().any(|one| one == column), "{column}: {found:?}");
    }
}

#[tokio::test]
async fn turning_it_on_empties_what_stands_already_and_nobody_elses() {
    let app = TestApp::start().await;
    let clinic = app
        .subscriber("clinic")
        .transfer_number("+12045550177")
        .await;
    say_it_everywhere(&app, &clinic).await;
    app.advance(hours(26));
    app.run_schedules().await;
    // More than a batch.
    app.change(
        &clinic,
        "insert into interaction_messages (subscriber_id, id, interaction_id, role, text, created_at)
         select $1, gen_random_uuid(), i.id, 'CALLER', 'xylophonic ' || n, now()
           from (select id from interactions where subscriber_id = $1 limit 1) i, generate_series(1, 450) n",
    )
    .await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
    let hvac = app.subscriber("hvac").await;
    text(&app, &hvac, CANARY).await;
    app.run_jobs().await;
    app.advance(minutes(6));
    app.run_schedules().await;
    assert!(!where_it_stands(&app).await.is_empty(), "of another one");
    let mode = "select recording_mode from subscriber_profiles where subscriber_id = $1";
    assert_eq!(app.value::<String>(&clinic, mode).await, "OFF");
    // The providers were told of what they had.
    app.advance(minutes(30));
    app.run_jobs().await;
    let forgotten = app.retell.forgotten();
    for id in ["call_1", "chat_1"] {
        assert!(
            forgotten.contains(&(RETELL_KEY.to_owned(), id.to_owned())),
            "{forgotten:?}"
        );
    }
    assert!(app.twilio.emptied().len() >= 9, "texts in and out");
}

#[tokio::test]
async fn words_live_until_they_are_answered_and_sent() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    text(&app, &clinic, &format!("hello {CANARY}")).await;
    assert_eq!(where_it_stands(&app).await, ["interaction_messages.text"]);
    let hold = app.twilio.hold_next();
    let running = app.run_jobs_meanwhile();
    hold.arrived().await;
    // Answered, and the answer is on its way: the words of the person are gone, those of the answer are needed.
    let body = "select body <> '' from outgoing_messages where subscriber_id = $1";
    assert!(app.value::<bool>(&clinic, body).await);
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
    hold.release();
    running.await.unwrap();
    assert_eq!(app.only_outgoing(&clinic).await.body, "");
    let turns = "select count(*) from interaction_messages where subscriber_id = $1 and text = ''";
    assert_eq!(app.value::<i64>(&clinic, turns).await, 2);
}

#[tokio::test]
async fn an_event_that_failed_keeps_its_words_until_it_is_done() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    let mut conn = app.database.superuser().await;
    let run = async |conn: &mut sqlx::PgConnection, statement: &'static str| {
        sqlx::query(statement).execute(conn).await.unwrap();
    };
    run(&mut conn, "alter table usage_rollups rename to elsewhere").await;
    text(&app, &clinic, CANARY).await;
    assert_eq!(where_it_stands(&app).await, ["inbound_events.raw_body"]);
    run(&mut conn, "alter table elsewhere rename to usage_rollups").await;
    app.advance(seconds(10));
    app.run_jobs().await;
    app.run_jobs().await;
    app.twilio.only_text();
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_providers_are_told_the_same() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").chat_agent("agent_chat").await;
    app.agent_of(&clinic, "agent_chat").await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    let question = json!({ "event": "call_inbound", "call_inbound": { "from_number": ANNE,
        "to_number": clinic.number } });
    let answer = app
        .retell_inbound(&question)
        .send()
        .await
        .expect(200)
        .json();
    let setting = &answer["call_inbound"]["agent_override"]["agent"]["data_storage_setting"];
    assert_eq!(setting, "basic_attributes_only");
    app.retell.says_next(&[CANARY]);
    let picture = app.text_from(ANNE).to(&clinic.number);
    picture
        .media("https://twilio.example/1", "image/png")
        .says(CANARY)
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
    assert_eq!(app.twilio.bodies(), [CANARY]);
    // The chat, before its first word.
    let chat = app.retell.only_chat().id;
    assert_eq!(app.retell.forgotten(), [(RETELL_KEY.to_owned(), chat)]);
    app.retell_event(&call(&clinic, "call_ended"))
        .send()
        .await
        .expect(204);
    app.advance(minutes(11));
    app.run_jobs().await;
    assert!(
        app.retell
            .forgotten()
            .contains(&(RETELL_KEY.to_owned(), "call_1".to_owned()))
    );
    let emptied = app.twilio.emptied();
    assert_eq!(emptied.len(), 2, "in and out: {emptied:?}");
    assert!(
        emptied
            .iter()
            .all(|(account, _)| account == FakeTwilio::ACCOUNT)
    );
    assert_eq!(app.twilio.media_deleted().len(), 1);
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_workspace_that_will_not_forget_hears_nothing() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").chat_agent("agent_chat").await;
    discreet(&app, &clinic).await;
    app.retell.refuses_to_forget();
    text(&app, &clinic, CANARY).await;
    app.run_jobs().await;
    assert_eq!(app.retell.only_chat().heard, Vec::<String>::new());
    app.twilio.only_text();
}

#[tokio::test]
async fn own_accounts_are_told_by_their_own_keys() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    app.agent_of(&clinic, "agent_1").await;
    with_own_accounts(&app, &clinic).await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    let own = app.text_from(ANNE).to(&clinic.number).says(CANARY);
    own.field("AccountSid", OWN_SID)
        .signed_by(OWN_TOKEN)
        .send()
        .await
        .expect(200);
    let event = call(&clinic, "call_ended");
    app.retell_event(&event)
        .signed_by(OWN_KEY)
        .send()
        .await
        .expect(204);
    app.run_jobs().await;
    app.advance(minutes(11));
    app.run_jobs().await;
    let emptied = app.twilio.emptied();
    assert_eq!(emptied.len(), 2, "{emptied:?}");
    assert!(emptied.iter().all(|(account, _)| account == OWN_SID));
    assert_eq!(
        app.retell.forgotten(),
        [(OWN_KEY.to_owned(), "call_1".to_owned())]
    );
    assert_eq!(where_it_stands(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_an_own_secret_named_is_asked_of_nobody_else() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    app.agent_of(&clinic, "agent_1").await;
    with_own_accounts(&app, &clinic).await;
    discreet(&app, &clinic).await;
    app.run_jobs().await;
    // Ids of others' texts and calls, which only the platform's accounts hold.
    let own = app
        .text_from(ANNE)
        .to(&clinic.number)
        .field("MessageSid", "SMofsomebodyelse");
    own.field("AccountSid", OWN_SID)
        .signed_by(OWN_TOKEN)
        .send()
        .await
        .expect(200);
    let event = call(&clinic, "call_ended");
    app.retell_event(&event)
        .signed_by(OWN_KEY)
        .send()
        .await
        .expect(204);
    let admin = app.admin(&clinic).await;
    for provider in ["TWILIO", "RETELL"] {
        let path = format!("/api/settings/providers/{provider}");
        admin.delete(&path).await.expect(204);
    }
    app.advance(minutes(11));
    app.run_jobs().await;
    assert_eq!(app.twilio.emptied(), []);
    assert_eq!(app.retell.forgotten(), []);
}

#[tokio::test]
async fn the_owner_turns_it_and_staff_may_look() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").await;
    let (staff, admin) = (app.staff(&clinic).await, app.admin(&clinic).await);
    let off = json!({ "handles_health_data": false });
    let on = json!({ "handles_health_data": true });
    assert_eq!(staff.get(PRIVACY).await.expect(200).json(), off);
    admin
        .put(PRIVACY, on.clone())
        .await
        .expect_problem(403, "forbidden");
    app.stranger().get(PRIVACY).await.expect(401);
    app.stranger().put(PRIVACY, on.clone()).await.expect(401);
    let owner = app.owner(&clinic).await;
    owner
        .put(PRIVACY, json!({}))
        .await
        .expect_problem(422, "invalid_request");
    for _ in 0..2 {
        owner.put(PRIVACY, on.clone()).await.expect(200);
    }
    assert_eq!(staff.get(PRIVACY).await.expect(200).json(), on);
    owner.put(PRIVACY, off.clone()).await.expect(200);
    let log = "select changes::text from audit_log where subscriber_id = $1 and action = 'privacy.changed' order by seq";
    let log: Vec<(String,)> = app.rows(&clinic, log).await;
    let log: Vec<Value> = log
        .iter()
        .map(|(row,)| serde_json::from_str(row).unwrap())
        .collect();
    assert_eq!(log, [on, off]);
    let other = app.subscriber("hvac").await;
    let staff = app.staff(&other).await;
    assert_eq!(
        staff.get(PRIVACY).await.json()["handles_health_data"],
        false
    );
}
