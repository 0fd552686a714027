//! Every statement of identity. Those on people take an [`IdentityTx`](crate::kernel::db::IdentityTx).
pub mod keys;
pub mod people;
pub mod sessions;
