//! The calls that we make to Twilio's REST API.
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use reqwest::{RequestBuilder, StatusCode};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, MessageStatus, error::redact, loose};
use crate::providers::Pulse;
use crate::providers::exchange;

/// Twilio answers in well under a second; after this long something is wrong, and a worker waits.
const DEADLINE: Duration = Duration::from_secs(15);

/// Twilio's REST API with the credentials of one account.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    account_sid: String,
    auth_token: SecretString,
    deadline: Duration,
    pulse: Pulse,
}

/// A text to send.
#[derive(Clone, Copy)]
pub struct NewMessage<'a> {
    pub to: &'a str,
    pub from: &'a str,
    pub body: &'a str,
    /// Where Twilio shall tell how it went.
    pub status_callback: Option<&'a str>,
}

/// A text as Twilio keeps it.
#[derive(Clone, Debug, Deserialize)]
pub struct SentMessage {
    pub sid: String,
    pub status: MessageStatus,
    /// What is billed.
    #[serde(default, deserialize_with = "loose::integer")]
    pub num_segments: Option<u32>,
    /// Absent until rated; a charge may be negative.
    #[serde(default, deserialize_with = "loose::decimal")]
    pub price: Option<Decimal>,
    pub price_unit: Option<String>,
    #[serde(default, deserialize_with = "loose::integer")]
    pub error_code: Option<u32>,
    pub body: Option<String>,
    /// When Twilio took it, which is what an attempt of ours can be compared with.
    #[serde(default, deserialize_with = "loose::moment")]
    pub date_created: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub date_sent: Option<DateTime<Utc>>,
}

