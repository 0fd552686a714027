//! What staff reads and does: as in `stores`, with one subscriber's transaction and another's ids.
use rocket_reception::{
    kernel::{
        db::Tx,
        ids::{InteractionId, RecordingId, UserId},
    },
    messaging::store::{self as texts, TextFilter},
    tenancy::{self, Channel},
    traffic::{
        Error,
        filter::Filter,
        store::{
            black_box, details, lists, open_calls, recordings,
            staff::{self, Addressee},
        },
    },
};
use serde_json::json;
use uuid::Uuid;

use super::stores::{Scene, assert_no_parent, now, phone};
use crate::support::execute;

#[tokio::test]
async fn lists_hold_the_own_rows_and_ids_of_others_lead_nowhere() {
    let scene = Scene::new().await;
    let (own, others) = (
        scene.interaction(scene.world.a),
        scene.interaction(scene.world.b),
    );
    let mut tx = scene.tx().await;
    let everything = Filter::default();
    let shown = lists::list(&mut tx, &everything, 50).await.unwrap();
    assert_eq!(ids(shown.iter().map(|row| row.id)), [own.0]);
    let shown = lists::list_inbox(&mut tx, &everything, 50).await.unwrap();
    assert!(shown.iter().all(|row| row.id == own.0));
    assert!(lists::find(&mut tx, own.0).await.unwrap().is_some());
    assert!(lists::find(&mut tx, others.0).await.unwrap().is_none());
    let shown = texts::list_texts(&mut tx, &TextFilter::default(), 50).await;
    assert!(shown.unwrap().iter().all(|row| row.interaction_id == own.0));
    let turns = details::list_turns(&mut tx, own).await.unwrap();
    assert_eq!(turns.len(), 1);
    assert!(
        details::list_turns(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
    let tools = details::list_tool_calls(&mut tx, own).await.unwrap();
    assert_eq!(tools.len(), 1);
    assert!(
        details::list_tool_calls(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        details::list_notes(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
}

fn ids(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect()
}

#[tokio::test]
async fn the_sound_of_another_subscriber_is_not_found() {
    let scene = Scene::new().await;
    let recording = |subscriber| RecordingId(scene.world.id("recordings", subscriber));
    let (own, others) = (recording(scene.world.a), recording(scene.world.b));
    let mut tx = scene.tx().await;
    let shown = recordings::list(&mut tx, None, 50).await.unwrap();
    assert_eq!(shown.iter().map(|row| row.id).collect::<Vec<_>>(), [own]);
    assert!(recordings::find(&mut tx, own).await.unwrap().is_some());
    assert!(recordings::find(&mut tx, others).await.unwrap().is_none());
    assert!(
        recordings::find_source(&mut tx, own)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        recordings::find_source(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
    let others = scene.interaction(scene.world.b);
    assert!(
        recordings::list_of(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_black_box_of_another_subscriber_is_not_read_and_not_written() {
    let scene = Scene::new().await;
    let (own, others) = (
        scene.interaction(scene.world.a),
        scene.interaction(scene.world.b),
    );
    let mut tx = scene.tx().await;
    let lines = black_box::list(&mut tx, own, None, 50).await.unwrap();
    assert_eq!(lines.unwrap().len(), 1);
    assert!(
        black_box::list(&mut tx, others, None, 50)
            .await
            .unwrap()
            .is_none()
    );
    let detail = json!({});
    black_box::insert(&mut tx, own, "STAFF", "test", &detail, now())
        .await
        .unwrap();
    let written = black_box::insert(&mut tx, others, "STAFF", "test", &detail, now()).await;
    assert!(matches!(written, Err(sqlx::Error::RowNotFound)));
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn only_an_own_call_is_found_to_go_on() {
    let scene = Scene::new().await;
    let (own, others) = (
        scene.interaction(scene.world.a),
        scene.interaction(scene.world.b),
    );
    let mut tx = scene.tx().await;
    let statement =
        "update interactions set channel = 'VOICE', status = 'OPEN', external_id = 'call_1'";
    execute(tx.conn(), statement).await;
    let found = open_calls::find_open_call(&mut tx, own).await.unwrap();
    assert!(found.is_some());
    let found = open_calls::find_open_call(&mut tx, others).await.unwrap();
    assert!(found.is_none());
}

#[tokio::test]
async fn what_staff_does_reaches_own_conversations_only() {
    let scene = Scene::new().await;
    let others = scene.interaction(scene.world.b);
    let mut tx = scene.tx().await;
    assert!(!staff::assign(&mut tx, others, None).await.unwrap());
    assert!(!staff::mark_read(&mut tx, others).await.unwrap());
    assert!(
        staff::lock_closing(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
    let own = staff::lock_closing(&mut tx, scene.interaction(scene.world.a)).await;
    let own = own.unwrap().unwrap();
    staff::close(&mut tx, others, &own, now()).await.unwrap();
    let nobody = UserId::new();
    assert!(!staff::is_member(&mut tx, nobody).await.unwrap());
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn a_text_of_staff_points_to_own_rows_only() {
    let scene = Scene::new().await;
    // The channel needs what is beside it.
    let mut tx = scene.tx().await;
    execute(tx.conn(), "update subscriber_channels set channel = 'SMS'").await;
    let line = tenancy::find_line(&mut tx, Channel::Sms)
        .await
        .unwrap()
        .unwrap();
    let (from, to) = ("+14315550100".parse().unwrap(), phone());
    let addressee = Addressee {
        line: &line,
        from: &from,
        to: &to,
        contact: scene.contact(scene.world.b),
        day: now().date_naive(),
    };
    execute(tx.conn(), "update interactions set status = 'COMPLETED'").await;
    assert_no_parent(staff::hold_text(&mut tx, &addressee, now()).await);
    let mut tx = scene.tx().await;
    let own = Addressee {
        contact: scene.contact(scene.world.a),
        ..addressee
    };
    execute(tx.conn(), "update interactions set status = 'COMPLETED'").await;
    let held: Result<_, Error> = staff::hold_text(&mut tx, &own, now()).await;
    let made: InteractionId = held.unwrap().interaction;
    assert_ne!(made, scene.interaction(scene.world.b));
    scene.assert_b_is_as_before().await;
}
