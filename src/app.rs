//! What every request and every job is handed: the database, the clock, the settings, the providers' clients.
use std::sync::Arc;

use anyhow::Context;
use secrecy::ExposeSecret;
use url::Url;

use crate::{
    kernel::{
        clock::Clock,
        config::{AppEnv, Settings},
        db::Db,
        faults::Faults,
        http::{self, Reach, TenantClient},
        lots::Lots,
        secrets::Keyring,
        signing::SigningKeys,
        tasks::Tasks,
    },
    providers::{calcom, elevenlabs, llm, recordings::Recordings, resend, retell, twilio, vapi},
};

/// The running application. Holds kernel and provider things only, so that every domain can take it.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    /// The same for who only reads: the replica of `DATABASE_READ_URL`, if there is one.
    pub read_db: Db,
    pub clock: Clock,
    pub settings: Settings,
    pub tasks: Tasks,
    /// Failures that wait to be written down.
    pub faults: Faults,
    /// Shares of subscribers' limits of provider events.
    pub event_lots: Lots,
    /// What signs and checks access tokens.
    pub signing: SigningKeys,
    /// What seals and opens secrets at rest.
    pub keyring: Keyring,
    /// What clients are made of for accounts of subscribers' own.
    pub http: reqwest::Client,
    /// For addresses that a subscriber typed.
    pub tenant_http: TenantClient,
    /// None: texts go to the sandbox (development) or stay unsent (production).
    pub twilio: Option<twilio::Client>,
    /// None: the built-in brain answers.
    pub retell: Option<retell::Client>,
    /// None: nobody can connect a calendar, and those that are connected rest.
    pub calcom: Option<calcom::Client>,
    /// None: the built-in brain answers where a language model should.
    pub llm: Option<llm::Client>,
    /// None: nothing can be asked of Vapi; its calls are answered all the same where its secret is set.
    pub vapi: Option<vapi::Client>,
    /// None: calls are spoken by the carrier's own voice.
    pub elevenlabs: Option<elevenlabs::Client>,
    /// None: mails go to the sandbox (development) or are off (production).
    pub resend: Option<resend::Client>,
    /// The sound of calls, wherever it is kept.
    pub recordings: Recordings,
}

pub type AppState = Arc<App>;

impl App {
    pub fn new(db: Db, clock: Clock, settings: Settings) -> anyhow::Result<AppState> {
        let http = http::provider_client().context("make the client for providers")?;
        let twilio = match (&settings.twilio.account_sid, &settings.twilio.api_token) {
            (Some(sid), Some(token)) if !settings.twilio.is_sandboxed => Some(twilio::Client::new(
                http.clone(),
                &settings.twilio.api_base_url,
                sid,
                token.clone(),
            )),
            _ => None,
        };
        let mut recordings = Recordings::new(
            http.clone(),
            &[
                &settings.twilio.api_base_url,
                &settings.retell.api_base_url,
                &settings.vapi.api_base_url,
            ],
        );
        if let (Some(sid), Some(token)) = (&settings.twilio.account_sid, &settings.twilio.api_token)
        {
            recordings = recordings.with_twilio(&settings.twilio.api_base_url, sid, token.clone());
        }
        let retell = settings
            .retell
            .api_key
            .clone()
            .map(|key| retell::Client::new(http.clone(), &settings.retell.api_base_url, key));
        let calcom = &settings.calcom;
        let calcom = match (&calcom.client_id, &calcom.client_secret) {
            (Some(id), Some(secret)) => Some(calcom::Client::new(
                http.clone(),
                &calcom.api_base_url,
                &calcom.app_base_url,
                id,
                secret.clone(),
            )),
            _ => None,
        };
        let model = &settings.llm;
        let llm = model.api_base_url.as_ref().map(|base_url| {
            llm::Client::new(http.clone(), base_url, model.api_key.clone(), &model.model)
        });
        let vapi = settings
            .vapi
            .api_key
            .clone()
            .map(|key| vapi::Client::new(http.clone(), &settings.vapi.api_base_url, key));
        let voice = &settings.elevenlabs;
        let live_http = http::live_client().context("make the client for live calls")?;
        let elevenlabs = voice.api_key.clone().map(|key| {
            let client = elevenlabs::Client::new(live_http, &voice.api_base_url, key);
            let client = client.with_concurrency(voice.max_concurrent);
            if voice.has_zero_retention {
                client.with_zero_retention()
            } else {
                client
            }
        });
        let mail = &settings.mail;
        let resend = mail
            .api_key
            .clone()
            .map(|key| resend::Client::new(http.clone(), &mail.api_base_url, key, &mail.from));
        let tenant_http =
            TenantClient::new(reach(&settings)).context("make the client for subscribers")?;
        let no_key = "a key is missing: Settings::with_development_secrets makes it in development";
        let signing = settings.keys.signing.clone();
        let keyring = settings.keys.encryption.clone();
        let read_db = match &settings.database.read_url {
            Some(url) => {
                let options = url.expose_secret().parse();
                let options = options.context("read DATABASE_READ_URL as a URL")?;
                db.with_replica(options, settings.database.pool_size)
            }
            None => db.for_reading(),
        };
        Ok(Arc::new(Self {
            db,
            read_db,
            clock,
            signing: signing.context(no_key)?,
            keyring: keyring.context(no_key)?,
            tenant_http,
            settings,
            tasks: Tasks::default(),
            faults: Faults::default(),
            event_lots: Lots::default(),
            http,
            twilio,
            retell,
            calcom,
            llm,
            vapi,
            elevenlabs,
            resend,
            recordings,
        }))
    }

    /// Where dashboards and lists read. A transaction there cannot write, and may see what stood there a moment ago: a
    /// replica follows by as much as the network and its load make it, which nobody here measures. What decides
    /// anything, or follows a change of the same person's, reads from [`App::db`].
    pub fn reading(&self) -> &Db {
        &self.read_db
    }

    /// Whether texts are stored and shown instead of sent.
    pub fn has_text_sandbox(&self) -> bool {
        self.settings.env == AppEnv::Development || self.settings.twilio.is_sandboxed
    }
}

/// How far requests to subscribers' addresses may reach. Without encryption they go to networks that a setting allows,
/// and in development anywhere.
fn reach(settings: &Settings) -> Reach {
    let databases = [&settings.database.url, &settings.database.read_url];
    let databases = databases.into_iter().flatten();
    let mut own: Vec<_> = databases
        .filter_map(|url| host_and_port(url.expose_secret(), 5432))
        .collect();
    let ourselves = host_and_port(&settings.public_url, settings.port);
    own.extend(ourselves.map(|(host, _)| (host, settings.port)));
    Reach {
        allowed: settings.network.allowed_private_cidrs.clone(),
        has_plain_http: settings.env == AppEnv::Development,
        own,
    }
}

fn host_and_port(url: &str, usual_port: u16) -> Option<(String, u16)> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some((host.to_owned(), url.port().unwrap_or(usual_port)))
}
