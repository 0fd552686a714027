//! The owner's own headers: what they may be called, and how they are kept.
use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::model::Error;

/// What is shown in place of a value; given back, it means "as before".
pub const MASK: &str = "***";
const MOST: usize = 20;
const LONGEST_NAME: usize = 100;
const LONGEST_VALUE: usize = 1_000;

/// Ours, of the connection, or of caches.
const REFUSED: [&str; 23] = [
    "accept-encoding",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "keep-alive",
    "last-modified",
    "metadata",
    "metadata-flavor",
    "pragma",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-signature-256",
];
/// The same, and those by which clouds and proxies know their own.
const REFUSED_BEGINNINGS: [&str; 17] = [
    "cf-",
    "content-",
    "fastly-",
    "fly-",
    "if-",
    "proxy-",
    "sec-",
    "svix-",
    "webhook-",
    "x-amz-",
    "x-amzn-",
    "x-aws-",
    "x-azure-",
    "x-forwarded-",
    "x-goog-",
    "x-ms-",
    "x-real-ip",
];

/// Names in small letters, with their values.
pub type OwnHeaders = BTreeMap<String, String>;

/// Checks what an owner typed. `before` is what stood there, for values that come back masked.
pub fn check(typed: BTreeMap<String, String>, before: &OwnHeaders) -> Result<OwnHeaders, Error> {
    let refuse = |message: String| Error::Invalid {
        field: "headers",
        message,
    };
    if typed.len() > MOST {
        return Err(refuse(format!("there are {MOST} at most")));
    }
    let mut checked = OwnHeaders::new();
    for (name, value) in typed {
        let name = name.to_ascii_lowercase();
        let is_name = name.len() <= LONGEST_NAME && HeaderName::try_from(&name).is_ok();
        if !is_name {
            return Err(refuse("a name is not one of a header".to_owned()));
        }
        let is_refused = REFUSED.contains(&name.as_str())
            || REFUSED_BEGINNINGS
                .iter()
                .any(|beginning| name.starts_with(beginning));
        if is_refused {
            return Err(refuse(format!("{name} is not yours to set")));
        }
        let value = match before.get(&name) {
            Some(kept) if value == MASK => kept.clone(),
            None if value == MASK => {
                return Err(refuse(format!("the value of {name} has to be given again")));
            }
            _ => value,
        };
        let is_value =
            value.len() <= LONGEST_VALUE && value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_value {
            return Err(refuse(format!(
                "the value of {name} is not printable or too long"
            )));
        }
        checked.insert(name, value);
    }
    Ok(checked)
}

/// The names, with masks for values.
pub fn masked(headers: &OwnHeaders) -> BTreeMap<String, &'static str> {
    headers.keys().map(|name| (name.clone(), MASK)).collect()
}

/// As they are sent.
pub fn put_into(headers: &OwnHeaders, map: &mut HeaderMap) {
    for (name, value) in headers {
        // Both were checked when they were stored.
        if let (Ok(name), Ok(mut value)) =
            (HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            value.set_sensitive(true);
            map.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_is_ours_or_of_the_connection_is_refused_in_any_case() {
        let names = [
            "Host",
            "cookie",
            "Content-Type",
            "content-length",
            "WEBHOOK-ID",
            "webhook-signature",
            "X-Signature-256",
            "transfer-encoding",
            "Connection",
            "User-Agent",
            "x-amz-security-token",
            "Metadata-Flavor",
            "X-Forwarded-For",
            "Proxy-Authorization",
            "cache-control",
            "bad name",
            "",
            "ümlaut",
            "a\r\nb",
        ];
        for name in names {
            assert!(
                check(typed(name, "x"), &OwnHeaders::new()).is_err(),
                "{name}"
            );
        }
        for name in ["Authorization", "X-Api-Key", "x-n8n-token"] {
            assert!(
                check(typed(name, "x"), &OwnHeaders::new()).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_value_cannot_end_its_line_and_a_mask_keeps_what_was() {
        assert!(check(typed("x-a", "b\r\nhost: c"), &OwnHeaders::new()).is_err());
        assert!(check(typed("x-a", "é"), &OwnHeaders::new()).is_err());
        let before = typed("x-a", "secret");
        assert_eq!(check(typed("X-A", MASK), &before).unwrap(), before);
        assert_eq!(check(typed("x-a", "new"), &before).unwrap()["x-a"], "new");
        let many = (0..=MOST).map(|number| (format!("x-{number}"), String::new()));
        assert!(check(many.collect(), &before).is_err());
    }
}
