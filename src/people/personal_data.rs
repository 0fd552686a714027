//! The registry of personal data: every column that can hold something about a person or a person's own words, and
//! what happens to it when that person asks for it or asks to be forgotten.
//!
//! It stands here because those persons are what this room is about, above all rooms that will read it; it names the
//! tables of others as texts and uses none of their code. `tests/it/personal_data.rs` fails when a column that can
//! hold words is neither here nor in its list of those that hold none.
use OnErasure::{Blank, DeleteRow, Keep, KeepWhileServed};
use OnExport::{Give, Withhold};

/// Who is meant, and so what sets it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Somebody who calls or writes to a subscriber: exported and erased on request, by contact.
    Contact,
    /// The subscriber's own people and words: exported with the subscriber, erased when it leaves.
    Business,
    /// Somebody who signs in, maybe for several subscribers: goes with the account alone. These tables are of
    /// `identity`, by a role of its own.
    Account,
}

/// What an export does with the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExport {
    Give,
    /// Not given, because.
    Withhold(&'static str),
}

/// What an erasure does with the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnErasure {
    /// Null, or an empty value where null is not allowed; the row stays, with the contact's id as a pseudonym.
    Blank,
    /// The row goes.
    DeleteRow,
    /// Kept, because.
    Keep(&'static str),
    /// Kept as long as the business is here, because; the row goes with the business.
    KeepWhileServed(&'static str),
}

/// One column of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalColumn {
    pub table: &'static str,
    pub column: &'static str,
    pub subject: Subject,
    pub on_export: OnExport,
    pub on_erasure: OnErasure,
}

/// The registry.
pub fn personal_data() -> &'static [PersonalColumn] {
    REGISTRY
}

const fn contact(
    table: &'static str,
    column: &'static str,
    on_export: OnExport,
    on_erasure: OnErasure,
) -> PersonalColumn {
    PersonalColumn {
        table,
        column,
        subject: Subject::Contact,
        on_export,
        on_erasure,
    }
}

const fn business(table: &'static str, column: &'static str) -> PersonalColumn {
    PersonalColumn {
        table,
        column,
        subject: Subject::Business,
        on_export: Give,
        on_erasure: Blank,
    }
}

/// What belongs to a person who signs in, maybe for several businesses.
const fn account(table: &'static str, column: &'static str) -> PersonalColumn {
    PersonalColumn {
        table,
        column,
        subject: Subject::Account,
        on_export: Give,
        on_erasure: Keep("the person's own account, which may belong to other businesses as well"),
    }
}

const GIVEN_ELSEWHERE: OnExport =
    Withhold("a provider's wording of what is given from the rows that were made of it");
const OURS: OnExport = Withhold("how we work, with no word that is not given as a turn");

