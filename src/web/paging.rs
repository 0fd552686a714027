//! Which page of a list is wanted.
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiError;
use crate::kernel::page::{Cursor, PageQuery};

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// 50 unless said otherwise, at most 200.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The limit within its bounds, and where to begin.
pub fn page(limit: Option<i64>, cursor: Option<String>) -> Result<(i64, Option<Cursor>), ApiError> {
    let query = PageQuery { limit, cursor };
    Ok((query.limit(), query.after()?))
}
