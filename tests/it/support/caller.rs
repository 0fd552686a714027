//! Somebody calls: what Twilio would post, signed as Twilio signs, and the TwiML that comes back, followed as Twilio
//! follows it.
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use rocket_reception::{
    app::AppState,
    providers::twilio::{Form, signature},
    server,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Answer, PUBLIC_URL, TWILIO_TOKEN, TestApp,
    app::answer,
    twiml::{self, Verb},
};
use crate::fakes::FakeTwilio;

const RING: &str = "/voice/webhook/voice";
const STATUS: &str = "/webhooks/twilio/voice/status";

/// A call under way. What the caller heard and what Twilio does next stands in it.
pub struct Caller<'app> {
    app: &'app TestApp,
    /// Another process, which Twilio may ask as well.
    process: Option<Router>,
    pub sid: String,
    fields: Vec<(String, String)>,
    /// Everything that was said to the caller, in its order.
    pub heard: Vec<String>,
    /// The last document.
    pub verbs: Vec<Verb>,
    pub document: String,
}

impl TestApp {
    /// A call from this number; it has not rung yet.
    pub fn call_from(&self, from: &str) -> Caller<'_> {
        let sid = format!("CA{}", Uuid::new_v4().simple());
        let fields = [
            ("CallSid", sid.as_str()),
            ("AccountSid", FakeTwilio::ACCOUNT),
            ("ApiVersion", "2010-04-01"),
            ("From", from),
            ("Caller", from),
            ("Direction", "inbound"),
            ("FromZip", ""),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Caller {
            app: self,
            process: None,
            fields: fields.into(),
            sid,
            heard: Vec::new(),
            verbs: Vec::new(),
            document: String::new(),
        }
    }

    /// A form that Twilio signed for this path.
    pub async fn twilio_posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.twilio_signs(TWILIO_TOKEN, path, fields).await
    }

    /// The same, signed by another's secret.
    pub async fn twilio_signs(&self, token: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(signed(token, path, fields)).await
    }
}

fn signed(token: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let form: Form = fields.iter().copied().collect();
    // What stands behind `#` is for Twilio and is neither sent nor signed.
    let path = path.strip_prefix(PUBLIC_URL).unwrap_or(path);
    let path = path.split('#').next().unwrap_or_default();
    let url = format!("{PUBLIC_URL}{path}");
    let signed = signature::sign(&SecretString::from(token), &url, &form);
    let mut encoded = reqwest::Url::parse(PUBLIC_URL).unwrap();
    encoded.query_pairs_mut().extend_pairs(fields);
    let body = encoded.query().unwrap_or_default().to_owned();
    Request::post(path)
        .header(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=UTF-8",
        )
        .header("x-twilio-signature", signed)
        .body(Body::from(body))
        .unwrap()
}

