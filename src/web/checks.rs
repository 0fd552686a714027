//! Checks of what a request says, collected: a form is told everything that is wrong with it at once.
//!
//! What passes is fit for the database (PostgreSQL takes no NUL) and of the type that everybody below wants.
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};

use super::{ApiError, FieldError};
use crate::kernel::phone::E164;

/// A member of a partial update: left out, null, or a value.
#[derive(Clone, Debug)]
pub enum Member<T> {
    Absent,
    Null,
    Value(T),
}

impl<T> Default for Member<T> {
    fn default() -> Self {
        Self::Absent
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    /// Called for a member that is there; `#[serde(default)]` makes the others absent.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<T>::deserialize(deserializer)?;
        Ok(value.map_or(Self::Null, Self::Value))
    }
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Checks {
    found: Vec<FieldError>,
}

impl Checks {
    pub fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.found.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// 422 with all that was found.
    pub fn finish(self) -> Result<(), ApiError> {
        let Some(first) = self.found.first() else {
            return Ok(());
        };
        Err(ApiError::Client {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: "invalid_request",
            detail: format!("{}: {}", first.field, first.message),
            fields: self.found,
            retry_after_s: None,
        })
    }

    /// One line of at most so many characters, without the space around it; none when it is blank or was refused.
    pub fn line(&mut self, field: &str, text: &str, longest: usize) -> Option<String> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            self.refuse(field, "must be one line without control characters");
            return None;
        }
        self.no_longer(field, text, longest)
    }

    /// Several lines.
    pub fn words(&mut self, field: &str, text: &str, longest: usize) -> Option<String> {
        let text = text.trim();
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            self.refuse(field, "holds control characters");
            return None;
        }
        self.no_longer(field, text, longest)
    }

    fn no_longer(&mut self, field: &str, text: &str, longest: usize) -> Option<String> {
        if text.chars().count() > longest {
            self.refuse(field, format!("is longer than {longest} characters"));
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub fn phone(&mut self, field: &str, text: &str) -> Option<E164> {
        match text.trim() {
            "" => None,
            text => match text.parse() {
                Ok(phone) => Some(phone),
                Err(error) => {
                    self.refuse(field, error.to_string());
                    None
                }
            },
        }
    }

    /// An address in lower case, so that one person is one contact however it was typed.
    pub fn email(&mut self, field: &str, text: &str) -> Option<String> {
        let text = self.line(field, text, 254)?.to_lowercase();
        if is_email(&text) {
            return Some(text);
        }
        self.refuse(field, "is no e-mail address");
        None
    }

    pub fn https_url(&mut self, field: &str, text: &str) -> Option<String> {
        let text = self.line(field, text, 2000)?;
        let is_good = url::Url::parse(&text).is_ok_and(|url| {
            url.scheme() == "https"
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.username().is_empty()
                && url.password().is_none()
        });
        if is_good {
            return Some(text);
        }
        self.refuse(field, "must be an https:// address");
        None
    }

    /// What must be there: none is refused, unless the check before has said why already.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.found.iter().any(|error| error.field == field) {
            self.refuse(field, "is missing");
        }
        value
    }

    /// Brings a member that may be empty to what the request says, read by `read`.
    pub fn set<T, V>(
        &mut self,
        target: &mut Option<T>,
        field: &str,
        member: Member<V>,
        read: impl FnOnce(&mut Self, &str, V) -> Option<T>,
    ) {
        match member {
            Member::Absent => {}
            Member::Null => *target = None,
            Member::Value(value) => *target = read(self, field, value),
        }
    }

    /// The same for a member that is never empty.
    pub fn set_required<T, V>(
        &mut self,
        target: &mut T,
        field: &str,
        member: Member<V>,
        read: impl FnOnce(&mut Self, &str, V) -> Option<T>,
    ) {
        let value = match member {
            Member::Absent => return,
            Member::Null => None,
            Member::Value(value) => read(self, field, value),
        };
        if let Some(value) = self.required(field, value) {
            *target = value;
        }
    }
}

/// Whether it could be one; only a mail that arrives proves it.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let fits = |text: &str, allowed: fn(char) -> bool| {
        !text.is_empty()
            && !text.starts_with('.')
            && !text.ends_with('.')
            && !text.contains("..")
            && text.chars().all(allowed)
    };
    local.len() <= 64
        && fits(local, |c| {
            !c.is_whitespace() && !matches!(c, '@' | ',' | ';' | '<' | '>' | '"' | '(' | ')' | '\\')
        })
        && domain.contains('.')
        && fits(domain, |c| c.is_alphanumeric() || matches!(c, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Partial {
        name: Member<String>,
        phone: Member<String>,
    }

    #[test]
    fn left_out_null_and_a_value_are_three_things() {
        let read = |text| serde_json::from_str::<Partial>(text).unwrap();
        assert!(matches!(read("{}").name, Member::Absent));
        assert!(matches!(read(r#"{"name": null}"#).name, Member::Null));
        assert!(matches!(read(r#"{"name": "x"}"#).name, Member::Value(_)));
        assert!(matches!(read(r#"{"name": "x"}"#).phone, Member::Absent));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut checks = Checks::default();
        assert_eq!(checks.line("a", " x ", 1).as_deref(), Some("x"));
        assert_eq!(checks.line("b", "xy", 1), None);
        assert_eq!(checks.words("c", "a\0", 9), None);
        assert_eq!(checks.phone("d", "4315550100"), None);
        assert_eq!(checks.line("blank", "  ", 1), None);
        let missing: Option<String> = checks.line("e", "", 9);
        checks.required("e", missing);
        checks.required("b", None::<()>);
        let ApiError::Client { fields, .. } = checks.finish().unwrap_err() else {
            panic!("a problem of the caller's")
        };
        let names: Vec<&str> = fields.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(names, ["b", "c", "d", "e"]);
    }

    #[test]
    fn only_what_could_be_an_address_is_one() {
        for good in ["a@b.co", "zoë.o'neil+x@exämple.ca"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "", "a", "a@b", "@b.co", "a@.co", "a@b..co", "a b@c.de", "a@b@c.de", "a@b.co>",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_of_a_page_is_https_without_a_password_in_it() {
        for bad in [
            "http://a.example",
            "javascript:alert(1)",
            "https://",
            "https://u:p@a.example",
            "a.example",
        ] {
            let mut checks = Checks::default();
            assert_eq!(checks.https_url("url", bad), None, "{bad}");
            assert!(checks.finish().is_err(), "{bad}");
        }
        assert!(
            Checks::default()
                .https_url("url", "https://a.example/x?y")
                .is_some()
        );
    }
}
