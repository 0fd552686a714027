//! A member of an odd type is as good as absent: a whole booking must not be lost for it.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// What can be read, else nothing.
pub(super) fn or_absent<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(
    source: D,
) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(source)?).unwrap_or_default())
}

/// The elements that can be read.
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    source: D,
) -> Result<Vec<T>, D::Error> {
    let Value::Array(elements) = Value::deserialize(source)? else {
        return Ok(Vec::new());
    };
    let read = elements.into_iter().map(serde_json::from_value);
    Ok(read.filter_map(Result::ok).collect())
}

/// An id: a text, or a number by its spelling. The document says number where texts come, and the other way round.
pub(super) fn id<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(source)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A moment with any offset, as `Z` or as `+00:00`.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let value = Value::deserialize(source)?;
    Ok(value.as_str().and_then(parse_moment))
}

pub(super) fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    let read = DateTime::parse_from_rfc3339(text).ok()?;
    Some(read.with_timezone(&Utc))
}

/// The members that are texts: ours always are, others add what they like.
pub(super) fn texts<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let Value::Object(members) = Value::deserialize(source)? else {
        return Ok(BTreeMap::new());
    };
    let texts = members.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    });
    Ok(texts.collect())
}
