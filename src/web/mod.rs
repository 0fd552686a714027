//! What every route shares: errors, request ids, limits, idempotency. Knows no domain.
pub mod error;
pub mod request_id;

pub use error::{ApiError, FieldError, Problem};
