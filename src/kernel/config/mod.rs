//! Settings: the only reader of the environment. Parsed once; a start that fails names everything wrong at once.
mod development;
mod environment;
mod limits;
mod read;
mod reader;

use std::path::PathBuf;

use ipnet::IpNet;
use secrecy::SecretString;

use crate::kernel::{phone::E164, secrets::Keyring, signing::SigningKeys};
pub use development::DevelopmentSecrets;
pub use environment::Environment;
pub use limits::LimitSettings;
pub use read::SettingsError;

/// Where we run: decides what is made up when it is missing, and what is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEnv {
    Development,
    Production,
}

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    pub env: AppEnv,
    pub port: u16,
    /// The base URL that providers sign and call, without a slash at the end.
    pub public_url: String,
    pub database: DatabaseSettings,
    pub data_dir: PathBuf,
    pub network: NetworkSettings,
    pub keys: KeySettings,
    pub limits: LimitSettings,
    /// Where the dashboard is; links in mails lead there.
    pub frontend_url: Option<String>,
    /// Who may be made operator and gets alerts.
    pub admin_email: Option<String>,
    /// Which text people agree to when they register.
    pub consent_version: String,
    pub mail: MailSettings,
    /// Where Twilio asks when we do not answer; `{subscriber}` stands for the business. None: at our own.
    pub voice_fallback_url: Option<String>,
    pub log_filter: Option<String>,
    pub billing_currency: String,
    pub twilio: TwilioSettings,
    pub retell: RetellSettings,
    pub calcom: CalcomSettings,
    pub llm: LlmSettings,
    pub vapi: VapiSettings,
    pub elevenlabs: ElevenLabsSettings,
    pub is_configured: Configured,
    /// Settings of the older systems that are present and mean nothing any more.
    pub ignored: Vec<&'static str>,
}

/// Which database: a server of one's own, or the embedded one.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    pub url: Option<SecretString>,
    /// A replica that dashboards read from.
    pub read_url: Option<SecretString>,
    pub pool_size: u32,
    /// Where the programs of the embedded server are, when not in a usual place.
    pub programs: Option<PathBuf>,
}

/// Who stands before us, who may come near, whom we may call.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// How many proxies append to `X-Forwarded-For`.
    pub trusted_proxy_hops: usize,
    /// From where operators may come; empty: from everywhere.
    pub admin_ip_allowlist: Vec<IpNet>,
    /// Private networks that subscribers' endpoints may stand in.
    pub allowed_private_cidrs: Vec<IpNet>,
    /// Pages that may call us from a browser.
    pub cors_origins: Vec<String>,
}

/// What signs access tokens and seals secrets; development makes what is missing.
#[derive(Clone, Debug)]
pub struct KeySettings {
    pub signing: Option<SigningKeys>,
    pub encryption: Option<Keyring>,
}

/// Resend, who carries our mails.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub api_key: Option<SecretString>,
    pub api_base_url: String,
    pub from: String,
    pub webhook_secrets: Vec<SecretString>,
}

#[derive(Clone, Debug)]
pub struct TwilioSettings {
    pub account_sid: Option<String>,
    /// What our own requests carry.
    pub api_token: Option<SecretString>,
    /// What webhooks may be signed with: several during a rotation, one of our own making in development.
    pub auth_tokens: Vec<SecretString>,
    pub api_base_url: String,
    pub phone_number: Option<E164>,
    /// A number that several subscribers share for texts.
    pub master_sms_number: Option<E164>,
    /// Texts go to the sandbox although a key is there.
    pub is_sandboxed: bool,
}

impl TwilioSettings {
    /// Whether texts can really be sent.
    pub fn is_on(&self) -> bool {
        self.account_sid.is_some() && self.api_token.is_some()
    }
}

#[derive(Clone, Debug)]
pub struct RetellSettings {
    pub api_key: Option<SecretString>,
    /// What Retell signs with: API keys with the webhook badge.
    pub webhook_secrets: Vec<SecretString>,
    pub api_base_url: String,
    pub gatekeeper_agent_id: Option<String>,
    pub demo_agent_id: Option<String>,
    /// The masters per industry, from `RETELL_MASTER_AGENT_ID_<INDUSTRY>` and its companions.
    pub masters: Vec<MasterAgent>,
}

/// A language model behind an OpenAI-compatible address.
#[derive(Clone, Debug)]
pub struct LlmSettings {
    /// Up to `/chat/completions`, such as `https://api.openai.com/v1`.
    pub api_base_url: Option<String>,
    /// Servers of one's own often want none.
    pub api_key: Option<SecretString>,
    pub model: String,
}

/// Vapi, as the platform has it.
#[derive(Clone, Debug)]
pub struct VapiSettings {
    /// The private key of the platform's organisation.
    pub api_key: Option<SecretString>,
    /// What proves that Vapi called: several during a rotation, the first one goes into the servers that we name.
    pub webhook_secrets: Vec<SecretString>,
    pub api_base_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterAgent {
    pub industry: String,
    pub agent_id: String,
    pub version: Option<String>,
    pub llm_id: Option<String>,
    pub llm_version: Option<String>,
}

/// Cal.com, through which businesses keep their calendars.
#[derive(Clone, Debug)]
pub struct CalcomSettings {
    /// Our application there.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// What webhooks are signed with that were made by hand; those that we make have secrets of their own.
    pub webhook_secrets: Vec<SecretString>,
    pub api_base_url: String,
    /// Where people say whether we may.
    pub app_base_url: String,
}

/// ElevenLabs, who makes the receptionist's voice.
#[derive(Clone, Debug)]
pub struct ElevenLabsSettings {
    pub api_key: Option<SecretString>,
    pub api_base_url: String,
    /// The voice of businesses that chose none.
    pub voice_id: String,
    /// How many requests a process has under way at once.
    pub max_concurrent: u32,
    /// The plan allows that nothing of what is spoken is kept there.
    pub has_zero_retention: bool,
}

/// Which of the providers that come later have their key: `/health/detailed` and `doctor` say it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Configured {
    pub stripe: bool,
}

impl Settings {
    /// Where Twilio asks about the calls of this business when we do not answer.
    pub fn fallback_url_of(&self, subscriber: &str) -> String {
        match &self.voice_fallback_url {
            Some(url) => url.replace("{subscriber}", subscriber),
            None => format!("{}/voice/fallback", self.public_url),
        }
    }

    /// Whether webhooks of every provider that is in use can be checked.
    pub fn has_keys(&self) -> bool {
        let twilio = self.twilio.account_sid.is_none() || !self.twilio.auth_tokens.is_empty();
        let retell = self.retell.api_key.is_none() || !self.retell.webhook_secrets.is_empty();
        let vapi = self.vapi.api_key.is_none() || !self.vapi.webhook_secrets.is_empty();
        twilio && retell && vapi
    }
}
