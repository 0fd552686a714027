//! Cal.com with one application and several people: tokens that rotate, bookings that take up time, webhooks.
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::pending,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rocket_reception::kernel::clock::Clock;
use serde_json::{Value, json};

use super::{Hold, Memory, serve};
use crate::support::specs::{self, Asked};

/// The person whose calendar it is unless a test says otherwise.
pub const USER: i64 = 1001;
/// What that person offers: half an hour.
pub const EVENT_TYPE: i64 = 555;

pub struct FakeCalcom {
    pub base_url: String,
    memories: Memory<Memories>,
}

/// A booking as Cal.com has it.
#[derive(Clone, Debug)]
pub struct FakeBooking {
    pub uid: String,
    pub user: i64,
    pub status: &'static str,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub event_type: i64,
    pub attendee: Value,
    pub metadata: Value,
    pub moved_from: Option<String>,
    pub moved_to: Option<String>,
    pub reason: Option<String>,
    pub ical_uid: String,
    pub sequence: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What happens to the next request of a kind instead of its answer.
#[derive(Clone, Debug)]
enum Trouble {
    Fail(u16, String),
    /// Nothing is done and nothing answered.
    Hang,
    /// It is done, and the answer gets lost.
    LoseAnswer,
    Wait(Hold),
}

#[derive(Debug)]
struct Memories {
    clock: Clock,
    people: BTreeMap<i64, Person>,
    codes: HashMap<String, i64>,
    /// Tokens that are good, and whose.
    access: HashMap<String, (i64, DateTime<Utc>)>,
    refresh: HashMap<String, i64>,
    made: usize,
    refreshed: usize,
    event_types: Vec<Value>,
    free: Vec<DateTime<Utc>>,
    bookings: Vec<FakeBooking>,
    webhooks: BTreeMap<String, Value>,
    troubles: HashMap<&'static str, VecDeque<Trouble>>,
    asked: Vec<(String, String, Value)>,
    violations: Vec<String>,
    knows_webhook_scopes: bool,
}

#[derive(Clone, Debug)]
struct Person {
    username: String,
    email: String,
}

impl FakeCalcom {
    pub const CLIENT_ID: &'static str = "calcom-client-of-the-tests";
    pub const CLIENT_SECRET: &'static str = "calcom-secret-of-the-tests";

    pub async fn start(clock: Clock) -> Self {
        let memories = Memory::of(Memories {
            clock,
            people: BTreeMap::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            made: 0,
            refreshed: 0,
            event_types: vec![event_type(EVENT_TYPE, "Estimation plomberie", 30)],
            free: Vec::new(),
            bookings: Vec::new(),
            webhooks: BTreeMap::new(),
            troubles: HashMap::new(),
            asked: Vec::new(),
            violations: Vec::new(),
            knows_webhook_scopes: true,
        });
        let router = Router::new()
            .route("/v2/auth/oauth2/token", post(token))
            .route("/v2/me", get(me))
            .route("/v2/event-types", get(event_types))
            .route("/v2/slots", get(slots))
            .route("/v2/bookings", post(create_booking).get(list_bookings))
            .route("/v2/bookings/{uid}", get(show_booking))
            .route("/v2/bookings/{uid}/reschedule", post(reschedule))
            .route("/v2/bookings/{uid}/cancel", post(cancel))
            .route("/v2/webhooks", post(create_webhook))
            .route("/v2/webhooks/{id}", delete(delete_webhook))
            .with_state(memories.clone());
        let fake = Self {
            base_url: serve(router).await,
            memories,
        };
        fake.knows_person(
            USER,
            "plomberie-tremblay",
            "marie@plomberie-tremblay.example",
        );
        fake
    }

    pub fn knows_person(&self, user: i64, username: &str, email: &str) {
        let person = Person {
            username: username.to_owned(),
            email: email.to_owned(),
        };
        self.memories.lock().people.insert(user, person);
    }

    /// Somebody said yes: the code that their browser brings.
    pub fn consents(&self, user: i64) -> String {
        let mut memories = self.memories.lock();
        let code = memories.name("code");
        memories.codes.insert(code.clone(), user);
        code
    }

