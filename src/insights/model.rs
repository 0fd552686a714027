//! Sums, and what is said of them.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{tenancy::Channel, traffic::Outcome};

/// The sums of one day and channel, as they are kept.
#[derive(Clone, Debug)]
pub struct DaySums {
    pub day: NaiveDate,
    pub channel: Channel,
    pub sums: Sums,
}

/// Sums of one day or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub interactions: i64,
    pub answered: i64,
    pub missed: i64,
    pub transferred: i64,
    pub booked: i64,
    pub ai_handled: i64,
    pub duration_s: i64,
    pub billed_minutes: i64,
    pub messages_in: i64,
    pub messages_out: i64,
    pub segments: i64,
    pub cost: Decimal,
    pub price: Decimal,
    /// In the order of [`Outcome::COUNTED_APART`].
    pub outcomes: [i64; Outcome::COUNTED_APART.len()],
}

impl Sums {
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a DaySums>) -> Self {
        let mut all = Self::default();
        for row in rows {
            all.add(&row.sums);
        }
        all
    }

    fn add(&mut self, other: &Self) {
        self.interactions += other.interactions;
        self.answered += other.answered;
        self.missed += other.missed;
        self.transferred += other.transferred;
        self.booked += other.booked;
        self.ai_handled += other.ai_handled;
        self.duration_s += other.duration_s;
        self.billed_minutes += other.billed_minutes;
        self.messages_in += other.messages_in;
        self.messages_out += other.messages_out;
        self.segments += other.segments;
        self.cost += other.cost;
        self.price += other.price;
        for (mine, others) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine += others;
        }
    }

    /// How conversations ended; one that goes on is in none of these.
    fn by_outcome(&self) -> BTreeMap<&'static str, i64> {
        let apart = Outcome::COUNTED_APART.into_iter().zip(self.outcomes);
        apart
            .chain([
                (Outcome::Booked, self.booked),
                (Outcome::Missed, self.missed),
                (Outcome::Transferred, self.transferred),
            ])
            .map(|(outcome, count)| (outcome.as_str(), count))
            .collect()
    }
}

/// Sums as a dashboard sees them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metrics {
    /// Calls; of another channel its conversations.
    pub total_calls: i64,
    pub answered: i64,
    pub missed: i64,
    pub transferred: i64,
    pub booked: i64,
    pub ai_handled: i64,
    /// Of all of `total_calls`; 0 when there were none.
    pub average_duration_seconds: i64,
    pub billed_minutes: i64,
    /// What providers charge us for what was used, in US cents.
    #[schema(value_type = String)]
    pub provider_cost_cents: Decimal,
    /// What it costs the subscriber.
    #[schema(value_type = String)]
    pub price: Decimal,
    pub currency: String,
    /// Every outcome with its count.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    pub by_outcome: BTreeMap<&'static str, i64>,
}

impl Metrics {
    pub fn of(sums: &Sums, currency: &str) -> Self {
        Self {
            total_calls: sums.interactions,
            answered: sums.answered,
            missed: sums.missed,
            transferred: sums.transferred,
            booked: sums.booked,
            ai_handled: sums.ai_handled,
            average_duration_seconds: sums.duration_s / sums.interactions.max(1),
            billed_minutes: sums.billed_minutes,
            provider_cost_cents: (sums.cost * Decimal::ONE_HUNDRED).normalize(),
            price: sums.price.normalize(),
            currency: currency.to_owned(),
            by_outcome: sums.by_outcome(),
        }
    }
}

/// The sums of a day and channel, or of all that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricsRow {
    /// The subscriber's local day; null for many.
    pub date: Option<NaiveDate>,
    /// Null for all of them.
    pub channel: Option<Channel>,
    #[serde(flatten)]
    pub metrics: Metrics,
    pub messages_in: i64,
    pub messages_out: i64,
    /// Of texts, as the carrier counts them.
    pub segments: i64,
}

impl MetricsRow {
    pub fn of(
        date: Option<NaiveDate>,
        channel: Option<Channel>,
        sums: &Sums,
        currency: &str,
    ) -> Self {
        Self {
            date,
            channel,
            metrics: Metrics::of(sums, currency),
            messages_in: sums.messages_in,
            messages_out: sums.messages_out,
            segments: sums.segments,
        }
    }
}

/// Conversations of one hour of the day, of all days together.
#[derive(Debug, Serialize, ToSchema)]
pub struct HourCount {
    /// 0 to 23, in the subscriber's zone.
    pub hour: u32,
    pub interactions: i64,
}

/// Conversations in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct LanguageCount {
    /// Null: nobody knows, as for a call that nobody answered.
    pub language: Option<String>,
    pub interactions: i64,
}
