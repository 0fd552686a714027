//! What a provider says of a call, told as the message that it should have sent.
//!
//! A subscriber with an account of its own has its calls there. What is not there is looked for in the platform's
//! account, and taken only if it is this subscriber's there: a subscriber with a secret of its own may have named any
//! call.
use super::carrier;
use crate::{
    app::AppState,
    inbound::{Connected, EventKey, Proof},
    jobs::JobError,
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
    },
    providers::{
        retell::{self, CallEvent, CallEventKind},
        vapi::{self, ServerMessage},
    },
    tenancy::accounts::{self, OwnAccount, Provider},
    traffic::{self, store::open_calls::OpenCall},
    voice::{
        resolve::{Owner, Signs, find_by, find_owner},
        retell as retell_calls, vapi as vapi_calls,
    },
};

/// What came of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is over, and told.
    Told,
    GoesOn,
    /// There is no such call.
    Unknown,
    /// The provider could not be asked.
    NoAnswer,
}

/// A call as it was found, and in whose account.
pub(super) enum Found<T> {
    In(Proof, T),
    Nowhere,
    NoAnswer,
}

/// How one account answered: the call, none, or nothing.
type Answer<T> = Result<Option<T>, ()>;

pub(super) async fn ask(
    app: &AppState,
    subscriber: SubscriberId,
    call: &OpenCall,
) -> Result<Asked, JobError> {
    match call.provider.as_str() {
        "RETELL" => ask_retell(app, subscriber, call).await,
        "VAPI" => ask_vapi(app, subscriber, call).await,
        "TWILIO" => carrier::ask_twilio(app, subscriber, call).await,
        other => {
            tracing::error!(provider = other, "nobody can be asked about a call");
            Ok(Asked::NoAnswer)
        }
    }
}

/// The subscriber's own account at a provider, if it has one that is enabled. An account that cannot be opened is one
/// that cannot be asked.
pub(super) async fn own_account(
    app: &AppState,
    subscriber: SubscriberId,
    provider: Provider,
) -> Result<Option<OwnAccount>, JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let own = accounts::own_accounts(&mut tx, &app.keyring, provider, &[subscriber]).await?;
    tx.commit().await?;
    Ok(own.into_iter().next())
}

/// The first account that has the call: the own one, then the platform's.
pub(super) async fn search<T, F: Future<Output = Answer<T>>>(
    own: Option<F>,
    platform: Option<F>,
    subscriber: SubscriberId,
) -> Found<T> {
    if own.is_none() && platform.is_none() {
        return Found::NoAnswer;
    }
    let mut is_silent = false;
    let accounts = [(Proof::Own(subscriber), own), (Proof::Platform, platform)];
    for (proof, asking) in accounts {
        let Some(asking) = asking else { continue };
        match asking.await {
            Ok(Some(call)) => return Found::In(proof, call),
            Ok(None) => {}
            Err(()) => is_silent = true,
        }
    }
    match is_silent {
        true => Found::NoAnswer,
        false => Found::Nowhere,
    }
}

/// Whether what the platform's account has is this subscriber's. Who has no account of its own cannot have named it, so
/// that nobody else's is enough.
pub(super) fn is_theirs(owner: Owner, subscriber: SubscriberId, has_own: bool) -> bool {
    match owner {
        Owner::Subscriber(owner) | Owner::SharedDefault(Some(owner)) => owner == subscriber,
        Owner::SharedDefault(None) | Owner::Nobody => !has_own,
    }
}

