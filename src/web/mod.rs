//! What every route shares: errors, request ids, limits, idempotency. Knows no domain.
//! Owns `rate_buckets` and `idempotency_keys`.
pub mod error;
pub mod extract;
pub mod request_id;
pub mod client;
pub mod layers;
pub mod limits;
pub mod idempotency;
mod store;

pub use error::{ApiError, FieldError, Problem};
pub use extract::{Body, Path, Query};
pub use idempotency::Once;
