//! Did Vapi make this request? Vapi signs as each `server` object's credential says: a secret in a header, a bearer token,
//! or an HMAC whose header names, text and encoding somebody chose.
//!
//! None of these protects a replay inside the window: each event has its own key for that.
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::kernel::text::hex;

/// How far Vapi's clock and ours may be apart, either way. Our own choice: Vapi names none.
const TOLERANCE_MS: u64 = 300_000;
/// A timestamp above this is in milliseconds; as seconds it would lie beyond the year 5000.
const FIRST_IN_MS: i64 = 100_000_000_000;
/// The header of a server's inline secret.
pub const SECRET_HEADER: &str = "x-vapi-secret";

/// How requests are proved, in the words of Vapi's credentials. The default is HMAC as Vapi has it by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scheme {
    pub mode: Mode,
    /// Of a bearer token.
    pub header_name: String,
    pub bearer_prefix_enabled: bool,
    /// Of an HMAC, as all that follows.
    pub algorithm: Algorithm,
    pub signature_header: String,
    pub signature_encoding: Encoding,
    pub signature_prefix: String,
    pub timestamp_header: String,
    pub include_timestamp: bool,
    /// With `{body}`, `{timestamp}`, `{method}`, `{url}` and `{svix-id}`.
    pub payload_format: String,
    pub message_id_header: String,
    pub secret_is_base64: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Hmac,
    Bearer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    #[default]
    Sha256,
    Sha512,
    Sha1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    #[default]
    Hex,
    Base64,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            mode: Mode::Hmac,
            header_name: "authorization".to_owned(),
            bearer_prefix_enabled: true,
            algorithm: Algorithm::Sha256,
            signature_header: "x-signature".to_owned(),
            signature_encoding: Encoding::Hex,
            signature_prefix: String::new(),
            timestamp_header: "x-timestamp".to_owned(),
            include_timestamp: true,
            payload_format: "{timestamp}.{body}".to_owned(),
            message_id_header: "svix-id".to_owned(),
            secret_is_base64: false,
        }
    }
}

impl Scheme {
    /// `X-Vapi-Secret: <secret>`.
    pub fn plain_secret() -> Self {
        Self {
            mode: Mode::Bearer,
            header_name: SECRET_HEADER.to_owned(),
            bearer_prefix_enabled: false,
            ..Self::default()
        }
    }

    /// `Authorization: Bearer <secret>`.
    pub fn bearer() -> Self {
        Self {
            mode: Mode::Bearer,
            ..Self::default()
        }
    }

    /// Those of which any will do where nobody has named one.
    pub fn usual() -> [Self; 3] {
        [Self::plain_secret(), Self::bearer(), Self::default()]
    }

    /// Whether a signature under this scheme covers the body: without it, anybody who hears one request could make all.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_name = |name: &str| {
            (1..=64).contains(&name.len())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if self.payload_format.len() > 200 || !self.payload_format.contains("{body}") {
            return Err("payloadFormat must contain {body}");
        }
        if self.payload_format.contains("{timestamp}") && !self.include_timestamp {
            return Err("payloadFormat names a timestamp that is not included");
        }
        if self.signature_prefix.len() > 64 {
            return Err("signaturePrefix is at most 64 characters");
        }
        let names = [
            &self.header_name,
            &self.signature_header,
            &self.timestamp_header,
            &self.message_id_header,
        ];
        match names.into_iter().all(|name| is_name(name)) {
            true => Ok(()),
            false => Err("names of headers are 1 to 64 letters, digits and dashes"),
        }
    }
}

/// A request as it came, with its headers by name (in lower case).
pub struct Signed<'a> {
    pub method: &'a str,
    /// As it was called from outside.
    pub url: &'a str,
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub body: &'a [u8],
}

/// The secret that proves the request under one of the schemes; any of the secrets may, so that one can be replaced
/// while both are in use. No secret, no proof.
pub fn prove<'s>(
    schemes: &[Scheme],
    secrets: &'s [SecretString],
    request: &Signed<'_>,
    now_ms: i64,
) -> Option<&'s SecretString> {
    let mut found = None;
    for secret in secrets {
        // An empty secret would be one that everybody has.
        if secret.expose_secret().is_empty() {
            continue;
        }
        for scheme in schemes {
            // No early end: the time must not tell which secret it was.
            if fits(scheme, secret, request, now_ms) {
                found = Some(secret);
            }
        }
    }
    found
}

