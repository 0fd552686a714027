//! Vapi asks who answers a call; the caller hears it ring meanwhile.
use std::time::Duration;

use serde_json::Value;

use super::{assistant::Setup, webhooks::keys_of, words};
use crate::{
    app::AppState,
    billing,
    inbound::VapiBody,
    kernel::{db::TenantTx, language::Language, phone::E164},
    providers::vapi::{ServerMessage, answer::AssistantAnswer},
    receptionist::{
        Business,
        say::{Phrase, say},
    },
    tenancy::{self, AiProvider, SubscriberStatus, VoiceLine, business},
    voice::{
        line::{ServiceState, are_people_first},
        resolve::{Owner, find_by},
        through::{Ends, Passing, is_first_pass, see_forwarding, transfer_number},
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
    let (Some(mut voice), Some(profile)) = (voice, profile) else {
        return refuse(words::not_in_service(Language::default()));
    };
    let are_people_first = are_people_first(voice.line.mode, Some(&profile), now);
    let language = voice.line.language;
    let ends = Ends {
        caller: caller.as_ref(),
        ours: number.as_ref(),
        // Vapi does not say.
        through: None,
    };
    let is_test = see_forwarding(&mut tx, &voice, &ends, now).await?;
    tx.commit().await?;
    if is_test || voice.is_caller_blocked {
        return refuse(words::not_taken(language));
    }
    voice.transfer_number = transfer_number(&voice, &ends).cloned();
    if let Some(to) = &voice.transfer_number
        && (are_people_first || goes_to_a_person(&voice))
    {
        let passing = Passing {
            provider: "VAPI",
            proof: body.proof,
            call: message.call_id().unwrap_or_default(),
            ends,
        };
        if is_first_pass(app, subscriber, &passing, now).await? {
            return Ok(AssistantAnswer::Transfer {
                number: to.to_string(),
                message: say(language, Phrase::Transferring),
            });
        }
        // It rang in vain and came back to us: ringing again would go on for ever.
        voice.transfer_number = None;
    }
    let setup = Setup {
        app,
        subscriber,
        secret: &body.secret,
        voice: &voice,
        caller: caller.as_ref(),
        transfer_number: voice.transfer_number.as_ref(),
        state: ServiceState::of(&voice, may_start),
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

/// Whether no assistant is to answer: the receptionist is switched off, or its business is suspended.
fn goes_to_a_person(voice: &VoiceLine) -> bool {
    let is_suspended = matches!(
        voice.line.status,
        SubscriberStatus::Suspended | SubscriberStatus::Closed
    );
    is_suspended || ServiceState::of(voice, true) == ServiceState::TransferOnly
}
