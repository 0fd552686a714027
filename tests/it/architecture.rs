//! The shape of the source: which way imports point, how long a file is, where statements stand.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms in reading order: a room uses what stands above it. Those that do not exist yet have their place already.
const ORDER: &[&str] = &[
    "kernel",
    "embedded",
    "database",
    "providers",
    "app",
    "alerts",
    "web",
    "jobs",
    "events",
    "tenancy",
    "inbound",
    "mail",
    "identity",
    "settings",
    "people",
    "traffic",
    "billing",
    "scheduling",
    "messaging",
    "inbox",
    "provisioning",
    "receptionist",
    "sms",
    "chat",
    "voice",
    "discretion",
    "onboarding",
    "deliveries",
    "growth",
    "tracking",
    "insights",
    "safety",
    "ops",
    "admin",
    "worker",
    "server",
    "seeding",
    "commands",
    "understand",
    "serve",
    "simulate",
    "doctor",
    "main",
];

/// Where statements may stand: `store.rs`, a folder `store/`, and these, which are the stores of their rooms under a
/// name that says more.
const STORES: &[&str] = &[
    "src/alerts/mod.rs",
    "src/embedded/roles.rs",
    "src/inbound/claim.rs",
    "src/kernel/db/",
    "src/people/consents.rs",
    "src/tenancy/business.rs",
    "src/tenancy/directory.rs",
    "src/tenancy/founding.rs",
    "src/tenancy/privacy.rs",
    "src/tenancy/shared.rs",
    "src/traffic/conversations.rs",
    "src/traffic/dialogue.rs",
    "src/traffic/texts.rs",
];

const LIMIT: usize = 600;
const LOOK_FOR_THE_SEAM: usize = 400;

#[test]
fn the_rooms_stand_in_their_order() {
    let rooms = rooms();
    let mut places = Vec::new();
    for room in &rooms {
        let place = ORDER.iter().position(|name| name == room);
        places.push(place.unwrap_or_else(|| {
            panic!("{room} is in src/lib.rs: give it its place in ORDER (tests/it/architecture.rs)")
        }));
    }
    assert!(
        places.is_sorted(),
        "src/lib.rs lists its modules in another order than ORDER: {rooms:?}"
    );
}

#[test]
fn imports_point_down() {
    let mut findings = Vec::new();
    for file in sources() {
        let room = room_of(&file.path);
        let place = ORDER.iter().position(|name| *name == room);
        // lib.rs holds the list and uses nothing.
        let Some(place) = place else { continue };
        for used in used_rooms(&file.code) {
            match ORDER.iter().position(|name| *name == used) {
                Some(other) if other > place => findings.push(format!(
                    "{} uses {used}, which stands below {room}: emit an event, or move what is shared up",
                    file.path
                )),
                Some(_) => {}
                None => findings.push(format!("{} uses {used}, which is no room", file.path)),
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_search_for_imports_sees_every_way_of_writing_them() {
    let code = code_of(
        r#"
        // crate::comment::of
        use crate::{
            alone,
            app::{App, nested::Deep},
            kernel::{db::{Tx, a::{b, c}}, ids},
            web as w,
        };
        pub(in crate::pathed::inner) use crate::single::Thing;
        let text = "crate::text::in_a_string and \" crate::escaped";
        let raw = r"crate::raw";
        fn f<'a>(x: &'a str) -> crate::inline::Type { crate :: spaced::call('"', '\'') }
        /* crate::block */
        "#,
    );
    let used: Vec<String> = used_rooms(&code).into_iter().collect();
    let expected = [
        "alone", "app", "inline", "kernel", "pathed", "single", "spaced", "web",
    ];
    assert_eq!(used, expected);
}

#[test]
fn no_file_is_longer_than_it_may_be() {
    let mut long: Vec<(usize, String)> = sources()
        .into_iter()
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > LOOK_FOR_THE_SEAM)
        .collect();
    long.sort();
    assert!(
        long.iter().all(|(lines, _)| *lines <= LIMIT),
        "more than {LIMIT} lines, or on the way there: {long:#?}"
    );
}

#[test]
fn statements_stand_in_stores() {
    let mut findings = Vec::new();
    for file in sources() {
        let has_statement = [
            "sqlx::query",
            "query!",
            "query_as!",
            "query_scalar!",
            "query_file",
            "QueryBuilder",
            "raw_sql",
        ]
        .iter()
        .any(|word| file.code.contains(word));
        if has_statement && !is_store(&file.path) {
            findings.push(format!(
                "{} holds SQL: move it into the store of the room whose tables it is about",
                file.path
            ));
        }
    }
    for place in STORES {
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join(place).exists() {
            findings.push(format!("{place} is in STORES and does not exist"));
        }
    }
    assert_none(&findings);
}

#[test]
fn the_library_speaks_through_tracing() {
    let mut findings = Vec::new();
    for file in sources() {
        // The supervisor has no runtime and no subscriber; its standard error is the server's log.
        let is_supervisor = file.path == "src/embedded/supervisor.rs";
        // Programs answer the person who started them.
        let is_program = ["src/main.rs", "src/seeding/program.rs"].contains(&file.path.as_str());
        let code = file.code.split("#[cfg(test)]").next().unwrap_or_default();
        for word in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
            if code.contains(word) && !is_supervisor && !is_program {
                findings.push(format!("{}: {word}", file.path));
            }
        }
    }
    findings.sort();
    assert_none(&findings);
}

#[test]
fn every_room_and_folder_says_what_it_is() {
    let mut findings = Vec::new();
    for file in sources() {
        let is_folder = file.path.ends_with("/mod.rs") || file.path == "src/lib.rs";
        let is_single_room = file.path.matches('/').count() == 1;
        if (is_folder || is_single_room) && !file.text.starts_with("//! ") {
            findings.push(format!("{} does not begin with `//! `", file.path));
        }
        let folder = file.path.trim_end_matches(".rs");
        if Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).is_dir() {
            findings.push(format!(
                "{} stands beside its folder: name it {folder}/mod.rs",
                file.path
            ));
        }
    }
    assert_none(&findings);
}

