//! TwiML as a telephone reads it: the verbs of a document, for the one who plays Twilio.
use std::collections::BTreeMap;

use anyhow::{Context, bail};

/// A verb with its attributes, its text and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub inner: Vec<Verb>,
}

impl Verb {
    pub fn attribute(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.attributes.get(name).map(String::as_str);
        found.with_context(|| format!("<{}> has no {name}", self.name))
    }
}

/// The verbs of a document. It is one of ours: what is not written as we write is refused.
pub fn read(document: &str) -> anyhow::Result<Vec<Verb>> {
    let body = match document.strip_prefix("<?xml") {
        Some(rest) => {
            rest.split_once("?>")
                .context("the declaration does not end")?
                .1
        }
        None => document,
    };
    let mut rest = body.trim();
    let root = element(&mut rest)?;
    if root.name != "Response" || !rest.is_empty() {
        bail!("not a TwiML document: {document}");
    }
    Ok(root.inner)
}

fn element(rest: &mut &str) -> anyhow::Result<Verb> {
    take(rest, "<")?;
    let name = until(rest, &[' ', '>', '/']).to_owned();
    let mut attributes = BTreeMap::new();
    while let Some(more) = rest.strip_prefix(' ') {
        *rest = more.trim_start();
        if rest.starts_with(['>', '/']) {
            break;
        }
        let key = until(rest, &['=']).to_owned();
        take(rest, "=\"")?;
        let value = unescape(until(rest, &['"']));
        take(rest, "\"")?;
        attributes.insert(key, value);
    }
    let mut verb = Verb {
        name,
        attributes,
        text: String::new(),
        inner: Vec::new(),
    };
    if let Some(more) = rest.strip_prefix("/>") {
        *rest = more;
        return Ok(verb);
    }
    take(rest, ">")?;
    loop {
        verb.text.push_str(&unescape(until(rest, &['<'])));
        if rest.starts_with("</") {
            take(rest, &format!("</{}>", verb.name))?;
            verb.text = verb.text.trim().to_owned();
            return Ok(verb);
        }
        verb.inner.push(element(rest)?);
    }
}

fn take(rest: &mut &str, expected: &str) -> anyhow::Result<()> {
    let more = rest.strip_prefix(expected);
    *rest = more.with_context(|| format!("{expected} is missing before {rest:?}"))?;
    Ok(())
}

fn until<'a>(rest: &mut &'a str, ends: &[char]) -> &'a str {
    let at = rest.find(ends).unwrap_or(rest.len());
    let (before, after) = rest.split_at(at);
    *rest = after;
    before
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_its_verbs() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response><Gather action="/x?a=1&amp;b=2" input="dtmf speech"><Say>Tom &amp; Ann</Say></Gather><Hangup/></Response>"#;
        let verbs = read(document).unwrap();
        assert_eq!(verbs[0].attribute("action").unwrap(), "/x?a=1&b=2");
        assert_eq!(verbs[0].inner[0].text, "Tom & Ann");
        assert_eq!((verbs[1].name.as_str(), verbs.len()), ("Hangup", 2));
        assert!(verbs[1].attribute("action").is_err());
        for broken in [
            "",
            "<Response>",
            "<html></html>",
            "<Response></Response>x",
            "{}",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
