//! Everything that a request of a call reads of the business, and the news that it tells of the call.
use chrono::{DateTime, Utc};

use super::{plan::Stage, rules::Hours, store::Call};
use crate::{
    app::App,
    billing::{NotBilled, rules::local_day},
    inbound::EventKey,
    kernel::{
        db::TenantTx,
        ids::{InteractionId, SubscriberId},
        phone::E164,
    },
    providers::twilio::CallForm,
    receptionist::Business,
    tenancy::{self, AiProvider, CallSettings, Channel, Line, Transport, VoiceLine, business},
    traffic::{
        self, ConversationUpdate, Direction, HandledBy, NewRecording, NewTurn, Outcome, Status,
    },
    voice::news::{self, News, Stage as NewsStage, Told},
};

/// The business, as the one who answers its phone knows it.
pub struct Desk {
    pub subscriber: SubscriberId,
    pub voice: VoiceLine,
    pub settings: CallSettings,
    pub business: Business,
}

impl Desk {
    /// None: the directory still names a subscriber that is gone, or has no calls.
    pub async fn read(
        app: &App,
        tx: &mut TenantTx,
        caller: Option<&E164>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Option<Self>> {
        let voice = tenancy::find_voice_line(tx, caller).await?;
        let settings = tenancy::find_call_settings(tx).await?;
        let profile = business::find_business(tx, now).await?;
        let (Some(voice), Some(settings), Some(profile)) = (voice, settings, profile) else {
            return Ok(None);
        };
        Ok(Some(Self {
            subscriber: tx.subscriber(),
            voice,
            settings,
            business: Business::from_profile(&profile, &app.settings.billing_currency),
        }))
    }

    pub fn line(&self) -> &Line {
        &self.voice.line
    }

    /// Who is rung for a caller.
    pub fn phone(&self) -> Option<&E164> {
        let transfer = self.voice.transfer_number.as_ref();
        transfer.or(self.settings.owner_phone.as_ref())
    }

    /// Whether the number is that of somebody whom we would ring.
    pub fn is_own_phone(&self, number: &E164) -> bool {
        let own = [&self.voice.transfer_number, &self.settings.owner_phone];
        own.into_iter().flatten().any(|own| own == number)
    }

    pub fn hours(&self, now: DateTime<Utc>) -> Hours {
        let business = &self.business;
        let today = business.date_at(now);
        match business.holiday_on(today) {
            _ if business.is_open(now) => Hours::Open,
            Some(holiday) if holiday.is_closed => Hours::Holiday,
            _ if business.hours.is_empty() => Hours::Unknown,
            _ => Hours::Closed,
        }
    }

    pub fn ring_s(&self) -> u8 {
        u8::try_from(self.settings.staff_ring_s)
            .unwrap_or(12)
            .clamp(5, 12)
    }

    pub fn stage(&self, interaction: InteractionId) -> Stage {
        Stage {
            subscriber: self.subscriber,
            interaction,
            voice: self.settings.voice_id.clone(),
        }
    }
}

/// A piece of news of a call, as far as it differs from nothing.
#[derive(Clone, Debug, Default)]
pub struct Tidings {
    pub stage: Option<NewsStage>,
    pub is_over: bool,
    pub outcome: Option<Outcome>,
    pub handled_by: Option<HandledBy>,
    pub duration_s: Option<i32>,
    pub reason: Option<String>,
    pub transfer_destination: Option<String>,
    pub turns: Vec<NewTurn>,
    pub recordings: Vec<NewRecording>,
    pub not_billed: Option<NotBilled>,
}

/// Who calls whom, since when.
#[derive(Clone, Debug)]
pub struct Parties {
    pub call_sid: String,
    pub from: Option<E164>,
    pub to: Option<E164>,
    pub started_at: DateTime<Utc>,
}

impl Parties {
    /// Who calls. Nobody calls from the very number that they call: that is a phone which we rang with our own number
    /// shown, and which leads back to us.
    pub fn caller_in(form: &CallForm) -> Option<E164> {
        E164::of_caller(&form.from).filter(|_| !Self::is_echo(form))
    }

    pub fn is_echo(form: &CallForm) -> bool {
        E164::of_caller(&form.from).is_some() && form.from == form.to
    }

    pub fn of(call: &Call) -> Self {
        Self {
            call_sid: call.call_sid.clone(),
            from: call.from.clone(),
            to: call.to.clone(),
            started_at: call.started_at,
        }
    }
}

/// Tells what happened to a call that Twilio carries.
pub async fn tell(
    tx: &mut TenantTx,
    key: &EventKey<'_>,
    line: &Line,
    parties: &Parties,
    tidings: Tidings,
) -> Result<Told, traffic::Error> {
    let now = key.received_at;
    let update = ConversationUpdate {
        channel: Channel::Voice,
        provider: "TWILIO",
        external_id: parties.call_sid.clone(),
        provider_agent_id: None,
        direction: Direction::Inbound,
        transport: Transport::Twilio,
        // An agent of Retell's or Vapi's is not in this call: what answers here are brains of ours.
        ai_provider: match line.ai_provider {
            AiProvider::Llm => AiProvider::Llm,
            _ => AiProvider::Builtin,
        },
        mode: line.mode,
        from: parties.from.clone(),
        to: parties.to.clone(),
        counterpart: parties.from.clone(),
        contact: None,
        status: match tidings.is_over {
            true => Status::Completed,
            false => Status::Open,
        },
        outcome: tidings.outcome,
        handled_by: tidings.handled_by,
        day: local_day(parties.started_at, line.zone),
        started_at: parties.started_at,
        ended_at: tidings.is_over.then_some(now),
        duration_s: tidings.duration_s,
        cost_cents: None,
        summary: None,
        sentiment: None,
        disconnection_reason: tidings.reason,
        transfer_destination: tidings.transfer_destination,
        analysis: None,
        turns: tidings.turns,
        recordings: tidings.recordings,
    };
    let news = News {
        update,
        stage: tidings.stage.unwrap_or(NewsStage::UnderWay),
        at: now,
        not_billed: tidings.not_billed,
    };
    news::tell(tx, key, line, news).await
}
