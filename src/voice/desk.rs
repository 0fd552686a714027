//! Where the tools of an agent are run that a provider holds: for which conversation, in which language, and with an
//! answer whatever happens.
use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    app::AppState,
    inbound::{EventKey, Proof, SORRY},
    kernel::{
        db::TenantTx,
        ids::{InteractionId, SubscriberId},
        language::Language,
        phone::E164,
    },
    receptionist::{
        Business, Medium,
        say::{Booking, say},
        tools::{ToolAnswer, ToolCall, ToolName, ToolResult, answers, keys, run},
    },
    tenancy::{self, Channel, Line, business},
    traffic::{self, Held, Source},
    voice::news::{self, News},
};

/// The conversation that a provider names.
pub(super) struct Named<'a> {
    pub provider: &'static str,
    pub proof: Proof,
    /// Its id there.
    pub id: Option<&'a str>,
    /// Ours, of a conversation for which the agent only thinks.
    pub interaction: Option<InteractionId>,
    /// Who calls, in case that we have not heard of it.
    pub caller: Option<E164>,
}

/// A subscriber's tools, laid out for one conversation.
pub(super) struct Desk {
    subscriber: SubscriberId,
    business: Business,
    language: Language,
    held: Option<Held>,
    caller: Option<E164>,
}

impl Desk {
    /// Lays them out. A call whose tools come before its beginning is begun with what `begin` makes of it, so that
    /// effects have their conversation. None: the directory still names a subscriber that is gone.
    pub async fn open(
        app: &AppState,
        subscriber: SubscriberId,
        named: Named<'_>,
        begin: Option<&(dyn Fn(&Line) -> News + Sync)>,
    ) -> anyhow::Result<Option<Self>> {
        let opened = traffic::while_raced(|| Self::try_open(app, subscriber, &named, begin)).await;
        match opened {
            Ok(desk) => Ok(desk),
            // Its words were taken away: facts can be told still.
            Err(traffic::Error::Cleared) => Ok(Self::try_open(app, subscriber, &named, None)
                .await?
                .map(|desk| Self { held: None, ..desk })),
            Err(error) => Err(error.into()),
        }
    }

    async fn try_open(
        app: &AppState,
        subscriber: SubscriberId,
        named: &Named<'_>,
        begin: Option<&(dyn Fn(&Line) -> News + Sync)>,
    ) -> Result<Option<Self>, traffic::Error> {
        let now = app.clock.now();
        let mut tx = TenantTx::begin(&app.db, subscriber).await?;
        let Some(profile) = business::find_business(&mut tx, now).await? else {
            return Ok(None);
        };
        let mut held = find_held(&mut tx, named).await?;
        let channel = held.as_ref().map_or(Channel::Voice, |held| held.channel);
        let line = tenancy::find_line(&mut tx, channel).await?;
        if let (None, Some(id), Some(begin), Some(line)) = (&held, named.id, begin, &line) {
            let key = EventKey {
                provider: named.provider,
                external_id: id.to_owned(),
                kind: "tool_call",
                raw: b"",
                received_at: now,
                proof: named.proof,
            };
            news::tell(&mut tx, &key, line, begin(line)).await?;
            held = find_held(&mut tx, named).await?;
        }
        tx.commit().await?;
        let spoken = held.as_ref().and_then(|held| held.language);
        let language = spoken.or(line.map(|line| line.language));
        Ok(Some(Self {
            subscriber,
            business: Business::from_profile(&profile, &app.settings.billing_currency),
            language: language.unwrap_or_default(),
            // A chat in whose stead another one goes on has no effects any more.
            held: held.filter(|held| held.is_current),
            caller: named.caller.clone(),
        }))
    }

    /// Runs one tool, or gives the answer that the same use of it got before. Without a conversation only facts are
    /// told. `id`: the provider's of this use, which a repetition shares.
    pub async fn run(
        &self,
        app: &AppState,
        id: Option<String>,
        name: &str,
        args: Value,
    ) -> anyhow::Result<ToolAnswer> {
        let Ok(tool) = name.parse() else {
            return self.refuse_unknown(app, name).await;
        };
        let id = match (id, &self.held) {
            (Some(id), _) => id,
            (None, Some(held)) => self.key_without_id(app, held, tool, &args).await?,
            (None, None) => String::new(),
        };
        let name = tool;
        let call = ToolCall { id, name, args };
        let Some(held) = &self.held else {
            if !call.is_readable() {
                return Ok(answers::not_understood(self.language));
            }
            return Ok(match name {
                ToolName::GetBusinessInfo | ToolName::ListServices => {
                    let asker = answers::Asker {
                        language: self.language,
                        medium: Medium::Voice,
                        now: app.clock.now(),
                    };
                    run::facts(&self.business, &asker, &call)
                }
                _ => answers::unavailable(&self.business, Medium::Voice, self.language),
            });
        };
        let errand = run::Errand {
            subscriber: self.subscriber,
            interaction: held.id,
            contact: held.contact,
            caller: held.counterpart.clone().or_else(|| self.caller.clone()),
            channel: held.channel,
            medium: match held.channel {
                Channel::Voice => Medium::Voice,
                _ => Medium::Text,
            },
        };
        Ok(run::run(app, &errand, &self.business, self.language, &call).await)
    }

    async fn key_without_id(
        &self,
        app: &AppState,
        held: &Held,
        tool: ToolName,
        args: &Value,
    ) -> sqlx::Result<String> {
        let mut tx = TenantTx::begin(&app.db, self.subscriber).await?;
        let key = keys::without_id(&mut tx, held.id, tool, args).await?;
        tx.end_reading();
        Ok(key)
    }

    /// An agent wants a tool that there is not: it hears what to do instead, and the black box says why.
    async fn refuse_unknown(&self, app: &AppState, name: &str) -> anyhow::Result<ToolAnswer> {
        const REASON: &str = "unknown_tool";
        if let Some(held) = &self.held {
            let detail = json!({
                "tool": shown(name), "result": ToolResult::Invalid, "reason": REASON,
            });
            let mut tx = TenantTx::begin(&app.db, self.subscriber).await?;
            let now = app.clock.now();
            traffic::trace(&mut tx, held.id, Source::ToolCall, REASON, detail, now);
            tx.commit().await?;
        }
        let message = say(self.language, Booking::AnythingUnknown.into());
        Ok(ToolAnswer::new(ToolResult::Invalid, message).because(REASON))
    }
}

async fn find_held(tx: &mut TenantTx, named: &Named<'_>) -> sqlx::Result<Option<Held>> {
    match named.id {
        Some(id) => traffic::find_held(tx, named.interaction, named.provider, id).await,
        None => Ok(None),
    }
}

/// The answer when there is none.
pub(super) fn sorry() -> ToolAnswer {
    ToolAnswer::new(ToolResult::Unavailable, SORRY)
}

/// An answer in time, whatever happens.
pub(super) async fn in_time(
    provider: &'static str,
    deadline: Duration,
    what: &str,
    asked: impl Future<Output = anyhow::Result<ToolAnswer>>,
) -> ToolAnswer {
    match tokio::time::timeout(deadline, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(provider, "tool {what} failed: {error:#}");
            sorry()
        }
        Err(_) => {
            tracing::error!(provider, "tool {what} was too slow");
            sorry()
        }
    }
}

/// What looks like the name of a tool; anything else may be words of a caller's.
fn shown(name: &str) -> Option<&str> {
    let is_name = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    is_name.then_some(name)
}
