//! Cal.com's API, version 2.
use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{Booking, Error, TRIGGERS, booking::ApiBooking, loose, slots::written};
use crate::providers::{
    Pulse,
    exchange::{self, Answer},
};

const DEADLINE: Duration = Duration::from_secs(15);

/// The header that says which shape of a resource we mean; without it comes an older one.
const VERSION: &str = "cal-api-version";
const BOOKINGS_VERSION: &str = "2024-08-13";
const EVENT_TYPES_VERSION: &str = "2024-06-14";
pub(super) const SLOTS_VERSION: &str = "2024-09-04";

/// The shape of webhooks that we read.
const WEBHOOK_VERSION: &str = "2021-10-20";

/// How many bookings a page has.
const PAGE: usize = 100;

/// Longer than this nobody is told to wait: it would be a moment, and not a length of time.
const LONGEST_WAIT_S: u64 = 3600;

/// Cal.com's API with the key of our application; what is a person's is asked with that person's token.
#[derive(Clone)]
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) api_base_url: String,
    pub(super) app_base_url: String,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    deadline: Duration,
    pulse: Pulse,
}

/// Whose token it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Me {
    pub id: i64,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default, rename = "timeZone")]
    pub time_zone: Option<String>,
}

/// A kind of appointment that a person offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EventType {
    pub id: i64,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub slug: String,
    #[serde(default, rename = "lengthInMinutes")]
    pub length_minutes: i32,
    /// What the booker may choose from; empty where there is only the one length.
    #[serde(
        default,
        rename = "lengthInMinutesOptions",
        deserialize_with = "loose::list"
    )]
    pub length_options: Vec<i32>,
    #[serde(default)]
    pub hidden: bool,
}

/// A booking to be made.
#[derive(Clone, Debug)]
pub struct NewBooking<'a> {
    pub event_type_id: i64,
    pub start: DateTime<Utc>,
    /// One of the event type's lengths, where it has several: where it has one, Cal.com refuses to be told.
    pub length_minutes: Option<i32>,
    pub name: &'a str,
    pub email: Option<&'a str>,
    pub phone: Option<&'a str>,
    /// The IANA name of the zone in which the person is told the time.
    pub time_zone: &'a str,
    pub language: &'a str,
    /// At most 50 members; names of 40 and texts of 500 characters.
    pub metadata: BTreeMap<&'a str, String>,
}

/// A webhook to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook<'a> {
    pub url: &'a str,
    pub secret: &'a SecretString,
}

/// Which bookings are listed.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    Created(DateTime<Utc>),
    Updated(DateTime<Utc>),
}

/// A page of bookings.
#[derive(Clone, Debug)]
pub struct Bookings {
    pub bookings: Vec<Booking>,
    /// How many to pass over for the next page; None: this was the last.
    pub next: Option<usize>,
}

/// `{"status": "success", "data": …}`
#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

/// `{"status": "error", "error": {"code": "…", "message": "…"}}`
#[derive(Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "loose::or_absent")]
    error: RefusalDetail,
    #[serde(default, deserialize_with = "loose::or_absent")]
    message: String,
}

#[derive(Default, Deserialize)]
struct RefusalDetail {
    #[serde(default, deserialize_with = "loose::or_absent")]
    message: String,
}

