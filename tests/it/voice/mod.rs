//! Calls: what Retell, Vapi and Twilio ask and tell, what a caller hears, what the business sees afterwards.
mod again;
mod audio;
mod circles;
mod conversations;
mod ends;
mod events;
mod faults;
mod forwarding;
mod hangs;
mod inbound;
mod order;
mod retell_tools;
mod samples;
mod stuck;
mod text_tools;
mod tools;
mod twilio;
mod twilio_dial;
mod twilio_faults;
mod twilio_missed;
mod twilio_modes;
mod twilio_sound;
mod vapi;

use serde_json::Value;

use crate::support::{Subscriber, TestApp};

/// Who calls in the samples.
const CALLER: &str = "+15145550142";
/// Whom they call.
const BOREALE: &str = "+14385550117";

/// A sample of what Retell sends.
macro_rules! sample {
    ($name:literal) => {
        crate::voice::parse(include_str!(concat!("../../data/retell/", $name, ".json")))
    };
}
use sample;

fn parse(sample: &str) -> Value {
    serde_json::from_str(sample).unwrap()
}

/// The business of the samples.
async fn boreale(app: &TestApp) -> Subscriber {
    let boreale = app.subscriber("boreale").name("Plomberie Boréale");
    let boreale = boreale
        .older_id("tnt_01HBOREALE")
        .number(BOREALE)
        .zone("America/Montreal")
        .await;
    app.change(
        &boreale,
        "update subscriber_profiles set recording_mode = 'ANNOUNCED' where subscriber_id = $1",
    )
    .await;
    boreale
}

/// The same sample with another value; the path is written as in a JSON pointer.
fn with(mut sample: Value, path: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    sample.pointer_mut(parent).unwrap()[name] = value.into();
    sample
}

/// The same sample without a member.
fn without(mut sample: Value, path: &str) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = sample.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    sample
}

async fn tell(app: &TestApp, event: &Value) {
    app.retell_event(event).send().await.expect(204);
}
