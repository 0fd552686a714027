//! When a delivery may go out: its endpoint's breaker, how many are under way there, its rate. And what an attempt
//! means for the endpoint.
//!
//! What may not go is given a place of its own in the future, one after the other, and not told to ask again soon: a
//! backlog of ten thousand then costs two looks each and no more, however slow its endpoint is.
use chrono::{DateTime, Duration, Utc};

use super::model::EndpointState;

/// To one endpoint at once.
const MOST_IN_FLIGHT: i64 = 5;
/// The same while it fails: a hanging endpoint must not hold many workers until its breaker opens.
const IN_FLIGHT_WHILE_FAILING: i64 = 1;
const FAILURES_TO_OPEN: i32 = 10;
const OPEN_FOR: Duration = Duration::seconds(60);
/// How soon a place next to those under way may be free.
const SOON: Duration = Duration::milliseconds(250);
/// Places for those who wait for something else than the rate are at least this far apart.
const LEAST_SPACING: Duration = Duration::milliseconds(20);
/// An endpoint that has only failed for so long, and so often, is disabled.
const FAILING_TO_DISABLE: Duration = Duration::days(5);
const ATTEMPTS_TO_DISABLE: i32 = 10;
const FAILING_TO_WARN: Duration = Duration::days(1);

/// Whether a delivery goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Go,
    /// Not before this.
    Wait(DateTime<Utc>),
}

/// What is to be done about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its breaker opened just now.
    Opened,
    /// It fails for a day: its owner should know.
    Failing,
    /// It has failed for days: nothing goes there any more.
    Hopeless,
}