fn fits(scheme: &Scheme, secret: &SecretString, request: &Signed<'_>, now_ms: i64) -> bool {
    match scheme.mode {
        Mode::Bearer => fits_token(scheme, secret, request),
        Mode::Hmac => fits_hmac(scheme, secret, request, now_ms).unwrap_or(false),
    }
}

fn fits_token(scheme: &Scheme, secret: &SecretString, request: &Signed<'_>) -> bool {
    let Some(given) = (request.header)(&scheme.header_name.to_ascii_lowercase()) else {
        return false;
    };
    let token = match (scheme.bearer_prefix_enabled, given.split_once(' ')) {
        (true, Some((word, token))) if word.eq_ignore_ascii_case("bearer") => token,
        (true, _) => return false,
        (false, _) => given.as_str(),
    };
    is_same(token.as_bytes(), secret.expose_secret().as_bytes())
}

fn fits_hmac(
    scheme: &Scheme,
    secret: &SecretString,
    request: &Signed<'_>,
    now_ms: i64,
) -> Option<bool> {
    let header = |name: &str| (request.header)(&name.to_ascii_lowercase());
    let given = header(&scheme.signature_header)?;
    let given = given.strip_prefix(scheme.signature_prefix.as_str())?;
    let timestamp = match scheme.include_timestamp {
        true => Some(header(&scheme.timestamp_header)?),
        false => None,
    };
    let text = signed_text(scheme, request, timestamp.as_deref(), &header)?;
    let key = match scheme.secret_is_base64 {
        true => BASE64_STANDARD.decode(secret.expose_secret()).ok()?,
        false => secret.expose_secret().as_bytes().to_vec(),
    };
    let digest = match scheme.algorithm {
        Algorithm::Sha256 => digest::<Hmac<Sha256>>(&key, &text),
        Algorithm::Sha512 => digest::<Hmac<Sha512>>(&key, &text),
        Algorithm::Sha1 => digest::<Hmac<Sha1>>(&key, &text),
    };
    let is_same = match scheme.signature_encoding {
        Encoding::Hex => is_same(
            hex(&digest).as_bytes(),
            given.to_ascii_lowercase().as_bytes(),
        ),
        Encoding::Base64 => is_same(BASE64_STANDARD.encode(digest).as_bytes(), given.as_bytes()),
    };
    let is_fresh = timestamp.is_none_or(|text| is_fresh(&text, now_ms));
    Some(is_same && is_fresh)
}

/// The text that is signed, as bytes: a body need not be text.
fn signed_text(
    scheme: &Scheme,
    request: &Signed<'_>,
    timestamp: Option<&str>,
    header: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(request.body.len() + 64);
    let mut rest = scheme.payload_format.as_str();
    while let Some(place) = rest.find('{') {
        text.extend_from_slice(&rest.as_bytes()[..place]);
        rest = &rest[place..];
        let end = rest.find('}')? + 1;
        match &rest[..end] {
            "{body}" => text.extend_from_slice(request.body),
            "{timestamp}" => text.extend_from_slice(timestamp?.as_bytes()),
            "{method}" => text.extend_from_slice(request.method.as_bytes()),
            "{url}" => text.extend_from_slice(request.url.as_bytes()),
            "{svix-id}" => text.extend_from_slice(header(&scheme.message_id_header)?.as_bytes()),
            other => text.extend_from_slice(other.as_bytes()),
        }
        rest = &rest[end..];
    }
    text.extend_from_slice(rest.as_bytes());
    Some(text)
}

/// The unit is not documented: seconds and milliseconds are told apart by their size.
fn is_fresh(timestamp: &str, now_ms: i64) -> bool {
    let Ok(number) = timestamp.parse::<i64>() else {
        return false;
    };
    let signed_at_ms = match number {
        FIRST_IN_MS.. => number,
        _ => number.saturating_mul(1000),
    };
    now_ms.abs_diff(signed_at_ms) <= TOLERANCE_MS
}

fn digest<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    bool::from(one.ct_eq(other))
}

