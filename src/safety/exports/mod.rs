//! Exports: everything of a person, or of a whole business, as lines of JSON, for a week.
mod jobs;
mod routes;

pub use jobs::{BuildExport, build_export};
pub use routes::{ExportView, router};
