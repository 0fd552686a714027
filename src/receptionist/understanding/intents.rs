//! What an utterance is about: phrases of the tables give points, and a few rules settle what they leave open.
use super::when::{self, Kind};
use super::words::Words;
use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;

/// What a whole phrase of the patterns is worth beside its words.
const PATTERN: usize = 6;

/// Each further pattern of the same intent says mostly the same again.
const FURTHER_PATTERN: usize = 1;

/// Points that a hint or a single common word has; a day or time that is named weighs more.
const WEAK: usize = 2;

/// The longest gap in a pattern, in words.
const GAP: usize = 3;

#[derive(Clone, Copy, Debug)]
struct Scored {
    intent: Intent,
    points: usize,
    /// A whole pattern was found, not only words.
    is_pattern: bool,
}

/// The intent with the highest score. Courtesies only count among themselves; of equals the first in the table wins.
pub(super) fn best_intent(text: &str, said: &[&str], language: Language, words: &Words) -> Intent {
    let said = without_asides(said, words);
    let mut scored: Vec<Scored> = words
        .intents
        .iter()
        .map(|(intent, phrases)| scored(*intent, phrases, &said, words))
        .filter(|scored| scored.points > 0)
        .collect();
    settle(&mut scored);
    let best = |is_courtesy| {
        scored
            .iter()
            .rev()
            .filter(|scored| scored.intent.is_courtesy() == is_courtesy)
            .max_by_key(|scored| scored.points)
            .copied()
    };
    let has = |intent| {
        scored
            .iter()
            .any(|scored| scored.intent == intent && scored.is_pattern)
    };
    let is_urgent = words
        .emergencies
        .iter()
        .any(|phrase| score(phrase, &said) > 0);
    let courtesy = best(true);
    let best = best(false);
    let kind = when::kind_in(text, language);
    let has_day = kind.is_some_and(|kind| kind != Kind::Asap);
    // "No, that's all, thanks" says no to whatever was asked.
    let says_no = matches!(said.first(), Some(&("no" | "nope" | "nah" | "non")));
    match (best, courtesy) {
        (None, Some(courtesy))
            if says_no
                && kind.is_none()
                && matches!(courtesy.intent, Intent::Goodbye | Intent::Thanks) =>
        {
            Intent::No
        }
        // Something is broken, and it is urgent: that goes before the wish that somebody comes.
        (Some(wish), _)
            if wish.intent == Intent::Appointment
                && !has_day
                && (kind == Some(Kind::Asap) || is_urgent)
                && has(Intent::Support) =>
        {
            Intent::Support
        }
        // "Somebody to come and give me an estimate on tuesday".
        (Some(price), _)
            if price.intent == Intent::Pricing
                && has_day
                && has(Intent::Appointment)
                && !asks_amount(&said) =>
        {
            Intent::Appointment
        }
        // "That works for me" without a day is an answer, with one a wish.
        (Some(wish), Some(answer))
            if wish.intent == Intent::Appointment
                && answer.is_pattern
                && kind.is_none()
                && wish.points <= answer.points + 3 =>
        {
            answer.intent
        }
        // "Do you have anything on friday?" asks for an appointment, "tomorrow at noon if you're open" too.
        (Some(hint), _)
            if has_day && !hint.is_pattern && hint.points <= WEAK && gives_way(hint.intent) =>
        {
            Intent::Appointment
        }
        (Some(best), _) => best.intent,
        // "Would tuesday at 2 work?": who names a day or time, and nothing else that we know, wants it.
        (None, courtesy)
            if kind.is_some()
                && courtesy.is_none_or(|courtesy| {
                    let is_word = !courtesy.is_pattern && courtesy.points <= WEAK;
                    match courtesy.intent {
                        Intent::Greeting => true,
                        Intent::Yes => has_day,
                        _ => is_word,
                    }
                }) =>
        {
            Intent::Appointment
        }
        (None, Some(courtesy)) => courtesy.intent,
        (None, None) => Intent::Unknown,
    }
}

