//! What Twilio posts while a call lasts, read from a [`Form`] whose signature was checked. Somebody waits on the line:
//! what can be done without is read as absent and never refused.
use super::form::Form;

/// One request of a call: that it rings, what a verb of ours came to, how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallForm {
    /// The natural key. Of a second leg that we rang it is that leg's own.
    pub call_sid: String,
    /// The inbound call, where this is about a leg that we rang for it.
    pub parent_call_sid: Option<String>,
    pub account_sid: String,
    /// As Twilio gave it: a number in E.164, but also `anonymous`, `unknown`, `Restricted` or nothing.
    pub from: String,
    pub to: String,
    pub status: CallStatus,
    pub is_outbound: bool,
    /// Some carriers say through which line the call came. A hint, and no proof.
    pub forwarded_from: Option<String>,
    pub attestation: Attestation,
    pub heard: Option<Heard>,
    /// How sure the speech recognition was, from 0 to 1, as it wrote it.
    pub confidence: Option<String>,
    pub dial: Option<Dialled>,
    pub recording: Option<Recording>,
    pub transcription: Option<Transcription>,
    /// Whole seconds, of a call that is over.
    pub duration_s: Option<i32>,
}

/// What `<Gather>` got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Speech(String),
    Digits(String),
}

/// How far a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallStatus {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    Failed,
    NoAnswer,
    Canceled,
    #[default]
    Other,
}

/// What the carriers vouch for: that the caller may use the number that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attestation {
    /// A, B or C.
    Passed,
    /// The signature of the call is wrong: somebody shows another's number.
    Failed,
    #[default]
    Unknown,
}

/// What became of `<Dial>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    pub status: DialStatus,
    /// Whether the two spoke; None: not said.
    pub is_bridged: Option<bool>,
    pub duration_s: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

/// Sound that Twilio keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub sid: Option<String>,
    pub url: String,
    pub duration_s: Option<i32>,
    pub status: Option<String>,
    /// Which verb or request made it.
    pub source: Option<String>,
}

/// What was made out of a recording; without text where Twilio could not tell what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcription {
    pub status: Option<String>,
    pub text: Option<String>,
}

/// The form names no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("twilio field CallSid is missing")]
pub struct NoCall;

impl CallForm {
    /// Whether this is about the words in a recording: one that failed has no text.
    pub fn tells_transcription(form: &Form) -> bool {
        let names = [
            "TranscriptionSid",
            "TranscriptionStatus",
            "TranscriptionText",
        ];
        names.iter().any(|name| first(form, name).is_some())
    }

    /// Reads a request about a call.
    pub fn parse(form: &Form) -> Result<Self, NoCall> {
        let text = |name: &str| first(form, name).map(str::to_owned);
        let number = |name: &str| first(form, name)?.parse().ok();
        Ok(Self {
            call_sid: text("CallSid").filter(|sid| is_sid(sid)).ok_or(NoCall)?,
            parent_call_sid: text("ParentCallSid").filter(|sid| is_sid(sid)),
            account_sid: text("AccountSid").unwrap_or_default(),
            from: text("From").unwrap_or_default(),
            to: text("To").unwrap_or_default(),
            status: CallStatus::read(first(form, "CallStatus").unwrap_or_default()),
            is_outbound: first(form, "Direction").is_some_and(|way| way.starts_with("outbound")),
            forwarded_from: text("ForwardedFrom"),
            attestation: Attestation::read(first(form, "StirVerstat").unwrap_or_default()),
            heard: heard(form),
            confidence: text("Confidence"),
            dial: first(form, "DialCallStatus").map(|status| Dialled {
                status: DialStatus::read(status),
                is_bridged: first(form, "DialBridged").map(|bridged| bridged == "true"),
                duration_s: number("DialCallDuration"),
            }),
            recording: text("RecordingUrl").map(|url| Recording {
                sid: text("RecordingSid").filter(|sid| is_sid(sid)),
                url,
                duration_s: number("RecordingDuration"),
                status: text("RecordingStatus"),
                source: text("RecordingSource"),
            }),
            transcription: transcription(form),
            duration_s: number("CallDuration"),
        })
    }
}

