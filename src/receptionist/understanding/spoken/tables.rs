//! What words are in dictation, by language.
use crate::kernel::language::Language;

/// What a word (or a few) is to somebody who writes down digits and letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Written in digits.
    Digits,
    Number(u32),
    /// "Hundred", behind a number.
    Hundred,
    And,
    Letter(char),
    /// "Double", "triple".
    Repeat(usize),
    /// The next word begins with the letter that was meant.
    AsIn,
    Filler,
    Word,
}

type Table = &'static [(&'static str, Role)];

/// The role of what these words begin with, and how many words that is.
pub(super) fn role_of(words: &[&str], language: Language, code: bool) -> (Role, usize) {
    let tables: &[Table] = match (language, code) {
        (Language::En, true) => &[ENGLISH, ENGLISH_LETTERS, ALPHABET],
        (Language::En, false) => &[ENGLISH],
        (Language::Fr, true) => &[FRENCH, FRENCH_LETTERS, ALPHABET],
        (Language::Fr, false) => &[FRENCH],
        (Language::Es, true) => &[SPANISH, SPANISH_LETTERS, ALPHABET],
        (Language::Es, false) => &[SPANISH],
    };
    let matches = |phrase: &str| {
        let wanted = phrase.split(' ');
        let length = wanted.clone().count();
        (length <= words.len() && wanted.eq(words[..length].iter().copied())).then_some(length)
    };
    let entries = tables.iter().copied().flatten();
    let best = entries
        .filter_map(|(phrase, role)| matches(phrase).map(|length| (*role, length)))
        .max_by_key(|(_, length)| *length);
    best.unwrap_or_else(|| (unlisted(words[0], code), 1))
}

fn unlisted(word: &str, code: bool) -> Role {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        _ if word.bytes().all(|byte| byte.is_ascii_digit()) => Role::Digits,
        (Some(letter), None) if code && letter.is_ascii_alphabetic() => Role::Letter(letter),
        _ => Role::Word,
    }
}

use Role::{And, AsIn, Filler, Hundred, Letter, Number, Repeat};

#[rustfmt::skip] // Tables: one row per topic.
const ENGLISH: Table = &[
    ("zero", Number(0)), ("oh", Number(0)), ("o", Number(0)), ("one", Number(1)), ("two", Number(2)), ("three", Number(3)), ("four", Number(4)), ("five", Number(5)), ("six", Number(6)), ("seven", Number(7)), ("eight", Number(8)), ("nine", Number(9)),
    ("ten", Number(10)), ("eleven", Number(11)), ("twelve", Number(12)), ("thirteen", Number(13)), ("fourteen", Number(14)), ("fifteen", Number(15)), ("sixteen", Number(16)), ("seventeen", Number(17)), ("eighteen", Number(18)), ("nineteen", Number(19)),
    ("twenty", Number(20)), ("thirty", Number(30)), ("forty", Number(40)), ("fourty", Number(40)), ("fifty", Number(50)), ("sixty", Number(60)), ("seventy", Number(70)), ("eighty", Number(80)), ("ninety", Number(90)), ("hundred", Hundred), ("and", And),
    ("double", Repeat(2)), ("triple", Repeat(3)),
    ("um", Filler), ("uh", Filler), ("then", Filler), ("dash", Filler), ("hyphen", Filler), ("dot", Filler), ("area code", Filler), ("plus", Filler), ("its", Filler), ("is", Filler), ("space", Filler), ("the number", Filler), ("er", Filler), ("country code", Filler),
];

#[rustfmt::skip]
const FRENCH: Table = &[
    ("zero", Number(0)), ("un", Number(1)), ("une", Number(1)), ("deux", Number(2)), ("trois", Number(3)), ("quatre", Number(4)), ("cinq", Number(5)), ("six", Number(6)), ("sept", Number(7)), ("huit", Number(8)), ("neuf", Number(9)),
    ("dix", Number(10)), ("onze", Number(11)), ("douze", Number(12)), ("treize", Number(13)), ("quatorze", Number(14)), ("quinze", Number(15)), ("seize", Number(16)), ("vingt", Number(20)), ("trente", Number(30)), ("quarante", Number(40)), ("cinquante", Number(50)), ("soixante", Number(60)), ("septante", Number(70)), ("quatre vingt", Number(80)), ("quatre vingts", Number(80)), ("nonante", Number(90)),
    ("cent", Hundred), ("cents", Hundred), ("et", And),
    ("double", Repeat(2)), ("triple", Repeat(3)), ("deux fois", Repeat(2)), ("trois fois", Repeat(3)),
    ("euh", Filler), ("tiret", Filler), ("trait d union", Filler), ("point", Filler), ("puis", Filler), ("ensuite", Filler), ("indicatif", Filler), ("indicatif regional", Filler), ("plus", Filler), ("c est", Filler), ("le", Filler), ("espace", Filler),
];

