//! Whether a text goes out: the checks, in their order.
//!
//! Opt-out, mode, takeover, quiet hours, limits, plan. They are made in the transaction that sets SENDING, with the
//! contact's and the conversation's rows locked, so that no STOP, no takeover and no old job can slip between.
use chrono::{DateTime, Duration, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

use super::model::{Candidate, Purpose, Refusal};
use crate::{
    people::TextState,
    tenancy::{ChannelMode, SubscriberStatus, model::zone},
};

/// Two robots that answer each other stop here, long before the carrier's own alarm (error 14107).
const MAX_REPLIES_10_MIN: i64 = 5;
const MAX_PER_PERSON_1_H: i64 = 10;
const MAX_PER_SUBSCRIBER_1_D: i64 = 2_000;

/// Whoever opted out longer ago than this knows it; a text would only look as if nobody had listened.
const MAX_AGE_OF_OPT_CONFIRMATION: Duration = Duration::minutes(5);

/// What nobody asked for is not sent before and after these hours of the person's day.
const QUIET_UNTIL: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("a time of day");
const QUIET_FROM: NaiveTime = NaiveTime::from_hms_opt(21, 0, 0).expect("a time of day");

/// What is to be done with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Send,
    /// Its hour is a quiet one.
    Wait(Duration),
    Suppress(Refusal),
}

/// The one decision. Pure: the candidate holds everything it depends on.
pub fn decide(text: &Candidate, now: DateTime<Utc>) -> Decision {
    let is_unasked = match text.purpose {
        Purpose::Reminder | Purpose::Notice => true,
        // Out of the blue; in a conversation the person waits for an answer.
        Purpose::Staff => text.is_unanswered,
        Purpose::Reply
        | Purpose::OptConfirmation
        | Purpose::KeywordAnswer
        | Purpose::Confirmation => false,
    };
    // The mode says how far the receptionist may go, and not what people may write.
    let is_ours = text.purpose != Purpose::Staff;
    let confirms_opt_out = text.purpose == Purpose::OptConfirmation;
    let answers_keyword = confirms_opt_out || text.purpose == Purpose::KeywordAnswer;
    if text.is_opted_out && !confirms_opt_out {
        return Decision::Suppress(Refusal::OptedOut);
    }
    if confirms_opt_out && now - text.created_at > MAX_AGE_OF_OPT_CONFIRMATION {
        return Decision::Suppress(Refusal::TooLate);
    }
    if text.is_outdated {
        return Decision::Suppress(Refusal::Outdated);
    }
    if text
        .text_state
        .is_some_and(|state| state != TextState::Reachable)
    {
        return Decision::Suppress(Refusal::Unreachable);
    }
    let is_off = !text.is_channel_enabled || (is_ours && text.mode == ChannelMode::Off);
    if !answers_keyword && is_off {
        return Decision::Suppress(Refusal::ChannelOff);
    }
    if text.mode == ChannelMode::Shadow && is_ours && !answers_keyword {
        return Decision::Suppress(Refusal::Shadow);
    }
    let wants_approval = text.mode == ChannelMode::ApproveFirstReply && !text.is_approved;
    if text.purpose == Purpose::Reply && wants_approval {
        return Decision::Suppress(Refusal::NeedsApproval);
    }
    if text.purpose == Purpose::Reply && (text.is_ai_paused || text.is_assigned) {
        return Decision::Suppress(Refusal::TakenOver);
    }
    if is_unasked && let Some(wait) = quiet_for(now, zone(&text.timezone)) {
        return Decision::Wait(wait);
    }
    let is_too_many = text.sent_1_h >= MAX_PER_PERSON_1_H
        || text.sent_1_d >= MAX_PER_SUBSCRIBER_1_D
        || (text.purpose == Purpose::Reply && text.sent_10_min >= MAX_REPLIES_10_MIN);
    if is_too_many && !confirms_opt_out {
        return Decision::Suppress(Refusal::TooMany);
    }
    let has_service = !matches!(
        text.subscriber_status,
        SubscriberStatus::Suspended | SubscriberStatus::Closed
    );
    if !has_service && !confirms_opt_out {
        return Decision::Suppress(Refusal::NoService);
    }
    Decision::Send
}