/// Without what is no wish: "two hours" are not the opening hours, and "if you are open" asks nothing.
fn without_asides<'a>(said: &[&'a str], words: &Words) -> Vec<&'a str> {
    let mut kept = Vec::with_capacity(said.len());
    let mut at = 0;
    while at < said.len() {
        let rest = &said[at..];
        if let Some(aside) = words.asides.iter().find(|aside| matches_at(aside, rest)) {
            at += aside.split(' ').count();
            continue;
        }
        let is_count = is_number(said[at]) && rest.get(1).is_some_and(|next| HOURS.contains(next));
        if !is_count {
            kept.push(said[at]);
        }
        at += if is_count { 2 } else { 1 };
    }
    kept
}

/// What is counted in "two hours", and in French told of the clock.
const HOURS: &[&str] = &["hour", "hours", "hrs", "heure", "heures", "hora", "horas"];

fn is_number(word: &str) -> bool {
    const NUMBERS: &[&str] = &[
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "few",
        "couple",
        "un",
        "une",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "onze",
        "douze",
        "treize",
        "quatorze",
        "quinze",
        "seize",
        "vingt",
        "quelques",
        "prochaines",
        "an",
        "half",
        "media",
        "una",
        "dos",
        "tres",
        "cuatro",
        "cinco",
        "seis",
        "siete",
        "ocho",
        "nueve",
        "diez",
        "once",
        "doce",
        "catorce",
        "unas",
    ];
    word.bytes().all(|byte| byte.is_ascii_digit()) || NUMBERS.contains(&word)
}

/// Whether the amount itself is asked for.
fn asks_amount(said: &[&str]) -> bool {
    let asks = [
        "how", "whats", "what", "cost*", "charge*", "combien", "coute*", "prix", "cuanto",
        "cuesta*", "precio*", "cobran",
    ];
    said.iter()
        .any(|word| asks.iter().any(|ask| is_word(ask, word)))
}

fn gives_way(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Services | Intent::Location | Intent::Support
    )
}

/// What takes precedence whatever the points.
fn settle(scored: &mut Vec<Scored>) {
    let points = |scored: &[Scored], wanted: Intent| {
        scored
            .iter()
            .find(|scored| scored.intent == wanted)
            .map_or(0, |scored| scored.points)
    };
    let has_pattern = |scored: &[Scored], wanted: Intent| {
        scored
            .iter()
            .any(|scored| scored.intent == wanted && scored.is_pattern)
    };
    // Who asks when the appointment is wants no new one, nor the opening hours.
    if has_pattern(scored, Intent::Find) {
        scored.retain(|scored| {
            !matches!(
                scored.intent,
                Intent::Appointment | Intent::Hours | Intent::Confirm
            )
        });
    }
    // Who moves, cancels or confirms an appointment mentions it, but wants no new one.
    let changes = [Intent::Reschedule, Intent::Cancel, Intent::Confirm];
    if scored.iter().any(|scored| changes.contains(&scored.intent)) {
        scored.retain(|scored| scored.intent != Intent::Appointment);
    }
    // "Cancel tuesday and give me another day" moves it.
    if has_pattern(scored, Intent::Reschedule) {
        scored.retain(|scored| scored.intent != Intent::Cancel);
    }
    // "The manager can call me" leaves a message; the manager is not wanted now.
    let (message, human) = (
        points(scored, Intent::Message),
        points(scored, Intent::Human),
    );
    if has_pattern(scored, Intent::Message) && human <= message + PATTERN {
        scored.retain(|scored| scored.intent != Intent::Human);
    }
    // "Thanks, bye" is the end, however many thanks there are.
    if scored.iter().any(|scored| scored.intent == Intent::Goodbye) {
        scored.retain(|scored| scored.intent != Intent::Thanks);
    }
}

