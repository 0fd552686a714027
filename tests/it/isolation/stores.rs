//! Our own functions, called with one subscriber's transaction and another's ids: they find nothing, change nothing,
//! and write nothing that points there.
use chrono::{DateTime, Utc};
use rocket_reception::{
    alerts::{self, Alert, Severity},
    billing::{self, Charge, Leg, Totals, UsageType},
    deliveries::{model::SealedSecret, store as deliveries},
    inbound::{self, Claim, EventKey, Proof},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx, Tx},
        ids::{
            ContactId, DeliveryId, EndpointId, InteractionId, MessageId, OutgoingId, SubscriberId,
        },
        language::Language,
        phone::E164,
    },
    messaging::{
        NewText, Purpose,
        model::{Refusal, TextStatus},
        store as texts,
    },
    people::{
        self, NewLead,
        consents::{self, NewConsent},
    },
    tenancy::{AiProvider, Channel, ChannelMode, Transport, store::questions},
    traffic::{
        self, AtProvider, Contribution, Conversation, ConversationUpdate, Direction, IncomingText,
        SavedDialogue, Status, WaitingText,
    },
    web::idempotency,
};
use serde_json::json;

use super::{assert_none, database};
use crate::{
    architecture::{is_store, sources},
    support::{TestDb, World, at, execute},
};

