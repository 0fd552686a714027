//! STOP and its kin, by whatever word and in whichever language: nobody is texted who does not want to be.
use crate::support::{Subscriber, TestApp, minutes, seconds};

const ANNE: &str = "+15145550123";

async fn says(app: &TestApp, to: &Subscriber, words: &str) {
    app.text_from(ANNE)
        .to(&to.number)
        .says(words)
        .send()
        .await
        .expect(200);
    app.run_jobs().await;
}

async fn is_opted_out(app: &TestApp, subscriber: &Subscriber) -> bool {
    let statement =
        "select exists (select from opt_outs where subscriber_id = $1 and ended_at is null)";
    app.value(subscriber, statement).await
}

#[tokio::test]
async fn words_that_twilio_answers_itself_opt_out_without_a_text_of_ours() {
    for word in [
        "STOP",
        "stop",
        "Unsubscribe",
        "END",
        "QUIT",
        "STOPALL",
        "REVOKE",
        "OPTOUT",
        "CANCEL",
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        says(&app, &hvac, word).await;
        assert!(is_opted_out(&app, &hvac).await, "{word}");
        assert!(app.twilio.texts().is_empty(), "{word}");
        assert_eq!(
            app.count_events(&hvac, "contact.opted_out").await,
            1,
            "{word}"
        );
    }
}

#[tokio::test]
async fn other_words_and_languages_get_one_confirmation_and_then_silence() {
    let words = [
        ("ARRET", "fr", "désabonné"),
        ("Arrêt!", "fr", "désabonné"),
        ("désabonner", "fr", "désabonné"),
        ("ALTO", "es", "ya no recibirá"),
        ("baja", "es", "ya no recibirá"),
        ("Stop please", "en", "unsubscribed"),
        ("please stop texting me", "en", "unsubscribed"),
        ("S T O P", "en", "unsubscribed"),
    ];
    for (word, language, confirmation) in words {
        let app = TestApp::start().await;
        let clinic = app.subscriber("clinic").language(language).await;
        says(&app, &clinic, word).await;
        let text = app.twilio.only_text();
        assert!(text.body.contains(confirmation), "{word}: {}", text.body);
        assert_eq!(text.to, ANNE);
        says(&app, &clinic, word).await;
        says(&app, &clinic, "are you open?").await;
        says(&app, &clinic, "HELP").await;
        app.twilio.only_text();
        assert_eq!(
            app.count_events(&clinic, "contact.opted_out").await,
            1,
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_stop_that_overtakes_a_queued_reply_stops_it() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").chat_agent("agent_1").await;
    let hold = app.retell.hold_next();
    app.text_from(ANNE)
        .to(&clinic.number)
        .says("hello")
        .send()
        .await
        .expect(200);
    let replying = app.run_jobs_meanwhile();
    hold.arrived().await;
    app.text_from(ANNE)
        .to(&clinic.number)
        .says("STOP")
        .send()
        .await
        .expect(200);
    hold.release();
    replying.await.unwrap();
    app.run_jobs().await;
    assert!(app.twilio.texts().is_empty());
    let reply = app.only_outgoing(&clinic).await;
    assert_eq!(
        (reply.status.as_str(), reply.reason.as_deref()),
        ("SUPPRESSED", Some("OPTED_OUT"))
    );
}

#[tokio::test]
async fn a_stop_between_queueing_and_sending_is_heeded() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    app.twilio.limit_next(30);
    says(&app, &hvac, "hello").await;
    assert_eq!(app.only_outgoing(&hvac).await.status, "QUEUED");
    says(&app, &hvac, "STOP").await;
    app.advance(seconds(60));
    app.run_jobs().await;
    assert_eq!(
        app.only_outgoing(&hvac).await.reason.as_deref(),
        Some("OPTED_OUT")
    );
    assert!(app.twilio.texts().is_empty());
}

#[tokio::test]
async fn start_opts_in_again() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "STOP").await;
    says(&app, &hvac, "are you open?").await;
    assert!(app.twilio.texts().is_empty());
    says(&app, &hvac, "START").await;
    assert!(!is_opted_out(&app, &hvac).await);
    assert!(app.twilio.texts().is_empty(), "twilio answers START itself");
    says(&app, &hvac, "are you open?").await;
    assert!(app.twilio.only_text().body.contains("closed"));
}

#[tokio::test]
async fn a_french_opt_in_is_confirmed_once() {
    let app = TestApp::start().await;
    let clinic = app.subscriber("clinic").language("fr").await;
    for word in ["ARRET", "DEBUT", "DEBUT"] {
        says(&app, &clinic, word).await;
    }
    let bodies = app.twilio.bodies();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies[1].contains("de nouveau"), "{bodies:?}");
}

#[tokio::test]
async fn yes_opts_in_whoever_was_out_and_is_an_answer_for_everybody_else() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "STOP").await;
    says(&app, &hvac, "YES").await;
    assert!(!is_opted_out(&app, &hvac).await);
    assert!(app.twilio.texts().is_empty());
    says(&app, &hvac, "YES").await;
    app.twilio.only_text();
}

