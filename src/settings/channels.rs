//! `/channels`: who carries each channel, who thinks on it, and where it stands.
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{audit_change, changed_members, channel_rules};
use crate::{
    app::AppState,
    identity::{Admin, Staff},
    kernel::{db::TenantTx, page::Page, phone::E164},
    tenancy::{
        AiProvider, Channel, ChannelMode, Transport,
        directory::{self, Entry, Key},
        store::channels::{self, ChannelRow},
    },
    web::{ApiError, Body, Checks, FieldError, Member, Path, Problem},
};

/// One channel of the business.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelView {
    pub channel: Channel,
    pub is_enabled: bool,
    /// Who carries it.
    pub transport_provider: Transport,
    /// Who thinks.
    pub ai_provider: AiProvider,
    #[schema(value_type = Option<String>)]
    pub provider_number_e164: Option<E164>,
    pub provider_agent_id: Option<String>,
    pub provider_inbox_id: Option<String>,
    pub mode: ChannelMode,
}

/// What shall be otherwise: left out means unchanged, null cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelUpdate {
    /// May be there, as in the answer, and then names the same channel as the path.
    pub channel: Option<Channel>,
    pub is_enabled: Option<bool>,
    pub transport_provider: Option<Transport>,
    pub ai_provider: Option<AiProvider>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub provider_number_e164: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub provider_agent_id: Member<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub provider_inbox_id: Member<String>,
    pub mode: Option<ChannelMode>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_channels))
        .routes(routes!(update_channel))
}

/// The channels of the business.
#[utoipa::path(get, path = "/channels", tag = "settings", security(("bearer" = ["STAFF"])),
    responses((status = 200, body = Page<ChannelView>), (status = 401, body = Problem),
              (status = 403, body = Problem)))]
async fn list_channels(
    State(app): State<AppState>,
    staff: Staff,
) -> Result<Json<Page<ChannelView>>, ApiError> {
    let mut tx = staff.begin(&app).await?;
    let rows = channels::list_channels(&mut tx).await?;
    tx.end_reading();
    Ok(Json(Page::whole(rows).map(|row| ChannelView::of(&row))))
}

