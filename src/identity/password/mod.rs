//! Passwords: which ones may be set, and how one is checked without telling anything by time.
mod rules;

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task};

pub use rules::{WeakPassword, check_new};

/// What OWASP recommends for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashing is made to be slow: sign-ins may take half of the machine, and wait for each other beyond that.
static GATE: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new((cores / 2).max(1))
});

/// The hash of a password that nobody has, so that an unknown address costs as much as a known one.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now("nobody's password"));

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Checked {
    pub is_right: bool,
    /// The password hashed with the parameters of today, when the stored hash has weaker ones.
    pub rehashed: Option<String>,
}

/// The PHC string of a password.
pub async fn hash(password: SecretString) -> String {
    let _turn = GATE.acquire().await.expect("the gate is never closed");
    apart(move || hash_now(password.expose_secret())).await
}

/// Whether this is the password; with no stored hash it takes as long to say no.
pub async fn check(password: SecretString, stored: Option<String>) -> Checked {
    let _turn = GATE.acquire().await.expect("the gate is never closed");
    apart(move || {
        let password = password.expose_secret();
        let hash = stored.as_deref().unwrap_or(&NOBODYS);
        let matches = PasswordHash::new(hash)
            .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
        let is_right = matches && stored.is_some();
        Checked {
            is_right,
            rehashed: (is_right && is_weaker(hash)).then(|| hash_now(password)),
        }
    })
    .await
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are in bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> String {
    let hash = argon2().hash_password(password.as_bytes());
    hash.expect("the parameters are in bounds").to_string()
}

fn is_weaker(hash: &str) -> bool {
    let wanted = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
    !hash.starts_with(&wanted)
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let stored = hash("a good one".to_owned().into()).await;
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        let right = check("a good one".to_owned().into(), Some(stored.clone())).await;
        assert!(right.is_right && right.rehashed.is_none());
        for wrong in ["a good on", "A good one", "", " a good one"] {
            assert!(
                !check(wrong.to_owned().into(), Some(stored.clone()))
                    .await
                    .is_right
            );
        }
    }

    #[tokio::test]
    async fn nobodys_password_lets_nobody_in() {
        assert!(
            !check("nobody's password".to_owned().into(), None)
                .await
                .is_right
        );
    }

    #[tokio::test]
    async fn a_weaker_hash_is_replaced_when_its_password_is_given() {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let stored = weak.hash_password(b"a good one").unwrap().to_string();
        let checked = check("a good one".to_owned().into(), Some(stored)).await;
        assert!(checked.is_right);
        assert!(!is_weaker(&checked.rehashed.unwrap()));
    }
}
