//! `X-Twilio-Signature`: did Twilio make this request?
//!
//! Base64 of an HMAC-SHA1 under the account's auth token, over the URL and the decoded fields. The difficult part is the
//! URL: Twilio signs the text that was configured, and is not of one mind about ports and apostrophes. So the URL is
//! edited as text (a parser would lower-case the host and escape the query), and a few spellings are tried.
//! There is no time in it: whoever accepts a request must remember its natural key.
use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::Form;
use crate::kernel::text::sha256_hex;

/// Whether `signature` fits a form, or with an empty one a GET request, under any of the tokens. `url` is our configured
/// base URL and the path and query exactly as they were received.
pub fn is_valid(auth_tokens: &[SecretString], url: &str, params: &Form, signature: &str) -> bool {
    let candidates = candidate_urls(url);
    // An empty token would be a key that everybody has.
    let is_usable = |token: &&SecretString| !token.expose_secret().is_empty();
    let mut is_found = false;
    for token in auth_tokens.iter().filter(is_usable) {
        for url in &candidates {
            let expected = sign(token, url, params);
            // No early end: the time must not tell which token or which spelling it was.
            is_found |= bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
        }
    }
    is_found
}

/// Whether `signature` fits a JSON body: it covers the URL alone, and the URL carries the hash of the body. Bodies without
/// that hash are not accepted, since then nothing would vouch for them.
pub fn is_valid_json(
    auth_tokens: &[SecretString],
    url: &str,
    body: &[u8],
    signature: &str,
) -> bool {
    let query = without_fragment(url)
        .split_once('?')
        .map_or("", |(_, query)| query);
    let claimed_hash = query
        .split('&')
        .find_map(|field| field.strip_prefix("bodySHA256="));
    claimed_hash == Some(sha256_hex(body).as_str())
        && is_valid(auth_tokens, url, &Form::default(), signature)
}

/// The signature of a form as Twilio would make it, for `simulate` and the fakes of tests.
pub fn sign(auth_token: &SecretString, url: &str, params: &Form) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (key, values) in sorted(params) {
        for value in values {
            mac.update(key.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    BASE64.encode(mac.finalize().into_bytes())
}

/// Keys in byte order, the values of each without repetition and in byte order. The keys alone are compared: `Reason`
/// comes before `ReasonConferenceEnded` whatever their values are.
fn sorted(params: &Form) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut fields = BTreeMap::<_, BTreeSet<_>>::new();
    for (key, value) in params.iter() {
        fields.entry(key).or_default().insert(value);
    }
    fields
}

/// The spellings of a URL that Twilio may have signed: with and without port, and with the apostrophes of its query raw,
/// because Twilio signs `'` where it sends `%27`. `user:pass@` stays; we configure no such URL.
fn candidate_urls(url: &str) -> Vec<String> {
    let url = without_fragment(url);
    let mut candidates = vec![url.to_owned()];
    candidates.extend(with_other_port(url));
    for index in 0..candidates.len() {
        if let Some((path, query)) = candidates[index].split_once('?')
            && query.contains("%27")
        {
            candidates.push(format!("{path}?{}", query.replace("%27", "'")));
        }
    }
    candidates
}

/// A fragment sets how Twilio connects; it is neither sent nor signed.
fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

/// The URL without its port if it has one, else with the standard one of its scheme.
fn with_other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A colon may also stand in `user:pass@`, but behind the last one only a port is all digits up to the path.
    if let Some((host, port)) = authority.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some(format!("{scheme}://{host}{path}"));
    }
    let port = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    Some(format!("{scheme}://{authority}:{port}{path}"))
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
        url: String,
        #[serde(default)]
        params: Vec<(String, String)>,
        body: Option<String>,
        auth_token: String,
        expected_signature: String,
        expected_valid: bool,
    }

    /// Signs what the URL parser of one SDK makes of the URL; no request on the wire looks like that.
    const ARTEFACT_OF_A_PARSER: &str = "apostrophe_in_query_signed_escaped";

    #[test]
    fn every_published_vector_is_judged_as_twilio_judges_it() {
        let data: Vectors =
            serde_json::from_str(include_str!("../../../tests/data/twilio/signature.json"))
                .unwrap();
        assert_eq!(data.vectors.len(), 68);
        for vector in data.vectors {
            let tokens = [SecretString::from(vector.auth_token)];
            let is_accepted = match &vector.body {
                Some(body) => is_valid_json(
                    &tokens,
                    &vector.url,
                    body.as_bytes(),
                    &vector.expected_signature,
                ),
                None => is_valid(
                    &tokens,
                    &vector.url,
                    &vector.params.into_iter().collect(),
                    &vector.expected_signature,
                ),
            };
            let expected = vector.expected_valid && vector.name != ARTEFACT_OF_A_PARSER;
            assert_eq!(is_accepted, expected, "{}", vector.name);
        }
    }

    #[test]
    fn any_configured_token_may_have_signed_but_never_an_empty_one() {
        let (url, form) = ("https://host.example/sms", Form::from_iter([("Body", "")]));
        let [old, new, empty] = ["old", "new", ""].map(SecretString::from);
        let signature = sign(&new, url, &form);
        assert!(is_valid(
            &[old.clone(), new.clone()],
            url,
            &form,
            &signature
        ));
        assert!(!is_valid(
            std::slice::from_ref(&old),
            url,
            &form,
            &signature
        ));
        assert!(!is_valid(&[], url, &form, &signature));
        assert!(!is_valid(
            std::slice::from_ref(&empty),
            url,
            &form,
            &sign(&empty, url, &form)
        ));
    }

    #[test]
    fn at_most_a_handful_of_spellings_is_tried() {
        assert_eq!(
            candidate_urls("https://a.example:8443"),
            ["https://a.example:8443", "https://a.example"]
        );
        assert_eq!(
            candidate_urls("http://[::1]/x"),
            ["http://[::1]/x", "http://[::1]:80/x"]
        );
        assert_eq!(candidate_urls("https://a/%27?b=%27#rc=2").len(), 4);
        assert_eq!(candidate_urls("not a url"), ["not a url"]);
    }
}
