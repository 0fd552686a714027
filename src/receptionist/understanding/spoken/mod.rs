//! Digits and letters as people speak them: phone numbers and confirmation codes, in three languages.
//!
//! Recognisers write them in every way: "514-555-0142", "five one four double five five", "cinq cent quatorze",
//! "a as in alpha". All of it becomes *signs* (digits, letters), with words that belong to dictation left out
//! ("area code", "tiret", "um") and any other word a break.
mod tables;
#[cfg(test)]
mod tests;

use crate::kernel::language::Language;
use crate::kernel::phone::E164;
use crate::receptionist::plain::plain;
use tables::{Role, role_of};

/// Longer texts are judged by their beginning.
const LONGEST_READ: usize = 600;

/// A code is a few words; more spans than this are not tried.
const MOST_UNITS: usize = 24;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sign {
    Digits(String),
    Letter(char),
    /// Any other word as it was written; part of a code perhaps ("AFH").
    Word(String),
}

/// The phone number that was said or typed. North American numbers come without their country; others begin with a
/// plus. Of several the last, because people correct themselves.
pub fn phone_in(text: &str, language: Language) -> Option<E164> {
    let text: String = text.chars().take(LONGEST_READ).collect();
    if let Some(number) = typed_with_plus(&text) {
        return Some(number);
    }
    let mut runs = vec![String::new()];
    for sign in signs(&text, language, false) {
        match (sign, runs.last_mut()) {
            (Sign::Digits(digits), Some(run)) => run.push_str(&digits),
            (_, Some(run)) if run.is_empty() => {}
            _ => runs.push(String::new()),
        }
    }
    runs.iter().rev().find_map(|digits| north_american(digits))
}

/// "+52 55 1234 5678", written with its country.
fn typed_with_plus(text: &str) -> Option<E164> {
    let (_, rest) = text.split_once('+')?;
    let digits: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || " -.()".contains(*c))
        .filter(char::is_ascii_digit)
        .collect();
    match north_american(&digits) {
        Some(number) => Some(number),
        // One of North America that cannot exist is no number at all.
        None if digits.starts_with('1') => None,
        None => format!("+{digits}").parse().ok(),
    }
}

/// Ten digits, or eleven with the country's 1; areas and exchanges begin with 2 to 9.
fn north_american(digits: &str) -> Option<E164> {
    let national = match digits.len() {
        10 => digits,
        11 => digits.strip_prefix('1')?,
        _ => return None,
    };
    let begins_well = |at: usize| matches!(national.as_bytes()[at], b'2'..=b'9');
    (begins_well(0) && begins_well(3)).then(|| format!("+1{national}").parse().ok())?
}

/// The digits of an utterance that is nothing but digits and the words of dictation ("my pin is one two double three").
pub fn digits_in(text: &str, language: Language) -> Option<String> {
    let text: String = text.chars().take(LONGEST_READ).collect();
    let mut all = String::new();
    for sign in signs(&text, language, false) {
        match sign {
            Sign::Digits(digits) => all.push_str(&digits),
            Sign::Letter(_) => return None,
            Sign::Word(_) if all.is_empty() => {}
            Sign::Word(_) => break,
        }
    }
    (!all.is_empty()).then_some(all)
}

/// The code that was spelled, in capitals. What is a code only its owner knows: `is_code` is asked about every run of
/// signs, and one that was spelled sign by sign or has a digit goes before a plain word that looks like a code.
pub fn code_in(text: &str, language: Language, is_code: impl Fn(&str) -> bool) -> Option<String> {
    let text: String = text.chars().take(LONGEST_READ).collect();
    let units: Vec<String> = signs(&text, language, true)
        .into_iter()
        .map(|sign| match sign {
            Sign::Digits(digits) => digits,
            Sign::Letter(letter) => letter.to_string(),
            Sign::Word(word) => word,
        })
        .map(|unit| unit.to_ascii_uppercase())
        .collect();
    let mut fallback = None;
    for start in 0..units.len() {
        let mut code = String::new();
        for (count, unit) in units[start..].iter().take(MOST_UNITS).enumerate() {
            code.push_str(unit);
            if !is_code(&code) {
                continue;
            }
            if count > 0 || code.bytes().any(|sign| sign.is_ascii_digit()) {
                return Some(code);
            }
            fallback.get_or_insert_with(|| code.clone());
        }
    }
    fallback
}

