//! What every route shares: errors, request ids, limits, idempotency. Knows no domain.
//! Owns `rate_buckets` and `idempotency_keys`.
pub mod error;
pub mod extract;
pub mod request_id;
pub mod checks;
pub mod client;
pub mod csv;
pub mod layers;
pub mod limits;
pub mod paging;
pub mod flood;
pub mod body;
pub mod cookies;
pub mod cors;
pub mod security;
pub mod etag;
pub mod idempotency;
mod store;

pub use checks::{Checks, Member};
pub use error::{ApiError, FieldError, InternalCause, Problem, ProblemCode};
pub use extract::{Body, Path, Query};
pub use idempotency::Once;
