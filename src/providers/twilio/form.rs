//! `application/x-www-form-urlencoded`, decoded without losing anything that the signature covers.
//!
//! Frameworks trim values, drop empty ones or replace broken bytes; each of those breaks a correct signature or, worse,
//! lets two readers of one body see two different requests. So: order kept, empty values kept, nothing repaired.

/// The fields of a body in the order of their arrival, repeated keys included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// Why a body is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("form has a percent sign without two hex digits")]
    BadEscape,
    #[error("form is not utf-8")]
    NotUtf8,
    /// No text has one, and no database text can hold one.
    #[error("form has a nul character")]
    Nul,
}

/// A field that should come once came several times: which one to believe is not ours to guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("form field {0} is repeated")]
pub struct DuplicateField(pub String);

impl Form {
    /// Decodes a body. A key without `=` has the empty value.
    pub fn decode(body: &[u8]) -> Result<Self, FormError> {
        body.split(|byte| *byte == b'&')
            .filter(|field| !field.is_empty())
            .map(|field| {
                let (key, value) = match field.iter().position(|byte| *byte == b'=') {
                    Some(at) => (&field[..at], &field[at + 1..]),
                    None => (field, &[][..]),
                };
                Ok((unescape(key)?, unescape(value)?))
            })
            .collect()
    }

    /// The body that decodes to this.
    pub fn encode(&self) -> String {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(self.iter()).finish()
    }

    /// The value of a field that may come once at most; an empty value is a value.
    pub fn get(&self, name: &str) -> Result<Option<&str>, DuplicateField> {
        let mut values = self
            .iter()
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(DuplicateField(name.to_owned())),
        }
    }

    /// All fields, as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Form {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

fn unescape(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) => {
                bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                rest = tail;
            }
            (b'%', _) => return Err(FormError::BadEscape),
            (byte, _) => bytes.push(*byte),
        }
    }
    if bytes.contains(&0) {
        return Err(FormError::Nul);
    }
    String::from_utf8(bytes).map_err(|_| FormError::NotUtf8)
}

fn hex_digit(digit: u8) -> Result<u8, FormError> {
    let value = char::from(digit).to_digit(16).ok_or(FormError::BadEscape)?;
    Ok(u8::try_from(value).expect("a hex digit is less than sixteen"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_signed_survives_decoding() {
        let form =
            Form::decode(b"Body=+caf%C3%A9+%2b1+&FromZip=&To=%2B1&bare&To=%2B2&&Token=%257B")
                .unwrap();
        let fields: Vec<_> = form.iter().collect();
        let expected = [
            ("Body", " café +1 "),
            ("FromZip", ""),
            ("To", "+1"),
            ("bare", ""),
            ("To", "+2"),
            ("Token", "%7B"),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_broken_body_is_refused_and_not_repaired() {
        let cases: [(&[u8], FormError); 6] = [
            (b"a=%", FormError::BadEscape),
            (b"a=%4", FormError::BadEscape),
            (b"a=%zz", FormError::BadEscape),
            (b"a%+1=1", FormError::BadEscape),
            (b"a=%E9", FormError::NotUtf8),
            (b"a=\xff", FormError::NotUtf8),
        ];
        for (body, expected) in cases {
            assert_eq!(Form::decode(body), Err(expected), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn a_repeated_field_is_an_error_only_for_who_reads_it() {
        let form = Form::decode(b"From=a&To=b&To=b&Body=").unwrap();
        assert_eq!(form.get("From"), Ok(Some("a")));
        assert_eq!(form.get("Body"), Ok(Some("")));
        assert_eq!(form.get("body"), Ok(None));
        assert_eq!(form.get("To"), Err(DuplicateField("To".to_owned())));
    }
}