#[tokio::test]
async fn help_is_answered_by_twilio_in_english_and_by_us_in_french_and_spanish() {
    for (word, texts) in [("HELP", 0), ("INFO", 0), ("AIDE", 1), ("AYUDA", 1)] {
        let app = TestApp::start().await;
        let clinic = app.subscriber("clinic").name("Clinique du Parc").await;
        says(&app, &clinic, word).await;
        let bodies = app.twilio.bodies();
        assert_eq!(bodies.len(), texts, "{word}: {bodies:?}");
        assert!(
            bodies
                .iter()
                .all(|body| body.starts_with("Clinique du Parc")),
            "{bodies:?}"
        );
    }
}

#[tokio::test]
async fn what_twilio_says_of_a_text_counts_more_than_its_words() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let text = |kind: &str, words: &str| {
        let text = app.text_from(ANNE).to(&hvac.number).says(words);
        text.field("OptOutType", kind)
    };
    text("STOP", "ARRET").send().await.expect(200);
    app.run_jobs().await;
    assert!(is_opted_out(&app, &hvac).await);
    text("START", "DEBUT").send().await.expect(200);
    app.run_jobs().await;
    assert!(!is_opted_out(&app, &hvac).await);
    text("HELP", "AIDE").send().await.expect(200);
    app.run_jobs().await;
    assert!(
        app.twilio.texts().is_empty(),
        "twilio has answered all three"
    );
}

#[tokio::test]
async fn an_opt_out_is_heard_although_the_channel_is_off() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").sms_off().await;
    says(&app, &hvac, "ARRET").await;
    assert!(is_opted_out(&app, &hvac).await);
    app.twilio.only_text();
}

#[tokio::test]
async fn an_opt_out_from_one_business_is_none_from_another() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    let clinic = app.subscriber("clinic").await;
    says(&app, &hvac, "STOP").await;
    says(&app, &clinic, "hello").await;
    assert_eq!(app.twilio.only_text().from, clinic.number);
}

#[tokio::test]
async fn confirm_and_reschedule_reach_the_built_in_receptionist_as_what_they_mean() {
    for (word, answer) in [
        ("CONFIRM", "passed your confirmation on"),
        ("C", "passed your confirmation on"),
        ("RESCHEDULE", "I do not find an appointment"),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").await;
        says(&app, &hvac, word).await;
        let reply = app.twilio.only_text().body;
        assert!(reply.contains(answer), "{word}: {reply}");
    }
}

#[tokio::test]
async fn a_confirmation_is_passed_on_as_a_lead() {
    let app = TestApp::start().await;
    let hvac = app.subscriber("hvac").await;
    says(&app, &hvac, "CONFIRM").await;
    let lead = "select category from leads where subscriber_id = $1";
    assert_eq!(app.value::<String>(&hvac, lead).await, "CONFIRM");
    assert_eq!(app.count_events(&hvac, "lead.created").await, 1);
}

#[tokio::test]
async fn confirm_and_reschedule_reach_retells_agent_as_what_they_mean() {
    for (word, intent) in [
        ("CONFIRM", "confirm"),
        ("REPORTER", "reschedule"),
        ("ANNULER", "cancel"),
    ] {
        let app = TestApp::start().await;
        let hvac = app.subscriber("hvac").chat_agent("agent_1").await;
        says(&app, &hvac, word).await;
        let chat = app.retell.only_chat();
        assert_eq!(
            chat.request["retell_llm_dynamic_variables"]["intent"],
            intent
        );
        assert_eq!(chat.heard, [word]);
    }
}

#[tokio::test]
async fn an_answer_to_a_keyword_that_stop_overtakes_is_not_sent() {
    for word in ["AIDE", "DEBUT"] {
        let app = TestApp::start().await;
        let clinic = app.subscriber("clinic").language("fr").await;
        says(&app, &clinic, "STOP").await;
        app.twilio.limit_next(60);
        if word == "AIDE" {
            says(&app, &clinic, "START").await;
        }
        says(&app, &clinic, word).await;
        assert_eq!(app.only_outgoing(&clinic).await.status, "QUEUED", "{word}");
        says(&app, &clinic, "STOP").await;
        app.advance(seconds(120));
        app.run_jobs().await;
        assert_eq!(app.twilio.bodies(), [""; 0], "{word}");
        let text = app.only_outgoing(&clinic).await;
        assert_eq!(text.reason.as_deref(), Some("OPTED_OUT"), "{word}");
    }
}

#[tokio::test]
async fn an_opt_out_is_confirmed_within_five_minutes_or_not_at_all() {
    for (minutes_late, texts) in [(4, 1), (31, 0)] {
        let app = TestApp::start().await;
        let clinic = app.subscriber("clinic").language("fr").await;
        app.twilio.limit_next(60);
        says(&app, &clinic, "ARRET").await;
        app.advance(minutes(minutes_late));
        app.run_jobs().await;
        assert_eq!(app.twilio.texts().len(), texts, "{minutes_late} minutes");
    }
}
