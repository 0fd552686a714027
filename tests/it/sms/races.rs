//! Two things at the same moment, of which one forbids the other.
use rocket_reception::{
    kernel::{
        db::{TenantTx, Tx},
        phone::E164,
    },
    people,
};

use crate::support::{Subscriber, TestApp, seconds};

const ANNE: &str = "+15145550123";

async fn texts(app: &TestApp, to: &Subscriber, from: &str, words: &str) {
    app.text_from(from)
        .to(&to.number)
        .says(words)
        .send()
        .await
        .expect(200);
}

/// A business with a reply to Anne that waits to be sent.
async fn with_a_waiting_reply(app: &TestApp) -> Subscriber {
    let hvac = app.subscriber("hvac").await;
    app.twilio.limit_next(30);
    texts(app, &hvac, ANNE, "hello").await;
    app.run_jobs().await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "QUEUED");
    app.advance(seconds(60));
    hvac
}

/// A transaction that holds Anne's row, as one that writes her STOP does.
async fn hold_anne(app: &TestApp, hvac: &Subscriber) -> TenantTx {
    let mut tx = TenantTx::begin(&app.state.db, hvac.id).await.unwrap();
    let anne: E164 = ANNE.parse().unwrap();
    let now = app.clock.now();
    people::touch_contact(&mut tx, &anne, "SMS", now)
        .await
        .unwrap();
    tx
}

#[tokio::test]
async fn a_stop_that_is_being_written_while_a_text_is_decided_wins() {
    let app = TestApp::start().await;
    let hvac = with_a_waiting_reply(&app).await;
    let mut stop = hold_anne(&app, &hvac).await;
    let sending = app.run_jobs_meanwhile();
    app.until_somebody_waits_for_a_lock().await;
    let (anne, now) = (ANNE.parse().unwrap(), app.clock.now());
    people::start_opt_out(&mut stop, &anne, "KEYWORD", now)
        .await
        .unwrap();
    stop.commit().await.unwrap();
    sending.await.unwrap();
    assert!(app.twilio.texts().is_empty());
    assert_eq!(
        app.only_outgoing(&hvac).await.reason.as_deref(),
        Some("OPTED_OUT")
    );
}

#[tokio::test]
async fn an_opt_out_that_no_text_brought_wins_too() {
    let app = TestApp::start().await;
    let hvac = with_a_waiting_reply(&app).await;
    let mut call = TenantTx::begin(&app.state.db, hvac.id).await.unwrap();
    let (anne, now) = (ANNE.parse().unwrap(), app.clock.now());
    people::start_opt_out(&mut call, &anne, "TOOL", now)
        .await
        .unwrap();
    let sending = app.run_jobs_meanwhile();
    app.until_somebody_waits_for_a_lock().await;
    call.commit().await.unwrap();
    sending.await.unwrap();
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn a_text_that_went_out_waits_for_its_person_before_it_holds_the_sums() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let hold = app.twilio.hold_next();
    texts(&app, &hvac, ANNE, "hello").await;
    let sending = app.run_jobs_meanwhile();
    hold.arrived().await;
    let mut receiver = hold_anne(&app, &hvac).await;
    hold.release();
    app.until_somebody_waits_for_a_lock().await;
    // A text from Anne wants her row, then her conversation's, then the sums.
    for statement in [
        "select from outgoing_messages where subscriber_id = $1 for update nowait",
        "select from usage_rollups where subscriber_id = $1 for update nowait",
    ] {
        sqlx::query(statement)
            .bind(hvac.id)
            .execute(receiver.conn())
            .await
            .unwrap();
    }
    receiver.commit().await.unwrap();
    sending.await.unwrap();
    assert_eq!(app.only_outgoing(&hvac).await.status, "SENT");
}

#[tokio::test]
async fn a_takeover_that_is_being_written_while_a_reply_is_decided_wins() {
    let app = TestApp::start().await;
    let hvac = with_a_waiting_reply(&app).await;
    let mut takeover = TenantTx::begin(&app.state.db, hvac.id).await.unwrap();
    sqlx::query("update interactions set is_ai_paused = true where subscriber_id = $1")
        .bind(hvac.id)
        .execute(takeover.conn())
        .await
        .unwrap();
    let sending = app.run_jobs_meanwhile();
    app.until_somebody_waits_for_a_lock().await;
    takeover.commit().await.unwrap();
    sending.await.unwrap();
    assert!(app.twilio.texts().is_empty());
    assert_eq!(
        app.only_outgoing(&hvac).await.reason.as_deref(),
        Some("TAKEN_OVER")
    );
}

#[tokio::test]
async fn news_of_a_text_wait_for_its_person_before_they_hold_the_text() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    texts(&app, &hvac, ANNE, "hello").await;
    app.run_jobs().await;
    let sid = app.twilio.only_text().sid;
    let mut sender = hold_anne(&app, &hvac).await;
    let status = app
        .status_of(&sid, "undelivered")
        .field("ErrorCode", "30005");
    let sending = async {
        app.until_somebody_waits_for_a_lock().await;
        // In the other order each would wait for what the other one holds.
        sqlx::query("select from outgoing_messages where subscriber_id = $1 for update nowait")
            .bind(hvac.id)
            .execute(sender.conn())
            .await
            .unwrap();
        sender.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(status.send(), sending);
    answer.expect(204);
    assert_eq!(app.only_outgoing(&hvac).await.status, "UNDELIVERED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stops_among_twenty_conversations_are_heeded_whenever_they_come() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let people: Vec<_> = (0..20)
        .map(|number| format!("+151455502{number:02}"))
        .collect();
    for person in &people {
        texts(&app, &hvac, person, "hello").await;
    }
    let working = [(); 3].map(|()| app.run_jobs_meanwhile());
    let stop = |person: &String| {
        app.text_from(person)
            .to(&hvac.number)
            .says("STOP")
            .request()
    };
    for answer in app.send_at_once(people.iter().map(stop).collect()).await {
        answer.expect(200);
    }
    for work in working {
        work.await.unwrap();
    }
    app.advance(seconds(60));
    app.run_jobs().await;
    let sent = app.twilio.texts();
    for text in app.outgoing(&hvac).await {
        let is_out = sent.iter().any(|sent| sent.to == text.to_number);
        let expected = if is_out { "SENT" } else { "SUPPRESSED" };
        assert_eq!(text.status, expected, "{text:?}");
    }
    for person in &people {
        texts(&app, &hvac, person, "are you there?").await;
    }
    app.run_jobs().await;
    assert_eq!(
        app.twilio.texts().len(),
        sent.len(),
        "nobody is texted after STOP"
    );
    assert_eq!(app.count_events(&hvac, "contact.opted_out").await, 20);
}
