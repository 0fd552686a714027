//! The documents say what is there: jobs, events, rooms, files, settings, tests.
use std::{collections::BTreeSet, fs, path::Path};

use rocket_reception::{
    events::catalogue,
    kernel::config::{Environment, Settings},
    worker,
};

use crate::{
    architecture::sources,
    support::paper::{assert_none, paper, rows, section, settings, ticked},
};

const DOCUMENTS: [&str; 4] = [
    "README.md",
    "BOOTSTRAP.md",
    "GOTCHAS.md",
    "tests/data/README.md",
];

#[test]
fn every_job_stands_in_the_table_and_every_row_is_a_job() {
    let document = paper("BOOTSTRAP.md");
    let table = rows(section(&document, "## Jobs"));
    let written: BTreeSet<String> = table.iter().flat_map(|row| ticked(&row[0])).collect();
    let registry = worker::registry();
    let registered: BTreeSet<String> = registry.kinds().map(str::to_owned).collect();
    assert_eq!(written, registered);
    let triggers: BTreeSet<String> = table.iter().flat_map(|row| ticked(&row[1])).collect();
    let scheduled: BTreeSet<String> = worker::schedules()
        .iter()
        .map(|schedule| schedule.name.to_owned())
        .collect();
    assert_eq!(triggers, scheduled);
}

#[test]
fn every_event_stands_in_the_table_with_the_files_that_emit_it() {
    let document = paper("BOOTSTRAP.md");
    let table = rows(section(&document, "## Events"));
    let sources = sources();
    let mut findings = Vec::new();
    let known: BTreeSet<&str> = catalogue::types().iter().map(|(name, _)| *name).collect();
    let written: BTreeSet<String> = table.iter().flat_map(|row| ticked(&row[0])).collect();
    for name in &known {
        if !written.contains(*name) {
            findings.push(format!("{name} is in no row"));
        }
    }
    for row in &table {
        let name = ticked(&row[0]).remove(0);
        if !known.contains(name.as_str()) {
            findings.push(format!("{name} is no event"));
        }
        let construction = format!("Event::{}(", variant(&name));
        let emitters: BTreeSet<String> = sources
            .iter()
            .filter(|file| !file.path.starts_with("src/events/"))
            .filter(|file| file.code.contains(&construction))
            .map(|file| file.path.trim_start_matches("src/").to_owned())
            .collect();
        let told: BTreeSet<String> = ticked(&row[2]).into_iter().collect();
        if told != emitters || (emitters.is_empty() && row[2] != "later") {
            findings.push(format!("{name} is emitted by {emitters:?}"));
        }
    }
    assert_none(&findings);
}

/// `call.started` is `CallStarted`.
fn variant(event: &str) -> String {
    let words = event.split(['.', '_']);
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

#[test]
fn the_map_lists_the_rooms_in_their_order() {
    let document = paper("BOOTSTRAP.md");
    let map = section(&document, "## The map");
    let tree = map.split("src/\n").nth(1).unwrap();
    let listed: Vec<&str> = tree
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| name.trim_end_matches('/').trim_end_matches(".rs"))
        .filter(|name| !["main", "lib"].contains(name))
        .collect();
    let source = paper("src/lib.rs");
    let rooms: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(listed, rooms);
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        for name in ticked(&paper(document)) {
            let is_file = [".rs", ".sql", ".sh", ".md", ".toml", ".yaml"]
                .iter()
                .any(|ending| name.ends_with(ending));
            if is_file && !name.contains(' ') && !exists(&name) && !exists(&format!("src/{name}")) {
                // Names of files that every domain has.
                let is_kind = [
                    "mod.rs",
                    "model.rs",
                    "rules.rs",
                    "store.rs",
                    "webhooks.rs",
                    "jobs.rs",
                ];
                if !is_kind.contains(&name.as_str()) {
                    findings.push(format!("{document} names {name}"));
                }
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn every_link_leads_somewhere() {
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        let folder = Path::new(document).parent().unwrap();
        for piece in paper(document).split("](").skip(1) {
            let target = piece.split(')').next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere = target.contains("://") || target.starts_with('#');
            if !is_elsewhere && !exists(&folder.join(file).display().to_string()) {
                findings.push(format!("{document} links to {target}"));
            }
        }
    }
    assert_none(&findings);
}

fn exists(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

#[test]
fn every_gotcha_says_symptom_cause_and_rule_and_names_tests_that_exist() {
    let tests = names_of_tests();
    let mut findings = Vec::new();
    let document = paper("GOTCHAS.md");
    for trap in document.split("\n### ").skip(1) {
        let title = trap.lines().next().unwrap_or_default();
        for part in ["**Symptom:**", "**Cause:**", "**Rule:**"] {
            if !trap.contains(part) {
                findings.push(format!("{title}: no {part}"));
            }
        }
        let Some((_, guards)) = trap.split_once("\n**Test:** ") else {
            findings.push(format!("{title}: no **Test:** on a line of its own"));
            continue;
        };
        let guards = guards.split("\n\n").next().unwrap_or_default();
        if guards.trim_end() == "none." {
            continue;
        }
        let named = ticked(guards);
        if named.is_empty() {
            findings.push(format!("{title}: names no test"));
        }
        for name in named.iter().filter(|name| !tests.contains(*name)) {
            findings.push(format!("{title}: there is no test {name}"));
        }
    }
    assert_none(&findings);
}

fn names_of_tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect_tests(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut names,
        );
    }
    assert!(names.len() > 100, "the tests were not found");
    names
}

/// The function after each `#[test]` or `#[tokio::test]`.
fn collect_tests(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_tests(&path, names);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let pieces = text
                .split("#[test]")
                .flat_map(|piece| piece.split("#[tokio::test"));
            let name = |piece: &str| {
                let after = piece.split("fn ").nth(1)?;
                Some(after.split(['(', '<']).next()?.to_owned())
            };
            names.extend(pieces.skip(1).filter_map(name));
        }
    }
}

