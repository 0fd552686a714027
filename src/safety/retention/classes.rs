//! The classes of data, with how long each is kept. A new class is one entry here and one statement in
//! `safety/store/retention.rs`.
use std::{collections::BTreeMap, future::Future, pin::Pin};

use chrono::{DateTime, Utc};

use crate::{
    identity,
    kernel::db::{IdentityTx, SystemTx, TenantTx},
    safety::store::retention as store,
    web,
};

type Cleared<'tx> = Pin<Box<dyn Future<Output = sqlx::Result<u64>> + Send + 'tx>>;

/// Whose rows a class is about, and what clears those from before a moment, so many at a time at most.
#[derive(Clone, Copy)]
pub enum Whose {
    /// Each business's own, for as many days as it chose.
    Business(for<'tx> fn(&'tx mut TenantTx, DateTime<Utc>, i64) -> Cleared<'tx>),
    /// The platform's, or everybody's alike.
    Platform(for<'tx> fn(&'tx mut SystemTx, DateTime<Utc>, i64) -> Cleared<'tx>),
    /// Of people who sign in.
    People(for<'tx> fn(&'tx mut IdentityTx, DateTime<Utc>, i64) -> Cleared<'tx>),
}

/// Data of one kind.
#[derive(Clone, Copy)]
pub struct DataClass {
    pub name: &'static str,
    /// For those who chose nothing.
    pub days: i32,
    /// What may be chosen. The same twice: nothing may.
    pub least: i32,
    pub most: i32,
    pub whose: Whose,
}

impl DataClass {
    pub fn is_fixed(&self) -> bool {
        self.least == self.most
    }
}

const fn fixed(name: &'static str, days: i32, whose: Whose) -> DataClass {
    DataClass {
        name,
        days,
        least: days,
        most: days,
        whose,
    }
}

/// Ledger, usage and audit log stand in no class: they are kept seven years and hold nobody's words. Jobs that ended are
/// cleared by `jobs.clear_expired`.
pub const CLASSES: &[DataClass] = &[
    DataClass {
        name: "RAW_WEBHOOKS",
        days: 30,
        least: 7,
        most: 90,
        whose: Whose::Business(|tx, before, limit| {
            Box::pin(store::delete_raw_webhooks(tx, before, limit))
        }),
    },
    DataClass {
        name: "RECORDINGS",
        days: 90,
        least: 1,
        most: 730,
        whose: Whose::Business(|tx, before, limit| {
            Box::pin(store::delete_recordings(tx, before, limit))
        }),
    },
    DataClass {
        name: "TRANSCRIPTS",
        days: 365,
        least: 7,
        most: 2_555,
        whose: Whose::Business(|tx, before, limit| {
            Box::pin(store::clear_transcripts(tx, before, limit))
        }),
    },
    DataClass {
        name: "APPOINTMENTS",
        days: 1_095,
        least: 30,
        most: 2_555,
        whose: Whose::Business(|tx, before, limit| {
            Box::pin(store::blank_appointments(tx, before, limit))
        }),
    },
    DataClass {
        name: "EVENTS",
        days: 90,
        least: 7,
        most: 365,
        whose: Whose::Business(|tx, before, limit| {
            Box::pin(store::delete_events(tx, before, limit))
        }),
    },
    fixed(
        "EXPORTS",
        7,
        Whose::Business(|tx, before, limit| Box::pin(store::expire_exports(tx, before, limit))),
    ),
    fixed(
        "UNROUTED_WEBHOOKS",
        30,
        Whose::Platform(|tx, before, limit| {
            Box::pin(store::delete_unrouted_webhooks(tx, before, limit))
        }),
    ),
    fixed(
        "IDEMPOTENCY_KEYS",
        1,
        // By the rule of web, which has its own day.
        Whose::Platform(|tx, _before, limit| Box::pin(web::idempotency::clear(tx, limit))),
    ),
    fixed(
        "ERROR_LOGS",
        30,
        Whose::Platform(|tx, before, limit| Box::pin(store::delete_error_logs(tx, before, limit))),
    ),
    fixed(
        "SESSIONS",
        30,
        Whose::People(|tx, before, limit| Box::pin(identity::clear_sessions(tx, before, limit))),
    ),
    fixed(
        "SIGN_IN_TOKENS",
        1,
        Whose::People(|tx, before, limit| Box::pin(identity::clear_tokens(tx, before, limit))),
    ),
];

/// How many days a business keeps a class: what it chose, within what may be chosen now.
pub fn days_of(class: &DataClass, chosen: &BTreeMap<String, i32>) -> i32 {
    let days = chosen.get(class.name).copied().unwrap_or(class.days);
    days.clamp(class.least, class.most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_name_of_its_own_and_bounds_around_its_default() {
        for (place, class) in CLASSES.iter().enumerate() {
            assert!((class.least..=class.most).contains(&class.days));
            assert!(class.least > 0, "{}", class.name);
            let is_business = matches!(class.whose, Whose::Business(_));
            assert!(is_business || class.is_fixed(), "{}", class.name);
            assert!(
                CLASSES[..place]
                    .iter()
                    .all(|other| other.name != class.name)
            );
        }
    }

    #[test]
    fn what_was_chosen_counts_within_the_bounds_of_today() {
        let class = &CLASSES[0];
        let chosen = |days| BTreeMap::from([(class.name.to_owned(), days)]);
        assert_eq!(days_of(class, &BTreeMap::new()), class.days);
        assert_eq!(days_of(class, &chosen(10)), 10);
        assert_eq!(days_of(class, &chosen(1)), class.least);
        assert_eq!(days_of(class, &chosen(9_999)), class.most);
    }
}
