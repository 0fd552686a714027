//! TwiML, read as strictly as Twilio reads it: a document that is no XML fails the test that got it.
use std::collections::BTreeMap;

/// A verb with its attributes, its text and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub inner: Vec<Verb>,
}

impl Verb {
    #[track_caller]
    pub fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.get(name);
        found.unwrap_or_else(|| panic!("<{}> has no {name}", self.name))
    }
}

/// The verbs of a document.
#[track_caller]
pub fn read(document: &str) -> Vec<Verb> {
    assert!(document.len() < 64 * 1024, "too long for Twilio");
    let declaration = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let body = document.strip_prefix(declaration);
    let body =
        body.unwrap_or_else(|| panic!("nothing may stand before the declaration: {document}"));
    let mut reader = Reader {
        rest: body,
        document,
    };
    let root = reader.element();
    assert_eq!(reader.rest, "", "{document}");
    assert_eq!(
        (root.name.as_str(), root.text.as_str()),
        ("Response", ""),
        "{document}"
    );
    root.inner.iter().for_each(check);
    root.inner
}

/// Only what Twilio knows, nested as Twilio allows, and with the texts and numbers it takes.
#[track_caller]
fn check(verb: &Verb) {
    let nested: &[&str] = match verb.name.as_str() {
        "Gather" => &["Say", "Play", "Pause"],
        "Dial" => &["Number"],
        "Say" | "Play" | "Pause" | "Record" | "Redirect" | "Reject" | "Hangup" | "Number" => &[],
        other => panic!("<{other}> is no verb"),
    };
    for inner in &verb.inner {
        assert!(
            nested.contains(&inner.name.as_str()),
            "<{}> in <{}>",
            inner.name,
            verb.name
        );
        check(inner);
    }
    match verb.name.as_str() {
        "Say" => {
            assert!(!verb.text.trim().is_empty(), "silence is not said");
            assert!(verb.text.len() <= 4096);
            let (voice, language) = (verb.attribute("voice"), verb.attribute("language"));
            assert!(
                voice.starts_with("Polly.") && language.len() == 5,
                "{voice} {language}"
            );
        }
        "Gather" => {
            assert!(
                !verb.attribute("action").is_empty(),
                "a gather without action loops"
            );
            assert!(verb.attribute("timeout").parse::<u8>().is_ok());
        }
        "Dial" => {
            let seconds: u8 = verb.attribute("timeout").parse().unwrap();
            assert!(
                (5..=12).contains(&seconds),
                "{seconds} s: the carrier forwards it back to us"
            );
            assert_eq!(verb.attribute("answerOnBridge"), "true");
        }
        "Record" => assert!(
            !verb.attribute("action").is_empty(),
            "a record without action loops"
        ),
        _ => {}
    }
}

struct Reader<'a> {
    rest: &'a str,
    document: &'a str,
}

impl<'a> Reader<'a> {
    #[track_caller]
    fn take(&mut self, expected: &str) {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or_else(|| {
            panic!(
                "{expected} is missing at {:?} of {}",
                self.rest, self.document
            )
        });
    }

    fn until(&mut self, ends: &[char]) -> &'a str {
        let at = self.rest.find(ends).unwrap_or(self.rest.len());
        let (before, rest) = self.rest.split_at(at);
        self.rest = rest;
        before
    }

    fn element(&mut self) -> Verb {
        self.take("<");
        let name = self.until(&[' ', '>', '/']).to_owned();
        assert!(
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()),
            "{name:?}"
        );
        let mut attributes = BTreeMap::new();
        while self.rest.starts_with(' ') {
            self.take(" ");
            let key = self.until(&['=']).to_owned();
            self.take("=\"");
            let value = unescape(self.until(&['"', '<']));
            self.take("\"");
            assert!(
                attributes.insert(key.clone(), value).is_none(),
                "{key} twice"
            );
        }
        let mut verb = Verb {
            name,
            attributes,
            text: String::new(),
            inner: Vec::new(),
        };
        if self.rest.starts_with("/>") {
            self.take("/>");
            return verb;
        }
        self.take(">");
        loop {
            verb.text.push_str(&unescape(self.until(&['<'])));
            if self.rest.starts_with("</") {
                let end = format!("</{}>", verb.name);
                self.take(&end);
                return verb;
            }
            verb.inner.push(self.element());
        }
    }
}

#[track_caller]
fn unescape(text: &str) -> String {
    let forbidden = |c: char| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    assert!(!text.contains(forbidden), "{text:?}");
    assert!(!text.contains('>'), "{text:?}");
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let entities = [
            ("&amp;", '&'),
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&quot;", '"'),
        ];
        let found = entities
            .iter()
            .find(|(entity, _)| rest[at..].starts_with(entity));
        let (entity, c) = found.unwrap_or_else(|| panic!("a bare & in {text:?}"));
        plain.push(*c);
        rest = &rest[at + entity.len()..];
    }
    plain.push_str(rest);
    plain
}
