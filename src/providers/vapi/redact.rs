//! Vapi echoes what it was set up with: secrets of servers, tokens of phone accounts, the URL by which a call can be
//! taken over. They are taken out before anything is kept or read.
use serde_json::Value;

const INSTEAD: &str = "[redacted]";

/// Parts of the names, in lower case, under which secrets stand. The URLs of live control are the credential themselves.
const SECRET: [&str; 8] = [
    "secret",
    "authtoken",
    "apikey",
    "password",
    "authorization",
    "controlurl",
    "listenurl",
    "privatekey",
];

/// The body without its secrets; the very same bytes if it has none. Doing it twice changes nothing. A body that is not
/// JSON is given back as it is: nobody keeps what cannot be read.
pub fn redacted(body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    redact(&mut value).then(|| value.to_string().into_bytes())
}

/// Whether there was something.
fn redact(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let mut is_changed = false;
            for (name, member) in members {
                is_changed |= if is_secret(name) && holds_something(member) {
                    *member = INSTEAD.into();
                    true
                } else {
                    redact(member)
                };
            }
            is_changed
        }
        Value::Array(elements) => {
            let mut is_changed = false;
            for element in elements {
                is_changed |= redact(element);
            }
            is_changed
        }
        _ => false,
    }
}

fn is_secret(name: &str) -> bool {
    let mut name = name.to_ascii_lowercase();
    name.retain(|letter| letter.is_ascii_alphanumeric());
    SECRET.iter().any(|part| name.contains(part))
}

/// A truth value such as `secretIsBase64` is a setting, and null is none.
fn holds_something(value: &Value) -> bool {
    !(value.is_null() || value.is_boolean() || value == INSTEAD)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_wherever_they_stand_and_nothing_else() {
        let body = json!({"message": {
            "phoneNumber": {"twilioAuthToken": "t0ken", "serverUrlSecret": "s3cret", "number": "+1"},
            "assistant": {"model": {"tools": [{"server": {"secret": "s3cret", "url": "https://a",
                "headers": {"X-Vapi-Secret": "s3cret", "x-api-key": ["s3cret"]}}}]}},
            "call": {"monitor": {"controlUrl": "https://c/s3cret", "listenUrl": "wss://l/s3cret"}},
            "secretIsBase64": true, "twilioApiKey": null,
        }});
        let once = redacted(body.to_string().as_bytes()).unwrap();
        let text = String::from_utf8(once.clone()).unwrap();
        assert!(
            !text.contains("s3cret") && !text.contains("t0ken"),
            "{text}"
        );
        assert!(text.contains("https://a") && text.contains("+1"));
        assert_eq!(redacted(&once), None);
    }

    #[test]
    fn a_body_without_secrets_stays_as_it_came() {
        assert_eq!(
            redacted(br#"{ "a" : [1, {"twilioAuthToken": null}] }"#),
            None
        );
        assert_eq!(redacted(b"no json"), None);
    }
}
