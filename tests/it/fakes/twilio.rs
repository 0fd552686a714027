//! Twilio's API, as much of it as we use: texts, numbers, recordings of calls.
use std::{
    collections::{HashMap, VecDeque},
    future::pending,
};

use axum::{
    Form, Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Utc};
use rocket_reception::{kernel::clock::Clock, providers::twilio::segments};
use serde_json::{Value, json};

use super::{Hold, Memory, serve};
use crate::support::TWILIO_TOKEN;

/// A Twilio with the platform's account, and others that a test makes known.
pub struct FakeTwilio {
    pub base_url: String,
    server: Server,
}

/// A text that Twilio has taken.
#[derive(Clone, Debug)]
pub struct SentText {
    pub sid: String,
    /// The account that sent it.
    pub account: String,
    pub from: String,
    pub to: String,
    pub body: String,
    pub status_callback: Option<String>,
    pub taken_at: DateTime<Utc>,
}

/// What happens to the next text instead of the usual.
#[derive(Clone, Debug)]
enum Trouble {
    /// A clear no.
    Refuse { status: u16, code: u32 },
    /// Too many requests; try again after so many seconds.
    Limit { retry_after_s: u32 },
    /// No answer, and nothing is sent.
    Hang,
    /// It is sent, and the answer gets lost on the way.
    LoseAnswer,
    /// It is sent when the test says so.
    Wait(Hold),
}

#[derive(Debug, Default)]
struct Memories {
    texts: Vec<SentText>,
    troubles: VecDeque<Trouble>,
    lookups: usize,
    attempts: usize,
    price: Option<String>,
    deleted: Vec<String>,
    /// Accounts beside the platform's, with their tokens.
    accounts: HashMap<String, String>,
    /// Texts whose body was emptied, and whose media were deleted, each by which account.
    emptied: Vec<(String, String)>,
    media_deleted: Vec<(String, String)>,
    /// Our numbers there, by their ids.
    numbers: HashMap<String, OwnedNumber>,
    /// So many requests about numbers fail with this status.
    number_faults: VecDeque<u16>,
    /// Calls that are recorded, with the URL that is told when they are done.
    recorded: Vec<(String, String)>,
    recording_refusal: Option<(u16, u32)>,
    /// What is in the list of recordings.
    sounds: Vec<Value>,
    /// Calls by their ids, as the API shows them.
    calls: HashMap<String, Value>,
}

/// A number of the account, and where its calls go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedNumber {
    pub account: String,
    pub number: String,
    pub voice_url: String,
    pub voice_fallback_url: String,
    pub status_callback: String,
}

#[derive(Clone)]
struct Server {
    memories: Memory<Memories>,
    clock: Clock,
}

impl FakeTwilio {
    pub const ACCOUNT: &str = "AC00000000000000000000000000000001";

    pub async fn start(clock: Clock) -> Self {
        let server = Server {
            memories: Memory::default(),
            clock,
        };
        let path = "/2010-04-01/Accounts/{account}/Messages.json";
        let router = Router::new()
            .route(path, post(send_message).get(list_messages))
            .route(
                "/2010-04-01/Accounts/{account}/Messages/{file}",
                post(empty_message).delete(delete_message),
            )
            .route(
                "/2010-04-01/Accounts/{account}/Messages/{sid}/Media.json",
                get(list_media),
            )
            .route(
                "/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{file}",
                delete(delete_media),
            )
            .route(
                "/2010-04-01/Accounts/{account}/Recordings/{name}",
                get(play),
            )
            .route(
                "/2010-04-01/Accounts/{account}/Recordings.json",
                get(list_recordings),
            )
            .route("/2010-04-01/Accounts/{account}/Calls.json", get(list_calls))
            .route(
                "/2010-04-01/Accounts/{account}/Calls/{sid}/Recordings.json",
                post(record_call),
            )
            .route(
                "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json",
                get(list_numbers),
            )
            .route(
                "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{file}",
                post(change_number),
            )
            .route(
                "/2010-04-01/Accounts/{account}/Calls/{file}",
                get(find_call),
            )
            .with_state(server.clone());
        Self {
            base_url: serve(router).await,
            server,
        }
    }

