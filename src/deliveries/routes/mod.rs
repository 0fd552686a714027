//! The paths of endpoints and deliveries, and what is told of them.
mod dashboard;
mod deliveries;
mod endpoints;
mod event_types;
mod operator;
mod view;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;

use super::model::Error;
use crate::{app::AppState, web::ApiError};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(endpoints::router())
        .merge(deliveries::router())
        .merge(dashboard::router())
        .merge(event_types::router())
        .merge(operator::router())
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let conflict =
            |error: &Error| Self::client(StatusCode::CONFLICT, "conflict", error.to_string());
        match error {
            Error::NotFound => Self::not_found(),
            Error::Invalid { field, message } => Self::invalid(field, message),
            Error::TooMany(_) | Error::Expired | Error::Disabled => conflict(&error),
            Error::Unopenable(error) => Self::Internal(error.into()),
            Error::Database(error) => error.into(),
        }
    }
}
