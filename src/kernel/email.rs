//! Addresses of mail.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An address, in lower case: two ways of writing one are one person.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(try_from = "String", into = "String")]
#[sqlx(transparent)]
pub struct Email(String);

/// The text is no address.
#[derive(Debug, thiserror::Error)]
#[error("must be an e-mail address")]
pub struct NotAnEmail;

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;

    /// Only what no address can be is refused; whether it exists, a mail to it tells.
    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let is_plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;\"()[]\\".contains(c);
        let fits = (1..=64).contains(&local.len())
            && (3..=253).contains(&domain.len())
            && text.chars().all(is_plain)
            && !local.contains('@')
            && domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if fits {
            Ok(Self(text))
        } else {
            Err(NotAnEmail)
        }
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Of a person, so never whole in a log.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_however_it_is_written() {
        let email: Email = " Owner@DemoHVAC.com ".parse().unwrap();
        assert_eq!(email.as_str(), "owner@demohvac.com");
        assert!("a+b@c.co".parse::<Email>().is_ok());
        assert!("équipe@café.example".parse::<Email>().is_ok());
    }

    #[test]
    fn what_no_address_can_be_is_refused() {
        for text in [
            "", "a", "a@", "@b.co", "a@b", "a b@c.co", "a@b@c.co", "<a@b.co>", "a@.co", "a@b..co",
            "a\n@b.co",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }
}
