//! The sound of a call, fetched from whoever keeps it.
//!
//! Where it lies is told by a provider in a signed event, and still only hosts that keep recordings are asked: those
//! below and the providers' own APIs, never an address inside. Nobody else learns the URL, which for some providers is
//! all that it takes to listen.
use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use http_body_util::Limited;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::kernel::metrics::METRICS;

/// Where the providers lay their recordings, over https alone.
const HOSTS: [&str; 3] = [
    "retellai.s3.us-west-2.amazonaws.com",
    "dxc03zgurdly9.cloudfront.net",
    "storage.vapi.ai",
];

/// Until the first byte, and for all of it: somebody listens while it flows.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);
const WHOLE_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Four hours of two tracks as the providers write them.
const LARGEST: usize = 512 * 1024 * 1024;

/// What of the provider's answer goes on to the listener.
const PASSED_ON: [HeaderName; 4] = [
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::LAST_MODIFIED,
];

/// Fetches recordings.
#[derive(Clone)]
pub struct Recordings {
    http: reqwest::Client,
    /// The providers' APIs, by their base URLs.
    apis: Arc<[Url]>,
    twilio: Option<Twilio>,
    deadline: Duration,
}

/// Twilio wants the account's credentials for a recording.
#[derive(Clone)]
struct Twilio {
    base_url: Url,
    account_sid: String,
    auth_token: SecretString,
}

/// Sound on its way.
#[derive(Debug)]
pub struct Sound {
    /// 200, 206 for a range, 416 for one that is not there.
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the recording lies where no provider of ours keeps recordings")]
    UnknownHost,
    #[error("the provider has the recording no more")]
    Gone,
    #[error("the recording is too large")]
    TooLarge,
    #[error("the provider does not give the recording: {0}")]
    Unavailable(String),
}

impl Recordings {
    pub fn new(http: reqwest::Client, api_base_urls: &[&str]) -> Self {
        Self {
            http,
            apis: api_base_urls
                .iter()
                .filter_map(|url| Url::parse(url).ok())
                .collect(),
            twilio: None,
            deadline: ANSWER_DEADLINE,
        }
    }

    /// With an account at Twilio, whose credentials go to this base URL's host and no other.
    pub fn with_twilio(self, base_url: &str, account_sid: &str, auth_token: SecretString) -> Self {
        let twilio = Url::parse(base_url).ok().map(|base_url| Twilio {
            base_url,
            account_sid: account_sid.to_owned(),
            auth_token,
        });
        Self { twilio, ..self }
    }

    /// The same with another deadline for the first byte.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Begins to fetch; `range` is the listener's own header.
    pub async fn fetch(&self, url: &str, range: Option<&HeaderValue>) -> Result<Sound, Error> {
        let url = Url::parse(url).map_err(|_| Error::UnknownHost)?;
        if !self.is_known(&url) {
            return Err(Error::UnknownHost);
        }
        let kind = kind_of(&url);
        let mut request = self.http.get(url.clone()).timeout(WHOLE_DEADLINE);
        if let Some(twilio) = self.twilio.as_ref().filter(|twilio| twilio.keeps(&url)) {
            request =
                request.basic_auth(&twilio.account_sid, Some(twilio.auth_token.expose_secret()));
        }
        if let Some(range) = range.filter(|range| is_range(range)) {
            request = request.header(header::RANGE, range);
        }
        let begun = std::time::Instant::now();
        let answer = tokio::time::timeout(self.deadline, request.send()).await;
        let is_ok = matches!(&answer, Ok(Ok(answer)) if !answer.status().is_server_error());
        METRICS
            .http_client_request_duration
            .with_label_values(&["recordings", "fetch", if is_ok { "ok" } else { "error" }])
            .observe(begun.elapsed().as_secs_f64());
        let answer = answer
            .map_err(|_| Error::Unavailable("it does not answer".to_owned()))?
            .map_err(|error| Error::Unavailable(error.without_url().to_string()))?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {}
            // A link that has expired is refused and not missing.
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN => {
                return Err(Error::Gone);
            }
            status => return Err(Error::Unavailable(format!("it answered {status}"))),
        }
        if answer
            .content_length()
            .is_some_and(|length| length > LARGEST as u64)
        {
            return Err(Error::TooLarge);
        }
        let mut headers = HeaderMap::new();
        for name in PASSED_ON {
            if let Some(value) = answer.headers().get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let given = answer.headers().get(header::CONTENT_TYPE).cloned();
        let is_sound = |value: &HeaderValue| {
            value
                .to_str()
                .is_ok_and(|value| value.starts_with("audio/"))
        };
        headers.insert(
            header::CONTENT_TYPE,
            given
                .filter(is_sound)
                .unwrap_or_else(|| HeaderValue::from_static(kind)),
        );
        Ok(Sound {
            status: answer.status(),
            headers,
            body: Body::new(Limited::new(reqwest::Body::from(answer), LARGEST)),
        })
    }

