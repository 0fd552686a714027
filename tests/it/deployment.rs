//! The files that deploy us name commands, ports, paths and variables that exist.
use std::process::{Command, Stdio};

use rocket_reception::{
    kernel::config::{Environment, Settings},
    server,
};

use crate::support::{
    ENCRYPTION_KEY, JWT_KEY,
    paper::{assert_none, paper, programs, settings, shell_lines, subcommands},
};

const FILES: [&str; 4] = ["Dockerfile", "render.yaml", "railway.toml", "compose.yaml"];

/// `key: value` and `key = value`, without comments, quotes and the dash of a list.
fn values(file: &str, key: &str) -> Vec<String> {
    let value = |line: &str| {
        let line = line.trim().trim_start_matches("- ");
        let rest = line.strip_prefix(key)?.trim_start();
        let value = rest.strip_prefix(':').or(rest.strip_prefix('='))?.trim();
        Some(value.trim_matches('"').to_owned())
    };
    paper(file).lines().filter_map(value).collect()
}

/// The words of `["reception", "serve"]`, `["reception serve"]` or `reception serve`.
fn words(command: &str) -> Vec<String> {
    let plain = command.replace(['[', ']', '"', ','], " ");
    plain.split_whitespace().map(str::to_owned).collect()
}

/// The value after an instruction of the Dockerfile; its last one counts.
fn instruction(name: &str) -> String {
    let file = paper("Dockerfile");
    let mut lines = file
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines
        .next_back()
        .unwrap_or_else(|| panic!("no {name}"))
        .to_owned()
}

#[test]
fn they_start_commands_that_exist() {
    let mut commands = vec![("Dockerfile", instruction("CMD"))];
    for (file, keys) in [
        (
            "render.yaml",
            ["preDeployCommand", "dockerCommand"].as_slice(),
        ),
        (
            "railway.toml",
            ["preDeployCommand", "startCommand"].as_slice(),
        ),
        ("compose.yaml", ["command"].as_slice()),
    ] {
        for key in keys {
            let found = values(file, key);
            assert!(!found.is_empty(), "{file} has no {key}");
            commands.extend(found.into_iter().map(|command| (file, command)));
        }
    }
    let (programs, subcommands) = (programs(), subcommands());
    let mut findings = Vec::new();
    let mut migrates = Vec::new();
    for (file, command) in commands {
        let words = words(&command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["postgres", ..] => {}
            [program] if programs.contains(&(*program).to_owned()) => {}
            ["reception", subcommand] if subcommands.contains(&(*subcommand).to_owned()) => {
                if *subcommand == "migrate" {
                    migrates.push(file);
                }
            }
            _ => findings.push(format!("{file}: {command}")),
        }
    }
    assert_none(&findings);
    assert_eq!(
        migrates,
        ["render.yaml", "railway.toml", "compose.yaml"],
        "the schema is migrated first"
    );
}

#[test]
fn they_agree_on_the_port() {
    let settings = Settings::read(&Environment::default(), "/data".into()).unwrap();
    let port = settings.port.to_string();
    assert_eq!(instruction("EXPOSE"), port);
    assert!(instruction("ENV").contains(&format!("PORT={port}")));
    let compose = paper("compose.yaml");
    assert!(compose.contains(&format!("- \"{port}:{port}\"")));
    let render = paper("render.yaml");
    assert!(render.contains(&format!("- key: PORT\n        value: \"{port}\"")));
}

#[test]
fn every_variable_they_set_is_one_that_is_read() {
    let mut known = settings();
    // The driver's, and that of PostgreSQL's own image.
    known.extend(["PGSSLMODE", "POSTGRES_PASSWORD"].map(str::to_owned));
    let mut set: Vec<(&str, String)> = values("render.yaml", "key")
        .into_iter()
        .map(|name| ("render.yaml", name))
        .collect();
    let pairs = instruction("ENV");
    let names = pairs
        .split_whitespace()
        .filter_map(|pair| pair.split('=').next());
    set.extend(names.map(|name| ("Dockerfile", name.to_owned())));
    let is_name =
        |name: &str| name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    for line in paper("compose.yaml").lines() {
        let name = line.trim().split(": ").next().unwrap_or_default();
        if is_name(name) {
            set.push(("compose.yaml", name.to_owned()));
        }
    }
    assert!(set.len() > 15, "the variables were not found: {set:?}");
    let unknown = set.iter().filter(|(_, name)| !known.contains(name));
    let findings: Vec<String> = unknown
        .map(|(file, name)| format!("{file} sets {name}"))
        .collect();
    assert_none(&findings);
}

