//! What an answer means for its delivery, and when the next attempt is due.
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::kernel::http::{Answer, Exchange, Failure};

use super::model::Schedule;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// The pauses of the Standard Webhooks example: ten attempts in three days and some hours.
const DEFAULT_PAUSES_S: [u64; 9] = [
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// The five attempts of the older system.
const SHORT_PAUSES_S: [u64; 4] = [5, MINUTE, 10 * MINUTE, HOUR];
/// Who is busy or does not answer in time is not helped by the next attempt five seconds later.
const BUSY_PAUSE: Duration = Duration::from_secs(60);

impl Schedule {
    fn pauses_s(self) -> &'static [u64] {
        match self {
            Self::Default => &DEFAULT_PAUSES_S,
            Self::Short => &SHORT_PAUSES_S,
        }
    }

    /// The pause after this many failed attempts; none after the last.
    fn pause(self, failed: usize) -> Option<Duration> {
        let pause_s = self.pauses_s().get(failed.checked_sub(1)?)?;
        Some(Duration::from_secs(*pause_s))
    }
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    Retry(Duration),
    /// Nobody is left to try it: the last attempt failed, or the receiver wants no other.
    Dead,
    /// 410: the receiver is gone for good, and with it the endpoint.
    Gone,
}

/// Judges the attempt that was number `attempt` of its schedule; the first is 1. `spread`, from -1 to 1, says where in
/// the ± 20 % the pause falls.
pub fn judge(
    exchange: &Exchange,
    schedule: Schedule,
    attempt: usize,
    spread: f64,
    now: DateTime<Utc>,
) -> Verdict {
    let answer = exchange.result.as_ref().ok();
    match answer {
        Some(answer) if (200..300).contains(&answer.status) => return Verdict::Succeeded,
        Some(answer) if answer.status == 410 => return Verdict::Gone,
        Some(answer) if wants_no_other(answer) => return Verdict::Dead,
        _ => {}
    }
    let Some(pause) = schedule.pause(attempt) else {
        return Verdict::Dead;
    };
    let pause = pause.mul_f64(1.0 + 0.2 * spread.clamp(-1.0, 1.0));
    let is_busy = match &exchange.result {
        Ok(answer) => answer.status == 429,
        Err(failure) => *failure == Failure::Timeout,
    };
    let pause = if is_busy {
        pause.max(BUSY_PAUSE)
    } else {
        pause
    };
    let asked = answer.and_then(|answer| retry_after(answer, now));
    Verdict::Retry(asked.map_or(pause, |asked| asked.clamp(pause, pause * 2)))
}

/// A class for the log of attempts; none for a success.
pub fn error_of(exchange: &Exchange) -> Option<&'static str> {
    match &exchange.result {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) if (300..400).contains(&answer.status) => Some("redirect"),
        Ok(_) => Some("refused"),
        Err(failure) => Some(failure.as_str()),
    }
}

fn wants_no_other(answer: &Answer) -> bool {
    answer
        .headers
        .get("webhook-delivery")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"abort-message"))
}

/// Seconds or a date, as only those who are busy may say.
fn retry_after(answer: &Answer, now: DateTime<Utc>) -> Option<Duration> {
    if !matches!(answer.status, 429 | 502 | 503 | 504) {
        return None;
    }
    let text = answer.headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - now).to_std().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn answered(status: u16, header: Option<(&'static str, &'static str)>) -> Exchange {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static(value));
        }
        let answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        exchange(Ok(answer))
    }

    fn exchange(result: Result<Answer, Failure>) -> Exchange {
        Exchange {
            took: Duration::ZERO,
            result,
        }
    }

    fn first(exchange: &Exchange) -> Verdict {
        judge(exchange, Schedule::Default, 1, 0.0, now())
    }

    fn retry(seconds: u64) -> Verdict {
        Verdict::Retry(Duration::from_secs(seconds))
    }

    #[test]
    fn each_answer_means_what_the_contract_says() {
        for status in [200, 201, 204, 299] {
            assert_eq!(first(&answered(status, None)), Verdict::Succeeded);
        }
        for status in [
            300, 301, 302, 307, 400, 401, 404, 409, 418, 500, 502, 503, 504, 599,
        ] {
            assert_eq!(first(&answered(status, None)), retry(5), "{status}");
        }
        assert_eq!(first(&answered(410, None)), Verdict::Gone);
        assert_eq!(first(&answered(429, None)), retry(60));
        assert_eq!(first(&exchange(Err(Failure::Timeout))), retry(60));
        for failure in [
            Failure::Connection,
            Failure::Tls,
            Failure::UnknownHost,
            Failure::BlockedAddress,
        ] {
            assert_eq!(first(&exchange(Err(failure))), retry(5));
        }
    }

    #[test]
    fn a_receiver_may_give_up_on_a_message() {
        let abort = Some(("webhook-delivery", "abort-message"));
        assert_eq!(first(&answered(500, abort)), Verdict::Dead);
        assert_eq!(first(&answered(200, abort)), Verdict::Succeeded);
        assert_eq!(
            first(&answered(500, Some(("webhook-delivery", "other")))),
            retry(5)
        );
    }

    #[test]
    fn ten_attempts_take_three_days_and_three_and_a_half_hours_and_five_short_ones_little_more_than_one()
     {
        for (schedule, attempts, total_s) in [
            (
                Schedule::Default,
                10,
                3 * 24 * HOUR + 3 * HOUR + 35 * MINUTE + 5,
            ),
            (Schedule::Short, 5, HOUR + 11 * MINUTE + 5),
        ] {
            let mut waited = Duration::ZERO;
            for attempt in 1..attempts {
                match judge(&answered(500, None), schedule, attempt, 0.0, now()) {
                    Verdict::Retry(pause) => waited += pause,
                    other => panic!("{other:?} after attempt {attempt}"),
                }
            }
            assert_eq!(waited.as_secs(), total_s);
            let last = judge(&answered(500, None), schedule, attempts, 0.0, now());
            assert_eq!(last, Verdict::Dead);
        }
    }

    #[test]
    fn pauses_are_spread_by_a_fifth() {
        let failed = answered(500, None);
        let at = |spread| judge(&failed, Schedule::Default, 2, spread, now());
        assert_eq!(at(-1.0), retry(240));
        assert_eq!(at(1.0), retry(360));
        assert_eq!(at(9.0), retry(360));
    }

    #[test]
    fn a_receiver_gets_the_time_it_asks_for_up_to_twice_the_pause() {
        let asked = |text| {
            let busy = answered(503, Some(("retry-after", text)));
            judge(&busy, Schedule::Default, 2, 0.0, now())
        };
        assert_eq!(asked("400"), retry(400));
        assert_eq!(asked("1"), retry(300));
        assert_eq!(asked("86400"), retry(600));
        assert_eq!(asked("Fri, 20 Nov 2026 12:07:00 GMT"), retry(420));
        assert_eq!(asked("Thu, 19 Nov 2026 12:00:00 GMT"), retry(300));
        assert_eq!(asked("soon"), retry(300));
        let teapot = answered(418, Some(("retry-after", "400")));
        assert_eq!(judge(&teapot, Schedule::Default, 2, 0.0, now()), retry(300));
    }
}
