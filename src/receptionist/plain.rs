//! What people type, reduced to plain lower-case words, so that tables of words can be short.
//!
//! A hand-written part of Unicode's compatibility folding (NFKC): what phones, keyboards and "fancy text" makers
//! really produce. Full-width, circled and mathematical letters become ordinary ones, accents go, invisible
//! characters vanish, and everything that is no letter or digit separates words.

/// The words of a text: lower case, without accents, punctuation, emoji or links, separated by one space.
pub fn plain(text: &str) -> String {
    let without_links: String = text
        .split_whitespace()
        .filter(|word| !is_link(word))
        .flat_map(|word| [word, " "])
        .collect();
    let letters: Vec<char> = without_links
        .chars()
        .filter(|c| !is_invisible(*c))
        .flat_map(fold)
        .collect();
    let mut words = String::with_capacity(letters.len());
    let mut rest = letters.as_slice();
    for run in letters.chunk_by(|one, next| one == next) {
        rest = &rest[run.len()..];
        let letter = run[0];
        if letter.is_alphanumeric() {
            words.extend(&run[..kept_of(run)]);
        } else if letter == '\'' && run.len() == 1 && joins(rest) {
            // "don't" is "dont".
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.trim().to_owned()
}

/// One character as plain characters.
fn fold(c: char) -> impl Iterator<Item = char> {
    let ordinary = ordinary(c);
    let spelled = match ordinary {
        'À'..='Å' | 'à'..='å' | 'ā' | 'ª' => "a",
        'Ç' | 'ç' => "c",
        'È'..='Ë' | 'è'..='ë' | 'ē' => "e",
        'Ì'..='Ï' | 'ì'..='ï' | 'ī' | 'ı' => "i",
        'Ñ' | 'ñ' => "n",
        'Ò'..='Ö' | 'ò'..='ö' | 'ō' | 'º' => "o",
        'Ù'..='Ü' | 'ù'..='ü' | 'ū' => "u",
        'Ÿ' | 'ÿ' | 'ý' => "y",
        'Œ' | 'œ' => "oe",
        'Æ' | 'æ' => "ae",
        'ß' => "ss",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        '’' | '‘' | 'ʼ' | '`' | '´' | '′' => "'",
        _ => "",
    };
    let kept = spelled
        .is_empty()
        .then(|| ordinary.to_lowercase())
        .into_iter()
        .flatten();
    spelled.chars().chain(kept)
}

/// The ordinary letter behind a full-width, circled, squared or mathematical one.
fn ordinary(c: char) -> char {
    let code = u32::from(c);
    let letter = |index: u32| char::from_u32(u32::from('a') + index % 26).unwrap_or(c);
    match code {
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x24B6..=0x24E9 => letter(code - 0x24B6),
        0x1F130..=0x1F149 => letter(code - 0x1F130),
        0x1F150..=0x1F169 => letter(code - 0x1F150),
        0x1F170..=0x1F189 => letter(code - 0x1F170),
        // Thirteen alphabets of 26 capitals and 26 small letters each, without a gap in the numbering.
        0x1D400..=0x1D6A3 => letter(code - 0x1D400),
        _ => c,
    }
}

/// Marks that show nothing (zero width, direction, variation) and accents that stand apart from their letter.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0xAD | 0x300..=0x36F | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF)
}

fn is_link(word: &str) -> bool {
    let start: String = word.chars().take(8).flat_map(char::to_lowercase).collect();
    ["http://", "https://", "www."]
        .iter()
        .any(|scheme| start.starts_with(scheme))
}

/// How many of equal characters stay: of three and more letters ("heyyy", "hellooo") one, because no word needs two there.
fn kept_of(run: &[char]) -> usize {
    match run {
        [letter, _, _, ..] if letter.is_alphabetic() => 1,
        _ => run.len(),
    }
}

/// Whether an apostrophe with this behind it is an English contraction, which people also write without it
/// ("don't", "whats"). French elisions ("l'heure") are two words.
fn joins(rest: &[char]) -> bool {
    // The longest of them and one more: what is longer is none of them.
    let end = rest.iter().take_while(|c| c.is_alphabetic()).take(3);
    let end: String = end.collect();
    matches!(end.as_str(), "t" | "s" | "m" | "d" | "re" | "ve" | "ll")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_people_type_becomes_plain_words() {
        for (typed, expected) in [
            ("  STOP!! ", "stop"),
            ("ＳＴＯＰ", "stop"),
            ("𝗦𝗧𝗢𝗣", "stop"),
            ("Ⓢⓣⓞⓟ", "stop"),
            ("ARRE\u{302}T", "arret"),
            ("Désabonner", "desabonner"),
            ("DE\u{301}SABONNER", "desabonner"),
            ("st\u{200b}op\u{feff}", "stop"),
            ("Don’t, I'm sure you're open", "dont im sure youre open"),
            ("à quelle heure l’ouverture?", "a quelle heure l ouverture"),
            ("Cœur ¿Cuánto?", "coeur cuanto"),
            ("heyyyy hellooo", "hey hello"),
            ("too 2000 aaa111", "too 2000 a111"),
            ("don''t", "don t"),
            ("rendez-vous", "rendez vous"),
            ("look https://example.com/a?b=c www.x.ca", "look"),
            ("👍👍🏽", ""),
            ("", ""),
        ] {
            assert_eq!(plain(typed), expected, "{typed:?}");
        }
    }

    /// By squares it would take minutes.
    #[test]
    fn a_long_text_takes_no_longer_for_what_stands_in_it() {
        let drawn_out = "A".repeat(200_000);
        let begun = std::time::Instant::now();
        assert_eq!(plain(&drawn_out), "a");
        assert_eq!(plain(&"'".repeat(200_000)), "");
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }

    #[test]
    fn any_mix_of_characters_is_reduced_without_a_panic() {
        let nasty: String = (0..0x3000u32)
            .chain(0x1F000..0x1F700)
            .filter_map(char::from_u32)
            .collect();
        assert!(!plain(&nasty).contains("  "));
    }
}
