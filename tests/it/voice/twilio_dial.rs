//! People of the business are rung: a key takes the call, and nobody coming is not the end of it.
use super::{
    CALLER,
    twilio::{the_call, traces, usage},
};
use crate::support::{Subscriber, TestApp};

const OWNER: &str = "+12045550177";

async fn hvac(app: &TestApp) -> Subscriber {
    app.subscriber("hvac").transfer_number(OWNER).await
}

#[tokio::test]
async fn a_caller_who_wants_a_person_is_put_through_after_a_key() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    assert_eq!(call.does(), ["Say", "Dial"]);
    assert_eq!(call.dialled().text, OWNER);
    assert_eq!(call.verb("Dial").attribute("timeout"), "12");
    assert!(
        !call.verb("Dial").attributes.contains_key("callerId"),
        "they see who calls"
    );
    call.is_put_through("42").await;
    assert_eq!(call.does(), ["Hangup"]);
    call.ends_after("65").await.expect(204);
    let (outcome, handled_by, _, _) = the_call(&app, &hvac).await;
    assert_eq!(
        (outcome.as_str(), handled_by.as_deref()),
        ("TRANSFERRED", Some("AI"))
    );
    assert_eq!(usage(&app, &hvac).await, [(2, None)]);
    assert_eq!(app.outgoing(&hvac).await, []);
}

#[tokio::test]
async fn when_nobody_comes_the_receptionist_takes_a_message() {
    for status in ["no-answer", "busy", "failed", "canceled"] {
        let app = TestApp::start().await;
        let hvac = hvac(&app).await;
        let mut call = app.call_from(CALLER).calls(&hvac.number).await;
        call.says("can I talk to a person please").await;
        call.rings_in_vain(status).await;
        assert!(
            call.last().contains("Nobody is free"),
            "{status}: {}",
            call.last()
        );
        call.says("please call me back about the invoice").await;
        call.says("Bob").await;
        assert!(call.last().contains("passed"), "{status}: {}", call.last());
        call.says("can I talk to a person please").await;
        assert_eq!(
            call.does(),
            ["Gather"],
            "nobody is rung twice: {}",
            call.document
        );
        call.ends_after("65").await.expect(204);
        assert_eq!(the_call(&app, &hvac).await.0, "MESSAGE_TAKEN", "{status}");
    }
}

#[tokio::test]
async fn an_answering_machine_takes_no_call() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    call.reaches_a_machine().await;
    assert!(call.last().contains("Nobody is free"), "{}", call.last());
    let traces = traces(&app, &hvac, "call.dialled").await;
    assert_eq!(
        (&traces[0]["status"], &traces[0]["is_answered"]),
        (&"completed".into(), &false.into())
    );
}

#[tokio::test]
async fn a_wrong_key_does_not_take_the_call() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    let whisper = call.dialled().attribute("url").to_owned();
    let told = [
        ("CallSid", "CAd"),
        ("ParentCallSid", call.sid.as_str()),
        ("Digits", "5"),
    ];
    let answer = app.twilio_posts(&whisper, &told).await.expect(200);
    assert!(answer.body.contains("<Hangup/>"), "{}", answer.body);
}

#[tokio::test]
async fn a_dial_that_ends_twice_is_followed_once() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    let action = call.verb("Dial").attribute("action").to_owned();
    call.rings_in_vain("no-answer").await;
    let answer = call.document.clone();
    call.go(
        &action,
        &[("DialCallStatus", "no-answer"), ("DialBridged", "false")],
    )
    .await;
    assert_eq!(call.document, answer);
    let count =
        "select count(*) from interaction_messages where subscriber_id = $1 and role = 'AI'";
    assert_eq!(app.value::<i64>(&hvac, count).await, 3);
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_rings_is_gone() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_off()
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    call.dial_ends(&[
        ("CallStatus", "completed"),
        ("DialCallStatus", "canceled"),
        ("DialBridged", "false"),
    ])
    .await;
    assert_eq!(call.does(), ["Hangup"]);
    call.ends_after("9").await.expect(204);
    assert_eq!(the_call(&app, &hvac).await.0, "MISSED");
    assert_eq!(app.count_events(&hvac, "call.missed").await, 1);
}

#[tokio::test]
async fn who_withholds_their_number_is_shown_as_ours() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from("anonymous").calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    assert_eq!(call.verb("Dial").attribute("callerId"), hvac.number);
}

#[tokio::test]
async fn a_phone_that_forwards_back_to_us_ends_in_a_tone_and_not_in_a_loop() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_off()
        .await;
    let mut call = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(call.does(), ["Dial"]);
    // The owner's carrier sends it back: the same caller, the same number, another call.
    let looped = app
        .call_from(CALLER)
        .with("ForwardedFrom", OWNER)
        .calls(&hvac.number)
        .await;
    assert_eq!(looped.does(), ["Say", "Record"]);
    let silent = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(silent.does(), ["Say", "Record"]);
    call.rings_in_vain("no-answer").await;
    assert_eq!(call.does(), ["Say", "Record"]);
    // That is over: the same caller is rung through again.
    call.ends_after("30").await.expect(204);
    let later = app.call_from(CALLER).calls(&hvac.number).await;
    assert_eq!(later.does(), ["Dial"]);
}

#[tokio::test]
async fn a_line_that_forwards_to_us_is_answered_and_never_rung() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app
        .call_from(CALLER)
        .with("ForwardedFrom", OWNER)
        .calls(&hvac.number)
        .await;
    assert_eq!(call.does(), ["Gather"]);
    call.says("can I talk to a person please").await;
    assert_eq!(call.does(), ["Gather"], "{}", call.document);
    let own = app.call_from(OWNER).calls(&hvac.number).await;
    assert_eq!(own.does(), ["Gather"]);
}