/// The headers that Vapi would send under its default HMAC, for `simulate` and the fakes of tests: signature, timestamp.
pub fn sign(secret: &SecretString, body: &[u8], now_ms: i64) -> [(&'static str, String); 2] {
    let timestamp = (now_ms / 1000).to_string();
    let mut text = format!("{timestamp}.").into_bytes();
    text.extend_from_slice(body);
    let digest = digest::<Hmac<Sha256>>(secret.expose_secret().as_bytes(), &text);
    [("x-signature", hex(&digest)), ("x-timestamp", timestamp)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        config: Scheme,
        secret: String,
        headers: BTreeMap<String, String>,
        body_hex: String,
        now_ms: i64,
        expected: bool,
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = |place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digits).collect()
    }

    fn proves(schemes: &[Scheme], secret: &str, headers: &[(&str, &str)], now_ms: i64) -> bool {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        let request = Signed {
            method: "POST",
            url: "https://reception.example/webhooks/vapi",
            header: &header,
            body: b"{}",
        };
        prove(schemes, &[SecretString::from(secret)], &request, now_ms).is_some()
    }

    #[test]
    fn every_vector_is_judged_as_expected() {
        let vectors = include_str!("../../../tests/data/vapi/auth.json");
        let vectors: Vectors = serde_json::from_str(vectors).unwrap();
        assert!(vectors.vectors.len() >= 16);
        for vector in vectors.vectors {
            let body = bytes(&vector.body_hex);
            let header = |name: &str| vector.headers.get(name).cloned();
            let request = Signed {
                method: "POST",
                url: "https://app.example.test/webhooks/vapi",
                header: &header,
                body: &body,
            };
            let secrets = [
                SecretString::from("another-secret"),
                SecretString::from(vector.secret.as_str()),
            ];
            let proved = prove(&[vector.config], &secrets, &request, vector.now_ms);
            assert_eq!(proved.is_some(), vector.expected, "{}", vector.name);
        }
    }

    #[test]
    fn without_a_secret_or_with_an_empty_one_nothing_is_proved() {
        assert!(!proves(&Scheme::usual(), "", &[("x-vapi-secret", "")], 0));
        let request = Signed {
            method: "POST",
            url: "",
            header: &|_| Some(String::new()),
            body: b"",
        };
        assert!(prove(&Scheme::usual(), &[], &request, 0).is_none());
    }

    #[test]
    fn the_usual_schemes_are_a_secret_a_bearer_token_and_the_default_signature() {
        let usual = Scheme::usual();
        for (name, value, expected) in [
            ("x-vapi-secret", "s3cret", true),
            ("x-vapi-secret", "Bearer s3cret", false),
            ("authorization", "Bearer s3cret", true),
            ("authorization", "bearer s3cret", true),
            ("authorization", "s3cret", false),
            ("authorization", "Basic s3cret", false),
            ("x-vapi-secret", "s3cre", false),
        ] {
            assert_eq!(
                proves(&usual, "s3cret", &[(name, value)], 0),
                expected,
                "{value}"
            );
        }
        let secret = SecretString::from("s3cret");
        let [(first, signature), (second, timestamp)] = sign(&secret, b"{}", 1_794_841_200_123);
        let headers = [(first, signature.as_str()), (second, timestamp.as_str())];
        assert!(proves(&usual, "s3cret", &headers, 1_794_841_205_000));
        assert!(!proves(&usual, "s3cret", &headers, 1_794_841_505_001));
        assert!(!proves(
            &[Scheme::bearer()],
            "s3cret",
            &headers,
            1_794_841_205_000
        ));
    }

    #[test]
    fn the_method_the_url_and_the_id_can_be_signed_as_well() {
        let scheme = Scheme {
            payload_format: "{svix-id}|{method}|{url}|{body}".to_owned(),
            include_timestamp: false,
            ..Scheme::default()
        };
        assert_eq!(scheme.check(), Ok(()));
        let text = "msg_1|POST|https://reception.example/webhooks/vapi|{}";
        let signature = hex(&digest::<Hmac<Sha256>>(b"s3cret", text.as_bytes()));
        let headers = [("x-signature", signature.as_str()), ("svix-id", "msg_1")];
        assert!(proves(std::slice::from_ref(&scheme), "s3cret", &headers, 0));
        assert!(!proves(&[scheme], "s3cret", &headers[..1], 0));
    }

    #[test]
    fn a_scheme_that_does_not_sign_the_body_is_refused() {
        let read = |value| serde_json::from_value::<Scheme>(value).unwrap();
        assert!(read(json!({})).check().is_ok());
        for odd in [
            json!({"payloadFormat": "{timestamp}"}),
            json!({"includeTimestamp": false}),
            json!({"signatureHeader": ""}),
            json!({"headerName": "x secret"}),
        ] {
            assert!(read(odd.clone()).check().is_err(), "{odd}");
        }
        assert!(serde_json::from_value::<Scheme>(json!({"made_up": 1})).is_err());
    }
}