    pub fn offers(&self, id: i64, title: &str, minutes: i64) {
        let offered = event_type(id, title, minutes);
        self.memories.lock().event_types.push(offered);
    }

    /// Whoever books this may choose how long it takes.
    pub fn offers_lengths(&self, id: i64, lengths: &[i64]) {
        let mut memories = self.memories.lock();
        let mut event_types = memories.event_types.iter_mut();
        let offered = event_types.find(|one| one["id"] == id).unwrap();
        offered["lengthInMinutesOptions"] = json!(lengths);
    }

    /// What should have failed next does not any more.
    pub fn recovers(&self) {
        self.memories.lock().troubles.clear();
    }

    /// Only these times are free, and not booked; before that every half hour is.
    pub fn is_free_at(&self, starts: &[DateTime<Utc>]) {
        self.memories.lock().free = starts.to_vec();
    }

    /// Somebody books on the page of Cal.com itself.
    pub fn books(&self, start: DateTime<Utc>, name: &str, phone: &str) -> FakeBooking {
        let mut memories = self.memories.lock();
        let attendee = json!({
            "name": name, "email": format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            "timeZone": "America/Toronto", "phoneNumber": phone, "language": "fr",
        });
        let minutes = memories.minutes_of(EVENT_TYPE);
        memories.book(USER, EVENT_TYPE, (start, minutes), attendee, json!({}))
    }

    /// Somebody moves a booking there.
    pub fn moves(&self, uid: &str, start: DateTime<Utc>) -> FakeBooking {
        self.memories.lock().move_booking(uid, start).unwrap()
    }

    /// Somebody cancels a booking there.
    pub fn cancels(&self, uid: &str, reason: &str) -> FakeBooking {
        self.memories.lock().cancel(uid, reason).unwrap()
    }

    pub fn bookings(&self) -> Vec<FakeBooking> {
        self.memories.lock().bookings.clone()
    }

    /// Those that stand.
    pub fn standing(&self) -> Vec<FakeBooking> {
        let mut all = self.bookings();
        all.retain(|booking| booking.status == "accepted");
        all
    }

    /// By their ids.
    pub fn webhooks(&self) -> BTreeMap<String, Value> {
        self.memories.lock().webhooks.clone()
    }

    /// How many pairs of tokens were taken for older ones.
    pub fn refreshed(&self) -> usize {
        self.memories.lock().refreshed
    }

    /// The person took the permission back.
    pub fn revokes_everything(&self) {
        let mut memories = self.memories.lock();
        memories.access.clear();
        memories.refresh.clear();
    }

    /// Method and path of each request, with its body or null.
    pub fn asked(&self) -> Vec<(String, String, Value)> {
        self.memories.lock().asked.clone()
    }

    pub fn how_often_asked(&self, method: &str, path: &str) -> usize {
        let is_it =
            |(asked, at, _): &&(String, String, Value)| asked == method && at.starts_with(path);
        self.asked().iter().filter(is_it).count()
    }

    pub fn knows_no_webhooks(&self) {
        self.memories.lock().knows_webhook_scopes = false;
    }

    /// The next request of this kind (`token`, `book`, `move`, `cancel`, `list`, `slots`, `webhook`, `me`) fails.
    pub fn fail_next(&self, kind: &'static str, status: u16, message: &str) {
        self.next(kind, Trouble::Fail(status, message.to_owned()));
    }

    pub fn hang_next(&self, kind: &'static str) {
        self.next(kind, Trouble::Hang);
    }

    pub fn lose_next_answer(&self, kind: &'static str) {
        self.next(kind, Trouble::LoseAnswer);
    }

    pub fn hold_next(&self, kind: &'static str) -> Hold {
        let hold = Hold::default();
        self.next(kind, Trouble::Wait(hold.clone()));
        hold
    }

    fn next(&self, kind: &'static str, trouble: Trouble) {
        let mut memories = self.memories.lock();
        memories
            .troubles
            .entry(kind)
            .or_default()
            .push_back(trouble);
    }
}

/// What we sent that Cal.com's own document does not know fails the test.
impl Drop for FakeCalcom {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.memories.lock().violations, Vec::<String>::new());
        }
    }
}

