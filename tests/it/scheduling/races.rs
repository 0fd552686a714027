//! Promise 3: a booked time is booked once, whatever races for it.
use std::sync::Arc;

use rocket_reception::{
    app::AppState,
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, SubscriberId},
    },
    scheduling::{self, Act, Appointment, Error, When},
};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{AT_NINE, AT_TEN, book_by_tool, booking};
use crate::support::{Subscriber, TestApp, at};

/// As many at once as there are connections: who waits for one has not begun.
const AT_ONCE: usize = 8;

/// How many times of the subscriber's overlap at one resource.
const OVERLAPS: &str = "select count(*) from appointments a join appointments b
      on b.subscriber_id = a.subscriber_id and b.resource_id = a.resource_id and b.id > a.id
     and tstzrange(a.starts_at, a.busy_until) && tstzrange(b.starts_at, b.busy_until)
   where a.subscriber_id = $1 and a.status in ('PENDING', 'CONFIRMED', 'COMPLETED')
     and b.status in ('PENDING', 'CONFIRMED', 'COMPLETED')";

async fn reschedule(
    app: &AppState,
    subscriber: SubscriberId,
    id: AppointmentId,
    start: &str,
) -> Result<Appointment, Error> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let (when, now) = (When::Start(at(start)), app.clock.now());
    let moved = scheduling::reschedule(&mut tx, &app.keyring, id, &when, Act::STAFF, now).await;
    tx.commit().await?;
    moved
}

fn phone(number: usize) -> String {
    format!("+1204555{number:04}")
}

#[tokio::test]
async fn of_two_hundred_who_want_one_time_one_has_it_and_the_others_are_told_what_is_free() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let replicas = [app.state.clone(), app.replica().await];
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let (app, gate, shop) = (replicas[number % 2].clone(), gate.clone(), shop.clone());
        tasks.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            book_by_tool(&app, &shop, &booking(&phone(number), AT_TEN, None)).await
        });
    }
    let (mut booked, mut refused) = (0, 0);
    for answer in tasks.join_all().await {
        match answer {
            Ok(_) => booked += 1,
            Err(Error::SlotTaken { alternatives, .. }) => {
                assert_eq!(alternatives.len(), 5);
                assert!(alternatives.iter().all(|slot| slot.starts_at != at(AT_TEN)));
                refused += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((booked, refused), (1, 199));
    let rows = "select count(*) from appointments where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&shop, rows).await, 1);
    let resources = "select count(*) from resources where subscriber_id = $1";
    assert_eq!(app.value::<i64>(&shop, resources).await, 1, "made once");
    assert_eq!(app.count_events(&shop, "appointment.booked").await, 1);
}

#[tokio::test]
async fn several_resources_take_as_many_and_no_more() {
    let app = TestApp::start().await;
    let shop = app.subscriber("salon").await;
    let admin = app.admin(&shop).await;
    for name in ["Chair 1", "Chair 2", "Chair 3"] {
        let body = serde_json::json!({"name": name});
        admin.post("/api/resources", body).await.expect(201);
    }
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let replicas = [app.state.clone(), app.replica().await];
    let mut tasks = JoinSet::new();
    for number in 0..24 {
        let (app, gate, shop) = (replicas[number % 2].clone(), gate.clone(), shop.clone());
        tasks.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            book_by_tool(&app, &shop, &booking(&phone(number), AT_TEN, None)).await
        });
    }
    let answers = tasks.join_all().await;
    let booked = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(booked, 3);
    let taken = |answer: &&Result<_, Error>| matches!(answer, Err(Error::SlotTaken { .. }));
    assert_eq!(answers.iter().filter(taken).count(), 21);
    assert_eq!(app.value::<i64>(&shop, OVERLAPS).await, 0);
}

