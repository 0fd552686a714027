//! A text comes in.
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::post,
};
use chrono::{DateTime, Utc};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    everywhere::{self, ObeyEverywhere},
    keywords::Keyword,
    receive, shared,
};
use crate::{
    app::AppState,
    inbound::{self, Claim, EventKey, Kept, Proof, Received, TwilioForm, outcome_of},
    jobs,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        phone::E164,
    },
    providers::twilio::{Form, InboundSms, ParseError},
    tenancy::{
        self, Channel,
        directory::{self, Key},
    },
    traffic,
    web::{ApiError, Problem},
};

/// No carrier delivers more in one text; Twilio promises 1,600.
const MAX_CHARACTERS: usize = 4_000;

/// The paths on which texts come in.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(twilio_sms))
        .route("/webhooks/sms-inbound", post(twilio_sms))
}

/// Receives a text that Twilio signed. What takes long is a job, so the answer says nothing.
#[utoipa::path(post, path = "/webhooks/twilio/sms", tag = "providers",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "`<Response/>`", content_type = "text/xml"),
        (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn twilio_sms(
    State(app): State<AppState>,
    proved: TwilioForm,
) -> Result<EmptyTwiml, ApiError> {
    let received = receive_form(&app, &proved.form, &proved.raw, proved.proof, None).await;
    inbound::count("twilio", "text", outcome_of(&received));
    received.map(|_| EmptyTwiml)
}

/// Receives a text that was proved before, when it first came: one whose handling failed by a fault of ours.
pub async fn receive_raw(app: &AppState, kept: &Kept) -> Result<Received, ApiError> {
    let raw = &kept.raw_body;
    let form = Form::decode(raw).map_err(|error| ApiError::malformed(error.to_string()))?;
    receive_form(app, &form, raw, kept.proof(), Some(kept.received_at)).await
}

/// `kept_since`: when an event that is taken up again came first.
async fn receive_form(
    app: &AppState,
    form: &Form,
    raw: &[u8],
    proof: Proof,
    kept_since: Option<DateTime<Utc>>,
) -> Result<Received, ApiError> {
    let sms = InboundSms::parse(form).map_err(bad_form)?;
    if sms.body.chars().count() > MAX_CHARACTERS {
        return Err(ApiError::invalid("Body", "is longer than a text can be"));
    }
    let to: E164 = sms
        .to
        .parse()
        .map_err(|_| ApiError::invalid("To", "is not a number"))?;
    let event = EventKey {
        provider: "TWILIO",
        external_id: sms.message_sid.clone(),
        kind: "text",
        raw,
        received_at: kept_since.unwrap_or_else(|| app.clock.now()),
        proof,
    };
    let route = route(app, &sms, &to, proof).await;
    let subscriber = route.as_ref().ok().and_then(Route::subscriber);
    let handled = async {
        let route = route?;
        if kept_since.is_some() {
            inbound::give_kept(&app.db, subscriber, &event).await?;
        } else if let Some(subscriber) = subscriber
            && !is_an_order(&sms)
            && let Some(kept) = inbound::pace(app, subscriber, &event).await?
        {
            return Ok(kept);
        }
        follow(app, route, &event, &sms, &to).await
    };
    inbound::own_or_answer(app, subscriber, &event, handled.await).await
}

/// STOP and START, which the law wants obeyed at once however many texts there are.
fn is_an_order(sms: &InboundSms) -> bool {
    let keyword = receive::keyword_of(sms);
    matches!(
        keyword,
        Some(Keyword::OptOut { .. } | Keyword::OptIn { .. })
    )
}

/// Takes the text to whom it is for.
async fn follow(
    app: &AppState,
    route: Route,
    event: &EventKey<'_>,
    sms: &InboundSms,
    to: &E164,
) -> Result<Received, ApiError> {
    let (subscriber, sender_is_ours) = match route {
        Route::Line {
            subscriber,
            sender_is_ours,
        } => (subscriber, sender_is_ours),
        Route::Everywhere(orders) => return obey_everywhere(app, event, &orders).await,
        Route::Ask => return ask(app, event, sms).await,
        Route::Nobody => {
            inbound::keep_unrouted(&app.db, event).await?;
            return Ok(Received::Unrouted);
        }
    };
    let text = receive::Text {
        sms,
        to,
        sender_is_ours,
        account_id: event.proof.own().map(|_| sms.account_sid.as_str()),
    };
    let handled = traffic::while_raced(|| receive_once(app, subscriber, event, &text)).await;
    Ok(handled?)
}

async fn receive_once(
    app: &AppState,
    subscriber: SubscriberId,
    event: &EventKey<'_>,
    text: &receive::Text<'_>,
) -> Result<Received, traffic::Error> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let Some(line) = tenancy::find_line(&mut tx, Channel::Sms).await? else {
        // The directory still names a subscriber that is gone.
        drop(tx);
        inbound::keep_unrouted(&app.db, event).await?;
        return Ok(Received::Unrouted);
    };
    let kept = event.as_kept_for(line.keeps_words);
    if inbound::claim(&mut tx, Some(subscriber), &kept).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    receive::receive(&mut tx, &line, text, event.received_at).await?;
    tx.commit().await?;
    Ok(Received::Done)
}

