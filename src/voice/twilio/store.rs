//! The statements of calls that we answer over Twilio: where each one stands, and who was texted back.
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    billing::NotBilled,
    kernel::{
        db::{TenantTx, Tx},
        ids::{ContactId, InteractionId},
        language::Language,
        phone::E164,
        text::text_enum,
    },
    traffic::{SavedDialogue, Status},
};

text_enum! {
    /// Where a call stands: what the next request of it will be about.
    /// `Staff`, `Transfer` and `Owner` ring somebody: before the receptionist, because of it, instead of it.
    Phase { Consent, Talk, Staff, Transfer, Owner, Voicemail, Over }
}

impl Phase {
    pub fn rings(self) -> bool {
        matches!(self, Self::Staff | Self::Transfer | Self::Owner)
    }
}

/// A call between two requests, with what else is asked of its conversation.
#[derive(Clone, Debug)]
pub struct Call {
    pub interaction: InteractionId,
    pub call_sid: String,
    pub account_sid: String,
    pub phase: Phase,
    pub turn: i32,
    pub language: Language,
    pub silences: i32,
    pub has_menu: bool,
    pub can_dial: bool,
    pub is_limited: bool,
    pub is_builtin: bool,
    pub positions: i32,
    pub has_heard: bool,
    pub has_voicemail: bool,
    pub dialled_at: Option<DateTime<Utc>>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub is_bridged: bool,
    pub not_billed: Option<NotBilled>,
    pub plan: Option<Value>,
    pub contact: Option<ContactId>,
    pub from: Option<E164>,
    pub to: Option<E164>,
    pub started_at: DateTime<Utc>,
    pub status: Status,
    /// A person took it over: the receptionist puts the caller through.
    pub is_taken_over: bool,
    pub dialogue: SavedDialogue,
}

/// The call, kept from others until the transaction ends: two requests of one call are answered one after the other.
pub async fn lock_call(tx: &mut TenantTx, call_sid: &str) -> sqlx::Result<Option<Call>> {
    let subscriber = tx.subscriber();
    let row = sqlx::query!(
        r#"select c.interaction_id as "interaction: InteractionId", c.call_sid, c.account_sid,
                  c.phase as "phase: Phase", c.turn, c.language as "language: Language", c.silences, c.has_menu,
                  c.can_dial, c.is_limited, c.is_builtin, c.positions, c.has_heard, c.has_voicemail, c.dialled_at,
                  c.accepted_at, c.is_bridged, c.not_billed as "not_billed: NotBilled", c.plan,
                  i.contact_id as "contact: ContactId", i.from_number as "from: E164", i.to_number as "to: E164",
                  i.started_at, i.status as "status: Status",
                  (i.is_ai_paused or i.assigned_user_id is not null) as "is_taken_over!", d.state as "state?", d.provider_chat_id
             from twilio_calls c
             join interactions i on i.subscriber_id = c.subscriber_id and i.id = c.interaction_id
             left join dialogue_states d on d.subscriber_id = c.subscriber_id and d.interaction_id = c.interaction_id
            where c.subscriber_id = $1 and c.call_sid = $2
              for no key update of c, i"#,
        subscriber as _,
        call_sid,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Call {
        interaction: row.interaction,
        call_sid: row.call_sid,
        account_sid: row.account_sid,
        phase: row.phase,
        turn: row.turn,
        language: row.language,
        silences: row.silences,
        has_menu: row.has_menu,
        can_dial: row.can_dial,
        is_limited: row.is_limited,
        is_builtin: row.is_builtin,
        positions: row.positions,
        has_heard: row.has_heard,
        has_voicemail: row.has_voicemail,
        dialled_at: row.dialled_at,
        accepted_at: row.accepted_at,
        is_bridged: row.is_bridged,
        not_billed: row.not_billed,
        plan: row.plan,
        contact: row.contact,
        from: row.from,
        to: row.to,
        started_at: row.started_at,
        status: row.status,
        is_taken_over: row.is_taken_over,
        dialogue: SavedDialogue {
            state: row.state.unwrap_or_default(),
            provider_chat_id: row.provider_chat_id,
        },
    }))
}

