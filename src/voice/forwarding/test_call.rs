//! A test call: our number calls the owner's line, and should be reached itself.
use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store::{self, TestState};
use crate::{
    app::AppState,
    inbound::TwilioForm,
    jobs::{Job, JobError, Lane, Run},
    kernel::{db::TenantTx, ids::SubscriberId, language::Language, phone::E164},
    messaging::carrier,
    providers::twilio::{self, NewCall},
    tenancy::{self, Channel, ForwardingStatus},
    web::{ApiError, Problem, extract::Path},
};

/// Longer than any carrier rings before it forwards.
const RINGS_FOR_S: u16 = 40;
/// After this long a test is over, whatever was heard of it.
pub const LASTS: TimeDelta = TimeDelta::minutes(2);

/// What an incoming call proves about forwarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarded {
    /// Nothing: somebody called us directly, or the carrier does not say.
    Unknown,
    /// The owner's line forwarded it.
    ByOwner,
    /// It is our own test call that came back: nobody is on the line.
    TestCall,
}

/// Sees whether an incoming call was forwarded by the owner's line, and writes down that it forwards.
pub async fn see_forwarded(
    tx: &mut TenantTx,
    from: Option<&E164>,
    to: &E164,
    forwarded_from: Option<&E164>,
    now: DateTime<Utc>,
) -> sqlx::Result<Forwarded> {
    if from == Some(to) && store::came_back(tx, to, now - LASTS, now).await? {
        store::set_status(tx, ForwardingStatus::Active, now).await?;
        return Ok(Forwarded::TestCall);
    }
    if let Some(line) = forwarded_from
        && store::is_owners_line(tx, line).await?
    {
        store::set_status(tx, ForwardingStatus::Active, now).await?;
        return Ok(Forwarded::ByOwner);
    }
    Ok(Forwarded::Unknown)
}

/// Places the call of a test.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlaceTestCall {
    pub subscriber: SubscriberId,
    pub test: Uuid,
}

impl Job for PlaceTestCall {
    const KIND: &'static str = "voice.place_test_call";
    const LANE: Lane = Lane::Interactive;
    const PROVIDER: Option<&'static str> = Some("twilio");
    const DEADLINE: Duration = Duration::from_secs(30);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// RINGING is written before Twilio is asked, so that a call whose outcome is unknown is not placed twice.
pub async fn place_test_call(app: AppState, _run: Run, job: PlaceTestCall) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let Some(test) = store::find(&mut tx, job.test).await? else {
        return Ok(());
    };
    if test.state != TestState::Calling {
        return Ok(());
    }
    let carrier = carrier::of(&app, &mut tx, &test.number).await?;
    let Some(client) = carrier.client() else {
        store::set_state(&mut tx, test.id, TestState::Failed, None, Some(now)).await?;
        tx.commit().await?;
        return Ok(());
    };
    store::set_state(&mut tx, test.id, TestState::Ringing, None, None).await?;
    tx.commit().await?;
    let url = format!(
        "{}/voice/forwarding-test/{}/{}",
        app.settings.public_url, job.subscriber, job.test
    );
    let call = NewCall {
        to: test.owner_phone.as_str(),
        from: test.number.as_str(),
        url: &url,
        status_callback: &format!("{url}/status"),
        timeout_s: RINGS_FOR_S,
    };
    let placed = client.place_call(&call).await;
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    match placed {
        Ok(call) => {
            store::set_state(&mut tx, test.id, TestState::Ringing, Some(&call.sid), None).await?;
        }
        // It may ring: what comes back, or does not, decides.
        Err(twilio::Error::Unknown(_)) => {}
        Err(error) => {
            tracing::warn!(subscriber.id = %job.subscriber, provider = "twilio", "a test call failed: {error}");
            store::set_state(
                &mut tx,
                test.id,
                TestState::Failed,
                None,
                Some(app.clock.now()),
            )
            .await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Somebody picked up the owner's phone: the test is told to let it ring.
#[utoipa::path(post, path = "/voice/forwarding-test/{subscriber}/{test}", tag = "providers",
    params(("subscriber" = Uuid, Path), ("test" = Uuid, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "TwiML", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub(super) async fn test_answered(
    State(app): State<AppState>,
    Path((subscriber, test)): Path<(SubscriberId, Uuid)>,
    proved: TwilioForm,
) -> Result<Response, ApiError> {
    if !proved.proof.admits(Some(subscriber)) {
        return Err(ApiError::not_found());
    }
    let told = note_answered(&app, subscriber, test).await;
    let language = told.unwrap_or_else(|error| {
        tracing::error!(subscriber.id = %subscriber, "a test call was answered, which is not written: {error}");
        Language::default()
    });
    let (code, words) = match language {
        Language::En => (
            "en-US",
            "This is the test of your call forwarding. Please do not pick up next time, and let it ring. Goodbye.",
        ),
        Language::Fr => (
            "fr-CA",
            "Ceci est l'essai de votre renvoi d'appels. La prochaine fois, ne répondez pas et laissez sonner. Au revoir.",
        ),
        Language::Es => (
            "es-US",
            "Esta es la prueba de su desvío de llamadas. La próxima vez no conteste y deje sonar. Adiós.",
        ),
    };
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="{code}">{words}</Say><Hangup/></Response>"#
    );
    Ok(([(header::CONTENT_TYPE, "text/xml")], document).into_response())
}

async fn note_answered(
    app: &AppState,
    subscriber: SubscriberId,
    test: Uuid,
) -> sqlx::Result<Language> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    // When our own number was reached, it is we who picked up.
    store::set_state(
        &mut tx,
        test,
        TestState::PickedUp,
        None,
        Some(app.clock.now()),
    )
    .await?;
    let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
    tx.commit().await?;
    Ok(line.map(|line| line.language).unwrap_or_default())
}

/// How the test call went.
#[utoipa::path(post, path = "/voice/forwarding-test/{subscriber}/{test}/status", tag = "providers",
    params(("subscriber" = Uuid, Path), ("test" = Uuid, Path)),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub(super) async fn test_status(
    State(app): State<AppState>,
    Path((subscriber, test)): Path<(SubscriberId, Uuid)>,
    proved: TwilioForm,
) -> Result<StatusCode, ApiError> {
    if !proved.proof.admits(Some(subscriber)) {
        return Err(ApiError::not_found());
    }
    let status = proved
        .form
        .get("CallStatus")
        .ok()
        .flatten()
        .unwrap_or_default();
    let state = match status {
        "no-answer" | "canceled" => TestState::NoForwarding,
        "busy" => TestState::Busy,
        "failed" => TestState::Failed,
        // Ringing; or over after it was answered, which was told before.
        _ => return Ok(StatusCode::NO_CONTENT),
    };
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let is_news = store::set_state(&mut tx, test, state, None, Some(now)).await?;
    if is_news && state == TestState::NoForwarding {
        store::set_status(&mut tx, ForwardingStatus::Inactive, now).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
