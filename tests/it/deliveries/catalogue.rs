//! The catalogue of events, as receivers' builders see it.
use rocket_reception::events::catalogue;
use serde_json::Value;

use super::{Scene, call_ended, emit};

#[tokio::test]
async fn every_event_has_a_schema_and_an_example_of_the_whole_body() {
    let scene = Scene::new().await;
    let staff = scene.app.staff(&scene.shop).await;
    let listed = staff.get("/api/event-types").await.expect(200).json();
    let listed = listed["data"].as_array().unwrap();
    assert_eq!(listed.len(), catalogue::types().len());
    for entry in listed {
        assert_eq!(entry["example"]["type"], entry["type"]);
        assert_fits(&entry["schema"], &entry["example"]);
        let data = entry["example"]["data"].as_object().unwrap();
        assert!(
            data.values().all(|value| !value.is_array()),
            "two levels at most"
        );
    }
}

#[tokio::test]
async fn what_is_sent_fits_the_schema_that_is_served() {
    let scene = Scene::new().await;
    emit(
        &scene.app,
        &scene.shop,
        &[call_ended()],
        scene.app.clock.now(),
    )
    .await;
    scene.app.run_jobs().await;
    let staff = scene.app.staff(&scene.shop).await;
    let listed = staff.get("/api/event-types").await.expect(200).json();
    let entries = listed["data"].as_array().unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry["type"] == "call.ended")
        .unwrap();
    assert_fits(&entry["schema"], &scene.receiver.last().json());
}

/// As much of JSON Schema as ours use.
fn assert_fits(schema: &Value, value: &Value) {
    if let Some(constant) = schema.get("const") {
        assert_eq!(constant, value);
    }
    if let Some(required) = schema["required"].as_array() {
        for name in required {
            assert!(
                value.get(name.as_str().unwrap()).is_some(),
                "{name} in {value}"
            );
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, member) in value.as_object().unwrap() {
            let described = properties
                .get(name)
                .unwrap_or_else(|| panic!("{name} is not described"));
            assert_fits(described, member);
        }
    }
}
