//! The promises of the seeds: what is missing is made, what people decided stays, and a second run changes nothing.
mod programs;

use rocket_reception::{
    kernel::{
        clock::Clock,
        config::{Environment, Settings},
        ids::SubscriberId,
        phone::E164,
    },
    seeding::{Counts, Report, Seed, Seeding, Table, seed_everything},
    tenancy::directory::{self, Entry, Key},
};
use sqlx::PgConnection;

use crate::support::{TestDb, at};

const DEMO_LINE: &str = "+14316005505";

fn settings<const N: usize>(variables: [(&str, &str); N]) -> Settings {
    Settings::read(&Environment::from(variables), std::env::temp_dir()).unwrap()
}

async fn database() -> TestDb {
    TestDb::new(Clock::fixed(at("2026-11-21T10:00:00Z"))).await
}

async fn run(test: &TestDb, seed: Seed, settings: &Settings) -> Report {
    let seeding = Seeding {
        db: &test.db,
        settings,
        now: at("2026-11-21T10:00:00Z"),
    };
    seed.run(&seeding).await.unwrap()
}

fn counts(created: u64, updated: u64, unchanged: u64) -> Counts {
    Counts {
        created,
        updated,
        unchanged,
    }
}

/// What the directory says, as anybody who asks it gets it.
async fn entry(test: &TestDb, key: Key<'_>) -> Option<Entry> {
    directory::find(&test.db, &[key]).await.unwrap().remove(0)
}

async fn owner(test: &TestDb, key: Key<'_>) -> Option<SubscriberId> {
    entry(test, key).await?.subscriber
}

/// Runs a statement as somebody who may see and change every row.
async fn execute(conn: &mut PgConnection, statement: &'static str) {
    let done = sqlx::query(statement).execute(conn).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
}

/// A channel as text: enabled, providers, number, agent.
async fn channel(conn: &mut PgConnection, slug: &str, channel: &str) -> String {
    sqlx::query_scalar(
        "select concat_ws(' ', c.is_enabled, c.transport_provider, c.ai_provider, c.provider_number_e164,
                          c.provider_agent_id)
           from subscriber_channels c join subscribers s on s.id = c.subscriber_id
          where s.slug = $1 and c.channel = $2",
    )
    .bind(slug)
    .bind(channel)
    .fetch_one(conn)
    .await
    .unwrap()
}

#[tokio::test]
async fn in_whatever_order_the_seeds_run_they_end_with_the_same_and_then_change_nothing() {
    use Seed::{Agents, Channels, Core, Demo};
    let settings = settings([
        ("RETELL_GATEKEEPER_AGENT_ID", "agent_gate"),
        ("MASTER_SMS_NUMBER", "+14315550199"),
    ]);
    for order in [
        [Core, Demo, Agents, Channels],
        [Channels, Agents, Demo, Core],
    ] {
        let test = database().await;
        for seed in order {
            assert!(run(&test, seed, &settings).await.total().created > 0 || seed == Channels);
        }
        for seed in order {
            let again = run(&test, seed, &settings).await.total();
            assert_eq!(
                (again.created, again.updated),
                (0, 0),
                "{seed:?} of {order:?}"
            );
        }
        let demo_line: E164 = DEMO_LINE.parse().unwrap();
        let demo = owner(&test, Key::Slug("demohvac")).await;
        assert!(demo.is_some());
        let line = entry(&test, Key::Number(&demo_line)).await.unwrap();
        assert_eq!(
            line.subscriber, None,
            "the demo line belongs to the platform"
        );
        assert_eq!(owner(&test, Key::SharedDefault(&demo_line)).await, demo);
    }
}

#[tokio::test]
async fn a_subscriber_is_found_by_everything_that_names_it() {
    let test = database().await;
    let settings = settings([]);
    seed_everything(&test.db, &settings, at("2026-11-21T10:00:00Z"))
        .await
        .unwrap();
    let demo = owner(&test, Key::Slug("demohvac")).await.unwrap();
    let own: E164 = "+14315550101".parse().unwrap();
    for key in [
        Key::Subscriber(demo),
        Key::OlderId("tenant-demo-001"),
        Key::Number(&own),
    ] {
        assert_eq!(owner(&test, key).await, Some(demo));
    }
    let studio = owner(&test, Key::Slug("rocketsciencedesigns")).await;
    let theirs: E164 = "+12048082733".parse().unwrap();
    assert!(studio.is_some());
    assert_eq!(owner(&test, Key::Number(&theirs)).await, studio);
}