#[tokio::test]
async fn switched_off_a_person_is_rung_and_then_there_is_a_tone() {
    let app = TestApp::start().await;
    let hvac = app
        .subscriber("hvac")
        .transfer_number(OWNER)
        .voice_off()
        .await;
    let path = format!("/voice/forward-to-owner/{}", hvac.id);
    let mut call = app.call_from(CALLER).calls_at(&hvac.number, &path).await;
    assert_eq!(call.dialled().text, OWNER);
    call.is_put_through("60").await;
    call.ends_after("75").await.expect(204);
    let (outcome, handled_by, _, _) = the_call(&app, &hvac).await;
    assert_eq!(
        (outcome.as_str(), handled_by.as_deref()),
        ("ANSWERED", Some("HUMAN"))
    );
    assert_eq!(
        usage(&app, &hvac).await,
        [(0, Some("FORWARDED".to_owned()))]
    );
}

#[tokio::test]
async fn the_switch_decides_and_not_the_url_that_twilio_has() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let path = format!("/api/voice/forward-to-owner/{}", hvac.id);
    let call = app.call_from(CALLER).calls_at(&hvac.number, &path).await;
    assert_eq!(call.does(), ["Gather"]);
    app.change(&hvac, "update subscriber_channels set is_enabled = false where subscriber_id = $1 and channel = 'VOICE'").await;
    let call = app.call_from("+15145550143").calls(&hvac.number).await;
    assert_eq!(call.does(), ["Dial"]);
}

#[tokio::test]
async fn another_business_in_the_path_does_not_get_the_call() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let other = app.subscriber("other").await;
    let path = format!("/voice/forward-to-owner/{}", other.id);
    let call = app.call_from(CALLER).calls_at(&hvac.number, &path).await;
    assert!(call.last().contains("hvac"), "{}", call.last());
}

#[tokio::test]
async fn a_call_from_our_own_number_is_nobodys_and_rings_nobody() {
    for mode in ["OFF", "FULL", "STAFF_FIRST"] {
        let app = TestApp::start().await;
        let hvac = app
            .subscriber("hvac")
            .transfer_number(OWNER)
            .voice_mode(mode)
            .await;
        let mut ours = app.call_from(&hvac.number).calls(&hvac.number).await;
        assert_eq!(ours.does(), ["Say", "Record"], "{mode}");
        ours.leaves_a_message("4").await;
        ours.ends_after("9").await.expect(204);
        let contacts = "select count(*) from contacts where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&hvac, contacts).await, 0, "{mode}");
    }
}

#[tokio::test]
async fn while_somebody_is_rung_for_a_caller_without_number_nobody_is_for_another() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let mut call = app.call_from("anonymous").calls(&hvac.number).await;
    call.says("can I talk to a person please").await;
    assert_eq!(call.does(), ["Say", "Dial"]);
    let mut other = app.call_from("Restricted").calls(&hvac.number).await;
    assert_eq!(other.does(), ["Gather"], "whoever it is is answered");
    other.says("can I talk to a person please").await;
    assert_eq!(other.does(), ["Gather"], "{}", other.document);
    call.rings_in_vain("no-answer").await;
    let mut later = app.call_from("anonymous").calls(&hvac.number).await;
    later.says("can I talk to a person please").await;
    assert_eq!(later.does(), ["Say", "Dial"]);
}

#[tokio::test]
async fn a_line_that_forwards_is_known_however_its_carrier_writes_it() {
    for written in ["2045550177", "12045550177", "(204) 555-0177"] {
        let app = TestApp::start().await;
        let hvac = hvac(&app).await;
        let mut call = app
            .call_from(CALLER)
            .with("ForwardedFrom", written)
            .calls(&hvac.number)
            .await;
        call.says("can I talk to a person please").await;
        assert_eq!(call.does(), ["Gather"], "{written}: {}", call.document);
        let status = "select forwarding_status from subscriber_profiles where subscriber_id = $1";
        assert_eq!(
            app.value::<String>(&hvac, status).await,
            "ACTIVE",
            "{written}"
        );
    }
}

#[tokio::test]
async fn who_is_rung_is_not_the_line_that_forwards() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    let owner =
        "update subscriber_profiles set owner_phone = '+12045550188' where subscriber_id = $1";
    app.change(&hvac, owner).await;
    let mut call = app
        .call_from(CALLER)
        .with("ForwardedFrom", "+12045550188")
        .calls(&hvac.number)
        .await;
    call.says("can I talk to a person please").await;
    assert_eq!(call.dialled().text, OWNER);
}

#[tokio::test]
async fn the_path_names_a_business_by_its_slug_and_a_name_of_nobody_is_no_error() {
    let app = TestApp::start().await;
    let hvac = hvac(&app).await;
    for named in ["hvac", "nobody-here", "No%20Name"] {
        let path = format!("/voice/forward-to-owner/{named}");
        let call = app.call_from(CALLER).calls_at(&hvac.number, &path).await;
        assert!(call.last().contains("hvac"), "{named}: {}", call.last());
        call.ends_after("9").await.expect(204);
    }
    // A number that is nobody's here: the path alone names the business.
    let call = app
        .call_from(CALLER)
        .calls_at("+14319990000", "/voice/forward-to-owner/hvac")
        .await;
    assert!(call.last().contains("hvac"), "{}", call.last());
}