/// Changes a channel. Its number is one of the business's own or a shared one, its agent the business's own or the
/// platform's; texts need a plan that has them.
#[utoipa::path(put, path = "/channels/{channel}", tag = "settings", security(("bearer" = ["ADMIN"])),
    params(("channel" = Channel, Path)), request_body = ChannelUpdate,
    responses((status = 200, body = ChannelView), (status = 401, body = Problem), (status = 403, body = Problem),
              (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_channel(
    State(app): State<AppState>,
    admin: Admin,
    Path(channel): Path<Channel>,
    Body(update): Body<ChannelUpdate>,
) -> Result<Json<ChannelView>, ApiError> {
    let mut tx = admin.begin(&app).await?;
    let before = channels::lock_channel(&mut tx, channel).await?;
    let before = before.unwrap_or_else(|| new_channel(channel));
    let mut after = before.clone();
    update.apply(&mut after)?;
    let view = ChannelView::of(&after);
    let changed = changed_members(&ChannelView::of(&before), &view);
    if !changed.is_empty() {
        check_plan(&mut tx, &before, &after).await?;
        check_place(&mut tx, &before, &after).await?;
        channels::save_channel(&mut tx, &after, app.clock.now()).await?;
        let subject = Some(after.id);
        audit_change(&mut tx, &app, &admin, "channel.updated", subject, changed).await?;
    }
    tx.commit().await?;
    Ok(Json(view))
}

/// A channel that was never made, as it would have been.
fn new_channel(channel: Channel) -> ChannelRow {
    let (transport, ai_provider) = match channel {
        Channel::Voice | Channel::Sms => (Transport::Twilio, AiProvider::Builtin),
        Channel::Chat => (Transport::Web, AiProvider::Builtin),
        Channel::Email => (Transport::Other, AiProvider::Other),
    };
    ChannelRow {
        id: Uuid::now_v7(),
        channel,
        is_enabled: false,
        transport,
        ai_provider,
        number: None,
        agent: None,
        inbox: None,
        mode: ChannelMode::Full,
    }
}

impl ChannelUpdate {
    fn apply(self, to: &mut ChannelRow) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        if self.channel.is_some_and(|channel| channel != to.channel) {
            checks.refuse("channel", "is another one than the path names");
        }
        let had = (to.transport, to.ai_provider);
        to.is_enabled = self.is_enabled.unwrap_or(to.is_enabled);
        to.mode = self.mode.unwrap_or(to.mode);
        to.transport = self.transport_provider.unwrap_or(to.transport);
        to.ai_provider = self.ai_provider.unwrap_or(to.ai_provider);
        let line = |checks: &mut Checks, field: &str, text: String| checks.line(field, &text, 200);
        let number = self.provider_number_e164;
        checks.set(
            &mut to.number,
            "provider_number_e164",
            number,
            |checks, field, text: String| checks.phone(field, &text),
        );
        // An agent belongs to who thinks: it does not go along to another.
        if to.ai_provider != had.1 {
            to.agent = None;
        }
        checks.set(
            &mut to.agent,
            "provider_agent_id",
            self.provider_agent_id,
            line,
        );
        checks.set(
            &mut to.inbox,
            "provider_inbox_id",
            self.provider_inbox_id,
            line,
        );
        // Rows from older days may hold other pairs: they stay until somebody touches them.
        let has = (to.transport, to.ai_provider);
        if has != had && !channel_rules::fit(to.channel, to.transport, to.ai_provider) {
            let field = match has.0 == had.0 {
                true => "ai_provider",
                false => "transport_provider",
            };
            checks.refuse(field, "these two cannot serve this channel together");
        }
        checks.finish()
    }
}

/// Texts are switched on only where the plan has them.
async fn check_plan(
    tx: &mut TenantTx,
    before: &ChannelRow,
    after: &ChannelRow,
) -> Result<(), ApiError> {
    let is_switched_on = after.is_enabled && !before.is_enabled;
    if after.channel != Channel::Sms || !is_switched_on {
        return Ok(());
    }
    let plan = channels::find_plan(tx).await?;
    if channel_rules::allows_texts(&plan) {
        return Ok(());
    }
    let message = format!("the plan {plan} has no texts");
    Err(ApiError::Client {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "subscription_required",
        detail: format!("is_enabled: {message}"),
        fields: vec![FieldError {
            field: "is_enabled".to_owned(),
            message,
        }],
        retry_after_s: None,
    })
}

/// Refuses a number or an agent that is somebody else's or nobody's, and keeps the directory in step.
async fn check_place(
    tx: &mut TenantTx,
    before: &ChannelRow,
    after: &ChannelRow,
) -> Result<(), ApiError> {
    if let Some(number) = after
        .number
        .as_ref()
        .filter(|_| after.number != before.number)
    {
        match channels::hold_number(tx, number).await? {
            Some(id) => point_number_here(tx, number, id).await?,
            None if is_shared(tx, number).await? => {}
            None => {
                return Err(ApiError::invalid(
                    "provider_number_e164",
                    "is neither a number of the business's own nor a shared one",
                ));
            }
        }
    }
    let agent = (&after.agent, after.ai_provider);
    if let (Some(id), provider) = agent
        && (&before.agent, before.ai_provider) != agent
        && !may_use_agent(tx, provider, id).await?
    {
        return Err(ApiError::invalid(
            "provider_agent_id",
            "is no agent of the business's own or of the platform's",
        ));
    }
    Ok(())
}

/// Whoever calls a number that the business holds means the business.
async fn point_number_here(tx: &mut TenantTx, number: &E164, id: Uuid) -> Result<(), ApiError> {
    let entry = Entry {
        subscriber: Some(tx.subscriber()),
        target: Some(id),
    };
    directory::put(tx, &Key::Number(number), &entry).await?;
    // The statement above changes no entry of somebody else's; then the number only seems to be ours.
    match directory::find_in(tx, &Key::Number(number)).await? {
        Some(known) if known.subscriber != Some(tx.subscriber()) => Err(ApiError::client(
            StatusCode::CONFLICT,
            "conflict",
            "calls to this number are somebody else's",
        )),
        _ => Ok(()),
    }
}

async fn is_shared(tx: &mut TenantTx, number: &E164) -> sqlx::Result<bool> {
    let found = directory::find_in(tx, &Key::Number(number)).await?;
    Ok(found.is_some_and(|entry| entry.subscriber.is_none()))
}

async fn may_use_agent(tx: &mut TenantTx, provider: AiProvider, id: &str) -> sqlx::Result<bool> {
    let key = match provider {
        AiProvider::Retell => Key::RetellAgent(id),
        AiProvider::Vapi => Key::VapiAgent(id),
        // Who has no agents has none that could be named.
        AiProvider::Builtin | AiProvider::Llm | AiProvider::Other => return Ok(false),
    };
    let found = directory::find_in(tx, &key).await?;
    Ok(found.is_some_and(|entry| {
        entry
            .subscriber
            .is_none_or(|owner| owner == tx.subscriber())
    }))
}

impl ChannelView {
    fn of(row: &ChannelRow) -> Self {
        Self {
            channel: row.channel,
            is_enabled: row.is_enabled,
            transport_provider: row.transport,
            ai_provider: row.ai_provider,
            provider_number_e164: row.number.clone(),
            provider_agent_id: row.agent.clone(),
            provider_inbox_id: row.inbox.clone(),
            mode: row.mode,
        }
    }
}
