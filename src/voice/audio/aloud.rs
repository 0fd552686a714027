//! How words are written for a model that reads what stands there.
//!
//! The fast model does not spell out digits: a telephone number comes out as millions. Dates and amounts are words
//! already where they are made; numbers to dial are not, because they are read on a screen as well.
use std::borrow::Cow;

/// The text with telephone numbers digit by digit, in the groups in which they are spoken.
pub(super) fn aloud(text: &str) -> Cow<'_, str> {
    let mut said = String::new();
    let mut rest = text;
    while let Some(at) =
        rest.find(|letter: char| letter == '+' || letter == '(' || letter.is_ascii_digit())
    {
        let (before, run) = rest.split_at(at);
        let run = &run[..length_of_run(run)];
        said.push_str(before);
        match telephone(run, before.chars().next_back()) {
            Some(digits) => said.push_str(&digits),
            None => said.push_str(run),
        }
        rest = &rest[at + run.len()..];
    }
    if said.is_empty() {
        return Cow::Borrowed(text);
    }
    said.push_str(rest);
    Cow::Owned(said)
}

/// Up to the last digit of digits and what stands between those of a number.
fn length_of_run(text: &str) -> usize {
    let is_within = |letter: char| {
        letter.is_ascii_digit() || matches!(letter, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '+')
    };
    let end = text.find(|letter| !is_within(letter)).unwrap_or(text.len());
    let last_digit = text[..end].rfind(|letter: char| letter.is_ascii_digit());
    // One letter at least, so that the search goes on behind it.
    last_digit.map_or(1, |last| last + 1)
}

/// A number of North America, said in its groups; nothing else has as many digits.
fn telephone(run: &str, before: Option<char>) -> Option<String> {
    let digits: Vec<char> = run.chars().filter(char::is_ascii_digit).collect();
    let national = match digits.as_slice() {
        ['1', national @ ..] if national.len() == 10 => national,
        national if national.len() == 10 => national,
        _ => return None,
    };
    // An area code begins with 2 at least; a code or an amount with as many digits would not be read in groups.
    let is_number = !matches!(national[0], '0' | '1')
        && !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '$');
    let group = |from: usize, to: usize| {
        let letters = national[from..to].iter().map(char::to_string);
        letters.collect::<Vec<_>>().join(" ")
    };
    is_number.then(|| format!("{}, {}, {}", group(0, 3), group(3, 6), group(6, 10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_to_dial_are_said_digit_by_digit() {
        for number in [
            "+15145550142",
            "514-555-0142",
            "(514) 555-0142",
            "1 514 555 0142",
            "514.555.0142",
        ] {
            let text = format!("Call {number}, please.");
            assert_eq!(
                aloud(&text),
                "Call 5 1 4, 5 5 5, 0 1 4 2, please.",
                "{number}"
            );
        }
        assert_eq!(aloud("5145550142."), "5 1 4, 5 5 5, 0 1 4 2.");
    }

    #[test]
    fn other_digits_stay_as_they_are() {
        for text in [
            "",
            "Hello.",
            "At 14:30.",
            "$129.50 (plus tax)",
            "12 345 678 $",
            "2026-11-21",
            "Code 1145550142",
            "B5145550142",
            "+",
            "(",
            "a + b (c)",
            "2 (or 3)",
            "12345678901234",
            "+33 1 23 45 67 89",
            "café 3 à 5",
        ] {
            assert_eq!(aloud(text), text);
        }
    }
}
