//! The statements on contacts, opt_outs and leads.
pub mod callers;
pub mod contacts;
pub mod history;
pub mod leads;
pub mod merging;
pub mod opt_outs;