/// Decides about one delivery, and notes it in the state. `slot_at` is the place that it was given before, if any.
pub fn take_turn(
    state: &mut EndpointState,
    in_flight: &mut i64,
    per_second: u32,
    slot_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Turn {
    let interval = Duration::nanoseconds(1_000_000_000 / i64::from(per_second.max(1)));
    // A second's worth may go at once.
    let burst = Duration::seconds(1) - interval;
    match state.open_until {
        Some(until) if until > now => {
            return Turn::Wait(reserve(state, until, interval, burst));
        }
        // Over: this one is the probe, and the others wait for what becomes of it.
        Some(_) => {
            state.open_until = Some(now + OPEN_FOR);
            *in_flight += 1;
            return Turn::Go;
        }
        None => {}
    }
    let most = if state.failures_in_row > 0 {
        IN_FLIGHT_WHILE_FAILING
    } else {
        MOST_IN_FLIGHT
    };
    if *in_flight >= most {
        return Turn::Wait(reserve(state, now + SOON, interval, burst));
    }
    let has_place = slot_at.is_some_and(|slot_at| slot_at <= now);
    if !has_place {
        let next = state.next_slot_at.map_or(now, |next| next.max(now));
        state.next_slot_at = Some(next + interval);
        if next - burst > now {
            return Turn::Wait(next - burst);
        }
    }
    *in_flight += 1;
    Turn::Go
}

/// The next free place that is not before `earliest`.
fn reserve(
    state: &mut EndpointState,
    earliest: DateTime<Utc>,
    interval: Duration,
    burst: Duration,
) -> DateTime<Utc> {
    let free = state.next_slot_at.map_or(earliest, |next| next - burst);
    let place = free.max(earliest);
    state.next_slot_at = Some(place + burst + interval.max(LEAST_SPACING));
    place
}

/// Notes how an attempt went.
pub fn note(state: &mut EndpointState, is_success: bool, now: DateTime<Utc>) -> Option<Trouble> {
    if is_success {
        *state = EndpointState {
            next_slot_at: state.next_slot_at,
            ..EndpointState::default()
        };
        return None;
    }
    state.failures_in_row = state.failures_in_row.saturating_add(1);
    state.failing_attempts = state.failing_attempts.saturating_add(1);
    let since = *state.failing_since.get_or_insert(now);
    let was_open = state.open_until.is_some();
    if state.failures_in_row >= FAILURES_TO_OPEN {
        state.open_until = Some(now + OPEN_FOR);
    }
    if now - since >= FAILING_TO_DISABLE && state.failing_attempts >= ATTEMPTS_TO_DISABLE {
        return Some(Trouble::Hopeless);
    }
    if now - since >= FAILING_TO_WARN && state.owner_warned_at.is_none() {
        state.owner_warned_at = Some(now);
        return Some(Trouble::Failing);
    }
    (state.open_until.is_some() && !was_open).then_some(Trouble::Opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn ms(count: i64) -> Duration {
        Duration::milliseconds(count)
    }

    #[test]
    fn a_second_of_its_rate_goes_at_once_and_the_rest_one_after_the_other() {
        let mut state = EndpointState::default();
        let turns: Vec<Turn> = (0..25)
            .map(|_| take_turn(&mut state, &mut 0, 10, None, now()))
            .collect();
        assert!(turns[..10].iter().all(|turn| *turn == Turn::Go));
        for (place, turn) in turns[10..].iter().enumerate() {
            let place = i64::try_from(place).unwrap() + 1;
            assert_eq!(*turn, Turn::Wait(now() + ms(100 * place)));
        }
    }

    #[test]
    fn who_has_a_place_goes_when_it_comes_and_takes_no_other() {
        let mut state = EndpointState::default();
        for _ in 0..10 {
            take_turn(&mut state, &mut 0, 10, None, now());
        }
        let Turn::Wait(place) = take_turn(&mut state, &mut 0, 10, None, now()) else {
            panic!("the second's worth was used");
        };
        let before = state;
        assert_eq!(
            take_turn(&mut state, &mut 0, 10, Some(place), place),
            Turn::Go
        );
        assert_eq!(state, before);
    }

    #[test]
    fn over_a_minute_no_more_than_the_rate_goes_out() {
        let mut state = EndpointState::default();
        let mut waiting: Vec<Option<DateTime<Utc>>> = vec![None; 1_000];
        let mut sent = 0;
        for step in 0..600 {
            let at = now() + ms(100 * step);
            waiting.retain_mut(|slot_at| {
                if slot_at.is_some_and(|slot_at| slot_at > at) {
                    return true;
                }
                match take_turn(&mut state, &mut 0, 10, *slot_at, at) {
                    Turn::Go => {
                        sent += 1;
                        false
                    }
                    Turn::Wait(until) => {
                        *slot_at = Some(until);
                        true
                    }
                }
            });
        }
        assert_eq!(sent, 10 + 599);
    }

    #[test]
    fn five_are_under_way_at_most_and_one_while_it_fails() {
        let mut state = EndpointState::default();
        let mut in_flight = 0;
        for _ in 0..5 {
            assert_eq!(
                take_turn(&mut state, &mut in_flight, 1_000, None, now()),
                Turn::Go
            );
        }
        let sixth = take_turn(&mut state, &mut in_flight, 1_000, None, now());
        assert_eq!(sixth, Turn::Wait(now() + SOON));
        let seventh = take_turn(&mut state, &mut in_flight, 1_000, None, now());
        assert_eq!(seventh, Turn::Wait(now() + SOON + LEAST_SPACING));
        note(&mut state, false, now());
        let turn = take_turn(&mut state, &mut 1, 1_000, None, now());
        assert!(matches!(turn, Turn::Wait(_)));
        assert_eq!(
            take_turn(&mut EndpointState::default(), &mut 1, 1_000, None, now()),
            Turn::Go
        );
    }

    #[test]
    fn ten_failures_open_the_breaker_and_one_probe_a_minute_goes_through_until_one_succeeds() {
        let mut state = EndpointState::default();
        for _ in 0..9 {
            assert_eq!(note(&mut state, false, now()), None);
        }
        assert_eq!(note(&mut state, false, now()), Some(Trouble::Opened));
        let turn = |state: &mut EndpointState, at| take_turn(state, &mut 0, 10, None, at);
        assert!(matches!(turn(&mut state, now()), Turn::Wait(until) if until >= now() + OPEN_FOR));
        let later = now() + OPEN_FOR;
        assert_eq!(turn(&mut state, later), Turn::Go, "the probe");
        assert!(matches!(turn(&mut state, later), Turn::Wait(_)));
        assert_eq!(note(&mut state, false, later), None, "said once");
        assert!(matches!(turn(&mut state, later), Turn::Wait(_)));
        assert_eq!(note(&mut state, true, later + OPEN_FOR), None);
        assert_eq!(state.failures_in_row, 0);
        let much_later = later + OPEN_FOR + OPEN_FOR;
        assert_eq!(turn(&mut state, much_later), Turn::Go);
        assert_eq!(turn(&mut state, much_later), Turn::Go);
    }

    #[test]
    fn only_failures_for_five_days_and_ten_attempts_end_an_endpoint() {
        let mut state = EndpointState::default();
        note(&mut state, false, now());
        let at = |days| now() + Duration::days(days);
        assert_eq!(note(&mut state, false, at(1)), Some(Trouble::Failing));
        assert_eq!(note(&mut state, false, at(2)), None, "its owner was told");
        assert_eq!(
            note(&mut state, false, at(6)),
            None,
            "four attempts say little"
        );
        for _ in 0..5 {
            note(&mut state, false, at(6));
        }
        assert_eq!(note(&mut state, false, at(6)), Some(Trouble::Hopeless));
        note(&mut state, true, at(6));
        assert_eq!(note(&mut state, false, at(7)), None, "a success forgives");
    }
}
