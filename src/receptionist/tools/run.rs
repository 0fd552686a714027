//! Running a tool: once per call, with a row in `tool_calls`, an answer whatever happens.
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    ToolAnswer, ToolCall, ToolName, ToolResult,
    answers::{self, Asker},
    appointments,
    arguments::BusinessInfo,
    availability, elsewhere, keys, messages, questions, texts,
};
use crate::{
    app::AppState,
    billing::{self, Totals},
    kernel::{
        db::TenantTx,
        ids::{ContactId, InteractionId, SubscriberId},
        language::Language,
        phone::E164,
    },
    people,
    receptionist::{Business, Medium},
    tenancy::{self, Channel, ChannelMode},
    traffic::{self, Outcome, Source, store::takeover},
};

/// Whoever waits on the telephone for a tool is told by then that it did not work.
const DEADLINE: Duration = Duration::from_secs(5);

/// For whom a tool runs.
#[derive(Clone, Debug)]
pub struct Errand {
    pub subscriber: SubscriberId,
    pub interaction: InteractionId,
    pub contact: Option<ContactId>,
    pub caller: Option<E164>,
    pub channel: Channel,
    pub medium: Medium,
}

/// One call under way: everything that a tool needs beside its transaction.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub app: &'a AppState,
    pub errand: &'a Errand,
    pub business: &'a Business,
    pub language: Language,
    pub call: &'a ToolCall,
    pub now: DateTime<Utc>,
}

/// Runs the call in a transaction of its own, or gives the answer that it got before. A tool that fails or is too slow
/// is unavailable, never an error: whoever asked must be told something.
pub async fn run(
    app: &AppState,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> ToolAnswer {
    let name = call.name.as_str();
    let running = run_alone(app, errand, business, language, call);
    let error = match tokio::time::timeout(DEADLINE, running).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(error)) => error,
        Err(error) => error.into(),
    };
    tracing::error!(interaction.id = %errand.interaction, "tool {name} failed: {error:#}");
    answers::unavailable(business, errand.medium, language)
}

async fn run_alone(
    app: &AppState,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> anyhow::Result<ToolAnswer> {
    elsewhere::freshen(app, errand, business, language, call).await?;
    let mut tx = TenantTx::begin(&app.db, errand.subscriber).await?;
    let answer = run_in(app, &mut tx, errand, business, language, call).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Runs the call in a transaction of the caller's, or gives the answer that it got before. No network is touched.
///
/// # Errors
/// Those of the database: then the transaction is of no use any more.
pub async fn run_in(
    app: &AppState,
    tx: &mut TenantTx,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> anyhow::Result<ToolAnswer> {
    let work = Work {
        app,
        errand,
        business,
        language,
        call,
        now: app.clock.now(),
    };
    let name = call.name.as_str();
    let (key, earlier) = keys::claim(tx, errand.interaction, call, work.now).await?;
    if let Some(earlier) = earlier {
        return Ok(serde_json::from_value(earlier)?);
    }
    let answer = work.answer(tx).await?;
    let kept: Value = serde_json::to_value(&answer)?;
    traffic::answer_tool_call(tx, errand.interaction, &key, &kept).await?;
    let detail = json!({"tool_call_id": key, "result": answer.result, "reason": answer.reason});
    traffic::trace(
        tx,
        errand.interaction,
        Source::ToolCall,
        name,
        detail,
        work.now,
    );
    work.tell_outcome(tx, answer.result).await?;
    Ok(answer)
}

/// The answer of a tool that only tells facts, to somebody of whom nothing can be kept.
pub fn facts(business: &Business, asker: &Asker, call: &ToolCall) -> ToolAnswer {
    match call.name {
        ToolName::GetBusinessInfo => {
            let asked: BusinessInfo = call.arguments().unwrap_or_default();
            answers::business_info(business, &asked, asker)
        }
        _ => answers::list_services(business, asker.medium, asker.language),
    }
}

impl Work<'_> {
    async fn answer(&self, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
        if !self.call.is_readable() {
            return Ok(answers::not_understood(self.language).because("unreadable_arguments"));
        }
        let is_seen_outside = matches!(
            self.call.name,
            ToolName::BookAppointment
                | ToolName::RescheduleAppointment
                | ToolName::CancelAppointment
                | ToolName::SendText
        );
        if is_seen_outside && self.is_shadow(tx).await? {
            return Ok(answers::only_a_draft(self.call.name, self.language));
        }
        if is_seen_outside && let Some(caller) = &self.errand.caller {
            // The person before the conversation, like everybody who holds both.
            people::touch_contact(tx, caller, self.errand.channel.as_str(), self.now).await?;
        }
        // A person who took the conversation over decides what is done in it.
        if is_seen_outside && !takeover::lock_speaker(tx, self.errand.interaction).await? {
            let refused = answers::unavailable(self.business, self.errand.medium, self.language);
            return Ok(refused.because("taken_over"));
        }
        match self.call.name {
            ToolName::GetBusinessInfo => questions::business_info(self, tx).await,
            ToolName::ListServices => {
                let medium = self.errand.medium;
                Ok(answers::list_services(self.business, medium, self.language))
            }
            ToolName::CheckCalendarAvailability => availability::check(self, tx).await,
            ToolName::BookAppointment => appointments::book(self, tx).await,
            ToolName::FindAppointment => appointments::find(self, tx).await,
            ToolName::RescheduleAppointment => appointments::reschedule(self, tx).await,
            ToolName::CancelAppointment => appointments::cancel(self, tx).await,
            ToolName::TakeMessage => messages::take_message(self, tx).await,
            ToolName::TransferCall => messages::hand_over(self, tx).await,
            ToolName::SendText => texts::send_text(self, tx).await,
            ToolName::OptOut => messages::opt_out(self, tx).await,
        }
    }

    /// In the shadow nothing is booked or sent: what a brain would have done is written down with its call. A message
    /// and a wish to be left alone go nowhere but to the business, and are heard.
    async fn is_shadow(&self, tx: &mut TenantTx) -> sqlx::Result<bool> {
        let line = tenancy::find_line(tx, self.errand.channel).await?;
        Ok(line.is_some_and(|line| line.mode == ChannelMode::Shadow))
    }

    /// What came of the conversation, as far as a tool knows it.
    async fn tell_outcome(&self, tx: &mut TenantTx, result: ToolResult) -> sqlx::Result<()> {
        // An appointment tells its own.
        if result != ToolResult::MessageTaken {
            return Ok(());
        }
        let outcome = Outcome::MessageTaken;
        let raised = traffic::raise_outcome(tx, self.errand.interaction, outcome).await?;
        let Some(raised) = raised else { return Ok(()) };
        let totals = Totals {
            day: raised.day,
            channel: raised.channel,
            change: raised.change,
            messages_in: 0,
            messages_out: 0,
        };
        billing::record(tx, None, &totals, self.now).await?;
        let detail = json!({"outcome_type": outcome, "because": self.call.name});
        traffic::trace(
            tx,
            self.errand.interaction,
            Source::Decision,
            "outcome",
            detail,
            self.now,
        );
        Ok(())
    }
}
