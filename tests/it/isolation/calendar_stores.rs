//! As in `stores`, for calendars at Cal.com.
use rocket_reception::{
    kernel::ids::{AppointmentId, SessionId, UserId},
    scheduling::{
        calcom::{
            EventTypeChoice, Link, Origin,
            store::{
                bookings::{self, Signs},
                connections::{self, Person, SealedTokens},
                consents::{self, Consent},
                slots::{self, Key, Known},
            },
        },
        store::reminders,
    },
};
use uuid::Uuid;

use super::stores::{Scene, assert_no_parent, now};
use crate::support::at;

#[tokio::test]
async fn a_calendar_of_another_subscriber_is_not_found_and_not_changed() {
    let scene = Scene::new().await;
    let (a, b) = (scene.world.a, scene.world.b);
    let id = scene.world.id("calendar_connections", b);
    let theirs = |column| scene.world.value("calendar_connections", column, b);
    let choice = EventTypeChoice {
        id: 7,
        title: None,
        minutes: None,
        lengths: Vec::new(),
    };
    let tokens = SealedTokens {
        access: "stolen".to_owned(),
        refresh: "stolen".to_owned(),
        expires_at: now(),
    };
    let service = scene.world.id("services", b);
    let mut tx = scene.tx().await;
    let own = connections::find(&mut tx).await.unwrap().unwrap();
    assert_eq!(own.id, scene.world.id("calendar_connections", a));
    assert_eq!(
        connections::lock(&mut tx).await.unwrap().unwrap().id,
        own.id
    );
    connections::is_active(&mut tx).await.unwrap();
    let spent = theirs("refresh_token_sealed");
    assert!(
        !connections::set_tokens(&mut tx, spent, &tokens, now())
            .await
            .unwrap()
    );
    connections::expire_token(&mut tx, theirs("access_token_sealed"), now())
        .await
        .unwrap();
    assert!(
        !connections::set_reconnect(&mut tx, spent, now())
            .await
            .unwrap()
    );
    connections::set_webhook_secret(&mut tx, "stolen")
        .await
        .unwrap();
    connections::set_webhook_id(&mut tx, "stolen")
        .await
        .unwrap();
    connections::set_polled(&mut tx, at("2030-01-01T00:00:00Z"))
        .await
        .unwrap();
    connections::set_default_event_type(&mut tx, Some(&choice), now())
        .await
        .unwrap();
    connections::clear_event_type_of(&mut tx, service)
        .await
        .unwrap();
    assert_eq!(
        connections::list_event_types(&mut tx).await.unwrap().len(),
        1
    );
    let found = connections::find_event_type(&mut tx, Some(service))
        .await
        .unwrap();
    assert_ne!(found.map(|choice| choice.id), Some(8));
    for known in [7, 8, 99] {
        let renewed = EventTypeChoice {
            id: known,
            title: Some("stolen".to_owned()),
            ..choice.clone()
        };
        connections::renew_event_type(&mut tx, &renewed, now())
            .await
            .unwrap();
    }
    connections::clear_event_types(&mut tx).await.unwrap();
    let person = Person {
        user_id: 7,
        username: None,
        email: None,
    };
    // The same id is another row: this one's own.
    connections::connect(&mut tx, id, &person, &tokens, now())
        .await
        .unwrap();
    connections::set_disconnected(&mut tx, now()).await.unwrap();
    connections::forget_secrets(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
    let mut tx = scene.tx().await;
    let pointed = connections::set_event_type_of(&mut tx, service, &choice, now()).await;
    assert_no_parent(pointed);
}

#[tokio::test]
async fn consents_and_free_times_of_another_subscriber_are_not_taken() {
    let scene = Scene::new().await;
    let b = scene.world.b;
    let consent = Consent {
        user: UserId::new(),
        session: SessionId::new(),
        wants_webhooks: true,
        expires_at: now(),
    };
    let key = Key {
        event_type: 99,
        minutes: None,
        moving: None,
    };
    let known = Known {
        moving_uid: String::new(),
        covers_from: now(),
        covers_until: now(),
        starts: Vec::new(),
        fetched_at: at("2030-01-01T00:00:00Z"),
    };
    let mut tx = scene.tx().await;
    let id = scene.world.id("calendar_consents", b);
    assert!(consents::take(&mut tx, id).await.unwrap().is_none());
    let late = at("2100-01-01T00:00:00Z");
    let gone = consents::insert(&mut tx, Uuid::now_v7(), "hash", &consent, late).await;
    let others = scene.world.value("calendar_consents", "state_hash", b);
    assert!(!gone.unwrap().iter().any(|hash| hash == others));
    let long_ago = at("2000-01-01T00:00:00Z");
    slots::put(&mut tx, &key, &known).await.unwrap();
    let found = slots::find(&mut tx, &key, long_ago).await.unwrap();
    assert!(found.is_some());
    slots::forget(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn bookings_of_another_subscriber_are_not_found_changed_or_pointed_to() {
    let scene = Scene::new().await;
    let (a, b) = (scene.world.a, scene.world.b);
    let theirs = |column| scene.world.value("calendar_bookings", column, b);
    let appointment = AppointmentId(scene.world.id("appointments", b));
    let mut tx = scene.tx().await;
    let signs = Signs {
        uid: theirs("uid"),
        moved_from: Some(theirs("uid")),
        ical_uid: Some(theirs("ical_uid")),
        ours: Some(scene.world.id("calendar_bookings", b)),
    };
    assert!(bookings::find(&mut tx, &signs).await.unwrap().is_none());
    assert!(
        bookings::find_of(&mut tx, appointment)
            .await
            .unwrap()
            .is_none()
    );
    let long_ago = at("2000-01-01T00:00:00Z");
    let trouble = bookings::list_trouble(&mut tx, long_ago, 10).await.unwrap();
    let own = scene.world.id("calendar_bookings", a);
    assert!(trouble.iter().all(|link| link.id == own));
    let behind = bookings::list_behind(&mut tx, long_ago, 10).await.unwrap();
    assert!(!behind.iter().any(|(id, _)| *id == appointment));
    let unplaced = bookings::list_unplaced(&mut tx, long_ago, 10)
        .await
        .unwrap();
    assert!(!unplaced.iter().any(|uid| uid == theirs("uid")));
    reminders::drop_confirmation(&mut tx, appointment, "STOLEN")
        .await
        .unwrap();
    let mut stolen = Link::new(Origin::Ours, None);
    stolen.id = scene.world.id("calendar_bookings", b);
    // The same id and the same booking are another row.
    stolen.uid = Some(theirs("uid").to_owned());
    bookings::save(&mut tx, &stolen, now()).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
    let mut tx = scene.tx().await;
    stolen.id = Uuid::now_v7();
    stolen.uid = None;
    stolen.appointment = Some(appointment);
    assert_no_parent(bookings::save(&mut tx, &stolen, now()).await);
}