impl Client {
    /// A client for the API at `api_base_url` (`https://api.cal.com`) and the pages at `app_base_url`
    /// (`https://app.cal.com`).
    pub fn new(
        http: reqwest::Client,
        api_base_url: &str,
        app_base_url: &str,
        client_id: &str,
        client_secret: SecretString,
    ) -> Self {
        Self {
            http,
            api_base_url: api_base_url.trim_end_matches('/').to_owned(),
            app_base_url: app_base_url.trim_end_matches('/').to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            deadline: DEADLINE,
            pulse: Pulse::default(),
        }
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The same client with another deadline for each call.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Whose token this is.
    pub async fn me(&self, token: &SecretString) -> Result<Me, Error> {
        let request = self.http.get(self.url("/v2/me"));
        self.data(token, request, None).await
    }

    /// What this person offers.
    pub async fn event_types(
        &self,
        token: &SecretString,
        username: Option<&str>,
    ) -> Result<Vec<EventType>, Error> {
        let query: Vec<_> = username
            .map(|name| ("username", name))
            .into_iter()
            .collect();
        let request = self.http.get(self.url("/v2/event-types")).query(&query);
        self.data(token, request, Some(EVENT_TYPES_VERSION)).await
    }

    /// Books. Each call may book again: after an error that [`Error::may_have_happened`], look with
    /// [`Client::bookings`] for the metadata first.
    pub async fn create_booking(
        &self,
        token: &SecretString,
        new: &NewBooking<'_>,
    ) -> Result<Booking, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Person<'a> {
            name: &'a str,
            time_zone: &'a str,
            language: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            email: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            phone_number: Option<&'a str>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Request<'a> {
            start: String,
            event_type_id: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            length_in_minutes: Option<i32>,
            attendee: Person<'a>,
            metadata: &'a BTreeMap<&'a str, String>,
        }

        let request = Request {
            start: written(new.start),
            event_type_id: new.event_type_id,
            length_in_minutes: new.length_minutes,
            attendee: Person {
                name: new.name,
                time_zone: new.time_zone,
                language: new.language,
                email: new.email,
                phone_number: new.phone,
            },
            metadata: &new.metadata,
        };
        let request = self.http.post(self.url("/v2/bookings")).json(&request);
        self.booking(token, request).await
    }

    /// Moves a booking. What comes back is another booking, with another id.
    pub async fn reschedule(
        &self,
        token: &SecretString,
        uid: &str,
        start: DateTime<Utc>,
        reason: &str,
    ) -> Result<Booking, Error> {
        let body = json!({ "start": written(start), "reschedulingReason": reason });
        let request = self.http.post(self.of_booking(uid, "/reschedule")?);
        self.booking(token, request.json(&body)).await
    }

    /// Cancels a booking.
    pub async fn cancel(
        &self,
        token: &SecretString,
        uid: &str,
        reason: &str,
    ) -> Result<Booking, Error> {
        let body = json!({ "cancellationReason": reason });
        let request = self.http.post(self.of_booking(uid, "/cancel")?);
        self.booking(token, request.json(&body)).await
    }

    /// A booking as it is now.
    pub async fn find_booking(&self, token: &SecretString, uid: &str) -> Result<Booking, Error> {
        let request = self.http.get(self.of_booking(uid, "")?);
        self.booking(token, request).await
    }

    /// Bookings that were made or changed since, the oldest first, passing over the first `skip`.
    pub async fn bookings(
        &self,
        token: &SecretString,
        since: Since,
        skip: usize,
    ) -> Result<Bookings, Error> {
        let (which, since, order) = match since {
            Since::Created(at) => ("afterCreatedAt", written(at), "sortCreated"),
            Since::Updated(at) => ("afterUpdatedAt", written(at), "sortUpdatedAt"),
        };
        let query = [
            (which, since),
            (order, "asc".to_owned()),
            ("take", PAGE.to_string()),
            ("skip", skip.to_string()),
        ];
        let request = self.http.get(self.url("/v2/bookings")).query(&query);
        let listed: Vec<serde_json::Value> =
            self.data(token, request, Some(BOOKINGS_VERSION)).await?;
        let next = (listed.len() >= PAGE).then_some(skip + listed.len());
        let read = listed.into_iter().map(serde_json::from_value::<ApiBooking>);
        Ok(Bookings {
            bookings: read.filter_map(Result::ok).map(Booking::from).collect(),
            next,
        })
    }

