//! Money: what is charged, and the proof of it every night.
mod account;
mod append_only;
mod charging;
mod drift;
mod reconciliation;
mod shop;
