//! Booking over HTTP.
mod appointments;
mod availability;
mod calendars;
mod resources;
pub mod view;

use axum::{http::StatusCode, response::Response};
use serde_json::Map;
use utoipa_axum::router::OpenApiRouter;

use super::model::Error;
use crate::{app::AppState, web::ApiError};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(availability::router())
        .merge(appointments::router())
        .merge(resources::router())
        .merge(calendars::router())
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let detail = error.to_string();
        match error {
            Error::SlotTaken { .. } => Self::client(StatusCode::CONFLICT, "slot_taken", detail),
            Error::OutsideHours(_) => Self::client(unprocessable, "outside_hours", detail),
            Error::InThePast => Self::client(unprocessable, "in_the_past", detail),
            Error::SlotInvalid(_) => Self::client(unprocessable, "slot_invalid", detail),
            Error::UnknownService => Self::invalid("service_id", detail),
            Error::UnknownResource => Self::invalid("resource_id", detail),
            Error::BadDuration => Self::invalid("duration", detail),
            Error::BookingOff | Error::NotNow(_) => {
                Self::client(StatusCode::CONFLICT, "conflict", detail)
            }
            Error::NotFound => Self::not_found(),
            Error::NeedsProof => Self::forbidden(detail),
            Error::Database(error) => error.into(),
        }
    }
}

/// The problem, and beside it what else is free where somebody was quicker.
fn refuse(error: Error) -> Result<Response, ApiError> {
    let Error::SlotTaken { zone, alternatives } = &error else {
        return Err(error.into());
    };
    let slots = view::slots(alternatives, *zone);
    let slots = serde_json::to_value(slots).map_err(|error| ApiError::Internal(error.into()))?;
    let members = Map::from_iter([("alternatives".to_owned(), slots)]);
    Ok(ApiError::from(error).with_members(members))
}
