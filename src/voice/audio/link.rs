//! Links to sounds. Twilio fetches them without signing and without a word of who is meant, so a link says whose sound
//! it is and which, and that we say so; there is nothing to look up and nothing to guess.
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    app::App,
    kernel::{ids::SubscriberId, secrets::Keyring},
};

const PURPOSE: &str = "voice audio";
const CONTENT: usize = 16 + 16;
/// All 256 bits.
const SIGNATURE: usize = 32;

/// Where the sound is fetched.
pub(super) fn url(app: &App, subscriber: SubscriberId, id: Uuid) -> String {
    let token = write(&app.keyring, subscriber, id);
    format!("{}/voice/audio/{token}", app.settings.public_url)
}

fn write(keyring: &Keyring, subscriber: SubscriberId, id: Uuid) -> String {
    let content = [*subscriber.0.as_bytes(), *id.as_bytes()].concat();
    let signature = keyring.sign(PURPOSE, &content);
    BASE64_URL_SAFE_NO_PAD.encode([content.as_slice(), &signature].concat())
}

/// Whose sound, and which; none if we did not write this.
pub(super) fn read(keyring: &Keyring, token: &str) -> Option<(SubscriberId, Uuid)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    if bytes.len() != CONTENT + SIGNATURE {
        return None;
    }
    let (content, signature) = bytes.split_at(CONTENT);
    if !keyring.has_signed(PURPOSE, content, signature) {
        return None;
    }
    let (subscriber, id) = content.split_at(16);
    let subscriber = Uuid::from_slice(subscriber).ok()?;
    Some((SubscriberId(subscriber), Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn keyring() -> Keyring {
        Keyring::parse(Keyring::generate().expose_secret()).unwrap()
    }

    #[test]
    fn a_link_leads_where_it_was_meant_to_and_no_letter_of_it_can_be_changed() {
        let (keyring, subscriber, id) = (keyring(), SubscriberId::new(), Uuid::now_v7());
        let token = write(&keyring, subscriber, id);
        assert_eq!(token.len(), 86);
        assert_eq!(read(&keyring, &token), Some((subscriber, id)));
        assert_eq!(write(&keyring, subscriber, id), token);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(read(&keyring, &changed), None, "{at}");
        }
    }

    #[test]
    fn what_another_signed_or_nobody_did_is_no_link() {
        let (ours, theirs) = (keyring(), keyring());
        let token = write(&theirs, SubscriberId::new(), Uuid::now_v7());
        for bad in [token.as_str(), "", "x", "é", &token[..85], &token[..43]] {
            assert_eq!(read(&ours, bad), None, "{bad}");
        }
    }
}