fn scored(intent: Intent, phrases: &[&str], said: &[&str], words: &Words) -> Scored {
    let weak: usize = phrases.iter().map(|phrase| score(phrase, said)).sum();
    let patterns = words
        .patterns
        .iter()
        .filter(|(of, _)| *of == intent)
        .flat_map(|(_, patterns)| patterns.iter());
    let (mut strong, mut further, mut plain) = (0, 0, 0);
    for pattern in patterns {
        let points = pattern_score(pattern, said, words);
        if points == 0 {
        } else if pattern.starts_with('^') {
            further += usize::from(strong > 0);
            strong = strong.max(points);
        } else {
            plain += points;
        }
    }
    Scored {
        intent,
        points: weak + plain + strong + further.min(3) * FURTHER_PATTERN,
        is_pattern: strong > 0,
    }
}

fn pattern_score(pattern: &str, said: &[&str], words: &Words) -> usize {
    if let Some(hint) = pattern.strip_prefix('?') {
        return usize::from(pattern_score(hint, said, words) > 0);
    }
    if pattern.starts_with('=') {
        return score(pattern, said);
    }
    let (bonus, phrase) = pattern
        .strip_prefix('^')
        .map_or((0, pattern), |phrase| (PATTERN, phrase));
    // Most patterns fail here already, at their first word.
    let first = phrase.split(' ').next().unwrap_or_default();
    if !first.starts_with('@') && !said.iter().any(|word| is_word(first, word)) {
        return 0;
    }
    let tokens: Vec<&str> = phrase.split(' ').collect();
    let occurs = (0..said.len()).any(|at| follows(&tokens, &said[at..], words));
    let literal = tokens.iter().filter(|token| **token != "..").count();
    if occurs { bonus + 3 * literal - 1 } else { 0 }
}

/// Whether the tokens of a pattern stand at the beginning of what was said.
fn follows(tokens: &[&str], said: &[&str], words: &Words) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return true;
    };
    if *token == ".." {
        return (0..=GAP.min(said.len())).any(|skipped| follows(rest, &said[skipped..], words));
    }
    let Some((word, after)) = said.split_first() else {
        return false;
    };
    let is_it = match token.strip_prefix('@') {
        Some(name) => {
            let class = words.classes.iter().find(|(of, _)| *of == name);
            class.is_some_and(|(_, members)| members.iter().any(|member| is_word(member, word)))
        }
        None => is_word(token, word),
    };
    is_it && follows(rest, after, words)
}

/// The points of a phrase: 2 for a word, 5 for two in a row, 8 for three; nothing if it does not occur.
/// `=` before a phrase wants it to be the whole utterance, `*` behind a word lets it end in any way, and `!` before a
/// word takes any other word. A `?` before a phrase makes it a mere hint, worth 1. In the patterns `^` makes a phrase
/// worth [`PATTERN`] more, `..` is a gap, and `@name` any word of a class.
pub(super) fn score(phrase: &str, said: &[&str]) -> usize {
    if let Some(hint) = phrase.strip_prefix('?') {
        return (0..said.len())
            .any(|at| matches_at(hint, &said[at..]))
            .into();
    }
    if let Some(whole) = phrase.strip_prefix('=') {
        let is_all = whole.split(' ').count() == said.len() && matches_at(whole, said);
        return if is_all { 9 } else { 0 };
    }
    let occurs = (0..said.len()).any(|at| matches_at(phrase, &said[at..]));
    if occurs {
        3 * phrase.split(' ').count() - 1
    } else {
        0
    }
}

pub(super) fn matches_at(phrase: &str, said: &[&str]) -> bool {
    let mut said = said.iter();
    phrase
        .split(' ')
        .all(|wanted| said.next().is_some_and(|word| is_word(wanted, word)))
}

fn is_word(wanted: &str, word: &str) -> bool {
    match (wanted.strip_suffix('*'), wanted.strip_prefix('!')) {
        (Some(stem), _) => word.starts_with(stem),
        (_, Some(other)) => word != other,
        (None, None) => word == wanted,
    }
}
