//! The requests: what Twilio and Retell send, signed beforehand, each with an id and a caller of its own.
use std::{cell::RefCell, rc::Rc, str::FromStr};

use rocket_reception::{
    kernel::clock::Clock,
    providers::{
        retell,
        twilio::{self, Form},
    },
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::driver::Shared;

pub const PUBLIC_URL: &str = "https://bench.example";
pub const TWILIO_TOKEN: &str = "twilio-token-of-the-benchmark";
pub const RETELL_SECRET: &str = "retell-secret-of-the-benchmark";

/// Places in a template, as wide as what is put there.
const SUBSCRIBER: &str = "SSSSSSSS";
const CALLER: &str = "CCCCCCCC";
const ID: &str = "IIIIIIIIIIIIIIII"; // milliseconds since 1970, and three digits more

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    RetellInbound,
    Sms,
    CallEnded,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::RetellInbound, Self::Sms, Self::CallEnded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RetellInbound => "retell-inbound",
            Self::Sms => "sms",
            Self::CallEnded => "call-ended",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::RetellInbound => "/webhooks/retell-inbound",
            Self::Sms => "/webhooks/twilio/sms",
            Self::CallEnded => "/webhooks/retell",
        }
    }

    /// Of PostgreSQL's own rate for the same statements.
    pub const fn wanted_share(self) -> f64 {
        match self {
            Self::RetellInbound => 0.45,
            Self::Sms | Self::CallEnded => 0.6,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| "retell-inbound, sms or call-ended".to_owned())
    }
}

/// What makes a request different from the next.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub subscriber: u64,
    pub caller: u64,
    pub id: u64,
}

impl Who {
    /// Spread over all subscribers; each caller writes or calls for the first time.
    fn of(serial: u64) -> Self {
        let mixed = serial.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        Self {
            subscriber: 10_000_000 + mixed % 10_000,
            caller: 10_000_000 + serial % 90_000_000,
            id: serial,
        }
    }
}

/// Requests that are signed and wait to be sent.
pub struct Requests {
    /// None: the fixed ones, one after the other, again and again.
    template: Option<Template>,
    fixed: Vec<Vec<u8>>,
    signed: Vec<(Who, String)>,
    next: usize,
    serial: u64,
}

impl Requests {
    pub fn of(kind: Kind) -> Shared {
        Rc::new(RefCell::new(Self {
            template: Some(Template::of(kind)),
            fixed: Vec::new(),
            signed: Vec::new(),
            next: 0,
            // Two sets of one run never meet: more than a thousand requests a millisecond is not to be feared.
            serial: Clock::System.now().timestamp_millis().unsigned_abs() * 1000,
        }))
    }

    /// These, as they are, again and again.
    pub fn fixed(requests: Vec<Vec<u8>>) -> Shared {
        Rc::new(RefCell::new(Self {
            template: None,
            fixed: requests,
            signed: Vec::new(),
            next: 0,
            serial: 0,
        }))
    }

    /// Throws away what is left and signs this many anew: signatures of Retell last five minutes.
    pub fn sign(&mut self, count: usize) {
        let Some(template) = &mut self.template else {
            return;
        };
        template.set_time(Clock::System.now().timestamp_millis());
        self.next = 0;
        self.signed = (0..count)
            .map(|_| {
                self.serial += 1;
                let who = Who::of(self.serial);
                (who, template.sign(who))
            })
            .collect();
    }

    /// Writes the next request, or says that there is none left.
    pub fn next(&mut self, into: &mut Vec<u8>) -> Option<Who> {
        let Some(template) = &self.template else {
            let request = self.fixed.get(self.next % self.fixed.len())?;
            self.next += 1;
            into.clear();
            into.extend_from_slice(request);
            return Some(Who::of(0));
        };
        let (who, signature) = self.signed.get(self.next)?;
        self.next += 1;
        template.write(*who, signature, into);
        Some(*who)
    }
}

/// A request but for the ids, the body kept as bytes with known places: the driver copies it and does no more.
struct Template {
    kind: Kind,
    body: Vec<u8>,
    places: Vec<(usize, Place)>,
    time_ms: i64,
}

#[derive(Clone, Copy)]
enum Place {
    Subscriber,
    Caller,
    Id,
}

impl Template {
    fn of(kind: Kind) -> Self {
        let body = match kind {
            Kind::RetellInbound => inbound().to_string(),
            Kind::Sms => sms(),
            Kind::CallEnded => call_ended().to_string(),
        };
        let mut places = Vec::new();
        for (mark, place) in [
            (SUBSCRIBER, Place::Subscriber),
            (CALLER, Place::Caller),
            (ID, Place::Id),
        ] {
            places.extend(body.match_indices(mark).map(|(at, _)| (at, place)));
        }
        Self {
            kind,
            body: body.into_bytes(),
            places,
            time_ms: 0,
        }
    }