#[tokio::test]
async fn every_subscriber_has_its_channels_with_both_providers() {
    let test = database().await;
    let mut conn = test.superuser().await;
    execute(
        &mut conn,
        "insert into subscribers (id, slug, business_name) values (gen_random_uuid(), 'ownbakery', 'A Bakery')",
    )
    .await;
    let settings = settings([("RETELL_GATEKEEPER_AGENT_ID", "agent_gate")]);
    seed_everything(&test.db, &settings, at("2026-11-21T10:00:00Z"))
        .await
        .unwrap();

    for (slug, name, expected) in [
        (
            "ownbakery",
            "VOICE",
            "t TWILIO RETELL +14316005505 agent_gate",
        ),
        ("ownbakery", "SMS", "f TWILIO RETELL"),
        ("ownbakery", "CHAT", "t WEB RETELL"),
        ("ownbakery", "EMAIL", "f OTHER OTHER"),
        (
            "rocketsciencedesigns",
            "VOICE",
            "t TWILIO RETELL +12048082733",
        ),
        ("rocketsciencedesigns", "SMS", "f TWILIO RETELL"),
        ("demohvac", "VOICE", "t TWILIO RETELL +14315550101"),
        ("demohvac", "SMS", "t TWILIO RETELL +14315550101"),
    ] {
        assert_eq!(
            channel(&mut conn, slug, name).await,
            expected,
            "{slug} {name}"
        );
    }
}

#[tokio::test]
async fn what_people_decide_survives_and_the_seeds_own_is_brought_back() {
    let test = database().await;
    let settings = settings([]);
    run(&test, Seed::Demo, &settings).await;
    let mut conn = test.superuser().await;
    for decision in [
        "update subscriptions set plan = 'ELITE'",
        "update subscriber_channels set is_enabled = not is_enabled, mode = 'STAFF_FIRST'",
        "update subscriber_channels set ai_provider = 'BUILTIN', provider_number_e164 = null where channel = 'SMS'",
        "update subscriber_profiles set custom_greeting = 'Hi!', standard_fee = '$1'",
        "update services set price = 7 where price is not null",
        "delete from holidays where date = '2026-12-25'",
        "update business_hours set opens = '06:00' where day = 'MON' and opens < '10:00'",
    ] {
        execute(&mut conn, decision).await;
    }
    let unchanged = run(&test, Seed::Demo, &settings).await.total();
    assert_eq!((unchanged.created, unchanged.updated), (0, 0));

    execute(
        &mut conn,
        "update subscribers set business_name = 'Old' where slug = 'demohvac'",
    )
    .await;
    execute(
        &mut conn,
        "delete from subscriber_channels where channel = 'CHAT'",
    )
    .await;
    let mended = run(&test, Seed::Demo, &settings).await;
    assert_eq!(mended.of(Table::Subscribers), counts(0, 1, 2));
    assert_eq!(mended.of(Table::SubscriberChannels), counts(3, 0, 9));
    assert_eq!(mended.total().updated, 1);
}

