//! The mails that development did not send.
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::{letter::place, store};
use crate::{app::App, kernel::db::IdentityTx};

/// A mail that nobody got.
#[derive(Clone, Debug, Serialize)]
pub struct SandboxMail {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// The newest last.
pub async fn read_sandbox(app: &App) -> anyhow::Result<Vec<SandboxMail>> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let rows = store::list_sandbox(&mut tx).await?;
    tx.commit().await?;
    let open = |row: store::Sandboxed| {
        let text = app
            .keyring
            .open(&place("body_sealed", row.id), &row.body_sealed)?;
        let to = app
            .keyring
            .open(&place("recipient_sealed", row.id), &row.recipient_sealed)?;
        Ok(SandboxMail {
            at: row.created_at,
            kind: row.kind,
            to: to.expose_secret().to_owned(),
            subject: row.subject,
            text: text.expose_secret().to_owned(),
        })
    };
    rows.into_iter().map(open).collect()
}
