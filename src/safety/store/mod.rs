//! Every statement of this room.
pub(super) mod erasures;
pub(super) mod errors;
pub(super) mod exports;
pub(super) mod personal;
pub(super) mod retention;