#[tokio::test]
async fn a_number_that_was_given_back_or_belongs_to_another_is_left_alone() {
    let test = database().await;
    let settings = settings([]);
    run(&test, Seed::Demo, &settings).await;
    let mut conn = test.superuser().await;
    execute(
        &mut conn,
        "update phone_numbers set state = 'RELEASED' where e164 = '+14315550102'",
    )
    .await;
    execute(
        &mut conn,
        "delete from directory where key = '+14315550102'",
    )
    .await;
    let report = run(&test, Seed::Demo, &settings).await;
    assert_eq!(report.of(Table::PhoneNumbers), counts(0, 0, 4));
    assert_eq!(report.notes().len(), 1, "{:?}", report.notes());
    // Voice falls back to the shared line, as for everybody without a number; texts have none to fall back to.
    let voice = channel(&mut conn, "plomberieboreale", "VOICE").await;
    assert_eq!(voice, "t TWILIO RETELL +14316005505");
    let sms = channel(&mut conn, "plomberieboreale", "SMS").await;
    assert_eq!(sms, "t TWILIO RETELL");

    execute(
        &mut conn,
        "update phone_numbers
            set subscriber_id = (select id from subscribers where slug = 'clinicasol')
          where e164 = '+14315550101'",
    )
    .await;
    let report = run(&test, Seed::Demo, &settings).await;
    assert_eq!(report.of(Table::PhoneNumbers), counts(0, 0, 4));
    let voice = channel(&mut conn, "demohvac", "VOICE").await;
    assert_eq!(voice, "t TWILIO RETELL +14316005505");
}

#[tokio::test]
async fn agents_come_from_settings_and_follow_them() {
    let test = database().await;
    let nothing = run(&test, Seed::Agents, &settings([])).await;
    assert_eq!(nothing.total(), Counts::default());
    assert!(nothing.notes()[0].contains("RETELL_GATEKEEPER_AGENT_ID"));

    let first = settings([
        ("RETELL_GATEKEEPER_AGENT_ID", "agent_gate"),
        ("RETELL_MASTER_AGENT_ID_HVAC", "agent_hvac"),
        ("RETELL_AGENT_VERSION_HVAC", "4"),
        // One agent in two roles.
        ("RETELL_DEMO_AGENT_ID", "agent_hvac"),
    ]);
    let made = run(&test, Seed::Agents, &first).await;
    assert_eq!(made.of(Table::Agents), counts(3, 0, 0));
    assert_eq!(made.of(Table::Directory), counts(2, 0, 1));
    let platform = Entry {
        subscriber: None,
        target: None,
    };
    assert_eq!(
        entry(&test, Key::RetellAgent("agent_gate")).await,
        Some(platform)
    );

    let second = settings([
        ("RETELL_GATEKEEPER_AGENT_ID", "agent_gate_2"),
        ("RETELL_MASTER_AGENT_ID_HVAC", "agent_hvac"),
        ("RETELL_AGENT_VERSION_HVAC", "5"),
        ("RETELL_DEMO_AGENT_ID", "agent_hvac"),
    ]);
    let followed = run(&test, Seed::Agents, &second).await;
    assert_eq!(followed.of(Table::Agents), counts(0, 2, 1));
    assert_eq!(followed.of(Table::Directory), counts(1, 0, 2));
}

#[tokio::test]
async fn voice_behind_the_gatekeeper_follows_the_setting() {
    let test = database().await;
    run(&test, Seed::Core, &settings([])).await;
    let mut conn = test.superuser().await;
    let voice = async |conn: &mut PgConnection| channel(conn, "rocketreception", "VOICE").await;
    assert_eq!(voice(&mut conn).await, "t TWILIO RETELL +14316005505");
    for gatekeeper in ["agent_gate", "agent_gate_2"] {
        let settings = settings([("RETELL_GATEKEEPER_AGENT_ID", gatekeeper)]);
        let moved = run(&test, Seed::Channels, &settings).await;
        assert_eq!(moved.of(Table::SubscriberChannels), counts(0, 1, 7));
        let expected = format!("t TWILIO RETELL +14316005505 {gatekeeper}");
        assert_eq!(voice(&mut conn).await, expected);
    }
}

#[tokio::test]
async fn of_two_seeds_at_once_each_row_is_made_by_one() {
    let test = database().await;
    let settings = settings([]);
    let alone = database().await;
    let expected = run(&alone, Seed::Demo, &settings).await.total();
    let (one, other) = tokio::join!(
        run(&test, Seed::Demo, &settings),
        run(&test, Seed::Demo, &settings)
    );
    let (one, other) = (one.total(), other.total());
    assert_eq!(one.created + other.created, expected.created);
    assert_eq!(one.updated + other.updated, 0);
}
