//! Whether a phrase of the tables occurs in what was said, and how much that is worth.
use super::words::Words;

/// What a whole phrase of the patterns is worth beside its words.
pub(super) const PATTERN: usize = 6;

/// The longest gap in a pattern, in words.
const GAP: usize = 3;

pub(super) fn pattern_score(pattern: &str, said: &[&str], words: &Words) -> usize {
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
    if !first.contains('@') && !said.iter().any(|word| is_word(first, word)) {
        return 0;
    }
    let tokens: Vec<&str> = phrase.split(' ').collect();
    let occurs = (0..said.len()).any(|at| follows(&tokens, &said[at..], words));
    let literal = tokens.iter().filter(|token| **token != "..").count();
    if occurs { bonus + 3 * literal - 1 } else { 0 }
}

/// Whether the tokens of a pattern stand at the beginning of what was said; hesitations may stand between them.
pub(super) fn follows(tokens: &[&str], said: &[&str], words: &Words) -> bool {
    length(tokens, said, words).is_some()
}

/// How many words the tokens of a pattern are at the beginning of what was said.
pub(super) fn length(tokens: &[&str], said: &[&str], words: &Words) -> Option<usize> {
    let Some((token, rest)) = tokens.split_first() else {
        return Some(0);
    };
    if *token == ".." {
        return (0..=GAP.min(said.len()))
            .find_map(|skipped| Some(skipped + length(rest, &said[skipped..], words)?));
    }
    let Some((word, after)) = said.split_first() else {
        return (*token == "$" && rest.is_empty()).then_some(0);
    };
    let is_it = token
        .split('|')
        .any(|wanted| match wanted.strip_prefix('@') {
            Some(name) => is_in_class(name, word, words),
            None => is_word(wanted, word),
        });
    let here = is_it.then(|| length(rest, after, words)).flatten();
    let later = || {
        is_filler(word, words)
            .then(|| length(tokens, after, words))
            .flatten()
    };
    Some(1 + here.or_else(later)?)
}

pub(super) fn is_in_class(name: &str, word: &str, words: &Words) -> bool {
    let class = words.classes.iter().find(|(of, _)| *of == name);
    class.is_some_and(|(_, members)| members.iter().any(|member| is_word(member, word)))
}

/// Whether a word is said while one thinks, or only softens what is said.
pub(super) fn is_filler(word: &str, words: &Words) -> bool {
    words.fillers.contains(&word)
}

/// The points of a phrase: 2 for a word, 5 for two in a row, 8 for three; nothing if it does not occur.
/// `=` before a phrase wants it to be the whole utterance, `*` behind a word lets it end in any way, and `!` before a
/// word takes any other word. A `?` before a phrase makes it a mere hint, worth 1. In the patterns `^` makes a phrase
/// worth [`PATTERN`] more, `..` is a gap, `a|b` one word or another, `$` the end, and `@name` any word of a class.
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

pub(super) fn is_word(wanted: &str, word: &str) -> bool {
    if wanted.contains('|') {
        return wanted.split('|').any(|wanted| is_word(wanted, word));
    }
    match (wanted.strip_suffix('*'), wanted.strip_prefix('!')) {
        (Some(stem), _) => word.starts_with(stem),
        (_, Some(other)) => word != other,
        (None, None) => word == wanted,
    }
}
