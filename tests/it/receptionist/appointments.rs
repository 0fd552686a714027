//! Booking, finding, moving and cancelling by tool: what proves whose it is, and what each refusal says.
use rocket_reception::receptionist::{
    Heard, Medium, Turn,
    brain::{self, Question},
    tools::ToolName,
};
use rocket_reception::{kernel::db::TenantTx, tenancy, traffic};
use serde_json::{Value, json};

use super::{ANNE, Talk, count_appointments};
use crate::support::{TestApp, minutes};

const BOB: &str = "+15145550199";

#[tokio::test]
async fn a_slot_is_booked_and_told_with_its_code() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").service("Tune-up", 60, 149).await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday at 10 am").await;
    let args = json!({"slot": slot["slot"], "customer_name": "Anne Roy", "reason": "it rattles"});
    let booked = anne
        .ask_as("one", ToolName::BookAppointment, args.clone())
        .await;
    assert_eq!(booked["result"], "booked", "{booked}");
    let code = booked["confirmation_code"].as_str().unwrap();
    let expected = format!(
        "You are booked for Tuesday, November 24 at 10 a.m. Your confirmation code is {code}."
    );
    assert_eq!(booked["message"], expected);
    assert_eq!(booked["start"], "2026-11-24T16:00:00Z");
    assert_eq!(
        anne.ask_as("one", ToolName::BookAppointment, args).await,
        booked,
        "once"
    );
    let row = "select a.source, a.customer_name, a.customer_phone, a.purpose, s.name, a.interaction_id is not null
                 from appointments a join services s on s.subscriber_id = a.subscriber_id and s.id = a.service_id
                where a.subscriber_id = $1";
    let rows: Vec<(String, String, String, String, String, bool)> = app.rows(&hvac, row).await;
    let expected = ["SMS", "Anne Roy", ANNE, "it rattles", "Tune-up"].map(str::to_owned);
    let [source, name, phone, purpose, service] = expected;
    assert_eq!(rows, [(source, name, phone, purpose, service, true)]);
    let outcome = "select outcome_type from interactions where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, outcome).await, "BOOKED");
}

#[tokio::test]
async fn what_cannot_be_booked_is_told_with_what_can() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").service("Tune-up", 60, 149).await;
    let other = app.subscriber("clinic").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let elsewhere = Talk::by_text(&app, &other, ANNE)
        .await
        .slot("tuesday")
        .await;
    let slot = anne.slot("tuesday").await["slot"].clone();
    let named = |mut args: Value| {
        args["customer_name"] = json!("Anne");
        args
    };
    for (args, result, alternatives) in [
        (json!({"slot": slot}), "invalid", 0),
        (named(json!({})), "invalid", 0),
        (named(json!({"slot": "forged"})), "invalid", 0),
        (named(json!({"slot": elsewhere["slot"]})), "invalid", 0),
        (named(json!({"slot": "blorp blorp"})), "invalid", 0),
        (named(json!({"start": "blorp"})), "invalid", 0),
        (
            named(json!({"start": "2026-11-20T10:00"})),
            "in_the_past",
            0,
        ),
        (
            named(json!({"start": "2026-11-24T03:00"})),
            "outside_hours",
            3,
        ),
        (
            named(json!({"start": "2026-11-22T10:00"})),
            "outside_hours",
            3,
        ),
        (
            named(json!({"start": "2026-11-24T16:30"})),
            "outside_hours",
            3,
        ),
        (named(json!({"start": "2026-11-24T10:10"})), "no_slot", 3),
        (
            named(json!({"start": "2027-11-24T10:00"})),
            "outside_hours",
            0,
        ),
        (
            named(json!({"slot": slot, "customer_phone": "12"})),
            "invalid",
            0,
        ),
        (
            named(json!({"slot": slot, "customer_email": "nobody"})),
            "invalid",
            0,
        ),
        (json!({"slot": slot, "customer_name": "?!"}), "invalid", 0),
    ] {
        let answer = anne.ask(ToolName::BookAppointment, args.clone()).await;
        assert_eq!(answer["result"], result, "{args}: {answer}");
        let found = answer["alternatives"].as_array().map_or(0, Vec::len);
        assert_eq!(found, alternatives, "{args}: {answer}");
    }
    assert_eq!(count_appointments(&app, &hvac).await, 0);
}

#[tokio::test]
async fn a_start_is_taken_however_it_is_written_if_it_is_offered_now() {
    for start in [
        "2026-11-24T10:00",
        "2026-11-24 10:00:00",
        "2026-11-24T10:00:00-06:00",
        "2026-11-24T16:00:00Z",
        "tuesday at 10 am",
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        let anne = Talk::by_text(&app, &hvac, ANNE).await;
        let args = json!({"start": start, "customer_name": "Anne"});
        let booked = anne.ask(ToolName::BookAppointment, args).await;
        assert_eq!(booked["start"], "2026-11-24T16:00:00Z", "{start}: {booked}");
    }
}