/// Functions of a store that take a tenant's transaction and no id of a row: what they look for is the subscriber's
/// own (its settings), or a number, a key, that every subscriber may have (tried in `a_persons_number…`).
const WITHOUT_IDS: &[&str] = &[
    // By days, months and cursors; tests/it/insights and tests/it/billing see nothing of another there.
    "src/billing/account/store.rs::find_spent",
    "src/billing/account/store.rs::find_standing",
    "src/billing/account/store.rs::list_ledger",
    "src/billing/account/store.rs::list_usage",
    "src/insights/store/figures.rs::count_hours",
    "src/insights/store/figures.rs::count_languages",
    "src/insights/store/figures.rs::count_new_leads",
    "src/insights/store/figures.rs::find_zone",
    "src/insights/store/figures.rs::list_sums",
    // By ids of the own rows, and by everything of a business: tests/it/safety calls their routes with another's ids, and
    // erases one of two planted businesses.
    "src/identity/audit/store.rs::find_head",
    "src/safety/store/erasures.rs::blank_bodies",
    "src/safety/store/erasures.rs::close_business",
    "src/safety/store/erasures.rs::close_conversations",
    "src/safety/store/erasures.rs::expire_exports",
    "src/safety/store/erasures.rs::find_person",
    "src/safety/store/erasures.rs::find_slug",
    "src/safety/store/erasures.rs::finish_at_providers",
    "src/safety/store/erasures.rs::finish_here",
    "src/safety/store/erasures.rs::insert",
    "src/safety/store/erasures.rs::insert_deletions",
    "src/safety/store/erasures.rs::is_busy",
    "src/safety/store/erasures.rs::list",
    "src/safety/store/erasures.rs::list_due",
    "src/safety/store/erasures.rs::lock_wanted",
    "src/safety/store/erasures.rs::tell_attempt",
    "src/safety/store/exports.rs::begin_again",
    "src/safety/store/exports.rs::insert",
    "src/safety/store/exports.rs::insert_part",
    "src/safety/store/exports.rs::list",
    "src/safety/store/exports.rs::list_parts",
    "src/safety/store/personal.rs::erase_of_business",
    "src/safety/store/personal.rs::erase_person",
    "src/safety/store/personal.rs::export_rows",
    "src/safety/store/personal.rs::read",
    "src/safety/store/retention.rs::blank_appointments",
    "src/safety/store/retention.rs::clear_transcripts",
    "src/safety/store/retention.rs::delete_events",
    "src/safety/store/retention.rs::delete_raw_webhooks",
    "src/safety/store/retention.rs::delete_recordings",
    "src/safety/store/retention.rs::expire_exports",
    "src/safety/store/retention.rs::list_settings",
    "src/safety/store/retention.rs::replace_settings",
    // Ids of runs, which are everybody's, and of what the same transaction found; tests/it/billing has them.
    "src/billing/reconcile/store/calls.rs::list_uncaused",
    "src/billing/reconcile/store/calls.rs::list_uncharged",
    "src/billing/reconcile/store/calls.rs::lock_call",
    "src/billing/reconcile/store/ledger.rs::find_balance",
    "src/billing/reconcile/store/ledger.rs::list_unposted",
    "src/billing/reconcile/store/ledger.rs::lock_account",
    "src/billing/reconcile/store/ledger.rs::post",
    "src/billing/reconcile/store/periods.rs::add_to_periods",
    "src/billing/reconcile/store/periods.rs::list_period_drifts",
    "src/billing/reconcile/store/runs.rs::hold_run",
    "src/billing/reconcile/store/runs.rs::insert_differences",
    "src/billing/reconcile/store/runs.rs::pass_subscriber",
    "src/billing/reconcile/store/sums.rs::list_sum_drifts",
    "src/identity/audit/store.rs::list",
    "src/identity/store/keys.rs::insert",
    "src/identity/store/keys.rs::list",
    // Tried over its route, by tests/it/identity/keys.rs and tests/it/isolation/routes.rs.
    "src/identity/store/keys.rs::revoke",
    // By a hash, which only its key's subscriber is looked up by.
    "src/identity/store/keys.rs::find_usable",
    // The key of an event is its provider's; tests/it/edges/pacing.rs has two subscribers.
    "src/inbound/claim.rs::count_waiting",
    "src/inbound/claim.rs::find_first_waiting",
    "src/inbound/claim.rs::keep_waiting",
    "src/people/store/callers.rs::end_opt_out",
    "src/people/store/callers.rs::mark_text_state",
    "src/people/store/callers.rs::start_opt_out",
    "src/people/store/callers.rs::touch_contact",
    "src/tenancy/business.rs::find_business",
    "src/tenancy/store/lines.rs::find_line",
    "src/tenancy/store/lines.rs::find_text_number",
    "src/tenancy/store/lines.rs::find_voice_line",
    // Through web::idempotency.
    "src/web/store.rs::find_key",
    "src/web/store.rs::insert_key",
    "src/web/store.rs::update_answer",
    // What is the subscriber's own by its provider, or everything of the subscriber's; tests/it/vault has them.
    // Of the subscriber as a whole; tests/it/voice/inbound.rs has its wallet.
    "src/billing/store.rs::may_take_call",
    "src/discretion/store.rs::delete_gaps",
    "src/discretion/store.rs::delete_recordings",
    "src/discretion/store.rs::empty_appointments",
    "src/discretion/store.rs::empty_dialogues",
    "src/discretion/store.rs::empty_events",
    "src/discretion/store.rs::empty_inbound",
    "src/discretion/store.rs::empty_interactions",
    "src/discretion/store.rs::empty_leads",
    "src/discretion/store.rs::empty_outgoing",
    "src/discretion/store.rs::empty_plans",
    "src/discretion/store.rs::empty_tool_calls",
    "src/discretion/store.rs::empty_turns",
    "src/discretion/store.rs::list_at_retell",
    // By a provider's name; tests/it/voice/retell_tools.rs has two subscribers.
    "src/traffic/store/open_calls.rs::find_only_open_call",
    "src/tenancy/store/switch.rs::note_forwarding",
    "src/tenancy/store/switch.rs::see_forwarded",
    "src/tenancy/accounts/store.rs::delete",
    "src/tenancy/accounts/store.rs::find",
    "src/tenancy/accounts/store.rs::find_for",
    "src/tenancy/accounts/store.rs::find_unless_platforms",
    "src/tenancy/accounts/store.rs::lock",
    "src/tenancy/accounts/store.rs::upsert",
    "src/tenancy/directory.rs::claim",
    "src/tenancy/directory.rs::give_up",
    "src/tenancy/privacy.rs::keeps_words",
    "src/tenancy/privacy.rs::set_handles_health_data",
];

const PHONE: &str = "+12045550142";

