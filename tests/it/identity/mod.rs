//! Sign-in, sessions, keys, and who may do what.
mod tokens;