    /// The account has this number, under this id.
    pub fn has_number(&self, sid: &str, number: &str) {
        let owned = OwnedNumber {
            account: Self::ACCOUNT.to_owned(),
            number: number.to_owned(),
            ..OwnedNumber::default()
        };
        self.server
            .memories
            .lock()
            .numbers
            .insert(sid.to_owned(), owned);
    }

    /// Where the calls of a number go.
    pub fn number(&self, sid: &str) -> OwnedNumber {
        self.server.memories.lock().numbers[sid].clone()
    }

    /// The next request about a number fails.
    pub fn fail_number(&self, status: u16) {
        self.server.memories.lock().number_faults.push_back(status);
    }

    /// The calls that are recorded, with the URL that is told when that is done.
    pub fn recorded(&self) -> Vec<(String, String)> {
        self.server.memories.lock().recorded.clone()
    }

    /// No call is recorded from here on.
    pub fn refuse_recordings(&self, status: u16, code: u32) {
        self.server.memories.lock().recording_refusal = Some((status, code));
    }

    /// There is another account.
    pub fn knows_account(&self, account: &str, token: &str) {
        let mut memories = self.server.memories.lock();
        memories
            .accounts
            .insert(account.to_owned(), token.to_owned());
    }

    /// There is this call in the platform's account.
    pub fn holds_call(&self, call: &Value) {
        let sid = call["sid"].as_str().unwrap().to_owned();
        let mut memories = self.server.memories.lock();
        memories.calls.insert(sid, call.clone());
    }

    /// There is this recording in the platform's account.
    pub fn holds_recording(&self, recording: &Value) {
        let mut memories = self.server.memories.lock();
        memories.sounds.push(recording.clone());
    }

    /// The account and the id of each text whose body was emptied.
    pub fn emptied(&self) -> Vec<(String, String)> {
        self.server.memories.lock().emptied.clone()
    }

    /// The account and the id of each text whose media were deleted.
    pub fn media_deleted(&self) -> Vec<(String, String)> {
        self.server.memories.lock().media_deleted.clone()
    }

    /// All texts that were taken, in their order.
    pub fn texts(&self) -> Vec<SentText> {
        self.server.memories.lock().texts.clone()
    }

    /// What was texted, in its order.
    pub fn bodies(&self) -> Vec<String> {
        self.texts().into_iter().map(|text| text.body).collect()
    }

    /// The only text.
    #[track_caller]
    pub fn only_text(&self) -> SentText {
        let mut texts = self.texts();
        assert_eq!(texts.len(), 1, "{texts:#?}");
        texts.remove(0)
    }

    pub fn text(&self, sid: &str) -> SentText {
        let texts = self.texts();
        let text = texts.into_iter().find(|text| text.sid == sid);
        text.expect("a text that was taken")
    }

    /// How often a text was handed over, taken or not.
    pub fn attempts(&self) -> usize {
        self.server.memories.lock().attempts
    }

    /// How often somebody asked which texts there are.
    pub fn lookups(&self) -> usize {
        self.server.memories.lock().lookups
    }

    /// What was deleted, such as `Messages/SM….json`, in its order.
    pub fn deleted(&self) -> Vec<String> {
        self.server.memories.lock().deleted.clone()
    }

    pub fn refuse_next(&self, status: u16, code: u32) {
        self.next(Trouble::Refuse { status, code });
    }

    pub fn limit_next(&self, retry_after_s: u32) {
        self.next(Trouble::Limit { retry_after_s });
    }

    pub fn hang_next(&self) {
        self.next(Trouble::Hang);
    }

    pub fn lose_answer_next(&self) {
        self.next(Trouble::LoseAnswer);
    }

    /// Holds the next text up until the test lets it go.
    pub fn hold_next(&self) -> Hold {
        let hold = Hold::default();
        self.next(Trouble::Wait(hold.clone()));
        hold
    }

    /// Texts are rated at once, at this price in US dollars.
    pub fn rates_at(&self, price: &str) {
        self.server.memories.lock().price = Some(price.to_owned());
    }

