//! As in `stores`, for booking.
use rocket_reception::{
    kernel::ids::{AppointmentId, OutgoingId, ReminderId, ResourceId},
    people,
    scheduling::{
        model::{
            AppointmentStatus, BookingSource, NewAppointment, Notice, NoticeKind, Place, Resource,
        },
        store::{
            appointments::{self, Details},
            lists::{self, Filter},
            reminders, resources,
        },
    },
    tenancy::{directory, store::booking},
    traffic::{self, Outcome},
};

use super::stores::{Scene, assert_no_parent, now, phone};
use crate::support::at;

#[tokio::test]
async fn resources_of_another_subscriber_are_not_found_and_not_changed() {
    let scene = Scene::new().await;
    let others = ResourceId(scene.world.id("resources", scene.world.b));
    let mut tx = scene.tx().await;
    let own = resources::list_resources(&mut tx, None, None, 10)
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
    assert!(
        resources::find_resource(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        resources::lock_resource(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
    let stolen = Resource {
        id: others,
        name: "stolen".to_owned(),
        is_active: true,
    };
    resources::update_resource(&mut tx, &stolen).await.unwrap();
    assert!(!resources::delete_resource(&mut tx, others).await.unwrap());
    resources::ensure_resource(&mut tx, now()).await.unwrap();
    // The same id is another row.
    resources::insert_resource(&mut tx, &stolen, now())
        .await
        .unwrap();
    assert!(
        booking::find_booking_rules(&mut tx)
            .await
            .unwrap()
            .is_some()
    );
    directory::give_up_calendars(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn appointments_of_another_subscriber_are_not_found_changed_or_pointed_to() {
    let scene = Scene::new().await;
    let id = AppointmentId(scene.world.id("appointments", scene.world.b));
    let own = AppointmentId(scene.world.id("appointments", scene.world.a));
    let (start, end) = (at("2026-11-23T15:00:00Z"), at("2026-11-23T16:00:00Z"));
    let mut tx = scene.tx().await;
    let mut mine = appointments::find_appointment(&mut tx, own)
        .await
        .unwrap()
        .unwrap();
    assert!(
        appointments::find_appointment(&mut tx, id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        appointments::lock_appointment(&mut tx, id)
            .await
            .unwrap()
            .is_none()
    );
    let code = scene
        .world
        .value("appointments", "confirmation_code", scene.world.b);
    assert!(!appointments::code_exists(&mut tx, code).await.unwrap());
    let long_ago = at("2000-01-01T00:00:00Z");
    let found = appointments::list_of_person(&mut tx, Some(code), Some(&phone()), long_ago).await;
    assert!(found.unwrap().is_empty());
    let busy = appointments::list_busy(&mut tx, long_ago, at("2100-01-01T00:00:00Z"), None).await;
    assert!(busy.unwrap().is_empty());
    let place = Place {
        resource: mine.resource,
        starts_at: start,
        ends_at: end,
        buffer_minutes: 0,
    };
    assert!(
        appointments::move_appointment(&mut tx, id, &place, now())
            .await
            .unwrap()
    );
    mine.id = id;
    let status = AppointmentStatus::NoShow;
    assert!(
        appointments::set_status(&mut tx, &mine, status, now())
            .await
            .unwrap()
    );
    let details = Details {
        contact: None,
        customer_name: Some("stolen".to_owned()),
        customer_phone: None,
        customer_email: None,
        purpose: None,
        notes: None,
    };
    appointments::set_details(&mut tx, id, &details, now())
        .await
        .unwrap();
    let listed = lists::list_appointments(&mut tx, &Filter::default(), 10)
        .await
        .unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [own]);
    let counted = lists::count_appointments(&mut tx, long_ago, at("2100-01-01T00:00:00Z")).await;
    assert_eq!(counted.unwrap(), 0, "it is cancelled");
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
    let new = NewAppointment {
        resource: mine.resource,
        service: None,
        contact: None,
        interaction: None,
        call_sid: None,
        source: BookingSource::Manual,
        status: AppointmentStatus::Confirmed,
        starts_at: start,
        ends_at: end,
        buffer_minutes: 0,
        timezone: "America/Winnipeg".to_owned(),
        language: None,
        customer_name: None,
        customer_phone: None,
        customer_email: None,
        purpose: None,
        notes: None,
    };
    for stolen in [
        NewAppointment {
            resource: ResourceId(scene.world.id("resources", scene.world.b)),
            ..new.clone()
        },
        NewAppointment {
            service: Some(scene.world.id("services", scene.world.b)),
            ..new.clone()
        },
        NewAppointment {
            contact: Some(scene.contact(scene.world.b)),
            ..new.clone()
        },
        NewAppointment {
            interaction: Some(scene.interaction(scene.world.b)),
            ..new
        },
    ] {
        let mut tx = scene.tx().await;
        assert_no_parent(appointments::insert_appointment(&mut tx, &stolen, "AFH234", now()).await);
    }
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn what_others_are_told_and_came_of_it_is_not_found_and_not_changed() {
    let scene = Scene::new().await;
    let id = ReminderId(scene.world.id("reminders", scene.world.b));
    let appointment = AppointmentId(scene.world.id("appointments", scene.world.b));
    let notice = Notice {
        id,
        appointment,
        kind: NoticeKind::Confirmation,
        starts_at: now(),
    };
    let mut tx = scene.tx().await;
    assert!(
        reminders::find_reminder(&mut tx, id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        reminders::lock_waiting(&mut tx, id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!reminders::was_moved(&mut tx, appointment).await.unwrap());
    let person = reminders::find_person(&mut tx, appointment).await.unwrap();
    assert!(person.timezone.is_none());
    reminders::drop_reminders(&mut tx, appointment, "stolen")
        .await
        .unwrap();
    reminders::set_dropped(&mut tx, id, "stolen").await.unwrap();
    reminders::set_queued(&mut tx, &notice, OutgoingId::new())
        .await
        .unwrap();
    let interaction = scene.interaction(scene.world.b);
    let raised = traffic::raise_outcome(&mut tx, interaction, Outcome::Booked).await;
    assert!(raised.unwrap().is_none());
    let contact = scene.contact(scene.world.b);
    people::name_contact(&mut tx, contact, "stolen", now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = scene.tx().await;
    let kind = NoticeKind::DayBefore;
    assert_no_parent(
        reminders::insert_reminder(&mut tx, appointment, kind, now(), now(), now()).await,
    );
    let mut tx = scene.tx().await;
    let text = OutgoingId(scene.world.id("outgoing_messages", scene.world.b));
    assert_no_parent(reminders::insert_doubt(&mut tx, appointment, now(), text, now()).await);
    scene.assert_b_is_as_before().await;
}
