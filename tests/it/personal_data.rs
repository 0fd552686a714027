//! The registry of personal data names every column that can hold some.
use std::collections::BTreeSet;

use rocket_reception::{
    kernel::clock::Clock,
    people::personal_data::{OnErasure, OnExport, Subject, personal_data},
};

use crate::support::{TestDb, at};

/// Columns that could hold a person's words by their type, and do not: ids of providers and of ours, names in the
/// code, currencies, hashes, texts that we write ourselves from these. A column whose CHECK lists its values need not
/// stand here.
const HOLD_NONE: &[&str] = &[
    "agents.industry",
    "agents.llm_id",
    "agents.llm_version",
    "agents.name",
    "agents.provider_agent_id",
    "agents.version",
    "api_keys.cidrs",
    "api_keys.key_hash",
    "api_keys.last_four",
    "api_keys.name",
    "api_keys.prefix",
    "api_keys.scopes",
    "appointments.call_sid",
    "appointments.confirmation_code",
    "appointments.timezone",
    "audio_cache.content_type",
    "audio_cache.key",
    "audit_heads.hash",
    "audit_log.action",
    "audit_log.changes",
    "audit_log.hash",
    "audit_log.ip_prefix",
    "audit_log.prev_hash",
    "audit_log.request_id",
    "audit_log.subject_kind",
    "black_box_events.kind",
    "calendar_bookings.ical_uid",
    "calendar_bookings.problem",
    "calendar_bookings.uid",
    "calendar_connections.access_token_sealed",
    "calendar_connections.provider",
    "calendar_connections.refresh_token_sealed",
    "calendar_connections.webhook_id",
    "calendar_connections.webhook_secret_sealed",
    "calendar_consents.state_hash",
    "calendar_slots.moving_uid",
    "calendar_slots.starts",
    "consent_logs.text_version",
    "contacts.source",
    "credentials.password_hash",
    "credit_accounts.currency",
    "directory.key",
    "erasures.counts",
    "error_logs.fingerprint",
    "error_logs.last_request_id",
    "error_logs.place",
    "error_logs.what",
    "events.dedupe_key",
    "events.type",
    "forwarding_tests.call_sid",
    "forwarding_tests.number",
    "health_scores.reasons",
    "health_scores.subscription_status",
    "exports.audit_hash",
    "idempotency_keys.key",
    "idempotency_keys.request_hash",
    "inbound_events.error",
    "inbound_events.kind",
    "inbound_events.provider",
    "interaction_messages.account_id",
    "interaction_messages.provider_message_id",
    "interactions.disconnection_reason",
    "interactions.external_id",
    "interactions.provider",
    "interactions.provider_agent_id",
    "interactions.provider_cost_currency",
    "jobs.dedupe_key",
    "jobs.kind",
    "jobs.last_error",
    "jobs.payload",
    "key_checks.check_sealed",
    "leases.key",
    "ledger_entries.currency",
    "ledger_entries.fee",
    "ledger_entries.reason",
    "ledger_entries.source_event",
    "login_attempts.key_hash",
    "ops_alerts.dedupe_key",
    "ops_alerts.detail",
    "ops_alerts.kind",
    "outgoing_mails.kind",
    "outgoing_mails.provider_id",
    "outgoing_mails.subject",
    "outgoing_messages.account_id",
    "outgoing_messages.currency",
    "outgoing_messages.provider_message_id",
    "outgoing_messages.reason",
    "phone_numbers.provider_id",
    "plans.currency",
    "provider_accounts.account_id",
    "provider_accounts.api_key_last_four",
    "provider_accounts.api_key_sealed",
    "provider_accounts.webhook_scheme",
    "provider_accounts.webhook_secret_last_four",
    "provider_accounts.webhook_secret_sealed",
    "provider_deletions.external_id",
    "rate_buckets.key",
    "reconciliation_differences.expected",
    "reconciliation_differences.found",
    "reconciliation_differences.subject",
    "recordings.provider",
    "refresh_sessions.reason",
    "reminders.reason",
    "refresh_sessions.token_hash",
    "reset_tokens.token_hash",
    "retention_runs.data_class",
    "retention_settings.data_class",
    "schedule_runs.name",
    "services.currency",
    "spent_refresh_tokens.token_hash",
    "subscriber_channels.provider_agent_id",
    "subscriber_channels.provider_agent_version",
    "subscriber_channels.provider_inbox_id",
    "subscriber_profiles.voice_id",
    "subscribers.industry",
    "subscriptions.plan",
    "tool_calls.name",
    "tool_calls.tool_call_id",
    "twilio_calls.account_sid",
    "twilio_calls.call_sid",
    "usage_records.cost_currency",
    "usage_records.currency",
    "usage_records.source",
    "webhook_attempts.error",
    "webhook_deliveries.event_type",
    "webhook_deliveries.last_error",
    "webhook_endpoints.credentials_sealed",
    "webhook_endpoints.events",
    "webhook_endpoints.headers_sealed",
    "webhook_secrets.secret_sealed",
];

