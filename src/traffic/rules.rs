//! What one conversation adds to the sums of its day.
use super::model::{HandledBy, Outcome, Status};

/// A call shorter than this is counted apart and, by default, not billed.
pub const SHORT_CALL_S: i32 = 15;

/// What the sums are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub is_voice: bool,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub handled_by: Option<HandledBy>,
    pub duration_s: Option<i32>,
}

/// The share of one conversation in `usage_rollups`; a change of it is the difference of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    pub interactions: i32,
    pub answered: i32,
    pub missed: i32,
    pub transferred: i32,
    pub booked: i32,
    pub ai_handled: i32,
    pub under_15_s: i32,
    pub duration_s: i64,
    /// How it ended, for the outcomes that have no sum of another name: in the order of [`Outcome::COUNTED_APART`].
    pub outcomes: [i32; Outcome::COUNTED_APART.len()],
}

impl Contribution {
    pub fn of(facts: &Facts) -> Self {
        let is = |outcome| i32::from(facts.outcome == Some(outcome));
        let is_over = facts.status != Status::Open;
        let is_answered = is_over
            && facts
                .outcome
                .is_some_and(|outcome| !Outcome::UNANSWERED.contains(&outcome));
        let is_short = facts.is_voice
            && is_over
            && facts
                .duration_s
                .is_some_and(|duration| duration < SHORT_CALL_S);
        Self {
            interactions: 1,
            answered: i32::from(is_answered),
            missed: is(Outcome::Missed),
            transferred: is(Outcome::Transferred),
            booked: is(Outcome::Booked),
            ai_handled: i32::from(facts.handled_by == Some(HandledBy::Ai)),
            under_15_s: i32::from(is_short),
            duration_s: i64::from(facts.duration_s.unwrap_or(0)),
            outcomes: Outcome::COUNTED_APART.map(is),
        }
    }

    /// Two changes as one.
    pub fn and(self, other: Self) -> Self {
        Self {
            interactions: self.interactions + other.interactions,
            answered: self.answered + other.answered,
            missed: self.missed + other.missed,
            transferred: self.transferred + other.transferred,
            booked: self.booked + other.booked,
            ai_handled: self.ai_handled + other.ai_handled,
            under_15_s: self.under_15_s + other.under_15_s,
            duration_s: self.duration_s + other.duration_s,
            outcomes: std::array::from_fn(|at| self.outcomes[at] + other.outcomes[at]),
        }
    }

    /// What changed, from `before` (nothing, for a new conversation) to `self`.
    pub fn since(self, before: Option<Self>) -> Self {
        let before = before.unwrap_or_default();
        Self {
            interactions: self.interactions - before.interactions,
            answered: self.answered - before.answered,
            missed: self.missed - before.missed,
            transferred: self.transferred - before.transferred,
            booked: self.booked - before.booked,
            ai_handled: self.ai_handled - before.ai_handled,
            under_15_s: self.under_15_s - before.under_15_s,
            duration_s: self.duration_s - before.duration_s,
            outcomes: std::array::from_fn(|at| self.outcomes[at] - before.outcomes[at]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(outcome: Outcome, duration_s: i32) -> Facts {
        Facts {
            is_voice: true,
            status: Status::Completed,
            outcome: Some(outcome),
            handled_by: Some(HandledBy::Ai),
            duration_s: Some(duration_s),
        }
    }

    #[test]
    fn a_call_that_becomes_a_booking_moves_the_sums_by_the_difference() {
        let ringing = Facts {
            status: Status::Open,
            outcome: None,
            duration_s: None,
            ..facts(Outcome::Other, 0)
        };
        let before = Contribution::of(&ringing);
        let change = Contribution::of(&facts(Outcome::Booked, 94)).since(Some(before));
        assert_eq!(
            (change.interactions, change.answered, change.booked),
            (0, 1, 1)
        );
        assert_eq!(change.duration_s, 94);
        assert_eq!(change.outcomes, [0; 9], "a booking has a sum of its own");
    }

    #[test]
    fn a_missed_call_is_not_answered_and_a_short_one_is_counted_apart() {
        let missed = Contribution::of(&facts(Outcome::Missed, 0));
        assert_eq!(
            (missed.answered, missed.missed, missed.under_15_s),
            (0, 1, 1)
        );
        assert_eq!(
            Contribution::of(&facts(Outcome::Answered, 15)).under_15_s,
            0
        );
    }
}