#[rustfmt::skip]
const SPANISH: Table = &[
    ("cero", Number(0)), ("uno", Number(1)), ("un", Number(1)), ("una", Number(1)), ("dos", Number(2)), ("tres", Number(3)), ("cuatro", Number(4)), ("cinco", Number(5)), ("seis", Number(6)), ("siete", Number(7)), ("ocho", Number(8)), ("nueve", Number(9)),
    ("diez", Number(10)), ("once", Number(11)), ("doce", Number(12)), ("trece", Number(13)), ("catorce", Number(14)), ("quince", Number(15)), ("dieciseis", Number(16)), ("diecisiete", Number(17)), ("dieciocho", Number(18)), ("diecinueve", Number(19)),
    ("veinte", Number(20)), ("veintiuno", Number(21)), ("veintiun", Number(21)), ("veintidos", Number(22)), ("veintitres", Number(23)), ("veinticuatro", Number(24)), ("veinticinco", Number(25)), ("veintiseis", Number(26)), ("veintisiete", Number(27)), ("veintiocho", Number(28)), ("veintinueve", Number(29)),
    ("treinta", Number(30)), ("cuarenta", Number(40)), ("cincuenta", Number(50)), ("sesenta", Number(60)), ("setenta", Number(70)), ("ochenta", Number(80)), ("noventa", Number(90)),
    ("cien", Number(100)), ("ciento", Number(100)), ("doscientos", Number(200)), ("trescientos", Number(300)), ("cuatrocientos", Number(400)), ("quinientos", Number(500)), ("seiscientos", Number(600)), ("setecientos", Number(700)), ("ochocientos", Number(800)), ("novecientos", Number(900)), ("y", And),
    ("doble", Repeat(2)), ("triple", Repeat(3)), ("dos veces", Repeat(2)),
    ("eh", Filler), ("este", Filler), ("guion", Filler), ("punto", Filler), ("luego", Filler), ("lada", Filler), ("codigo de area", Filler), ("mas", Filler), ("es", Filler), ("el", Filler), ("espacio", Filler),
];

#[rustfmt::skip]
const ENGLISH_LETTERS: Table = &[
    ("as in", AsIn), ("like", AsIn), ("like in", AsIn), ("as", AsIn), ("for", Number(4)), ("to", Number(2)), ("too", Number(2)), ("ate", Number(8)), ("won", Number(1)),
    ("for apple", Filler), ("for alpha", Filler), ("for frank", Filler), ("for mary", Filler), ("for tom", Filler), ("for larry", Filler), ("for robert", Filler), ("for william", Filler),
    ("ay", Letter('a')), ("eff", Letter('f')), ("ef", Letter('f')), ("aitch", Letter('h')), ("haitch", Letter('h')), ("kay", Letter('k')), ("el", Letter('l')), ("ell", Letter('l')), ("em", Letter('m')), ("are", Letter('r')), ("ar", Letter('r')), ("tee", Letter('t')), ("tea", Letter('t')), ("double u", Letter('w')), ("double you", Letter('w')), ("ex", Letter('x')), ("why", Letter('y')), ("wye", Letter('y')),
    ("capital", Filler), ("letter", Filler), ("the letter", Filler), ("number", Filler), ("the number", Filler), ("o", Letter('o')),
];

#[rustfmt::skip]
const FRENCH_LETTERS: Table = &[
    ("comme", AsIn), ("comme dans", AsIn), ("pour", AsIn),
    ("effe", Letter('f')), ("ache", Letter('h')), ("hache", Letter('h')), ("ka", Letter('k')), ("elle", Letter('l')), ("emme", Letter('m')), ("aime", Letter('m')), ("erre", Letter('r')), ("air", Letter('r')), ("the", Letter('t')), ("te", Letter('t')), ("double v", Letter('w')), ("double ve", Letter('w')), ("ixe", Letter('x')), ("i grec", Letter('y')), ("igrec", Letter('y')),
    ("majuscule", Filler), ("la lettre", Filler), ("lettre", Filler), ("le chiffre", Filler), ("chiffre", Filler),
];

#[rustfmt::skip]
const SPANISH_LETTERS: Table = &[
    ("de", AsIn), ("como", AsIn), ("como de", AsIn), ("como en", AsIn),
    ("efe", Letter('f')), ("hache", Letter('h')), ("ache", Letter('h')), ("ka", Letter('k')), ("ele", Letter('l')), ("eme", Letter('m')), ("erre", Letter('r')), ("ere", Letter('r')), ("te", Letter('t')), ("doble u", Letter('w')), ("doble ve", Letter('w')), ("doble v", Letter('w')), ("uve doble", Letter('w')), ("equis", Letter('x')), ("ye", Letter('y')), ("i griega", Letter('y')), ("y griega", Letter('y')), ("y", Letter('y')),
    ("mayuscula", Filler), ("la letra", Filler), ("letra", Filler), ("el numero", Filler), ("numero", Filler),
];

/// The radio alphabet, the same everywhere.
#[rustfmt::skip]
const ALPHABET: Table = &[
    ("alpha", Letter('a')), ("alfa", Letter('a')), ("bravo", Letter('b')), ("charlie", Letter('c')), ("delta", Letter('d')), ("echo", Letter('e')), ("foxtrot", Letter('f')), ("fox trot", Letter('f')), ("golf", Letter('g')), ("hotel", Letter('h')), ("india", Letter('i')), ("juliet", Letter('j')), ("kilo", Letter('k')), ("lima", Letter('l')), ("mike", Letter('m')), ("november", Letter('n')), ("oscar", Letter('o')), ("papa", Letter('p')), ("quebec", Letter('q')), ("romeo", Letter('r')), ("sierra", Letter('s')), ("tango", Letter('t')), ("uniform", Letter('u')), ("victor", Letter('v')), ("whiskey", Letter('w')), ("whisky", Letter('w')), ("x ray", Letter('x')), ("xray", Letter('x')), ("yankee", Letter('y')), ("zulu", Letter('z')),
];
