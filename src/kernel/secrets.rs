//! Secrets at rest: sealed field by field, each to the place where it stands.
//!
//! A sealed value is `v1.<kid>.<base64url(nonce‖ciphertext)>`, XChaCha20-Poly1305. Its place (table, column,
//! subscriber, row) is authenticated with it, so a value that was copied elsewhere does not open.
use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use super::{ids::SubscriberId, random};

const VERSION: &str = "v1";
const NONCE: usize = 24;

/// The keys that seal and open: the first seals, all open. The same for what is only signed.
#[derive(Clone)]
pub struct Keyring(Vec<Key>);

#[derive(Clone)]
struct Key {
    kid: String,
    cipher: XChaCha20Poly1305,
    /// From which the keys of signatures are derived, so that none of them is the key that seals.
    root: [u8; 32],
}

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub table: &'static str,
    pub column: &'static str,
    /// None: the platform's.
    pub subscriber: Option<SubscriberId>,
    pub row: Uuid,
}

/// `ENCRYPTION_KEY` is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be kid:base64 of 32 bytes, separated by commas, each kid once")]
pub struct BadKeyring;

/// A value cannot be opened: its key is gone, or it was not sealed for this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened: its key is missing, or it was sealed for another place")]
pub struct Unopenable;

impl Keyring {
    /// Reads `kid:base64` entries, separated by commas.
    pub fn parse(text: &str) -> Result<Self, BadKeyring> {
        let mut keys: Vec<Key> = Vec::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let (kid, key) = entry.split_once(':').ok_or(BadKeyring)?;
            let is_name = (1..=32).contains(&kid.len())
                && kid
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            if !is_name || keys.iter().any(|other| other.kid == kid) {
                return Err(BadKeyring);
            }
            let key = BASE64_STANDARD.decode(key).map_err(|_| BadKeyring)?;
            let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| BadKeyring)?;
            keys.push(Key {
                kid: kid.to_owned(),
                cipher,
                root: hmac(&key, b"rocket-reception signatures"),
            });
        }
        if keys.is_empty() {
            return Err(BadKeyring);
        }
        Ok(Self(keys))
    }

    /// A new key, as the setting has it.
    pub fn generate() -> SecretString {
        let kid = random::base62(6);
        format!("{kid}:{}", BASE64_STANDARD.encode(random::bytes::<32>())).into()
    }

    /// Seals with the first key.
    pub fn seal(&self, place: &Place, plain: &SecretString) -> String {
        let Key { kid, cipher, .. } = &self.0[0];
        let nonce = random::bytes::<NONCE>();
        let here = place.to_string();
        let payload = Payload {
            msg: plain.expose_secret().as_bytes(),
            aad: here.as_bytes(),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a secret is short");
        let body = BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        format!("{VERSION}.{kid}.{body}")
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &Place, sealed: &str) -> Result<SecretString, Unopenable> {
        let mut parts = sealed.splitn(3, '.');
        let (Some(VERSION), Some(kid), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Unopenable);
        };
        let found = self.0.iter().find(|key| key.kid == kid);
        let Key { cipher, .. } = found.ok_or(Unopenable)?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| Unopenable)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Unopenable)?;
        let here = place.to_string();
        let payload = Payload {
            msg: sealed,
            aad: here.as_bytes(),
        };
        let plain = cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| Unopenable)?;
        let plain = String::from_utf8(plain).map_err(|_| Unopenable)?;
        Ok(plain.into())
    }

    /// What begins every value that the first key sealed; what does not still uses an older one.
    pub fn current_prefix(&self) -> String {
        format!("{VERSION}.{}.", self.0[0].kid)
    }

    /// Signs with the first key, for one purpose: the same bytes signed for another are signed otherwise.
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.0[0].sign(purpose, bytes)
    }

    /// Whether one of the keys signed these bytes for this purpose, and `signature` is its beginning. In constant time
    /// for each key.
    pub fn has_signed(&self, purpose: &str, bytes: &[u8], signature: &[u8]) -> bool {
        self.0.iter().any(|key| {
            let mut mac = mac_of(&hmac(&key.root, purpose.as_bytes()));
            mac.update(bytes);
            mac.verify_truncated_left(signature).is_ok()
        })
    }
}