#[tokio::test]
async fn an_offer_runs_out_and_a_taken_time_brings_others() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday at 10 am").await;
    let later = anne.slot("tuesday at 11 am").await;
    assert_eq!(anne.book(&slot).await["result"], "booked");
    let second = anne.book(&slot).await;
    assert_eq!(second["result"], "slot_taken", "{second}");
    let others = second["alternatives"].as_array().unwrap();
    assert!((1..=3).contains(&others.len()), "{second}");
    assert!(
        second["message"].as_str().unwrap().contains("I still have"),
        "{second}"
    );
    assert_eq!(anne.book(&others[0]).await["result"], "booked");
    app.advance(minutes(16));
    let expired = anne.book(&later).await;
    assert_eq!(expired["result"], "invalid", "{expired}");
}

#[tokio::test]
async fn who_withholds_the_number_is_asked_for_one() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let mut anne = Talk::by_text(&app, &hvac, ANNE).await;
    anne.errand.caller = None;
    let slot = anne.slot("tuesday").await;
    let refused = anne.book(&slot).await;
    assert_eq!(refused["message"], "And at which number can we reach you?");
    let args =
        json!({"slot": slot["slot"], "customer_name": "Anne", "customer_phone": "514 555-0123"});
    assert_eq!(
        anne.ask(ToolName::BookAppointment, args).await["result"],
        "booked"
    );
    let phone = "select customer_phone from appointments where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, phone).await, ANNE);
}

#[tokio::test]
async fn an_appointment_is_changed_by_the_phone_that_booked_it_or_by_its_code() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday at 10 am").await;
    let booked = anne.book(&slot).await;
    let code = booked["confirmation_code"].as_str().unwrap().to_owned();
    let found = anne.ask(ToolName::FindAppointment, json!({})).await;
    assert_eq!(
        found["message"],
        "You have an appointment on Tuesday, November 24 at 10 a.m."
    );

    let bob = Talk::by_text(&app, &hvac, BOB).await;
    for (name, args, result) in [
        (ToolName::FindAppointment, json!({}), "needs_proof"),
        (
            ToolName::FindAppointment,
            json!({"customer_phone": ANNE}),
            "needs_proof",
        ),
        (
            ToolName::FindAppointment,
            json!({"confirmation_code": "AFH234"}),
            "not_found",
        ),
        (ToolName::CancelAppointment, json!({}), "needs_proof"),
        (
            ToolName::CancelAppointment,
            json!({"confirmation_code": "nonsense"}),
            "not_found",
        ),
        (
            ToolName::RescheduleAppointment,
            json!({"start": "2026-11-25T10:00"}),
            "needs_proof",
        ),
    ] {
        let answer = bob.ask(name, args.clone()).await;
        assert_eq!(answer["result"], result, "{name:?} {args}: {answer}");
        assert!(answer.get("start").is_none(), "{answer}");
    }
    let spelled: Vec<String> = code.to_lowercase().chars().map(String::from).collect();
    let args = json!({"start": "2026-11-25T10:00", "confirmation_code": spelled.join(" ")});
    let moved = bob.ask(ToolName::RescheduleAppointment, args).await;
    assert_eq!(moved["result"], "rescheduled", "{moved}");
    assert_eq!(moved["start"], "2026-11-25T16:00:00Z");
    for (args, result) in [
        (json!({}), "invalid"),
        (json!({"start": "2026-11-25T03:00"}), "outside_hours"),
        (json!({"start": "2026-11-20T10:00"}), "in_the_past"),
        (json!({"slot": "forged"}), "invalid"),
    ] {
        let answer = anne
            .ask(ToolName::RescheduleAppointment, args.clone())
            .await;
        assert_eq!(answer["result"], result, "{args}: {answer}");
    }
    let cancelled = anne
        .ask(
            ToolName::CancelAppointment,
            json!({"confirmation_code": code}),
        )
        .await;
    assert_eq!(cancelled["result"], "cancelled", "{cancelled}");
    assert_eq!(count_appointments(&app, &hvac).await, 0);
    assert_ne!(
        anne.ask(ToolName::FindAppointment, json!({})).await["result"],
        "ok"
    );
}