    fn is_known(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let is_keeper = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| HOSTS.contains(&host));
        // Where Twilio's API is, there is much more than sound, and our credentials would open it.
        let twilio = self.twilio.as_ref();
        if let Some(twilio) = twilio.filter(|twilio| is_same(&twilio.base_url, url)) {
            return twilio.keeps(url);
        }
        is_keeper || self.apis.iter().any(|api| is_same(api, url))
    }
}

impl Twilio {
    /// Whether it is the sound of one recording of our own account, and nothing else that the API would show us.
    fn keeps(&self, url: &Url) -> bool {
        let folder = format!("/2010-04-01/Accounts/{}/Recordings/RE", self.account_sid);
        let name = url.path().strip_prefix(&folder);
        let is_recording = name.is_some_and(|name| {
            let id = name.trim_end_matches(".mp3").trim_end_matches(".wav");
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        is_same(&self.base_url, url) && is_recording && url.query().is_none()
    }
}

/// Of one scheme, host and port.
fn is_same(one: &Url, other: &Url) -> bool {
    one.origin().is_tuple() && one.origin() == other.origin()
}

/// Some of them call everything a stream of octets.
fn kind_of(url: &Url) -> &'static str {
    let is = |ending: &str| url.path().to_ascii_lowercase().ends_with(ending);
    if is(".mp3") {
        "audio/mpeg"
    } else if is(".ogg") {
        "audio/ogg"
    } else {
        "audio/wav"
    }
}

/// One range of bytes, as players ask for.
fn is_range(value: &HeaderValue) -> bool {
    let Some((from, to)) = value
        .to_str()
        .ok()
        .and_then(|value| value.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return false;
    };
    let is_number = |text: &str| text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(from) && is_number(to) && !(from.is_empty() && to.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recordings() -> Recordings {
        let http = crate::kernel::http::provider_client().unwrap();
        Recordings::new(
            http,
            &["https://api.twilio.com", "http://127.0.0.1:4000/v2"],
        )
        .with_twilio("https://api.twilio.com", "AC1", "token".to_owned().into())
    }

    #[test]
    fn only_hosts_that_keep_recordings_are_asked() {
        let knows = |url: &str| recordings().is_known(&Url::parse(url).unwrap());
        for url in [
            "https://retellai.s3.us-west-2.amazonaws.com/call/recording.wav",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef.mp3",
            "http://127.0.0.1:4000/recording.wav",
        ] {
            assert!(knows(url), "{url}");
        }
        for url in [
            "http://retellai.s3.us-west-2.amazonaws.com/call/recording.wav",
            "https://retellai.s3.us-west-2.amazonaws.com:8443/call/recording.wav",
            "https://retellai.s3.us-west-2.amazonaws.com.evil.example/recording.wav",
            "https://user:word@retellai.s3.us-west-2.amazonaws.com/recording.wav",
            "https://recordings.example.test/recording.wav",
            "http://api.twilio.com/recording.wav",
            // Whoever signs with a secret of his own may write any address: it must never be one that tells of others.
            "https://api.twilio.com/2010-04-01/Accounts.json",
            "https://api.twilio.com/2010-04-01/Accounts/AC1.json",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings.json",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/../Messages.json",
            "https://api.twilio.com/2010-04-01/Accounts/AC2/Recordings/RE0123456789abcdef0123456789abcdef",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE0123456789abcdef0123456789abcdef?x=1",
            "http://127.0.0.1:4001/recording.wav",
            "http://169.254.169.254/latest/meta-data",
            "https://localhost/recording.wav",
            "file:///etc/passwd",
            "data:audio/wav;base64,AAAA",
        ] {
            assert!(!knows(url), "{url}");
        }
    }

    #[test]
    fn only_one_range_of_bytes_is_passed_on() {
        let is = |text: &'static str| is_range(&HeaderValue::from_static(text));
        for text in ["bytes=0-", "bytes=0-99", "bytes=-500"] {
            assert!(is(text), "{text}");
        }
        for text in ["bytes=-", "bytes=0-1,2-3", "items=0-1", "bytes=a-b", ""] {
            assert!(!is(text), "{text}");
        }
    }
}
