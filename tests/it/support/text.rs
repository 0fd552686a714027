//! A person texts: what Twilio would post, signed as Twilio signs.
use axum::{
    body::Body,
    http::{Request, header},
};
use rocket_reception::providers::twilio::{Form, signature};
use secrecy::SecretString;
use uuid::Uuid;

use super::{Answer, PUBLIC_URL, TWILIO_TOKEN, TestApp};
use crate::fakes::FakeTwilio;

const SMS: &str = "/api/webhooks/twilio/sms";
const STATUS: &str = "/api/webhooks/twilio/sms/status";
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

/// A form that Twilio would post; the same one again is the same text again.
#[derive(Clone)]
pub struct Text<'app> {
    app: &'app TestApp,
    path: String,
    fields: Vec<(String, String)>,
    token: &'static str,
}

impl TestApp {
    pub fn text_from(&self, from: &str) -> Text<'_> {
        let sid = format!("SM{}", Uuid::new_v4().simple());
        self.twilio_form(SMS).fields(&[
            ("MessageSid", &sid),
            ("AccountSid", FakeTwilio::ACCOUNT),
            ("From", from),
            ("Body", ""),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("FromZip", ""),
        ])
    }

    /// Twilio tells how a text of ours fares, at the URL that we gave with it.
    pub fn status_of(&self, sid: &str, status: &str) -> Text<'_> {
        let sent = self.twilio.text(sid);
        let url = sent.status_callback.expect("a text with a callback");
        let path = url.strip_prefix(PUBLIC_URL).expect("a URL of ours");
        self.twilio_form(path).fields(&[
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("AccountSid", FakeTwilio::ACCOUNT),
            ("From", &sent.from),
            ("To", &sent.to),
        ])
    }

    /// News of a text at the number's own callback, which names nobody.
    pub fn bare_status_of(&self, sid: &str, from: &str, status: &str) -> Text<'_> {
        self.twilio_form(STATUS).fields(&[
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("From", from),
        ])
    }

    /// An empty form to a path of ours.
    pub fn twilio_form(&self, path: &str) -> Text<'_> {
        Text {
            app: self,
            path: path.to_owned(),
            fields: Vec::new(),
            token: TWILIO_TOKEN,
        }
    }
}

impl Text<'_> {
    pub fn to(self, number: &str) -> Self {
        self.field("To", number)
    }

    pub fn says(self, body: &str) -> Self {
        self.field("Body", body)
    }

    /// Pictures and their types, in the order in which they were attached.
    pub fn media(self, url: &str, content_type: &str) -> Self {
        self.field("NumMedia", "1")
            .field("MediaUrl0", url)
            .field("MediaContentType0", content_type)
    }

    /// Sets a field, in place of an earlier value.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.without(name).also(name, value)
    }

    /// Adds a field, even if it is there.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self
    }

    pub fn signed_by(self, token: &'static str) -> Self {
        Self { token, ..self }
    }

    pub fn posted_to(self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self
        }
    }

    fn fields(self, fields: &[(&str, &str)]) -> Self {
        let add = |form: Self, (name, value): &(&str, &str)| form.field(name, value);
        fields.iter().fold(self, add)
    }

    pub fn request(&self) -> Request<Body> {
        self.request_with(&self.signature(), FORM, self.encoded().into())
    }

    /// A request of any shape to the same path.
    pub fn request_with(
        &self,
        signature: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Request<Body> {
        Request::post(&self.path)
            .header(header::CONTENT_TYPE, content_type)
            .header("x-twilio-signature", signature)
            .body(body.into())
            .unwrap()
    }

    pub async fn send(&self) -> Answer {
        self.app.send(self.request()).await
    }

    /// The same request so many times at once.
    pub async fn send_at_once(&self, times: usize) -> Vec<Answer> {
        let requests = (0..times).map(|_| self.request()).collect();
        self.app.send_at_once(requests).await
    }

    pub fn signature(&self) -> String {
        let form: Form = self.fields.iter().cloned().collect();
        let url = format!("{PUBLIC_URL}{}", self.path);
        signature::sign(&SecretString::from(self.token), &url, &form)
    }

    pub fn encoded(&self) -> String {
        let mut url = reqwest::Url::parse(PUBLIC_URL).unwrap();
        url.query_pairs_mut().extend_pairs(&self.fields);
        url.query().unwrap_or_default().to_owned()
    }
}
