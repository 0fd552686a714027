//! From the environment to [`Settings`].
use std::{collections::HashMap, fmt, path::PathBuf};

use secrecy::SecretString;

use super::{
    AppEnv, Configured, DatabaseSettings, MasterAgent, RetellSettings, Settings, TwilioSettings,
};
use crate::kernel::phone::E164;

/// Names of the older systems that mean nothing here.
const IGNORED: [&str; 4] = [
    "JWT_SECRET",
    "CALCOM_ENCRYPTION_KEY",
    "SUPABASE_URL",
    "NODE_ENV",
];
/// Older names of `PUBLIC_URL`, in the order in which they are looked for.
const PUBLIC_URL_NAMES: [&str; 5] = [
    "PUBLIC_URL",
    "SERVER_URL",
    "WEBHOOK_BASE_URL",
    "BASE_URL",
    "APP_URL",
];

/// The variables of a process: taken once, so that tests can make their own.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

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

    fn app_env(&self) -> Result<AppEnv, String> {
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

/// Everything that is missing or wrong, at once.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsError(pub Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings: {}", self.0.join("; "))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads and checks all settings.
    pub fn read(
        environment: &Environment,
        default_data_dir: PathBuf,
    ) -> Result<Self, SettingsError> {
        let mut reader = Reader {
            environment,
            wrong: Vec::new(),
        };
        let settings = reader.settings(default_data_dir);
        match settings {
            Some(settings) if reader.wrong.is_empty() => Ok(settings),
            _ => Err(SettingsError(reader.wrong)),
        }
    }
}

