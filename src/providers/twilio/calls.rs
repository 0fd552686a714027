//! Calls as Twilio's REST API keeps them.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Client, Error, client::check_sid, loose};

/// A call, under way or over.
#[derive(Clone, Debug, Deserialize)]
pub struct FoundCall {
    pub sid: String,
    /// `queued`, `initiated`, `ringing`, `in-progress`, or one that is the last.
    pub status: String,
    pub to: Option<String>,
    pub from: Option<String>,
    /// `inbound`, or one of several ways of going out.
    pub direction: Option<String>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub start_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub end_time: Option<DateTime<Utc>>,
    /// In whole seconds; of a call that was not answered, none.
    #[serde(default, deserialize_with = "loose::integer")]
    pub duration: Option<u32>,
    /// Absent until rated; a charge is negative.
    #[serde(default, deserialize_with = "loose::decimal")]
    pub price: Option<Decimal>,
    pub price_unit: Option<String>,
}

impl FoundCall {
    /// Whether Twilio says that nothing more will happen in it.
    pub fn is_over(&self) -> bool {
        matches!(
            self.status.as_str(),
            "completed" | "busy" | "failed" | "no-answer" | "canceled"
        )
    }

    /// Whether somebody, or something of ours, took it.
    pub fn was_answered(&self) -> bool {
        self.status == "completed"
    }
}

impl Client {
    /// A call. None: there is no such call in the account, any more or at all.
    pub async fn find_call(&self, sid: &str) -> Result<Option<FoundCall>, Error> {
        if check_sid(sid).is_err() {
            return Ok(None);
        }
        let url = self.account_url(&format!("/Calls/{sid}.json"));
        match self.call(self.http().get(url)).await {
            Ok(call) => Ok(Some(call)),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_the_api_writes_it() {
        let call: FoundCall = serde_json::from_str(
            r#"{"sid": "CA1", "status": "completed", "to": "+14315550001", "from": "+15145550142",
                "start_time": "Sat, 21 Nov 2026 16:00:02 +0000", "end_time": "Sat, 21 Nov 2026 16:01:36 +0000",
                "duration": "94", "price": "-0.0085", "price_unit": "USD", "answered_by": null}"#,
        )
        .unwrap();
        assert!(call.is_over() && call.was_answered());
        assert_eq!(call.duration, Some(94));
        assert_eq!(
            (call.end_time.unwrap() - call.start_time.unwrap()).num_seconds(),
            94
        );
        let waiting: FoundCall =
            serde_json::from_str(r#"{"sid": "CA1", "status": "ringing", "duration": null}"#)
                .unwrap();
        assert!(!waiting.is_over());
    }
}
