//! The languages that the receptionist speaks.
use serde::{Deserialize, Serialize};

/// A language of a subscriber, a contact or a turn; in the database its two-letter code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Fr,
    Es,
}

impl Language {
    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }
}

impl std::str::FromStr for Language {
    type Err = &'static str;

    /// Reads a code or a locale in any case (`fr`, `fr-CA`, `FR_ca`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.split(['-', '_']).next().unwrap_or_default();
        match code.to_ascii_lowercase().as_str() {
            "en" => Ok(Self::En),
            "fr" => Ok(Self::Fr),
            "es" => Ok(Self::Es),
            _ => Err("a language is en, fr or es"),
        }
    }
}
