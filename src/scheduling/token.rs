//! What stands for something outside: a slot's token, the link to an appointment.
//!
//! A slot's token is `base64url(version, flags, resource, service, start, minutes, end of life, signature)`: 75
//! letters, which is short enough for a model to carry from one tool to the next.
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::kernel::{
    ids::{AppointmentId, ResourceId, SubscriberId},
    random,
    secrets::Keyring,
    text::sha256_hex,
};

/// How long a slot's token is good.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);

const VERSION: u8 = 1;
/// Somebody asked for this resource by its name: no other will do.
const IS_NAMED: u8 = 1;
const CONTENT: usize = 2 + 16 + 16 + 4 + 2 + 4;
/// 128 bits of the signature.
const SIGNATURE: usize = 16;
const SLOT: &str = "scheduling slot";
const LINK: &str = "scheduling link";

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub resource: ResourceId,
    /// No other resource will do.
    pub is_named: bool,
    pub service: Option<Uuid>,
    pub starts_at: DateTime<Utc>,
    pub duration_minutes: i32,
}

/// Not one of ours, not for this business, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadToken;

/// Signs a slot for one business. The business is signed and not written: it is known to whoever reads it.
pub fn write(
    keyring: &Keyring,
    subscriber: SubscriberId,
    claim: &Claim,
    now: DateTime<Utc>,
) -> String {
    let mut bytes = Vec::with_capacity(CONTENT + SIGNATURE);
    bytes.extend([VERSION, if claim.is_named { IS_NAMED } else { 0 }]);
    bytes.extend(claim.resource.0.as_bytes());
    bytes.extend(claim.service.unwrap_or_default().as_bytes());
    bytes.extend(minutes(claim.starts_at).to_be_bytes());
    let duration = u16::try_from(claim.duration_minutes).unwrap_or(u16::MAX);
    bytes.extend(duration.to_be_bytes());
    bytes.extend(seconds(now + LIFETIME).to_be_bytes());
    let signature = keyring.sign(SLOT, &signed(subscriber, &bytes));
    bytes.extend(&signature[..SIGNATURE]);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token that we wrote for this business and that has not expired.
pub fn read(
    keyring: &Keyring,
    subscriber: SubscriberId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Claim, BadToken> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.trim()).ok();
    let bytes = bytes
        .filter(|bytes| bytes.len() == CONTENT + SIGNATURE)
        .ok_or(BadToken)?;
    let (content, signature) = bytes.split_at(CONTENT);
    if !keyring.has_signed(SLOT, &signed(subscriber, content), signature) {
        return Err(BadToken);
    }
    let mut rest = content;
    let [version, flags] = take::<2>(&mut rest)?;
    let resource = Uuid::from_bytes(take(&mut rest)?);
    let service = Uuid::from_bytes(take(&mut rest)?);
    let start = u32::from_be_bytes(take(&mut rest)?);
    let duration = u16::from_be_bytes(take(&mut rest)?);
    let expires = u32::from_be_bytes(take(&mut rest)?);
    if version != VERSION || seconds(now) >= expires {
        return Err(BadToken);
    }
    Ok(Claim {
        resource: ResourceId(resource),
        is_named: flags & IS_NAMED != 0,
        service: (!service.is_nil()).then_some(service),
        starts_at: DateTime::from_timestamp(i64::from(start) * 60, 0).ok_or(BadToken)?,
        duration_minutes: i32::from(duration),
    })
}

/// The public name of one appointment, in the link to its `.ics`. The same whenever it is asked for, so that nothing
/// secret is stored: the directory holds its hash.
pub fn link(keyring: &Keyring, subscriber: SubscriberId, appointment: AppointmentId) -> String {
    let bytes = signed(subscriber, appointment.0.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&keyring.sign(LINK, &bytes)[..SIGNATURE])
}

/// A new name for the calendar of a whole business.
pub fn new_feed() -> String {
    random::base62(32)
}

/// As the directory holds it.
pub fn hash(token: &str) -> String {
    sha256_hex(token)
}

fn signed(subscriber: SubscriberId, bytes: &[u8]) -> Vec<u8> {
    [subscriber.0.as_bytes().as_slice(), bytes].concat()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], BadToken> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(BadToken)?;
    *rest = tail;
    Ok(*head)
}

/// Since 1970; until the year 10000 and more.
fn minutes(at: DateTime<Utc>) -> u32 {
    u32::try_from(at.timestamp().div_euclid(60)).unwrap_or_default()
}

/// Since 1970; until the year 2106.
fn seconds(at: DateTime<Utc>) -> u32 {
    u32::try_from(at.timestamp()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn keyring() -> Keyring {
        Keyring::parse(Keyring::generate().expose_secret()).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn claim(service: Option<Uuid>) -> Claim {
        Claim {
            resource: ResourceId::new(),
            is_named: true,
            service,
            starts_at: at("2026-11-23T14:30:00Z"),
            duration_minutes: 45,
        }
    }

    const NOW: &str = "2026-11-21T10:00:00Z";

    #[test]
    fn a_token_comes_back_as_it_went_out_and_is_short() {
        let (keyring, subscriber) = (keyring(), SubscriberId::new());
        for claim in [claim(None), claim(Some(Uuid::now_v7()))] {
            let token = write(&keyring, subscriber, &claim, at(NOW));
            assert!(token.len() < 160, "{}", token.len());
            assert!(
                token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            );
            assert_eq!(read(&keyring, subscriber, &token, at(NOW)), Ok(claim));
        }
    }

    #[test]
    fn one_that_is_forged_expired_or_of_another_business_is_none() {
        let (keyring, subscriber) = (keyring(), SubscriberId::new());
        let token = write(&keyring, subscriber, &claim(None), at(NOW));
        let last = at(NOW) + LIFETIME - TimeDelta::seconds(1);
        assert!(read(&keyring, subscriber, &token, last).is_ok());
        assert!(read(&keyring, subscriber, &token, at(NOW) + LIFETIME).is_err());
        assert!(read(&keyring, SubscriberId::new(), &token, at(NOW)).is_err());
        assert!(read(&self::keyring(), subscriber, &token, at(NOW)).is_err());
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert!(
                read(&keyring, subscriber, &forged, at(NOW)).is_err(),
                "{place}"
            );
        }
        for text in [
            "",
            "x",
            "2026-11-23T14:30:00Z",
            &token[1..],
            &format!("{token}A"),
        ] {
            assert!(read(&keyring, subscriber, text, at(NOW)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_link_is_the_same_each_time_and_another_for_each_appointment() {
        let (keyring, subscriber) = (keyring(), SubscriberId::new());
        let id = AppointmentId::new();
        assert_eq!(
            link(&keyring, subscriber, id),
            link(&keyring, subscriber, id)
        );
        assert_ne!(
            link(&keyring, subscriber, id),
            link(&keyring, subscriber, AppointmentId::new())
        );
        assert_ne!(
            link(&keyring, subscriber, id),
            link(&keyring, SubscriberId::new(), id)
        );
    }
}
