//! Retell's agent calls a tool of ours, while a caller waits: always an answer, inside the deadline.
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    chats::interaction_named,
    normalise::{self, Parties},
};
use crate::{
    app::AppState,
    inbound::{Connected, Proof},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164},
    providers::retell::{Call, CallEvent, CallEventKind, Conversation, FunctionCall},
    receptionist::tools::{ToolAnswer, ToolResult},
    tenancy::{Line, directory::Key},
    traffic::store::open_calls,
    voice::{
        desk::{self, Desk, Named},
        news::{News, Stage},
        resolve::{Owner, find_by, hinted},
    },
};

const DEADLINE: Duration = Duration::from_secs(8);
/// No call of Retell's is longer.
const LONGEST_CALL: chrono::Duration = chrono::Duration::hours(2);

/// A tool that is wanted, and what else its request says of where.
pub struct Asked<'a> {
    pub call: &'a FunctionCall,
    pub proof: Proof,
    pub connected: Connected,
    /// Of a request that holds arguments alone.
    pub call_id: Option<&'a str>,
}

/// Runs the tool for the conversation that Retell names.
pub async fn call_tool(app: &AppState, asked: &Asked<'_>) -> ToolAnswer {
    desk::in_time("retell", DEADLINE, &asked.call.name, try_call(app, asked)).await
}

/// The answer to a call that cannot be read.
pub fn not_understood() -> ToolAnswer {
    ToolAnswer::new(
        ToolResult::Invalid,
        "I could not look that up. I can take a message instead.",
    )
}

async fn try_call(app: &AppState, asked: &Asked<'_>) -> anyhow::Result<ToolAnswer> {
    let now = app.clock.now();
    let call = asked.call;
    let Some(subscriber) = owner_of(app, asked).await? else {
        return Ok(desk::sorry());
    };
    let guessed = match call.conversation_id().or(asked.call_id) {
        Some(_) => None,
        None => only_call(app, subscriber, now).await?,
    };
    let named = Named {
        provider: "RETELL",
        proof: asked.proof,
        id: call
            .conversation_id()
            .or(asked.call_id)
            .or(guessed.as_deref()),
        interaction: call.metadata().and_then(interaction_named),
        caller: caller_of(call),
    };
    let begin = match &call.conversation {
        Conversation::Call(call) => Some(|line: &Line| beginning(call, line, now)),
        // We hold chats ourselves, or Retell has told of them.
        Conversation::Chat(_) | Conversation::Unnamed => None,
    };
    let begin = begin
        .as_ref()
        .map(|begin| begin as &(dyn Fn(&Line) -> News + Sync));
    let Some(desk) = Desk::open(app, subscriber, named, begin).await? else {
        return Ok(desk::sorry());
    };
    let id = call.tool_call_id().map(str::to_owned);
    desk.run(app, id, &call.name, call.args.clone()).await
}

/// Of arguments alone: the subscriber's only call at Retell right now, if it has one.
async fn only_call(
    app: &AppState,
    subscriber: SubscriberId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let only = open_calls::find_only_open_call(&mut tx, "RETELL", now - LONGEST_CALL).await?;
    tx.commit().await?;
    Ok(only)
}

/// The beginning of a call of which the first that we hear is that its agent wants something.
fn beginning(call: &Call, line: &Line, now: DateTime<Utc>) -> News {
    let event = CallEvent {
        kind: CallEventKind::TranscriptUpdated,
        call: call.clone(),
        transfer_destination: None,
        event_timestamp: None,
    };
    let mut update = normalise::update_of(&event, &Parties::of(call), line, now);
    update.turns.clear();
    update.recordings.clear();
    News {
        at: update.started_at,
        stage: Stage::UnderWay,
        update,
        not_billed: None,
    }
}

async fn owner_of(app: &AppState, asked: &Asked<'_>) -> sqlx::Result<Option<SubscriberId>> {
    let call = asked.call;
    let parties = parties_of(call);
    let number = parties.as_ref().and_then(Parties::ours);
    let [connection, subscriber] = asked.connected.keys();
    let [by_id, by_older_id, by_slug] = hinted(call.subscriber_hint());
    let keys = [
        connection,
        subscriber,
        by_id,
        by_older_id,
        by_slug,
        number.map(Key::Number),
        call.agent_id().map(Key::RetellAgent),
        number.map(Key::SharedDefault),
    ];
    Ok(match find_by(app, asked.proof, &keys).await? {
        Owner::Subscriber(subscriber) => Some(subscriber),
        Owner::SharedDefault(default) => default,
        Owner::Nobody => None,
    })
}

fn parties_of(call: &FunctionCall) -> Option<Parties> {
    match &call.conversation {
        Conversation::Call(call) => Some(Parties::of(call)),
        Conversation::Chat(_) | Conversation::Unnamed => None,
    }
}

fn caller_of(call: &FunctionCall) -> Option<E164> {
    parties_of(call)?.counterpart().cloned()
}