fn transcription(form: &Form) -> Option<Transcription> {
    if !CallForm::tells_transcription(form) {
        return None;
    }
    Some(Transcription {
        status: first(form, "TranscriptionStatus").map(str::to_owned),
        text: first(form, "TranscriptionText").map(str::to_owned),
    })
}

/// Keys win: whoever pressed one meant to.
fn heard(form: &Form) -> Option<Heard> {
    let digits = first(form, "Digits").filter(|digits| *digits != "hangup");
    let speech = first(form, "SpeechResult").map(str::trim);
    let speech = speech.filter(|speech| !speech.is_empty());
    match (digits, speech) {
        (Some(digits), _) => Some(Heard::Digits(digits.to_owned())),
        (None, Some(speech)) => Some(Heard::Speech(speech.to_owned())),
        (None, None) => None,
    }
}

/// The value of a field; of one that is repeated the first. Twilio sends many fields empty.
fn first<'form>(form: &'form Form, name: &str) -> Option<&'form str> {
    form.iter()
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// Ids go into keys and paths.
fn is_sid(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Recording {
    /// The recording's id, which also ends its URL.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref().or_else(|| sid_in(&self.url))
    }
}

/// The id of the recording that is at this URL.
pub fn sid_in(url: &str) -> Option<&str> {
    let file = url.split(['?', '#']).next()?.rsplit('/').next()?;
    let sid = file.split('.').next()?;
    (sid.starts_with("RE") && is_sid(sid)).then_some(sid)
}

impl CallStatus {
    fn read(text: &str) -> Self {
        match text {
            "queued" | "initiated" => Self::Queued,
            "ringing" => Self::Ringing,
            "in-progress" => Self::InProgress,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            _ => Self::Other,
        }
    }

    /// Whether nothing more is to come.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled
        )
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Other => "other",
        }
    }
}

impl Attestation {
    fn read(text: &str) -> Self {
        if text.starts_with("TN-Validation-Passed") {
            Self::Passed
        } else if text.starts_with("TN-Validation-Failed") {
            Self::Failed
        } else {
            Self::Unknown
        }
    }
}