    fn set_time(&mut self, time_ms: i64) {
        self.time_ms = time_ms;
    }

    fn body(&self, who: Who) -> Vec<u8> {
        let mut body = self.body.clone();
        self.fill(who, &mut body);
        body
    }

    fn fill(&self, who: Who, body: &mut [u8]) {
        for (at, place) in &self.places {
            let number = match place {
                Place::Subscriber => who.subscriber,
                Place::Caller => who.caller,
                Place::Id => who.id,
            };
            let digits = number.to_string();
            body[*at..*at + digits.len()].copy_from_slice(digits.as_bytes());
        }
    }

    fn sign(&self, who: Who) -> String {
        let body = self.body(who);
        match self.kind {
            Kind::Sms => {
                let form = Form::decode(&body).expect("a form of our own");
                let url = format!("{PUBLIC_URL}{}", self.kind.path());
                twilio::signature::sign(&SecretString::from(TWILIO_TOKEN), &url, &form)
            }
            Kind::RetellInbound | Kind::CallEnded => {
                retell::signature::sign(&SecretString::from(RETELL_SECRET), &body, self.time_ms)
            }
        }
    }

    fn write(&self, who: Who, signature: &str, into: &mut Vec<u8>) {
        let (header, content_type) = match self.kind {
            Kind::Sms => ("x-twilio-signature", "application/x-www-form-urlencoded"),
            Kind::RetellInbound | Kind::CallEnded => ("x-retell-signature", "application/json"),
        };
        into.clear();
        into.extend_from_slice(
            format!(
                "POST {} HTTP/1.1\r\nhost: bench.example\r\ncontent-type: {content_type}\r\n{header}: {signature}\r\n\
                 content-length: {}\r\n\r\n",
                self.kind.path(),
                self.body.len()
            )
            .as_bytes(),
        );
        let begin = into.len();
        into.extend_from_slice(&self.body);
        self.fill(who, &mut into[begin..]);
    }
}

fn inbound() -> Value {
    json!({
        "event": "call_inbound",
        "event_timestamp": Clock::System.now().timestamp_millis(),
        "call_inbound": {
            "call_id": format!("call_{ID}"),
            "agent_id": format!("agent_{SUBSCRIBER}"),
            "agent_version": 4,
            "from_number": format!("+1506{CALLER}"),
            "to_number": format!("+1204{SUBSCRIBER}"),
        }
    })
}

/// With every field that Twilio sends.
fn sms() -> String {
    let sid = format!("SM{ID}0000000000000000");
    format!(
        "ToCountry=CA&ToState=MB&SmsMessageSid={sid}&NumMedia=0&ToCity=WINNIPEG&FromZip=&SmsSid={sid}&FromState=NB\
         &SmsStatus=received&FromCity=MONCTON&Body=Bonjour%2C+%C3%AAtes-vous+ouverts+demain%3F&FromCountry=CA\
         &To=%2B1204{SUBSCRIBER}&ToZip=&NumSegments=1&MessageSid={sid}\
         &AccountSid=AC00000000000000000000000000000001&From=%2B1506{CALLER}&ApiVersion=2010-04-01"
    )
}

/// Retell's own example with a transcript of twelve turns, each with its words and their times, twice as Retell sends it.
fn call_ended() -> Value {
    let text = include_str!("../../tests/data/retell/call_ended.json");
    let mut event: Value = serde_json::from_str(text).expect("the example is JSON");
    let call = &mut event["call"];
    let said = call["transcript_object"].as_array().cloned();
    let turns: Vec<Value> = said
        .unwrap_or_default()
        .into_iter()
        .cycle()
        .take(12)
        .collect();
    call["transcript_object"] = turns.clone().into();
    call["transcript_with_tool_calls"] = turns.into();
    call["call_id"] = format!("call_{ID}").into();
    call["agent_id"] = format!("agent_{SUBSCRIBER}").into();
    call["from_number"] = format!("+1506{CALLER}").into();
    call["to_number"] = format!("+1204{SUBSCRIBER}").into();
    call["metadata"] = json!({
        "subscriber_id": format!("00000000-0000-4000-8000-0000{SUBSCRIBER}")
    });
    let ended_at = Clock::System.now().timestamp_millis();
    event["event_timestamp"] = ended_at.into();
    event["call"]["start_timestamp"] = (ended_at - 94_310).into();
    event["call"]["end_timestamp"] = ended_at.into();
    event
}
