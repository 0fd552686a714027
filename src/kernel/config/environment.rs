//! The variables of a process, and what a `.env` file adds to them in development.
use std::collections::HashMap;

use super::AppEnv;

/// The variables of a process: taken once, so that tests can make their own.
#[derive(Clone, Debug, Default)]
pub struct Environment(pub(super) HashMap<String, String>);

impl Environment {
    /// The real one and, in development, what a `.env` file adds to it.
    pub fn of_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the place the others are sent to"
        )]
        let mut variables: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let is_production = Self(variables.clone()).app_env() == Ok(AppEnv::Production);
        if !is_production {
            for (name, value) in read_env_file(std::path::Path::new(".env")) {
                variables.entry(name).or_insert(value);
            }
        }
        Self(variables)
    }

    /// A value that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn app_env(&self) -> Result<AppEnv, String> {
        match self.get("APP_ENV").map(str::to_ascii_lowercase).as_deref() {
            Some("development") => Ok(AppEnv::Development),
            Some("production") => Ok(AppEnv::Production),
            Some(_) => Err("APP_ENV must be development or production".to_owned()),
            None if self.get("DATABASE_URL").is_some() => Ok(AppEnv::Production),
            None => Ok(AppEnv::Development),
        }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        variables.into_iter().collect()
    }
}

/// Of two values for one name the later one counts.
impl<'a> FromIterator<(&'a str, &'a str)> for Environment {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(variables: I) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(variables.into_iter().map(owned).collect())
    }
}

fn read_env_file(path: &std::path::Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| {
            (
                name.trim().to_owned(),
                value.trim().trim_matches('"').to_owned(),
            )
        })
        .collect()
}
