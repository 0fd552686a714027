//! What can go wrong when we ask something of ElevenLabs.
use std::time::Duration;

use serde_json::Value;

use crate::providers::exchange::{Answer, Failure};

/// A call to ElevenLabs that did not succeed. Holds nothing of what was to be spoken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("elevenlabs knows no such voice")]
    VoiceNotFound,
    /// The key is wrong or may not do this, or the account is restricted: nothing works until somebody looks.
    #[error("elevenlabs refuses our key{}", if *.is_permission { " for want of a permission" } else { "" })]
    KeyRefused { is_permission: bool },
    /// What the plan has is used up.
    #[error("elevenlabs says that our quota is used up")]
    QuotaExceeded,
    /// As many of our own requests are under way as may be.
    #[error("too many of our requests to elevenlabs are under way")]
    Busy,
    #[error("elevenlabs is rate limiting us ({name})")]
    RateLimited {
        retry_after: Option<Duration>,
        name: String,
    },
    /// It will never be taken as it is.
    #[error("elevenlabs refused with status {status} ({name})")]
    Refused { status: u16, name: String },
    #[error("elevenlabs cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It may have been made, and billed.
    #[error("elevenlabs gave no answer: {0}")]
    NoAnswer(&'static str),
    /// The same.
    #[error("elevenlabs gave no usable answer: {0}")]
    Unknown(&'static str),
    /// The answer of a success, and no sound of the kind that was asked for.
    #[error("elevenlabs gave no sound that we can use")]
    NoSound,
}

impl Error {
    /// Whether the provider is in trouble, and not what was asked of it. Too much at once says nothing either way.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::NoAnswer(_) | Self::Unknown(_) | Self::NoSound
        )
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.is_outage() || matches!(self, Self::Busy | Self::RateLimited { .. })
    }

    /// What `/health/detailed` says of it; none when the provider is well.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        match self {
            Self::KeyRefused { .. } => Some("refuses our key"),
            Self::QuotaExceeded => Some("our quota is used up"),
            Self::Unreachable(_) => Some("cannot be reached"),
            Self::NoAnswer(how) | Self::Unknown(how) => Some(how),
            Self::NoSound => Some("answers without a sound"),
            Self::VoiceNotFound | Self::Refused { .. } | Self::Busy | Self::RateLimited { .. } => {
                None
            }
        }
    }

    /// Whether another format of the same sound may be had.
    pub(super) fn is_about_format(&self) -> bool {
        match self {
            Self::Refused { status: 422, .. } | Self::NoSound => true,
            Self::Refused { name, .. } => name.contains("output_format"),
            _ => false,
        }
    }

    /// By the word of the refusal first: the same one has appeared under different codes.
    pub(super) fn of(answer: &Answer) -> Self {
        let status = answer.status.as_u16();
        let name = name(answer);
        match (name.as_str(), status) {
            ("voice_not_found" | "invalid_uid", _) => Self::VoiceNotFound,
            ("quota_exceeded", _) => Self::QuotaExceeded,
            ("missing_permissions", _) => Self::KeyRefused {
                is_permission: true,
            },
            ("invalid_api_key" | "detected_unusual_activity", _) => Self::KeyRefused {
                is_permission: false,
            },
            ("too_many_concurrent_requests" | "system_busy", _) | (_, 429) => Self::RateLimited {
                retry_after: answer.retry_after,
                name,
            },
            (_, 401) => Self::KeyRefused {
                is_permission: false,
            },
            (_, 500..) => Self::Unknown("answers with errors"),
            (_, 400..) => Self::Refused { status, name },
            _ => Self::Unknown("unexpected status"),
        }
    }
}

/// The word of a refusal. Its message is dropped: it may quote what was asked.
fn name(answer: &Answer) -> String {
    let body = answer.json::<Value>().unwrap_or_default();
    let name = body["detail"]["status"].as_str().unwrap_or_default();
    let is_word =
        |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+');
    name.chars().take_while(is_word).take(60).collect()
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::Unreachable(error),
            Failure::NoAnswer(how) => Self::NoAnswer(how),
        }
    }
}