/// The account that the credentials open. Twilio's answer also holds its auth token, which is not read.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    pub sid: String,
    pub status: String,
    pub friendly_name: Option<String>,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.twilio.com`).
    pub fn new(
        http: reqwest::Client,
        base_url: &str,
        account_sid: &str,
        auth_token: SecretString,
    ) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            http,
            base_url,
            account_sid: account_sid.to_owned(),
            auth_token,
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

    /// Sends a text. Twilio has no idempotency key for it: after [`Error::Unknown`] call [`Client::find_messages`]
    /// before trying again.
    pub async fn send_message(&self, message: &NewMessage<'_>) -> Result<SentMessage, Error> {
        let mut fields = vec![
            ("To", message.to),
            ("From", message.from),
            ("Body", message.body),
        ];
        fields.extend(message.status_callback.map(|url| ("StatusCallback", url)));
        self.call(
            self.http
                .post(self.account_url("/Messages.json"))
                .form(&fields),
        )
        .await
    }

    /// The texts from one number to another on one day (of GMT), newest first. A text that still waits in Twilio's queue
    /// has no day yet and may be missing: not found once does not mean not sent.
    pub async fn find_messages(
        &self,
        to: &str,
        from: &str,
        date_sent: NaiveDate,
    ) -> Result<Vec<SentMessage>, Error> {
        #[derive(Deserialize)]
        struct Page {
            messages: Vec<SentMessage>,
        }

        // One page of the largest size holds a day of one pair of numbers many times over.
        let query = [
            ("To", to),
            ("From", from),
            ("DateSent", &date_sent.to_string()),
            ("PageSize", "1000"),
        ];
        let page: Page = self
            .call(
                self.http
                    .get(self.account_url("/Messages.json"))
                    .query(&query),
            )
            .await?;
        Ok(page.messages)
    }

    /// Deletes a text from the account's log. False: there is no such text, any more or at all.
    pub async fn delete_message(&self, sid: &str) -> Result<bool, Error> {
        self.delete("Messages", sid).await
    }

    /// Deletes a recording.
    pub async fn delete_recording(&self, sid: &str) -> Result<bool, Error> {
        self.delete("Recordings", sid).await
    }

    /// Deletes a call that is over from the account's log.
    pub async fn delete_call(&self, sid: &str) -> Result<bool, Error> {
        self.delete("Calls", sid).await
    }

    async fn delete(&self, kind: &str, sid: &str) -> Result<bool, Error> {
        if check_sid(sid).is_err() {
            return Ok(false);
        }
        let url = self.account_url(&format!("/{kind}/{sid}.json"));
        let answer = self.exchange(self.http.delete(url)).await?;
        match answer.status {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refusal(&answer)),
        }
    }

    /// Empties the body of a text that has come to its end; everything else about it stays. May be repeated.
    pub async fn empty_message(&self, sid: &str) -> Result<(), Error> {
        check_sid(sid)?;
        let url = self.account_url(&format!("/Messages/{sid}.json"));
        let _: serde::de::IgnoredAny = self.call(self.http.post(url).form(&[("Body", "")])).await?;
        Ok(())
    }

    /// Deletes what was attached to a text.
    pub async fn delete_media(&self, message_sid: &str) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Media {
            sid: String,
        }
        #[derive(Deserialize)]
        struct Page {
            media_list: Vec<Media>,
        }

        check_sid(message_sid)?;
        let list = format!("/Messages/{message_sid}/Media.json");
        let page: Page = self.call(self.http.get(self.account_url(&list))).await?;
        for media in page.media_list {
            check_sid(&media.sid)?;
            let one = format!("/Messages/{message_sid}/Media/{}.json", media.sid);
            let request = self.http.delete(self.account_url(&one));
            match self.exchange(request).await? {
                answer if answer.status.is_success() => {}
                answer if answer.status == StatusCode::NOT_FOUND => {}
                answer => return Err(refusal(&answer)),
            }
        }
        Ok(())
    }

    /// The account itself: proof that the credentials are good.
    pub async fn fetch_account(&self) -> Result<Account, Error> {
        self.call(self.http.get(self.account_url(".json"))).await
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn account_url(&self, rest: &str) -> String {
        format!(
            "{}/2010-04-01/Accounts/{}{rest}",
            self.base_url, self.account_sid
        )
    }

    /// A path that Twilio names for what comes next in a list.
    pub(super) fn url_of(&self, path: &str) -> String {
        format!("{}/{}", self.base_url, path.trim_start_matches('/'))
    }

    pub fn account_sid(&self) -> &str {
        &self.account_sid
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<exchange::Answer, Error> {
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()));
        Ok(exchange::run(request, self.deadline, &self.pulse).await?)
    }

    /// A request to a resource of the account.
    pub(super) fn post(&self, resource: &str) -> RequestBuilder {
        self.http.post(self.account_url(resource))
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let answer = self.exchange(request).await?;
        if answer.status.is_success() {
            return answer.json().ok_or(Error::Unknown("unreadable answer"));
        }
        Err(refusal(&answer))
    }
}

/// Ids come from outside; one with a slash would be another path of the API.
pub(super) fn check_sid(sid: &str) -> Result<(), Error> {
    let is_good = !sid.is_empty() && sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_good.then_some(()).ok_or(Error::Refused {
        status: StatusCode::NOT_FOUND.as_u16(),
        code: None,
        message: "not an id".to_owned(),
    })
}

/// Only a clear no of Twilio is a refusal; whatever stands between us and Twilio may answer a text that was sent with an
/// error of its own.
fn refusal(answer: &exchange::Answer) -> Error {
    #[derive(Default, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "loose::integer")]
        code: Option<u32>,
        message: Option<String>,
    }

    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited {
            retry_after: answer.retry_after,
        },
        StatusCode::REQUEST_TIMEOUT => Error::Unknown("timed out"),
        status if status.is_client_error() => {
            let body: Body = answer.json().unwrap_or_default();
            let message = redact(&body.message.unwrap_or_default());
            Error::Refused {
                status: status.as_u16(),
                code: body.code,
                message,
            }
        }
        status if status.is_server_error() => Error::Unknown("server error"),
        _ => Error::Unknown("unexpected status"),
    }
}