#[test]
fn a_production_service_gets_all_that_production_wants() {
    let render = values("render.yaml", "key");
    for name in [
        "DATABASE_URL",
        "PUBLIC_URL",
        "JWT_PRIVATE_KEY",
        "ENCRYPTION_KEY",
    ] {
        assert!(render.contains(&name.to_owned()), "{name}");
    }
    assert!(instruction("ENV").contains("APP_ENV=production"));
    assert_eq!(values("render.yaml", "name")[0], "rocketagent");
    for file in FILES {
        let commands =
            values(file, "preDeployCommand").join(" ") + &values(file, "command").join(" ");
        assert!(!commands.contains("seed-"), "{file} seeds");
    }
}

#[test]
fn the_health_check_paths_are_routes() {
    let document = server::document();
    let mut checks = values("render.yaml", "healthCheckPath");
    checks.extend(values("railway.toml", "healthcheckPath"));
    let health_check = health_check();
    let inside = health_check.split("GET ").nth(1).unwrap().split(' ').next();
    checks.extend(inside.map(str::to_owned));
    assert_eq!(checks, ["/health", "/ready", "/health"]);
    for path in checks {
        assert!(
            document.paths.paths.contains_key(&format!("/api{path}")),
            "{path}"
        );
    }
}

#[test]
fn the_image_holds_every_program_and_runs_as_an_ordinary_user() {
    let file = paper("Dockerfile");
    for program in programs() {
        assert!(
            file.contains(&format!("/src/target/release/{program} ")),
            "{program}"
        );
    }
    let user = instruction("USER");
    assert!(user != "root" && user != "0" && file.contains(&format!("/nologin {user}")));
    let image = instruction("FROM");
    assert!(
        image.starts_with("debian:bookworm-slim"),
        "bash is part of it, which the health check needs"
    );
    let ignored = paper(".dockerignore");
    for needed in [
        "src",
        "migrations",
        ".sqlx",
        ".cargo",
        "Cargo.lock",
        "build.rs",
        "seeds",
        "benches",
    ] {
        assert!(ignored.lines().all(|line| line != needed), "{needed}");
    }
}

/// The command of the image's health check, for a shell.
pub fn health_check() -> String {
    let file = paper("Dockerfile");
    let exec = file.split("HEALTHCHECK").nth(1).unwrap();
    let exec = exec.split("CMD ").nth(1).unwrap().lines().next().unwrap();
    let words: Vec<String> = serde_json::from_str(exec).unwrap();
    assert_eq!(words[..2], ["bash", "-c"]);
    words[2].clone()
}

#[test]
fn the_ci_script_runs_the_readmes_test_command() {
    let readme = shell_lines(&paper("README.md"));
    assert_eq!(
        readme[..2],
        ["cargo run", "cargo test"],
        "the two commands come first"
    );
    let script = paper(".ci/run");
    assert!(script.contains(&format!("\nstep 'tests' {}\n", readme[1])));
    assert!(script.contains("create_main_cluster"));
    for file in [".ci/run", "migrations/scratch.sh", "migrations/prepare.sh"] {
        let checked = Command::new("bash")
            .arg("-n")
            .arg(file)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(checked.unwrap().success(), "{file}");
    }
}

#[test]
fn tls_may_be_asked_for_beside_the_url() {
    let told = |mode: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reception"));
        command.args(["migrate", "--status"]).stdin(Stdio::null());
        command.env_remove("PGSSLMODE").envs([
            ("APP_ENV", "production"),
            // Another host, as far as the check can tell; nobody listens there.
            ("DATABASE_URL", "postgres://reception@0.0.0.0:1/reception"),
            ("PUBLIC_URL", "https://reception.example"),
            ("JWT_PRIVATE_KEY", JWT_KEY),
            ("ENCRYPTION_KEY", ENCRYPTION_KEY),
        ]);
        command.envs(mode.map(|mode| ("PGSSLMODE", mode)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(None).contains("sslmode=require"));
    let refused = told(Some("require"));
    assert!(refused.contains("connect to the database"), "{refused}");
}
