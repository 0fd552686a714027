//! The receptionist's voice: made once, fetched by Twilio, and never in the caller's way.
use axum::{
    body::Body,
    http::{HeaderMap, Method, Request},
};
use chrono::Duration;
use http_body_util::BodyExt;
use rocket_reception::{
    app::App,
    kernel::language::Language,
    server,
    voice::audio::{Keep, spoken},
};
use tower::ServiceExt;

use crate::{
    fakes::FakeElevenLabs,
    support::{ELEVENLABS_KEY, PUBLIC_URL, Subscriber, TestApp, minutes, seconds, soon},
};

const KEY: (&str, &str) = ("ELEVENLABS_API_KEY", ELEVENLABS_KEY);
const GREETING: &str = "Thank you for calling Northern Air. How can I help?";

async fn speaking() -> TestApp {
    TestApp::with(&[KEY]).await
}

async fn fixed(app: &App, shop: &Subscriber, text: &str) -> Option<String> {
    soon(spoken(app, shop.id, None, Language::En, text, Keep::Fixed)).await
}

async fn personal(app: &App, shop: &Subscriber, text: &str) -> Option<String> {
    let keep = Keep::Personal;
    soon(spoken(app, shop.id, None, Language::En, text, keep)).await
}

/// What was fetched.
struct Fetched {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Fetched {
    #[track_caller]
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// As Twilio does: without signing, and with no header that tells anything.
async fn fetch(app: &TestApp, url: &str) -> Fetched {
    fetch_by(app, Method::GET, url, None).await
}

async fn fetch_by(app: &TestApp, method: Method, url: &str, known: Option<&str>) -> Fetched {
    let path = url.strip_prefix(PUBLIC_URL).unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if let Some(known) = known {
        request = request.header("if-none-match", known);
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = server::router(app.state.clone()).oneshot(request);
    let (parts, body) = soon(answer).await.unwrap().into_parts();
    Fetched {
        status: parts.status.as_u16(),
        headers: parts.headers,
        bytes: body.collect().await.unwrap().to_bytes().to_vec(),
    }
}

async fn count_rows(app: &TestApp, shop: &Subscriber) -> i64 {
    app.value(
        shop,
        "select count(*) from audio_cache where subscriber_id = $1",
    )
    .await
}

async fn open_alerts(app: &TestApp) -> Vec<String> {
    let alerts = app.alerts().await.into_iter();
    alerts.map(|(kind, _)| kind).collect()
}

#[tokio::test]
async fn the_same_words_are_spoken_once_and_found_from_then_on() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let first = fixed(&app.state, &shop, GREETING).await.unwrap();
    assert!(first.starts_with(&format!("{PUBLIC_URL}/voice/audio/")));
    // Another process finds what this one made.
    let replica = app.replica().await;
    let again = fixed(&replica, &shop, &format!(" {GREETING}\n")).await;
    assert_eq!(again, Some(first.clone()));
    assert_eq!(app.elevenlabs.asked(), 1);
    let words = app.elevenlabs.spoken().remove(0);
    assert_eq!(
        (words.text.as_str(), words.language.as_str()),
        (GREETING, "en")
    );
    assert_eq!(words.voice, FakeElevenLabs::RACHEL);

    // Other words, another language, another voice, another business: another sound.
    app.elevenlabs.knows_voice("anne");
    let other = app.subscriber("southern").await;
    fixed(&app.state, &shop, "Goodbye!").await.unwrap();
    for (business, voice, language) in [
        (&shop, None, Language::Fr),
        (&shop, Some("anne"), Language::En),
        (&other, None, Language::En),
    ] {
        let keep = Keep::Fixed;
        let url = spoken(&app.state, business.id, voice, language, GREETING, keep).await;
        assert_ne!(url.unwrap(), first);
    }
    assert_eq!(app.elevenlabs.asked(), 5);

    // What was billed is counted, and what was found is not.
    let billed: (i32, i64) = app
        .rows(
            &shop,
            "select requests, characters from speech_usage where subscriber_id = $1",
        )
        .await
        .remove(0);
    let greeting = GREETING.chars().count() as i64;
    assert_eq!(billed, (4, 3 * greeting + "Goodbye!".len() as i64));
}

#[tokio::test]
async fn two_processes_that_make_the_same_sound_at_once_keep_one() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let replica = app.replica().await;
    let (one, two) = (app.elevenlabs.hold_next(), app.elevenlabs.hold_next());
    let both = async {
        tokio::join!(
            fixed(&app.state, &shop, GREETING),
            fixed(&replica, &shop, GREETING)
        )
    };
    let letting_go = async {
        one.arrived().await;
        two.arrived().await;
        one.release();
        two.release();
    };
    let ((first, second), ()) = tokio::join!(both, letting_go);
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(app.elevenlabs.asked(), 2);
    assert_eq!(count_rows(&app, &shop).await, 1);
}

#[tokio::test]
async fn a_sound_for_everybody_is_served_to_be_kept_and_one_for_somebody_is_not() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let greeting = fixed(&app.state, &shop, GREETING).await.unwrap();
    let booked = personal(&app.state, &shop, "See you on Tuesday, Anne.").await;
    for (url, caching) in [
        (greeting, "public, max-age=31536000, immutable"),
        (booked.unwrap(), "private, max-age=300"),
    ] {
        let played = fetch(&app, &url).await;
        assert_eq!(played.status, 200);
        assert_eq!(played.header("content-type"), "audio/wav");
        assert_eq!(played.header("cache-control"), caching);
        assert_eq!(
            played.header("content-length"),
            played.bytes.len().to_string()
        );
        // A quarter of a second, with a header that tells how long it is.
        assert_eq!(played.bytes.len(), 44 + 4_000);
        assert_eq!(played.bytes[40..44], 4_000u32.to_le_bytes());

        let head = fetch_by(&app, Method::HEAD, &url, None).await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        assert_eq!(head.header("content-length"), "4044");
        let tag = played.header("etag");
        assert_eq!(head.header("etag"), tag);
        let known = fetch_by(&app, Method::GET, &url, Some(tag)).await;
        assert_eq!((known.status, known.bytes.len()), (304, 0));

        // The same with the prefix of our API.
        let path = url.replace(PUBLIC_URL, &format!("{PUBLIC_URL}/api"));
        assert_eq!(fetch(&app, &path).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_said_to_one_person_is_made_anew_each_time_and_gone_after_five_minutes() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let text = "Your appointment is on Tuesday at nine, Anne.";
    let first = personal(&app.state, &shop, text).await.unwrap();
    let second = personal(&app.state, &shop, text).await.unwrap();
    assert_ne!(first, second);
    assert_ne!(
        fetch(&app, &first).await.bytes,
        fetch(&app, &second).await.bytes
    );
    // Nor is it found when the same words are wanted for all.
    fixed(&app.state, &shop, text).await.unwrap();
    assert_eq!(app.elevenlabs.asked(), 3);

    app.advance(minutes(5) - seconds(1));
    assert_eq!(fetch(&app, &first).await.status, 200);
    app.advance(seconds(1));
    assert_eq!(fetch(&app, &first).await.status, 404);
    app.run_schedules().await;
    assert_eq!(count_rows(&app, &shop).await, 1);
}

#[tokio::test]
async fn what_callers_hear_is_kept_and_what_nobody_heard_for_a_month_is_not() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let url = fixed(&app.state, &shop, GREETING).await.unwrap();
    fixed(&app.state, &shop, "Press one for English.")
        .await
        .unwrap();
    for _ in 0..3 {
        app.advance(Duration::days(20));
        assert_eq!(
            fixed(&app.state, &shop, GREETING).await.as_ref(),
            Some(&url)
        );
        app.run_schedules().await;
    }
    assert_eq!(app.elevenlabs.asked(), 2);
    assert_eq!(count_rows(&app, &shop).await, 1);
    assert_eq!(fetch(&app, &url).await.status, 200);
    app.advance(Duration::days(30));
    app.run_schedules().await;
    assert_eq!(fetch(&app, &url).await.status, 404);
}

#[tokio::test]
async fn a_link_that_we_did_not_write_leads_nowhere() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let other = app.subscriber("southern").await;
    let ours = fixed(&app.state, &shop, GREETING).await.unwrap();
    let theirs = fixed(&app.state, &other, GREETING).await.unwrap();
    let token = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let (ours, theirs) = (token(&ours), token(&theirs));
    // The first half names the business and the sound, the second proves it.
    let mixed = format!("{}{}", &ours[..43], &theirs[43..]);
    let swapped = format!("{}{}", &theirs[..21], &ours[21..]);
    let row: uuid::Uuid = app
        .value(&shop, "select id from audio_cache where subscriber_id = $1")
        .await;
    for bad in [
        mixed,
        swapped,
        ours[..85].to_owned(),
        format!("{ours}A"),
        row.to_string(),
        "x".to_owned(),
        "%00".to_owned(),
    ] {
        let fetched = fetch(&app, &format!("{PUBLIC_URL}/voice/audio/{bad}")).await;
        assert_eq!(fetched.status, 404, "{bad}");
        assert!(!fetched.headers.contains_key("etag"));
    }
}

