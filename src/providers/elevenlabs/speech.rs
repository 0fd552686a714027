//! What is asked for, and what it is known by.
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// About 75 ms to the first sound, at half price, in all our languages.
const MODEL: &str = "eleven_flash_v2_5";

/// What is served; with the other way of asking for it the bytes are the same.
const SERVED: &str = "wav_8000";

/// Words and the voice that shall say them.
#[derive(Clone, Copy, Debug)]
pub struct Speech<'a> {
    pub voice: &'a str,
    /// Of ISO 639-1. Without it the model guesses, and short words it guesses wrong.
    pub language: &'a str,
    pub text: &'a str,
}

impl Speech<'_> {
    /// The same words, spoken in the same way, have the same fingerprint; nobody reads the words out of it.
    pub fn fingerprint(&self) -> [u8; 32] {
        let settings = settings().to_string();
        let parts = [
            self.voice,
            MODEL,
            self.language,
            &settings,
            SERVED,
            self.text,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            // With its length, so that no letter can move from one to the next.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    pub(super) fn body(&self) -> Value {
        json!({
            "text": self.text,
            "model_id": MODEL,
            "language_code": self.language,
            "voice_settings": settings(),
        })
    }
}

/// The same for everybody, so that what somebody turns at the provider does not change half of the sounds.
fn settings() -> Value {
    json!({"similarity_boost": 0.75, "speed": 1.0, "stability": 0.5, "style": 0.0, "use_speaker_boost": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_or_another_voice_or_language_are_another_sound() {
        let one = Speech {
            voice: "abc",
            language: "en",
            text: "Hello",
        };
        let others = [
            Speech {
                voice: "abd",
                ..one
            },
            Speech {
                language: "fr",
                ..one
            },
            Speech {
                text: "Hello.",
                ..one
            },
            Speech {
                text: "hello",
                ..one
            },
        ];
        assert_eq!(one.fingerprint(), one.fingerprint());
        for other in others {
            assert_ne!(one.fingerprint(), other.fingerprint(), "{other:?}");
        }
    }
}