async fn ask_retell(
    app: &AppState,
    subscriber: SubscriberId,
    call: &OpenCall,
) -> Result<Asked, JobError> {
    let own = own_account(app, subscriber, Provider::Retell).await?;
    let has_own = own.is_some();
    let base_url = &app.settings.retell.api_base_url;
    let own = own
        .and_then(|own| own.api_key)
        .map(|key| retell::Client::new(app.http.clone(), base_url, key));
    let get = |client: retell::Client| async move {
        match client.get_call(&call.external_id).await {
            Ok(found) => Ok(Some(found)),
            Err(retell::Error::Refused { status: 404 | 422 }) => Ok(None),
            Err(error) => {
                no_answer("retell", &error);
                Err(())
            }
        }
    };
    let found = search(own.map(get), app.retell.clone().map(get), subscriber).await;
    let (proof, found) = match found {
        Found::In(proof, found) => (proof, found),
        Found::Nowhere => return Ok(Asked::Unknown),
        Found::NoAnswer => return Ok(Asked::NoAnswer),
    };
    if proof == Proof::Platform {
        let parties = retell_calls::Parties::of(&found);
        let signs = Signs {
            proof,
            hint: found.subscriber_hint(),
            number: parties.ours(),
            agent: found.agent_id.as_deref(),
        };
        if !is_theirs(find_owner(app, &signs).await?, subscriber, has_own) {
            return Ok(Asked::Unknown);
        }
    }
    let is_over = matches!(
        found.call_status.as_deref(),
        Some("ended" | "error" | "not_connected")
    ) || found.disconnection_reason.is_some()
        || found.end_timestamp.is_some();
    if !is_over {
        return Ok(Asked::GoesOn);
    }
    let mut kinds = vec![CallEventKind::Ended];
    if found.call_analysis.is_some() {
        kinds.push(CallEventKind::Analyzed);
    }
    for kind in kinds {
        let mut event = CallEvent {
            kind,
            transfer_destination: found.transfer_destination.clone(),
            event_timestamp: found.end_timestamp,
            call: found.clone(),
        };
        if kind == CallEventKind::Ended {
            event.call.call_analysis = None;
        }
        let key = EventKey {
            provider: "RETELL",
            external_id: format!("{}:{}", kind.as_str(), call.external_id),
            kind: kind.as_str(),
            raw: b"",
            received_at: app.clock.now(),
            proof,
        };
        let told =
            traffic::while_raced(|| retell_calls::receive_call(&app.db, subscriber, &key, &event));
        unless_cleared(told.await)?;
    }
    Ok(Asked::Told)
}

async fn ask_vapi(
    app: &AppState,
    subscriber: SubscriberId,
    call: &OpenCall,
) -> Result<Asked, JobError> {
    let own = own_account(app, subscriber, Provider::Vapi).await?;
    let has_own = own.is_some();
    let base_url = &app.settings.vapi.api_base_url;
    let own = own
        .and_then(|own| own.api_key)
        .map(|key| vapi::Client::new(app.http.clone(), base_url, key));
    let get = |client: vapi::Client| async move {
        let found = client.get_call(&call.external_id).await;
        found.map_err(|error| no_answer("vapi", &error))
    };
    let found = search(own.map(get), app.vapi.clone().map(get), subscriber).await;
    let (proof, mut found) = match found {
        Found::In(proof, found) => (proof, found),
        Found::Nowhere => return Ok(Asked::Unknown),
        Found::NoAnswer => return Ok(Asked::NoAnswer),
    };
    if !found.is_over() {
        return Ok(Asked::GoesOn);
    }
    // By whatever name Vapi wrote it.
    found.id = Some(call.external_id.clone());
    let report = ServerMessage::report_of(found);
    if proof == Proof::Platform {
        let keys = vapi_calls::keys_of(&report, Connected::default(), None);
        if !is_theirs(find_by(app, proof, &keys).await?, subscriber, has_own) {
            return Ok(Asked::Unknown);
        }
    }
    let key = EventKey {
        provider: "VAPI",
        // Vapi may be at its report still, which tells more and has a key of its own.
        external_id: format!("polled:{}", call.external_id),
        kind: report.kind.as_str(),
        raw: b"",
        received_at: app.clock.now(),
        proof,
    };
    let told =
        traffic::while_raced(|| vapi_calls::receive_call(&app.db, subscriber, &key, &report));
    unless_cleared(told.await)?;
    Ok(Asked::Told)
}

/// Nothing is told to a conversation whose words were taken away.
pub(super) fn unless_cleared<T>(told: Result<T, traffic::Error>) -> Result<(), JobError> {
    match told {
        Ok(_) | Err(traffic::Error::Cleared) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Says so in the log; what is asked again soon is no error of a job's.
pub(super) fn no_answer(provider: &'static str, error: &dyn std::error::Error) {
    tracing::warn!(provider, "cannot be asked about a call: {error}");
}