enum Route {
    Line {
        subscriber: SubscriberId,
        sender_is_ours: bool,
    },
    /// On a number that several share, STOP and START are for all of them.
    Everywhere(Vec<ObeyEverywhere>),
    /// On such a number, nobody knows which business is meant.
    Ask,
    Nobody,
}

impl Route {
    /// Whose transaction claims the text; the platform's where there is none.
    fn subscriber(&self) -> Option<SubscriberId> {
        match self {
            Self::Line { subscriber, .. } => Some(*subscriber),
            Self::Everywhere(_) | Self::Ask | Self::Nobody => None,
        }
    }
}

async fn route(
    app: &AppState,
    sms: &InboundSms,
    to: &E164,
    proof: Proof,
) -> Result<Route, ApiError> {
    let from = E164::of_caller(&sms.from);
    let mut keys = vec![Key::Number(to), Key::SharedDefault(to)];
    keys.extend(from.as_ref().map(Key::Number));
    let mut found = directory::find(&app.db, &keys).await?.into_iter();
    let (line, default) = (found.next().flatten(), found.next().flatten());
    let sender_is_ours = found.next().flatten().is_some();
    let Some(line) = line else {
        return Ok(Route::Nobody);
    };
    // A subscriber may have written it themselves: it is theirs, or nobody's. On a shared number it would speak to
    // many, and STOP there would be obeyed by all of them.
    if !proof.admits(line.subscriber) {
        return Ok(Route::Nobody);
    }
    if let Some(subscriber) = line.subscriber {
        return Ok(Route::Line {
            subscriber,
            sender_is_ours,
        });
    }
    let Some(from) = from else {
        return Ok(Route::Nobody);
    };
    let default = default.and_then(|entry| entry.subscriber);
    let meant = shared::find_business(app, to, &from, &sms.body, default).await?;
    if let Some(orders) = everywhere::orders(sms, &meant) {
        return Ok(Route::Everywhere(orders));
    }
    Ok(match meant.business {
        Some(subscriber) => Route::Line {
            subscriber,
            sender_is_ours,
        },
        // A robot of ours would answer the question.
        None if sender_is_ours => Route::Nobody,
        None => Route::Ask,
    })
}

/// Claims the text and orders every business that it concerns to obey it.
async fn obey_everywhere(
    app: &AppState,
    event: &EventKey<'_>,
    orders: &[ObeyEverywhere],
) -> Result<Received, ApiError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    if inbound::claim(&mut tx, None, event).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    for order in orders {
        jobs::enqueue(&mut tx, order);
    }
    tx.commit().await?;
    Ok(Received::Done)
}

/// Claims the text and orders the question which business is meant.
async fn ask(app: &AppState, event: &EventKey<'_>, sms: &InboundSms) -> Result<Received, ApiError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    if inbound::claim(&mut tx, None, event).await? == Claim::Duplicate {
        return Ok(Received::Duplicate);
    }
    if shared::may_ask(sms) {
        let message_sid = sms.message_sid.clone();
        jobs::enqueue(&mut tx, &shared::AskWhichBusiness { message_sid });
    }
    tx.commit().await?;
    Ok(Received::Unrouted)
}

fn bad_form(error: ParseError) -> ApiError {
    match error {
        ParseError::MissingField(field) => ApiError::invalid(field, "is missing"),
        ParseError::InvalidField(field) => ApiError::invalid(field, "is not valid"),
        ParseError::Duplicate(_) => ApiError::malformed(error.to_string()),
    }
}

/// `<Response/>`: received, nothing to say here.
pub struct EmptyTwiml;

impl IntoResponse for EmptyTwiml {
    fn into_response(self) -> Response {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
        (
            [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
            document,
        )
            .into_response()
    }
}
