//! As in `stores`, for what a business sets and for its people.
use chrono::NaiveTime;
use rocket_reception::{
    kernel::{
        db::TenantTx,
        ids::{ContactId, LeadId},
        phone::E164,
    },
    people::{
        model::{ContactStatus, LeadStatus},
        store::{contacts, history, leads, merging, opt_outs},
    },
    tenancy::{
        Channel, RecordingMode,
        business::HoursRow,
        model::GapStatus,
        store::{callers, channels, hours, questions, services, settings, switch},
    },
};
use uuid::Uuid;

use super::database;
use crate::support::{World, at, execute};
use rocket_reception::kernel::db::{SystemToken, SystemTx, Tx};

const PHONE: &str = "+12045550142";

/// The rows of B, as texts.
async fn rows_of_b(world: &World, db: &rocket_reception::kernel::db::Db) -> Vec<String> {
    let mut tx = SystemTx::begin(db, SystemToken::Seeding).await.unwrap();
    let mut rows = Vec::new();
    for table in &world.tables {
        let statement = format!(
            "select coalesce(string_agg(t::text, ';' order by t::text), '') from {} t where {} = '{}'",
            table.name,
            table.owner_column(),
            world.b
        );
        let text = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(statement));
        rows.push(text.fetch_one(tx.conn()).await.unwrap());
    }
    rows
}

