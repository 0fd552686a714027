//! What everything stands on: clock, ids, phones, money, settings, the database. Knows no domain.
pub mod language;