/// What was said, sign by sign. In a `code` letters have names, and "to" and "for" are digits.
fn signs(text: &str, language: Language, code: bool) -> Vec<Sign> {
    let said = plain(text);
    let words: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let mut signs: Vec<Sign> = Vec::new();
    let mut times = 1;
    let mut at = 0;
    while at < words.len() {
        let (role, length) = role_of(&words[at..], language, code);
        at += length;
        let sign = match role {
            Role::Repeat(count) => {
                times = count;
                continue;
            }
            Role::AsIn => {
                // "F as in Frank": the word says which letter it was, whatever was heard before.
                let Some(word) = words.get(at) else { continue };
                let letter = word.chars().next().filter(char::is_ascii_alphabetic);
                if let (Some(letter), Some(Sign::Letter(before))) = (letter, signs.last_mut()) {
                    *before = letter;
                    at += 1;
                } else if let (Some(letter), Some(Sign::Word(_))) = (letter, signs.last())
                    && code
                {
                    signs.pop();
                    signs.push(Sign::Letter(letter));
                    at += 1;
                }
                continue;
            }
            Role::Filler => continue,
            Role::Number(value) => {
                let (value, more) = composed(value, &words[at..], language);
                at += more;
                Sign::Digits(value.to_string())
            }
            Role::Digits => Sign::Digits(words[at - 1].to_owned()),
            Role::Letter(letter) => Sign::Letter(letter),
            Role::Hundred | Role::And | Role::Word => Sign::Word(words[at - length..at].concat()),
        };
        for _ in 0..std::mem::replace(&mut times, 1) {
            signs.push(sign.clone());
        }
    }
    signs
}

/// A number with the words that belong to it ("five hundred fourteen", "quatre vingt dix", "cuarenta y dos"), and how
/// many they are. Each such number is spoken of the digits that it has: "fifty five forty two" is 5542.
fn composed(first: u32, rest: &[&str], language: Language) -> (u32, usize) {
    let role = |at: usize| {
        rest.get(at..)
            .filter(|rest| !rest.is_empty())
            .map(|rest| role_of(rest, language, false))
    };
    let mut value = first;
    let mut used = 0;
    if (1..=9).contains(&value)
        && let Some((Role::Hundred, length)) = role(used)
    {
        value *= 100;
        used += length;
    }
    // "Cent", "ciento" and "quinientos" are hundreds of their own.
    if value >= 100 && value.is_multiple_of(100) {
        let after_and = match role(used) {
            Some((Role::And, length)) => used + length,
            _ => used,
        };
        return match role(after_and) {
            // "Eight hundred, five five five" is not 805.
            Some((Role::Number(1..=9), length))
                if matches!(role(after_and + length), Some((Role::Number(0..=9), _))) =>
            {
                (value, used)
            }
            Some((Role::Number(below @ 1..=99), length)) => {
                let (below, more) = below_hundred(below, &rest[after_and + length..], language);
                (value + below, after_and + length + more)
            }
            _ => (value, used),
        };
    }
    let (value, more) = below_hundred(value, &rest[used..], language);
    (value, used + more)
}

fn below_hundred(tens: u32, rest: &[&str], language: Language) -> (u32, usize) {
    let role = |at: usize| {
        rest.get(at..)
            .filter(|rest| !rest.is_empty())
            .map(|rest| role_of(rest, language, false))
    };
    let limit = match (language, tens) {
        // "Soixante-quinze", "quatre-vingt-dix-neuf"; "dix-sept".
        (Language::Fr, 60 | 80) => 19,
        (Language::Fr, 10) => 9,
        (_, 20 | 30 | 40 | 50 | 60 | 70 | 80 | 90) => 9,
        _ => return (tens, 0),
    };
    let after_and = match role(0) {
        Some((Role::And, length)) if language != Language::En => length,
        _ => 0,
    };
    match role(after_and) {
        Some((Role::Number(units), length))
            if (1..=limit).contains(&units) && !(tens == 10 && units < 7) =>
        {
            let used = after_and + length;
            if language == Language::Fr && units == 10 {
                let (units, more) = below_hundred(10, &rest[used..], language);
                return (tens + units, used + more);
            }
            (tens + units, used)
        }
        _ => (tens, 0),
    }
}
