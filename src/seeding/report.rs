//! What a seed did, table by table.
use std::{collections::BTreeMap, fmt, ops::AddAssign};

use serde::Serialize;

use crate::tenancy::directory::PutResult;

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

impl Change {
    /// From a statement that returns whether its row is new, or nothing when it left the row alone.
    pub(super) fn of_written(is_new: Option<bool>) -> Self {
        match is_new {
            Some(true) => Self::Created,
            Some(false) => Self::Updated,
            None => Self::Unchanged,
        }
    }
}

impl From<PutResult> for Change {
    fn from(put: PutResult) -> Self {
        match put {
            PutResult::Created => Self::Created,
            PutResult::Updated => Self::Updated,
            PutResult::Unchanged => Self::Unchanged,
        }
    }
}

/// The tables that seeds write, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Directory,
    Subscribers,
    SubscriberProfiles,
    CreditAccounts,
    Subscriptions,
    BusinessHours,
    Holidays,
    Services,
    PhoneNumbers,
    SubscriberChannels,
    Agents,
    Users,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Subscribers => "subscribers",
            Self::SubscriberProfiles => "subscriber_profiles",
            Self::CreditAccounts => "credit_accounts",
            Self::Subscriptions => "subscriptions",
            Self::BusinessHours => "business_hours",
            Self::Holidays => "holidays",
            Self::Services => "services",
            Self::PhoneNumbers => "phone_numbers",
            Self::SubscriberChannels => "subscriber_channels",
            Self::Agents => "agents",
            Self::Users => "users",
        }
    }
}

/// How many rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            unchanged,
        } = self;
        write!(
            f,
            "created {created}, updated {updated}, unchanged {unchanged}"
        )
    }
}

/// What a run did to each table, and what somebody should know besides.
#[derive(Clone, Debug)]
pub struct Report {
    program: &'static str,
    tables: BTreeMap<Table, Counts>,
    notes: Vec<String>,
}

impl Report {
    pub(super) fn new(program: &'static str) -> Self {
        Self {
            program,
            tables: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, table: Table, change: Change) {
        self.count_many(table, change, 1);
    }

    pub(super) fn count_many(&mut self, table: Table, change: Change, rows: u64) {
        let counts = self.tables.entry(table).or_default();
        match change {
            Change::Created => counts.created += rows,
            Change::Updated => counts.updated += rows,
            Change::Unchanged => counts.unchanged += rows,
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The counts of one table.
    pub fn of(&self, table: Table) -> Counts {
        self.tables.get(&table).copied().unwrap_or_default()
    }

    /// All tables together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.tables.values() {
            total += *counts;
        }
        total
    }

    /// What is not a count: settings that are missing, a number that somebody else holds.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A line per table and the sum, for people.
    pub fn lines(&self) -> Vec<String> {
        let tables = self.tables.iter();
        let mut lines: Vec<String> = tables
            .map(|(table, counts)| format!("{}: {counts}", table.name()))
            .collect();
        lines.push(format!("{}: {}", self.program, self.total()));
        lines
    }

    /// The same as objects, for programs.
    pub fn json_lines(&self) -> Vec<String> {
        let tables = self.tables.iter();
        let mut lines: Vec<String> = tables
            .map(|(table, counts)| {
                to_json(&TableLine {
                    table: table.name(),
                    counts,
                })
            })
            .collect();
        lines.push(to_json(&TotalLine {
            program: self.program,
            counts: &self.total(),
        }));
        lines
    }
}

#[derive(Serialize)]
struct TableLine<'a> {
    table: &'a str,
    #[serde(flatten)]
    counts: &'a Counts,
}

#[derive(Serialize)]
struct TotalLine<'a> {
    program: &'a str,
    #[serde(flatten)]
    counts: &'a Counts,
}

fn to_json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("names and counts are always JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_in_one_order_whatever_was_counted_first() {
        let mut report = Report::new("seed-core");
        report.count_many(Table::Services, Change::Unchanged, 3);
        report.count(Table::Subscribers, Change::Created);
        report.count(Table::Subscribers, Change::Updated);
        assert_eq!(
            report.lines(),
            [
                "subscribers: created 1, updated 1, unchanged 0",
                "services: created 0, updated 0, unchanged 3",
                "seed-core: created 1, updated 1, unchanged 3",
            ]
        );
        assert_eq!(
            report.json_lines(),
            [
                r#"{"table":"subscribers","created":1,"updated":1,"unchanged":0}"#,
                r#"{"table":"services","created":0,"updated":0,"unchanged":3}"#,
                r#"{"program":"seed-core","created":1,"updated":1,"unchanged":3}"#,
            ]
        );
    }
}
