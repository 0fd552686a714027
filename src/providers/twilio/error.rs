//! What can go wrong at Twilio, and what each of its codes asks us to do.
use std::time::Duration;

use crate::providers::exchange::Failure;

/// A call to Twilio that did not succeed. Its text holds no number and no message: Twilio's own wording quotes both.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Twilio said no: nothing was sent.
    #[error("twilio refused with status {status} and code {}", code.map_or("none".to_owned(), |code| code.to_string()))]
    Refused {
        status: u16,
        /// See [`meaning`].
        code: Option<u32>,
        /// Twilio's explanation with every long number cut to its last four digits; for an operator to read, not to log.
        message: String,
    },
    /// Too much at once: nothing was sent.
    #[error("twilio is rate limiting us")]
    RateLimited { retry_after: Option<Duration> },
    /// No connection: nothing was sent.
    #[error("twilio cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer that can be trusted: the text may have gone out. Look it up before sending again.
    #[error("twilio gave no usable answer: {0}")]
    Unknown(&'static str),
}

/// What a code of a refusal or of a failed delivery means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorMeaning {
    /// The person wants no texts: never send again until they say so.
    OptedOut,
    /// Not a number that texts can be sent to.
    BadNumber,
    /// A landline.
    NotMobile,
    /// A number that does not exist.
    UnknownNumber,
    /// A phone that is off: worth one more try, later.
    RetryOnceLater,
    /// Nobody knows why: worth one more try.
    RetryOnce,
    /// Blocked by carrier or recipient, which can also be an opt-out on a toll-free number.
    Blocked,
    /// Taken for spam by a carrier: do not retry, tell the operator.
    Filtered,
    /// Too many texts waiting: later.
    QueueFull,
    /// Keys or account are not accepted: stop sending, tell the operator.
    Credentials,
    /// The account or a number is set up wrongly.
    Configuration,
    /// A text that we should not have sent: empty or too long.
    OurBug,
    /// Texts to the United States from a number that is not registered for it.
    Registration,
    /// Too many requests at once.
    RateLimited,
    /// Twilio has trouble: later.
    Unavailable,
    /// A code that we do not treat specially.
    Unrecognised,
}

/// What to make of a code from a refusal or a status callback.
pub fn meaning(code: u32) -> ErrorMeaning {
    match code {
        21610 => ErrorMeaning::OptedOut,
        21211 | 21217 | 21401 | 21421 | 21612 => ErrorMeaning::BadNumber,
        21614 | 30006 => ErrorMeaning::NotMobile,
        30005 => ErrorMeaning::UnknownNumber,
        30003 => ErrorMeaning::RetryOnceLater,
        30008 => ErrorMeaning::RetryOnce,
        30004 => ErrorMeaning::Blocked,
        30007 => ErrorMeaning::Filtered,
        21611 | 30001 => ErrorMeaning::QueueFull,
        20003 | 20005 | 20006 => ErrorMeaning::Credentials,
        21212 | 21219 | 21408 | 21606 | 21608 | 21702..=21704 => ErrorMeaning::Configuration,
        21602 | 21617 => ErrorMeaning::OurBug,
        30022 | 30023 | 30032 | 30034 | 30035 => ErrorMeaning::Registration,
        20429 => ErrorMeaning::RateLimited,
        20409 | 20500 | 20503 => ErrorMeaning::Unavailable,
        _ => ErrorMeaning::Unrecognised,
    }
}

impl Error {
    /// Twilio's code, where it gave one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused { code, .. } => *code,
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::Unknown(_) => None,
        }
    }

    /// Whether the same call may succeed later. For a text that is no leave to send it again at once: after
    /// [`Error::Unknown`] it has to be looked up first.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::Unknown(_) => true,
            Self::Refused { code, .. } => matches!(
                code.map(meaning),
                Some(
                    ErrorMeaning::QueueFull | ErrorMeaning::RateLimited | ErrorMeaning::Unavailable
                )
            ),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::Unreachable(error),
            Failure::NoAnswer(how) => Self::Unknown(how),
        }
    }
}

/// Hides all but the last four digits of every longer run of digits.
pub(super) fn redact(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let runs = letters.chunk_by(|left, right| left.is_ascii_digit() == right.is_ascii_digit());
    runs.flat_map(|run| match run {
        [first, .., a, b, c, d] if first.is_ascii_digit() => vec!['…', *a, *b, *c, *d],
        _ => run.to_vec(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_has_its_meaning() {
        use ErrorMeaning::*;
        let cases: [(&[u32], ErrorMeaning); 16] = [
            (&[21610], OptedOut),
            (&[21211, 21217, 21401, 21421, 21612], BadNumber),
            (&[21614, 30006], NotMobile),
            (&[30005], UnknownNumber),
            (&[30003], RetryOnceLater),
            (&[30008], RetryOnce),
            (&[30004], Blocked),
            (&[30007], Filtered),
            (&[21611, 30001], QueueFull),
            (&[20003, 20005, 20006], Credentials),
            (
                &[21212, 21219, 21606, 21608, 21702, 21703, 21704],
                Configuration,
            ),
            (&[21617, 21602], OurBug),
            (&[30022, 30023, 30032, 30034, 30035], Registration),
            (&[20429], RateLimited),
            (&[20409, 20500, 20503], Unavailable),
            (&[20404, 14107, 0], Unrecognised),
        ];
        for (codes, expected) in cases {
            for code in codes {
                assert_eq!(meaning(*code), expected, "{code}");
            }
        }
    }

    #[test]
    fn long_numbers_are_cut_and_short_ones_are_not() {
        let cases = [
            (
                "The 'To' number +15145550123 is not valid.",
                "The 'To' number +…0123 is not valid.",
            ),
            ("code 21211, 5 tries", "code …1211, 5 tries"),
            ("1234", "1234"),
            ("é12345", "é…2345"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(redact(text), expected);
        }
    }
}
