//! The mails of sign-in.
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{session, store::people};
use crate::{
    app::AppState,
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::IdentityTx,
        ids::{SubscriberId, UserId},
        language::Language,
        random,
    },
    mail::{self, Mail},
};

/// How long a link that was mailed is good.
const LINK: Duration = Duration::hours(1);

/// Mails somebody the link that sets a new password.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MailResetLink {
    /// May be nobody: whether an address has an account must not show in what is done about it.
    pub user: UserId,
}

impl Job for MailResetLink {
    const KIND: &'static str = "identity.mail_reset_link";
    const LANE: Lane = Lane::Provider;
    const MAX_ATTEMPTS: u32 = 5;
    const PROVIDER: Option<&'static str> = Some("resend");

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

/// Mails somebody that a refresh token of theirs was used twice.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MailReuseWarning {
    pub user: UserId,
}

impl Job for MailReuseWarning {
    const KIND: &'static str = "identity.mail_reuse_warning";
    const LANE: Lane = Lane::Provider;
    const MAX_ATTEMPTS: u32 = 5;
    const PROVIDER: Option<&'static str> = Some("resend");

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

/// Makes the link and mails it. Another run makes another link, and the earlier one ends.
pub async fn mail_reset_link(app: AppState, run: Run, job: MailResetLink) -> Result<(), JobError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let Some(user) = people::find_user(&mut tx, job.user).await? else {
        return Ok(());
    };
    let language = people::find_language(&mut tx, job.user)
        .await?
        .unwrap_or_default();
    let (token, now) = (random::base62(44), app.clock.now());
    people::insert_reset_token(&mut tx, job.user, &session::hash(&token), now + LINK, now).await?;
    tx.commit().await?;
    let frontend = app
        .settings
        .frontend_url
        .as_ref()
        .unwrap_or(&app.settings.public_url);
    let link = format!("{frontend}/reset-password?token={token}");
    let (subject, before, after) = match language {
        Language::En => (
            "Set a new password",
            "Somebody, maybe you, asked for a new password. This link sets one, once, within an hour:",
            "If it was not you, nothing has to be done.",
        ),
        Language::Fr => (
            "Définir un nouveau mot de passe",
            "Quelqu'un, peut-être vous, a demandé un nouveau mot de passe. Ce lien en définit un, une seule fois, dans l'heure :",
            "Si ce n'était pas vous, il n'y a rien à faire.",
        ),
        Language::Es => (
            "Establecer una nueva contraseña",
            "Alguien, quizás usted, pidió una nueva contraseña. Este enlace la establece, una sola vez, en menos de una hora:",
            "Si no fue usted, no hay que hacer nada.",
        ),
    };
    let mail = Mail {
        kind: "reset_link",
        to: user.email,
        subject: subject.to_owned(),
        text: format!("{before}\n\n{link}\n\n{after}\n").into(),
    };
    mail::send(&app, &run, &mail).await
}

pub async fn mail_reuse_warning(
    app: AppState,
    run: Run,
    job: MailReuseWarning,
) -> Result<(), JobError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let user = people::find_user(&mut tx, job.user).await?;
    let language = people::find_language(&mut tx, job.user)
        .await?
        .unwrap_or_default();
    tx.commit().await?;
    let Some(user) = user else { return Ok(()) };
    let (subject, text) = match language {
        Language::En => (
            "One of your sessions was ended",
            "A session of yours was used from two places with the same token. We ended it, as somebody may have copied it. Sign in again, and change your password if you do not know why.",
        ),
        Language::Fr => (
            "L'une de vos sessions a été fermée",
            "Une de vos sessions a été utilisée à deux endroits avec le même jeton. Nous l'avons fermée, car quelqu'un a pu le copier. Reconnectez-vous, et changez votre mot de passe si vous ne savez pas pourquoi.",
        ),
        Language::Es => (
            "Se cerró una de sus sesiones",
            "Una de sus sesiones se usó desde dos lugares con el mismo código. La cerramos, porque alguien pudo copiarlo. Inicie sesión de nuevo y cambie su contraseña si no sabe por qué.",
        ),
    };
    let mail = Mail {
        kind: "reuse_warning",
        to: user.email,
        subject: subject.to_owned(),
        text: text.to_owned().into(),
    };
    mail::send(&app, &run, &mail).await
}
