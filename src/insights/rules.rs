//! How healthy a subscriber is: points for what goes well, and a reason for every point that is missing.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// The most points for each part; together 100.
pub const USAGE: i32 = 40;
pub const FAILURES: i32 = 25;
pub const PAYMENT: i32 = 20;
pub const ACTIVITY: i32 = 15;

/// Fewer conversations than this in four weeks are no trend.
const TOO_FEW_FOR_A_TREND: i64 = 4;
/// A score that fell by this much within a week is worth a call.
pub const FALL: i32 = 30;
/// Somebody who has not looked for so many days has lost sight of us.
const SIGN_IN_DAYS: i64 = 14;

/// What is known of a subscriber, as far as its health depends on it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub conversations_last_7_days: i64,
    pub conversations_28_days_before: i64,
    pub failed_calls: i64,
    pub undelivered_texts: i64,
    pub dead_jobs: i64,
    pub failed_deliveries: i64,
    /// None: the free plan.
    pub subscription_status: Option<String>,
    pub balance: Decimal,
    pub began_at: DateTime<Utc>,
    pub last_conversation_at: Option<DateTime<Utc>>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// The parts of a score and why they are not higher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub usage: i32,
    pub failures: i32,
    pub payment: i32,
    pub activity: i32,
    pub reasons: Vec<&'static str>,
}

impl Health {
    pub fn of(facts: &Facts, now: DateTime<Utc>) -> Self {
        let mut reasons = Vec::new();
        Self {
            usage: usage(facts, now, &mut reasons),
            failures: failures(facts, &mut reasons),
            payment: payment(facts, &mut reasons),
            activity: activity(facts, now, &mut reasons),
            reasons,
        }
    }

    pub fn score(&self) -> i32 {
        self.usage + self.failures + self.payment + self.activity
    }
}

/// The last seven days against a week of the four before. As much as then, or more, is all that one can wish.
fn usage(facts: &Facts, now: DateTime<Utc>, reasons: &mut Vec<&'static str>) -> i32 {
    let (last, before) = (
        facts.conversations_last_7_days,
        facts.conversations_28_days_before,
    );
    if before < TOO_FEW_FOR_A_TREND {
        // Somebody new is given time, whoever has been here for weeks is not using it.
        if last > 0 || days_since(facts.began_at, now) < 7 {
            return USAGE;
        }
        reasons.push("NO_USAGE");
        return 0;
    }
    let points = (i64::from(USAGE) * last * 4 / before).min(USAGE.into());
    if last == 0 {
        reasons.push("USAGE_STOPPED");
    } else if last * 8 < before {
        reasons.push("USAGE_HALVED");
    } else if points < i64::from(USAGE) {
        reasons.push("USAGE_DOWN");
    }
    // At most USAGE.
    i32::try_from(points).unwrap_or(USAGE)
}

/// One failure in a hundred conversations is life; one in five is all points gone. What died for good costs by itself.
fn failures(facts: &Facts, reasons: &mut Vec<&'static str>) -> i32 {
    let failed = facts.failed_calls + facts.undelivered_texts;
    let all = facts.conversations_last_7_days.max(failed).max(1);
    let percent = failed * 100 / all;
    let by_share = ((percent - 1).max(0) * i64::from(FAILURES) / 19).min(FAILURES.into());
    let by_count = (2 * facts.dead_jobs + facts.failed_deliveries).min(10);
    for (is_so, reason) in [
        (by_share > 0 && facts.failed_calls > 0, "CALLS_FAIL"),
        (by_share > 0 && facts.undelivered_texts > 0, "TEXTS_FAIL"),
        (facts.dead_jobs > 0, "JOBS_DIED"),
        (facts.failed_deliveries > 0, "DELIVERIES_FAIL"),
    ] {
        if is_so {
            reasons.push(reason);
        }
    }
    let lost = (by_share + by_count).min(FAILURES.into());
    // Between 0 and FAILURES.
    FAILURES - i32::try_from(lost).unwrap_or(FAILURES)
}

fn payment(facts: &Facts, reasons: &mut Vec<&'static str>) -> i32 {
    let (points, reason) = match facts.subscription_status.as_deref() {
        Some("CANCELLED") => (0, Some("CANCELLED")),
        Some("PAST_DUE") => (5, Some("PAST_DUE")),
        _ if facts.balance.is_sign_negative() && !facts.balance.is_zero() => {
            (10, Some("BALANCE_NEGATIVE"))
        }
        _ => (PAYMENT, None),
    };
    reasons.extend(reason);
    points
}

/// Ten points for a conversation of the last days, five for somebody who looks at them.
fn activity(facts: &Facts, now: DateTime<Utc>, reasons: &mut Vec<&'static str>) -> i32 {
    let silent = days_since(facts.last_conversation_at.unwrap_or(facts.began_at), now);
    let conversations = match silent {
        ..=6 => 10,
        7..=13 => 5,
        _ => 0,
    };
    if conversations < 10 {
        reasons.push("SILENT");
    }
    let unseen = days_since(facts.last_sign_in_at.unwrap_or(facts.began_at), now);
    let is_seen = unseen < SIGN_IN_DAYS;
    if !is_seen {
        reasons.push("NOBODY_SIGNS_IN");
    }
    conversations + if is_seen { ACTIVITY - 10 } else { 0 }
}