/// How long the quiet hours still last; None outside of them.
fn quiet_for(now: DateTime<Utc>, zone: Tz) -> Option<Duration> {
    let local = now.with_timezone(&zone).time();
    let until_morning = |from: NaiveTime| {
        let seconds = i64::from(QUIET_UNTIL.num_seconds_from_midnight())
            - i64::from(from.num_seconds_from_midnight());
        Duration::seconds(seconds.rem_euclid(24 * 60 * 60))
    };
    (local < QUIET_UNTIL || local >= QUIET_FROM).then(|| until_morning(local))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::ids::InteractionId, messaging::model::TextStatus};

    fn text(purpose: Purpose) -> Candidate {
        Candidate {
            interaction: InteractionId::new(),
            message: None,
            purpose,
            status: TextStatus::Queued,
            from: "+14315550100".parse().unwrap(),
            to: "+15145550123".parse().unwrap(),
            body: "Hello".into(),
            day: "2026-11-21".parse().unwrap(),
            created_at: at(NOON),
            sending_at: None,
            tries: 0,
            sent_at: None,
            provider_message_id: None,
            account_id: None,
            keeps_words: true,
            is_retry: false,
            is_unanswered: false,
            is_opted_out: false,
            is_outdated: false,
            text_state: Some(TextState::Reachable),
            mode: ChannelMode::Full,
            is_channel_enabled: true,
            is_ai_paused: false,
            is_assigned: false,
            is_approved: false,
            subscriber_status: SubscriberStatus::Active,
            timezone: "America/Winnipeg".into(),
            business_timezone: "America/Winnipeg".into(),
            sent_10_min: 0,
            sent_1_h: 0,
            sent_1_d: 0,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const NOON: &str = "2026-11-21T18:00:00Z";

    #[test]
    fn a_plain_reply_is_sent() {
        assert_eq!(decide(&text(Purpose::Reply), at(NOON)), Decision::Send);
    }

    #[test]
    fn nobody_is_texted_after_stop_but_for_the_confirmation_of_it() {
        for purpose in [
            Purpose::Reply,
            Purpose::KeywordAnswer,
            Purpose::Confirmation,
            Purpose::Reminder,
            Purpose::Notice,
            Purpose::Staff,
        ] {
            let stopped = Candidate {
                is_opted_out: true,
                ..text(purpose)
            };
            assert_eq!(
                decide(&stopped, at(NOON)),
                Decision::Suppress(Refusal::OptedOut)
            );
        }
        let confirmation = Candidate {
            is_opted_out: true,
            ..text(Purpose::OptConfirmation)
        };
        assert_eq!(decide(&confirmation, at(NOON)), Decision::Send);
        assert_eq!(
            decide(&confirmation, at(NOON) + Duration::seconds(301)),
            Decision::Suppress(Refusal::TooLate)
        );
    }

    #[test]
    fn help_is_answered_although_the_channel_is_off_but_not_without_end() {
        let help = Candidate {
            is_channel_enabled: false,
            mode: ChannelMode::Off,
            is_ai_paused: true,
            ..text(Purpose::KeywordAnswer)
        };
        assert_eq!(decide(&help, at(NOON)), Decision::Send);
        let another = Candidate {
            sent_1_h: MAX_PER_PERSON_1_H,
            ..help
        };
        assert_eq!(
            decide(&another, at(NOON)),
            Decision::Suppress(Refusal::TooMany)
        );
    }

    #[test]
    fn the_earlier_check_names_the_reason() {
        let all = Candidate {
            is_opted_out: true,
            mode: ChannelMode::Shadow,
            is_ai_paused: true,
            sent_1_h: 99,
            subscriber_status: SubscriberStatus::Suspended,
            ..text(Purpose::Reply)
        };
        let order = [
            (all.clone(), Refusal::OptedOut),
            (
                Candidate {
                    is_opted_out: false,
                    ..all.clone()
                },
                Refusal::Shadow,
            ),
            (
                Candidate {
                    is_opted_out: false,
                    mode: ChannelMode::Full,
                    ..all.clone()
                },
                Refusal::TakenOver,
            ),
            (
                Candidate {
                    is_opted_out: false,
                    mode: ChannelMode::Full,
                    is_ai_paused: false,
                    ..all.clone()
                },
                Refusal::TooMany,
            ),
            (
                Candidate {
                    is_opted_out: false,
                    mode: ChannelMode::Full,
                    is_ai_paused: false,
                    sent_1_h: 0,
                    ..all
                },
                Refusal::NoService,
            ),
        ];
        for (candidate, refusal) in order {
            assert_eq!(decide(&candidate, at(NOON)), Decision::Suppress(refusal));
        }
    }

    #[test]
    fn a_person_who_took_over_is_not_talked_over() {
        let taken = Candidate {
            is_assigned: true,
            ..text(Purpose::Reply)
        };
        assert_eq!(
            decide(&taken, at(NOON)),
            Decision::Suppress(Refusal::TakenOver)
        );
        let appointment = Candidate {
            is_assigned: true,
            ..text(Purpose::Confirmation)
        };
        assert_eq!(decide(&appointment, at(NOON)), Decision::Send);
    }

    #[test]
    fn what_a_person_of_the_business_writes_is_sent_whatever_the_receptionist_may() {
        for mode in [
            ChannelMode::Off,
            ChannelMode::Shadow,
            ChannelMode::ApproveFirstReply,
            ChannelMode::AfterHours,
        ] {
            let written = Candidate {
                mode,
                is_ai_paused: true,
                is_assigned: true,
                ..text(Purpose::Staff)
            };
            assert_eq!(decide(&written, at(NOON)), Decision::Send, "{mode:?}");
        }
        let without_texts = Candidate {
            is_channel_enabled: false,
            ..text(Purpose::Staff)
        };
        assert_eq!(
            decide(&without_texts, at(NOON)),
            Decision::Suppress(Refusal::ChannelOff)
        );
    }

    #[test]
    fn staff_answers_at_night_and_begins_no_conversation_then() {
        let night = at("2026-11-22T05:00:00Z");
        let answer = text(Purpose::Staff);
        assert_eq!(decide(&answer, night), Decision::Send);
        let first_word = Candidate {
            is_unanswered: true,
            ..answer
        };
        assert_eq!(decide(&first_word, at(NOON)), Decision::Send);
        assert_eq!(
            decide(&first_word, night),
            Decision::Wait(Duration::hours(9))
        );
    }

    #[test]
    fn where_replies_want_approval_only_what_was_agreed_on_is_sent() {
        let of = |purpose| Candidate {
            mode: ChannelMode::ApproveFirstReply,
            ..text(purpose)
        };
        assert_eq!(
            decide(&of(Purpose::Reply), at(NOON)),
            Decision::Suppress(Refusal::NeedsApproval)
        );
        for purpose in [Purpose::OptConfirmation, Purpose::Confirmation] {
            assert_eq!(decide(&of(purpose), at(NOON)), Decision::Send);
        }
        let approved = Candidate {
            is_approved: true,
            ..of(Purpose::Reply)
        };
        assert_eq!(decide(&approved, at(NOON)), Decision::Send);
    }

    #[test]
    fn what_nobody_asked_for_waits_for_the_morning_of_the_person() {
        // 22:30 in Winnipeg: nine and a half hours until eight.
        let night = at("2026-11-22T04:30:00Z");
        assert_eq!(
            decide(&text(Purpose::Reminder), night),
            Decision::Wait(Duration::minutes(9 * 60 + 30))
        );
        assert_eq!(decide(&text(Purpose::Reply), night), Decision::Send);
        assert_eq!(
            decide(&text(Purpose::Reminder), at("2026-11-21T14:00:00Z")),
            Decision::Send
        );
    }

    #[test]
    fn what_tells_of_an_appointment_that_is_no_more_is_not_sent() {
        for purpose in [Purpose::Confirmation, Purpose::Reminder] {
            let outdated = Candidate {
                is_outdated: true,
                ..text(purpose)
            };
            assert_eq!(
                decide(&outdated, at(NOON)),
                Decision::Suppress(Refusal::Outdated)
            );
        }
    }

    #[test]
    fn two_robots_stop_answering_each_other() {
        let sixth = Candidate {
            sent_10_min: MAX_REPLIES_10_MIN,
            ..text(Purpose::Reply)
        };
        assert_eq!(
            decide(&sixth, at(NOON)),
            Decision::Suppress(Refusal::TooMany)
        );
    }
}
