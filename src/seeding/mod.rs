//! The seeds: what every installation should hold, made by programs that may run again and again.
//!
//! A run **creates** what is missing, **updates** what is the seed's own (names, ids at providers) and **leaves alone**
//! what people decide (enabled or not, mode, plan, texts, hours, prices). So a second run changes nothing, the seeds may
//! run in any order, and a live database is safe. A subscriber is made in one transaction that begins with its slug in
//! the directory: a run that is interrupted leaves nothing half made, and of two runs at once one waits for the other.
//!
//! Owns no table; it is the operator's hand in those of tenancy and billing, so its statements stand here.
mod agents;
mod business;
mod businesses;
mod channels;
mod lines;
pub mod owner;
mod places;
pub mod program;
mod report;
mod store;
mod subscribers;
mod work;

use chrono::{DateTime, Utc};

use crate::kernel::{config::Settings, db::Db};

pub use report::{Change, Counts, Report, Table};

/// The seed programs, in the order in which a new database wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    Core,
    Demo,
    Agents,
    Channels,
}

impl Seed {
    pub const ALL: [Self; 4] = [Self::Core, Self::Demo, Self::Agents, Self::Channels];

    /// The name of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "seed-core",
            Self::Demo => "seed-demo",
            Self::Agents => "seed-agents",
            Self::Channels => "seed-channels",
        }
    }

    /// What its program says of itself.
    pub fn about(self) -> &'static str {
        match self {
            Self::Core => "Makes the canonical subscribers",
            Self::Demo => {
                "Makes the demo businesses in three languages, and the line that shows them"
            }
            Self::Agents => {
                "Makes the platform's agents known: the gatekeeper, the masters per industry, the demo"
            }
            Self::Channels => "Gives every subscriber its channels, and the shared lines their row",
        }
    }

    /// Creates what is missing, and says what it did.
    pub async fn run(self, seeding: &Seeding<'_>) -> anyhow::Result<Report> {
        let mut report = Report::new(self.name());
        match self {
            Self::Core => subscribers::seed(seeding, &businesses::CORE, &mut report).await?,
            Self::Demo => {
                subscribers::seed(seeding, &businesses::DEMO, &mut report).await?;
                owner::seed(seeding, &mut report).await?;
            }
            Self::Agents => agents::seed(seeding, &mut report).await?,
            Self::Channels => channels::seed(seeding, &mut report).await?,
        }
        Ok(report)
    }
}

/// What every seed is handed.
#[derive(Clone, Copy, Debug)]
pub struct Seeding<'a> {
    pub db: &'a Db,
    pub settings: &'a Settings,
    pub now: DateTime<Utc>,
}

/// Runs all seeds, as development does on its embedded database.
pub async fn seed_everything(
    db: &Db,
    settings: &Settings,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Report>> {
    let seeding = Seeding { db, settings, now };
    let mut reports = Vec::new();
    for seed in Seed::ALL {
        reports.push(seed.run(&seeding).await?);
    }
    Ok(reports)
}
