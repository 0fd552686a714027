//! Who answers a call, and what came of it: what is known in, a decision out.
use serde::Serialize;

use crate::{
    billing::NotBilled,
    tenancy::{ChannelMode, ClosedAnswer, SubscriberStatus},
    traffic::Outcome,
};

/// What decides who answers.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub is_blocked: bool,
    /// The carriers say that somebody shows another's number.
    pub is_spoofed: bool,
    /// Somebody whom the business knows by name.
    pub is_known: bool,
    /// The same caller's call is ringing somebody of ours right now: that phone forwards to us.
    pub is_loop: bool,
    pub is_enabled: bool,
    pub mode: ChannelMode,
    pub status: SubscriberStatus,
    pub may_start: bool,
    /// There is somebody to ring, and ringing does not lead back to us.
    pub can_ring: bool,
    pub hours: Hours,
    pub after_hours: ClosedAnswer,
    pub on_holidays: ClosedAnswer,
}

/// The business's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Hours {
    Open,
    Closed,
    Holiday,
    /// It has told us none: it may be open at any time.
    Unknown,
}

/// Who answers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum First {
    Reject,
    /// A few words, and the end.
    TurnAway,
    Receptionist,
    /// It takes a message, and nothing else.
    Message,
    Voicemail,
    /// A person is rung; if nobody comes, the receptionist answers.
    Staff,
    /// A person is rung; if nobody comes, there is a tone to speak after.
    Owner,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Because {
    Blocked,
    Spoofed,
    Loop,
    NoService,
    SwitchedOff,
    Shadow,
    Mode,
    AfterHours,
    Holiday,
    StaffFirst,
    OpenHours,
    NobodyToRing,
}

/// The one decision. Nobody is turned away for what the business owes or has switched off.
pub fn who_answers(facts: &Facts) -> (First, Because) {
    if facts.is_blocked {
        return (First::Reject, Because::Blocked);
    }
    if facts.is_spoofed && !facts.is_known {
        return (First::TurnAway, Because::Spoofed);
    }
    if facts.is_loop {
        return (First::Voicemail, Because::Loop);
    }
    let is_suspended = matches!(
        facts.status,
        SubscriberStatus::Suspended | SubscriberStatus::Closed
    );
    let ring_or_tone = |because| match facts.can_ring {
        true => (First::Owner, because),
        false => (First::Voicemail, because),
    };
    match facts.mode {
        _ if !facts.is_enabled => return ring_or_tone(Because::SwitchedOff),
        ChannelMode::Off => return ring_or_tone(Because::SwitchedOff),
        // On a call there are no drafts: whoever waits must be answered by somebody.
        ChannelMode::Shadow => return ring_or_tone(Because::Shadow),
        _ => {}
    }
    let closed = match facts.hours {
        Hours::Open | Hours::Unknown => None,
        Hours::Closed => Some((facts.after_hours, Because::AfterHours)),
        Hours::Holiday => Some((facts.on_holidays, Because::Holiday)),
    };
    // Nobody can approve what is said on a call before it is said: APPROVE_FIRST_REPLY is FULL here.
    let rings_staff = match facts.mode {
        ChannelMode::StaffFirst => Some(Because::StaffFirst),
        ChannelMode::AfterHours if facts.hours == Hours::Open => Some(Because::OpenHours),
        _ => None,
    };
    if is_suspended || !facts.may_start {
        // What it owes keeps nobody from its own people, where they answer at this hour.
        let is_staffed = closed.is_none_or(|(chosen, _)| chosen == ClosedAnswer::Answer);
        let first = match rings_staff {
            Some(_) if facts.can_ring && is_staffed => First::Staff,
            _ => First::Message,
        };
        return (first, Because::NoService);
    }
    match closed {
        Some((ClosedAnswer::MessageOnly, because)) => return (First::Message, because),
        Some((ClosedAnswer::Voicemail, because)) => return (First::Voicemail, because),
        Some((ClosedAnswer::Forward, because)) => return ring_or_tone(because),
        Some((ClosedAnswer::Answer, _)) | None => {}
    }
    match rings_staff {
        Some(because) if facts.can_ring => (First::Staff, because),
        Some(_) => (First::Receptionist, Because::NobodyToRing),
        None => (First::Receptionist, Because::Mode),
    }
}

/// Whether a caller who asks for a person is put through: not where the business chose that nobody is rung now.
pub fn may_transfer(first: First, because: Because) -> bool {
    match first {
        First::Message => because == Because::NoService,
        First::Voicemail => false,
        _ => true,
    }
}