struct Reader<'a> {
    environment: &'a Environment,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn settings(&mut self, default_data_dir: PathBuf) -> Option<Settings> {
        let env = match self.environment.app_env() {
            Ok(env) => env,
            Err(wrong) => {
                self.wrong.push(wrong);
                return None;
            }
        };
        let port = self.number("PORT", 3000);
        if env == AppEnv::Production {
            self.require(&[
                "DATABASE_URL",
                "PUBLIC_URL",
                "JWT_PRIVATE_KEY",
                "ENCRYPTION_KEY",
            ]);
        }
        Some(Settings {
            env,
            port,
            public_url: self.public_url(port),
            database: DatabaseSettings {
                url: self.database_url(env),
                pool_size: self.number("DATABASE_POOL_SIZE", 16),
                programs: self.text("PG_BIN").map(PathBuf::from),
            },
            data_dir: self
                .text("DATA_DIR")
                .map_or(default_data_dir, PathBuf::from),
            trusted_proxy_hops: self.number("TRUSTED_PROXY_HOPS", 0),
            log_filter: self.text("RUST_LOG"),
            billing_currency: self.currency(),
            twilio: self.twilio(),
            retell: self.retell(),
            llm_api_base_url: self.text("LLM_API_BASE_URL"),
            is_configured: Configured {
                vapi: self.has("VAPI_API_KEY"),
                stripe: self.has("STRIPE_SECRET_KEY"),
                calcom: self.has("CALCOM_CLIENT_ID"),
                elevenlabs: self.has("ELEVENLABS_API_KEY"),
                resend: self.has("RESEND_API_KEY"),
            },
            ignored: IGNORED.into_iter().filter(|name| self.has(name)).collect(),
        })
    }

    fn twilio(&mut self) -> TwilioSettings {
        let auth_tokens = self.secrets("TWILIO_AUTH_TOKEN");
        TwilioSettings {
            account_sid: self.text("TWILIO_ACCOUNT_SID"),
            api_token: auth_tokens.first().cloned(),
            auth_tokens,
            api_base_url: self.base_url("TWILIO_API_BASE_URL", "https://api.twilio.com"),
            phone_number: self.phone("TWILIO_PHONE_NUMBER"),
            master_sms_number: self.phone("MASTER_SMS_NUMBER"),
            is_sandboxed: self.flag("RETELL_SMS_SANDBOX"),
        }
    }

    fn retell(&mut self) -> RetellSettings {
        let api_key = self.text("RETELL_API_KEY").map(SecretString::from);
        let mut webhook_secrets = self.secrets("RETELL_WEBHOOK_SECRET");
        if webhook_secrets.is_empty() {
            webhook_secrets.extend(api_key.clone());
        }
        RetellSettings {
            api_key,
            webhook_secrets,
            api_base_url: self.base_url("RETELL_API_BASE_URL", "https://api.retellai.com"),
            gatekeeper_agent_id: self.text("RETELL_GATEKEEPER_AGENT_ID"),
            demo_agent_id: self.text("RETELL_DEMO_AGENT_ID"),
            masters: self.masters(),
        }
    }

    fn masters(&self) -> Vec<MasterAgent> {
        const PREFIX: &str = "RETELL_MASTER_AGENT_ID_";
        let mut names: Vec<&str> = self
            .environment
            .0
            .keys()
            .filter_map(|name| name.strip_prefix(PREFIX))
            .collect();
        names.sort_unstable();
        names
            .into_iter()
            .filter_map(|industry| {
                Some(MasterAgent {
                    industry: industry.to_owned(),
                    agent_id: self.text(&format!("{PREFIX}{industry}"))?,
                    version: self.text(&format!("RETELL_AGENT_VERSION_{industry}")),
                    llm_id: self.text(&format!("RETELL_LLM_ID_{industry}")),
                    llm_version: self.text(&format!("RETELL_LLM_VERSION_{industry}")),
                })
            })
            .collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    fn has(&self, name: &str) -> bool {
        self.environment.get(name).is_some()
    }

    /// Several values, separated by commas.
    fn secrets(&self, name: &str) -> Vec<SecretString> {
        let values = self.environment.get(name).unwrap_or_default();
        values
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(SecretString::from)
            .collect()
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str, default: T) -> T {
        match self.environment.get(name).map(str::parse) {
            None => default,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                self.wrong.push(format!("{name} is not a number that fits"));
                default
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self
            .environment
            .get(name)
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            None | Some("false" | "0" | "no" | "off") => false,
            Some("true" | "1" | "yes" | "on") => true,
            Some(_) => {
                self.wrong.push(format!("{name} must be true or false"));
                false
            }
        }
    }

    fn phone(&mut self, name: &str) -> Option<E164> {
        let parsed = self.environment.get(name)?.parse();
        if parsed.is_err() {
            self.wrong
                .push(format!("{name} must be a number such as +14315550100"));
        }
        parsed.ok()
    }

    fn currency(&mut self) -> String {
        let code = self
            .text("BILLING_CURRENCY")
            .unwrap_or_else(|| "CAD".to_owned());
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.wrong
                .push("BILLING_CURRENCY must be a code such as CAD".to_owned());
        }
        code
    }

    fn base_url(&mut self, name: &str, default: &str) -> String {
        let url = self.text(name).unwrap_or_else(|| default.to_owned());
        if !url.starts_with("http://") && !url.starts_with("https://") {
            self.wrong
                .push(format!("{name} must begin with http:// or https://"));
        }
        url.trim_end_matches('/').to_owned()
    }

    fn public_url(&mut self, port: u16) -> String {
        let name = PUBLIC_URL_NAMES
            .into_iter()
            .find(|name| self.has(name))
            .unwrap_or("PUBLIC_URL");
        self.base_url(name, &format!("http://localhost:{port}"))
    }

    fn require(&mut self, names: &[&str]) {
        let missing = names.iter().filter(|name| {
            let has_older_name =
                **name == "PUBLIC_URL" && PUBLIC_URL_NAMES.iter().any(|older| self.has(older));
            !self.has(name) && !has_older_name
        });
        let wrong: Vec<_> = missing
            .map(|name| format!("{name} is missing (production needs it)"))
            .collect();
        self.wrong.extend(wrong);
    }

    /// Outside this machine a password must not travel in the clear.
    fn database_url(&mut self, env: AppEnv) -> Option<SecretString> {
        let url = self.text("DATABASE_URL")?;
        match url.parse::<sqlx::postgres::PgConnectOptions>() {
            Err(_) => self
                .wrong
                .push("DATABASE_URL is not a postgres:// URL".to_owned()),
            Ok(options) => {
                use sqlx::postgres::PgSslMode::{Require, VerifyCa, VerifyFull};
                let host = options.get_host();
                let is_local = options.get_socket().is_some()
                    || ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&host)
                    || host.starts_with('/');
                let has_tls = matches!(options.get_ssl_mode(), Require | VerifyCa | VerifyFull);
                if env == AppEnv::Production && !is_local && !has_tls {
                    self.wrong.push(
                        "DATABASE_URL needs ?sslmode=require or stricter: its host is not this machine".to_owned(),
                    );
                }
            }
        }
        Some(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> Result<Settings, SettingsError> {
        Settings::read(&Environment::from(variables), "/data".into())
    }

    #[test]
    fn nothing_set_is_development_on_the_embedded_database() {
        let settings = read([]).unwrap();
        assert_eq!(settings.env, AppEnv::Development);
        assert_eq!(settings.public_url, "http://localhost:3000");
        assert!(settings.database.url.is_none());
        assert!(!settings.twilio.is_on());
    }

    #[test]
    fn production_names_everything_that_is_missing_at_once() {
        let error = read([("APP_ENV", "production"), ("PORT", "x")]).unwrap_err();
        let text = error.to_string();
        for name in [
            "DATABASE_URL",
            "PUBLIC_URL",
            "JWT_PRIVATE_KEY",
            "ENCRYPTION_KEY",
            "PORT",
        ] {
            assert!(text.contains(name), "{text}");
        }
    }

    #[test]
    fn a_database_url_makes_it_production_unless_said_otherwise() {
        let url = ("DATABASE_URL", "postgres://u@localhost/db");
        assert!(read([url]).is_err());
        assert_eq!(
            read([url, ("APP_ENV", "development")]).unwrap().env,
            AppEnv::Development
        );
    }

    #[test]
    fn a_database_elsewhere_needs_tls_in_production() {
        let with = |url| {
            read([
                ("DATABASE_URL", url),
                ("PUBLIC_URL", "https://example.com"),
                ("JWT_PRIVATE_KEY", "k"),
                ("ENCRYPTION_KEY", "k"),
            ])
        };
        assert!(with("postgres://u@db.example.com/db").is_err());
        assert!(with("postgres://u@db.example.com/db?sslmode=require").is_ok());
        assert!(with("postgres://u@127.0.0.1/db").is_ok());
    }

    #[test]
    fn older_names_of_the_public_url_are_read_and_dead_ones_are_named() {
        let settings = read([("SERVER_URL", "https://old.example/"), ("JWT_SECRET", "x")]).unwrap();
        assert_eq!(settings.public_url, "https://old.example");
        assert_eq!(settings.ignored, ["JWT_SECRET"]);
    }

    #[test]
    fn retell_signs_with_its_api_key_unless_told_otherwise() {
        assert_eq!(
            read([("RETELL_API_KEY", "a")])
                .unwrap()
                .retell
                .webhook_secrets
                .len(),
            1
        );
        let both = read([("RETELL_API_KEY", "a"), ("RETELL_WEBHOOK_SECRET", "b, c")]).unwrap();
        assert_eq!(both.retell.webhook_secrets.len(), 2);
    }

    #[test]
    fn masters_are_read_per_industry() {
        let settings = read([
            ("RETELL_MASTER_AGENT_ID_HVAC", "agent_1"),
            ("RETELL_AGENT_VERSION_HVAC", "4"),
        ])
        .unwrap();
        assert_eq!(settings.retell.masters[0].industry, "HVAC");
        assert_eq!(settings.retell.masters[0].version.as_deref(), Some("4"));
    }
}
