//! `x-retell-signature: v=<unix ms>,d=<hex>`: did Retell make this request, and lately?
//!
//! The digest is an HMAC-SHA256 under the workspace's API key, over the raw body and then the digits of `v`. The body is
//! the bytes as they came: the same JSON written again has another signature.
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::kernel::text::hex;

/// How far Retell's clock and ours may be apart, either way; this limit itself is still accepted.
const TOLERANCE_MS: u64 = 300_000;

/// Why a request is not believed. The caller is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("retell signature is not of the form v=…,d=…")]
    Malformed,
    #[error("retell signature is older or newer than five minutes")]
    Stale,
    #[error("retell signature fits none of our keys")]
    Mismatch,
}

/// Checks the header of a request against the body as received; any of the keys may have signed, so that one can be
/// replaced while both are in use.
pub fn check(
    keys: &[SecretString],
    header: &str,
    body: &[u8],
    now_ms: i64,
) -> Result<(), SignatureError> {
    let (timestamp, digest) = parse(header).ok_or(SignatureError::Malformed)?;
    let signed_at_ms: i64 = timestamp.parse().map_err(|_| SignatureError::Malformed)?;
    // An empty key would be one that everybody has.
    let is_usable = |key: &&SecretString| !key.expose_secret().is_empty();
    let mut is_found = false;
    for key in keys.iter().filter(is_usable) {
        let expected = digest_of(key, body, timestamp);
        // No early end: the time must not tell which key it was.
        is_found |= bool::from(expected.as_bytes().ct_eq(digest.as_bytes()));
    }
    match is_found {
        false => Err(SignatureError::Mismatch),
        true if now_ms.abs_diff(signed_at_ms) > TOLERANCE_MS => Err(SignatureError::Stale),
        true => Ok(()),
    }
}

/// The header that Retell would send, for `simulate` and the fakes of tests.
pub fn sign(key: &SecretString, body: &[u8], now_ms: i64) -> String {
    format!("v={now_ms},d={}", digest_of(key, body, &now_ms.to_string()))
}

/// The timestamp as written, since that text is what was signed, and the digest in lower case.
fn parse(header: &str) -> Option<(&str, String)> {
    let (timestamp, digest) = header.strip_prefix("v=")?.split_once(",d=")?;
    let is_timestamp = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_timestamp && is_digest).then(|| (timestamp, digest.to_ascii_lowercase()))
}

fn digest_of(key: &SecretString, body: &[u8], timestamp: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(body);
    mac.update(timestamp.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        body_hex: String,
        key: String,
        header: String,
        now_ms: i64,
        expected: bool,
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn every_vector_is_judged_as_the_official_sdk_judges_it() {
        let data: Vectors =
            serde_json::from_str(include_str!("../../../tests/data/retell/signature.json"))
                .unwrap();
        assert_eq!(data.vectors.len(), 32);
        for vector in data.vectors {
            let keys = [SecretString::from(vector.key)];
            let result = check(
                &keys,
                &vector.header,
                &bytes(&vector.body_hex),
                vector.now_ms,
            );
            assert_eq!(
                result.is_ok(),
                vector.expected,
                "{}: {result:?}",
                vector.name
            );
        }
    }

    #[test]
    fn what_we_sign_is_accepted_for_five_minutes_and_under_any_key() {
        let [old, new, empty] = ["old", "new", ""].map(SecretString::from);
        let header = sign(&new, "é".as_bytes(), 1_000_000);
        let accepted = |keys: &[SecretString], now_ms| check(keys, &header, "é".as_bytes(), now_ms);
        assert_eq!(accepted(&[old.clone(), new.clone()], 1_300_000), Ok(()));
        assert_eq!(accepted(&[new], 1_300_001), Err(SignatureError::Stale));
        assert_eq!(accepted(&[old], 1_000_000), Err(SignatureError::Mismatch));
        assert_eq!(accepted(&[], 1_000_000), Err(SignatureError::Mismatch));
        let header = sign(&empty, b"", 0);
        assert_eq!(
            check(&[empty], &header, b"", 0),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn odd_headers_are_malformed_and_never_a_panic() {
        let digest = "0".repeat(64);
        let headers = [
            format!("v=,d={digest}"),
            format!("v=-1,d={digest}"),
            format!("v=+1,d={digest}"),
            format!("v=1,d={digest},d={digest}"),
            format!("v=1,d={digest}\n"),
            format!("v=99999999999999999999,d={digest}"),
            format!("v=١,d={digest}"),
            format!("v=1,d={}é", "0".repeat(62)),
            "v=1".to_owned(),
        ];
        for header in headers {
            assert_eq!(
                check(&[SecretString::from("key")], &header, b"", 1),
                Err(SignatureError::Malformed),
                "{header}"
            );
        }
    }
}
