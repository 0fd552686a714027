//! The one place where what nobody may guess comes from.
use aws_lc_rs::rand;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Bytes that nobody can guess.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}

/// Letters and digits, each of 62 equally likely.
pub fn base62(length: usize) -> String {
    of(BASE62, length)
}

/// Of these letters, of which there are at most 256, each equally likely.
pub fn of(letters: &[u8], length: usize) -> String {
    // What is over a whole multiple would make the first letters likelier.
    let fair = 256 - 256 % letters.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<64>() {
            if usize::from(byte) < fair && text.len() < length {
                text.push(char::from(letters[usize::from(byte) % letters.len()]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_comes_up_and_no_text_comes_twice() {
        let text = base62(10_000);
        assert!(BASE62.iter().all(|byte| text.as_bytes().contains(byte)));
        assert_eq!(base62(32).len(), 32);
        assert_ne!(base62(32), base62(32));
    }
}
