//! What an utterance is about: phrases of the tables give points, and a few rules settle what they leave open.
use super::LONGEST_READ;
use super::patterns::{
    PATTERN, follows, is_filler, is_in_class, is_word, length, matches_at, pattern_score, score,
};
use super::when::{self, Kind};
use super::words::{Words, words};
use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;
use crate::receptionist::plain::plain;

/// Each further pattern of the same intent says mostly the same again.
const FURTHER_PATTERN: usize = 1;

/// Points that a hint or a single common word has; a day or time that is named weighs more.
const WEAK: usize = 2;

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
    let idle = without_idle_talk(&said, language, words);
    let is_idle = idle.is_some();
    let said = idle.unwrap_or(said);
    if let Some(answer) = short_answer(&said, words) {
        return answer;
    }
    let mut scored: Vec<Scored> = words
        .intents
        .iter()
        .map(|(intent, phrases)| scored(*intent, phrases, &said, words))
        .filter(|scored| scored.points > 0)
        .collect();
    settle(&mut scored);
    leave_out_misread(&mut scored, &said, words);
    let any_of = |patterns: &[&str]| occurs_any(patterns, &said, words);
    let best = |is_courtesy| {
        scored
            .iter()
            .rev()
            .filter(|scored| scored.intent.is_courtesy() == is_courtesy)
            .max_by_key(|scored| scored.points)
            .copied()
    };
    let has = |intent| has_pattern(&scored, intent);
    let is_urgent = words
        .emergencies
        .iter()
        .any(|phrase| score(phrase, &said) > 0);
    let courtesy = best(true);
    let best = best(false);
    let kind = when::kind_in(text, language).filter(|_| !is_idle);
    let has_day = kind.is_some_and(|kind| kind != Kind::Asap);
    // "No, that's all, thanks" says no to whatever was asked.
    let says_no = matches!(said.first(), Some(&("no" | "nope" | "nah" | "non")));
    let refuses = starts_with_any(words.no_starts, &said, words);
    let is_small_talk = is_idle || any_of(words.small_talk);
    match (best, courtesy) {
        // "I have tomorrow at nine but I'd rather friday at ten."
        (wish, _)
            if wish
                .is_none_or(|wish| matches!(wish.intent, Intent::Appointment | Intent::Find))
                && has_day
                && any_of(words.swaps)
                && !scored
                    .iter()
                    .any(|other| other.is_pattern && asks_about(other.intent)) =>
        {
            Intent::Reschedule
        }
        // "No, that's not what I said."
        (best, _)
            if refuses
                && kind.is_none()
                && best.is_none_or(|best| !best.is_pattern && best.points <= PATTERN) =>
        {
            Intent::No
        }
        (None, courtesy)
            if says_no
                && kind.is_none()
                && !is_small_talk
                && courtesy.is_none_or(|courtesy| courtesy.intent == Intent::No) =>
        {
            Intent::No
        }
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
        // "Do you charge to come and have a look?"
        (Some(wish), _)
            if wish.intent == Intent::Appointment && has(Intent::Pricing) && asks_fee(&said) =>
        {
            Intent::Pricing
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
        // "The one with the red door" says of no thing what it does.
        (Some(hint), _)
            if hint.intent == Intent::Support && hint.points == 1
                || is_small_talk && !hint.is_pattern && hint.points <= WEAK =>
        {
            Intent::Unknown
        }
        // "Do you come out to Laval on friday?", "can you do 8 am?"
        (Some(asked), _)
            if asked.intent == Intent::Services
                && (has_day && has(Intent::Appointment) || kind == Some(Kind::Time)) =>
        {
            Intent::Appointment
        }
        // "Do you work on sundays?"
        (Some(asked), _) if has_day && asked.intent == Intent::Services && has(Intent::Hours) => {
            Intent::Hours
        }
        (Some(best), _) => best.intent,
        // "Would tuesday at 2 work?": who names a day or time, and nothing else that we know, wants it.
        (None, courtesy)
            if kind.is_some()
                && !is_small_talk
                && courtesy.is_none_or(|courtesy| {
                    let is_word = !courtesy.is_pattern && courtesy.points <= WEAK;
                    match courtesy.intent {
                        Intent::Greeting => true,
                        Intent::No => {
                            is_word || has_day && (kind == Some(Kind::Time) || turns(&said))
                        }
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

/// Leaves out what other words of the same utterance show to be misread.
fn leave_out_misread(scored: &mut Vec<Scored>, said: &[&str], words: &Words) {
    let any_of = |patterns: &[&str]| occurs_any(patterns, said, words);
    let has_word = |of: &[&str]| {
        said.iter()
            .any(|word| of.iter().any(|wanted| is_word(wanted, word)))
    };
    if has_pattern(scored, Intent::Appointment) && any_of(words.openings) {
        scored.retain(|scored| scored.intent != Intent::Hours);
    }
    // "Do you work on weekends?"
    if any_of(&["work|working on @day|weekends|holidays|evenings|nights"]) {
        scored.retain(|scored| scored.intent != Intent::Services);
    }
    let has_thing = said.iter().any(|word| is_in_class("thing", word, words));
    if !has_thing && !has_word(&["since", "depuis", "desde"]) && any_of(words.unsuited) {
        scored.retain(|scored| scored.intent != Intent::Support);
    }
    // A place to park is no appointment.
    let asks_place = scored
        .iter()
        .any(|scored| scored.intent == Intent::Location);
    if asks_place && has_word(&["parking", "stationne*", "estacion*"]) {
        scored.retain(|scored| scored.intent != Intent::Appointment);
    }
}

/// Whether a whole pattern of the intent was found, not only words.
fn has_pattern(scored: &[Scored], intent: Intent) -> bool {
    scored
        .iter()
        .any(|scored| scored.intent == intent && scored.is_pattern)
}

fn occurs_any(patterns: &[&str], said: &[&str], words: &Words) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|pattern| pattern_score(pattern, said, words) > 0)
}

/// The intent of an answer that has no words but those of answers.
fn short_answer(said: &[&str], words: &Words) -> Option<Intent> {
    let whole = words.patterns.iter().find(|(intent, patterns)| {
        let is_all = |pattern: &&str| pattern.starts_with('=') && score(pattern, said) > 0;
        intent.is_courtesy() && patterns.iter().any(is_all)
    });
    if let Some((intent, _)) = whole {
        return Some(*intent);
    }
    let is_in = |list: &[&str], word: &str| list.iter().any(|wanted| is_word(wanted, word));
    let (intent, _, _) = words.answers.iter().find(|(_, of_it, around)| {
        said.iter().any(|word| is_in(of_it, word))
            && said
                .iter()
                .all(|word| is_in(of_it, word) || is_in(around, word) || is_filler(word, words))
    })?;
    Some(*intent)
}

/// Without talk of the weather or the traffic and the day that belongs to it, if nothing but that was said.
fn without_idle_talk<'a>(
    said: &[&'a str],
    language: Language,
    words: &Words,
) -> Option<Vec<&'a str>> {
    let mut rest = said.to_vec();
    while let Some((start, end)) = words.idle.iter().find_map(|pattern| {
        let tokens: Vec<&str> = pattern.split(' ').collect();
        (0..rest.len()).find_map(|at| Some((at, at + length(&tokens, &rest[at..], words)?)))
    }) {
        let belongs =
            |word: &&&str| is_in_class("day", word, words) || BESIDE_A_DAY.contains(*word);
        let before = rest[..start].iter().rev().take_while(belongs).count();
        let after = rest[end..].iter().take_while(belongs).count();
        rest.drain(start - before..end + after);
    }
    let is_idle = rest.len() < said.len()
        && !said.iter().any(|word| is_in_class("thing", word, words))
        && !occurs_any(words.earnest, said, words)
        && !words.intents.iter().any(|(intent, phrases)| {
            let scored = scored(*intent, phrases, &rest, words);
            !intent.is_courtesy() && (scored.is_pattern || scored.points > WEAK)
        })
        && when::kind_in(&rest.join(" "), language).is_none();
    is_idle.then_some(rest)
}

/// Words that may stand between the weather and its day.
const BESIDE_A_DAY: &[&str] = &[
    "this", "in", "the", "for", "all", "right", "now", "hui", "ce", "cet", "cette", "apres", "la",
    "le", "de", "en", "au", "esta", "este", "el", "por", "fin", "mucho", "muy", "fuerte",
    "beaucoup", "fort", "hard", "lot", "bit", "isnt", "it", "huh", "hein", "eh", "verdad",
];

/// The plain words of a text, of a long one those of its beginning, so that time is bounded.
fn beginning(text: &str) -> String {
    plain(&text.chars().take(LONGEST_READ).collect::<String>())
}

/// Whether somebody only talks of the weather or the traffic.
pub(super) fn is_idle_talk(text: &str, language: Language) -> bool {
    let said = beginning(text);
    let said: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    without_idle_talk(&said, language, words(language)).is_some()
}

/// Whether a trouble is told of, which then began at the time that is named.
pub(super) fn tells_trouble(text: &str, language: Language) -> bool {
    let said = beginning(text);
    let said: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let words = words(language);
    let phrases = words
        .intents
        .iter()
        .find(|(intent, _)| *intent == Intent::Support);
    phrases.is_some_and(|(intent, phrases)| {
        let scored = scored(*intent, phrases, &said, words);
        scored.is_pattern || scored.points > WEAK
    })
}

fn starts_with_any(patterns: &[&str], said: &[&str], words: &Words) -> bool {
    patterns.iter().any(|pattern| {
        let tokens: Vec<&str> = pattern.split(' ').collect();
        follows(&tokens, said, words)
    })
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
        let is_room = words.rooms.contains(&said[at])
            && rest.get(1).is_some_and(|next| is_room_number(next))
            && !rest.get(2).is_some_and(|next| CLOCK.contains(next));
        if is_room {
            kept.push(said[at + 1]);
            at += 2;
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

/// "300", "12b".
fn is_room_number(word: &str) -> bool {
    let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    !digits.is_empty()
        && word.len() <= digits.len() + 1
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What makes a number a time, not that of a room.
const CLOCK: &[&str] = &[
    "am", "pm", "a", "p", "oclock", "o", "h", "heures", "heure", "hrs",
];

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

/// Whether a refusal goes on to what is wanted: "not today but monday", "friday, no sorry, thursday".
fn turns(said: &[&str]) -> bool {
    let turn = [
        "but", "how", "maybe", "sorry", "wait", "mean", "meant", "rather", "better", "instead",
        "make", "mais", "plutot", "excusez", "pardon", "attendez", "dire", "desole", "desolee",
        "disons", "pero", "mejor", "perdon", "digo", "espere", "sino", "mas", "disculpe",
    ];
    said.iter().any(|word| turn.contains(word))
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

/// Whether it is asked if something is paid for.
fn asks_fee(said: &[&str]) -> bool {
    let asks = [
        "fee", "fees", "charge*", "cost*", "cobra*", "cobro", "cuesta*", "coute*", "couter*",
        "frais", "factur*", "chargez",
    ];
    said.iter()
        .any(|word| asks.iter().any(|ask| is_word(ask, word)))
}

fn asks_about(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Pricing | Intent::Location | Intent::Services | Intent::Human | Intent::Message
    )
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
    // Who wants no more texts must be heard, whatever else the words could mean.
    let opt_out = points(scored, Intent::OptOut);
    if has_pattern(scored, Intent::OptOut) {
        scored
            .retain(|scored| scored.intent == Intent::OptOut || scored.points > opt_out + PATTERN);
    }
    // "Do you offer discounts" is about money.
    if has_pattern(scored, Intent::Pricing) {
        scored.retain(|scored| scored.intent != Intent::Services);
    }
    // "The manager can call me" leaves a message; the manager is not wanted now.
    let (message, human) = (
        points(scored, Intent::Message),
        points(scored, Intent::Human),
    );
    if has_pattern(scored, Intent::Message) && human <= message + PATTERN {
        scored.retain(|scored| scored.intent != Intent::Human);
    }
    // "Talk to you later" wants nobody.
    if has_pattern(scored, Intent::Goodbye) && !has_pattern(scored, Intent::Human) {
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