impl Key {
    fn sign(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        hmac(&hmac(&self.root, purpose.as_bytes()), bytes)
    }
}

fn mac_of(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length is one")
}

fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    mac_of(key)
        .chain_update(bytes)
        .finalize()
        .into_bytes()
        .into()
}

/// Never the keys.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.0.iter().map(|key| &key.kid).collect();
        write!(f, "Keyring({kids:?})")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subscriber = self.subscriber.map_or(Uuid::nil(), |id| id.0);
        write!(
            f,
            "{}|{}|{subscriber}|{}",
            self.table, self.column, self.row
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(text: &str) -> Keyring {
        Keyring::parse(text).unwrap()
    }

    fn key(kid: &str, byte: u8) -> String {
        format!("{kid}:{}", BASE64_STANDARD.encode([byte; 32]))
    }

    fn place() -> Place {
        Place {
            table: "provider_accounts",
            column: "secret",
            subscriber: Some(SubscriberId::new()),
            row: Uuid::now_v7(),
        }
    }

    #[test]
    fn what_was_sealed_opens_at_its_place_and_nowhere_else() {
        let (ring, here) = (keyring(&key("a", 1)), place());
        let sealed = ring.seal(&here, &"the secret".to_owned().into());
        assert!(!sealed.contains("secret"));
        assert_eq!(
            ring.open(&here, &sealed).unwrap().expose_secret(),
            "the secret"
        );
        let elsewhere = [
            Place {
                row: Uuid::now_v7(),
                ..here
            },
            Place {
                column: "other",
                ..here
            },
            Place {
                table: "other",
                ..here
            },
            Place {
                subscriber: Some(SubscriberId::new()),
                ..here
            },
            Place {
                subscriber: None,
                ..here
            },
        ];
        for place in elsewhere {
            assert_eq!(ring.open(&place, &sealed).unwrap_err(), Unopenable);
        }
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let here = place();
        let old = keyring(&key("a", 1)).seal(&here, &"x".to_owned().into());
        let both = keyring(&format!("{}, {}", key("b", 2), key("a", 1)));
        assert!(both.open(&here, &old).is_ok());
        assert!(!old.starts_with(&both.current_prefix()));
        assert!(
            both.seal(&here, &"x".to_owned().into())
                .starts_with("v1.b.")
        );
        assert_eq!(
            keyring(&key("b", 2)).open(&here, &old).unwrap_err(),
            Unopenable
        );
        // The same name for another key does not help.
        assert_eq!(
            keyring(&key("a", 9)).open(&here, &old).unwrap_err(),
            Unopenable
        );
    }

    #[test]
    fn a_value_that_was_touched_does_not_open() {
        let (ring, here) = (keyring(&key("a", 1)), place());
        let sealed = ring.seal(&here, &"x".to_owned().into());
        for text in [
            "",
            "v1",
            "v1.a.",
            "v1.a.AAAA",
            "v2.a.AAAA",
            &sealed[..sealed.len() - 2],
        ] {
            assert!(ring.open(&here, text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_signed_is_known_again_for_its_purpose_and_by_an_older_key() {
        let old = keyring(&key("a", 1));
        let signature = old.sign("slot", b"monday");
        let both = keyring(&format!("{}, {}", key("b", 2), key("a", 1)));
        assert!(both.has_signed("slot", b"monday", &signature));
        assert!(both.has_signed("slot", b"monday", &signature[..16]));
        assert!(!both.has_signed("link", b"monday", &signature));
        assert!(!both.has_signed("slot", b"sunday", &signature));
        assert!(!both.has_signed("slot", b"monday", b""));
        assert!(!keyring(&key("b", 2)).has_signed("slot", b"monday", &signature));
        assert_ne!(both.sign("slot", b"monday"), signature);
    }

    #[test]
    fn a_bad_setting_is_refused() {
        let twice = format!("{},{}", key("a", 1), key("a", 2));
        for text in ["", "a", "a:", "a:AAAA", ":AAAA", twice.as_str()] {
            assert!(Keyring::parse(text).is_err(), "{text}");
        }
        assert!(Keyring::parse(Keyring::generate().expose_secret()).is_ok());
    }
}