impl DialStatus {
    fn read(text: &str) -> Self {
        match text {
            "completed" | "answered" => Self::Completed,
            "busy" => Self::Busy,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            _ => Self::Failed,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Fixtures {
        fixtures: Vec<Fixture>,
    }

    #[derive(Deserialize)]
    struct Fixture {
        name: String,
        params: Vec<(String, String)>,
    }

    fn sample(name: &str) -> CallForm {
        let data = include_str!("../../../tests/data/twilio/webhooks.json");
        let data: Fixtures = serde_json::from_str(data).unwrap();
        let mut fixtures = data.fixtures.into_iter();
        let found = fixtures.find(|fixture| fixture.name == name).unwrap();
        CallForm::parse(&found.params.into_iter().collect()).unwrap()
    }

    fn of(fields: &[(&str, &str)]) -> CallForm {
        let call = [("CallSid", "CA1")];
        CallForm::parse(&call.iter().chain(fields).copied().collect()).unwrap()
    }

    #[test]
    fn a_call_that_rings_says_who_calls_whom() {
        let call = sample("voice_incoming");
        assert_eq!(
            (call.from.as_str(), call.to.as_str()),
            ("+15145550123", "+14315550100")
        );
        assert_eq!(call.status, CallStatus::Ringing);
        assert_eq!(call.attestation, Attestation::Passed);
        assert!(!call.is_outbound && call.heard.is_none() && call.dial.is_none());
        let forwarded = sample("voice_incoming_forwarded");
        assert_eq!(forwarded.forwarded_from.as_deref(), Some("+12045550177"));
        let anonymous = sample("voice_incoming_anonymous");
        assert_eq!(anonymous.from, "anonymous");
        assert_eq!(anonymous.attestation, Attestation::Unknown);
    }

    #[test]
    fn what_a_caller_said_or_keyed_is_heard() {
        let speech = "j'aimerais un rendez-vous demain à neuf heures";
        let said = sample("gather_speech");
        assert_eq!(said.heard, Some(Heard::Speech(speech.to_owned())));
        assert_eq!(said.confidence.as_deref(), Some("0.91283846"));
        let keyed = sample("gather_digits");
        assert_eq!(keyed.heard, Some(Heard::Digits("1".to_owned())));
        assert_eq!(sample("gather_empty").heard, None);
        assert_eq!(of(&[("SpeechResult", "  "), ("Digits", "")]).heard, None);
    }

    #[test]
    fn a_dial_says_whether_somebody_was_reached() {
        let dial = sample("dial_action_completed").dial.unwrap();
        assert_eq!(dial.status, DialStatus::Completed);
        assert_eq!((dial.is_bridged, dial.duration_s), (Some(true), Some(42)));
        let dial = sample("dial_action_no_answer").dial.unwrap();
        assert_eq!(
            (dial.status, dial.is_bridged),
            (DialStatus::NoAnswer, Some(false))
        );
    }

    #[test]
    fn a_recording_and_the_end_are_read() {
        let recording = sample("record_action").recording.unwrap();
        assert_eq!(recording.duration_s, Some(12));
        assert!(
            recording
                .url
                .ends_with("RE00000000000000000000000000000001")
        );
        let recording = sample("recording_status").recording.unwrap();
        assert_eq!(recording.source.as_deref(), Some("RecordVerb"));
        let end = sample("number_status_completed");
        assert!(end.status.is_final() && end.duration_s.is_some());
        assert!(sample("outbound_call_status_ringing").is_outbound);
    }

    #[test]
    fn a_transcription_is_one_with_and_without_words() {
        let told = of(&[
            ("TranscriptionStatus", "completed"),
            ("TranscriptionText", "hello"),
        ]);
        let words = told.transcription.unwrap();
        assert_eq!(words.text.as_deref(), Some("hello"));
        let told = of(&[
            ("TranscriptionSid", "TR1"),
            ("TranscriptionStatus", "failed"),
            ("RecordingUrl", "https://api.twilio.com/Recordings/RE1"),
        ]);
        let failed = told.transcription.unwrap();
        assert_eq!(
            (failed.status.as_deref(), failed.text),
            (Some("failed"), None)
        );
        assert_eq!(of(&[("RecordingStatus", "completed")]).transcription, None);
    }

    #[test]
    fn the_url_of_a_recording_names_it() {
        for (url, sid) in [
            (
                "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE00ff",
                Some("RE00ff"),
            ),
            (
                "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE00ff.mp3?x=1",
                Some("RE00ff"),
            ),
            (
                "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/",
                None,
            ),
            ("https://retell.example/call.wav", None),
            ("RE../x", None),
        ] {
            assert_eq!(sid_in(url), sid, "{url}");
        }
    }

    #[test]
    fn only_a_form_without_a_call_is_refused() {
        assert_eq!(CallForm::parse(&Form::default()), Err(NoCall));
        let odd = CallForm::parse(&[("CallSid", "../Recordings")].into_iter().collect());
        assert_eq!(odd, Err(NoCall));
        let bare = of(&[("CallDuration", "long"), ("CallStatus", "dancing")]);
        assert_eq!((bare.duration_s, bare.status), (None, CallStatus::Other));
        for (said, meant) in [
            ("TN-Validation-Failed-A", Attestation::Failed),
            ("TN-Validation-Failed", Attestation::Failed),
            ("TN-Validation-Passed-C-Diverted", Attestation::Passed),
            ("No-TN-Validation", Attestation::Unknown),
        ] {
            assert_eq!(of(&[("StirVerstat", said)]).attestation, meant, "{said}");
        }
    }
}
