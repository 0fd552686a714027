//! What people want when they write or call.
use serde::{Deserialize, Serialize};

/// What one utterance is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Greeting,
    Appointment,
    /// When their appointment is, or whether they have one.
    Find,
    Reschedule,
    Cancel,
    Confirm,
    Pricing,
    Services,
    Hours,
    Location,
    /// Something is broken or went wrong.
    Support,
    Message,
    /// A person is wanted instead of the receptionist.
    Human,
    OptOut,
    Thanks,
    Goodbye,
    Yes,
    No,
    Unknown,
}

impl Intent {
    /// Courtesies and bare answers: they count only where nothing else was said ("hi, are you open?" is about hours).
    pub fn is_courtesy(self) -> bool {
        matches!(
            self,
            Self::Greeting | Self::Thanks | Self::Goodbye | Self::Yes | Self::No
        )
    }
}