/// Two subscribers with rows; A's transactions, B's ids.
pub(super) struct Scene {
    pub(super) database: TestDb,
    pub(super) world: World,
    /// The table rows of B before anything was tried.
    before: String,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let database = database().await;
        let world = World::planted(&database.db).await;
        // Values that our types can read.
        let mut tx = system(&database).await;
        for statement in [
            "update interactions set from_number = '+12045550142', to_number = '+12045550143',
                    counterpart = '+12045550142', provider = 'RETELL', external_id = 'call_1', assigned_user_id = null",
            "update interaction_messages set needs_answer = true",
            "update contacts set phone = '+12045550142'",
            "update outgoing_messages set from_number = '+12045550143', to_number = '+12045550142',
                    retry_of = null, provider_message_id = 'SM1'",
            "update subscriber_channels set channel = 'SMS'",
            "update tool_calls set tool_call_id = 'tool_1'",
            "update opt_outs set phone = '+12045550142', ended_at = null",
            "update idempotency_keys set key = 'key_1'",
        ] {
            assert_eq!(execute(tx.conn(), statement).await, 2, "{statement}");
        }
        tx.commit().await.unwrap();
        let mut scene = Self {
            database,
            world,
            before: String::new(),
        };
        scene.before = scene.rows_of_b().await;
        scene
    }

    pub(super) async fn tx(&self) -> TenantTx {
        let tx = TenantTx::begin(&self.database.db, self.world.a).await;
        tx.unwrap()
    }

    pub(super) fn interaction(&self, subscriber: SubscriberId) -> InteractionId {
        InteractionId(self.world.id("interactions", subscriber))
    }

    fn outgoing(&self, subscriber: SubscriberId) -> OutgoingId {
        OutgoingId(self.world.id("outgoing_messages", subscriber))
    }

    pub(super) fn contact(&self, subscriber: SubscriberId) -> ContactId {
        ContactId(self.world.id("contacts", subscriber))
    }

    fn message(&self, subscriber: SubscriberId) -> MessageId {
        MessageId(self.world.id("interaction_messages", subscriber))
    }

    async fn rows_of_b(&self) -> String {
        let mut tx = system(&self.database).await;
        let mut rows = String::new();
        for table in &self.world.tables {
            let statement = format!(
                "select coalesce(string_agg(t::text, ';' order by t::text), '') from {} t where {} = '{}'",
                table.name,
                table.owner_column(),
                self.world.b
            );
            let text: String = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
                .fetch_one(tx.conn())
                .await
                .unwrap();
            rows.push_str(&text);
            rows.push('\n');
        }
        rows
    }

    pub(super) async fn assert_b_is_as_before(&self) {
        assert_eq!(self.rows_of_b().await, self.before);
    }
}

async fn system(database: &TestDb) -> SystemTx {
    let tx = SystemTx::begin(&database.db, SystemToken::Seeding).await;
    tx.unwrap()
}

pub(super) fn now() -> DateTime<Utc> {
    at("2026-11-21T10:00:00Z")
}

pub(super) fn phone() -> E164 {
    PHONE.parse().unwrap()
}

/// Refused by the foreign key that begins with the subscriber.
pub(super) fn assert_no_parent<T, E: Into<anyhow::Error>>(result: Result<T, E>) {
    let Err(error) = result else {
        panic!("a row that points to another subscriber's was written")
    };
    let text = format!("{:#}", error.into());
    assert!(text.contains("violates foreign key constraint"), "{text}");
}