#[tokio::test]
async fn whatever_goes_wrong_there_is_no_sound_and_no_error() {
    let app = speaking().await.tired_soon();
    let shop = app.subscriber("northern").await;
    for (status, name) in [
        (400, "max_character_limit_exceeded"),
        (403, "only_for_creator+"),
        (429, "too_many_concurrent_requests"),
        (429, "system_busy"),
    ] {
        app.elevenlabs.refuse_next(status, name);
        assert_eq!(fixed(&app.state, &shop, GREETING).await, None, "{name}");
    }
    // A fault of theirs is tried once more.
    app.elevenlabs.refuse_next(500, "");
    app.elevenlabs.refuse_next(502, "");
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    app.elevenlabs.hang_next();
    assert_eq!(personal(&app.state, &shop, GREETING).await, None);
    // Nothing of it was an outage for long, so the next words are spoken.
    assert!(fixed(&app.state, &shop, GREETING).await.is_some());
    assert_eq!(count_rows(&app, &shop).await, 1);
    assert_eq!(open_alerts(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn no_words_and_too_many_are_not_asked_for() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    for text in ["", " \n", &"a".repeat(1_001)] {
        assert_eq!(fixed(&app.state, &shop, text).await, None);
    }
    assert_eq!(app.elevenlabs.asked(), 0);
    assert!(fixed(&app.state, &shop, &"é".repeat(1_000)).await.is_some());
}

#[tokio::test]
async fn without_a_key_or_a_database_there_is_no_sound() {
    let app = TestApp::start().await;
    let shop = app.subscriber("northern").await;
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    assert_eq!(app.elevenlabs.asked(), 0);

    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    app.lose_database().await;
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
}

#[tokio::test]
async fn a_used_up_quota_is_told_once_and_nobody_waits_for_it_until_there_is_some_again() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let kept = fixed(&app.state, &shop, "Goodbye!").await;
    app.elevenlabs.refuse_next(401, "quota_exceeded");
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    assert_eq!(open_alerts(&app).await, ["elevenlabs.quota"]);
    // Nobody asks, this process or another; what was made before is played.
    let replica = app.replica().await;
    assert_eq!(fixed(&replica, &shop, GREETING).await, None);
    assert_eq!(personal(&app.state, &shop, GREETING).await, None);
    assert_eq!(fixed(&app.state, &shop, "Goodbye!").await, kept);
    assert_eq!(app.elevenlabs.asked(), 2);

    app.advance(minutes(10));
    assert!(fixed(&app.state, &shop, GREETING).await.is_some());
    assert_eq!(open_alerts(&app).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_key_is_told_and_shown() {
    let app = TestApp::with(&[("ELEVENLABS_API_KEY", "wrong")]).await;
    let shop = app.subscriber("northern").await;
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    assert_eq!(open_alerts(&app).await, ["elevenlabs.key"]);
    let health = app.stranger().get("/health/detailed").await.json();
    let shown = &health["providers"]["elevenlabs"];
    assert_eq!(
        (&shown["state"], &shown["detail"]),
        (&"failing".into(), &"refuses our key".into())
    );
}

#[tokio::test]
async fn after_three_failures_in_a_row_callers_do_not_wait_for_a_provider_that_is_away() {
    let app = speaking().await.tired_soon();
    let shop = app.subscriber("northern").await;
    for _ in 0..3 {
        app.elevenlabs.hang_next();
        assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    }
    let replica = app.replica().await;
    assert_eq!(fixed(&app.state, &shop, GREETING).await, None);
    assert_eq!(fixed(&replica, &shop, GREETING).await, None);
    assert_eq!(app.elevenlabs.asked(), 3);
    app.advance(seconds(30));
    assert!(fixed(&app.state, &shop, GREETING).await.is_some());
}

#[tokio::test]
async fn a_voice_that_is_gone_gives_way_to_the_usual_one_and_the_operator_is_told() {
    let app = speaking().await;
    let shop = app.subscriber("northern").await;
    let (gone, keep) = (Some("gone"), Keep::Fixed);
    let url = spoken(&app.state, shop.id, gone, Language::En, GREETING, keep).await;
    assert_eq!(url, fixed(&app.state, &shop, GREETING).await);
    assert_eq!(app.elevenlabs.spoken()[0].voice, FakeElevenLabs::RACHEL);
    assert_eq!(open_alerts(&app).await, ["elevenlabs.voice"]);
    // The usual one gone as well: no sound.
    app.elevenlabs.loses_voice(FakeElevenLabs::RACHEL);
    let url = spoken(&app.state, shop.id, gone, Language::En, "Goodbye!", keep).await;
    assert_eq!(url, None);
}

#[tokio::test]
async fn what_is_said_to_a_patient_goes_to_nobody_who_keeps_it() {
    let app = speaking().await;
    let clinic = app.subscriber("clinic").await;
    let switch = "update subscribers set handles_health_data = true where id = $1";
    app.change(&clinic, switch).await;
    assert_eq!(personal(&app.state, &clinic, "See you, Anne.").await, None);
    assert_eq!(app.elevenlabs.asked(), 0);
    // What everybody hears is nobody's.
    assert!(fixed(&app.state, &clinic, GREETING).await.is_some());
    assert!(!app.elevenlabs.spoken()[0].is_forgotten);

    let app = TestApp::with(&[KEY, ("ELEVENLABS_ZERO_RETENTION", "true")]).await;
    let clinic = app.subscriber("clinic").await;
    app.change(&clinic, switch).await;
    assert!(
        personal(&app.state, &clinic, "See you, Anne.")
            .await
            .is_some()
    );
    assert!(app.elevenlabs.spoken()[0].is_forgotten);
}
