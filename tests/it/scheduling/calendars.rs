//! What calendars fetch.
use serde_json::json;

use super::{AT_NINE, AT_TEN, book, path_of};
use crate::support::{PUBLIC_URL, TestApp};

/// The path of an address of ours.
fn path(url: &str) -> String {
    url.strip_prefix(PUBLIC_URL)
        .expect("an address of ours")
        .to_owned()
}

#[tokio::test]
async fn the_calendar_of_a_business_holds_its_bookings_until_its_address_is_changed() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let (admin, staff) = (app.admin(&shop).await, app.staff(&shop).await);
    let first = book(&staff, AT_TEN).await;
    let second = book(&staff, AT_NINE).await;
    staff.delete(&path_of(&second)).await.expect(200);
    staff
        .post("/api/calendar-feed", json!({}))
        .await
        .expect_problem(403, "forbidden");
    let made = admin
        .post("/api/calendar-feed", json!({}))
        .await
        .expect(201)
        .json();
    let feed = path(made["url"].as_str().unwrap());
    let file = app.stranger().get(&feed).await.expect(200);
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    let id = first["id"].as_str().unwrap();
    for line in [
        "BEGIN:VCALENDAR\r\n",
        &format!("UID:{id}@reception.example\r\n"),
        "DTSTART:20261123T160000Z\r\n",
        "SUMMARY:Anne Roy\r\n",
        "STATUS:CANCELLED\r\n",
    ] {
        assert!(file.body.contains(line), "{line}: {}", file.body);
    }
    let stored = "select key from directory where subscriber_id = $1 and kind = 'TOKEN'";
    let key: String = app.value(&shop, stored).await;
    assert!(!feed.contains(key.trim_start_matches("CALENDAR:")));
    let again = admin
        .post("/api/calendar-feed", json!({}))
        .await
        .expect(201)
        .json();
    app.stranger()
        .get(&feed)
        .await
        .expect_problem(404, "not_found");
    let feed = path(again["url"].as_str().unwrap());
    app.stranger().get(&feed).await.expect(200);
    admin.delete("/api/calendar-feed").await.expect(204);
    app.stranger()
        .get(&feed)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_link_of_one_appointment_follows_it() {
    let app = TestApp::start().await;
    let shop = app.subscriber("hvac").await;
    let staff = app.staff(&shop).await;
    let booked = book(&staff, AT_TEN).await;
    app.run_jobs().await;
    let text = app.only_outgoing(&shop).await;
    let link = text.body.split_whitespace().last().unwrap();
    let link = path(link);
    let get = async || app.stranger().get(&link).await.expect(200).body;
    let file = get().await;
    let code = booked["confirmation_code"].as_str().unwrap();
    for line in [
        "SEQUENCE:0\r\n",
        "STATUS:CONFIRMED\r\n",
        &format!("DESCRIPTION:{code}\r\n"),
    ] {
        assert!(file.contains(line), "{file}");
    }
    assert!(!file.contains("Anne"), "who has the link knows who comes");
    let moving = json!({"starts_at": AT_NINE});
    let path = path_of(&booked);
    staff
        .patch(&format!("{path}/reschedule"), moving)
        .await
        .expect(200);
    let file = get().await;
    assert!(file.contains("SEQUENCE:1\r\n") && file.contains("DTSTART:20261123T150000Z"));
    staff.delete(&path).await.expect(200);
    let file = get().await;
    assert!(file.contains("SEQUENCE:2\r\n") && file.contains("STATUS:CANCELLED"));
    for wrong in [
        "/ics/x.ics",
        "/ics/AAAAAAAAAAAAAAAAAAAAAA.ics",
        "/calendar/AAAAAAAAAAAAAAAAAAAAAA.ics",
        "/ics/%00",
    ] {
        app.stranger()
            .get(wrong)
            .await
            .expect_problem(404, "not_found");
    }
    // A link is no calendar.
    let elsewhere = link.replace("/ics/", "/calendar/");
    app.stranger()
        .get(&elsewhere)
        .await
        .expect_problem(404, "not_found");
}
