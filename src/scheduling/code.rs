//! Confirmation codes: short, and told apart when they are spoken, typed or read.
use crate::kernel::random;

/// Without what looks or sounds alike in English, French or Spanish (O and 0, I and 1, B and 8; B, C, D, E, G, P, T, V
/// and Z; M and N; F and S).
const LETTERS: &[u8] = b"AFHKLMRTWXY2345679";
const LENGTH: usize = 6;

/// One of 34 million.
pub fn new() -> String {
    random::of(LETTERS, LENGTH)
}

/// The code in what somebody said or typed (`a-f h 2 3 4`); None when it cannot be one.
pub fn read(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let is_code = code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
    is_code.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_again_however_it_is_spelled() {
        let code = new();
        assert_eq!(code.len(), LENGTH);
        assert_eq!(read(&code.to_lowercase()), Some(code.clone()));
        let spelled: Vec<String> = code.chars().map(String::from).collect();
        assert_eq!(read(&spelled.join("-")), Some(code));
        for text in ["", "AFH23", "AFH2345", "AFH23O", "tomorrow"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