static REGISTRY: &[PersonalColumn] = &[
    business("forwarding_tests", "owner_phone"),
    // Contacts keep their row: interactions, leads and money point to it.
    contact("contacts", "first_name", Give, Blank),
    contact("contacts", "last_name", Give, Blank),
    contact("contacts", "phone", Give, Blank),
    contact("contacts", "email", Give, Blank),
    contact("contacts", "notes", Give, Blank),
    contact("contacts", "language", Give, Blank),
    contact("contacts", "timezone", Give, Blank),
    contact(
        "opt_outs",
        "phone",
        Give,
        KeepWhileServed(
            "whoever opted out is never texted again: without the number nobody would know",
        ),
    ),
    contact(
        "blocked_callers",
        "phone",
        Give,
        KeepWhileServed("the business's decision about a number, needed as long as it stands"),
    ),
    contact("blocked_callers", "reason", Give, Blank),
    // Conversations keep their rows: the sums of their days are made of them.
    contact("interactions", "from_number", Give, Blank),
    contact("interactions", "to_number", Give, Blank),
    contact("interactions", "counterpart", Give, Blank),
    contact("interactions", "summary", Give, Blank),
    contact("interactions", "sentiment", Give, Blank),
    contact("interactions", "analysis", GIVEN_ELSEWHERE, Blank),
    contact("interaction_messages", "text", Give, Blank),
    contact("interaction_messages", "media", Give, Blank),
    contact("outgoing_messages", "from_number", Give, Blank),
    contact("outgoing_messages", "to_number", Give, Blank),
    contact("outgoing_messages", "body", Give, Blank),
    // The sound itself is at the provider: a job deletes it there first.
    contact("recordings", "provider_url", Give, DeleteRow),
    contact("tool_calls", "arguments", Give, DeleteRow),
    contact("tool_calls", "answer", Give, DeleteRow),
    contact("dialogue_states", "state", OURS, DeleteRow),
    contact("dialogue_states", "provider_chat_id", OURS, DeleteRow),
    contact("twilio_calls", "plan", OURS, Blank),
    // A note is somebody's words about the person; the other lines are ids and codes.
    contact("black_box_events", "detail", Give, DeleteRow),
    contact("leads", "category", Give, DeleteRow),
    contact("leads", "summary", Give, DeleteRow),
    contact("leads", "flag", Give, DeleteRow),
    contact("leads", "flag_note", Give, DeleteRow),
    // The time was taken: the sums of its day and the business's book say so.
    contact("appointments", "customer_name", Give, Blank),
    contact("appointments", "customer_phone", Give, Blank),
    contact("appointments", "customer_email", Give, Blank),
    contact("appointments", "purpose", Give, Blank),
    contact("appointments", "notes", Give, Blank),
    contact("knowledge_gaps", "question", Give, DeleteRow),
    contact("events", "data", GIVEN_ELSEWHERE, DeleteRow),
    contact("inbound_events", "raw_body", GIVEN_ELSEWHERE, Blank),
    contact(
        "inbound_events",
        "external_id",
        GIVEN_ELSEWHERE,
        Keep(
            "the key against duplicates; at most it names numbers, and retention takes the row after 30 days",
        ),
    ),
    contact(
        "idempotency_keys",
        "answer",
        Withhold("an answer that the business's own program got"),
        KeepWhileServed("gone after 24 hours"),
    ),
    business("interactions", "transfer_destination"),
    business("subscribers", "slug"),
    business("subscribers", "older_id"),
    business("subscribers", "business_name"),
    business("subscribers", "business_type"),
    business("subscribers", "website_url"),
    business("subscribers", "business_description"),
    business("subscriber_profiles", "custom_greeting"),
    business("subscriber_profiles", "agent_tone"),
    business("subscriber_profiles", "transfer_number"),
    business("subscriber_profiles", "standard_fee"),
    business("subscriber_profiles", "emergency_fee"),
    business("subscriber_profiles", "schedule_summary"),
    business("subscriber_profiles", "business_address"),
    business("subscriber_profiles", "cal_com_url"),
    business("subscriber_profiles", "business_phone"),
    business("subscriber_profiles", "owner_name"),
    business("subscriber_profiles", "owner_phone"),
    business("subscriber_profiles", "owner_email"),
    business("subscriber_profiles", "area_code"),
    business("subscriber_profiles", "timezone"),
    business("subscriber_profiles", "recording_consent_text"),
    business("subscriber_channels", "provider_number_e164"),
    business("phone_numbers", "e164"),
    business("registrations", "phone_number"),
    business("registrations", "business_hours"),
    business("registrations", "services"),
    business("registrations", "referral_code"),
    account("users", "email"),
    account("users", "first_name"),
    account("users", "last_name"),
    account("outgoing_mails", "recipient_sealed"),
    account("outgoing_mails", "body_sealed"),
    account("refresh_sessions", "device"),
    account("refresh_sessions", "ip_prefix"),
    contact(
        "consent_logs",
        "proof",
        Give,
        Keep("what somebody agreed to has to be shown for as long as the law asks"),
    ),
    contact(
        "consent_logs",
        "ip_prefix",
        Give,
        Keep("a network, and not an address; part of the proof"),
    ),
    contact(
        "export_parts",
        "content",
        Withhold("a copy of what is given"),
        DeleteRow,
    ),
    contact(
        "audio_cache",
        "audio",
        Withhold("the sound of what is given as a turn, gone within minutes"),
        DeleteRow,
    ),
    // What receivers said: their words, and maybe about somebody.
    contact(
        "webhook_attempts",
        "response_body",
        Withhold("what a system of the business answered to what is given from the events"),
        DeleteRow,
    ),
    contact("webhook_attempts", "request_headers", OURS, DeleteRow),
    contact("webhook_attempts", "url", OURS, DeleteRow),
    business("webhook_endpoints", "url"),
    business("webhook_endpoints", "description"),
    business("calendar_connections", "username"),
    business("calendar_connections", "email"),
    business("calendar_event_types", "event_type_title"),
    business("calendar_connections", "event_type_title"),
    business("holidays", "name"),
    business("services", "name"),
    business("resources", "name"),
    business("questions", "question"),
    business("questions", "answer"),
];