#[tokio::test]
async fn where_booking_is_off_a_wish_becomes_a_lead() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.change(
        &hvac,
        "update subscriber_profiles set is_booking_enabled = false where subscriber_id = $1",
    )
    .await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let free = anne
        .ask(
            ToolName::CheckCalendarAvailability,
            json!({"date": "tuesday"}),
        )
        .await;
    assert_eq!(free["result"], "unavailable");
    let args = json!({"start": "tuesday at ten", "customer_name": "Anne", "reason": "furnace"});
    let taken = anne.ask(ToolName::BookAppointment, args).await;
    assert_eq!(taken["result"], "message_taken", "{taken}");
    let lead = "select category || ': ' || summary from leads where subscriber_id = $1";
    let lead: String = app.value(&hvac, lead).await;
    assert_eq!(lead, "APPOINTMENT: Anne, tuesday at ten, furnace");
}

/// What a turn on the telephone is: one transaction, or nothing.
#[tokio::test]
async fn a_turn_inside_a_transaction_is_done_with_it_and_undone_with_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    for is_kept in [false, true] {
        let mut tx = TenantTx::begin(&app.state.db, hvac.id).await.unwrap();
        let line = tenancy::find_line(&mut tx, tenancy::Channel::Sms).await;
        let line = line.unwrap().unwrap();
        let mut replies = Vec::new();
        for words in ["book tuesday at 10 am", "Anne Roy", "yes"] {
            let interaction = anne.errand.interaction;
            let dialogue = traffic::find_dialogue(&mut tx, interaction).await.unwrap();
            let question = Question {
                errand: &anne.errand,
                business: &anne.business,
                line: &line,
                retell: None,
                turn: Turn {
                    heard: Heard::Text(words.to_owned()),
                    medium: Medium::Voice,
                    language: anne.language,
                    intent: None,
                    now: app.clock.now(),
                    has_media: false,
                },
                dialogue,
            };
            let answer = brain::answer_in(&app.state, &mut tx, question)
                .await
                .unwrap();
            let now = app.clock.now();
            traffic::save_dialogue(&mut tx, interaction, &answer.dialogue, now)
                .await
                .unwrap();
            replies.push(answer.reply.text);
        }
        assert!(replies[2].starts_with("You are booked"), "{replies:?}");
        if is_kept {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        assert_eq!(count_appointments(&app, &hvac).await, i64::from(is_kept));
    }
}

#[tokio::test]
async fn a_code_that_names_nothing_open_changes_nothing_else_of_the_caller() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let first = anne.slot("tuesday").await;
    let code = anne.book(&first).await["confirmation_code"].clone();
    let second = anne.slot("wednesday").await;
    anne.book(&second).await;
    // Which of the two nobody can know: it is asked, and each can be named by its code.
    let change = json!({"start": "2026-11-26T10:00"});
    for (tool, args, result) in [
        (ToolName::CancelAppointment, json!({}), "which_one"),
        (ToolName::RescheduleAppointment, change, "which_one"),
        (ToolName::FindAppointment, json!({}), "ok"),
    ] {
        let answer = anne.ask(tool, args).await;
        assert_eq!(answer["result"], result, "{answer}");
        assert_eq!(answer["appointments"].as_array().unwrap().len(), 2);
        assert_eq!(answer["appointments"][0]["confirmation_code"], code);
        assert!(answer["message"].as_str().unwrap().contains("Wednesday"));
    }
    let args = json!({ "confirmation_code": code });
    let answer = anne.ask(ToolName::CancelAppointment, args.clone()).await;
    assert_eq!(answer["result"], "cancelled", "{answer}");
    // The same again, by a model that lost the answer.
    let answer = anne.ask(ToolName::CancelAppointment, args).await;
    assert_eq!(answer["result"], "not_found", "{answer}");
    assert_eq!(count_appointments(&app, &hvac).await, 1);
}

#[tokio::test]
async fn a_slot_that_was_offered_without_a_service_is_booked_for_its_whole_length() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").service("Deep clean", 120, 300);
    let hvac = hvac.service("Check", 30, 50).await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday").await;
    let args = json!({"slot": slot["slot"], "customer_name": "Anne Roy", "service": "Deep clean"});
    let booked = anne.ask(ToolName::BookAppointment, args).await;
    assert_eq!(booked["result"], "booked", "{booked}");
    let length = "select (extract(epoch from ends_at - starts_at) / 60)::int from appointments where subscriber_id = $1";
    assert_eq!(app.value::<i32>(&hvac, length).await, 120);
}

#[tokio::test]
async fn who_took_a_conversation_over_decides_what_is_done_in_it() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let anne = Talk::by_text(&app, &hvac, ANNE).await;
    let slot = anne.slot("tuesday").await;
    app.change(
        &hvac,
        "update interactions set is_ai_paused = true where subscriber_id = $1",
    )
    .await;
    let answer = anne.book(&slot).await;
    assert_eq!(answer["result"], "unavailable", "{answer}");
    assert_eq!(count_appointments(&app, &hvac).await, 0);
}
