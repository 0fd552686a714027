//! Retell asks before a call (or a text that it carries) reaches an agent; the caller hears it ring meanwhile.
use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::{Map, json};

use crate::{
    app::AppState,
    billing,
    inbound::{self, Proof, RetellBody},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164},
    providers::retell::{
        AgentOverride, BASIC_ATTRIBUTES_ONLY, Channel, InboundAnswer, InboundRequest, Setup,
    },
    receptionist::brain::agent_version,
    tenancy::{self, ChannelMode, VoiceLine, business},
    voice::{
        line::{ServiceState, are_people_first, variables},
        resolve::{Owner, Signs, find_owner},
        through::{Ends, Passing, is_first_pass, see_forwarding, transfer_number},
    },
    web::{ApiError, Problem},
};

/// Retell gives us ten seconds; a caller gives us fewer.
const DEADLINE: Duration = Duration::from_secs(3);
/// A call that may only leave a message is kept short.
const SHORT_CALL_MS: u64 = 120_000;

/// Answers who is called and with which words. Whatever is broken here, the bound agent answers with its own.
#[utoipa::path(post, path = "/webhooks/retell-inbound", tag = "providers",
    request_body(content = serde_json::Value),
    responses((status = 200, description = "`{call_inbound: {…}}`"), (status = "4XX", body = Problem),
        (status = 503, body = Problem)))]
pub async fn retell_inbound(
    State(app): State<AppState>,
    RetellBody { body, proof, .. }: RetellBody,
) -> Result<Response, ApiError> {
    let request = InboundRequest::parse(&body).map_err(|error| {
        inbound::count("retell", "call_inbound", "rejected");
        ApiError::malformed(error.to_string())
    })?;
    let answered = tokio::time::timeout(DEADLINE, answer(&app, &request, proof)).await;
    let (answer, outcome) = match answered {
        Ok(Ok(answer)) => (answer, "done"),
        Ok(Err(error)) => {
            tracing::error!(
                provider = "retell",
                "an incoming call gets the default words: {error:#}"
            );
            (default_words(&request), "fallback")
        }
        Err(_) => {
            tracing::error!(
                provider = "retell",
                "an incoming call gets the default words: too slow"
            );
            (default_words(&request), "fallback")
        }
    };
    inbound::count("retell", "call_inbound", outcome);
    Ok(Json(answer).into_response())
}

fn default_words(request: &InboundRequest) -> InboundAnswer {
    InboundAnswer::connect(request.channel, Setup::default())
}

async fn answer(
    app: &AppState,
    request: &InboundRequest,
    proof: Proof,
) -> anyhow::Result<InboundAnswer> {
    let reject = || Ok(InboundAnswer::reject(request.channel));
    let Some(number) = &request.to_number else {
        // Retell knows which number it is and lets the agent answer that is bound to it.
        return Ok(default_words(request));
    };
    let Ok(number) = number.parse::<E164>() else {
        return reject();
    };
    let caller = request.from_number.as_deref().and_then(E164::of_caller);
    let signs = Signs {
        proof,
        hint: None,
        number: Some(&number),
        agent: request.agent_id.as_deref(),
    };
    let (subscriber, is_shared) = match find_owner(app, &signs).await? {
        Owner::Subscriber(subscriber) => (subscriber, false),
        Owner::SharedDefault(Some(subscriber)) => (subscriber, true),
        Owner::SharedDefault(None) => return Ok(default_words(request)),
        Owner::Nobody => return reject(),
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let voice = tenancy::find_voice_line(&mut tx, caller.as_ref()).await?;
    let now = app.clock.now();
    let may_start = billing::may_take_call(&mut tx, now).await?;
    let Some(mut voice) = voice else {
        return Ok(default_words(request));
    };
    // Its hours matter to this mode alone, and the caller hears it ring meanwhile.
    let profile = match voice.line.mode {
        ChannelMode::AfterHours => business::find_business(&mut tx, now).await?,
        _ => None,
    };
    let are_people_first = are_people_first(voice.line.mode, profile.as_ref(), now);
    let through = request.forwarded_from().and_then(E164::of_caller);
    let ends = Ends {
        caller: caller.as_ref(),
        ours: Some(&number),
        through: through.as_ref(),
    };
    let is_test = see_forwarding(&mut tx, &voice, &ends, now).await?;
    tx.commit().await?;
    if is_test || voice.is_caller_blocked {
        return reject();
    }
    let state_of =
        |voice: &VoiceLine| ServiceState::of(voice, may_start).for_people(voice, are_people_first);
    voice.transfer_number = transfer_number(&voice, &ends).cloned();
    if request.channel == Channel::Call && state_of(&voice) == ServiceState::TransferOnly {
        let passing = Passing {
            provider: "RETELL",
            proof,
            call: &name_of(request),
            ends,
        };
        if !is_first_pass(app, subscriber, &passing, now).await? {
            // It rang in vain and came back to us: ringing again would go on for ever.
            voice.transfer_number = None;
        }
    }
    let state = state_of(&voice);
    let mut setup = Setup {
        dynamic_variables: variables(&voice, caller.as_ref(), state, now),
        metadata: metadata(app, request, subscriber, is_shared),
        agent_override: agent_override(state, voice.line.keeps_words),
        ..Setup::default()
    };
    if !is_shared {
        choose_agent(&mut setup, &voice);
    }
    Ok(InboundAnswer::connect(request.channel, setup))
}

/// What Retell keeps the same when it asks again about the same call.
fn name_of(request: &InboundRequest) -> String {
    let by_time = || {
        let asked_at = request.event_timestamp?;
        Some(asked_at.timestamp_millis().to_string())
    };
    let name = request.conversation_id.clone().or_else(by_time);
    name.unwrap_or_default()
}

/// The agent and the version that the channel names. On a shared number the gatekeeper must answer.
fn choose_agent(setup: &mut Setup, voice: &VoiceLine) {
    setup.override_agent_id = voice.line.provider_agent_id.clone();
    setup.override_agent_version = voice
        .line
        .provider_agent_version
        .as_deref()
        .filter(|_| voice.line.provider_agent_id.is_some())
        .map(agent_version);
}

/// The only reliable key of the later events of a shared agent. Behind the gatekeeper nobody is chosen yet, and a
/// name given now would outlive its choice.
fn metadata(
    app: &AppState,
    request: &InboundRequest,
    subscriber: SubscriberId,
    is_shared: bool,
) -> Map<String, serde_json::Value> {
    let gatekeeper = app.settings.retell.gatekeeper_agent_id.as_deref();
    let is_open_choice =
        is_shared && gatekeeper.is_some() && request.agent_id.as_deref() == gatekeeper;
    let mut metadata = Map::new();
    if !is_open_choice {
        metadata.insert("subscriber_id".to_owned(), json!(subscriber));
    }
    metadata
}

/// What is other in this call than the agent's settings have it: how long it may be, and that Retell keeps nothing of
/// what is said where we keep nothing.
fn agent_override(state: ServiceState, keeps_words: bool) -> Option<AgentOverride> {
    let mut agent = Map::new();
    if state != ServiceState::Active {
        agent.insert("max_call_duration_ms".to_owned(), json!(SHORT_CALL_MS));
    }
    if !keeps_words {
        let setting = json!(BASIC_ATTRIBUTES_ONLY);
        agent.insert("data_storage_setting".to_owned(), setting);
    }
    (!agent.is_empty()).then(|| AgentOverride {
        agent,
        ..AgentOverride::default()
    })
}
