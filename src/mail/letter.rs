//! Sending one mail.
use anyhow::{Context, anyhow};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::store::{self, NewMail};
use crate::{
    app::App,
    jobs::{JobError, Run},
    kernel::{config::AppEnv, db::IdentityTx, secrets::Place},
    providers::resend::{self, Letter},
};

/// A mail with its words.
pub struct Mail {
    /// What it is about, such as `reset_link`.
    pub kind: &'static str,
    pub to: String,
    pub subject: String,
    pub text: SecretString,
}

pub(super) fn place(column: &'static str, row: Uuid) -> Place {
    Place {
        table: "outgoing_mails",
        column,
        subscriber: None,
        row,
    }
}

/// Sends it, within a run: a run that is repeated with the same words sends it once. In development without a key it
/// goes to the sandbox; in production without one the job fails, and an alert says so.
pub async fn send(app: &App, run: &Run, mail: &Mail) -> Result<(), JobError> {
    let id = Uuid::now_v7();
    let (provider_id, state) = match &app.resend {
        Some(resend) => {
            let key = format!("{}/{}/{}", mail.kind, run.job(), run.attempt());
            let letter = Letter {
                to: &mail.to,
                subject: &mail.subject,
                text: mail.text.expose_secret(),
                kind: mail.kind,
                idempotency_key: &key,
            };
            (Some(resend.send(&letter).await.map_err(order)?), "SENT")
        }
        None if app.settings.env == AppEnv::Development => (None, "SANDBOX"),
        None => {
            return Err(JobError::Fail(anyhow!(
                "mail is off: RESEND_API_KEY is not set"
            )));
        }
    };
    let is_sandboxed = provider_id.is_none();
    let seal = |column, text: &SecretString| app.keyring.seal(&place(column, id), text);
    let new = NewMail {
        id,
        kind: mail.kind,
        recipient_sealed: is_sandboxed.then(|| seal("recipient_sealed", &mail.to.clone().into())),
        subject: &mail.subject,
        body_sealed: is_sandboxed.then(|| seal("body_sealed", &mail.text)),
        state,
        provider_id: provider_id.as_deref(),
    };
    let mut tx = IdentityTx::begin(&app.db).await?;
    store::insert(&mut tx, &new, app.clock.now()).await?;
    tx.commit()
        .await
        .context("note a mail")
        .map_err(JobError::Retry)
}

fn order(error: resend::Error) -> JobError {
    match error {
        resend::Error::Refused { .. } => JobError::Fail(error.into()),
        resend::Error::RateLimited {
            retry_after: Some(wait),
            ..
        } => JobError::RetryAfter(anyhow!("resend is rate limiting us"), wait),
        other => JobError::Retry(other.into()),
    }
}
