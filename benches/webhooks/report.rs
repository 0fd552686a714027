//! What is printed.
use anyhow::Result;

use crate::{capture::Capture, deliveries, driver::Load, requests::Kind, script::Script, voice};

/// The limits that hold for every webhook.
const MOST_P99_MS: f64 = 25.0;
const MOST_STATEMENTS: usize = 6;
const MOST_MEMORY_MB: f64 = 60.0;
/// A statement that is prepared for each request would come to one at least.
const SELDOM: f64 = 0.1;

/// What was measured of one webhook.
pub struct Figures {
    pub kind: Kind,
    pub closed: Load,
    pub open: Load,
    pub memory_mb: f64,
    /// Between BEGIN and COMMIT.
    pub statements: usize,
    pub prepared_again: f64,
    pub postgres: Option<f64>,
    pub bare: Option<f64>,
}

#[derive(Default)]
pub struct Report {
    webhooks: Vec<Figures>,
    deliveries: Option<deliveries::Figures>,
    voice: Option<voice::Figures>,
}

impl Report {
    pub fn add(&mut self, figures: Figures) {
        self.webhooks.push(figures);
    }

    pub fn add_deliveries(&mut self, figures: deliveries::Figures) {
        self.deliveries = Some(figures);
    }

    pub fn add_voice(&mut self, figures: voice::Figures) {
        self.voice = Some(figures);
    }

    pub fn print(&self) -> Result<()> {
        if !self.webhooks.is_empty() {
            self.print_webhooks();
        }
        if let Some(figures) = &self.deliveries {
            figures.print(say);
        }
        if let Some(figures) = &self.voice {
            figures.print(say);
        }
        Ok(())
    }

    fn print_webhooks(&self) {
        println!(
            "\n{:<15}{:>8}{:>9}{:>9}{:>10}{:>10}{:>11}{:>7}{:>10}{:>9}",
            "",
            "req/s",
            "p50 ms",
            "p99 ms",
            "half p50",
            "half p99",
            "PostgreSQL",
            "share",
            "bare",
            "memory"
        );
        for figures in &self.webhooks {
            let share = figures
                .share()
                .map_or("-".to_owned(), |share| format!("{share:.2}"));
            let rate = |rate: Option<f64>| rate.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
            println!(
                "{:<15}{:>8.0}{:>9.1}{:>9.1}{:>10.1}{:>10.1}{:>11}{:>7}{:>10}{:>6.0} MB",
                figures.kind.as_str(),
                figures.closed.per_second(),
                figures.closed.quantile_ms(0.5),
                figures.closed.quantile_ms(0.99),
                figures.open.quantile_ms(0.5),
                figures.open.quantile_ms(0.99),
                rate(figures.postgres),
                share,
                rate(figures.bare),
                figures.memory_mb,
            );
        }
        println!();
        for figures in &self.webhooks {
            figures.judge();
        }
    }
}

impl Figures {
    fn share(&self) -> Option<f64> {
        self.postgres.map(|rate| self.closed.per_second() / rate)
    }

    fn judge(&self) {
        let name = self.kind.as_str();
        if let Some(share) = self.share() {
            let wanted = self.kind.wanted_share();
            say(
                share >= wanted,
                &format!(
                    "{name}: {share:.2} of PostgreSQL's rate for its statements, wanted {wanted}"
                ),
            );
        }
        let p99 = self.open.quantile_ms(0.99);
        say(
            p99 < MOST_P99_MS,
            &format!("{name}: p99 {p99:.1} ms at half of the rate, wanted under {MOST_P99_MS}"),
        );
        let statements = self.statements;
        say(
            statements <= MOST_STATEMENTS,
            &format!(
                "{name}: {statements} statements between BEGIN and COMMIT, wanted {MOST_STATEMENTS} at most"
            ),
        );
        let prepared = self.prepared_again;
        say(
            prepared < SELDOM,
            &format!(
                "{name}: statements parsed or planned again {prepared:.3} times a request, wanted under {SELDOM}"
            ),
        );
        let memory = self.memory_mb;
        say(
            memory < MOST_MEMORY_MB,
            &format!("{name}: server memory {memory:.0} MB at most, wanted under {MOST_MEMORY_MB}"),
        );
    }
}

pub fn say(is_reached: bool, what: &str) {
    println!("{}  {what}", if is_reached { "PASS" } else { "MISS" });
}

/// What the server sent for one request, and what pgbench sends in its place.
pub fn print_statements(kind: Kind, capture: &Capture, script: &Script) {
    println!(
        "\n-- {}: what the server sends for one request",
        kind.as_str()
    );
    for statement in &capture.before {
        println!("{};", statement.sql);
    }
    println!("{};", capture.begin.join("; "));
    for statement in &capture.inside {
        println!("{};", statement.sql);
    }
    println!("{};", capture.end);
    println!(
        "-- {}: the same in one statement, as pgbench sends it",
        kind.as_str()
    );
    print!("{}", script.bare().text);
}
