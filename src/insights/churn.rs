//! Who may be about to leave: what is found, and what an operator is told.
use chrono::{DateTime, Utc};

use super::{
    rules::{days_allowed, days_since, has_fallen},
    store::{self, Watched},
};
use crate::{
    alerts::{self, Alert, Severity},
    kernel::{db::SystemTx, ids::SubscriberId, text::text_enum},
};

text_enum! {
    /// Why somebody may be about to leave.
    Cause { Inactive, ScoreFell }
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::ScoreFell => "score_fell",
        }
    }

    /// What keeps the alert of the operator to one open row.
    pub fn key(self, subscriber: SubscriberId) -> String {
        format!("churn.{}:{subscriber}", self.as_str())
    }
}

/// A cause that holds now, with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub subscriber: SubscriberId,
    pub cause: Cause,
    pub days_silent: Option<i32>,
    pub days_allowed: Option<i32>,
    pub score: Option<i32>,
    pub score_before: Option<i32>,
}

impl Finding {
    /// Who has left already is not about to.
    pub fn all_of(watched: &Watched, now: DateTime<Utc>) -> Vec<Self> {
        if watched.is_closed {
            return Vec::new();
        }
        let nothing = Self {
            subscriber: watched.subscriber,
            cause: Cause::Inactive,
            days_silent: None,
            days_allowed: None,
            score: None,
            score_before: None,
        };
        let allowed = days_allowed(&watched.plan);
        let silent = days_since(
            watched.last_conversation_at.unwrap_or(watched.began_at),
            now,
        );
        let days = |days: i64| i32::try_from(days).ok();
        let inactive = (silent >= allowed).then(|| Self {
            days_silent: days(silent),
            days_allowed: days(allowed),
            ..nothing.clone()
        });
        let fell = has_fallen(watched.score_before, watched.score).then_some(Self {
            cause: Cause::ScoreFell,
            score: watched.score,
            score_before: watched.score_before,
            ..nothing
        });
        inactive.into_iter().chain(fell).collect()
    }
}

/// Opens what is new, closes what is over, and tells the operator of both.
pub(super) async fn watch(
    tx: &mut SystemTx,
    subscribers: &[SubscriberId],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let watched = store::find_watched(tx, subscribers, now).await?;
    let findings: Vec<Finding> = watched
        .iter()
        .flat_map(|watched| Finding::all_of(watched, now))
        .collect();
    for (subscriber, cause) in store::close_alerts(tx, subscribers, &findings, now).await? {
        alerts::resolve(tx, &cause.key(subscriber), now).await?;
    }
    for (subscriber, cause) in store::open_alerts(tx, &findings, now).await? {
        let alert = Alert {
            subscriber: Some(subscriber),
            kind: match cause {
                Cause::Inactive => "churn.inactive",
                Cause::ScoreFell => "churn.score_fell",
            },
            severity: Severity::Warning,
            detail: match cause {
                Cause::Inactive => "no conversation for longer than the plan lets one expect",
                Cause::ScoreFell => "the health score fell far within a week",
            }
            .to_owned(),
            cause: cause.key(subscriber),
        };
        alerts::raise(tx, &alert, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn watched(plan: &str, silent: i64) -> Watched {
        Watched {
            subscriber: SubscriberId::new(),
            is_closed: false,
            plan: plan.to_owned(),
            began_at: now() - Duration::days(400),
            last_conversation_at: Some(now() - Duration::days(silent)),
            score: Some(80),
            score_before: Some(80),
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-21T16:00:00Z".parse().unwrap()
    }

    fn causes(watched: &Watched) -> Vec<Cause> {
        let findings = Finding::all_of(watched, now());
        findings.iter().map(|finding| finding.cause).collect()
    }

    #[test]
    fn silence_counts_from_the_day_that_the_plan_says() {
        for (plan, days) in [("SCALE", 7), ("PRO", 14), ("FREE", 30)] {
            assert_eq!(causes(&watched(plan, days - 1)), []);
            assert_eq!(causes(&watched(plan, days)), [Cause::Inactive]);
        }
        let never = Watched {
            last_conversation_at: None,
            ..watched("FREE", 0)
        };
        assert_eq!(causes(&never), [Cause::Inactive]);
    }

    #[test]
    fn a_fall_of_thirty_counts() {
        let fallen = Watched {
            score: Some(50),
            ..watched("PRO", 0)
        };
        assert_eq!(causes(&fallen), [Cause::ScoreFell]);
        let both = Watched {
            score: Some(50),
            ..watched("PRO", 20)
        };
        assert_eq!(causes(&both), [Cause::Inactive, Cause::ScoreFell]);
    }

    #[test]
    fn nobody_is_missed_who_has_left() {
        let gone = Watched {
            is_closed: true,
            ..watched("PRO", 100)
        };
        assert_eq!(causes(&gone), []);
    }
}
