//! Shares of a limit that this process has fetched from the database and not yet spent.
//!
//! The limit itself stands in the database, for all replicas. Fetching some of it at once saves a round trip for each
//! use; what is not spent within seconds is lost, which only makes the limit stricter.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// How long a share may be spent.
const LASTS: TimeDelta = TimeDelta::seconds(3);
/// With more holders than this all is forgotten: it costs a round trip each.
const MOST_HOLDERS: usize = 20_000;

/// What is in hand, by whose limit it is.
#[derive(Clone, Debug, Default)]
pub struct Lots(Arc<Mutex<HashMap<Uuid, Lot>>>);

#[derive(Clone, Copy, Debug)]
struct Lot {
    left: u32,
    until: DateTime<Utc>,
}

impl Lots {
    /// Spends one, if one is in hand.
    pub fn spend(&self, of: Uuid, now: DateTime<Utc>) -> bool {
        let mut lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lot) = lots.get_mut(&of) else {
            return false;
        };
        if lot.until <= now || lot.left == 0 {
            lots.remove(&of);
            return false;
        }
        lot.left -= 1;
        true
    }

    /// Puts into the hand what was fetched.
    pub fn keep(&self, of: Uuid, left: u32, now: DateTime<Utc>) {
        if left == 0 {
            return;
        }
        let mut lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lots.len() >= MOST_HOLDERS {
            lots.clear();
        }
        let until = now + LASTS;
        lots.insert(of, Lot { left, until });
    }

    /// Gives up what is in hand: somebody else is first.
    pub fn forget(&self, of: Uuid) {
        let mut lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lots.remove(&of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_spent_once_and_within_seconds() {
        let (lots, of) = (Lots::default(), Uuid::now_v7());
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().unwrap();
        assert!(!lots.spend(of, now));
        lots.keep(of, 2, now);
        assert!(lots.spend(of, now) && lots.spend(of, now) && !lots.spend(of, now));
        lots.keep(of, 2, now);
        assert!(!lots.spend(of, now + LASTS));
        lots.keep(of, 2, now);
        lots.forget(of);
        assert!(!lots.spend(of, now));
        assert!(!lots.spend(Uuid::now_v7(), now));
    }
}
