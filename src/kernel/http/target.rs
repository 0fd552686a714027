//! A URL that somebody typed, checked as far as it can be without asking anybody.
use std::fmt;

use secrecy::SecretString;
use url::{Host, Url};

use super::address::Scheme;

/// Where no webhook is ever received, and where a request could do harm: remote shells, mail, databases, caches.
const REFUSED_PORTS: [u16; 9] = [22, 25, 465, 587, 2375, 5432, 6379, 9200, 11211];
/// Longer than any address that works everywhere.
const LONGEST: usize = 2_000;

/// Where a request goes.
#[derive(Clone)]
pub struct Target {
    /// Without user and password.
    url: Url,
    /// What stood before the host, for `Authorization: Basic`.
    credentials: Option<SecretString>,
}

/// What is wrong with a URL, in words for whoever typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("is not a URL such as https://example.com/hook")]
    Malformed,
    #[error("must begin with https://")]
    Scheme,
    #[error("must have no fragment (#…)")]
    Fragment,
    #[error("uses a port that is not allowed")]
    Port,
    #[error("is longer than 2000 characters")]
    TooLong,
}

impl Target {
    /// Reads what was typed. `127.1` and `0x7f000001` come out as addresses of IPv4, as every client would read them.
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        if text.len() > LONGEST {
            return Err(BadTarget::TooLong);
        }
        let mut url = Url::parse(text).map_err(|_| BadTarget::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadTarget::Scheme);
        }
        if url.fragment().is_some() {
            return Err(BadTarget::Fragment);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port == 0 || REFUSED_PORTS.contains(&port) {
            return Err(BadTarget::Port);
        }
        if url.host().is_none() {
            return Err(BadTarget::Malformed);
        }
        let credentials = read_credentials(&url);
        // Of a URL with a host both can be taken away.
        url.set_username("").map_err(|()| BadTarget::Malformed)?;
        url.set_password(None).map_err(|()| BadTarget::Malformed)?;
        Ok(Self { url, credentials })
    }

    /// The URL without user and password.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `user:password`, as they stood in the URL.
    pub fn credentials(&self) -> Option<&SecretString> {
        self.credentials.as_ref()
    }

    pub(super) fn host(&self) -> Host<&str> {
        self.url
            .host()
            .expect("it was looked for when the URL was read")
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.url.scheme() {
            "https" => Scheme::Https,
            _ => Scheme::Http,
        }
    }
}

fn read_credentials(url: &Url) -> Option<SecretString> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_decoded(text.as_bytes());
    let (user, password) = (
        decode(url.username()),
        decode(url.password().unwrap_or_default()),
    );
    Some(format!("{user}:{password}").into())
}

/// `%40` is `@`. What is no UTF-8 then is replaced: nobody's password works that way.
fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, _) = match byte {
            Some(byte) if first == b'%' => (&after[2..], bytes.push(byte)),
            _ => (after, bytes.push(first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Never user and password, and no query: both may be secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}://{})", self.url.scheme(), self.host())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_can_be_no_endpoint_is_refused() {
        let wrong = [
            ("", BadTarget::Malformed),
            ("example.com", BadTarget::Malformed),
            ("https://", BadTarget::Malformed),
            ("https://ex ample.com", BadTarget::Malformed),
            ("ftp://example.com", BadTarget::Scheme),
            ("file:///etc/passwd", BadTarget::Scheme),
            ("gopher://example.com/_x", BadTarget::Scheme),
            ("https://example.com/#part", BadTarget::Fragment),
            ("https://example.com:22/", BadTarget::Port),
            ("http://example.com:6379/", BadTarget::Port),
            ("https://example.com:0/", BadTarget::Port),
            ("https://example.com:99999/", BadTarget::Malformed),
        ];
        for (text, expected) in wrong {
            assert_eq!(Target::parse(text).unwrap_err(), expected, "{text}");
        }
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        assert_eq!(Target::parse(&long).unwrap_err(), BadTarget::TooLong);
    }

    #[test]
    fn addresses_are_read_as_clients_read_them() {
        for text in [
            "127.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "127.0.0.1",
        ] {
            let target = Target::parse(&format!("http://{text}/hook")).unwrap();
            let host = target.host().to_owned();
            assert_eq!(
                host,
                Host::<String>::Ipv4("127.0.0.1".parse().unwrap()),
                "{text}"
            );
        }
        let target = Target::parse("http://[::ffff:127.0.0.1]/").unwrap();
        assert!(matches!(target.host(), Host::Ipv6(_)));
    }

    #[test]
    fn user_and_password_leave_the_url() {
        let target = Target::parse("https://ann:p%40ss%zz@example.com/hook?a=1").unwrap();
        assert_eq!(target.url().as_str(), "https://example.com/hook?a=1");
        assert_eq!(target.credentials().unwrap().expose_secret(), "ann:p@ss%zz");
        assert!(!format!("{target:?}").contains("ann"));
        assert!(
            Target::parse("https://example.com")
                .unwrap()
                .credentials()
                .is_none()
        );
    }
}