impl FakeBooking {
    /// The body of the webhook that Cal.com sends of it.
    pub fn webhook(&self, trigger: &str) -> Value {
        let mut attendee = self.attendee.clone();
        attendee["language"] = json!({ "locale": attendee["language"] });
        let mut payload = json!({
            "uid": self.uid, "bookingId": 4101, "startTime": self.start, "endTime": self.end,
            "status": self.status.to_uppercase(), "type": "estimation", "eventTypeId": self.event_type,
            "eventTitle": "Estimation plomberie", "length": (self.end - self.start).num_minutes(),
            "organizer": { "id": self.user, "email": "marie@plomberie-tremblay.example",
                           "username": "plomberie-tremblay", "timeZone": "America/Toronto" },
            "attendees": [attendee], "metadata": self.metadata,
            "iCalUID": self.ical_uid, "iCalSequence": self.sequence,
        });
        if let Some(before) = &self.moved_from
            && trigger == "BOOKING_RESCHEDULED"
        {
            payload["rescheduleUid"] = json!(before);
        }
        if matches!(trigger, "BOOKING_CANCELLED" | "BOOKING_REJECTED") {
            payload.as_object_mut().unwrap().remove("metadata");
            payload["cancellationReason"] = json!(self.reason);
        }
        json!({ "triggerEvent": trigger, "createdAt": written(self.updated_at), "payload": payload })
    }

    fn json(&self) -> Value {
        json!({
            "id": 4101, "uid": self.uid, "title": "Estimation plomberie between A and B", "description": "",
            "hosts": [{ "id": self.user, "name": "Marie", "username": "plomberie-tremblay", "timeZone": "America/Toronto" }],
            "status": self.status, "start": written(self.start), "end": written(self.end),
            "duration": (self.end - self.start).num_minutes(), "eventTypeId": self.event_type,
            "eventType": { "id": self.event_type, "slug": "estimation" }, "location": "", "absentHost": false,
            "createdAt": written(self.created_at), "updatedAt": written(self.updated_at),
            "metadata": self.metadata, "icsUid": self.ical_uid, "attendees": [self.attendee], "guests": [],
            "bookingFieldsResponses": {}, "rescheduledFromUid": self.moved_from, "rescheduledToUid": self.moved_to,
            "cancellationReason": self.reason,
        })
    }
}

fn event_type(id: i64, title: &str, minutes: i64) -> Value {
    json!({ "id": id, "title": title, "slug": format!("type-{id}"), "lengthInMinutes": minutes, "hidden": false })
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Memories {
    fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{:06}", self.made)
    }

    fn book(
        &mut self,
        user: i64,
        event_type: i64,
        (start, minutes): (DateTime<Utc>, i64),
        attendee: Value,
        metadata: Value,
    ) -> FakeBooking {
        let uid = self.name("bk");
        let now = self.clock.now();
        let booking = FakeBooking {
            ical_uid: format!("{uid}@Cal.com"),
            uid,
            user,
            status: "accepted",
            start,
            end: start + TimeDelta::minutes(minutes),
            event_type,
            attendee,
            metadata,
            moved_from: None,
            moved_to: None,
            reason: None,
            sequence: 0,
            created_at: now,
            updated_at: now,
        };
        self.bookings.push(booking.clone());
        booking
    }

    fn event_type(&self, id: i64) -> Option<&Value> {
        self.event_types.iter().find(|one| one["id"] == id)
    }

    fn minutes_of(&self, event_type: i64) -> i64 {
        let offered = self.event_type(event_type);
        offered
            .and_then(|one| one["lengthInMinutes"].as_i64())
            .unwrap_or(30)
    }

    /// The length that is asked for, where there are several; a text says what is wrong with it.
    fn asked_minutes(&self, event_type: i64, asked: Option<i64>) -> Result<i64, &'static str> {
        let Some(minutes) = asked else {
            return Ok(self.minutes_of(event_type));
        };
        let options = self
            .event_type(event_type)
            .map(|one| &one["lengthInMinutesOptions"]);
        match options.and_then(Value::as_array) {
            None => Err(
                "Can't specify 'lengthInMinutes' because event type does not have multiple possible lengths.",
            ),
            Some(options) if options.contains(&json!(minutes)) => Ok(minutes),
            Some(_) => Err("Provided 'lengthInMinutes' is not one of the possible lengths"),
        }
    }

    fn is_taken(&self, (start, minutes): (DateTime<Utc>, i64), besides: Option<&str>) -> bool {
        self.bookings.iter().any(|booking| {
            booking.status == "accepted"
                && besides != Some(&booking.uid)
                && booking.start < start + TimeDelta::minutes(minutes)
                && start < booking.end
        })
    }

    fn move_booking(&mut self, uid: &str, start: DateTime<Utc>) -> Option<FakeBooking> {
        let new_uid = self.name("bk");
        let now = self.clock.now();
        let old = self.bookings.iter_mut().find(|one| one.uid == uid)?;
        old.status = "cancelled";
        old.moved_to = Some(new_uid.clone());
        old.updated_at = now;
        let moved = FakeBooking {
            uid: new_uid,
            status: "accepted",
            end: start + (old.end - old.start),
            start,
            moved_from: Some(uid.to_owned()),
            moved_to: None,
            sequence: old.sequence + 1,
            created_at: now,
            updated_at: now,
            ..old.clone()
        };
        self.bookings.push(moved.clone());
        Some(moved)
    }

    fn cancel(&mut self, uid: &str, reason: &str) -> Option<FakeBooking> {
        let now = self.clock.now();
        let booking = self.bookings.iter_mut().find(|one| one.uid == uid)?;
        booking.status = "cancelled";
        booking.reason = Some(reason.to_owned());
        booking.sequence += 1;
        booking.updated_at = now;
        Some(booking.clone())
    }
}

