//! Reading the repository's own files: documents, tables in them, the names of settings and programs.
use std::{fs, path::Path, process::Command};

/// A file of the repository.
pub fn paper(path: &str) -> String {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// What stands under a heading of a document, up to the next one of its kind.
pub fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let begin = document
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("there is no {heading}"));
    let body = &document[begin + heading.len() + 2..];
    let level = heading.split(' ').next().unwrap_or_default();
    body.split(&format!("\n{level} "))
        .next()
        .unwrap_or_default()
}

/// The cells of the rows of the tables in a text, without their headings.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut rows = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let is_ruler = |line: &&str| line.starts_with("|--");
        let is_heading = lines.get(place + 1).is_some_and(is_ruler);
        if line.starts_with('|') && !is_ruler(line) && !is_heading {
            rows.push(cells(line));
        }
    }
    rows
}

/// What stands between backticks.
pub fn ticked(text: &str) -> Vec<String> {
    let pieces = text.split('`').enumerate();
    pieces
        .filter(|(place, _)| place % 2 == 1)
        .map(|(_, piece)| piece.to_owned())
        .collect()
}

/// The lines of the blocks in a document that are for a shell.
pub fn shell_lines(document: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in document.lines() {
        match line {
            "```sh" => is_shell = true,
            "```" => is_shell = false,
            line if is_shell && !line.is_empty() => lines.push(line.to_owned()),
            _ => {}
        }
    }
    lines
}

/// The programs of the package.
pub fn programs() -> Vec<String> {
    let manifest = paper("Cargo.toml");
    let tables = manifest.split("[[bin]]").skip(1);
    let name = |table: &str| {
        let line = table.lines().find(|line| line.starts_with("name = "))?;
        Some(line.split('"').nth(1)?.to_owned())
    };
    tables.filter_map(name).collect()
}

/// The commands that `reception --help` names.
pub fn subcommands() -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_reception"))
        .arg("--help")
        .output()
        .unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:\n").nth(1).unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The names of all settings that the program reads, as its source has them; a family ends in `<INDUSTRY>`.
pub fn settings() -> Vec<String> {
    let mut names = Vec::new();
    for file in [
        "src/kernel/config/read.rs",
        "src/kernel/config/reader.rs",
        "src/kernel/config/environment.rs",
        "src/kernel/config/limits.rs",
        "src/database.rs",
    ] {
        let text = paper(file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let quoted = code
            .replace("'\"'", "")
            .split('"')
            .map(str::to_owned)
            .collect::<Vec<_>>();
        for name in quoted.into_iter().skip(1).step_by(2) {
            // A currency; a prefix that is put before a name.
            if name == "CAD" || name == "{PREFIX}{industry}" {
                continue;
            }
            let name = name.replace("{industry}", "<INDUSTRY>");
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let plain = name.trim_end_matches("<INDUSTRY>");
            if plain.len() > 3 && plain.chars().all(is_name) {
                let is_family = plain.ends_with('_');
                names.push(if is_family {
                    format!("{plain}<INDUSTRY>")
                } else {
                    plain.to_owned()
                });
            }
        }
    }
    names.sort();
    names.dedup();
    assert!(names.len() > 30, "the settings were not found");
    names
}

/// All findings at once: one run says everything that is wrong.
pub fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
