//! What Twilio posts to our SMS webhooks, read from a [`Form`] whose signature was checked.
use super::form::{DuplicateField, Form};

/// A text that somebody sent to one of our numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundSms {
    /// The natural key: a webhook can come twice.
    pub message_sid: String,
    pub account_sid: String,
    pub messaging_service_sid: Option<String>,
    /// As Twilio gave it: a number in E.164, but also `anonymous`, a short code or a name.
    pub from: String,
    /// The number of ours, in E.164: it says whose customer writes.
    pub to: String,
    /// Untrimmed, and empty where there is only an image.
    pub body: String,
    pub num_segments: Option<u32>,
    pub media: Vec<Media>,
    /// Set when Twilio has treated the text as a wish about texts and has answered it already: send no second answer.
    pub opt_out: Option<OptOutType>,
}

/// An image or another file that came with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Asks for the credentials of the account when it enforces them.
    pub url: String,
    pub content_type: String,
}

/// What the words of a text meant to Twilio's Advanced Opt-Out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOutType {
    Stop,
    Start,
    Help,
}

/// News of a text that we sent. They come in any order and more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageStatusCallback {
    pub message_sid: String,
    pub status: MessageStatus,
    /// Why it failed, see [`super::meaning`].
    pub error_code: Option<u32>,
}

/// How far a text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "String")]
pub enum MessageStatus {
    Accepted,
    Scheduled,
    Queued,
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Canceled,
    /// One that we do not know, or of a channel that we do not use (`read`, `received`).
    Other,
}

/// A form that lacks what we need. Names the field and never its value, which may be somebody's number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("twilio field {0} is missing")]
    MissingField(&'static str),
    #[error("twilio field {0} is not valid")]
    InvalidField(&'static str),
    #[error(transparent)]
    Duplicate(#[from] DuplicateField),
}

impl InboundSms {
    /// Reads an inbound text; fields that we do not use may be missing or new.
    pub fn parse(form: &Form) -> Result<Self, ParseError> {
        let to = filled(form, "To")?;
        if !looks_like_e164(&to) {
            return Err(ParseError::InvalidField("To"));
        }
        Ok(Self {
            message_sid: filled(form, "MessageSid")?,
            account_sid: filled(form, "AccountSid")?,
            messaging_service_sid: non_empty(form, "MessagingServiceSid")?.map(str::to_owned),
            from: filled(form, "From")?,
            to,
            body: form
                .get("Body")?
                .ok_or(ParseError::MissingField("Body"))?
                .to_owned(),
            num_segments: number(form, "NumSegments")?,
            media: media(form)?,
            opt_out: non_empty(form, "OptOutType")?.and_then(OptOutType::read),
        })
    }
}

impl MessageStatusCallback {
    /// Reads a status callback.
    pub fn parse(form: &Form) -> Result<Self, ParseError> {
        Ok(Self {
            message_sid: filled(form, "MessageSid")?,
            status: MessageStatus::from(filled(form, "MessageStatus")?),
            error_code: number(form, "ErrorCode")?,
        })
    }
}

impl MessageStatus {
    /// The order in which a text passes through its states. Take a status over only if its rank is higher than that of
    /// the one known: `sent` often comes after `delivered`, and of two endings the first one counts.
    pub fn rank(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Accepted | Self::Scheduled => 1,
            Self::Queued => 2,
            Self::Sending => 3,
            Self::Sent => 4,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled => 5,
        }
    }

    /// Whether nothing more is to come.
    pub fn is_final(self) -> bool {
        self.rank() == Self::Delivered.rank()
    }
}

impl From<String> for MessageStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "accepted" => Self::Accepted,
            "scheduled" => Self::Scheduled,
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "undelivered" => Self::Undelivered,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            _ => Self::Other,
        }
    }
}

impl OptOutType {
    /// An unknown word is no wish: the text is then handled like any other, and our own list of stop words still sees it.
    fn read(text: &str) -> Option<Self> {
        match text {
            "STOP" => Some(Self::Stop),
            "START" => Some(Self::Start),
            "HELP" => Some(Self::Help),
            _ => None,
        }
    }
}

/// The media that are really there: a text must not be lost because `NumMedia` promises one more.
fn media(form: &Form) -> Result<Vec<Media>, ParseError> {
    let mut media = Vec::new();
    for index in 0..number(form, "NumMedia")?.unwrap_or(0) {
        let Some(url) = form.get(&format!("MediaUrl{index}"))? else {
            break;
        };
        let content_type = form
            .get(&format!("MediaContentType{index}"))?
            .unwrap_or_default();
        media.push(Media {
            url: url.to_owned(),
            content_type: content_type.to_owned(),
        });
    }
    Ok(media)
}

fn filled(form: &Form, name: &'static str) -> Result<String, ParseError> {
    non_empty(form, name)?
        .map(str::to_owned)
        .ok_or(ParseError::MissingField(name))
}

fn number(form: &Form, name: &'static str) -> Result<Option<u32>, ParseError> {
    non_empty(form, name)?
        .map(|text| text.parse().map_err(|_| ParseError::InvalidField(name)))
        .transpose()
}

/// Twilio sends many fields empty (`FromZip=`) that others would leave out.
fn non_empty<'form>(form: &'form Form, name: &str) -> Result<Option<&'form str>, DuplicateField> {
    Ok(form.get(name)?.filter(|value| !value.is_empty()))
}

