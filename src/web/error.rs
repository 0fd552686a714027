//! What goes wrong, as a caller sees it: RFC 9457 `application/problem+json` with a stable `code`.
use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::request_id;
use crate::kernel::{
    db::{is_unavailable, is_unstorable},
    faults,
    page::BadCursor,
};

/// How long a caller should wait before sending the same again.
const RETRY_AFTER_S: u64 = 2;

/// An answer that is not a success.
#[derive(Debug)]
pub enum ApiError {
    /// The caller's doing; shown.
    Client {
        status: StatusCode,
        code: &'static str,
        detail: String,
        fields: Vec<FieldError>,
        retry_after_s: Option<u64>,
    },
    /// Ours; logged once with its causes, answered without them.
    Internal(anyhow::Error),
}

/// What is wrong with one member of a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// The code of a problem, beside the answer, for layers that must tell problems apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemCode(pub &'static str);

/// What an answer of 500 was about, in our own words, for the error log.
#[derive(Clone, Debug)]
pub struct InternalCause(pub String);

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells errors apart.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub status: u16,
    pub detail: String,
    pub code: &'static str,
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What a problem of this kind says beside.
    #[serde(flatten)]
    #[schema(ignore)]
    pub members: Map<String, Value>,
}

impl ApiError {
    pub fn client(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Client {
            status,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
        }
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::client(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub fn invalid_signature() -> Self {
        let detail = "the signature is missing, wrong or too old";
        Self::client(StatusCode::UNAUTHORIZED, "invalid_signature", detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::client(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn not_found() -> Self {
        Self::client(StatusCode::NOT_FOUND, "not_found", "there is nothing here")
    }

    pub fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes");
        Self::client(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    pub fn unsupported_media_type(wanted: &str) -> Self {
        let detail = format!("the body must be {wanted}");
        Self::client(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        )
    }

    /// One member of the request is not what it must be.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Client {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: "invalid_request",
            detail: format!("{field}: {message}"),
            fields: vec![FieldError {
                field: field.to_owned(),
                message,
            }],
            retry_after_s: None,
        }
    }

    /// Too many failed attempts.
    pub fn too_many_attempts(retry_after: Duration) -> Self {
        Self::too_many("too_many_attempts", retry_after)
    }

    pub fn provider_not_configured(provider: &str) -> Self {
        Self::retry_later(
            "provider_not_configured",
            format!("{provider} is not configured here"),
            3600,
        )
    }

    pub fn unavailable() -> Self {
        Self::retry_later(
            "unavailable",
            "please send the same again later",
            RETRY_AFTER_S,
        )
    }

    /// Too many of them: there will be enough again after this time.
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::too_many("rate_limited", retry_after)
    }

    /// 429 with its `Retry-After`, in whole seconds that are surely enough.
    pub fn too_many(code: &'static str, retry_after: Duration) -> Self {
        let seconds = retry_after.as_millis().div_ceil(1000).max(1);
        Self::Client {
            status: StatusCode::TOO_MANY_REQUESTS,
            code,
            detail: format!("please wait {seconds} s"),
            fields: Vec::new(),
            retry_after_s: Some(u64::try_from(seconds).unwrap_or(u64::MAX)),
        }
    }

    fn retry_later(code: &'static str, detail: impl Into<String>, after_s: u64) -> Self {
        Self::Client {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: Some(after_s),
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        if is_unavailable(&error) {
            tracing::warn!(error = %error, "the database is not there or too busy");
            Self::unavailable()
        } else {
            Self::Internal(error.into())
        }
    }
}

impl From<BadCursor> for ApiError {
    fn from(error: BadCursor) -> Self {
        Self::invalid("cursor", error.to_string())
    }
}

impl ApiError {
    /// What the caller is told. That a value cannot be stored is the caller's doing; it is known only here, because
    /// before, whoever took an event from a provider must still see a fault and keep it.
    fn told(self) -> Self {
        match self {
            Self::Internal(error)
                if error
                    .chain()
                    .filter_map(|cause| cause.downcast_ref::<sqlx::Error>())
                    .any(is_unstorable) =>
            {
                Self::client(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid_request",
                    "a value cannot be stored: a null character, or a day that no calendar has",
                )
            }
            other => other,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.with_members(Map::new())
    }
}

impl ApiError {
    /// The answer with members of its own beside those of every problem (RFC 9457, section 3.2).
    pub fn with_members(self, members: Map<String, Value>) -> Response {
        let this = self.told();
        let cause = match &this {
            Self::Client { .. } => None,
            Self::Internal(error) => Some(InternalCause(faults::describe(&format!("{error:#}")))),
        };
        let (status, code, detail, errors, retry_after_s) = match this {
            Self::Client {
                status,
                code,
                detail,
                fields,
                retry_after_s,
            } => (status, code, detail, fields, retry_after_s),
            Self::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "a request failed");
                let detail = "something went wrong here".to_owned();
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    detail,
                    Vec::new(),
                    None,
                )
            }
        };
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            code,
            request_id: request_id::current(),
            errors,
            members,
        };
        let mut response = (status, Json(problem)).into_response();
        response.extensions_mut().insert(ProblemCode(code));
        if let Some(cause) = cause {
            response.extensions_mut().insert(cause);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