/// Whose token the request carries.
fn caller(memories: &Memory<Memories>, headers: &HeaderMap) -> Option<i64> {
    let token = headers.get("authorization")?.to_str().ok()?;
    let token = token.strip_prefix("Bearer ")?;
    let memories = memories.lock();
    let (user, until) = memories.access.get(token)?;
    (memories.clock.now() < *until).then_some(*user)
}

/// Everything that comes before an answer: the record, the document, the token, the trouble.
async fn receive(
    memories: &Memory<Memories>,
    kind: &'static str,
    (method, uri, headers): (&Method, &OriginalUri, &HeaderMap),
    body: &Value,
) -> Result<(i64, Option<Trouble>), Response> {
    let path = uri.0.path_and_query().unwrap().as_str();
    let given: HashMap<String, String> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let asked = Asked {
        method: method.as_str(),
        path,
        headers: Some(&given),
        body: Some(body).filter(|body| !body.is_null()),
    };
    let judged = specs::check_all("calcom", &asked);
    let trouble = {
        let mut memories = memories.lock();
        memories.violations.extend(judged.err());
        let record = (method.to_string(), path.to_owned(), body.clone());
        memories.asked.push(record);
        memories
            .troubles
            .get_mut(kind)
            .and_then(VecDeque::pop_front)
    };
    let lost = match trouble {
        None => None,
        Some(Trouble::Fail(status, message)) => return Err(refusal(status, &message)),
        Some(Trouble::Hang) => pending().await,
        Some(Trouble::LoseAnswer) => Some(Trouble::LoseAnswer),
        Some(Trouble::Wait(hold)) => {
            hold.pass().await;
            None
        }
    };
    let user = if kind == "token" {
        0
    } else {
        caller(memories, headers).ok_or_else(|| refusal(401, "Unauthorized"))?
    };
    Ok((user, lost))
}

/// The answer, unless it gets lost.
async fn answer(lost: Option<Trouble>, status: StatusCode, data: Value) -> Response {
    if lost.is_some() {
        return pending().await;
    }
    (status, Json(json!({ "status": "success", "data": data }))).into_response()
}

fn refusal(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({
        "status": "error", "timestamp": "2026-11-20T12:00:00.000Z", "path": "/v2",
        "error": { "code": "Exception", "message": message },
    });
    let headers = [("x-ratelimit-reset-default", "30")];
    (status, headers, Json(body)).into_response()
}

type Request = (Method, OriginalUri, HeaderMap);

