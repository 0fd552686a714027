//! What fails by a fault of ours before anybody knows whose it is.
use super::{boreale, sample, tell, with};
use crate::support::{TestApp, seconds};

const BREAK: &str = "alter table directory rename to elsewhere";
const MEND: &str = "alter table elsewhere rename to directory";

async fn run(app: &TestApp, statement: &'static str) {
    let mut conn = app.database.superuser().await;
    sqlx::query(statement).execute(&mut conn).await.unwrap();
}

#[tokio::test]
async fn a_call_or_a_chat_whose_owner_cannot_be_looked_up_is_kept_and_done_once_we_can() {
    for event in [sample!("call_ended"), sample!("chat_ended")] {
        let app = TestApp::start().await;
        let boreale = boreale(&app).await;
        run(&app, BREAK).await;
        tell(&app, &event).await;
        let kept = |state: &str| {
            (
                event["event"].as_str().unwrap().to_owned(),
                state.to_owned(),
            )
        };
        assert_eq!(app.kept().await, [kept("FAILED")]);
        run(&app, MEND).await;
        app.advance(seconds(10));
        app.run_jobs().await;
        assert_eq!(app.kept().await, [kept("DONE")]);
        let count = "select count(*) from interactions where subscriber_id = $1";
        assert_eq!(app.value::<i64>(&boreale, count).await, 1);
        tell(&app, &event).await;
        assert_eq!(app.value::<i64>(&boreale, count).await, 1);
    }
}

#[tokio::test]
async fn while_owners_cannot_be_looked_up_a_caller_still_hears_words() {
    let app = TestApp::start().await;
    boreale(&app).await;
    run(&app, BREAK).await;
    let call = with(
        sample!("function_book_appointment"),
        "/name",
        "take_message",
    );
    let answer = app.retell_event(&call).send().await.expect(200).json();
    assert_eq!(answer["result"], "unavailable");
    assert!(!answer["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn where_a_call_was_put_through_to_does_not_stand_in_the_name_of_a_job() {
    let app = TestApp::start().await;
    boreale(&app).await;
    run(&app, BREAK).await;
    tell(&app, &sample!("transfer_started")).await;
    let mut conn = app.database.superuser().await;
    let jobs = "select concat_ws(' ', payload, dedupe_key) from jobs";
    let jobs: Vec<String> = sqlx::query_scalar(jobs).fetch_all(&mut conn).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].contains("transfer_started:call_"), "{jobs:?}");
    assert!(!jobs[0].contains("5145550199"), "{jobs:?}");
    run(&app, MEND).await;
    app.advance(seconds(10));
    app.run_jobs().await;
}