    /// A text that somebody sent by other means.
    pub fn knows_of(&self, from: &str, to: &str, body: &str) {
        let fields = [("From", from), ("To", to), ("Body", body)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.server.take(Self::ACCOUNT, &fields.into());
    }

    fn next(&self, trouble: Trouble) {
        self.server.memories.lock().troubles.push_back(trouble);
    }
}

impl Server {
    fn take(&self, account: &str, fields: &HashMap<String, String>) -> Value {
        let mut memories = self.memories.lock();
        let text = SentText {
            sid: format!("SM{:032x}", memories.texts.len() + 1),
            account: account.to_owned(),
            from: fields["From"].clone(),
            to: fields["To"].clone(),
            body: fields["Body"].clone(),
            status_callback: fields.get("StatusCallback").cloned(),
            taken_at: self.clock.now(),
        };
        let shown = show(&text, memories.price.as_deref());
        memories.texts.push(text);
        shown
    }
}

/// Numbers are texts, and times are those of mails, as in the real one.
fn show(text: &SentText, price: Option<&str>) -> Value {
    json!({
        "sid": text.sid,
        "status": "queued",
        "from": text.from,
        "to": text.to,
        "body": text.body,
        "num_segments": segments::count(&text.body).segments.to_string(),
        "price": price,
        "price_unit": "USD",
        "error_code": null,
        "date_created": text.taken_at.to_rfc2822(),
        "date_sent": null,
    })
}

async fn send_message(
    State(server): State<Server>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let trouble = {
        let mut memories = server.memories.lock();
        memories.attempts += 1;
        memories.troubles.pop_front()
    };
    match trouble {
        None => {}
        Some(Trouble::Refuse { status, code }) => return refusal(status, code),
        Some(Trouble::Limit { retry_after_s }) => {
            let wait = [(header::RETRY_AFTER, retry_after_s.to_string())];
            return (wait, refusal(429, 20429)).into_response();
        }
        Some(Trouble::Hang) => pending().await,
        Some(Trouble::LoseAnswer) => {
            server.take(&account, &fields);
            return StatusCode::BAD_GATEWAY.into_response();
        }
        Some(Trouble::Wait(hold)) => hold.pass().await,
    }
    (StatusCode::CREATED, Json(server.take(&account, &fields))).into_response()
}

async fn list_messages(
    State(server): State<Server>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let mut memories = server.memories.lock();
    memories.lookups += 1;
    let is_asked_for = |text: &&SentText| {
        text.account == account
            && text.to == asked["To"]
            && text.from == asked["From"]
            && text.taken_at.date_naive().to_string() == asked["DateSent"]
    };
    let found = memories.texts.iter().rev().filter(is_asked_for);
    let messages: Vec<_> = found.map(|text| show(text, None)).collect();
    Json(json!({ "messages": messages })).into_response()
}

/// As with Twilio's own setting for it, only the account's credentials open a recording.
async fn play(
    State(server): State<Server>,
    Path((account, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if server.is_authorized(&account, &headers) {
        ([(header::CONTENT_TYPE, "audio/mpeg")], "sound at twilio").into_response()
    } else {
        refusal(401, 20003)
    }
}

async fn find_call(
    State(server): State<Server>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let sid = file.trim_end_matches(".json");
    let call = server.memories.lock().calls.get(sid).cloned();
    match call.filter(|_| account == FakeTwilio::ACCOUNT) {
        Some(call) => Json(call).into_response(),
        None => refusal(404, 20404),
    }
}

async fn delete_message(
    State(server): State<Server>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let mut memories = server.memories.lock();
    memories.deleted.push(format!("Messages/{file}"));
    StatusCode::NO_CONTENT.into_response()
}

async fn empty_message(
    State(server): State<Server>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    assert_eq!(fields.get("Body").map(String::as_str), Some(""));
    let sid = file.trim_end_matches(".json").to_owned();
    server.memories.lock().emptied.push((account, sid.clone()));
    Json(json!({ "sid": sid, "body": "" })).into_response()
}

async fn list_media(
    State(server): State<Server>,
    Path((account, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    Json(json!({ "media_list": [{ "sid": "ME1" }] })).into_response()
}

async fn delete_media(
    State(server): State<Server>,
    Path((account, sid, _)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    server.memories.lock().media_deleted.push((account, sid));
    StatusCode::NO_CONTENT.into_response()
}

async fn record_call(
    State(server): State<Server>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let mut memories = server.memories.lock();
    if let Some((status, code)) = memories.recording_refusal {
        return refusal(status, code);
    }
    let callback = fields["RecordingStatusCallback"].clone();
    memories.recorded.push((sid, callback));
    let recording = format!("RE{:032x}", memories.recorded.len());
    let answer = json!({ "sid": recording, "status": "in-progress" });
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn list_recordings(
    State(server): State<Server>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let memories = server.memories.lock();
    let Some(call_sid) = asked.get("CallSid") else {
        // One on each page, so that somebody turns them.
        let page: usize = asked.get("Page").map_or(0, |page| page.parse().unwrap());
        let next = format!(
            "/2010-04-01/Accounts/{account}/Recordings.json?Page={}",
            page + 1
        );
        let is_more = page + 1 < memories.sounds.len();
        let sounds: Vec<&Value> = memories.sounds.iter().skip(page).take(1).collect();
        let next = is_more.then_some(next);
        return Json(json!({ "recordings": sounds, "next_page_uri": next })).into_response();
    };
    let of_call = memories.recorded.iter().filter(|(sid, _)| sid == call_sid);
    let recordings: Vec<Value> = of_call.map(|(sid, _)| json!({ "call_sid": sid })).collect();
    Json(json!({ "recordings": recordings })).into_response()
}

async fn list_calls(
    State(server): State<Server>,
    Path(account): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let memories = server.memories.lock();
    let calls: Vec<&Value> = memories
        .calls
        .values()
        .filter(|_| account == FakeTwilio::ACCOUNT)
        .collect();
    Json(json!({ "calls": calls, "next_page_uri": null })).into_response()
}

fn show_number(sid: &str, owned: &OwnedNumber) -> Value {
    json!({
        "sid": sid,
        "phone_number": owned.number,
        "voice_url": owned.voice_url,
        "voice_fallback_url": owned.voice_fallback_url,
        "status_callback": owned.status_callback,
        "trunk_sid": null,
    })
}

async fn list_numbers(
    State(server): State<Server>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let mut memories = server.memories.lock();
    if let Some(status) = memories.number_faults.pop_front() {
        return refusal(status, 20500);
    }
    let wanted = asked.get("PhoneNumber");
    let found = memories.numbers.iter().filter(|(_, owned)| {
        owned.account == account && wanted.is_none_or(|wanted| owned.number == *wanted)
    });
    let numbers: Vec<Value> = found.map(|(sid, owned)| show_number(sid, owned)).collect();
    Json(json!({ "incoming_phone_numbers": numbers })).into_response()
}

async fn change_number(
    State(server): State<Server>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    if !server.is_authorized(&account, &headers) {
        return refusal(401, 20003);
    }
    let mut memories = server.memories.lock();
    if let Some(status) = memories.number_faults.pop_front() {
        return refusal(status, 20500);
    }
    let sid = file.trim_end_matches(".json");
    let Some(owned) = memories
        .numbers
        .get_mut(sid)
        .filter(|owned| owned.account == account)
    else {
        return refusal(404, 20404);
    };
    let set = |name: &str, to: &mut String| {
        if let Some(value) = fields.get(name) {
            value.clone_into(to);
        }
    };
    set("VoiceUrl", &mut owned.voice_url);
    set("VoiceFallbackUrl", &mut owned.voice_fallback_url);
    set("StatusCallback", &mut owned.status_callback);
    Json(show_number(sid, owned)).into_response()
}

impl Server {
    fn is_authorized(&self, account: &str, headers: &HeaderMap) -> bool {
        let token = match account {
            FakeTwilio::ACCOUNT => Some(TWILIO_TOKEN.to_owned()),
            other => self.memories.lock().accounts.get(other).cloned(),
        };
        let given = headers.get(header::AUTHORIZATION);
        token.is_some_and(|token| {
            let credentials = BASE64.encode(format!("{account}:{token}"));
            given.is_some_and(|given| given == format!("Basic {credentials}").as_str())
        })
    }
}

fn refusal(status: u16, code: u32) -> Response {
    let body = json!({ "code": code, "message": "no", "status": status });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}
