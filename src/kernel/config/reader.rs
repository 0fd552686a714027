//! One value after the other, by its type; what is wrong is collected.
use ipnet::IpNet;
use secrecy::SecretString;

use super::{AppEnv, Environment};
use crate::kernel::phone::E164;

/// Older names of `PUBLIC_URL`, in the order in which they are looked for.
const PUBLIC_URL_NAMES: [&str; 5] = [
    "PUBLIC_URL",
    "SERVER_URL",
    "WEBHOOK_BASE_URL",
    "BASE_URL",
    "APP_URL",
];

pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) wrong: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.environment.get(name).is_some()
    }

    /// Several values, separated by commas.
    pub(super) fn secrets(&self, name: &str) -> Vec<SecretString> {
        self.list(name)
            .into_iter()
            .map(SecretString::from)
            .collect()
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, name: &str, default: T) -> T {
        match self.environment.get(name).map(str::parse) {
            None => default,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                self.wrong.push(format!("{name} is not a number that fits"));
                default
            }
        }
    }

    /// A limit of nothing would shut everybody out.
    pub(super) fn limit(&mut self, name: &str, default: u32) -> u32 {
        let limit = self.number(name, default);
        if limit == 0 {
            self.wrong.push(format!("{name} must be at least 1"));
        }
        limit
    }

    /// A value that something else knows how to read.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.environment.get(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong.push(format!("{name} {error}"));
                None
            }
        }
    }

    /// Several values, separated by commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let values = self.environment.get(name).unwrap_or_default();
        let values = values.split(',').map(str::trim);
        values
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Networks such as 10.0.0.0/8, or single addresses.
    pub(super) fn networks(&mut self, name: &str) -> Vec<IpNet> {
        let mut networks = Vec::new();
        for text in self.list(name) {
            let parsed = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
            match parsed {
                Ok(network) => networks.push(network),
                Err(_) => self
                    .wrong
                    .push(format!("{name} must list networks such as 10.0.0.0/8")),
            }
        }
        networks
    }

    /// Origins of pages, such as https://app.example.com.
    pub(super) fn origins(&mut self, name: &str) -> Vec<String> {
        let origins = self.list(name);
        for origin in &origins {
            let is_origin = origin.parse::<url::Url>().is_ok_and(|url| {
                ["http", "https"].contains(&url.scheme())
                    && url.origin().ascii_serialization() == *origin
            });
            if !is_origin {
                self.wrong.push(format!(
                    "{name} must list origins such as https://app.example.com"
                ));
            }
        }
        origins
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
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

    pub(super) fn phone(&mut self, name: &str) -> Option<E164> {
        let parsed = self.environment.get(name)?.parse();
        if parsed.is_err() {
            self.wrong
                .push(format!("{name} must be a number such as +14315550100"));
        }
        parsed.ok()
    }

    pub(super) fn currency(&mut self) -> String {
        let code = self
            .text("BILLING_CURRENCY")
            .unwrap_or_else(|| "CAD".to_owned());
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.wrong
                .push("BILLING_CURRENCY must be a code such as CAD".to_owned());
        }
        code
    }

    pub(super) fn base_url(&mut self, name: &str, default: &str) -> String {
        let url = self.text(name).unwrap_or_else(|| default.to_owned());
        if !url.starts_with("http://") && !url.starts_with("https://") {
            self.wrong
                .push(format!("{name} must begin with http:// or https://"));
        }
        url.trim_end_matches('/').to_owned()
    }

    pub(super) fn public_url(&mut self, port: u16) -> String {
        let name = PUBLIC_URL_NAMES
            .into_iter()
            .find(|name| self.has(name))
            .unwrap_or("PUBLIC_URL");
        self.base_url(name, &format!("http://localhost:{port}"))
    }

    pub(super) fn require(&mut self, names: &[&str]) {
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
    pub(super) fn database_url(&mut self, name: &str, env: AppEnv) -> Option<SecretString> {
        let url = self.text(name)?;
        match url.parse::<sqlx::postgres::PgConnectOptions>() {
            Err(_) => self.wrong.push(format!("{name} is not a postgres:// URL")),
            Ok(options) => {
                use sqlx::postgres::PgSslMode::{Require, VerifyCa, VerifyFull};
                let host = options.get_host();
                let is_local = options.get_socket().is_some()
                    || ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&host)
                    || host.starts_with('/');
                let has_tls = matches!(options.get_ssl_mode(), Require | VerifyCa | VerifyFull);
                if env == AppEnv::Production && !is_local && !has_tls {
                    self.wrong.push(format!(
                        "{name} needs ?sslmode=require or stricter: its host is not this machine"
                    ));
                }
            }
        }
        Some(url.into())
    }
}
