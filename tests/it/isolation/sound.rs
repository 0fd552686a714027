//! As in `stores`, for what the receptionist says as sound.
use chrono::TimeDelta;
use rocket_reception::voice::audio::store::{self, NewAudio};

use super::stores::{Scene, now};

#[tokio::test]
async fn a_sound_of_another_subscriber_is_not_found_and_one_of_the_same_words_is_ones_own() {
    let scene = Scene::new().await;
    let others = scene.world.id("audio_cache", scene.world.b);
    let key = scene.world.value("audio_cache", "key", scene.world.b);
    let key: Vec<u8> = (2..key.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap())
        .collect();
    let later = now() + TimeDelta::days(2);
    let mut tx = scene.tx().await;
    let found = store::find_audio(&mut tx, others, now()).await.unwrap();
    assert!(found.is_none());
    // Long unused, so that finding it would change it.
    let found = store::find_kept(&mut tx, &key, later, later, later).await;
    assert!(found.unwrap().is_none());
    let new = NewAudio {
        key: Some(&key),
        audio: b"sound",
        content_type: "audio/wav",
        characters: 5,
        expires_at: later,
    };
    let day = "2026-11-21".parse().unwrap();
    let made = store::insert_audio(&mut tx, &new, day, now())
        .await
        .unwrap();
    assert_ne!(made, others);
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}