#[tokio::test]
async fn what_a_business_sets_and_its_people_are_its_own() {
    let database = database().await;
    let world = World::planted(&database.db).await;
    let mut tx = SystemTx::begin(&database.db, SystemToken::Seeding)
        .await
        .unwrap();
    for statement in [
        "update contacts set phone = '+12045550142', email = 'anne@example.com', language = 'en', merged_into = null,
                last_contacted_at = '2026-11-21T09:00:00Z'",
        "update opt_outs set phone = '+12045550142', ended_at = null",
        "update blocked_callers set phone = '+12045550199'",
        "update interactions set counterpart = '+12045550142'",
        "update subscriber_profiles set business_phone = null, owner_phone = null, transfer_number = null",
        "update subscriber_channels set channel = 'VOICE', provider_number_e164 = null",
        "update phone_numbers set e164 = '+1204555' || (case when subscriber_id is null then '0001' else
                lpad((abs(hashtext(subscriber_id::text)) % 9000 + 1000)::text, 4, '0') end)",
    ] {
        execute(tx.conn(), statement).await;
    }
    tx.commit().await.unwrap();
    let before = rows_of_b(&world, &database.db).await;
    let (a, b) = (world.a, world.b);
    let id = |table: &str| world.id(table, b);
    let (now, phone) = (at("2026-11-21T10:00:00Z"), PHONE.parse::<E164>().unwrap());
    let mut tx = TenantTx::begin(&database.db, a).await.unwrap();

    // What is B's is not found and not changed.
    assert!(
        !hours::delete_holiday(&mut tx, id("holidays"))
            .await
            .unwrap()
    );
    let mut holiday = hours::list_holidays(&mut tx, None, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(holiday.id, world.id("holidays", a));
    holiday.id = id("holidays");
    assert!(!hours::update_holiday(&mut tx, &holiday).await.unwrap());
    assert!(
        services::find_service(&mut tx, id("services"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        services::lock_service(&mut tx, id("services"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !services::is_booked(&mut tx, id("services"), at("2000-01-01T00:00:00Z"))
            .await
            .unwrap()
    );
    assert!(
        !services::delete_service(&mut tx, id("services"))
            .await
            .unwrap()
    );
    let mut service = services::list_services(&mut tx, None, None, 10)
        .await
        .unwrap()
        .remove(0);
    service.id = id("services");
    services::update_service(&mut tx, &service).await.unwrap();
    let mut question = questions::list_questions(&mut tx, None, 10)
        .await
        .unwrap()
        .remove(0);
    question.id = id("questions");
    assert!(
        !questions::update_question(&mut tx, &question, now)
            .await
            .unwrap()
    );
    assert!(
        !questions::delete_question(&mut tx, question.id)
            .await
            .unwrap()
    );
    assert!(
        questions::close_gap(&mut tx, id("knowledge_gaps"), now)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !callers::delete_blocked(&mut tx, id("blocked_callers"))
            .await
            .unwrap()
    );
    let contact = ContactId(id("contacts"));
    assert!(
        contacts::find_contact(&mut tx, contact)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!contacts::lock_contact(&mut tx, contact).await.unwrap());
    let removed = contacts::remove_contact(&mut tx, contact, now)
        .await
        .unwrap();
    assert_eq!(removed, contacts::Removed::Nobody);
    let own = ContactId(world.id("contacts", a));
    let sides = merging::lock_both(&mut tx, own, contact).await.unwrap();
    assert_eq!(sides.len(), 1);
    let lead = LeadId(id("leads"));
    assert!(leads::find_lead(&mut tx, lead).await.unwrap().is_none());
    assert!(
        leads::flag_lead(&mut tx, lead, Some("HOT"), None, now)
            .await
            .unwrap()
            .is_none()
    );
    let updated = leads::update_lead_status(&mut tx, lead, LeadStatus::Won, now).await;
    assert!(updated.unwrap().is_none());
    assert!(
        opt_outs::find_opted_out_phone(&mut tx, id("opt_outs"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        history::list_history(&mut tx, &[contact.0], None, 10)
            .await
            .unwrap()
            .is_empty()
    );

    // Lists hold the own rows; a number means the own person.
    let filter = contacts::ContactFilter::default();
    let listed = contacts::list_contacts(&mut tx, &filter, None, 10)
        .await
        .unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [own]);
    let listed = leads::list_leads(&mut tx, &leads::LeadFilter::default(), None, 10)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        history::list_customers(&mut tx, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        history::list_same_person(&mut tx, &phone).await.unwrap(),
        [own.0]
    );
    assert_eq!(
        opt_outs::list_opt_outs(&mut tx, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let found = opt_outs::find_opt_out(&mut tx, &phone)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, world.id("opt_outs", a));
    assert_eq!(
        opt_outs::find_whose(&mut tx, &phone).await.unwrap(),
        Some(own)
    );
    let made = opt_outs::lock_or_make_contact(&mut tx, &phone, "MANUAL", now)
        .await
        .unwrap();
    assert_eq!(made, own);
    opt_outs::insert_text_consent(&mut tx, own, "PAPER", "a form", now)
        .await
        .unwrap();
    assert_eq!(
        callers::list_blocked(&mut tx, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        questions::list_gaps(&mut tx, GapStatus::Open, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(hours::list_hours(&mut tx).await.unwrap().len(), 1);
    assert_eq!(channels::list_channels(&mut tx).await.unwrap().len(), 1);

    // What is written is written to the own rows.
    settings::lock_settings(&mut tx).await.unwrap();
    let mut own_settings = settings::find_settings(&mut tx).await.unwrap().unwrap();
    own_settings.recording_mode = RecordingMode::Consent;
    settings::update_settings(&mut tx, &own_settings, now)
        .await
        .unwrap();
    let mut channel = channels::lock_channel(&mut tx, Channel::Voice)
        .await
        .unwrap()
        .unwrap();
    channel.agent = Some("agent".to_owned());
    channels::save_channel(&mut tx, &channel, now)
        .await
        .unwrap();
    let theirs: E164 = world_number(&world, &database.db).await;
    assert!(
        channels::hold_number(&mut tx, &theirs)
            .await
            .unwrap()
            .is_none()
    );
    channels::find_plan(&mut tx).await.unwrap();
    switch::switch_voice(&mut tx, true, now).await.unwrap();
    switch::find_switch(&mut tx).await.unwrap().unwrap();
    let week = HoursRow {
        day: "TUE".to_owned(),
        opens: NaiveTime::MIN,
        closes: NaiveTime::from_hms_opt(12, 0, 0).unwrap(),
    };
    hours::replace_hours(&mut tx, &[week]).await.unwrap();
    holiday.id = Uuid::now_v7();
    holiday.date = holiday.date.succ_opt().unwrap();
    hours::insert_holiday(&mut tx, &holiday).await.unwrap();
    service.id = Uuid::now_v7();
    service.name = "another".to_owned();
    services::insert_service(&mut tx, &service).await.unwrap();
    question.id = Uuid::now_v7();
    question.question = "another".to_owned();
    questions::insert_question(&mut tx, &question, now)
        .await
        .unwrap();
    let blocked = callers::BlockedCaller {
        id: Uuid::now_v7(),
        phone: phone.clone(),
        reason: None,
        created_at: now,
    };
    callers::insert_blocked(&mut tx, &blocked).await.unwrap();
    let mut second = contacts::find_contact(&mut tx, own).await.unwrap().unwrap();
    second.id = ContactId::new();
    (second.phone, second.email, second.status) = (None, None, ContactStatus::New);
    contacts::insert_contact(&mut tx, &second).await.unwrap();
    contacts::update_contact(&mut tx, &second, now)
        .await
        .unwrap();
    merging::merge_contacts(&mut tx, second.id, own, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    // B's contact is changed by nobody who names it.
    let mut tx = TenantTx::begin(&database.db, a).await.unwrap();
    second.id = contact;
    contacts::update_contact(&mut tx, &second, now)
        .await
        .unwrap();
    assert!(
        merging::merge_contacts(&mut tx, own, contact, now)
            .await
            .is_err()
    );
    drop(tx);
    assert_eq!(rows_of_b(&world, &database.db).await, before);
}

/// B's own number.
async fn world_number(world: &World, db: &rocket_reception::kernel::db::Db) -> E164 {
    let mut tx = SystemTx::begin(db, SystemToken::Seeding).await.unwrap();
    sqlx::query_scalar("select e164 from phone_numbers where subscriber_id = $1")
        .bind(world.b)
        .fetch_one(tx.conn())
        .await
        .unwrap()
}