    /// Makes a webhook for all of a person's bookings and gives its id.
    pub async fn create_webhook(
        &self,
        token: &SecretString,
        new: &NewWebhook<'_>,
    ) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(default, deserialize_with = "loose::id")]
            id: Option<String>,
        }

        let body = json!({
            "active": true,
            "subscriberUrl": new.url,
            "triggers": TRIGGERS,
            "secret": new.secret.expose_secret(),
            "version": WEBHOOK_VERSION,
        });
        let request = self.http.post(self.url("/v2/webhooks")).json(&body);
        let made: Made = self.data(token, request, None).await?;
        made.id.ok_or(Error::Unknown("a webhook without an id"))
    }

    /// Takes a webhook away. False: there is no such webhook.
    pub async fn delete_webhook(&self, token: &SecretString, id: &str) -> Result<bool, Error> {
        check_id(id)?;
        let request = self.http.delete(self.url("/v2/webhooks/") + id);
        match self.send(token, request, None, self.deadline).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_base_url)
    }

    fn of_booking(&self, uid: &str, act: &str) -> Result<String, Error> {
        check_id(uid)?;
        Ok(self.url(&format!("/v2/bookings/{uid}{act}")))
    }

    async fn booking(
        &self,
        token: &SecretString,
        request: RequestBuilder,
    ) -> Result<Booking, Error> {
        let booking: ApiBooking = self.data(token, request, Some(BOOKINGS_VERSION)).await?;
        Ok(booking.into())
    }

    async fn data<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        request: RequestBuilder,
        version: Option<&str>,
    ) -> Result<T, Error> {
        let answer: Wrapped<T> = self
            .call_within(token, request, version, self.deadline)
            .await?;
        Ok(answer.data)
    }

    pub(super) async fn call_within<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        request: RequestBuilder,
        version: Option<&str>,
        deadline: Duration,
    ) -> Result<T, Error> {
        let answer = self.send(token, request, version, deadline).await?;
        answer.json().ok_or(Error::Unknown("unreadable answer"))
    }

    /// The answer of a success, whatever is in it.
    async fn send(
        &self,
        token: &SecretString,
        request: RequestBuilder,
        version: Option<&str>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        let request = request.bearer_auth(token.expose_secret());
        let request = match version {
            Some(version) => request.header(VERSION, version),
            None => request,
        };
        // A token that is refused is one person's trouble; the pulse is about Cal.com.
        let outcome = exchange::run(request, deadline, &Pulse::default()).await;
        let is_refused_token = outcome.as_ref().is_ok_and(|answer| {
            matches!(
                answer.status,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
            )
        });
        if !is_refused_token {
            self.pulse.note(&outcome);
        }
        let answer = outcome?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(error_of(&answer))
        }
    }

    /// The answer to a request that carries our own key; of any status.
    pub(super) async fn ask_as_ourselves(&self, request: RequestBuilder) -> Result<Answer, Error> {
        Ok(exchange::run(request, self.deadline, &self.pulse).await?)
    }
}

/// What an answer without success means.
pub(super) fn error_of(answer: &Answer) -> Error {
    match answer.status {
        StatusCode::UNAUTHORIZED => Error::TokenRefused,
        StatusCode::NOT_FOUND => Error::NotFound,
        StatusCode::CONFLICT => Error::SlotTaken,
        StatusCode::BAD_REQUEST if is_about_the_time(answer) => Error::SlotTaken,
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited {
            retry_after: answer.retry_after.or_else(|| reset_in(answer)),
        },
        // Of the last two: a gateway speaks, and what stands behind it may still be at work.
        StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Error::NoAnswer("timed out on the way")
        }
        status if status.is_client_error() => Error::Refused {
            status: status.as_u16(),
        },
        status if status.is_server_error() => Error::Unknown("server error"),
        _ => Error::Unknown("unexpected status"),
    }
}

/// There is no code for it: a 400 that speaks of the booking's time in one of its several ways.
fn is_about_the_time(answer: &Answer) -> bool {
    const PHRASES: [&str; 7] = [
        "already has booking",
        "not available",
        "no_available_users",
        "no available users",
        "in the past",
        "start time",
        "`start`",
    ];
    let Some(refusal) = answer.json::<Refusal>() else {
        return false;
    };
    let said = [refusal.error.message, refusal.message].join(" ");
    let said = said.to_ascii_lowercase();
    PHRASES.iter().any(|phrase| said.contains(phrase))
}

/// When the bucket is full again: `X-RateLimit-Reset-<bucket>`, in seconds from now.
fn reset_in(answer: &Answer) -> Option<Duration> {
    let resets = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-ratelimit-reset"));
    let seconds = resets.filter_map(|(_, value)| value.to_str().ok()?.parse::<u64>().ok());
    let seconds = seconds.filter(|seconds| *seconds <= LONGEST_WAIT_S).max();
    seconds.map(Duration::from_secs)
}

/// Ids come from outside; one with a slash would be another path of the API.
fn check_id(id: &str) -> Result<(), Error> {
    let is_good = !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    is_good.then_some(()).ok_or(Error::NotFound)
}
