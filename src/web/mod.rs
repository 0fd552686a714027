//! What all routes share. Knows no domain. Owns `rate_buckets` and `idempotency_keys`.
pub mod limits;
pub mod idempotency;
mod store;
