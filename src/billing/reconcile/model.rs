//! The words of reconciliation.
use rust_decimal::Decimal;
use serde::Serialize;

use crate::kernel::{ids::RunId, text::text_enum};

text_enum! {
    /// Why a run was begun.
    Cause { Schedule, Command }
}

text_enum! {
    /// How far a run has come.
    RunState { Running, Done, Failed }
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub run_id: RunId,
    /// Subscribers.
    pub checked: i64,
    pub differences: i64,
    pub corrected: i64,
}

/// How far a part of a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There are more subscribers.
    More,
    Done(Report),
}

/// Why a run does not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// At most one at a time.
    #[error("another reconciliation is under way")]
    Busy,
    /// It was silent for so long that another one has begun.
    #[error("reconciliation {0} was given up")]
    GivenUp(RunId),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Something that is not as the records say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// What was compared, such as `sums of 2026-11-21 VOICE: price`.
    pub(super) subject: String,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) is_corrected: bool,
}

impl Difference {
    /// Two numbers that should be one, and now are.
    pub(super) fn corrected(
        subject: String,
        expected: impl Into<Decimal>,
        found: impl Into<Decimal>,
    ) -> Self {
        Self {
            subject,
            expected: expected.into().normalize().to_string(),
            found: found.into().normalize().to_string(),
            is_corrected: true,
        }
    }

    /// Something that only a person can put right.
    pub(super) fn open(subject: String, expected: &str, found: &str) -> Self {
        Self {
            subject,
            expected: expected.to_owned(),
            found: found.to_owned(),
            is_corrected: false,
        }
    }
}
