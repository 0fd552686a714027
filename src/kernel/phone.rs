//! Phone numbers.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A phone number in the form of ITU-T E.164, such as `+14315550100`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
pub struct E164(String);

/// The text is not a number in the form of E.164.
#[derive(Debug, thiserror::Error)]
#[error("a phone number is + and 8 to 15 digits")]
pub struct NotE164;

/// What carriers put in the place of a number that was withheld: words on the keys of a telephone (ANONYMOUS, RESTRICTED,
/// UNAVAILABLE, BLOCKED, UNKNOWN). All who withhold theirs would be one person.
const WITHHELD: [&str; 5] = [
    "+266696687",
    "+7378742833",
    "+86282452253",
    "+2562533",
    "+8656696",
];

impl E164 {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits: as much of a number as a log may hold.
    pub fn last_four(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// What a provider says a call or text came from: a number, or nothing when it was withheld,
    /// unknown or a short code.
    pub fn of_caller(text: &str) -> Option<Self> {
        if WITHHELD.contains(&text) {
            return None;
        }
        text.parse().ok()
    }

    /// A number as a carrier near this one writes it, such as `4315550100` or `1 431 555-0100` beside `+14315550177`.
    /// Only North America writes its own without more.
    pub fn written_near(text: &str, near: &Self) -> Option<Self> {
        if let Some(number) = Self::of_caller(text) {
            return Some(number);
        }
        let number = text.split('@').next()?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let is_american = near.0.starts_with("+1");
        match digits.len() {
            10 if is_american => format!("+1{digits}").parse().ok(),
            11 if is_american && digits.starts_with('1') => format!("+{digits}").parse().ok(),
            _ => None,
        }
    }
}

impl FromStr for E164 {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let is_number = (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if is_number {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotE164)
        }
    }
}

impl TryFrom<String> for E164 {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        text.parse()
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hides all but the last four digits: whatever is debug-printed may end in a log.
impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E164(…{})", self.last_four())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_national_form_is_that_of_the_same_country() {
        let near: E164 = "+14315550177".parse().unwrap();
        for written in [
            "+12045550177",
            "2045550177",
            "12045550177",
            "(204) 555-0177",
            "sip:+12045550177@10.0.0.1",
        ] {
            let number = E164::written_near(written, &near).unwrap();
            assert_eq!(number.as_str(), "+12045550177", "{written}");
        }
        let french: E164 = "+33123456789".parse().unwrap();
        for (unknown, near) in [
            ("anonymous", &near),
            ("5550177", &near),
            ("2045550177", &french),
        ] {
            assert_eq!(E164::written_near(unknown, near), None, "{unknown}");
        }
    }

    #[test]
    fn only_a_plus_and_eight_to_fifteen_digits_are_a_number() {
        for good in [
            "+14315550100",
            "+33123456789",
            "+12345678",
            "+123456789012345",
        ] {
            assert_eq!(good.parse::<E164>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "14315550100",
            "+1431555010a",
            "+1234567",
            "+1234567890123456",
            "+04315550100",
            " +14315550100",
            "+1431555٠١٢٣",
            "72345",
            "anonymous",
        ] {
            assert!(bad.parse::<E164>().is_err(), "{bad}");
        }
    }

    #[test]
    fn who_withholds_the_number_is_nobody() {
        for withheld in WITHHELD.into_iter().chain(["anonymous", "", "72345"]) {
            assert_eq!(E164::of_caller(withheld), None, "{withheld}");
        }
        assert!(E164::of_caller("+14315550100").is_some());
    }

    #[test]
    fn debug_shows_the_last_four_digits_only() {
        let number: E164 = "+14315550100".parse().unwrap();
        assert_eq!(format!("{number:?}"), "E164(…0100)");
    }
}