/// Why a call that begins so costs nothing.
pub fn not_billed(first: First, because: Because) -> Option<NotBilled> {
    match (first, because) {
        (First::Reject | First::TurnAway, _) => Some(NotBilled::Spam),
        (First::Owner, _) | (_, Because::SwitchedOff | Because::Shadow) => {
            Some(NotBilled::Forwarded)
        }
        (_, Because::Loop) => Some(NotBilled::Fallback),
        _ => None,
    }
}

/// What is known of a call that is over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ended<'a> {
    /// The results of the tools.
    pub results: &'a [String],
    pub has_voicemail: bool,
    /// A person spoke with the caller.
    pub is_bridged: bool,
    /// The receptionist put them through to that person.
    pub was_transfer: bool,
    /// The receptionist spoke.
    pub has_spoken: bool,
    /// The caller said or keyed something.
    pub has_heard: bool,
    /// The carrier could not carry it.
    pub has_failed: bool,
}

/// What came of it: the most telling of what happened.
pub fn outcome_of(ended: &Ended<'_>) -> Outcome {
    let did = |result: &str| ended.results.iter().any(|known| known == result);
    let found = [
        (did("booked"), Outcome::Booked),
        (did("rescheduled"), Outcome::Rescheduled),
        (did("cancelled"), Outcome::Cancelled),
        (ended.is_bridged && ended.was_transfer, Outcome::Transferred),
        (did("message_taken"), Outcome::MessageTaken),
        (ended.has_voicemail, Outcome::Voicemail),
        (
            ended.is_bridged || (ended.has_spoken && ended.has_heard),
            Outcome::Answered,
        ),
        (ended.has_failed, Outcome::Failed),
        (ended.has_spoken, Outcome::Abandoned),
    ];
    let found = found.into_iter().find(|(is_so, _)| *is_so);
    found.map_or(Outcome::Missed, |(_, outcome)| outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            is_blocked: false,
            is_spoofed: false,
            is_known: false,
            is_loop: false,
            is_enabled: true,
            mode: ChannelMode::Full,
            status: SubscriberStatus::Active,
            may_start: true,
            can_ring: true,
            hours: Hours::Open,
            after_hours: ClosedAnswer::Answer,
            on_holidays: ClosedAnswer::Answer,
        }
    }

    fn first(facts: Facts) -> First {
        who_answers(&facts).0
    }

    #[test]
    fn the_mode_says_who_answers_and_the_hours_when() {
        use {ChannelMode as M, First as F, Hours as H};
        for (mode, hours, expected) in [
            (M::Full, H::Open, F::Receptionist),
            (M::Full, H::Closed, F::Receptionist),
            (M::ApproveFirstReply, H::Open, F::Receptionist),
            (M::AfterHours, H::Open, F::Staff),
            (M::AfterHours, H::Closed, F::Receptionist),
            (M::AfterHours, H::Unknown, F::Receptionist),
            (M::StaffFirst, H::Open, F::Staff),
            (M::StaffFirst, H::Closed, F::Staff),
            (M::Shadow, H::Open, F::Owner),
            (M::Off, H::Closed, F::Owner),
        ] {
            let asked = Facts {
                mode,
                hours,
                ..facts()
            };
            assert_eq!(first(asked), expected, "{mode:?} {hours:?}");
            let alone = first(Facts {
                can_ring: false,
                ..asked
            });
            let without = match expected {
                F::Staff => F::Receptionist,
                F::Owner => F::Voicemail,
                other => other,
            };
            assert_eq!(alone, without, "{mode:?} {hours:?} with nobody to ring");
        }
    }

    #[test]
    fn a_closed_business_says_what_its_callers_get() {
        use {ClosedAnswer as C, First as F};
        for (chosen, expected) in [
            (C::Answer, F::Receptionist),
            (C::MessageOnly, F::Message),
            (C::Voicemail, F::Voicemail),
            (C::Forward, F::Owner),
        ] {
            let night = Facts {
                hours: Hours::Closed,
                after_hours: chosen,
                ..facts()
            };
            assert_eq!(first(night), expected, "{chosen:?}");
            let holiday = Facts {
                hours: Hours::Holiday,
                on_holidays: chosen,
                ..facts()
            };
            assert_eq!(first(holiday), expected, "{chosen:?}");
            let day = Facts {
                after_hours: chosen,
                on_holidays: chosen,
                ..facts()
            };
            assert_eq!(first(day), F::Receptionist);
        }
    }

    #[test]
    fn nobody_is_turned_away_for_what_the_business_owes() {
        for asked in [
            Facts {
                may_start: false,
                ..facts()
            },
            Facts {
                status: SubscriberStatus::Suspended,
                ..facts()
            },
            Facts {
                status: SubscriberStatus::Closed,
                ..facts()
            },
        ] {
            assert_eq!(who_answers(&asked), (First::Message, Because::NoService));
            let off = Facts {
                is_enabled: false,
                ..asked
            };
            assert_eq!(
                first(off),
                First::Owner,
                "who is switched off is not ours to answer"
            );
        }
    }

    #[test]
    fn what_the_business_owes_keeps_nobody_from_its_own_people() {
        use {ChannelMode as M, First as F, Hours as H};
        for (mode, hours, after_hours, expected) in [
            (M::StaffFirst, H::Open, ClosedAnswer::Answer, F::Staff),
            (M::StaffFirst, H::Closed, ClosedAnswer::Answer, F::Staff),
            (
                M::StaffFirst,
                H::Closed,
                ClosedAnswer::MessageOnly,
                F::Message,
            ),
            (M::AfterHours, H::Open, ClosedAnswer::Answer, F::Staff),
            (M::AfterHours, H::Closed, ClosedAnswer::Answer, F::Message),
            (M::Full, H::Open, ClosedAnswer::Answer, F::Message),
        ] {
            let owing = Facts {
                may_start: false,
                mode,
                hours,
                after_hours,
                ..facts()
            };
            let (first, because) = who_answers(&owing);
            assert_eq!(
                (first, because),
                (expected, Because::NoService),
                "{mode:?} {hours:?}"
            );
            assert!(may_transfer(first, because));
            let alone = Facts {
                can_ring: false,
                ..owing
            };
            assert_eq!(who_answers(&alone).0, F::Message, "{mode:?} {hours:?}");
        }
        assert!(!may_transfer(F::Message, Because::AfterHours));
        assert!(!may_transfer(F::Voicemail, Because::Holiday));
    }

    #[test]
    fn blocked_and_spoofed_callers_cost_nothing() {
        let blocked = who_answers(&Facts {
            is_blocked: true,
            is_loop: true,
            ..facts()
        });
        assert_eq!(blocked, (First::Reject, Because::Blocked));
        let spoofed = Facts {
            is_spoofed: true,
            ..facts()
        };
        assert_eq!(who_answers(&spoofed), (First::TurnAway, Because::Spoofed));
        assert_eq!(
            not_billed(First::TurnAway, Because::Spoofed),
            Some(NotBilled::Spam)
        );
        let known = Facts {
            is_known: true,
            ..spoofed
        };
        assert_eq!(first(known), First::Receptionist);
    }

    #[test]
    fn a_phone_that_forwards_to_us_ends_in_a_tone() {
        for mode in [ChannelMode::Off, ChannelMode::StaffFirst, ChannelMode::Full] {
            let looped = Facts {
                is_loop: true,
                mode,
                ..facts()
            };
            assert_eq!(who_answers(&looped), (First::Voicemail, Because::Loop));
        }
    }

    #[test]
    fn what_happened_last_longest_is_what_came_of_it() {
        let results = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let spoken = Ended {
            has_spoken: true,
            has_heard: true,
            ..Ended::default()
        };
        let booked = results(&["ok", "booked", "message_taken"]);
        assert_eq!(
            outcome_of(&Ended {
                results: &booked,
                ..spoken
            }),
            Outcome::Booked
        );
        let message = results(&["message_taken"]);
        assert_eq!(
            outcome_of(&Ended {
                results: &message,
                ..spoken
            }),
            Outcome::MessageTaken
        );
        let through = Ended {
            is_bridged: true,
            was_transfer: true,
            ..spoken
        };
        assert_eq!(outcome_of(&through), Outcome::Transferred);
        assert_eq!(outcome_of(&spoken), Outcome::Answered);
        assert_eq!(
            outcome_of(&Ended {
                has_heard: false,
                ..spoken
            }),
            Outcome::Abandoned
        );
        assert_eq!(outcome_of(&Ended::default()), Outcome::Missed);
        let voicemail = Ended {
            has_voicemail: true,
            ..Ended::default()
        };
        assert_eq!(outcome_of(&voicemail), Outcome::Voicemail);
        assert_eq!(
            outcome_of(&Ended {
                is_bridged: true,
                ..voicemail
            }),
            Outcome::Voicemail
        );
        let rung = Ended {
            is_bridged: true,
            ..Ended::default()
        };
        assert_eq!(outcome_of(&rung), Outcome::Answered);
    }
}