fn parts(request: &Request) -> (&Method, &OriginalUri, &HeaderMap) {
    (&request.0, &request.1, &request.2)
}

async fn token(
    State(memories): State<Memory<Memories>>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let request = (method, uri, headers);
    let (_, lost) = match receive(&memories, "token", parts(&request), &body).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let oauth_error = |status: u16, error: &str| {
        let body = json!({ "error": error, "error_description": "no" });
        (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
    };
    let granted = {
        let mut memories = memories.lock();
        if body["client_id"] != FakeCalcom::CLIENT_ID
            || body["client_secret"] != FakeCalcom::CLIENT_SECRET
        {
            return oauth_error(401, "invalid_client");
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let user = match text("grant_type").as_str() {
            "authorization_code" => memories.codes.remove(&text("code")),
            "refresh_token" => {
                let user = memories.refresh.get(&text("refresh_token")).copied();
                memories.refreshed += usize::from(user.is_some());
                user
            }
            _ => return oauth_error(400, "invalid_request"),
        };
        let Some(user) = user else {
            return oauth_error(400, "invalid_grant");
        };
        // Each new pair revokes every older refresh token of this person.
        memories.refresh.retain(|_, whose| *whose != user);
        let (access, refresh) = (memories.name("access"), memories.name("refresh"));
        let until = memories.clock.now() + TimeDelta::minutes(30);
        memories.access.insert(access.clone(), (user, until));
        memories.refresh.insert(refresh.clone(), user);
        json!({ "access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": 1800 })
    };
    if lost.is_some() {
        return pending().await;
    }
    Json(granted).into_response()
}

/// A handler with the steps that all have.
macro_rules! handler {
    ($name:ident, $kind:literal, |$memories:ident, $user:ident, $path:ident, $query:ident, $body:ident| $work:block) => {
        #[allow(
            clippy::redundant_closure_call,
            clippy::result_large_err,
            reason = "`?` in the work must end the work alone, and a refusal is an answer"
        )]
        async fn $name(
            State(all): State<Memory<Memories>>,
            Path($path): Path<HashMap<String, String>>,
            Query($query): Query<HashMap<String, String>>,
            method: Method,
            uri: OriginalUri,
            headers: HeaderMap,
            bytes: Bytes,
        ) -> Response {
            let $body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let request = (method, uri, headers);
            let ($user, lost) = match receive(&all, $kind, parts(&request), &$body).await {
                Ok(received) => received,
                Err(refused) => return refused,
            };
            let done: Result<(StatusCode, Value), Response> = {
                let mut memories = all.lock();
                let $memories = &mut *memories;
                (|| $work)()
            };
            match done {
                Ok((status, data)) => answer(lost, status, data).await,
                Err(refused) => refused,
            }
        }
    };
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

const NOT_FREE: &str = "User either already has booking at this time or is not available";

handler!(me, "me", |memories, user, _path, _query, _body| {
    let person = &memories.people[&user];
    Ok((
        StatusCode::OK,
        json!({
            "id": user, "username": person.username, "email": person.email, "timeZone": "America/Toronto",
        }),
    ))
});

handler!(
    event_types,
    "event-types",
    |memories, _user, _path, _query, _body| { Ok((StatusCode::OK, json!(memories.event_types))) }
);

handler!(slots, "slots", |memories, _user, _path, query, _body| {
    let [from, until] = ["start", "end"].map(|name| query[name].parse::<DateTime<Utc>>().unwrap());
    let moving = query.get("bookingUidToReschedule").map(String::as_str);
    let asked = query.get("duration").map(|text| text.parse().unwrap());
    let event_type = query["eventTypeId"].parse().unwrap();
    let minutes = memories
        .asked_minutes(event_type, asked)
        .map_err(|wrong| refusal(400, wrong))?;
    let mut days: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut free = memories.free.clone();
    if free.is_empty() {
        let days = (until - from).num_days() + 1;
        let midnight = from.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        free = (0..days * 48)
            .map(|half_hours| midnight + TimeDelta::minutes(30 * half_hours))
            .collect();
    }
    for start in free {
        if from <= start && start < until && !memories.is_taken((start, minutes), moving) {
            let day = start.date_naive().to_string();
            days.entry(day)
                .or_default()
                .push(json!({ "start": written(start) }));
        }
    }
    Ok((StatusCode::OK, json!(days)))
});

handler!(
    create_booking,
    "book",
    |memories, user, _path, _query, body| {
        let start = moment(&body["start"]);
        let event_type = body["eventTypeId"].as_i64().unwrap();
        let minutes = memories
            .asked_minutes(event_type, body["lengthInMinutes"].as_i64())
            .map_err(|wrong| refusal(400, wrong))?;
        let is_offered = memories.free.is_empty() || memories.free.contains(&start);
        if !is_offered || memories.is_taken((start, minutes), None) {
            return Err(refusal(400, NOT_FREE));
        }
        let (attendee, metadata) = (body["attendee"].clone(), body["metadata"].clone());
        let booking = memories.book(user, event_type, (start, minutes), attendee, metadata);
        Ok((StatusCode::CREATED, booking.json()))
    }
);

handler!(
    list_bookings,
    "list",
    |memories, user, _path, query, _body| {
        let after = |name: &str| {
            query
                .get(name)
                .map(|text| text.parse::<DateTime<Utc>>().unwrap())
        };
        let (created, updated) = (after("afterCreatedAt"), after("afterUpdatedAt"));
        let fits = |booking: &&FakeBooking| {
            booking.user == user
                && created.is_none_or(|at| booking.created_at >= at)
                && updated.is_none_or(|at| booking.updated_at >= at)
        };
        let skip: usize = query.get("skip").map_or(0, |text| text.parse().unwrap());
        let found = memories.bookings.iter().filter(fits).skip(skip).take(100);
        Ok((StatusCode::OK, found.map(FakeBooking::json).collect()))
    }
);

handler!(
    show_booking,
    "show",
    |memories, user, path, _query, _body| {
        let is_it = |booking: &&FakeBooking| booking.uid == path["uid"] && booking.user == user;
        let found = memories.bookings.iter().find(is_it);
        let found = found.ok_or_else(|| refusal(404, "not found"))?;
        Ok((StatusCode::OK, found.json()))
    }
);

handler!(reschedule, "move", |memories, _user, path, _query, body| {
    let start = moment(&body["start"]);
    let uid = &path["uid"];
    let is_standing = |booking: &&FakeBooking| booking.uid == *uid && booking.status == "accepted";
    let Some(old) = memories.bookings.iter().find(is_standing) else {
        return Err(refusal(400, "This booking cannot be rescheduled"));
    };
    let minutes = (old.end - old.start).num_minutes();
    let is_offered = memories.free.is_empty() || memories.free.contains(&start);
    if !is_offered || memories.is_taken((start, minutes), Some(uid)) {
        return Err(refusal(400, NOT_FREE));
    }
    let moved = memories.move_booking(uid, start).unwrap();
    Ok((StatusCode::CREATED, moved.json()))
});

handler!(cancel, "cancel", |memories, _user, path, _query, body| {
    let uid = &path["uid"];
    let Some(booking) = memories.bookings.iter().find(|one| one.uid == *uid) else {
        return Err(refusal(404, "not found"));
    };
    if booking.status == "cancelled" {
        return Err(refusal(400, "This booking is already cancelled"));
    }
    let reason = body["cancellationReason"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let cancelled = memories.cancel(uid, &reason).unwrap();
    Ok((StatusCode::OK, cancelled.json()))
});

handler!(
    create_webhook,
    "webhook",
    |memories, user, _path, _query, body| {
        if !memories.knows_webhook_scopes {
            return Err(refusal(403, "insufficient scope"));
        }
        let id = memories.name("wh");
        let mut made = body.clone();
        made["id"] = json!(id);
        made["userId"] = json!(user);
        memories.webhooks.insert(id, made.clone());
        Ok((StatusCode::CREATED, made))
    }
);

handler!(
    delete_webhook,
    "webhook",
    |memories, _user, path, _query, _body| {
        let gone = memories.webhooks.remove(&path["id"]);
        let gone = gone.ok_or_else(|| refusal(404, "not found"))?;
        Ok((StatusCode::OK, gone))
    }
);
