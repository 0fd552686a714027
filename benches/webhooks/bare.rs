//! Several statements as one: the parts of each `with` side by side, its last part as one more of them.

/// Each statement becomes a part of one `with`; those that answer something are asked for it at the end.
pub fn in_one_statement<'a>(statements: impl Iterator<Item = &'a str>) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut asked = Vec::new();
    for (number, statement) in statements.enumerate() {
        let mut own = split(statement);
        for place in 0..own.len() {
            let name = own[place].0.clone();
            if parts.iter().any(|(taken, _)| *taken == name) {
                let other = format!("{name}_{number}");
                own[place].0.clone_from(&other);
                for (_, body) in &mut own {
                    *body = rename(body, &name, &other);
                }
            }
        }
        let (_, last) = own.pop().unwrap_or_default();
        parts.extend(own);
        let name = format!("statement_{number}");
        if last.starts_with("select") || last.contains(" returning ") {
            asked.push(format!("exists (select from {name})"));
        }
        parts.push((name, last));
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(name, body)| format!("{name} as materialized ({body})"))
        .collect();
    format!("with {} select {}", parts.join(", "), asked.join(", "))
}

/// The parts of a `with` by name, and last, without one, what follows them.
fn split(statement: &str) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut rest = statement;
    let mut head = rest.strip_prefix("with ");
    while let Some(text) = head {
        let open = text.find('(').unwrap_or(text.len());
        let close = open + closing(&text[open..]);
        let name = text[..open].split(' ').next().unwrap_or_default();
        parts.push((name.to_owned(), text[open + 1..close].trim().to_owned()));
        rest = text[close + 1..].trim_start();
        head = rest.strip_prefix(',').map(str::trim_start);
    }
    parts.push((String::new(), rest.to_owned()));
    parts
}

/// Where the parenthesis that opens the text is closed.
fn closing(text: &str) -> usize {
    let (mut depth, mut is_quoted) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => is_quoted = !is_quoted,
            b'(' if !is_quoted => depth += 1,
            b')' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Replaces a word where it stands alone, and not as the column of something.
fn rename(text: &str, from: &str, to: &str) -> String {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let mut renamed = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(from) {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + from.len()).copied();
        let stands_alone = !before
            .is_some_and(|byte| is_of_word(byte) || byte == b'.' || byte == b':')
            && !after.is_some_and(is_of_word);
        if stands_alone {
            renamed += &text[done..at];
            renamed += to;
            done = at + from.len();
        }
    }
    renamed + &text[done..]
}