/// Writes the call as it stands now.
pub async fn save_call(tx: &mut TenantTx, call: &Call, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into twilio_calls as c
             (subscriber_id, id, interaction_id, call_sid, account_sid, phase, turn, language, silences, has_menu,
              can_dial, is_limited, is_builtin, positions, has_heard, has_voicemail, dialled_at, accepted_at,
              is_bridged, not_billed, plan, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22)
         on conflict (subscriber_id, call_sid) do update
            set phase = excluded.phase, turn = excluded.turn, language = excluded.language,
                silences = excluded.silences, has_menu = excluded.has_menu, can_dial = excluded.can_dial,
                is_limited = excluded.is_limited, is_builtin = excluded.is_builtin, positions = excluded.positions,
                has_heard = excluded.has_heard, has_voicemail = excluded.has_voicemail,
                dialled_at = excluded.dialled_at, accepted_at = excluded.accepted_at,
                is_bridged = excluded.is_bridged, not_billed = excluded.not_billed, plan = excluded.plan,
                updated_at = excluded.updated_at",
        subscriber as _,
        Uuid::now_v7(),
        call.interaction as _,
        call.call_sid,
        call.account_sid,
        call.phase as _,
        call.turn,
        call.language as _,
        call.silences,
        call.has_menu,
        call.can_dial,
        call.is_limited,
        call.is_builtin,
        call.positions,
        call.has_heard,
        call.has_voicemail,
        call.dialled_at,
        call.accepted_at,
        call.is_bridged,
        call.not_billed as _,
        call.plan,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether another call of this caller is ringing somebody of the business right now; None: of anybody who withholds
/// their number, because what we ring then sees ours. Nobody is rung for longer than
/// some minutes; a row that says so longer is of a call whose end we have not heard.
pub async fn is_dialling(
    tx: &mut TenantTx,
    from: Option<&E164>,
    to: &E164,
    but: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    sqlx::query_scalar!(
        r#"select exists (
               select from twilio_calls c
                 join interactions i on i.subscriber_id = c.subscriber_id and i.id = c.interaction_id
                where c.subscriber_id = $1 and c.phase in ('STAFF', 'TRANSFER', 'OWNER') and c.dialled_at > $2
                  and c.call_sid <> $3 and i.from_number is not distinct from $4 and i.to_number = $5) as "is_so!""#,
        subscriber as _,
        now - Duration::minutes(2),
        but,
        from as _,
        to as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// Whoever was rung pressed 1. False: no such call is ringing anybody.
pub async fn accept(
    tx: &mut TenantTx,
    interaction: InteractionId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let accepted = sqlx::query!(
        "update twilio_calls set accepted_at = $3, updated_at = $3
          where subscriber_id = $1 and interaction_id = $2 and phase in ('STAFF', 'TRANSFER', 'OWNER')",
        subscriber as _,
        interaction as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(accepted.rows_affected() == 1)
}

/// Claims the text to a missed caller; false when there was one in the last hour. Of two calls at once one gets it.
pub async fn claim_text_back(
    tx: &mut TenantTx,
    contact: ContactId,
    interaction: InteractionId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let claimed = sqlx::query!(
        "insert into text_backs as t (subscriber_id, id, contact_id, interaction_id, sent_at)
         values ($1, $2, $3, $4, $5)
         on conflict (subscriber_id, contact_id) do update
            set interaction_id = excluded.interaction_id, sent_at = excluded.sent_at
          where t.sent_at <= $6",
        subscriber as _,
        Uuid::now_v7(),
        contact as _,
        interaction as _,
        now,
        now - Duration::hours(1),
    )
    .execute(tx.conn())
    .await?;
    Ok(claimed.rows_affected() == 1)
}
