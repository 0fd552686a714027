//! Lists as a table for spreadsheets: `?format=csv`, or `Accept: text/csv`.
//!
//! One answer holds at most [`MAX_ROWS`] rows; where there is more, `X-Next-Cursor` carries the cursor of the rest.
//! UTF-8 without a byte order mark, a header row, commas, CRLF (RFC 4180).
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a caller chooses her own name.
//! So words that somebody else wrote ([`Cell::Words`]) get an apostrophe before such a beginning. What is of a type of
//! ours ([`Cell::exact`]: phones, ids, times, amounts) stands as it is: `+14315550100` and `-5.00` can be no formula
//! that does anything, and programs that read the table want the number and not an apostrophe.
use std::{borrow::Cow, fmt::Display};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};

use super::ApiError;
use crate::kernel::text::text_enum;

/// How many rows an answer holds unless fewer are asked for.
pub const MAX_ROWS: i64 = 10_000;

/// Where the rest begins: give it back as `cursor`.
pub const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

text_enum! {
    /// In which form a list is wanted.
    Format { Json, Csv }
}

/// Whether the caller wants a table: by the query, else by the first of the two types that `Accept` names.
pub fn is_wanted(format: Option<Format>, headers: &HeaderMap) -> bool {
    if let Some(format) = format {
        return format == Format::Csv;
    }
    let accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    accepted
        .filter_map(|media| match media.to_ascii_lowercase().as_str() {
            "text/csv" => Some(true),
            "application/json" => Some(false),
            _ => None,
        })
        .next()
        .unwrap_or(false)
}

/// How many rows a table of this request holds.
pub fn limit(asked: Option<i64>) -> i64 {
    asked.unwrap_or(MAX_ROWS).clamp(1, MAX_ROWS)
}

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Somebody's words: guarded against being a formula.
    Words(Cow<'a, str>),
    /// A value of a type that can be no formula.
    Exact(String),
}

impl<'a> Cell<'a> {
    pub fn words(text: Option<&'a str>) -> Self {
        Self::Words(Cow::Borrowed(text.unwrap_or_default()))
    }

    /// A phone, an id, an amount, a value of an enumeration. Never anybody's words.
    pub fn exact(value: impl Display) -> Self {
        Self::Exact(value.to_string())
    }

    /// The same, or an empty cell.
    pub fn exact_or_empty(value: Option<impl Display>) -> Self {
        Self::Exact(value.map(|value| value.to_string()).unwrap_or_default())
    }

    /// A time, as everywhere.
    pub fn time(at: Option<DateTime<Utc>>) -> Self {
        Self::exact_or_empty(at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
    }

    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Exact(text) => Cow::Borrowed(text),
            Self::Words(text) if looks_like_a_formula(text) => Cow::Owned(format!("'{text}")),
            Self::Words(text) => Cow::Borrowed(text),
        }
    }
}

/// Spaces before it do not stop every spreadsheet; the full-width forms are formulas to some.
fn looks_like_a_formula(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    first.is_some_and(|first| "=+-@\t\r\n＝＋－＠".contains(first))
}

/// A table that is being written.
pub struct Table {
    writer: csv::Writer<Vec<u8>>,
    columns: usize,
}

impl Table {
    pub fn new(columns: &[&str]) -> Result<Self, ApiError> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(columns).map_err(internal)?;
        Ok(Self {
            writer,
            columns: columns.len(),
        })
    }

    /// Adds a row; it has as many cells as there are columns.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ApiError> {
        debug_assert_eq!(cells.len(), self.columns, "a cell per column");
        let texts = cells.iter().map(Cell::text);
        let texts: Vec<Cow<'_, str>> = texts.collect();
        let record = texts.iter().map(|text| text.as_bytes());
        self.writer.write_record(record).map_err(internal)
    }

    /// The answer: a file of this name (letters, digits and dashes of ours), and where the rest begins.
    pub fn answer(self, name: &str, next_cursor: Option<&str>) -> Result<Response, ApiError> {
        let bytes = self.writer.into_inner().map_err(internal)?;
        let disposition = format!("attachment; filename=\"{name}.csv\"");
        let mut response = bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        );
        headers.insert(
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).map_err(internal)?,
        );
        if let Some(cursor) = next_cursor {
            let cursor = HeaderValue::from_str(cursor).map_err(internal)?;
            headers.insert(NEXT_CURSOR, cursor);
        }
        Ok(response)
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::Internal(anyhow::Error::new(error).context("write a table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Cell<'_>]) -> String {
        let columns = vec!["column"; cells.len()];
        let mut table = Table::new(&columns).unwrap();
        table.row(cells).unwrap();
        let bytes = table.writer.into_inner().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (_, row) = text.split_once("\r\n").unwrap();
        row.to_owned()
    }

    fn words(text: &str) -> String {
        line(&[Cell::words(Some(text))])
    }

    #[test]
    fn words_that_begin_as_a_formula_get_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@sum", "  =1", "＝1"] {
            assert_eq!(words(text), format!("'{text}\r\n"));
        }
        assert_eq!(words("\t=1"), "'\t=1\r\n");
        assert_eq!(words("\r=1"), "\"'\r=1\"\r\n");
        assert_eq!(words("a=1"), "a=1\r\n");
        assert_eq!(words("Zoë O'Neil"), "Zoë O'Neil\r\n");
    }

    #[test]
    fn what_is_of_a_type_of_ours_stands_as_it_is() {
        assert_eq!(line(&[Cell::exact("+14315550100")]), "+14315550100\r\n");
        assert_eq!(line(&[Cell::exact(-5)]), "-5\r\n");
        assert_eq!(line(&[Cell::exact(1), Cell::time(None)]), "1,\r\n");
    }

    #[test]
    fn commas_quotes_and_lines_do_not_break_the_table() {
        assert_eq!(words("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"\r\n");
    }

    #[test]
    fn the_query_says_the_form_and_else_the_type_that_is_named_first() {
        let accepts = |text: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(text))])
        };
        assert!(is_wanted(Some(Format::Csv), &HeaderMap::new()));
        assert!(!is_wanted(Some(Format::Json), &accepts("text/csv")));
        assert!(is_wanted(
            None,
            &accepts("Text/CSV; q=0.9, application/json")
        ));
        assert!(!is_wanted(None, &accepts("application/json, text/csv")));
        assert!(!is_wanted(None, &accepts("*/*")));
    }

    #[test]
    fn a_table_is_a_file_and_says_where_the_rest_begins() {
        let response = Table::new(&["id"])
            .unwrap()
            .answer("contacts", Some("abc"))
            .unwrap();
        assert_eq!(
            response.headers()[header::CONTENT_DISPOSITION],
            "attachment; filename=\"contacts.csv\""
        );
        assert_eq!(response.headers()[NEXT_CURSOR], "abc");
        assert_eq!(
            (limit(None), limit(Some(0)), limit(Some(99_999))),
            (MAX_ROWS, 1, MAX_ROWS)
        );
    }
}
