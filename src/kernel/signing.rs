//! The keys that sign access tokens: Ed25519, the first signs, all verify.
use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// How far the clocks of two of our processes may be apart.
const LEEWAY_S: u64 = 5;

/// The keys, by their `kid`: the thumbprint of RFC 7638.
#[derive(Clone)]
pub struct SigningKeys(Vec<SigningKey>);

#[derive(Clone)]
struct SigningKey {
    kid: String,
    /// The public key, as a JWK has it.
    x: String,
    private: EncodingKey,
    public: DecodingKey,
}

/// A public key, as `/.well-known/jwks.json` shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Jwk {
    pub kty: &'static str,
    pub crv: &'static str,
    pub alg: &'static str,
    #[serde(rename = "use")]
    pub usage: &'static str,
    pub kid: String,
    pub x: String,
}

/// `JWT_PRIVATE_KEY` is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one or more Ed25519 keys as PKCS#8 PEM")]
pub struct BadSigningKeys;

/// The token is not one of ours, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not one of ours, or has expired")]
pub struct BadToken;

impl SigningKeys {
    /// Reads one PEM block after the other. A line break may be written as `\n`, as hosts' settings often want it.
    pub fn parse(pem: &str) -> Result<Self, BadSigningKeys> {
        let pem = pem.replace("\\n", "\n");
        let mut keys = Vec::new();
        for der in PrivatePkcs8KeyDer::pem_slice_iter(pem.as_bytes()) {
            let der = der.map_err(|_| BadSigningKeys)?;
            keys.push(SigningKey::read(der.secret_pkcs8_der())?);
        }
        if keys.is_empty() {
            return Err(BadSigningKeys);
        }
        Ok(Self(keys))
    }

    /// A new key, as the setting has it.
    pub fn generate() -> SecretString {
        let pair = Ed25519KeyPair::generate().expect("the system has randomness");
        let der = pair.to_pkcs8v1().expect("a new key can be written");
        let body = BASE64_STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n").into()
    }

    /// Signs with the first key.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let key = &self.0[0];
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        encode(&header, claims, &key.private).expect("claims are JSON and the key was checked")
    }

    /// What the token claims, if one of our keys signed it for this audience and it has not expired at `now_s`.
    ///
    /// The algorithm is ours and not the token's; its `kid` only says which of our keys to try.
    pub fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now_s: i64,
    ) -> Result<C, BadToken> {
        let header = decode_header(token).map_err(|_| BadToken)?;
        let key = self
            .0
            .iter()
            .find(|key| Some(&key.kid) == header.kid.as_ref())
            .ok_or(BadToken)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // Against our own clock, below: the library would read the system's.
        validation.validate_exp = false;
        let token = decode::<serde_json::Value>(token, &key.public, &validation);
        let claims = token.map_err(|_| BadToken)?.claims;
        let expires_s = claims["exp"].as_i64().ok_or(BadToken)?;
        if now_s >= expires_s.saturating_add_unsigned(LEEWAY_S) {
            return Err(BadToken);
        }
        serde_json::from_value(claims).map_err(|_| BadToken)
    }

    /// The public halves.
    pub fn jwks(&self) -> Vec<Jwk> {
        let jwk = |key: &SigningKey| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            usage: "sig",
            kid: key.kid.clone(),
            x: key.x.clone(),
        };
        self.0.iter().map(jwk).collect()
    }
}

impl SigningKey {
    fn read(pkcs8: &[u8]) -> Result<Self, BadSigningKeys> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| BadSigningKeys)?;
        let public = pair.public_key().as_ref();
        let x = BASE64_URL_SAFE_NO_PAD.encode(public);
        // RFC 7638 and RFC 8037: the required members alone, in the order of the alphabet.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Ok(Self {
            kid: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members)),
            private: EncodingKey::from_ed_der(pkcs8),
            public: DecodingKey::from_ed_der(public),
            x,
        })
    }
}

/// Never the private halves.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.0.iter().map(|key| &key.kid).collect();
        write!(f, "SigningKeys({kids:?})")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    fn keys() -> SigningKeys {
        SigningKeys::parse(SigningKeys::generate().expose_secret()).unwrap()
    }

    fn claims(audience: &str) -> Value {
        json!({"iss": "https://us", "aud": audience, "sub": "somebody", "exp": 1_000})
    }

    fn verify(keys: &SigningKeys, token: &str, now_s: i64) -> Result<Value, BadToken> {
        keys.verify(token, "https://us", "api", now_s)
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let keys = keys();
        let token = keys.sign(&claims("api"));
        assert_eq!(verify(&keys, &token, 999).unwrap()["sub"], "somebody");
        assert!(verify(&keys, &token, 1_005).is_err());
    }

    #[test]
    fn one_of_another_key_or_for_another_audience_or_issuer_is_not() {
        let ours = keys();
        assert!(verify(&ours, &keys().sign(&claims("api")), 1).is_err());
        assert!(verify(&ours, &ours.sign(&claims("other")), 1).is_err());
        let token = ours.sign(&claims("api"));
        assert!(
            ours.verify::<Value>(&token, "https://them", "api", 1)
                .is_err()
        );
        assert!(verify(&ours, "", 1).is_err());
        assert!(verify(&ours, "a.b.c", 1).is_err());
    }

    #[test]
    fn the_algorithm_of_a_token_is_never_believed() {
        let keys = keys();
        let token = keys.sign(&claims("api"));
        let body = token.split('.').nth(1).unwrap();
        let kid = &keys.jwks()[0].kid;
        for alg in ["none", "HS256"] {
            let header = json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string();
            let forged = format!("{}.{body}.", BASE64_URL_SAFE_NO_PAD.encode(header));
            assert!(verify(&keys, &forged, 1).is_err(), "{alg}");
        }
    }

    #[test]
    fn the_first_key_signs_and_all_verify() {
        let (old, new) = (SigningKeys::generate(), SigningKeys::generate());
        let before = SigningKeys::parse(old.expose_secret()).unwrap();
        let text = format!("{}{}", new.expose_secret(), old.expose_secret());
        let both = SigningKeys::parse(&text.replace('\n', "\\n")).unwrap();
        assert!(verify(&both, &before.sign(&claims("api")), 1).is_ok());
        assert!(verify(&before, &both.sign(&claims("api")), 1).is_err());
        assert_eq!(both.jwks().len(), 2);
    }

    #[test]
    fn the_kid_is_the_thumbprint_of_rfc_7638() {
        // The key and its thumbprint from RFC 8037, appendix A.3; the private half from A.1.
        let d = BASE64_URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let mut der = BASE64_STANDARD.decode("MC4CAQAwBQYDK2VwBCIEIA==").unwrap();
        der.extend(d);
        let key = SigningKey::read(&der).unwrap();
        assert_eq!(key.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_bad_setting_is_refused() {
        for text in [
            "",
            "key",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert!(SigningKeys::parse(text).is_err(), "{text}");
        }
    }
}
