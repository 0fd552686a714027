//! Which passwords may be set. Asked when one is set, never when it is used.
use std::collections::HashSet;
use std::sync::LazyLock;

/// The passwords of eight characters and more that people are known to choose, from the frequency list of zxcvbn
/// (Dropbox, MIT licence), in lower case.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().collect());

const SHORTEST: usize = 8;
/// Longer ones only cost time.
const LONGEST: usize = 128;

/// Why a password may not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("must have at least 8 characters")]
    Short,
    #[error("must have at most 128 characters")]
    Long,
    #[error("is one of the passwords that are tried first")]
    Common,
    #[error("must not be the name of the business or the e-mail address")]
    Guessable,
}

/// Any characters will do, as they are; none of the known ones, and nothing that stands on the sign outside (`names`).
pub fn check_new(password: &str, names: &[&str]) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(WeakPassword::Short);
    }
    if length > LONGEST {
        return Err(WeakPassword::Long);
    }
    let plain = password.to_lowercase();
    if COMMON.contains(plain.as_str()) {
        return Err(WeakPassword::Common);
    }
    let core = letters(&plain);
    let is_name = |name: &&str| {
        let name = letters(&name.to_lowercase());
        // What is left beside the name must be a password of its own.
        name.chars().count() >= 4
            && core.contains(&name)
            && core.chars().count() < name.chars().count() + SHORTEST
    };
    if names.iter().any(is_name) {
        return Err(WeakPassword::Guessable);
    }
    Ok(())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_and_nothing_is_asked_of_them() {
        assert_eq!(check_new("seven77", &[]), Err(WeakPassword::Short));
        assert!(check_new("été à la mer", &[]).is_ok());
        assert!(check_new("ééééééé8", &[]).is_ok());
        assert!(check_new(&"é".repeat(128), &[]).is_ok());
        assert_eq!(check_new(&"x".repeat(129), &[]), Err(WeakPassword::Long));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        assert!(COMMON.len() >= 3_000, "{}", COMMON.len());
        for common in [
            "password",
            "Password1",
            "12345678",
            "iloveyou",
            "QWERTYUIOP",
        ] {
            assert_eq!(
                check_new(common, &[]),
                Err(WeakPassword::Common),
                "{common}"
            );
        }
    }

    #[test]
    fn what_stands_on_the_sign_is_refused() {
        let names = ["Demo HVAC", "owner@demohvac.com"];
        for guessable in [
            "demohvac",
            "Demo-HVAC-1",
            "demohvac2026!",
            "owner@demohvac.com",
        ] {
            assert_eq!(
                check_new(guessable, &names),
                Err(WeakPassword::Guessable),
                "{guessable}"
            );
        }
        assert!(check_new("demohvac and a long sentence", &names).is_ok());
    }
}
