//! Every statement on `outgoing_mails`.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::{
    db::{IdentityTx, Tx},
    ids::SubscriberId,
    language::Language,
};

/// A mail that was sent, or put into the sandbox.
pub(super) struct NewMail<'a> {
    pub(super) id: Uuid,
    pub(super) kind: &'a str,
    pub(super) recipient_sealed: Option<String>,
    pub(super) subject: &'a str,
    pub(super) body_sealed: Option<String>,
    pub(super) state: &'a str,
    pub(super) provider_id: Option<&'a str>,
}

pub(super) async fn insert(
    tx: &mut IdentityTx,
    new: &NewMail<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into outgoing_mails
             (id, kind, recipient_sealed, subject, body_sealed, state, provider_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.kind,
        new.recipient_sealed,
        new.subject,
        new.body_sealed,
        new.state,
        new.provider_id,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A mail in the sandbox, sealed.
pub(super) struct Sandboxed {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) recipient_sealed: String,
    pub(super) subject: String,
    pub(super) body_sealed: String,
    pub(super) created_at: DateTime<Utc>,
}

pub(super) async fn list_sandbox(tx: &mut IdentityTx) -> sqlx::Result<Vec<Sandboxed>> {
    sqlx::query_as!(
        Sandboxed,
        r#"select id, kind, recipient_sealed as "recipient_sealed!", subject, body_sealed as "body_sealed!", created_at
             from (select * from outgoing_mails where state = 'SANDBOX' order by id desc limit 100) as newest
            order by id"#,
    )
    .fetch_all(tx.conn())
    .await
}

/// Whom to write to about a business.
pub(super) struct Owner {
    pub(super) business_name: String,
    pub(super) email: String,
    pub(super) language: Language,
}

/// The owner as the profile names them.
pub(super) async fn find_owner(
    tx: &mut IdentityTx,
    subscriber: SubscriberId,
) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as!(
        Owner,
        r#"select s.business_name, p.owner_email as "email!", p.language as "language: Language"
             from subscribers s join subscriber_profiles p on p.subscriber_id = s.id
            where s.id = $1 and p.owner_email is not null and s.status <> 'CLOSED'"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}
