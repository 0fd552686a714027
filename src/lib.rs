//! Rocket Reception: a managed AI receptionist on one binary and PostgreSQL.
//!
//! The list below is in reading order, and imports point up it: a module may use what stands above it
//! (`tests/it/architecture.rs` holds the order).
pub mod kernel;
pub mod embedded;
pub mod database;
pub mod providers;
pub mod app;
pub mod alerts;
pub mod web;
pub mod jobs;
pub mod events;
pub mod tenancy;
pub mod inbound;
pub mod mail;
pub mod identity;
pub mod settings;
pub mod people;
pub mod traffic;
pub mod billing;
pub mod scheduling;
pub mod messaging;
pub mod inbox;
pub mod receptionist;
pub mod sms;
pub mod voice;
pub mod discretion;
pub mod deliveries;
pub mod insights;
pub mod safety;
pub mod ops;
pub mod admin;
pub mod worker;
pub mod server;
pub mod seeding;
pub mod commands;
pub mod serve;
pub mod simulate;
pub mod doctor;
