//! Which account of Twilio's carries a text or a call: the subscriber's own, the platform's, the sandbox, or none.
use crate::{
    app::AppState,
    jobs::JobError,
    kernel::{db::TenantTx, phone::E164},
    providers::twilio,
    tenancy::accounts::{self, Error, OwnAccount, Provider},
};

/// Who carries it.
pub enum Carrier {
    Own {
        account_id: String,
        client: Box<twilio::Client>,
    },
    Platform(Box<twilio::Client>),
    /// Stored and shown, not sent.
    Sandbox,
    /// Nobody can: no account is configured, or the own one cannot be used. The platform's account does not stand in
    /// for it, since the number is not in it.
    Nobody,
}

impl Carrier {
    pub fn client(&self) -> Option<&twilio::Client> {
        match self {
            Self::Own { client, .. } | Self::Platform(client) => Some(client),
            Self::Sandbox | Self::Nobody => None,
        }
    }

    /// The subscriber's own account; None: the platform's.
    pub(super) fn account_id(&self) -> Option<&str> {
        match self {
            Self::Own { account_id, .. } => Some(account_id),
            Self::Platform(_) | Self::Sandbox | Self::Nobody => None,
        }
    }
}

/// The carrier of what goes out from this number. A subscriber with an account of its own has its numbers there; a number that
/// several share is the platform's.
pub async fn of(app: &AppState, tx: &mut TenantTx, from: &E164) -> Result<Carrier, JobError> {
    if app.settings.twilio.is_sandboxed {
        return Ok(Carrier::Sandbox);
    }
    match accounts::own_account_for_number(tx, &app.keyring, from).await {
        Ok(Some(own)) => Ok(own_carrier(app, own)),
        Ok(None) => Ok(platform(app)),
        Err(error) => unusable(tx, error),
    }
}

/// The carrier that a text was handed to. An own account that is gone since cannot be asked: who does not know whether
/// a text went out does not send it again.
pub(super) async fn that_had(
    app: &AppState,
    tx: &mut TenantTx,
    account_id: Option<&str>,
) -> Result<Carrier, JobError> {
    let Some(account_id) = account_id else {
        return Ok(platform(app));
    };
    match accounts::own_account_named(tx, &app.keyring, Provider::Twilio, account_id).await {
        Ok(Some(own)) => Ok(own_carrier(app, own)),
        Ok(None) => Ok(Carrier::Nobody),
        Err(error) => unusable(tx, error),
    }
}

fn platform(app: &AppState) -> Carrier {
    match &app.twilio {
        Some(client) => Carrier::Platform(Box::new(client.clone())),
        None if app.has_text_sandbox() => Carrier::Sandbox,
        None => Carrier::Nobody,
    }
}

/// A client for this call: it costs a few small allocations, and shares its connections with all others.
fn own_carrier(app: &AppState, own: OwnAccount) -> Carrier {
    let Some(api_key) = own.api_key else {
        return Carrier::Nobody;
    };
    let base_url = &app.settings.twilio.api_base_url;
    let client = twilio::Client::new(app.http.clone(), base_url, &own.account_id, api_key);
    Carrier::Own {
        account_id: own.account_id,
        client: Box::new(client),
    }
}

fn unusable(tx: &TenantTx, error: Error) -> Result<Carrier, JobError> {
    match error {
        Error::Database(error) => Err(error.into()),
        error => {
            tracing::error!(subscriber.id = %tx.subscriber(), provider = "twilio", "{error}");
            Ok(Carrier::Nobody)
        }
    }
}
