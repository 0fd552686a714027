//! Twilio's REST answers write a number now as `1`, now as `"1"`.
//!
//! A value that is neither becomes `None`: a text that was sent must not look lost because its price is odd.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A whole number, as number or text.
pub(super) fn integer<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u32>, D::Error> {
    Ok(text(source)?.and_then(|text| text.parse().ok()))
}

/// An amount, as number or text. A JSON number passes through its shortest spelling, so `0.0079` stays exact.
pub(super) fn decimal<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Decimal>, D::Error> {
    Ok(text(source)?.and_then(|text| {
        text.parse()
            .or_else(|_| Decimal::from_scientific(&text))
            .ok()
    }))
}

/// A moment in RFC 2822, as the 2010 API writes it.
pub(super) fn moment<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let moment = text(source)?.and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
    Ok(moment.map(|moment| moment.to_utc()))
}

fn text<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(source)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_read_from_numbers_and_from_texts() {
        for value in [json!(2), json!("2")] {
            assert_eq!(integer(value).unwrap(), Some(2));
        }
        for value in [json!(-0.0079), json!("-0.0079"), json!("-7.9e-3")] {
            assert_eq!(decimal(value).unwrap().unwrap().to_string(), "-0.0079");
        }
        for value in [json!(null), json!("free"), json!([1])] {
            assert_eq!(integer(value.clone()).unwrap(), None);
            assert_eq!(decimal(value).unwrap(), None);
        }
    }

    #[test]
    fn a_moment_is_read_in_utc() {
        let moment = moment(json!("Fri, 20 Nov 2026 15:04:05 -0000"))
            .unwrap()
            .unwrap();
        assert_eq!(moment.to_rfc3339(), "2026-11-20T15:04:05+00:00");
    }
}