/// Whole days.
pub fn days_since(at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (now - at).num_days().max(0)
}

/// How many days of silence a plan allows: who pays for much is missed sooner.
pub fn days_allowed(plan: &str) -> i64 {
    match plan {
        "ELITE" | "SCALE" => 7,
        "CORE" | "PRO" => 14,
        _ => 30,
    }
}

/// Whether a score fell far, from the highest of the last week to the newest.
pub fn has_fallen(highest: Option<i32>, newest: Option<i32>) -> bool {
    highest
        .zip(newest)
        .is_some_and(|(highest, newest)| highest - newest >= FALL)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-21T16:00:00Z".parse().unwrap()
    }

    /// Somebody who does well.
    fn well() -> Facts {
        Facts {
            conversations_last_7_days: 100,
            conversations_28_days_before: 400,
            subscription_status: Some("ACTIVE".to_owned()),
            began_at: now() - Duration::days(365),
            last_conversation_at: Some(now() - Duration::hours(1)),
            last_sign_in_at: Some(now() - Duration::days(1)),
            ..Facts::default()
        }
    }

    fn health(facts: &Facts) -> (i32, Vec<&'static str>) {
        let health = Health::of(facts, now());
        (health.score(), health.reasons)
    }

    #[test]
    fn somebody_who_does_well_has_all_points() {
        assert_eq!(health(&well()), (100, vec![]));
        assert_eq!(USAGE + FAILURES + PAYMENT + ACTIVITY, 100);
    }

    #[test]
    fn less_usage_costs_in_proportion() {
        for (last, score, reason) in [
            (150, 100, None),
            (99, 99, Some("USAGE_DOWN")),
            (50, 80, Some("USAGE_DOWN")),
            (25, 70, Some("USAGE_HALVED")),
            (0, 60, Some("USAGE_STOPPED")),
        ] {
            let facts = Facts {
                conversations_last_7_days: last,
                ..well()
            };
            let expected = (score, reason.into_iter().collect());
            assert_eq!(health(&facts), expected, "{last}");
        }
    }

    #[test]
    fn somebody_new_is_given_a_week() {
        let new = |days| Facts {
            conversations_last_7_days: 0,
            conversations_28_days_before: 0,
            last_conversation_at: None,
            last_sign_in_at: None,
            began_at: now() - Duration::days(days),
            ..well()
        };
        assert_eq!(health(&new(2)), (100, vec![]));
        assert_eq!(health(&new(8)), (55, vec!["NO_USAGE", "SILENT"]));
        let (score, reasons) = health(&new(40));
        assert_eq!(score, 45);
        assert_eq!(reasons, ["NO_USAGE", "SILENT", "NOBODY_SIGNS_IN"]);
    }

    #[test]
    fn failures_cost_by_their_share_and_what_died_by_itself() {
        let failing = |calls, texts, jobs| Facts {
            failed_calls: calls,
            undelivered_texts: texts,
            dead_jobs: jobs,
            ..well()
        };
        assert_eq!(health(&failing(1, 0, 0)), (100, vec![]));
        assert_eq!(health(&failing(20, 0, 0)), (75, vec!["CALLS_FAIL"]));
        assert_eq!(
            health(&failing(5, 5, 0)),
            (89, vec!["CALLS_FAIL", "TEXTS_FAIL"])
        );
        assert_eq!(health(&failing(0, 0, 1)), (98, vec!["JOBS_DIED"]));
        assert_eq!(health(&failing(0, 0, 1_000)), (90, vec!["JOBS_DIED"]));
        assert_eq!(Health::of(&failing(100, 100, 100), now()).failures, 0);
    }

    #[test]
    fn who_does_not_pay_is_not_well() {
        for (status, balance, score, reason) in [
            ("TRIALING", 0, 100, None),
            ("ACTIVE", -1, 90, Some("BALANCE_NEGATIVE")),
            ("PAST_DUE", 5, 85, Some("PAST_DUE")),
            ("CANCELLED", 5, 80, Some("CANCELLED")),
        ] {
            let facts = Facts {
                subscription_status: Some(status.to_owned()),
                balance: Decimal::from(balance),
                ..well()
            };
            let expected = (score, reason.into_iter().collect());
            assert_eq!(health(&facts), expected, "{status}");
        }
    }

    #[test]
    fn a_plan_that_costs_more_is_missed_sooner() {
        assert_eq!(
            ["FREE", "CORE", "PRO", "ELITE", "SCALE"].map(days_allowed),
            [30, 14, 14, 7, 7]
        );
    }

    #[test]
    fn a_fall_needs_two_scores() {
        assert!(has_fallen(Some(90), Some(60)));
        assert!(!has_fallen(Some(90), Some(61)));
        assert!(!has_fallen(None, Some(10)));
        assert!(!has_fallen(Some(90), None));
    }
}
