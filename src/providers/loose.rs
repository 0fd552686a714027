//! What Retell and Vapi say of a conversation is read as far as it goes: a member of an odd type is as good as absent, because a
//! whole call, which somebody has to pay, must not be lost for it. Only the ids by which we know a call or a chat are
//! read strictly.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

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
    Ok(list_of(Value::deserialize(source)?))
}

pub(super) fn list_of<T: DeserializeOwned>(value: Value) -> Vec<T> {
    let Value::Array(elements) = value else {
        return Vec::new();
    };
    let read = elements.into_iter().map(serde_json::from_value);
    read.filter_map(Result::ok).collect()
}

/// A text; a number in its place is taken by its spelling.
pub(super) fn text<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    Ok(text_of(Value::deserialize(source)?))
}

pub(super) fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The arguments of a tool: an object, also one that is written inside a text. What is neither stays as it is, for whoever
/// runs the tool to say that it cannot be read; nothing at all is an object without members.
pub(super) fn arguments_of(value: Option<Value>) -> Value {
    let written = match &value {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    match written.or(value) {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Value::Object(Map::new()),
        Some(read) => read,
    }
}

/// A whole number, as number or text; a fraction is rounded.
pub(super) fn integer<'de, D: Deserializer<'de>>(source: D) -> Result<Option<i64>, D::Error> {
    Ok(integer_of(Value::deserialize(source)?))
}

/// An amount, as number or text. A JSON number passes through its shortest spelling, so `0.0079` stays exact.
pub(super) fn decimal<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Decimal>, D::Error> {
    Ok(decimal_of(Value::deserialize(source)?))
}

/// A moment in milliseconds since 1970, or written as in RFC 3339.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(moment_of(Value::deserialize(source)?))
}

pub(super) fn moment_of(value: Value) -> Option<DateTime<Utc>> {
    let written = value.as_str().and_then(|text| text.parse().ok());
    written.or_else(|| DateTime::from_timestamp_millis(integer_of(value)?))
}

fn integer_of(value: Value) -> Option<i64> {
    i64::try_from(decimal_of(value)?.round()).ok()
}

fn decimal_of(value: Value) -> Option<Decimal> {
    let text = text_of(value)?;
    let plain = text.trim().parse();
    plain
        .or_else(|_| Decimal::from_scientific(text.trim()))
        .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_from_numbers_from_texts_and_from_fractions() {
        for value in [
            json!(94001),
            json!("94001"),
            json!(94000.6),
            json!("94000.9"),
        ] {
            assert_eq!(integer(value).unwrap(), Some(94001));
        }
        assert_eq!(
            decimal(json!("14.68")).unwrap(),
            Some(Decimal::new(1468, 2))
        );
        for odd in [
            json!(null),
            json!("soon"),
            json!([1]),
            json!(true),
            json!(1e300),
        ] {
            assert_eq!(integer(odd).unwrap(), None);
        }
    }

    #[test]
    fn a_moment_is_read_however_it_is_written() {
        let expected = DateTime::from_timestamp_millis(1_794_839_405_120);
        for value in [
            json!(1_794_839_405_120_i64),
            json!(1_794_839_405_120.4),
            json!("1794839405120"),
            json!("2026-11-16T14:30:05.120Z"),
        ] {
            assert_eq!(moment(value).unwrap(), expected);
        }
        for odd in [json!(null), json!("soon"), json!({}), json!(i64::MAX)] {
            assert_eq!(moment(odd).unwrap(), None);
        }
    }

    #[test]
    fn of_a_list_what_can_be_read_is_read() {
        assert_eq!(list::<_, u8>(json!([1, "two", 3])).unwrap(), [1, 3]);
        assert!(list::<_, u8>(json!("none")).unwrap().is_empty());
    }
}