async fn database() -> TestDb {
    TestDb::new(Clock::fixed(at("2026-11-21T10:00:00Z"))).await
}

#[tokio::test]
async fn every_column_that_can_hold_words_is_in_the_registry_or_holds_none() {
    let database = database().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "select relname || '.' || attname
           from pg_attribute join pg_class c on attrelid = c.oid join pg_type t on t.oid = atttypid
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
            and relname <> '_sqlx_migrations' and attnum > 0 and not attisdropped
            -- whatever is not a number, a time, a truth value or an id
            and typname not in ('uuid', 'bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'date', 'time',
                                'timestamptz', 'interval', '_uuid', '_int4', '_int8', 'tstzrange')
            and not exists (select from pg_constraint where conrelid = c.oid and contype = 'c'
                               and conkey = array[attnum] and pg_get_constraintdef(oid) like '%= ANY (ARRAY[%')
          order by 1",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    let registered: BTreeSet<String> = personal_data()
        .iter()
        .map(|entry| format!("{}.{}", entry.table, entry.column))
        .collect();
    assert_eq!(
        registered.len(),
        personal_data().len(),
        "a column stands twice"
    );
    let mut findings = Vec::new();
    for column in &columns {
        let is_registered = registered.contains(column);
        let is_excepted = HOLD_NONE.contains(&column.as_str());
        match (is_registered, is_excepted) {
            (true, false) | (false, true) => {}
            (true, true) => findings.push(format!("{column} is in both lists")),
            (false, false) => findings.push(format!(
                "{column} can hold words: say in src/people/personal_data.rs what an export and an erasure do with \
                 it, or put it into HOLD_NONE of tests/it/personal_data.rs when it cannot be about a person"
            )),
        }
    }
    for excepted in HOLD_NONE {
        if !columns.iter().any(|column| column == excepted) {
            findings.push(format!(
                "{excepted} is in HOLD_NONE and not in the database"
            ));
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn what_the_registry_promises_can_be_done() {
    let database = database().await;
    let mut findings = Vec::new();
    let of_subscribers = personal_data()
        .iter()
        .filter(|entry| entry.subject != Subject::Account);
    for entry in of_subscribers {
        let (table, column) = (entry.table, entry.column);
        let privilege = match entry.on_erasure {
            OnErasure::Blank => "UPDATE",
            OnErasure::DeleteRow => "DELETE",
            OnErasure::Keep(_) | OnErasure::KeepWhileServed(_) => "SELECT",
        };
        let found: Option<(bool, bool)> = sqlx::query_as(
            "select has_table_privilege('reception_app', attrelid, $3), relrowsecurity
               from pg_attribute join pg_class c on c.oid = attrelid
              where attrelid = to_regclass($1) and attname = $2 and not attisdropped",
        )
        .bind(table)
        .bind(column)
        .bind(privilege)
        .fetch_optional(database.db.pool())
        .await
        .unwrap();
        match found {
            None => findings.push(format!("{table}.{column} is not in the database")),
            Some((_, false)) => findings.push(format!(
                "{table}.{column}: personal data in a table without a policy"
            )),
            Some((false, _)) => findings.push(format!(
                "{table}.{column}: {:?} needs {privilege}, which the application may not",
                entry.on_erasure
            )),
            Some((true, true)) => {}
        }
    }
    assert_none(&findings);
}

#[test]
fn the_registry_does_not_contradict_itself() {
    let mut findings = Vec::new();
    for entry in personal_data() {
        let name = format!("{}.{}", entry.table, entry.column);
        let goes = entry.on_erasure == OnErasure::DeleteRow;
        let is_alone = personal_data()
            .iter()
            .filter(|other| other.table == entry.table && other.subject == entry.subject)
            .any(|other| (other.on_erasure == OnErasure::DeleteRow) != goes);
        if is_alone {
            findings.push(format!("{name}: a row cannot both go and stay"));
        }
        let reasons = [
            match entry.on_export {
                OnExport::Withhold(reason) => Some(reason),
                OnExport::Give => None,
            },
            match entry.on_erasure {
                OnErasure::Keep(reason) | OnErasure::KeepWhileServed(reason) => Some(reason),
                OnErasure::Blank | OnErasure::DeleteRow => None,
            },
        ];
        if reasons
            .into_iter()
            .flatten()
            .any(|reason| reason.len() < 10)
        {
            findings.push(format!("{name}: say why"));
        }
    }
    assert_none(&findings);
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
