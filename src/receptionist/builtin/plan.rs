//! An appointment under discussion: what is known of it so far.
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::receptionist::{
    Business,
    tools::{OfferedSlot, OwnAppointment, arguments::Category},
    understanding::when::When,
};

/// What they want of an appointment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    #[default]
    Book,
    Move,
    Cancel,
    /// To know when it is.
    Find,
}

impl Goal {
    /// What a message is about that takes the place of it.
    pub fn category(self) -> Category {
        match self {
            Self::Book => Category::Appointment,
            Self::Move => Category::Reschedule,
            Self::Cancel => Category::Cancel,
            Self::Find => Category::General,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Plan {
    pub goal: Goal,
    pub service: Option<String>,
    /// They said what it is about, or that they do not know.
    pub is_service_settled: bool,
    pub service_asks: u8,
    /// The services as they were last named to them.
    pub named: Vec<String>,
    /// When they want to come.
    pub when: Option<When>,
    /// A reading that they were asked back about.
    pub unclear: Option<When>,
    pub offered: Vec<OfferedSlot>,
    pub chosen: Option<OfferedSlot>,
    /// The token has run out since it was offered: the start alone is tried.
    pub is_token_over: bool,
    pub phone: Option<String>,
    pub code: Option<String>,
    /// How they named the appointment that is moved or cancelled: by its day, its time.
    pub meant: Option<When>,
    /// All that they have.
    pub own: Vec<OwnAppointment>,
    /// The appointment that is moved or cancelled.
    pub appointment: Option<DateTime<Utc>>,
    /// What it is about, if that is no service.
    pub reason: Option<String>,
    /// How often nothing was free.
    pub misses: u8,
    /// What they said towards it, should it become a message.
    pub said: Vec<String>,
}

impl Plan {
    pub fn of(goal: Goal) -> Self {
        Self {
            goal,
            ..Self::default()
        }
    }

    /// What it is about, in their words: what they began with, and what they said when asked.
    pub fn purpose(&self) -> Option<String> {
        let first = self
            .said
            .first()
            .filter(|said| Some(*said) != self.reason.as_ref());
        let words: Vec<&str> = [first, self.reason.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The offered times on the business's clock.
    pub fn offered_times(&self, business: &Business) -> Vec<NaiveDateTime> {
        let starts = self.offered.iter().map(|slot| slot.start);
        starts.map(|start| business.local(start)).collect()
    }
}
