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
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{ids::SubscriberId, random};

const VERSION: &str = "v1";
const NONCE: usize = 24;

/// The keys that seal and open: the first seals, all open.
#[derive(Clone)]
pub struct Keyring(Vec<(String, XChaCha20Poly1305)>);

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
        let mut keys: Vec<(String, XChaCha20Poly1305)> = Vec::new();
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
            if !is_name || keys.iter().any(|(other, _)| other == kid) {
                return Err(BadKeyring);
            }
            let key = BASE64_STANDARD.decode(key).map_err(|_| BadKeyring)?;
            let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| BadKeyring)?;
            keys.push((kid.to_owned(), cipher));
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
        let (kid, cipher) = &self.0[0];
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
        let found = self.0.iter().find(|(name, _)| name == kid);
        let (_, cipher) = found.ok_or(Unopenable)?;
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
        format!("{VERSION}.{}.", self.0[0].0)
    }
}

/// Never the keys.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.0.iter().map(|(kid, _)| kid).collect();
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
    fn a_bad_setting_is_refused() {
        let twice = format!("{},{}", key("a", 1), key("a", 2));
        for text in ["", "a", "a:", "a:AAAA", ":AAAA", twice.as_str()] {
            assert!(Keyring::parse(text).is_err(), "{text}");
        }
        assert!(Keyring::parse(Keyring::generate().expose_secret()).is_ok());
    }
}
