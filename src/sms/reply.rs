//! Answering a text: read, ask the brain, write. One reply at a time per conversation.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::keywords;
use crate::{
    app::AppState,
    billing::{self, Totals},
    jobs::{Job, JobError, Lane, Run, lease},
    kernel::{
        db::TenantTx,
        ids::{InteractionId, MessageId, SubscriberId},
    },
    messaging::{self, NewText, Purpose},
    providers::retell,
    receptionist::{
        Business, Heard, Medium, Reply, Turn,
        brain::{self, Answer, Question},
        tools::{ToolName, run::Errand},
    },
    tenancy::{self, AiProvider, Channel, ChannelMode, Line, accounts, business},
    traffic::{self, Conversation, Role, SavedDialogue, Source, WaitingText, store::takeover},
};

/// Renewed while the reply is being written; after a crash somebody waits this long at most.
const LEASE: Duration = Duration::from_secs(15);
/// Twilio refuses longer ones (21617).
const MAX_CHARACTERS: usize = 1600;

/// Answers what waits in a text conversation.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReplyToText {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub message: MessageId,
}

impl Job for ReplyToText {
    const KIND: &'static str = "sms.reply_to_text";
    const LANE: Lane = Lane::Interactive;
    const DEADLINE: Duration = Duration::from_secs(90);

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.message))
    }
}

pub async fn reply_to_text(app: AppState, run: Run, job: ReplyToText) -> Result<(), JobError> {
    // Retell wants one completion at a time per chat, and two replies at once would answer the same text twice.
    let key = format!("reply:{}", job.interaction);
    lease::with_lease(&app, key, LEASE, answer(&app, &run, &job)).await
}

/// What the first step read.
struct Reading {
    conversation: Conversation,
    waiting: Vec<WaitingText>,
    line: Line,
    business: Business,
    dialogue: SavedDialogue,
    retell: Option<retell::Client>,
}

async fn answer(app: &AppState, run: &Run, job: &ReplyToText) -> Result<(), JobError> {
    let now = app.clock.now();
    let Some(reading) = read(app, job, now).await? else {
        return Ok(());
    };
    let errand = Errand {
        subscriber: job.subscriber,
        interaction: job.interaction,
        contact: reading.conversation.contact,
        caller: reading.conversation.counterpart.clone(),
        channel: Channel::Sms,
        medium: Medium::Text,
    };
    let question = Question {
        errand: &errand,
        business: &reading.business,
        line: &reading.line,
        retell: reading.retell.clone(),
        turn: turn(&reading, now),
        dialogue: reading.dialogue.clone(),
    };
    let answer = brain::ask(app, question).await?;
    write(app, run, job, &reading, answer).await
}

/// None when there is nothing to answer, or not by us.
async fn read(
    app: &AppState,
    job: &ReplyToText,
    now: DateTime<Utc>,
) -> Result<Option<Reading>, JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let Some(conversation) = traffic::find_conversation(&mut tx, job.interaction).await? else {
        return Ok(None);
    };
    let waiting = traffic::list_waiting(&mut tx, job.interaction).await?;
    let line = tenancy::find_line(&mut tx, Channel::Sms).await?;
    let profile = business::find_business(&mut tx, now).await?;
    let dialogue = traffic::find_dialogue(&mut tx, job.interaction).await?;
    let (Some(line), Some(profile)) = (line, profile) else {
        return Ok(None);
    };
    let business = Business::from_profile(&profile, &app.settings.billing_currency);
    let is_ours = match line.mode {
        ChannelMode::Off => false,
        ChannelMode::AfterHours => !business.is_open(now),
        // Staff first is about who picks up a call; a text is answered. The first reply that wants approval is
        // written, and held back by the one function that sends.
        ChannelMode::StaffFirst
        | ChannelMode::Shadow
        | ChannelMode::ApproveFirstReply
        | ChannelMode::Full => true,
    };
    let is_taken_over = conversation.is_ai_paused || conversation.assigned_user.is_some();
    let may_answer = line.is_enabled && is_ours && !is_taken_over;
    if !may_answer {
        // Decided once: a text that waited on would keep the conversation open for ever, and be answered days later
        // together with what comes when we may answer again.
        traffic::mark_answered(&mut tx, &waiting).await?;
        let because = match () {
            () if !line.is_enabled => "CHANNEL_OFF",
            () if !is_ours => "MODE",
            () => "TAKEN_OVER",
        };
        let detail = json!({"because": because, "mode": line.mode, "waiting": waiting.len()});
        traffic::trace(
            &mut tx,
            job.interaction,
            Source::Decision,
            "left_to_staff",
            detail,
            now,
        );
    }
    let retell = workspace_of(app, &mut tx, &line).await?;
    tx.commit().await?;
    if waiting.is_empty() || !may_answer {
        return Ok(None);
    }
    Ok(Some(Reading {
        conversation,
        waiting,
        line,
        business,
        dialogue,
        retell,
    }))
}

