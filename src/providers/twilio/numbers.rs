//! Our numbers at Twilio: where their calls go. And the recording of a call that is under way.
use serde::Deserialize;

use super::Error;
use super::client::{Client, check_sid};

/// A number of the account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OwnedNumber {
    pub sid: String,
    pub phone_number: String,
    pub voice_url: Option<String>,
    pub voice_fallback_url: Option<String>,
    pub status_callback: Option<String>,
    /// With a trunk the voice URLs mean nothing.
    pub trunk_sid: Option<String>,
}

/// Where Twilio asks what to do with a call.
#[derive(Clone, Copy, Debug)]
pub struct NumberUrls<'a> {
    pub voice: &'a str,
    /// When the first does not answer.
    pub fallback: &'a str,
    /// A host of plain files answers no POST.
    pub is_fallback_static: bool,
    pub status: &'a str,
}

impl Client {
    /// The account's number of these digits, if it has it.
    pub async fn find_number(&self, number: &str) -> Result<Option<OwnedNumber>, Error> {
        #[derive(Deserialize)]
        struct Page {
            incoming_phone_numbers: Vec<OwnedNumber>,
        }

        let url = self.account_url("/IncomingPhoneNumbers.json");
        let query = [("PhoneNumber", number)];
        let page: Page = self.call(self.http().get(url).query(&query)).await?;
        let mut found = page.incoming_phone_numbers.into_iter();
        Ok(found.find(|found| found.phone_number == number))
    }

    /// Says where the number's calls go; nothing else of it changes. May be repeated.
    pub async fn point_number(&self, sid: &str, to: NumberUrls<'_>) -> Result<OwnedNumber, Error> {
        check_sid(sid)?;
        let url = self.account_url(&format!("/IncomingPhoneNumbers/{sid}.json"));
        let fields = [
            ("VoiceUrl", to.voice),
            ("VoiceMethod", "POST"),
            ("VoiceFallbackUrl", to.fallback),
            (
                "VoiceFallbackMethod",
                if to.is_fallback_static { "GET" } else { "POST" },
            ),
            ("StatusCallback", to.status),
            ("StatusCallbackMethod", "POST"),
        ];
        self.call(self.http().post(url).form(&fields)).await
    }

    /// Begins to record both sides of a call. Twilio has no idempotency key for it: whoever calls twice records twice.
    pub async fn start_recording(&self, call_sid: &str, callback: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Started {
            sid: String,
        }

        check_sid(call_sid)?;
        let url = self.account_url(&format!("/Calls/{call_sid}/Recordings.json"));
        let fields = [
            ("RecordingStatusCallback", callback),
            ("RecordingStatusCallbackMethod", "POST"),
            ("RecordingChannels", "dual"),
        ];
        let started: Started = self.call(self.http().post(url).form(&fields)).await?;
        Ok(started.sid)
    }

    /// Whether the call is being recorded, or was.
    pub async fn has_recording(&self, call_sid: &str) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Page {
            recordings: Vec<serde::de::IgnoredAny>,
        }

        let url = self.account_url("/Recordings.json");
        let query = [("CallSid", call_sid)];
        let page: Page = self.call(self.http().get(url).query(&query)).await?;
        Ok(!page.recordings.is_empty())
    }
}
