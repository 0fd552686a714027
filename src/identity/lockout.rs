//! Who fails too often waits: five failures for one address of mail in 15 minutes, twenty from one of the network.
//!
//! What is counted is what failed; a success clears the mail address's count. Whether an account exists changes
//! nothing. A link that was mailed always ends a lock, so that nobody can be kept out by somebody else's failures.
use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::store::attempts::{self, Kind};
use crate::{
    app::App,
    kernel::db::IdentityTx,
    web::{ApiError, client},
};

/// The first time; each lock that follows within a day lasts twice as long, up to an hour.
pub const WINDOW: chrono::Duration = chrono::Duration::minutes(15);
pub const LONGEST: chrono::Duration = chrono::Duration::hours(1);

/// Whose failures are counted.
#[derive(Clone, Debug)]
pub struct Attempt {
    email: Vec<u8>,
    address: Option<Vec<u8>>,
}

impl Attempt {
    pub fn new(email: &str, address: Option<IpAddr>) -> Self {
        Self {
            email: Sha256::digest(email).to_vec(),
            // A network of IPv6 is one household; an address of it costs nothing.
            // Who has no address shares one count with all the others who have none.
            address: Some(Sha256::digest(address.map_or_else(String::new, key_of)).to_vec()),
        }
    }

    fn keys(&self, app: &App) -> Vec<(Kind, &[u8], i32)> {
        let limits = &app.settings.limits;
        let at_most = |limit: u32| i32::try_from(limit).unwrap_or(i32::MAX);
        let mut keys = vec![(
            Kind::Email,
            self.email.as_slice(),
            at_most(limits.sign_in_failures),
        )];
        if let Some(address) = &self.address {
            let limit = at_most(limits.sign_in_failures_per_address);
            keys.push((Kind::Address, address.as_slice(), limit));
        }
        keys
    }

    /// Refuses while there is a lock. Asked before a password is checked, and again after it: of many guesses at once
    /// only as many are answered as one after the other would be.
    pub async fn check(&self, app: &App, tx: &mut IdentityTx) -> Result<(), ApiError> {
        let now = app.clock.now();
        for (kind, key, limit) in self.keys(app) {
            if let Some(until) = attempts::find_lock(tx, kind, key, limit, now).await? {
                return Err(locked(until, now));
            }
        }
        Ok(())
    }

    /// Counts a failure, and says that it is not to be answered when a lock came meanwhile. Commit in any case.
    pub async fn fail(&self, app: &App, tx: &mut IdentityTx) -> sqlx::Result<Option<ApiError>> {
        let now = app.clock.now();
        let mut lock = None;
        for (kind, key, limit) in self.keys(app) {
            let counted = attempts::count_failure(tx, kind, key, limit, now).await?;
            if counted.failures > limit {
                lock = lock.max(Some(counted.until));
            }
        }
        Ok(lock.map(|until| locked(until, now)))
    }

    /// Forgets the failures of the mail address; those of the network address stay.
    pub async fn succeed(&self, tx: &mut IdentityTx) -> sqlx::Result<()> {
        attempts::clear(tx, Kind::Email, &self.email).await
    }
}

fn key_of(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        ip @ IpAddr::V6(_) => client::prefix(ip),
    }
}

fn locked(until: DateTime<Utc>, now: DateTime<Utc>) -> ApiError {
    let left = (until - now).to_std().unwrap_or(Duration::ZERO);
    ApiError::too_many_attempts(left)
}
