//! What we tell the owner of a business by mail.
use serde::{Deserialize, Serialize};

use super::{Mail, send, store};
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{IdentityTx, Tx},
        ids::SubscriberId,
        language::Language,
    },
};

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Notice {
    /// An endpoint has answered nothing but failures for a day.
    EndpointFailing,
    /// It was switched off.
    EndpointDisabled,
}

/// Tells the owner.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TellOwner {
    pub subscriber: SubscriberId,
    pub notice: Notice,
}

impl Job for TellOwner {
    const KIND: &'static str = "mail.tell_owner";
    const LANE: Lane = Lane::Provider;
    const PROVIDER: Option<&'static str> = Some("resend");

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// The order to tell the owner something, within the transaction that makes it true: `jobs::enqueue` it.
pub async fn tell_owner(app: AppState, run: Run, job: TellOwner) -> Result<(), JobError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let owner = store::find_owner(&mut tx, job.subscriber).await?;
    tx.commit().await?;
    let Some(owner) = owner else { return Ok(()) };
    let (subject, text) = words(job.notice, owner.language);
    let link = app
        .settings
        .frontend_url
        .as_ref()
        .unwrap_or(&app.settings.public_url);
    let mail = Mail {
        kind: "notice",
        to: owner.email,
        subject: format!("{}: {subject}", owner.business_name),
        text: format!("{text}\n\n{link}\n").into(),
    };
    send(&app, &run, &mail).await
}

impl TellOwner {
    /// Orders it in this transaction.
    pub fn order(tx: &mut impl Tx, subscriber: SubscriberId, notice: Notice) {
        jobs::enqueue(tx, &Self { subscriber, notice });
    }
}

fn words(notice: Notice, language: Language) -> (&'static str, &'static str) {
    match (notice, language) {
        (Notice::EndpointFailing, Language::En) => (
            "a webhook endpoint fails",
            "One of your webhook endpoints has failed for a day. We go on trying; after five days it is switched off.",
        ),
        (Notice::EndpointFailing, Language::Fr) => (
            "un point de terminaison webhook échoue",
            "L'un de vos points de terminaison webhook échoue depuis un jour. Nous continuons d'essayer; après cinq jours, il sera désactivé.",
        ),
        (Notice::EndpointFailing, Language::Es) => (
            "un punto de conexión webhook falla",
            "Uno de sus puntos de conexión webhook falla desde hace un día. Seguimos intentándolo; después de cinco días se desactiva.",
        ),
        (Notice::EndpointDisabled, Language::En) => (
            "a webhook endpoint was switched off",
            "One of your webhook endpoints was switched off, because it is gone or answered nothing but failures. Nothing is lost: mend it, switch it on, and replay what it missed.",
        ),
        (Notice::EndpointDisabled, Language::Fr) => (
            "un point de terminaison webhook a été désactivé",
            "L'un de vos points de terminaison webhook a été désactivé, car il n'existe plus ou n'a fait qu'échouer. Rien n'est perdu : réparez-le, réactivez-le et rejouez ce qu'il a manqué.",
        ),
        (Notice::EndpointDisabled, Language::Es) => (
            "se desactivó un punto de conexión webhook",
            "Uno de sus puntos de conexión webhook se desactivó porque ya no existe o solo respondía con fallos. No se perdió nada: repárelo, actívelo y reenvíe lo que le faltó.",
        ),
    }
}
