//! From the environment to [`Settings`].
use std::{fmt, path::PathBuf};

use secrecy::SecretString;

use super::{
    AppEnv, CalcomSettings, Configured, DatabaseSettings, ElevenLabsSettings, Environment,
    KeySettings, LimitSettings, LlmSettings, MailSettings, MasterAgent, NetworkSettings,
    RetellSettings, Settings, TwilioSettings, VapiSettings, reader::Reader,
};
use crate::kernel::{secrets::Keyring, signing::SigningKeys};

/// Names of the older systems that mean nothing here.
const IGNORED: [&str; 4] = [
    "JWT_SECRET",
    "CALCOM_ENCRYPTION_KEY",
    "SUPABASE_URL",
    "NODE_ENV",
];

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
                url: self.database_url("DATABASE_URL", env),
                read_url: self.database_url("DATABASE_READ_URL", env),
                pool_size: self.number("DATABASE_POOL_SIZE", 16),
                programs: self.text("PG_BIN").map(PathBuf::from),
            },
            data_dir: self
                .text("DATA_DIR")
                .map_or(default_data_dir, PathBuf::from),
            network: NetworkSettings {
                trusted_proxy_hops: self.number("TRUSTED_PROXY_HOPS", 0),
                admin_ip_allowlist: self.networks("ADMIN_IP_ALLOWLIST"),
                allowed_private_cidrs: self.networks("ALLOWED_PRIVATE_CIDRS"),
                cors_origins: self.origins("CORS_ORIGINS"),
            },
            keys: KeySettings {
                signing: self.parsed("JWT_PRIVATE_KEY", SigningKeys::parse),
                encryption: self.parsed("ENCRYPTION_KEY", Keyring::parse),
            },
            limits: LimitSettings::read(self),
            frontend_url: self
                .text("FRONTEND_URL")
                .map(|_| self.base_url("FRONTEND_URL", "")),
            admin_email: self.text("ADMIN_EMAIL"),
            consent_version: self
                .text("CONSENT_VERSION")
                .unwrap_or_else(|| "2026-11".to_owned()),
            mail: MailSettings {
                api_key: self.text("RESEND_API_KEY").map(SecretString::from),
                api_base_url: self.base_url("RESEND_API_BASE_URL", "https://api.resend.com"),
                from: self
                    .text("MAIL_FROM")
                    .unwrap_or_else(|| "Rocket Reception <reception@localhost>".to_owned()),
                webhook_secrets: self.secrets("RESEND_WEBHOOK_SECRET"),
            },
            voice_fallback_url: self.fallback_url(),
            log_filter: self.text("RUST_LOG"),
            billing_currency: self.currency(),
            twilio: self.twilio(),
            retell: self.retell(),
            calcom: self.calcom(),
            llm: LlmSettings {
                api_base_url: self.text("LLM_API_BASE_URL"),
                api_key: self.text("LLM_API_KEY").map(SecretString::from),
                model: self
                    .text("LLM_MODEL")
                    .unwrap_or_else(|| "gpt-4.1-mini".to_owned()),
            },
            vapi: VapiSettings {
                api_key: self.text("VAPI_API_KEY").map(SecretString::from),
                webhook_secrets: self.secrets("VAPI_WEBHOOK_SECRET"),
                api_base_url: self.base_url("VAPI_API_BASE_URL", "https://api.vapi.ai"),
            },
            elevenlabs: self.elevenlabs(),
            is_configured: Configured {
                stripe: self.has("STRIPE_SECRET_KEY"),
            },
            ignored: IGNORED.into_iter().filter(|name| self.has(name)).collect(),
        })
    }

    /// Kept as it is written: what stands for the business is no URL yet.
    fn fallback_url(&mut self) -> Option<String> {
        const NAME: &str = "VOICE_FALLBACK_URL";
        let url = self.text(NAME)?;
        let is_good = url.starts_with("https://") || url.starts_with("http://localhost");
        if !is_good {
            self.wrong.push(format!("{NAME} must be an https URL"));
        }
        is_good.then_some(url)
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

    fn calcom(&mut self) -> CalcomSettings {
        let client_id = self.text("CALCOM_CLIENT_ID");
        let client_secret = self.text("CALCOM_CLIENT_SECRET").map(SecretString::from);
        if client_id.is_some() != client_secret.is_some() {
            let wrong = "CALCOM_CLIENT_ID and CALCOM_CLIENT_SECRET are set together or not at all";
            self.wrong.push(wrong.to_owned());
        }
        CalcomSettings {
            client_id,
            client_secret,
            webhook_secrets: self.secrets("CALCOM_WEBHOOK_SECRET"),
            api_base_url: self.base_url("CALCOM_API_BASE_URL", "https://api.cal.com"),
            app_base_url: self.base_url("CALCOM_APP_BASE_URL", "https://app.cal.com"),
        }
    }

    fn elevenlabs(&mut self) -> ElevenLabsSettings {
        ElevenLabsSettings {
            api_key: self.text("ELEVENLABS_API_KEY").map(SecretString::from),
            api_base_url: self.base_url("ELEVENLABS_API_BASE_URL", "https://api.elevenlabs.io"),
            // The one called Rachel.
            voice_id: self
                .text("ELEVENLABS_VOICE_ID")
                .unwrap_or_else(|| "21m00Tcm4TlvDq8ikWAM".to_owned()),
            max_concurrent: self.limit("ELEVENLABS_MAX_CONCURRENT", 4),
            has_zero_retention: self.flag("ELEVENLABS_ZERO_RETENTION"),
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
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

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
                ("JWT_PRIVATE_KEY", SigningKeys::generate().expose_secret()),
                ("ENCRYPTION_KEY", Keyring::generate().expose_secret()),
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