/// Whether statements may stand there.
pub fn is_store(path: &str) -> bool {
    path.ends_with("/store.rs")
        || path.contains("/store/")
        || STORES.iter().any(|place| path.starts_with(place))
}

pub struct Source {
    /// From the root of the repository.
    pub path: String,
    text: String,
    /// Without comments and without what stands in quotes.
    pub code: String,
}

pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        Source {
            path: path.strip_prefix(root).unwrap().display().to_string(),
            code: code_of(&text),
            text,
        }
    };
    let sources: Vec<Source> = files.into_iter().map(read).collect();
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The modules of src/lib.rs, in its order.
fn rooms() -> Vec<String> {
    let text = include_str!("../../src/lib.rs");
    let name = |line: &str| {
        let name = line
            .strip_prefix("pub mod ")
            .or(line.strip_prefix("mod "))?;
        Some(name.strip_suffix(';')?.to_owned())
    };
    let rooms: Vec<String> = text.lines().filter_map(name).collect();
    assert!(rooms.len() > 10, "src/lib.rs was not understood");
    rooms
}

/// The room of `src/room/…` or `src/room.rs`.
fn room_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/");
    let room = inner.split('/').next().unwrap_or_default();
    room.trim_end_matches(".rs").to_owned()
}

/// Every `name` of `crate::name…` and of `crate::{name…, name…}`.
fn used_rooms(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let tokens = tokens(code);
    for place in 0..tokens.len() {
        if tokens[place] != "crate" || tokens.get(place + 1) != Some(&"::") {
            continue;
        }
        match tokens.get(place + 2) {
            Some(&"{") => used.extend(names_of_group(&tokens[place + 3..])),
            Some(name) => {
                used.insert((*name).to_owned());
            }
            None => {}
        }
    }
    used
}

/// The first name of each member of a group, which ends at its closing brace.
fn names_of_group(tokens: &[&str]) -> Vec<String> {
    let (mut depth, mut is_first, mut names) = (0, true, Vec::new());
    for token in tokens {
        match *token {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => depth -= 1,
            "," if depth == 0 => is_first = true,
            name if is_first => {
                names.push(name.to_owned());
                is_first = false;
            }
            _ => {}
        }
    }
    names
}

/// Words, `::`, braces and commas; the rest does not matter here.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !token.trim().is_empty() {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

/// The text without comments, and with empty quotes.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest).filter(|_| !ends_in_word(&code)) {
            length
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        if skip > 0 {
            code.push(' ');
            rest = &rest[skip..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The length of `r"…"`, `r#"…"#` and their kin.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(2 + hashes + body.find(&end)? + end.len())
}

/// The length of `"…"`.
fn quoted(rest: &str) -> usize {
    let mut is_escaped = false;
    for (place, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `'x'` or `'\x'`; nothing for a lifetime.
fn character(rest: &str) -> usize {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        let end = inner.char_indices().skip(2).find(|(_, c)| *c == '\'');
        return end.map_or(0, |(place, _)| place + 2);
    }
    let length = inner.chars().next().map_or(0, char::len_utf8);
    if inner[length..].starts_with('\'') {
        length + 2
    } else {
        0
    }
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
