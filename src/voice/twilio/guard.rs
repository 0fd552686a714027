//! Whoever waits on the line is answered: inside a deadline, with TwiML, whatever is broken here.
use std::{future::Future, time::Duration};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::fallback;
use crate::{
    app::App,
    inbound::{self, Proof, TwilioForm},
    providers::twilio::CallForm,
    web::ApiError,
};

/// Twilio gives us fifteen seconds; a caller gives us fewer.
pub const DEADLINE: Duration = Duration::from_secs(8);
/// Where no brain is asked that could be slow, what takes longer is the database.
pub const WITHOUT_BRAIN: Duration = Duration::from_secs(3);

/// A request about a call, proved.
pub struct Proved {
    pub call: CallForm,
    pub raw: axum::body::Bytes,
    pub proof: Proof,
}

/// A document for Twilio.
pub fn xml(document: String) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        document,
    )
}

/// What was proved. A request without a good signature hears so, and Twilio asks the number's fallback URL; when it
/// could not be proved by a fault of ours, the last rung answers: it does and tells nothing.
pub fn proved(app: &App, form: Result<TwilioForm, ApiError>) -> Result<Proved, Box<Response>> {
    let form = match form {
        Ok(form) => form,
        Err(error) if is_ours(&error) => {
            tracing::error!(provider = "twilio", "a call could not be proved: {error:?}");
            return Err(Box::new(last_rung(app, None, "call.unproved")));
        }
        Err(error) => return Err(Box::new(error.into_response())),
    };
    match CallForm::parse(&form.form) {
        Ok(call) => Ok(Proved {
            call,
            raw: form.raw,
            proof: form.proof,
        }),
        Err(error) => {
            inbound::count("twilio", "call", "rejected");
            Err(Box::new(
                ApiError::malformed(error.to_string()).into_response(),
            ))
        }
    }
}

/// The database is away, or we are at fault.
fn is_ours(error: &ApiError) -> bool {
    match error {
        ApiError::Internal(_) => true,
        ApiError::Client { status, code, .. } => {
            *status == StatusCode::SERVICE_UNAVAILABLE && *code == "unavailable"
        }
    }
}

/// The work's document, if it comes in time; else the last rung.
pub async fn answer(
    app: &App,
    kind: &'static str,
    deadline: Duration,
    call: &CallForm,
    work: impl Future<Output = anyhow::Result<String>>,
) -> Response {
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok(document)) => {
            inbound::count("twilio", kind, "done");
            xml(document).into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(
                provider = "twilio",
                "{kind} is answered by the last rung: {error:#}"
            );
            last_rung(app, Some(call), kind)
        }
        Err(_) => {
            tracing::error!(
                provider = "twilio",
                "{kind} is answered by the last rung: too slow"
            );
            last_rung(app, Some(call), kind)
        }
    }
}

fn last_rung(app: &App, call: Option<&CallForm>, kind: &str) -> Response {
    inbound::count("twilio", kind, "fallback");
    xml(fallback::document_for(app, call)).into_response()
}