impl Caller<'_> {
    /// The same call, at another process from here on; None: back at the first.
    pub fn at(mut self, other: Option<&AppState>) -> Self {
        self.process = other.map(|other| server::router(other.clone()));
        self
    }

    /// A field of every request of this call.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(key, _)| key != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Calls this number.
    pub async fn calls(self, number: &str) -> Self {
        self.calls_at(number, RING).await
    }

    /// Calls this number, whose URL at Twilio is this one.
    pub async fn calls_at(self, number: &str, path: &str) -> Self {
        let mut call = self.with("To", number).with("Called", number);
        call.go(path, &[("CallStatus", "ringing")]).await;
        call
    }

    /// Says something.
    pub async fn says(&mut self, words: &str) -> &mut Self {
        self.answers(&[("SpeechResult", words), ("Confidence", "0.91")])
            .await
    }

    /// Presses keys.
    pub async fn keys(&mut self, digits: &str) -> &mut Self {
        self.answers(&[("Digits", digits)]).await
    }

    /// Says nothing for as long as Twilio waits.
    pub async fn is_silent(&mut self) -> &mut Self {
        self.answers(&[]).await
    }

    /// What `<Gather>` heard.
    pub async fn answers(&mut self, told: &[(&str, &str)]) -> &mut Self {
        let action = self.gather().attribute("action").to_owned();
        let mut fields = vec![("CallStatus", "in-progress")];
        fields.extend(told);
        self.go(&action, &fields).await;
        self
    }

    /// Somebody takes the call at the other end: the key is pressed, and they speak for so long.
    pub async fn is_put_through(&mut self, seconds: &str) -> &mut Self {
        let whisper = self.dialled().attribute("url").to_owned();
        let asked = self.leg(&whisper, &[]).await;
        let gather = twiml::read(&asked).remove(0);
        let accepted = self
            .leg(gather.attribute("action"), &[("Digits", "1")])
            .await;
        assert_eq!(twiml::read(&accepted), [], "the two are connected");
        let told = [
            ("DialCallStatus", "completed"),
            ("DialBridged", "true"),
            ("DialCallDuration", seconds),
        ];
        self.dial_ends(&told).await
    }

    /// Somebody's answering machine takes the call, and presses no key.
    pub async fn reaches_a_machine(&mut self) -> &mut Self {
        let whisper = self.dialled().attribute("url").to_owned();
        let asked = self.leg(&whisper, &[]).await;
        let last = twiml::read(&asked).pop().unwrap();
        assert_eq!(last.name, "Hangup", "a machine is left");
        self.dial_ends(&[("DialCallStatus", "completed"), ("DialBridged", "false")])
            .await
    }

    /// Nobody comes.
    pub async fn rings_in_vain(&mut self, status: &str) -> &mut Self {
        self.dial_ends(&[("DialCallStatus", status), ("DialBridged", "false")])
            .await
    }

    pub async fn dial_ends(&mut self, told: &[(&str, &str)]) -> &mut Self {
        let action = self.verb("Dial").attribute("action").to_owned();
        let leg = format!("{}d", &self.sid[..self.sid.len() - 1]);
        let mut fields = told.to_vec();
        fields.push(("DialCallSid", leg.as_str()));
        if !told.iter().any(|(name, _)| *name == "CallStatus") {
            fields.push(("CallStatus", "in-progress"));
        }
        self.go(&action, &fields).await;
        self
    }

    /// A request about the leg that was rung.
    async fn leg(&self, path: &str, told: &[(&str, &str)]) -> String {
        let leg = format!("{}d", &self.sid[..self.sid.len() - 1]);
        let mut fields = vec![
            ("CallSid", leg.as_str()),
            ("ParentCallSid", self.sid.as_str()),
            ("AccountSid", FakeTwilio::ACCOUNT),
            ("CallStatus", "in-progress"),
            ("Direction", "outbound-dial"),
        ];
        fields.extend(told);
        self.app.twilio_posts(path, &fields).await.expect(200).body
    }

    /// Speaks after the tone for so many seconds.
    pub async fn leaves_a_message(&mut self, seconds: &str) -> &mut Self {
        let record = self.verb("Record").clone();
        let (sid, url) = self.recording();
        let told = [
            ("CallStatus", "in-progress"),
            ("RecordingUrl", url.as_str()),
            ("RecordingSid", &sid),
            ("RecordingDuration", seconds),
            ("Digits", "#"),
        ];
        self.go(record.attribute("action"), &told).await;
        self
    }

    /// The id and the URL of this call's recording.
    pub fn recording(&self) -> (String, String) {
        let sid = format!("RE{}", &self.sid[2..]);
        let account = FakeTwilio::ACCOUNT;
        let base = &self.app.twilio.base_url;
        let url = format!("{base}/2010-04-01/Accounts/{account}/Recordings/{sid}");
        (sid, url)
    }

    /// Twilio tells that the recording is there, at this URL.
    pub async fn recording_is_done(&self, callback: &str, source: &str) -> Answer {
        let (sid, url) = self.recording();
        let told = [
            ("AccountSid", FakeTwilio::ACCOUNT),
            ("CallSid", &self.sid),
            ("RecordingSid", &sid),
            ("RecordingUrl", &url),
            ("RecordingStatus", "completed"),
            ("RecordingDuration", "11"),
            ("RecordingSource", source),
        ];
        self.app.twilio_posts(callback, &told).await
    }

    /// The call is over after so many seconds.
    pub async fn ends_after(&self, seconds: &str) -> Answer {
        self.ends(&[("CallStatus", "completed"), ("CallDuration", seconds)])
            .await
    }

    pub async fn ends(&self, told: &[(&str, &str)]) -> Answer {
        let fields = self.fields_with(told);
        self.app.twilio_posts(STATUS, &pairs(&fields)).await
    }

    /// Posts to this path as Twilio would and does what comes back.
    pub async fn go(&mut self, path: &str, told: &[(&str, &str)]) {
        let fields = self.fields_with(told);
        let request = signed(TWILIO_TOKEN, path, &pairs(&fields));
        let answer = match &self.process {
            Some(process) => answer(process.clone(), request).await,
            None => self.app.send(request).await,
        };
        let answer = answer.expect(200);
        assert!(
            answer.header("content-type").starts_with("text/xml"),
            "{}",
            answer.body
        );
        self.document = answer.body;
        self.verbs = twiml::read(&self.document);
        let inner = self
            .verbs
            .iter()
            .flat_map(|verb| [verb].into_iter().chain(&verb.inner));
        let said = inner
            .filter(|verb| verb.name == "Say")
            .map(|verb| verb.text.clone());
        self.heard.extend(said);
    }

    fn fields_with(&self, told: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = self
            .fields
            .iter()
            .filter(|(name, _)| !told.iter().any(|(key, _)| key == name));
        let told = told
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own.cloned().chain(told).collect()
    }

    /// The names of the verbs of the last document.
    pub fn does(&self) -> Vec<&str> {
        self.verbs.iter().map(|verb| verb.name.as_str()).collect()
    }

    #[track_caller]
    pub fn verb(&self, name: &str) -> &Verb {
        let found = self.verbs.iter().find(|verb| verb.name == name);
        found.unwrap_or_else(|| panic!("no <{name}> in {}", self.document))
    }

    #[track_caller]
    pub fn gather(&self) -> &Verb {
        self.verb("Gather")
    }

    /// Who is rung.
    #[track_caller]
    pub fn dialled(&self) -> &Verb {
        &self.verb("Dial").inner[0]
    }

    /// What was said last, in one.
    pub fn last(&self) -> String {
        let inner = self
            .verbs
            .iter()
            .flat_map(|verb| [verb].into_iter().chain(&verb.inner));
        let said = inner
            .filter(|verb| verb.name == "Say")
            .map(|verb| verb.text.as_str());
        said.collect::<Vec<_>>().join(" ")
    }
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