#[tokio::test]
async fn a_conversation_of_another_subscriber_is_not_found_and_not_changed() {
    let scene = Scene::new().await;
    let (own, others) = (
        scene.interaction(scene.world.a),
        scene.interaction(scene.world.b),
    );
    let mut tx = scene.tx().await;
    let found = traffic::find_conversation(&mut tx, own).await.unwrap();
    let mut conversation: Conversation = found.expect("the own one is found");
    let found = traffic::find_conversation(&mut tx, others).await.unwrap();
    assert!(found.is_none());
    assert_eq!(traffic::list_waiting(&mut tx, own).await.unwrap().len(), 1);
    assert!(
        traffic::list_waiting(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
    let waiting = WaitingText {
        id: scene.message(scene.world.b),
        text: String::new(),
        has_media: false,
    };
    assert!(!traffic::mark_answered(&mut tx, &[waiting]).await.unwrap());
    let told = traffic::tell_analysis(&mut tx, others, Some("told"), None, None).await;
    assert!(!told.unwrap());
    assert!(
        traffic::tell_analysis(&mut tx, own, Some("told"), None, None)
            .await
            .unwrap()
    );
    conversation.id = others;
    let written = traffic::insert_turn(
        &mut tx,
        &conversation,
        traffic::Role::Ai,
        "hello",
        Language::En,
        now(),
    )
    .await;
    assert!(matches!(written, Err(sqlx::Error::RowNotFound)));
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn a_dialogue_and_the_tools_of_another_subscriber_are_not_found_and_not_changed() {
    let scene = Scene::new().await;
    let others = scene.interaction(scene.world.b);
    let mut tx = scene.tx().await;
    let found = traffic::find_dialogue(&mut tx, others).await.unwrap();
    assert!(found.state.is_null() && found.provider_chat_id.is_none());
    let found = traffic::find_dialogue(&mut tx, scene.interaction(scene.world.a)).await;
    assert!(!found.unwrap().state.is_null());
    let turns = traffic::list_last_turns(&mut tx, others, 10).await;
    assert!(turns.unwrap().is_empty());
    let results = traffic::count_tool_results(&mut tx, others, "", "").await;
    assert_eq!(results.unwrap(), 0);
    let changes = traffic::count_changes_beside(&mut tx, others, "book:", &[]).await;
    assert_eq!(changes.unwrap(), 0);
    traffic::answer_tool_call(&mut tx, others, "tool_1", &json!("told"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = scene.tx().await;
    let dialogue = SavedDialogue::default();
    assert_no_parent(traffic::save_dialogue(&mut tx, others, &dialogue, now()).await);
    let mut tx = scene.tx().await;
    assert_no_parent(
        traffic::record_tool_call(&mut tx, others, "tool_1", "book", &json!({}), now()).await,
    );
    let mut tx = scene.tx().await;
    assert_no_parent(questions::insert_gap(&mut tx, "do you", Some(others), now()).await);
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn what_a_provider_tells_reaches_the_own_conversation_only() {
    let scene = Scene::new().await;
    let mut tx = scene.tx().await;
    // Both have a call of this name, as after a move from one to the other.
    let others = scene.interaction(scene.world.b);
    for named in [None, Some(others)] {
        let held = traffic::find_held(&mut tx, named, "RETELL", "call_1").await;
        let held = held.unwrap().unwrap();
        assert_eq!(held.id, scene.interaction(scene.world.a));
    }
    let off = "update interactions set mode = 'OFF' where subscriber_id = $1";
    let mut superuser = scene.database.superuser().await;
    let off = sqlx::query(off).bind(scene.world.a);
    off.execute(&mut superuser).await.unwrap();
    let mode = traffic::find_mode(&mut tx, "RETELL", "call_1").await;
    assert_eq!(mode.unwrap(), Some(ChannelMode::Off));
    traffic::drop_chat(&mut tx, others).await.unwrap();
    let mut update = update();
    let saved = traffic::save_conversation(&mut tx, &update).await.unwrap();
    assert_eq!(saved.id, scene.interaction(scene.world.a));
    tx.commit().await.unwrap();
    update.external_id = "call_2".to_owned();
    update.contact = Some(scene.contact(scene.world.b));
    let mut tx = scene.tx().await;
    assert_no_parent(traffic::save_conversation(&mut tx, &update).await);
    let to = phone();
    let text = IncomingText {
        provider: "TWILIO",
        provider_message_id: "SM2",
        transport: Transport::Twilio,
        ai_provider: AiProvider::Builtin,
        mode: ChannelMode::Full,
        from: "+12045550199",
        counterpart: Some("+12045550199"),
        to: &to,
        contact: Some(scene.contact(scene.world.b)),
        body: "hello",
        media: None,
        needs_answer: true,
        day: now().date_naive(),
        at: now(),
        account_id: None,
    };
    let mut tx = scene.tx().await;
    assert_no_parent(traffic::receive_text(&mut tx, &text).await);
    scene.assert_b_is_as_before().await;
}

fn update() -> ConversationUpdate {
    ConversationUpdate {
        channel: Channel::Voice,
        provider: "RETELL",
        external_id: "call_1".to_owned(),
        provider_agent_id: None,
        direction: Direction::Inbound,
        transport: Transport::Retell,
        ai_provider: AiProvider::Retell,
        mode: ChannelMode::Full,
        from: None,
        to: None,
        counterpart: None,
        contact: None,
        status: Status::Completed,
        outcome: None,
        handled_by: None,
        day: now().date_naive(),
        started_at: now(),
        ended_at: None,
        duration_s: Some(60),
        cost_cents: None,
        summary: Some("told".to_owned()),
        sentiment: None,
        disconnection_reason: None,
        transfer_destination: None,
        analysis: None,
        turns: Vec::new(),
        recordings: Vec::new(),
    }
}

#[tokio::test]
async fn a_text_of_another_subscriber_is_not_sent_changed_or_pointed_to() {
    let scene = Scene::new().await;
    let (own, others) = (scene.outgoing(scene.world.a), scene.outgoing(scene.world.b));
    let mut tx = scene.tx().await;
    let candidate = texts::lock_candidate(&mut tx, own, now()).await.unwrap();
    assert!(candidate.is_some(), "the own one is found");
    let candidate = texts::lock_candidate(&mut tx, others, now()).await.unwrap();
    assert!(candidate.is_none());
    let told = texts::lock_told(&mut tx, Some(others), "SM of nobody").await;
    assert!(told.unwrap().is_none());
    let told = texts::lock_told(&mut tx, Some(others), "SM1")
        .await
        .unwrap();
    assert_eq!(
        told.unwrap().id,
        own,
        "by the provider's id the own one is meant"
    );
    texts::set_sending(&mut tx, others, None, now())
        .await
        .unwrap();
    texts::set_queued(&mut tx, others).await.unwrap();
    texts::set_suppressed(&mut tx, others, Refusal::TooMany)
        .await
        .unwrap();
    let accepted = texts::Accepted {
        provider_message_id: "SM3",
        is_sandbox: false,
        segments: 9,
        price: 9.into(),
        currency: "CAD",
    };
    texts::set_sent(&mut tx, others, &accepted, now())
        .await
        .unwrap();
    texts::set_failed(&mut tx, others, TextStatus::Failed, None, "told")
        .await
        .unwrap();
    texts::set_provider_id(&mut tx, others, "SM3")
        .await
        .unwrap();
    texts::set_status(&mut tx, others, TextStatus::Delivered)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let new = NewText {
        interaction: scene.interaction(scene.world.a),
        message: None,
        contact: None,
        purpose: Purpose::Reply,
        from: phone(),
        to: phone(),
        body: "hello".to_owned(),
        retry_of: None,
    };
    for pointing in [
        NewText {
            interaction: scene.interaction(scene.world.b),
            ..new.clone()
        },
        NewText {
            message: Some(scene.message(scene.world.b)),
            ..new.clone()
        },
        NewText {
            contact: Some(scene.contact(scene.world.b)),
            ..new.clone()
        },
        NewText {
            retry_of: Some(others),
            ..new
        },
    ] {
        let mut tx = scene.tx().await;
        assert_no_parent(texts::insert_text(&mut tx, &pointing, now()).await);
    }
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn a_call_over_twilio_of_another_subscriber_is_not_found_and_not_changed() {
    use rocket_reception::{
        traffic::{
            Role,
            store::{
                calls::{self as spoken, Spoken},
                recordings,
            },
        },
        voice::twilio::store as calls,
    };

    let scene = Scene::new().await;
    let others = scene.interaction(scene.world.b);
    let row = scene.world.row("twilio_calls", scene.world.b);
    let sid = row["call_sid"].clone().unwrap();
    let mut tx = scene.tx().await;
    assert!(calls::lock_call(&mut tx, &sid).await.unwrap().is_none());
    assert!(!calls::accept(&mut tx, others, now()).await.unwrap());
    let is_dialling = calls::is_dialling(&mut tx, Some(&phone()), &phone(), "CA0", now()).await;
    assert!(!is_dialling.unwrap());
    assert!(!people::has_lead(&mut tx, others).await.unwrap());
    let sound = scene.world.row("recordings", scene.world.b);
    let url = sound["provider_url"].clone().unwrap();
    assert!(!recordings::is_voicemail(&mut tx, &sid, &url).await.unwrap());
    let said = Spoken {
        interaction: others,
        position: 1,
        turns: &[(Role::Caller, "hello")],
        language: Language::Fr,
        dialogue: Some(&SavedDialogue::default()),
        at: now(),
    };
    spoken::save_spoken(&mut tx, &said).await.unwrap();
    let results = spoken::list_results(&mut tx, others).await.unwrap();
    assert_eq!(results, [] as [String; 0]);
    // The own call, as it would stand in another's conversation.
    let own = scene.world.row("twilio_calls", scene.world.a);
    let own = calls::lock_call(&mut tx, &own["call_sid"].clone().unwrap()).await;
    let mut call = own.unwrap().expect("the own call");
    tx.commit().await.unwrap();
    call.interaction = others;
    call.call_sid = "CA9".to_owned();
    let mut tx = scene.tx().await;
    assert_no_parent(calls::save_call(&mut tx, &call, now()).await);
    let mut tx = scene.tx().await;
    let contact = scene.contact(scene.world.b);
    let own = scene.interaction(scene.world.a);
    assert_no_parent(calls::claim_text_back(&mut tx, contact, own, now()).await);
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn a_lead_and_a_charge_point_to_own_rows_only() {
    let scene = Scene::new().await;
    for (contact, interaction) in [
        (Some(scene.contact(scene.world.b)), None),
        (None, Some(scene.interaction(scene.world.b))),
    ] {
        let lead = NewLead {
            contact,
            interaction,
            category: "OTHER",
            urgency: "NORMAL",
            summary: "a request",
        };
        let mut tx = scene.tx().await;
        assert_no_parent(people::insert_lead(&mut tx, &lead, now()).await);
    }
    let charge = Charge {
        usage_type: UsageType::VoiceCall,
        source: "RETELL:call_9".to_owned(),
        interaction: scene.interaction(scene.world.b),
        occurred_at: now(),
        duration_s: Some(60),
        minutes: 1,
        segments: 0,
        not_billed: None,
        cost: None,
        leg: Leg::Ai,
        source_event: "call_ended".to_owned(),
        period: now().date_naive(),
    };
    let totals = Totals {
        day: now().date_naive(),
        channel: Channel::Voice,
        change: Contribution::default(),
        messages_in: 0,
        messages_out: 0,
    };
    let mut tx = scene.tx().await;
    assert_no_parent(billing::record(&mut tx, Some(&charge), &totals, now()).await);
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn a_persons_number_and_a_key_mean_the_own_rows() {
    let scene = Scene::new().await;
    let mut tx = scene.tx().await;
    let caller = people::touch_contact(&mut tx, &phone(), "SMS", now())
        .await
        .unwrap();
    assert_eq!(caller.contact, scene.contact(scene.world.a));
    assert!(people::end_opt_out(&mut tx, &phone(), now()).await.unwrap());
    assert!(
        people::start_opt_out(&mut tx, &phone(), "KEYWORD", now())
            .await
            .unwrap()
    );
    people::mark_text_state(&mut tx, &phone(), people::TextState::Blocked)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = scene.tx().await;
    let begun = idempotency::begin(&mut tx, "key_2", b"hash").await.unwrap();
    assert_eq!(begun, idempotency::Begin::New);
    idempotency::finish(&mut tx, "key_2", 200, &json!("answer"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let stranger = SubscriberId::new();
    let mut tx = TenantTx::begin(&scene.database.db, stranger).await.unwrap();
    let finished = idempotency::finish(&mut tx, "key_1", 200, &json!("told")).await;
    assert!(finished.is_err());
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn trouble_that_hits_everybody_can_be_told_in_a_tenants_transaction() {
    let scene = Scene::new().await;
    let alert = Alert {
        subscriber: None,
        kind: "test.trouble",
        severity: Severity::Critical,
        detail: "the provider cannot be paid".to_owned(),
        cause: "test.trouble".to_owned(),
    };
    for subscriber in [scene.world.a, scene.world.b] {
        let tx = TenantTx::begin(&scene.database.db, subscriber).await;
        let mut tx = tx.unwrap();
        alerts::raise(&mut tx, &alert, now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    // One row of its cause, and the other subscriber's trouble did not fail.
    scene.assert_b_is_as_before().await;
}

#[tokio::test]
async fn an_event_that_another_subscriber_has_is_a_duplicate_and_no_error() {
    let scene = Scene::new().await;
    let event = EventKey {
        provider: "TWILIO",
        external_id: "SM7".to_owned(),
        kind: "text",
        raw: b"body",
        received_at: now(),
        proof: Proof::Platform,
    };
    for state in ["DONE", "UNROUTED", "FAILED"] {
        for owner in [format!("'{}'", scene.world.b), "null".to_owned()] {
            let mut tx = system(&scene.database).await;
            execute(
                tx.conn(),
                "delete from inbound_events where external_id = 'SM7'",
            )
            .await;
            let statement = format!(
                "insert into inbound_events (provider, external_id, subscriber_id, kind, raw_body, received_at, state)
                 values ('TWILIO', 'SM7', {owner}, 'text', 'body', '2026-11-21', '{state}')"
            );
            execute(tx.conn(), &statement).await;
            tx.commit().await.unwrap();
            let mut tx = scene.tx().await;
            let claimed = inbound::claim(&mut tx, Some(scene.world.a), &event).await;
            assert_eq!(claimed.unwrap(), Claim::Duplicate, "{state} of {owner}");
            let kept = inbound::find_kept(&mut tx, "TWILIO", "SM7").await;
            assert!(kept.unwrap().is_none(), "{state} of {owner} is read");
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn upkeep_in_a_tenants_transaction_stays_in_its_rows() {
    let scene = Scene::new().await;
    let mut tx = system(&scene.database).await;
    execute(
        tx.conn(),
        "update interaction_messages set needs_answer = false",
    )
    .await;
    execute(
        tx.conn(),
        "update interactions set channel = 'SMS', status = 'OPEN', last_message_at = '2026-01-01'",
    )
    .await;
    tx.commit().await.unwrap();
    let before = scene.rows_of_b().await;
    let mut tx = scene.tx().await;
    let closed = traffic::close_idle_texts(&mut tx, now(), 100).await;
    assert_eq!(closed.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(scene.rows_of_b().await, before);
}

#[tokio::test]
async fn consents_and_orders_of_another_subscriber_are_not_found_and_not_made() {
    let scene = Scene::new().await;
    let (own, others) = (scene.contact(scene.world.a), scene.contact(scene.world.b));
    let mut tx = scene.tx().await;
    assert!(consents::has_contact(&mut tx, own).await.unwrap());
    assert!(!consents::has_contact(&mut tx, others).await.unwrap());
    let listed = consents::list_consents(&mut tx, others).await;
    assert!(listed.unwrap().is_empty());
    let consent = NewConsent {
        contact: others,
        purpose: consents::Purpose::Recording,
        granted: true,
        text_version: "1".to_owned(),
        channel: consents::ConsentChannel::Web,
        proof: None,
        ip_prefix: None,
    };
    let written = consents::record_consent(&mut tx, &consent, now()).await;
    assert!(written.unwrap().is_none());
    let kept = consents::may_keep_recording(&mut tx, Some(others), "call_1", now()).await;
    assert!(!kept.unwrap());
    let interaction = scene.interaction(scene.world.b);
    assert!(!traffic::is_cleared(&mut tx, interaction).await.unwrap());
    traffic::order_deletion(&mut tx, "RETELL", AtProvider::Call("call_1"), now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(scene.rows_of_b().await, scene.before);
}

#[tokio::test]
async fn endpoints_and_deliveries_of_another_subscriber_are_not_found_changed_or_pointed_to() {
    let scene = Scene::new().await;
    let endpoint = |subscriber| EndpointId(scene.world.id("webhook_endpoints", subscriber));
    let delivery = |subscriber| DeliveryId(scene.world.id("webhook_deliveries", subscriber));
    let (own, others) = (endpoint(scene.world.a), endpoint(scene.world.b));
    let mut tx = scene.tx().await;
    let listed = deliveries::list_endpoints(&mut tx).await.unwrap();
    assert_eq!(
        listed.iter().map(|found| found.id).collect::<Vec<_>>(),
        [own]
    );
    assert!(
        deliveries::find_endpoint(&mut tx, others)
            .await
            .unwrap()
            .is_none()
    );
    let mut stolen = listed[0].clone();
    stolen.id = others;
    assert!(
        !deliveries::update_endpoint(&mut tx, &stolen, now())
            .await
            .unwrap()
    );
    assert!(!deliveries::delete_endpoint(&mut tx, others).await.unwrap());
    assert!(
        deliveries::list_secrets(&mut tx, others)
            .await
            .unwrap()
            .is_empty()
    );
    let found = deliveries::find_delivery(&mut tx, delivery(scene.world.b)).await;
    assert!(found.unwrap().is_none());
    let filter = deliveries::Filter {
        endpoint: Some(others),
        ..deliveries::Filter::default()
    };
    assert!(
        deliveries::list_deliveries(&mut tx, &filter, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let ids = [delivery(scene.world.b).0];
    assert!(
        deliveries::list_attempts(&mut tx, &ids, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let replayed = deliveries::replay_one(&mut tx, delivery(scene.world.b)).await;
    assert_eq!(replayed.unwrap(), deliveries::Replayed::NotFound);
    let range = deliveries::Range {
        endpoint: others,
        since: now() - chrono::Duration::days(3_650),
        until: now() + chrono::Duration::days(3_650),
        with_succeeded: true,
    };
    assert_eq!(deliveries::count_in(&mut tx, &range, 10).await.unwrap(), 0);
    let begun = deliveries::replay_next(&mut tx, &range, None, 10).await;
    assert!(begun.unwrap().is_empty());
    let sums = deliveries::sum_up(&mut tx, range.since).await.unwrap();
    assert!(sums.succeeded + sums.failed + sums.dead + sums.pending <= 1);
    tx.commit().await.unwrap();
    let secret = SealedSecret {
        id: uuid::Uuid::now_v7(),
        sealed: "v1.a.b".to_owned(),
    };
    let mut tx = scene.tx().await;
    let inserted = deliveries::insert_secret(&mut tx, others, &secret, now(), 3).await;
    assert!(matches!(inserted, Err(sqlx::Error::RowNotFound)));
    // The same id is another row: both have it then.
    let mut tx = scene.tx().await;
    deliveries::insert_endpoint(&mut tx, &stolen).await.unwrap();
    tx.commit().await.unwrap();
    scene.assert_b_is_as_before().await;
}

#[test]
fn every_function_of_a_store_is_tried() {
    let tried = concat!(
        include_str!("stores.rs"),
        include_str!("staff_stores.rs"),
        include_str!("rooms.rs"),
        include_str!("sound.rs"),
        include_str!("booking_stores.rs"),
        include_str!("takeover_stores.rs"),
        include_str!("calendar_stores.rs")
    );
    let mut findings = Vec::new();
    let mut listed: Vec<&str> = WITHOUT_IDS.to_vec();
    let mut count = 0;
    for file in sources().into_iter().filter(|file| is_store(&file.path)) {
        for name in tenant_functions(&file.code) {
            count += 1;
            let full = format!("{}::{name}", file.path);
            let is_listed = listed.contains(&full.as_str());
            listed.retain(|entry| *entry != full);
            if !is_listed && !tried.contains(&format!("::{name}(")) {
                findings.push(format!(
                    "{full} takes a tenant's transaction: call it with another subscriber's id in \
                     tests/it/isolation/stores.rs, or say in WITHOUT_IDS why it takes none"
                ));
            }
        }
    }
    assert!(count > 20, "the functions were not found");
    findings.extend(listed.iter().map(|entry| format!("{entry} is gone")));
    assert_none(&findings);
}

/// The public functions that take a `&mut TenantTx`.
fn tenant_functions(code: &str) -> Vec<String> {
    let starts = code.match_indices("async fn ");
    let functions = starts.filter_map(|(start, word)| {
        let line = code[..start].rsplit('\n').next().unwrap_or_default();
        let rest = &code[start + word.len()..];
        let (head, _) = rest.split_once('{')?;
        let name = head.split(['(', '<']).next()?;
        let is_public = line.trim_start().starts_with("pub");
        (is_public && head.contains("&mut TenantTx")).then(|| name.trim().to_owned())
    });
    functions.collect()
}

#[test]
fn the_search_for_functions_finds_them() {
    let code = "pub async fn one(tx: &mut TenantTx) -> A {}\nasync fn private(tx: &mut TenantTx) {}\n\
                pub(super) async fn two<T>(\n    tx: &mut TenantTx,\n    id: Id,\n) -> B {}\n\
                pub async fn three(tx: &mut SystemTx) {}";
    assert_eq!(tenant_functions(code), ["one", "two"]);
}
