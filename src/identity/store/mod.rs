//! Every statement of identity. Those on people take an [`IdentityTx`](crate::kernel::db::IdentityTx).
pub mod attempts;
pub mod keys;
pub mod overview;
pub mod people;
pub mod sessions;
