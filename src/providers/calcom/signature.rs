//! `X-Cal-Signature-256: <hex>`: did Cal.com make this request?
//!
//! An HMAC-SHA256 under the webhook's secret over the raw body, in hex without any prefix. Nothing signs a time, so an old
//! request is as good as a new one: whoever handles it must see that it was handled. A webhook without a secret sends the
//! word [`NO_SECRET`] in its place, which proves nothing.
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::kernel::text::hex;

/// The header's name.
pub const HEADER: &str = "x-cal-signature-256";

/// What stands in the header when the webhook was made without a secret.
pub const NO_SECRET: &str = "no-secret-provided";

/// Whether one of these secrets signed the body as received.
pub fn is_valid(secrets: &[SecretString], header: &str, body: &[u8]) -> bool {
    let is_digest = header.len() == 64 && header.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return false;
    }
    let digest = header.to_ascii_lowercase();
    // An empty secret would be one that everybody has.
    let is_usable = |secret: &&SecretString| !secret.expose_secret().is_empty();
    let mut is_found = false;
    for secret in secrets.iter().filter(is_usable) {
        // No early end: the time must not tell which secret it was.
        is_found |= bool::from(sign(secret, body).as_bytes().ct_eq(digest.as_bytes()));
    }
    is_found
}

/// The header that Cal.com would send, for the fakes of tests.
pub fn sign(secret: &SecretString, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(body);
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        payload: String,
        headers: BTreeMap<String, String>,
        secret: String,
        expect_valid: bool,
    }

    #[test]
    fn every_vector_is_judged_as_it_must_be() {
        let data: Vectors =
            serde_json::from_str(include_str!("../../../tests/data/calcom/signature.json"))
                .unwrap();
        assert_eq!(data.cases.len(), 22);
        for case in data.cases {
            let secrets = [SecretString::from(case.secret)];
            let header = case.headers.get(HEADER).map_or("", String::as_str);
            let judged = is_valid(&secrets, header, case.payload.as_bytes());
            assert_eq!(judged, case.expect_valid, "{}", case.name);
        }
    }

    #[test]
    fn any_secret_may_have_signed_but_never_an_empty_one() {
        let [old, new, empty] = ["old", "new", ""].map(SecretString::from);
        let header = sign(&new, b"body");
        assert!(is_valid(&[old.clone(), new], &header, b"body"));
        assert!(!is_valid(&[old], &header, b"body"));
        assert!(!is_valid(&[], &header, b"body"));
        assert!(!is_valid(
            std::slice::from_ref(&empty),
            &sign(&empty, b""),
            b""
        ));
        assert!(!is_valid(&[SecretString::from(NO_SECRET)], NO_SECRET, b""));
    }
}