#[test]
fn every_setting_that_is_read_is_explained_and_the_reverse() {
    let document = paper("README.md");
    let text = section(&document, "## Settings");
    let explained: BTreeSet<String> = ticked(text).into_iter().collect();
    let read = settings();
    let mut findings: Vec<String> = read
        .iter()
        .filter(|name| !explained.contains(*name))
        .map(|name| format!("README.md does not explain {name}"))
        .collect();
    for row in rows(text) {
        for name in ticked(&row[0]) {
            // Read by the driver, not by us.
            if name != "PGSSLMODE" && !read.contains(&name) {
                findings.push(format!("{name} has a row and is not read"));
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_defaults_in_the_table_are_the_real_ones() {
    let settings = Settings::read(&Environment::default(), "/data".into()).unwrap();
    let document = paper("README.md");
    let table = rows(section(&document, "## Settings"));
    let default_of = |name: &str| {
        let row = table.iter().find(|row| row[0] == format!("`{name}`"));
        row.unwrap()[2].trim_matches('`').to_owned()
    };
    assert_eq!(default_of("PORT"), settings.port.to_string());
    assert_eq!(
        default_of("DATABASE_POOL_SIZE"),
        settings.database.pool_size.to_string()
    );
    assert_eq!(
        default_of("TRUSTED_PROXY_HOPS"),
        settings.network.trusted_proxy_hops.to_string()
    );
    assert_eq!(default_of("BILLING_CURRENCY"), settings.billing_currency);
    assert_eq!(
        default_of("TWILIO_API_BASE_URL"),
        settings.twilio.api_base_url
    );
    assert_eq!(
        default_of("RETELL_API_BASE_URL"),
        settings.retell.api_base_url
    );
}

#[test]
fn the_example_lists_every_setting_commented_out() {
    let example = paper(".env.example");
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for line in example.lines().filter(|line| !line.is_empty()) {
        let Some(rest) = line.strip_prefix('#') else {
            findings.push(format!("not commented out: {line}"));
            continue;
        };
        let name = rest.split('=').next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if rest.contains('=') && !name.is_empty() && name.chars().all(is_name) {
            listed.insert(name.to_owned());
        }
    }
    let mut wanted: BTreeSet<String> = settings()
        .into_iter()
        .filter(|name| !is_ignored(name) && !["HOME", "XDG_DATA_HOME"].contains(&name.as_str()))
        .map(|name| name.replace("<INDUSTRY>", "HVAC"))
        .collect();
    wanted.extend(["PGSSLMODE", "TEST_DATABASE_URL"].map(str::to_owned));
    findings.extend(
        wanted
            .difference(&listed)
            .map(|name| format!("missing: {name}")),
    );
    findings.extend(
        listed
            .difference(&wanted)
            .map(|name| format!("not read: {name}")),
    );
    assert_none(&findings);
}

/// Whether it is a name of an older system that means nothing any more.
fn is_ignored(name: &str) -> bool {
    let environment = Environment::from([(name, "x")]);
    Settings::read(&environment, "/data".into())
        .is_ok_and(|settings| settings.ignored.contains(&name))
}
