//! How a subscriber's receptionist sounds, and whether it is recorded.
use super::super::model::RecordingMode;
use crate::kernel::db::{TenantTx, Tx};

#[derive(Clone, Debug)]
pub struct Speech {
    /// The provider's id of it.
    pub voice_id: Option<String>,
    pub recording_mode: RecordingMode,
    pub consent_text: Option<String>,
}

pub async fn find_speech(tx: &mut TenantTx) -> sqlx::Result<Option<Speech>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Speech,
        r#"select voice_id, recording_mode as "recording_mode: _", recording_consent_text as consent_text
             from subscriber_profiles where subscriber_id = $1"#,
        subscriber as _,
    )
    .fetch_optional(tx.conn())
    .await
}
