//! Keyset pagination: `?limit=&cursor=` in, `{data, next_cursor}` out, in a stable order.
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How many rows a page holds unless asked otherwise, and at most.
pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 200;

/// Where a page begins: after the row with this time and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

/// The text is not a cursor that we gave out.
#[derive(Debug, thiserror::Error)]
#[error("this is not a cursor of ours")]
pub struct BadCursor;

impl Cursor {
    pub fn encode(&self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn decode(text: &str) -> Result<Self, BadCursor> {
        let bytes: [u8; 24] = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| BadCursor)?
            .try_into()
            .map_err(|_| BadCursor)?;
        let (at, id) = bytes.split_at(8);
        let micros = i64::from_be_bytes(at.try_into().map_err(|_| BadCursor)?);
        Ok(Self {
            at: DateTime::from_timestamp_micros(micros).ok_or(BadCursor)?,
            id: Uuid::from_slice(id).map_err(|_| BadCursor)?,
        })
    }
}

/// The query members of every list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageQuery {
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The limit within its bounds.
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
    }

    pub fn after(&self) -> Result<Option<Cursor>, BadCursor> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Everything there is.
    pub fn whole(rows: Vec<T>) -> Self {
        Self {
            data: rows,
            next_cursor: None,
        }
    }

    /// The same page of what its rows look like from outside.
    pub fn map<V>(self, view: impl FnMut(T) -> V) -> Page<V> {
        Page {
            data: self.data.into_iter().map(view).collect(),
            next_cursor: self.next_cursor,
        }
    }

    /// Makes a page of `limit` from rows that were asked for with one more than that.
    pub fn new(mut rows: Vec<T>, limit: i64, cursor_of: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows
            .last()
            .filter(|_| has_more)
            .map(|row| cursor_of(row).encode());
        Self {
            data: rows,
            next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            at: DateTime::from_timestamp_micros(1_794_839_403_020_001).unwrap(),
            id: Uuid::now_v7(),
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        assert_eq!(Cursor::decode(&cursor().encode()).unwrap().at, cursor().at);
    }

    #[test]
    fn anything_else_is_no_cursor() {
        for text in ["", "x", "AAAA", "not/base64+", &"A".repeat(33)] {
            assert!(Cursor::decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_names_the_next_one_only_when_there_is_more() {
        let full = Page::new(vec![1, 2, 3], 2, |_| cursor());
        assert_eq!(full.data, [1, 2]);
        assert!(full.next_cursor.is_some());
        assert!(Page::new(vec![1, 2], 2, |_| cursor()).next_cursor.is_none());
    }
}
