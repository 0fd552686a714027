//! What the person does, turn by turn: words, keys (`#` and digits) or silence (`...`).
use std::{
    collections::VecDeque,
    io::{self, BufRead, Write},
};

use anyhow::Context;

/// One turn of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Words(String),
    Keys(String),
    Silence,
}

/// The turns to come.
#[derive(Debug)]
pub enum Lines {
    Written(VecDeque<String>),
    /// Asked for in the terminal; an empty line hangs up.
    Typed,
}

impl Lines {
    /// The next turn; None when the person has nothing more to say.
    pub fn next(&mut self) -> anyhow::Result<Option<Line>> {
        let line = match self {
            Self::Written(lines) => lines.pop_front(),
            Self::Typed => {
                let mut out = io::stdout();
                out.write_all(b"       you  ")
                    .and_then(|()| out.flush())
                    .context("ask")?;
                let mut line = String::new();
                io::stdin()
                    .lock()
                    .read_line(&mut line)
                    .context("read what was typed")?;
                Some(line).filter(|line| !line.trim().is_empty())
            }
        };
        Ok(line.map(|line| Line::of(&line)))
    }
}

impl Line {
    fn of(text: &str) -> Self {
        let text = text.trim();
        let keys = text.strip_prefix('#').map(str::trim);
        match keys {
            Some(keys)
                if !keys.is_empty() && keys.chars().all(|key| "0123456789*#".contains(key)) =>
            {
                Self::Keys(keys.to_owned())
            }
            _ if text == "..." => Self::Silence,
            _ => Self::Words(text.to_owned()),
        }
    }

    /// As words, for roads that carry nothing else.
    pub fn into_words(self) -> String {
        match self {
            Self::Words(words) => words,
            Self::Keys(keys) => keys,
            Self::Silence => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_keys_or_silence() {
        for (text, line) in [
            ("tomorrow at ten", Line::Words("tomorrow at ten".into())),
            ("#1", Line::Keys("1".into())),
            ("# 42#", Line::Keys("42#".into())),
            ("#hello", Line::Words("#hello".into())),
            ("...", Line::Silence),
        ] {
            assert_eq!(Line::of(text), line, "{text}");
        }
    }
}
