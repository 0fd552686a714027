//! How a delivery is signed, so that a receiver can tell it from anybody else's: Standard Webhooks, the older
//! `X-Signature-256`, and the signature inside the older body.
use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::kernel::{random, text::hex};

const PREFIX: &str = "whsec_";
/// How much a secret of Standard Webhooks holds.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// A secret that came from an older system may be of any form, but not of no length.
const IMPORTED_CHARS: std::ops::RangeInclusive<usize> = 8..=256;
const TOLERANCE_S: i64 = 5 * 60;

/// What an endpoint and we know and nobody else.
#[derive(Clone)]
pub struct Secret(SecretString);

/// The text can be no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ and base64 of 24 to 64 bytes, or 8 to 256 letters, digits and signs")]
pub struct BadSecret;

impl Secret {
    pub fn generate() -> Self {
        let key = BASE64_STANDARD.encode(random::bytes::<32>());
        Self(format!("{PREFIX}{key}").into())
    }

    /// A secret that somebody chose. One that calls itself `whsec_` must be what the standard says.
    pub fn import(text: &str) -> Result<Self, BadSecret> {
        let is_good = match text.strip_prefix(PREFIX) {
            Some(key) => BASE64_STANDARD
                .decode(key)
                .is_ok_and(|key| KEY_BYTES.contains(&key.len())),
            None => {
                IMPORTED_CHARS.contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_graphic())
            }
        };
        if is_good {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(BadSecret)
        }
    }

    /// What was stored, which was checked when it was chosen.
    pub(super) fn stored(text: SecretString) -> Self {
        Self(text)
    }

    /// As its owner sees it.
    pub fn text(&self) -> &SecretString {
        &self.0
    }

    /// The key of the standard: what stands behind `whsec_`, or the bytes of an imported secret.
    fn standard_key(&self) -> Vec<u8> {
        let text = self.0.expose_secret();
        let encoded = text.strip_prefix(PREFIX);
        let key = encoded.and_then(|key| BASE64_STANDARD.decode(key).ok());
        key.unwrap_or_else(|| text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// `webhook-signature`: one `v1` for each secret, in the order given.
pub fn standard(secrets: &[Secret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| {
            let key = secret.standard_key();
            let mac = authenticate(&key, &[format!("{id}.{timestamp_s}.").as_bytes(), body]);
            format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    signatures.join(" ")
}

/// `x-signature-256`, and the member `signature` of the older body: over the bytes alone, by the secret as it is seen.
pub fn of_bytes(secret: &Secret, bytes: &[u8]) -> String {
    let mac = authenticate(secret.0.expose_secret().as_bytes(), &[bytes]);
    format!("sha256={}", hex(&mac.finalize().into_bytes()))
}

/// What a receiver checks: any `v1` may match, unknown versions are passed over, five minutes either way.
pub fn is_genuine(secret: &Secret, headers: &SignedHeaders<'_>, body: &[u8], now_s: i64) -> bool {
    let (Some(id), Some(timestamp), Some(signatures)) =
        (headers.id, headers.timestamp, headers.signature)
    else {
        return false;
    };
    let Ok(timestamp_s) = timestamp.parse::<i64>() else {
        return false;
    };
    if now_s.abs_diff(timestamp_s) > TOLERANCE_S.unsigned_abs() {
        return false;
    }
    let key = secret.standard_key();
    let signed = format!("{id}.{timestamp}.");
    signatures
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|signature| BASE64_STANDARD.decode(signature).ok())
        .any(|signature| {
            let mac = authenticate(&key, &[signed.as_bytes(), body]);
            mac.verify_slice(&signature).is_ok()
        })
}

/// The three headers of the standard.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignedHeaders<'a> {
    pub id: Option<&'a str>,
    pub timestamp: Option<&'a str>,
    pub signature: Option<&'a str>,
}

fn authenticate(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    for part in parts {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        let text = include_str!("../../tests/data/standard_webhooks.json");
        serde_json::from_str(text).unwrap()
    }

    fn text(value: &Value) -> &str {
        value.as_str().unwrap()
    }

    /// Also such as the reference takes without its prefix: then what is there is the base64.
    fn secret(text: &str) -> Secret {
        let has_prefix = text.starts_with(PREFIX) || BASE64_STANDARD.decode(text).is_err();
        let prefix = if has_prefix { "" } else { PREFIX };
        Secret::import(&format!("{prefix}{text}")).unwrap()
    }

    #[test]
    fn what_is_published_is_what_we_make() {
        for case in vectors()["published"].as_array().unwrap() {
            let made = standard(
                &[secret(text(&case["secret"]))],
                text(&case["id"]),
                case["timestamp"].as_i64().unwrap(),
                text(&case["payload"]).as_bytes(),
            );
            assert_eq!(made, text(&case["signature"]));
        }
    }

    #[test]
    fn every_verdict_is_that_of_the_reference() {
        let vectors = vectors();
        let cases = vectors["cases"].as_array().unwrap();
        assert!(cases.len() >= 19);
        for case in cases {
            let headers = &case["headers"];
            let headers = SignedHeaders {
                id: headers["webhook-id"].as_str(),
                timestamp: headers["webhook-timestamp"].as_str(),
                signature: headers["webhook-signature"].as_str(),
            };
            let is_valid = is_genuine(
                &secret(text(&case["secret"])),
                &headers,
                text(&case["payload"]).as_bytes(),
                case["received_at_unix"].as_i64().unwrap(),
            );
            assert_eq!(is_valid, case["expect_valid"], "{}", case["name"]);
        }
    }

    #[test]
    fn both_schemes_go_along_and_several_secrets_sign_newest_first() {
        let both = &vectors()["dual_header"];
        let body = text(&both["body"]).as_bytes();
        let headers = &both["headers"];
        let old = secret(text(&both["secret"]));
        let id = text(&headers["webhook-id"]);
        let timestamp_s = text(&headers["webhook-timestamp"]).parse().unwrap();
        let alone = standard(std::slice::from_ref(&old), id, timestamp_s, body);
        assert_eq!(alone, text(&headers["webhook-signature"]));
        assert_eq!(of_bytes(&old, body), text(&headers["x-signature-256"]));
        let new = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let rotated = standard(&[new.clone(), old], id, timestamp_s, body);
        let expected = &vectors()["cases"][2]["headers"]["webhook-signature"];
        assert_eq!(rotated, text(expected));
    }

    #[test]
    fn the_same_holds_under_the_names_of_svix() {
        let case = &vectors()["svix_headers"];
        let headers = SignedHeaders {
            id: case["headers"]["svix-id"].as_str(),
            timestamp: case["headers"]["svix-timestamp"].as_str(),
            signature: case["headers"]["svix-signature"].as_str(),
        };
        let secret = secret(text(&case["secret"]));
        let at = case["received_at_unix"].as_i64().unwrap();
        assert!(is_genuine(
            &secret,
            &headers,
            text(&case["body"]).as_bytes(),
            at
        ));
    }

    #[test]
    fn an_imported_secret_signs_with_its_own_bytes() {
        let secret = Secret::import("your-secret").unwrap();
        let renamed = format!("{PREFIX}{}", BASE64_STANDARD.encode("your-secret"));
        let renamed = Secret::stored(renamed.into());
        assert_eq!(
            standard(&[secret], "msg_1", 1, b"{}"),
            standard(&[renamed], "msg_1", 1, b"{}"),
        );
    }

    #[test]
    fn what_can_be_no_secret_is_refused() {
        for text in [
            "",
            "short",
            "whsec_",
            "whsec_AAAA",
            "whsec_!!!",
            "with space",
            "ümlaut-ümlaut",
        ] {
            assert!(Secret::import(text).is_err(), "{text}");
        }
        assert!(Secret::import(Secret::generate().text().expose_secret()).is_ok());
    }

    #[test]
    fn any_byte_that_is_changed_is_noticed() {
        let secret = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = br#"{"type":"call.ended"}"#;
        let signature = standard(std::slice::from_ref(&secret), "msg_1", 1000, body);
        let headers = SignedHeaders {
            id: Some("msg_1"),
            timestamp: Some("1000"),
            signature: Some(&signature),
        };
        assert!(is_genuine(&secret, &headers, body, 1000));
        for at in 0..body.len() {
            let mut changed = body.to_vec();
            changed[at] ^= 1;
            assert!(!is_genuine(&secret, &headers, &changed, 1000), "{at}");
        }
        // The 32 bytes of the signature, one by one, in base64: its last character may hold bits that mean nothing.
        for at in 3..signature.len() - 2 {
            let mut changed = signature.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let headers = SignedHeaders {
                signature: Some(&changed),
                ..headers
            };
            assert!(!is_genuine(&secret, &headers, body, 1000), "{at}");
        }
    }
}