/// The workspace in which the line's agent answers. One of the subscriber's own that cannot be opened is none, and the
/// built-in brain answers: the platform's workspace does not know their agent.
async fn workspace_of(
    app: &AppState,
    tx: &mut TenantTx,
    line: &Line,
) -> sqlx::Result<Option<retell::Client>> {
    let agent = line.provider_agent_id.as_deref();
    let Some(agent) = agent.filter(|_| line.ai_provider == AiProvider::Retell) else {
        return Ok(None);
    };
    match accounts::own_account_for_agent(tx, &app.keyring, agent).await {
        Ok(Some(own)) => Ok(own.api_key.map(|key| {
            retell::Client::new(app.http.clone(), &app.settings.retell.api_base_url, key)
        })),
        Ok(None) => Ok(app.retell.clone()),
        Err(accounts::Error::Database(error)) => Err(error),
        Err(error) => {
            tracing::error!(subscriber.id = %tx.subscriber(), provider = "retell", "{error}");
            Ok(None)
        }
    }
}

/// Texts that came while another reply was being written are one turn.
fn turn(reading: &Reading, now: DateTime<Utc>) -> Turn {
    let words: Vec<&str> = reading
        .waiting
        .iter()
        .map(|text| text.text.as_str())
        .collect();
    let conversation = &reading.conversation;
    let intent = words
        .last()
        .and_then(|text| keywords::classify(text))
        .and_then(keywords::Keyword::intent);
    Turn {
        heard: Heard::Text(words.join("\n")),
        medium: Medium::Text,
        language: conversation
            .language
            .or(conversation.contact_language)
            .unwrap_or(reading.line.language),
        intent,
        now,
        has_media: reading.waiting.iter().any(|text| text.has_media),
    }
}

/// The reply becomes a turn and a text, the dialogue its next state, with the end of the job.
async fn write(
    app: &AppState,
    run: &Run,
    job: &ReplyToText,
    reading: &Reading,
    answer: Answer,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    // The conversation first: who takes it over, and who answers it, holds the same row.
    let may_speak = takeover::lock_speaker(&mut tx, job.interaction).await?;
    if !traffic::mark_answered(&mut tx, &reading.waiting).await? {
        // Somebody answered meanwhile: this reply is thrown away.
        return Ok(());
    }
    if !may_speak {
        let detail = json!({"because": "TAKEN_OVER", "job_id": run.job()});
        traffic::trace(
            &mut tx,
            job.interaction,
            Source::Decision,
            "reply.thrown_away",
            detail,
            now,
        );
        run.finish(&mut tx).await?;
        tx.commit().await?;
        return Ok(());
    }
    traffic::save_dialogue(&mut tx, job.interaction, &answer.dialogue, now).await?;
    write_reply(&mut tx, reading, &answer.reply, now).await?;
    let tools: Vec<&str> = answer
        .reply
        .tool_calls
        .iter()
        .map(|call| call.name.as_str())
        .collect();
    let detail = json!({
        "job_id": run.job(),
        "attempt": run.attempt(),
        "answered": reading.waiting.len(),
        "ai_provider": reading.line.ai_provider,
        "tools": tools,
    });
    traffic::trace(
        &mut tx,
        job.interaction,
        Source::Job,
        ReplyToText::KIND,
        detail,
        now,
    );
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn write_reply(
    tx: &mut TenantTx,
    reading: &Reading,
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    let conversation = &reading.conversation;
    let body = fit(&reply.text);
    let (message, change) =
        traffic::insert_turn(tx, conversation, Role::Ai, &body, reply.language, now).await?;
    let totals = Totals {
        day: conversation.day,
        channel: Channel::Sms,
        change,
        messages_in: 0,
        messages_out: 0,
    };
    billing::record(tx, None, &totals, now).await?;
    let (Some(from), Some(to)) = (&conversation.our_number, &conversation.counterpart) else {
        return Ok(());
    };
    // The sentence that confirms an opt-out is the last one that may still be sent.
    let has_opted_out = reply
        .tool_calls
        .iter()
        .any(|call| call.name == ToolName::OptOut);
    let purpose = if has_opted_out {
        Purpose::OptConfirmation
    } else {
        Purpose::Reply
    };
    let text = NewText {
        interaction: conversation.id,
        message: Some(message),
        contact: conversation.contact,
        purpose,
        from: from.clone(),
        to: to.clone(),
        body,
        retry_of: None,
    };
    messaging::queue(tx, &text, now).await?;
    Ok(())
}

/// Cuts what is too long for one text, at the end of a word.
fn fit(text: &str) -> String {
    if text.chars().count() <= MAX_CHARACTERS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MAX_CHARACTERS - 1).collect();
    let whole_words = cut
        .rsplit_once(char::is_whitespace)
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole_words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_too_long_is_cut_at_a_word() {
        let long = "mot ".repeat(500);
        let cut = fit(&long);
        assert!(cut.chars().count() <= MAX_CHARACTERS);
        assert!(cut.ends_with("mot…"));
        assert_eq!(fit("short"), "short");
    }
}
