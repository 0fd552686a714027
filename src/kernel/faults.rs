//! What went wrong lately, noted without waiting for anybody: whoever has a failure leaves a note here, and a task of
//! `safety` writes the notes down.
use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::{ids::SubscriberId, metrics::METRICS};

/// More than these wait for the database: then notes are dropped, and a metric counts them.
const MOST_NOTES: usize = 1_000;
/// What is longer tells nothing more.
const LONGEST: usize = 200;

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A request that was answered with 500.
    Request,
    /// A job that died.
    Job,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Job => "JOB",
        }
    }
}

/// One failure.
#[derive(Clone, Debug)]
pub struct Fault {
    pub source: Source,
    /// Method and route, or the kind of the job.
    pub place: String,
    /// As [`describe`] wrote it.
    pub what: String,
    pub subscriber: Option<SubscriberId>,
    pub request_id: Option<String>,
    pub at: DateTime<Utc>,
}

/// The notes of this process that are not yet written down.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    notes: Arc<Mutex<VecDeque<Fault>>>,
    arrived: Arc<Notify>,
}

impl Faults {
    /// Leaves a note; costs a push to a list.
    pub fn note(&self, fault: Fault) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST_NOTES {
            notes.push_back(fault);
            self.arrived.notify_one();
        } else {
            dropped(1);
        }
    }

    /// Takes what is there.
    pub fn take(&self) -> Vec<Fault> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *notes).into()
    }

    /// Resolves when there may be something to take.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

/// Counts notes that could not be written down.
pub fn dropped(count: usize) {
    METRICS.error_logs_dropped.inc_by(count as u64);
}

/// An error in words that are ours alone, and the same each time: what stands in quotes or is a mail address may be
/// somebody's, and digits are ids and numbers.
pub fn describe(error: &str) -> String {
    let mut described = String::with_capacity(error.len().min(LONGEST));
    for (place, piece) in error.split(['"', '`', '“', '”', '«', '»']).enumerate() {
        if place % 2 == 1 {
            described.push('…');
            continue;
        }
        for word in piece.split_inclusive(char::is_whitespace) {
            if word.contains('@') {
                described.push_str("… ");
            } else {
                described.extend(
                    word.chars()
                        .map(|c| if c.is_ascii_digit() { '#' } else { c }),
                );
            }
        }
    }
    described.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_words_are_in_a_description() {
        let error = r#"invalid type: string "my card is 4111", expected a number for jo@x.example at line 3"#;
        assert_eq!(
            describe(error),
            "invalid type: string …, expected a number for … at line #"
        );
        assert_eq!(describe("text to +14315550100"), "text to +###########");
        assert_eq!(describe(&"é".repeat(900)).chars().count(), LONGEST);
    }

    #[test]
    fn what_is_too_much_is_dropped_and_the_rest_is_taken_once() {
        let faults = Faults::default();
        for _ in 0..MOST_NOTES + 5 {
            faults.note(Fault {
                source: Source::Job,
                place: String::new(),
                what: String::new(),
                subscriber: None,
                request_id: None,
                at: DateTime::UNIX_EPOCH,
            });
        }
        assert_eq!(faults.take().len(), MOST_NOTES);
        assert!(faults.take().is_empty());
    }
}
