//! The figures are those of the rows.
use serde_json::json;

use super::Scene;
use crate::{fakes::Answering, support::hours};

#[tokio::test]
async fn each_delivery_is_counted_once_as_what_it_is() {
    let scene = Scene::new().await;
    let staff = scene.app.staff(&scene.shop).await;
    let path = "/api/dashboard/webhooks/stats";
    let none = staff.get(path).await.expect(200).json();
    assert_eq!(
        none,
        json!({"succeeded": 0, "failed": 0, "dead": 0, "pending": 0, "success_rate": 1.0, "p95_ms": null})
    );
    for _ in 0..6 {
        scene.delivers().await;
    }
    let abort = Answering::With(
        400,
        vec![("webhook-delivery", "abort-message")],
        String::new(),
    );
    scene.receiver.answers_next([abort, Answering::status(500)]);
    scene.delivers().await;
    scene.delivers().await;
    scene.happens().await;
    let sums = staff.get(path).await.expect(200).json();
    let counts =
        ["succeeded", "failed", "dead", "pending"].map(|name| sums[name].as_i64().unwrap());
    assert_eq!(counts, [6, 1, 1, 1]);
    assert_eq!(sums["success_rate"], 0.75);
    assert!(sums["p95_ms"].is_i64());
    assert_eq!(scene.deliveries().await.len(), 9);
    let other = scene.app.subscriber("other").await;
    let others = scene.app.staff(&other).await;
    assert_eq!(others.get(path).await.expect(200).json(), none);
    scene.app.advance(hours(31 * 24));
    let staff = scene.app.staff(&scene.shop).await;
    assert_eq!(
        staff.get(path).await.expect(200).json(),
        none,
        "the last 30 days"
    );
}
