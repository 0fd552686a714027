//! Booking: over HTTP as staff does, and below it where tools do.
//!
//! The tests' business is open on weekdays from nine to five in Winnipeg, and it is Saturday there.
mod availability;
mod bad_input;
mod booking;
mod calendars;
mod changing;
mod privacy;
mod races;
mod resources;
mod texts;

use rocket_reception::{
    app::AppState,
    kernel::{db::TenantTx, ids::InteractionId},
    scheduling::{self, Appointment, BookingSource, Error, NewBooking, When},
};
use serde_json::{Value, json};

use crate::support::{Answer, Client, Subscriber, at};

const ANNE: &str = "+15145550123";
const BORIS: &str = "+12045550188";

/// On Monday, nine and ten o'clock in Winnipeg.
const AT_NINE: &str = "2026-11-23T15:00:00Z";
const AT_TEN: &str = "2026-11-23T16:00:00Z";

/// What Anne wants to book.
fn wish(starts_at: &str) -> Value {
    json!({"starts_at": starts_at, "customer_name": "Anne Roy", "customer_phone": ANNE})
}

/// Books for Anne, as staff.
async fn book(client: &Client<'_>, starts_at: &str) -> Value {
    let answer = client.post("/api/appointments", wish(starts_at)).await;
    answer.expect(201).json()
}

fn path_of(appointment: &Value) -> String {
    let id = appointment["id"].as_str().expect("an id");
    format!("/api/appointments/{id}")
}

/// The slots of some days.
async fn slots(client: &Client<'_>, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/availability?{query}")).await;
    let found = answer.expect(200).json();
    found["slots"].as_array().expect("slots").clone()
}

/// One member of each.
fn each(rows: &[Value], member: &str) -> Vec<String> {
    let texts = rows
        .iter()
        .map(|row| row[member].as_str().unwrap_or_default());
    texts.map(str::to_owned).collect()
}

/// The rows of a page.
fn data(answer: Answer) -> Vec<Value> {
    let page = answer.expect(200).json();
    page["data"].as_array().expect("a page").clone()
}

/// What a caller wants to book, in a conversation if there is one.
fn booking(phone: &str, starts_at: &str, interaction: Option<InteractionId>) -> NewBooking {
    NewBooking {
        when: When::Start(at(starts_at)),
        service: None,
        resource: None,
        duration_minutes: None,
        customer_name: "Anne Roy".to_owned(),
        customer_phone: Some(phone.parse().expect("a number")),
        customer_email: None,
        purpose: None,
        notes: None,
        language: None,
        source: BookingSource::VoiceBooking,
        call_sid: None,
        interaction,
    }
}

/// Books as a tool does.
async fn book_by_tool(
    app: &AppState,
    subscriber: &Subscriber,
    new: &NewBooking,
) -> Result<Appointment, Error> {
    let mut tx = TenantTx::begin(&app.db, subscriber.id).await?;
    let booked = scheduling::book(&mut tx, &app.keyring, new, app.clock.now()).await;
    tx.commit().await?;
    booked
}

/// Adds a service; its id.
async fn service(client: &Client<'_>, name: &str, minutes: i32, buffer: i32) -> String {
    let body = json!({"name": name, "duration_minutes": minutes, "buffer_minutes": buffer});
    let made = client.post("/api/services", body).await.expect(201).json();
    made["id"].as_str().expect("an id").to_owned()
}

/// Puts a week in the place of the usual one.
async fn open(client: &Client<'_>, week: Value) {
    client.put("/api/business-hours", week).await.expect(200);
}
