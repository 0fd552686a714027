//! What a request says, read into types that cannot be wrong; what cannot be read is a problem that names the field.
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::{ApiError, FieldError, body::API_LIMIT};
use crate::app::AppState;

/// A JSON body. Request types say `deny_unknown_fields`: a misspelled member must not be ignored.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

/// The members of the query.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// The variable parts of the path. One that cannot be an id is the path of nothing: 404.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _app: &AppState) -> Result<Self, ApiError> {
        let bytes = read_json(request).await?;
        Ok(Self(parse(&bytes)?))
    }
}

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &AppState) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let deserializer = serde::de::value::MapDeserializer::new(pairs.map(|(name, value)| {
            let name = name.into_owned();
            (
                name.clone(),
                Text {
                    name,
                    value: value.into_owned(),
                },
            )
        }));
        match serde_path_to_error::deserialize(deserializer) {
            Ok(query) => Ok(Self(query)),
            Err(error) => Err(wrong_member(
                &error.path().to_string(),
                &error.inner().to_string(),
            )),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, app).await;
        path.map(|path| Self(path.0))
            .map_err(|_| ApiError::not_found())
    }
}

/// The bytes of a JSON body within the limit.
pub(super) async fn read_json(request: Request) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let read = match Limited::new(body, API_LIMIT).collect().await {
        Ok(read) => read.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ApiError::too_large(API_LIMIT));
        }
        Err(_) => return Err(ApiError::malformed("the body ended early")),
    };
    // No body is an object without members: what is required is then missing, and what is not need not be said.
    if read.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let essence = content_type
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence != "application/json" && !essence.ends_with("+json") {
        return Err(ApiError::unsupported_media_type("application/json"));
    }
    Ok(read)
}

/// Syntax that is no JSON is 400, JSON that does not fit is 422 and names the member.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => {
            let end = deserializer.end();
            end.map_err(|_| ApiError::malformed("there is something after the JSON"))?;
            Ok(value)
        }
        Err(error) if error.inner().is_data() => Err(wrong_member(
            &error.path().to_string(),
            &error.inner().to_string(),
        )),
        Err(_) => Err(ApiError::malformed("the body is not JSON")),
    }
}

/// The reader's message holds what was read, and that may be a secret: only its first words, which are of our making.
fn wrong_member(path: &str, message: &str) -> ApiError {
    let field = match (path, quoted(message)) {
        ("." | "", Some(name)) => name.to_owned(),
        ("." | "", None) => "body".to_owned(),
        (path, _) => path.trim_start_matches('.').to_owned(),
    };
    let message = if message.starts_with("unknown field") {
        "is not known"
    } else if message.starts_with("missing field") {
        "is missing"
    } else if message.starts_with("duplicate field") {
        "is there twice"
    } else if message.starts_with("unknown variant") {
        "is none of the values that it may have"
    } else if message.starts_with("invalid type") || message.starts_with("invalid value") {
        "is of another type"
    } else {
        // Ours: the words of a type's own `TryFrom`.
        message.split(" at line ").next().unwrap_or(message)
    };
    let field = field.strip_suffix(".?").unwrap_or(&field).to_owned();
    ApiError::Client {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        code: "invalid_request",
        detail: format!("{field}: {message}"),
        fields: vec![FieldError {
            field,
            message: message.to_owned(),
        }],
        retry_after_s: None,
    }
}

fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// A member of a query: text that reads as whatever is wanted.
struct Text {
    name: String,
    value: String,
}

impl<'de> serde::de::IntoDeserializer<'de, serde::de::value::Error> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident),*) => {$(
        fn $method<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.value.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::custom("invalid value")),
            }
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Text {
    type Error = serde::de::value::Error;

    fn deserialize_bool<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.value.to_ascii_lowercase().parse() {
            Ok(value) => visitor.visit_bool(value),
            Err(_) => Err(serde::de::Error::custom("invalid value")),
        }
    }

    parsed! {
        deserialize_i8 => visit_i8, deserialize_i16 => visit_i16, deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16, deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_f32 => visit_f32, deserialize_f64 => visit_f64
    }

    fn deserialize_any<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let _ = self.name;
        visitor.visit_string(self.value)
    }

    /// `?status=` is as good as no status.
    fn deserialize_option<V: serde::de::Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.value.is_empty() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: serde::de::Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        use serde::de::IntoDeserializer;
        visitor.visit_enum(IntoDeserializer::<Self::Error>::into_deserializer(
            self.value,
        ))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
        i128 u128
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read is asked")]
    struct Wanted {
        name: String,
        age: Option<u8>,
    }

    fn problem(body: &str) -> (u16, String) {
        match parse::<Wanted>(body.as_bytes()).unwrap_err() {
            ApiError::Client { status, fields, .. } => {
                let field = fields
                    .first()
                    .map(|field| format!("{}: {}", field.field, field.message));
                (status.as_u16(), field.unwrap_or_default())
            }
            ApiError::Internal(_) => (500, String::new()),
        }
    }

    #[test]
    fn what_is_no_json_is_malformed_and_what_does_not_fit_names_its_member() {
        assert!(parse::<Wanted>(br#"{"name": "x", "age": 3}"#).is_ok());
        assert_eq!(problem("{").0, 400);
        assert_eq!(problem("").0, 400);
        assert_eq!(problem(r#"{"name": "x"} x"#).0, 400);
        assert_eq!(problem("{}"), (422, "name: is missing".to_owned()));
        assert_eq!(
            problem(r#"{"name": "x", "b": 1}"#),
            (422, "b: is not known".to_owned())
        );
        assert_eq!(
            problem(r#"{"name": 1}"#),
            (422, "name: is of another type".to_owned())
        );
        assert_eq!(
            problem(r#"{"name": "x", "age": 300}"#),
            (422, "age: is of another type".to_owned())
        );
    }

    #[test]
    fn no_value_of_the_request_is_in_the_answer() {
        let (_, message) = problem(r#"{"name": {"secret": "hunter2"}}"#);
        assert!(!message.contains("hunter2"), "{message}");
    }
}
