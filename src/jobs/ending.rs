//! From what a handler said to what is written about its run.
use std::time::Duration;

use super::{
    JobError,
    backoff::{random_spread, retry_delay},
};

/// An error text longer than this tells nothing more.
const LONGEST_ERROR: usize = 500;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Failed, and due again later.
    Retried,
    /// Put off without using up an attempt.
    PutOff,
    Dead,
    /// The job was not ours any more, or we could not write its end: whoever has it next decides.
    Lost,
}

impl Outcome {
    /// As it stands in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::PutOff => "put_off",
            Self::Dead => "dead",
            Self::Lost => "lost",
        }
    }
}

/// How a run is written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    /// Failed; the next attempt is due after the delay.
    Again {
        delay: Duration,
        error: String,
    },
    /// Due after the delay, and the attempt is given back.
    PutOff {
        delay: Duration,
    },
    Dead {
        error: String,
    },
}

impl Ending {
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Done => Outcome::Done,
            Self::Again { .. } => Outcome::Retried,
            Self::PutOff { .. } => Outcome::PutOff,
            Self::Dead { .. } => Outcome::Dead,
        }
    }

    pub(super) fn error_text(&self) -> Option<&str> {
        match self {
            Self::Again { error, .. } | Self::Dead { error } => Some(error),
            Self::Done | Self::PutOff { .. } => None,
        }
    }

    pub(super) fn error(self) -> Option<String> {
        self.error_text().map(str::to_owned)
    }
}

/// The last attempt that fails is the end: nobody is left to wait for.
pub(super) fn decide(result: Result<(), JobError>, attempt: u32, max_attempts: u32) -> Ending {
    let (error, asked) = match result {
        Ok(()) => return Ending::Done,
        Err(JobError::Snooze(delay)) => return Ending::PutOff { delay },
        Err(JobError::Fail(error)) => {
            return Ending::Dead {
                error: redacted(&error),
            };
        }
        Err(JobError::Retry(error)) => (error, None),
        Err(JobError::RetryAfter(error, asked)) => (error, Some(asked)),
    };
    let error = redacted(&error);
    if attempt >= max_attempts {
        return Ending::Dead { error };
    }
    let delay = retry_delay(attempt, asked, random_spread());
    Ending::Again { delay, error }
}

/// The chain of causes in one line. Errors hold ids and not words of callers; the phone numbers that providers like
/// to put into theirs are cut to their last four digits.
fn redacted(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(plus) = rest.find('+') {
        let (before, number) = rest.split_at(plus);
        let digits = number[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = number.split_at(1 + digits);
        redacted.push_str(before);
        if digits >= 8 {
            redacted.push('…');
            redacted.push_str(&number[number.len() - 4..]);
        } else {
            redacted.push_str(number);
        }
        rest = after;
    }
    redacted.push_str(rest);
    redacted.chars().take(LONGEST_ERROR).collect()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_last_attempt_that_fails_is_the_end() {
        let fails = || Err(JobError::Retry(anyhow!("busy")));
        assert_eq!(decide(fails(), 1, 2).outcome(), Outcome::Retried);
        assert_eq!(decide(fails(), 2, 2).outcome(), Outcome::Dead);
        let never = Err(JobError::Fail(anyhow!("no such row")));
        assert_eq!(decide(never, 1, 2).outcome(), Outcome::Dead);
        let later = Err(JobError::Snooze(Duration::ZERO));
        assert_eq!(decide(later, 2, 2).outcome(), Outcome::PutOff);
    }

    #[test]
    fn an_error_names_its_causes_but_no_phone_number() {
        let error =
            anyhow!("'To' number +14315550100 is not reachable (21211), 1 + 1").context("text 42");
        assert_eq!(
            redacted(&error),
            "text 42: 'To' number …0100 is not reachable (21211), 1 + 1"
        );
        assert_eq!(
            redacted(&anyhow!("é".repeat(900))).chars().count(),
            LONGEST_ERROR
        );
    }
}
