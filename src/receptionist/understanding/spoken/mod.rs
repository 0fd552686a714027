//! Digits and letters as people speak them: phone numbers and confirmation codes, in three languages.
//!
//! Recognisers write them in every way: "514-555-0142", "five one four double five five", "cinq cent quatorze",
//! "a as in alpha". All of it becomes *signs* (digits, letters), with words that belong to dictation left out
//! ("area code", "tiret", "um") and any other word a break.
mod tables;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_heard_however_it_is_spoken() {
        for (text, language, number) in [
            ("514-555-0142", Language::En, "+15145550142"),
            ("+1 (514) 555-0142", Language::En, "+15145550142"),
            ("1 514 555 0142", Language::Fr, "+15145550142"),
            (
                "my number is five one four five five five oh one four two",
                Language::En,
                "+15145550142",
            ),
            (
                "five one four triple five zero one forty two",
                Language::En,
                "+15145550142",
            ),
            (
                "area code five fourteen then five fifty five um oh one four two",
                Language::En,
                "+15145550142",
            ),
            (
                "five one four double five five zero one four two please",
                Language::En,
                "+15145550142",
            ),
            (
                "it's one eight hundred five five five two three six eight",
                Language::En,
                "+18005552368",
            ),
            (
                "it's 514 555 0143 no sorry 514 555 0142",
                Language::En,
                "+15145550142",
            ),
            ("514 555 0142 extension 12", Language::En, "+15145550142"),
            (
                "i live at 24 maple street my number is 514 555 0142",
                Language::En,
                "+15145550142",
            ),
            (
                "c'est le cinq cent quatorze, cinq cent cinquante-cinq, zéro un quarante-deux",
                Language::Fr,
                "+15145550142",
            ),
            (
                "quatre cent trente-huit huit cent quatre-vingt-dix-neuf soixante-dix-huit douze",
                Language::Fr,
                "+14388997812",
            ),
            (
                "cinq un quatre euh cinq cinq cinq tiret zéro un quatre deux",
                Language::Fr,
                "+15145550142",
            ),
            (
                "mi número es el quinientos catorce, quinientos cincuenta y cinco, cero uno cuarenta y dos",
                Language::Es,
                "+15145550142",
            ),
            (
                "es el cinco uno cuatro cinco cinco cinco cero uno cuatro dos",
                Language::Es,
                "+15145550142",
            ),
            (
                "ochocientos veintitrés, cuatro cincuenta y seis, doce noventa",
                Language::Es,
                "+18234561290",
            ),
            ("+52 55 1234 5678", Language::Es, "+525512345678"),
        ] {
            let heard = phone_in(text, language);
            assert_eq!(heard.as_ref().map(E164::as_str), Some(number), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_phone_number_is_none() {
        for text in [
            "",
            "555 0142",
            "tuesday at ten",
            "0145550142",
            "five one four",
            "014 155 0142",
            "+1 111 111 1111",
            "12345678901234567890",
        ] {
            for language in [Language::En, Language::Fr, Language::Es] {
                assert_eq!(phone_in(text, language), None, "{text:?}");
            }
        }
    }

    #[test]
    fn digits_are_put_together() {
        for (text, language, digits) in [
            ("one two three", Language::En, Some("123")),
            ("it's double oh seven", Language::En, Some("007")),
            ("42 15", Language::En, Some("4215")),
            ("quatre-vingt-douze", Language::Fr, Some("92")),
            ("dix-sept trente et un", Language::Fr, Some("1731")),
            ("treinta y uno veinte", Language::Es, Some("3120")),
            ("nothing", Language::En, None),
        ] {
            assert_eq!(digits_in(text, language).as_deref(), digits, "{text:?}");
        }
    }

    #[test]
    fn a_code_is_heard_however_it_is_spelled() {
        let is_code = |code: &str| {
            code.len() == 6
                && code
                    .bytes()
                    .all(|sign| b"AFHKLMRTWXY2345679".contains(&sign))
        };
        for (text, language, code) in [
            ("AFH234", Language::En, Some("AFH234")),
            ("it's afh 234", Language::En, Some("AFH234")),
            ("my code is a f h 2 3 4", Language::En, Some("AFH234")),
            ("A-F-H-2-3-4 please", Language::En, Some("AFH234")),
            (
                "a as in alpha f as in frank h like hotel two three four",
                Language::En,
                Some("AFH234"),
            ),
            (
                "alpha foxtrot hotel two three four",
                Language::En,
                Some("AFH234"),
            ),
            (
                "a for apple s as in frank aitch twenty three four",
                Language::En,
                Some("AFH234"),
            ),
            (
                "um double u ex why double five nine",
                Language::En,
                Some("WXY559"),
            ),
            ("kay seven em to are ex", Language::En, Some("K7M2RX")),
            (
                "double u w x double five nine",
                Language::En,
                Some("WWX559"),
            ),
            (
                "a comme alain f comme françois h comme hélène deux trois quatre",
                Language::Fr,
                Some("AFH234"),
            ),
            (
                "c'est double v x i grec cinq cinq neuf",
                Language::Fr,
                Some("WXY559"),
            ),
            ("a efe hache dos tres cuatro", Language::Es, Some("AFH234")),
            (
                "a de ana f de francia h de hugo dos treinta y cuatro",
                Language::Es,
                Some("AFH234"),
            ),
            (
                "doble u equis i griega doble cinco nueve",
                Language::Es,
                Some("WXY559"),
            ),
            ("i don't have it", Language::En, None),
            ("tomorrow", Language::En, None),
            ("", Language::Fr, None),
        ] {
            assert_eq!(
                code_in(text, language, is_code).as_deref(),
                code,
                "{text:?}"
            );
        }
    }
}
