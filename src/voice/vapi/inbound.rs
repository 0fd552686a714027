//! Vapi asks who answers a call; the caller hears it ring meanwhile.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{assistant::Setup, webhooks::keys_of, words};
use crate::{
    app::{App, AppState},
    billing,
    inbound::{self, Claim, EventKey, VapiBody},
    kernel::{db::TenantTx, ids::SubscriberId, language::Language, phone::E164, text::hex},
    providers::vapi::{ServerMessage, answer::AssistantAnswer},
    receptionist::{
        Business,
        say::{Phrase, say},
    },
    tenancy::{self, AiProvider, SubscriberStatus, VoiceLine, business},
    voice::{
        line::{ServiceState, are_people_first},
        resolve::{Owner, find_by},
    },
};

/// Vapi gives us seven and a half seconds with the network; a caller gives us fewer.
const DEADLINE: Duration = Duration::from_secs(3);

/// Who answers. Whatever is broken here, the caller hears words.
pub async fn assistant_request(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> (Value, &'static str) {
    let answered = tokio::time::timeout(DEADLINE, answer(app, message, body)).await;
    let (answer, outcome) = match answered {
        Ok(Ok(answer)) => (answer, "done"),
        Ok(Err(error)) => {
            tracing::error!(
                provider = "vapi",
                "an incoming call hears an apology: {error:#}"
            );
            (trouble(), "fallback")
        }
        Err(_) => {
            tracing::error!(
                provider = "vapi",
                "an incoming call hears an apology: too slow"
            );
            (trouble(), "fallback")
        }
    };
    (answer.to_json(), outcome)
}

fn trouble() -> AssistantAnswer {
    AssistantAnswer::Error(words::trouble(Language::default()).to_owned())
}

async fn answer(
    app: &AppState,
    message: &ServerMessage,
    body: &VapiBody,
) -> anyhow::Result<AssistantAnswer> {
    let refuse = |words: &str| Ok(AssistantAnswer::Error(words.to_owned()));
    let number = message.our_number().and_then(E164::of_caller);
    let caller = message.their_number().and_then(E164::of_caller);
    let keys = keys_of(message, body.connected, number.as_ref());
    let subscriber = match find_by(app, body.proof, &keys).await? {
        Owner::Subscriber(subscriber) => subscriber,
        Owner::SharedDefault(Some(subscriber)) => subscriber,
        Owner::SharedDefault(None) | Owner::Nobody => {
            return refuse(words::not_in_service(Language::default()));
        }
    };
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let voice = tenancy::find_voice_line(&mut tx, caller.as_ref()).await?;
    let profile = business::find_business(&mut tx, now).await?;
    let may_start = billing::may_take_call(&mut tx, now).await?;
    let (Some(voice), Some(profile)) = (voice, profile) else {
        return refuse(words::not_in_service(Language::default()));
    };
    let are_people_first = are_people_first(&mut tx, &voice, now).await?;
    tx.end_reading();
    let language = voice.line.language;
    if voice.is_caller_blocked {
        return refuse(words::not_taken(language));
    }
    let mut transfer_number = transfer_number(&voice, caller.as_ref(), number.as_ref());
    let mut state = ServiceState::of(&voice, may_start);
    let goes_to_a_person = goes_to_a_person(&voice, state);
    if let Some(to) = transfer_number
        && (goes_to_a_person || are_people_first)
    {
        if is_first_pass(
            app,
            subscriber,
            body,
            [caller.as_ref(), number.as_ref()],
            now,
        )
        .await?
        {
            return Ok(AssistantAnswer::Transfer {
                number: to.to_string(),
                message: say(language, Phrase::Transferring),
            });
        }
        // It rang in vain and came back to us: ringing again would go on for ever.
        transfer_number = None;
        if goes_to_a_person {
            state = ServiceState::MessageOnly;
        }
    }
    let setup = Setup {
        app,
        subscriber,
        secret: &body.secret,
        voice: &voice,
        caller: caller.as_ref(),
        transfer_number,
        state,
        now,
    };
    let named = voice
        .line
        .provider_agent_id
        .clone()
        .filter(|_| voice.line.ai_provider == AiProvider::Vapi);
    Ok(match named {
        Some(id) => AssistantAnswer::Existing {
            id,
            overrides: setup.overrides(),
        },
        None => {
            let business = Business::from_profile(&profile, &app.settings.billing_currency);
            AssistantAnswer::Transient(setup.assistant(&business))
        }
    })
}

/// Whether this call is put through for the first time. The owner's carrier may bring it back to us when nobody answers
/// there, as a new call of the same person to the same number: within two minutes that is the same one.
async fn is_first_pass(
    app: &App,
    subscriber: SubscriberId,
    body: &VapiBody,
    [caller, ours]: [Option<&E164>; 2],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let of = |number: Option<&E164>| number.map_or("", |number| number.as_str()).to_owned();
    let minutes = now.timestamp() / 120;
    let who = Sha256::digest(format!("{}>{}@{minutes}", of(caller), of(ours)).as_bytes());
    let key = EventKey {
        provider: "VAPI",
        external_id: format!("put_through:{subscriber}:{}", hex(&who)),
        kind: "assistant-request",
        raw: b"",
        received_at: now,
        proof: body.proof,
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let claim = inbound::claim(&mut tx, Some(subscriber), &key).await?;
    tx.commit().await?;
    Ok(claim == Claim::New)
}

/// Whether no assistant is to answer: the receptionist is switched off, or its business is suspended.
fn goes_to_a_person(voice: &VoiceLine, state: ServiceState) -> bool {
    let is_suspended = matches!(
        voice.line.status,
        SubscriberStatus::Suspended | SubscriberStatus::Closed
    );
    state == ServiceState::TransferOnly || is_suspended
}

/// Whom a caller can be put through to: never to himself, nor in a circle back to us.
pub(super) fn transfer_number<'a>(
    voice: &'a VoiceLine,
    caller: Option<&E164>,
    ours: Option<&E164>,
) -> Option<&'a E164> {
    let number = voice.transfer_number.as_ref()?;
    (Some(number) != caller && Some(number) != ours).then_some(number)
}
