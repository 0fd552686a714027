//! Placing a call.
use serde::Deserialize;

use super::{Client, Error};

/// A call to place.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    pub to: &'a str,
    pub from: &'a str,
    /// Where Twilio asks what to say once somebody answers.
    pub url: &'a str,
    /// Where Twilio tells how it went.
    pub status_callback: &'a str,
    /// How long it rings.
    pub timeout_s: u16,
}

/// A call that Twilio has taken.
#[derive(Clone, Debug, Deserialize)]
pub struct PlacedCall {
    pub sid: String,
}

impl Client {
    /// Places a call. There is no idempotency key for it: after [`Error::Unknown`] it may be ringing, and must not be
    /// placed again blindly.
    pub async fn place_call(&self, call: &NewCall<'_>) -> Result<PlacedCall, Error> {
        let timeout = call.timeout_s.to_string();
        let fields = [
            ("To", call.to),
            ("From", call.from),
            ("Url", call.url),
            ("StatusCallback", call.status_callback),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", &timeout),
        ];
        let request = self.post("/Calls.json").form(&fields);
        self.call(request).await
    }
}