/// A first look at the shape only. The domain parses the number for good into its own type, which providers do not know.
fn looks_like_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde::Deserialize;

    use super::*;
    use crate::providers::twilio::signature;

    #[derive(Deserialize)]
    struct Fixtures {
        fixtures: Vec<Fixture>,
    }

    #[derive(Deserialize)]
    struct Fixture {
        name: String,
        url: String,
        auth_token: String,
        headers: std::collections::BTreeMap<String, String>,
        params: Vec<(String, String)>,
    }

    fn fixtures() -> Vec<Fixture> {
        let data: Fixtures =
            serde_json::from_str(include_str!("../../../tests/data/twilio/webhooks.json")).unwrap();
        data.fixtures
    }

    fn form(name: &str) -> Form {
        fixtures()
            .into_iter()
            .find(|fixture| fixture.name == name)
            .unwrap()
            .params
            .into_iter()
            .collect()
    }

    /// A complete inbound text with one field changed or, by `None`, left out.
    fn inbound_with(name: &str, value: Option<&str>) -> Form {
        let form = form("sms_inbound");
        let kept = form.iter().filter(|(key, _)| *key != name);
        kept.chain(value.map(|value| (name, value))).collect()
    }

    #[test]
    fn every_sample_webhook_carries_a_good_signature() {
        for fixture in fixtures() {
            let form = fixture.params.into_iter().collect();
            let tokens = [SecretString::from(fixture.auth_token)];
            let signature = &fixture.headers["X-Twilio-Signature"];
            assert!(
                signature::is_valid(&tokens, &fixture.url, &form, signature),
                "{}",
                fixture.name
            );
        }
    }

    #[test]
    fn an_inbound_text_is_read_whole() {
        let sms = InboundSms::parse(&form("sms_inbound")).unwrap();
        assert_eq!(sms.body, "Bonjour, êtes-vous ouverts demain?");
        assert_eq!(
            (sms.from.as_str(), sms.to.as_str()),
            ("+15145550123", "+14315550100")
        );
        assert_eq!(
            (sms.num_segments, sms.opt_out, sms.media),
            (Some(1), None, vec![])
        );
    }

    #[test]
    fn an_image_without_words_is_a_text() {
        let sms = InboundSms::parse(&form("sms_inbound_mms")).unwrap();
        assert_eq!(sms.body, "");
        assert_eq!(sms.media.len(), 1);
        assert_eq!(sms.media[0].content_type, "image/jpeg");
        let promised_too_many = inbound_with("NumMedia", Some("4000000000"));
        assert_eq!(InboundSms::parse(&promised_too_many).unwrap().media, vec![]);
    }

    #[test]
    fn twilio_says_when_it_has_answered_an_opt_out_itself() {
        let advanced = InboundSms::parse(&form("sms_inbound_stop_advanced_optout")).unwrap();
        assert_eq!(advanced.opt_out, Some(OptOutType::Stop));
        assert!(advanced.messaging_service_sid.is_some());
        let default = InboundSms::parse(&form("sms_inbound_stop_default_optout")).unwrap();
        assert_eq!(default.opt_out, None);
        assert_eq!(
            InboundSms::parse(&inbound_with("OptOutType", Some("PAUSE")))
                .unwrap()
                .opt_out,
            None
        );
    }

    #[test]
    fn the_sender_may_be_anybody_but_the_number_must_be_one() {
        for from in ["anonymous", "12345", "BANK"] {
            assert_eq!(
                InboundSms::parse(&inbound_with("From", Some(from)))
                    .unwrap()
                    .from,
                from
            );
        }
        for to in [
            "14315550100",
            "+0431555010",
            "+143155",
            "+1431555010012345",
            "+1431555o100",
            "whatsapp:+14315550100",
        ] {
            let error = InboundSms::parse(&inbound_with("To", Some(to))).unwrap_err();
            assert_eq!(error, ParseError::InvalidField("To"), "{to}");
        }
    }

    #[test]
    fn an_error_names_the_field() {
        for name in ["MessageSid", "AccountSid", "From", "To", "Body"] {
            let error = InboundSms::parse(&inbound_with(name, None)).unwrap_err();
            assert_eq!(error, ParseError::MissingField(name));
        }
        let error = InboundSms::parse(&inbound_with("NumMedia", Some("many"))).unwrap_err();
        assert_eq!(error.to_string(), "twilio field NumMedia is not valid");
        let twice = form("sms_inbound")
            .iter()
            .chain([("To", "+15145550199")])
            .collect();
        assert_eq!(
            InboundSms::parse(&twice).unwrap_err().to_string(),
            "form field To is repeated"
        );
    }

    #[test]
    fn a_status_callback_says_how_a_text_ended() {
        let delivered = MessageStatusCallback::parse(&form("sms_status_delivered")).unwrap();
        assert_eq!(
            (delivered.status, delivered.error_code),
            (MessageStatus::Delivered, None)
        );
        let undelivered = MessageStatusCallback::parse(&form("sms_status_undelivered")).unwrap();
        assert_eq!(
            (undelivered.status, undelivered.error_code),
            (MessageStatus::Undelivered, Some(30003))
        );
    }

    #[test]
    fn a_status_never_goes_back() {
        let order = [
            "something new",
            "accepted",
            "queued",
            "sending",
            "sent",
            "delivered",
        ];
        let ranks = order.map(|text| MessageStatus::from(text.to_owned()).rank());
        assert!(
            ranks.is_sorted_by(|earlier, later| earlier < later),
            "{ranks:?}"
        );
        for text in ["delivered", "undelivered", "failed", "canceled"] {
            assert!(MessageStatus::from(text.to_owned()).is_final(), "{text}");
        }
    }
}
