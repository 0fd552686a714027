//! How each provider stands: on, off, in the sandbox.
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, kernel::config::AppEnv};

/// Whether a provider is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderState {
    On,
    Off,
    /// What would go to it is stored and shown instead.
    Sandbox,
    Failing,
}

/// One provider, as `/health/detailed` and `doctor` show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProviderHealth {
    pub state: ProviderState,
    pub detail: Option<String>,
    pub last_ok_at: Option<DateTime<Utc>>,
}

/// All providers by name: what is set, and how they answered so far; `doctor` asks them.
pub fn providers(app: &App) -> BTreeMap<&'static str, ProviderHealth> {
    let settings = &app.settings;
    let is_set = settings.is_configured;
    let without_key = |sandboxed: bool| {
        if sandboxed && settings.env == AppEnv::Development {
            (
                ProviderState::Sandbox,
                "no key: what would be sent is stored and shown",
            )
        } else {
            (ProviderState::Off, "no key")
        }
    };
    let on_or = |is_on: bool, sandboxed: bool| {
        if is_on {
            (ProviderState::On, "")
        } else {
            without_key(sandboxed)
        }
    };
    let twilio = match (settings.twilio.is_on(), settings.twilio.is_sandboxed) {
        (true, true) => (
            ProviderState::Sandbox,
            "texts are stored and shown (RETELL_SMS_SANDBOX)",
        ),
        (is_on, _) => on_or(is_on, true),
    };
    let retell = match app.retell {
        Some(_) => (ProviderState::On, ""),
        None if settings.env == AppEnv::Development => {
            (ProviderState::Sandbox, "no key: the built-in brain answers")
        }
        None => (ProviderState::Off, "no key: the built-in brain answers"),
    };
    let elevenlabs = match app.elevenlabs {
        Some(_) => (ProviderState::On, ""),
        None if settings.env == AppEnv::Development => (
            ProviderState::Sandbox,
            "no key: calls are spoken by the carrier's voice",
        ),
        None => (
            ProviderState::Off,
            "no key: calls are spoken by the carrier's voice",
        ),
    };
    [
        ("twilio", twilio),
        ("retell", retell),
        ("vapi", on_or(app.vapi.is_some(), false)),
        ("stripe", on_or(is_set.stripe, false)),
        ("calcom", on_or(app.calcom.is_some(), false)),
        ("elevenlabs", elevenlabs),
        ("resend", on_or(settings.mail.api_key.is_some(), true)),
        ("llm", on_or(app.llm.is_some(), false)),
    ]
    .into_iter()
    .map(|(name, (state, detail))| (name, health(app, name, state, detail)))
    .collect()
}

/// What is set, and what this process has seen of the provider since it began.
fn health(app: &App, name: &str, set: ProviderState, detail: &str) -> ProviderHealth {
    let pulse = match name {
        "twilio" => app.twilio.as_ref().map(|client| client.pulse()),
        "retell" => app.retell.as_ref().map(|client| client.pulse()),
        "calcom" => app.calcom.as_ref().map(|client| client.pulse()),
        "vapi" => app.vapi.as_ref().map(|client| client.pulse()),
        "elevenlabs" => app.elevenlabs.as_ref().map(|client| client.pulse()),
        "resend" => app.resend.as_ref().map(|client| client.pulse()),
        "llm" => app.llm.as_ref().map(|client| client.pulse()),
        _ => None,
    };
    let trouble = pulse.and_then(|pulse| pulse.trouble());
    let detail = trouble.unwrap_or(detail);
    ProviderHealth {
        state: trouble.map_or(set, |_| ProviderState::Failing),
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        last_ok_at: pulse
            .and_then(|pulse| pulse.last_ok())
            .and_then(|ago| TimeDelta::from_std(ago).ok())
            .map(|ago| app.clock.now() - ago),
    }
}
