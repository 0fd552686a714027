//! How a text is cut into the segments that carriers count.
//!
//! For previews and limits only: what is billed is `num_segments` of Twilio's answer. One letter outside the old GSM
//! alphabet (`ç`, `ê`, `’`, an emoji) more than halves what fits, so it is worth showing before sending.

/// How the letters of a text travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a letter, for texts within the GSM 03.38 alphabet.
    Gsm7,
    /// Sixteen bits a letter, for all others.
    Ucs2,
}

/// The length of a text as carriers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub encoding: Encoding,
    /// Letters of seven bits, or units of sixteen.
    pub units: u32,
    /// At least one: an empty text is still a message.
    pub segments: u32,
}

/// GSM 03.38 without its escape; what is not in here nor in [`GSM7_ESCAPED`] makes the whole text UCS-2.
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Written with an escape before them: they count double.
const GSM7_ESCAPED: &str = "^{}\\[~]|€";

/// Counts the segments of a text.
pub fn count(text: &str) -> Segments {
    match text.chars().map(gsm7_units).collect::<Option<Vec<_>>>() {
        Some(letters) => cut(Encoding::Gsm7, letters.into_iter(), 160, 153),
        None => {
            let letters = text
                .chars()
                .map(|letter| u32::from(letter.len_utf16() == 2) + 1);
            cut(Encoding::Ucs2, letters, 70, 67)
        }
    }
}

fn gsm7_units(letter: char) -> Option<u32> {
    match letter {
        _ if GSM7.contains(letter) => Some(1),
        _ if GSM7_ESCAPED.contains(letter) => Some(2),
        _ => None,
    }
}

/// A text that needs several parts loses some of each to the header that joins them, and no letter of two units is torn.
fn cut(
    encoding: Encoding,
    letters: impl Iterator<Item = u32> + Clone,
    alone: u32,
    part: u32,
) -> Segments {
    let units = letters.clone().sum();
    if units <= alone {
        return Segments {
            encoding,
            units,
            segments: 1,
        };
    }
    let (segments, _) = letters.fold((1, 0), |(segments, filled), letter| match filled + letter {
        fits if fits <= part => (segments, fits),
        _ => (segments + 1, letter),
    });
    Segments {
        encoding,
        units,
        segments,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        text: String,
        encoding: String,
        characters: u32,
        segments: u32,
    }

    #[test]
    fn every_text_is_counted_as_by_twilios_own_calculator() {
        let data: Vectors =
            serde_json::from_str(include_str!("../../../tests/data/twilio/sms_segments.json"))
                .unwrap();
        assert!(!data.vectors.is_empty());
        for vector in data.vectors {
            let counted = count(&vector.text);
            let encoding = if vector.encoding == "GSM-7" {
                Encoding::Gsm7
            } else {
                Encoding::Ucs2
            };
            assert_eq!(
                (counted.encoding, counted.segments),
                (encoding, vector.segments),
                "{}",
                vector.text
            );
            // The calculator counts an emoji as one character, which says nothing about what fits.
            if encoding == Encoding::Gsm7 {
                assert_eq!(counted.units, vector.characters, "{}", vector.text);
            }
        }
    }

    #[test]
    fn a_letter_of_two_units_moves_to_the_next_segment_as_a_whole() {
        // 152 + 2 do not fit into 153, so the euro sign starts the second part and the third is needed.
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(152));
        assert_eq!(
            count(&text),
            Segments {
                encoding: Encoding::Gsm7,
                units: 306,
                segments: 3
            }
        );
    }
}