async fn book_a_row_of(app: &TestApp, shop: &Subscriber, count: usize) -> Vec<Appointment> {
    let mut booked = Vec::new();
    for number in 0..count {
        let start = at(AT_TEN) + chrono::Duration::minutes(30 * i64::try_from(number).unwrap());
        let new = booking(&phone(number), &start.to_rfc3339(), None);
        booked.push(book_by_tool(&app.state, shop, &new).await.unwrap());
    }
    booked
}

#[tokio::test]
async fn of_those_who_move_to_one_time_one_does_and_the_others_stay_where_they_were() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let before = book_a_row_of(&app, &shop, 12).await;
    let replicas = [app.state.clone(), app.replica().await];
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (number, appointment) in before.iter().enumerate() {
        let (app, gate) = (replicas[number % 2].clone(), gate.clone());
        let (shop, id) = (shop.id, appointment.id);
        tasks.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            reschedule(&app, shop, id, AT_NINE).await
        });
    }
    let answers = tasks.join_all().await;
    let moved = answers.iter().filter(|answer| answer.is_ok()).count();
    for answer in &answers {
        if let Err(error) = answer {
            assert!(matches!(error, Error::SlotTaken { .. }), "{error:?}");
        }
    }
    assert_eq!(moved, 1);
    let stayed = "select count(*) from appointments where subscriber_id = $1 and sequence = 0";
    assert_eq!(app.value::<i64>(&shop, stayed).await, 11);
    assert_eq!(app.value::<i64>(&shop, OVERLAPS).await, 0);
    assert_eq!(app.count_events(&shop, "appointment.rescheduled").await, 1);
}

#[tokio::test]
async fn booking_and_moving_at_once_never_leave_two_in_one_time() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let before = book_a_row_of(&app, &shop, 6).await;
    let replicas = [app.state.clone(), app.replica().await];
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    // Wide ones that overlap each other, from nine to ten and in the afternoon.
    for number in 0..36 {
        let (app, gate, shop) = (replicas[number % 2].clone(), gate.clone(), shop.clone());
        let start = ["2026-11-23T19:00:00Z", "2026-11-23T19:30:00Z", AT_NINE][number % 3];
        let moving = before[number % 6].id;
        tasks.spawn(async move {
            let _turn = gate.acquire().await.unwrap();
            if number % 2 == 0 {
                let mut new = booking(&phone(100 + number), start, None);
                new.duration_minutes = Some(60);
                book_by_tool(&app, &shop, &new).await
            } else {
                reschedule(&app, shop.id, moving, start).await
            }
        });
    }
    for answer in tasks.join_all().await {
        if let Err(error) = answer {
            assert!(matches!(error, Error::SlotTaken { .. }), "{error:?}");
        }
    }
    assert_eq!(app.value::<i64>(&shop, OVERLAPS).await, 0);
}

#[tokio::test]
async fn the_database_itself_refuses_a_second_one_whatever_its_status() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let first = book_by_tool(&app.state, &shop, &booking(&phone(1), AT_TEN, None)).await;
    first.unwrap();
    let mut conn = app.database.superuser().await;
    for (status, fits) in [
        ("PENDING", false),
        ("CONFIRMED", false),
        ("COMPLETED", false),
        ("CANCELLED", true),
        ("NO_SHOW", true),
    ] {
        let written = sqlx::query(
            "insert into appointments (subscriber_id, id, resource_id, source, status, confirmation_code, starts_at,
                                       ends_at, busy_until, timezone, created_at, updated_at)
             select subscriber_id, gen_random_uuid(), resource_id, source, $2, $2, starts_at + interval '29 minutes',
                    ends_at + interval '29 minutes', busy_until + interval '29 minutes', timezone, now(), now()
               from appointments where subscriber_id = $1 and status = 'CONFIRMED'",
        )
        .bind(shop.id)
        .bind(status)
        .execute(&mut conn)
        .await;
        match written {
            Ok(_) => assert!(fits, "{status}"),
            Err(error) => {
                let constraint = error.as_database_error().unwrap().constraint();
                assert_eq!(constraint, Some("appointments_no_overlap"), "{status}");
                assert!(!fits, "{status}");
            }
        }
    }
}
