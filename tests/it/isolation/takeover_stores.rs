//! Taking over, approving, testing the owner's line: as in `stores`, with one subscriber's transaction and another's ids.
use rocket_reception::{
    messaging::store::approvals,
    traffic::store::takeover,
    voice::forwarding::store::{self as forwarding, TestCall, TestState},
};
use uuid::Uuid;

use super::stores::{Scene, now, phone};

#[tokio::test]
async fn nobody_takes_over_what_is_anothers() {
    let scene = Scene::new().await;
    let others = scene.interaction(scene.world.b);
    let mut tx = scene.tx().await;
    let taken = takeover::take_over(&mut tx, others, None, None).await;
    assert!(taken.unwrap().is_none());
    assert!(!takeover::hand_back(&mut tx, others).await.unwrap());
    assert!(!takeover::lock_speaker(&mut tx, others).await.unwrap());
    let held = approvals::lock_held(&mut tx, others).await.unwrap();
    assert!(held.is_none());
}

#[tokio::test]
async fn a_reply_of_anothers_is_not_approved() {
    let scene = Scene::new().await;
    let own = scene.interaction(scene.world.a);
    let mut tx = scene.tx().await;
    if let Some(held) = approvals::lock_held(&mut tx, own).await.unwrap() {
        approvals::approve(&mut tx, &held, "Yes.", None, now())
            .await
            .unwrap();
    }
    drop(tx);
    let others = scene.interaction(scene.world.b);
    let mut tx = scene.tx().await;
    assert!(
        approvals::lock_held(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_test_of_anothers_line_is_not_there_and_stays_as_it_is() {
    let scene = Scene::new().await;
    let mut tx = scene.tx().await;
    let test = TestCall {
        id: Uuid::now_v7(),
        owner_phone: phone(),
        number: "+14315550199".parse().unwrap(),
        state: TestState::Calling,
        started_at: now(),
        ended_at: None,
    };
    let earlier = now() - chrono::TimeDelta::minutes(2);
    assert!(forwarding::begin(&mut tx, &test, earlier).await.unwrap());
    assert!(forwarding::find(&mut tx, test.id).await.unwrap().is_some());
    let last = forwarding::find_last(&mut tx).await.unwrap();
    assert_eq!(last.unwrap().id, test.id);
    let nobodys = Uuid::now_v7();
    assert!(forwarding::find(&mut tx, nobodys).await.unwrap().is_none());
    let state = TestState::Failed;
    let set = forwarding::set_state(&mut tx, nobodys, state, None, Some(now())).await;
    assert!(!set.unwrap());
    let came = forwarding::came_back(&mut tx, &phone(), earlier, now()).await;
    assert!(!came.unwrap());
    let status = rocket_reception::tenancy::ForwardingStatus::Active;
    forwarding::set_status(&mut tx, status, now())
        .await
        .unwrap();
}
