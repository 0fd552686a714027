//! What people agreed to: the statements on `consent_logs`. Rows are added and never changed; the newest of a person
//! and purpose counts.
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::{
    db::{TenantTx, Tx},
    ids::ContactId,
    text::text_enum,
};

text_enum! {
    /// What for.
    Purpose { Recording, MarketingTexts, Reminders }
}

text_enum! {
    /// How somebody said so.
    ConsentChannel { Web, Voice, Sms, Chat, Email, Paper }
}

text_enum! {
    /// Whether calls are recorded, as the business chose.
    RecordingMode { Off, Announced, Consent }
}

/// A consent that was given or withdrawn.
#[derive(Clone, Debug)]
pub struct NewConsent {
    pub contact: ContactId,
    pub purpose: Purpose,
    pub granted: bool,
    /// Which wording was shown or read out.
    pub text_version: String,
    pub channel: ConsentChannel,
    /// Where it can be seen: a call, a message, a form.
    pub proof: Option<String>,
    pub ip_prefix: Option<String>,
}

/// The same, as it was written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Consent {
    pub id: Uuid,
    pub contact_id: Uuid,
    /// `RECORDING`, `MARKETING_TEXTS` or `REMINDERS`.
    pub purpose: String,
    pub granted: bool,
    pub text_version: String,
    /// `WEB`, `VOICE`, `SMS`, `CHAT`, `EMAIL` or `PAPER`.
    pub channel: String,
    pub proof: Option<String>,
    pub created_at: DateTime<Utc>,
    /// Whether it is the newest of its purpose, and so the one that counts.
    pub is_current: bool,
}

/// Writes it. None: there is no such contact.
pub async fn record_consent(
    tx: &mut TenantTx,
    consent: &NewConsent,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        "insert into consent_logs (subscriber_id, id, subject_kind, subject_id, purpose, text_version, is_granted,
                                   channel, proof, ip_prefix, created_at)
         select $1, $2, 'CONTACT', c.id, $4, $5, $6, $7, $8, $9, $10
           from contacts c where c.subscriber_id = $1 and c.id = $3
         returning id",
        subscriber as _,
        Uuid::now_v7(),
        consent.contact as _,
        consent.purpose as _,
        consent.text_version,
        consent.granted,
        consent.channel as _,
        consent.proof,
        consent.ip_prefix,
        at,
    )
    .fetch_optional(tx.conn())
    .await
}

/// Everything that a contact agreed to or withdrew, the newest first.
pub async fn list_consents(tx: &mut TenantTx, contact: ContactId) -> sqlx::Result<Vec<Consent>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Consent,
        r#"select id, subject_id as contact_id, purpose, is_granted as granted, text_version, channel, proof, created_at,
                  row_number() over (partition by purpose order by created_at desc, id desc) = 1 as "is_current!"
             from consent_logs
            where subscriber_id = $1 and subject_kind = 'CONTACT' and subject_id = $2
            order by created_at desc, id desc limit 1000"#,
        subscriber as _,
        contact as _,
    )
    .fetch_all(tx.conn())
    .await
}

/// Whether there is such a contact.
pub async fn has_contact(tx: &mut TenantTx, contact: ContactId) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (select from contacts where subscriber_id = $1 and id = $2) as "is_so!""#,
        subscriber as _,
        contact as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// Whether a recording of this person may be kept. Where it was announced, the announcement is the consent of whoever
/// went on talking, unless they withdrew theirs; it is written down once a call, with the call as its proof.
pub async fn may_keep_recording(
    tx: &mut TenantTx,
    contact: Option<ContactId>,
    call: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let found = sqlx::query!(
        r#"select p.recording_mode as "mode: RecordingMode",
                  (select is_granted from consent_logs l
                    where l.subscriber_id = $1 and l.subject_kind = 'CONTACT' and l.subject_id = $2
                      and l.purpose = 'RECORDING'
                    order by l.created_at desc, l.id desc limit 1) as granted,
                  exists (select from consent_logs l
                           where l.subscriber_id = $1 and l.subject_kind = 'CONTACT' and l.subject_id = $2
                             and l.purpose = 'RECORDING' and l.proof = $3) as "is_written!"
             from subscriber_profiles p where p.subscriber_id = $1"#,
        subscriber as _,
        contact as _,
        call,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else { return Ok(false) };
    match (found.mode, found.granted) {
        (RecordingMode::Off, _) | (_, Some(false)) => Ok(false),
        (RecordingMode::Consent, granted) => Ok(granted == Some(true)),
        (RecordingMode::Announced, _) => {
            if let Some(contact) = contact.filter(|_| !found.is_written) {
                let consent = NewConsent {
                    contact,
                    purpose: Purpose::Recording,
                    granted: true,
                    text_version: "announcement".to_owned(),
                    channel: ConsentChannel::Voice,
                    proof: Some(call.to_owned()),
                    ip_prefix: None,
                };
                record_consent(tx, &consent, at).await?;
            }
            Ok(true)
        }
    }
}
