//! TwiML, written: what Twilio does with a call, verb after verb. Nothing that people say or a business is called can
//! break out of its place.
use std::fmt::Write;

/// Twilio's limit for one `<Say>`.
const LONGEST_SAY: usize = 4096;
/// Twilio refuses a document of more than 64 kB (11750).
pub const LONGEST_DOCUMENT: usize = 60_000;
const LONGEST_HINT: usize = 100;
const MOST_HINTS: usize = 100;

/// What Twilio does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    Say(Say),
    Play {
        url: String,
    },
    Pause {
        seconds: u8,
    },
    /// Speaks, and listens meanwhile and afterwards.
    Gather(Gather),
    Dial(Dial),
    /// Records what the caller says after a tone.
    Record(Record),
    Redirect {
        url: String,
    },
    Reject {
        is_busy: bool,
    },
    Hangup,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub voice: &'static str,
    pub language: &'static str,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    pub action: String,
    /// The action is a plain file.
    pub is_action_static: bool,
    pub language: &'static str,
    pub takes_speech: bool,
    /// Whether the action is also asked when nothing was heard; else the next verb runs.
    pub tells_silence: bool,
    /// The gather ends with so many keys.
    pub digits: Option<u8>,
    /// How long to wait for the first word or key.
    pub timeout_s: u8,
    pub hints: Vec<String>,
    /// Say, play and pause alone.
    pub prompt: Vec<Verb>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    pub number: String,
    /// What the person hears before the two are connected.
    pub whisper: Option<String>,
    /// The whisper is a plain file.
    pub is_whisper_static: bool,
    pub action: Option<String>,
    pub timeout_s: u8,
    /// Shown to the person; None: the caller's own number.
    pub caller_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub action: String,
    /// The action is a plain file.
    pub is_action_static: bool,
    pub status_callback: String,
    pub longest_s: u16,
    /// Where a transcription is wanted.
    pub transcribe_callback: Option<String>,
}

/// The whole document.
pub fn document(verbs: &[Verb]) -> String {
    let mut out = String::from(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#);
    for verb in verbs {
        write_verb(&mut out, verb);
    }
    out.push_str("</Response>");
    out
}

fn write_verb(out: &mut String, verb: &Verb) {
    match verb {
        Verb::Say(say) => write_say(out, say),
        Verb::Play { url } => element(out, "Play", &[], url),
        Verb::Pause { seconds } => empty(out, "Pause", &[("length", &seconds.to_string())]),
        Verb::Gather(gather) => write_gather(out, gather),
        Verb::Dial(dial) => write_dial(out, dial),
        Verb::Record(record) => write_record(out, record),
        Verb::Redirect { url } => element(out, "Redirect", &[("method", "POST")], url),
        Verb::Reject { is_busy } => {
            let reason = if *is_busy { "busy" } else { "rejected" };
            empty(out, "Reject", &[("reason", reason)]);
        }
        Verb::Hangup => empty(out, "Hangup", &[]),
    }
}

fn write_say(out: &mut String, say: &Say) {
    let attributes = [("voice", say.voice), ("language", say.language)];
    // A document that is too long is not read at all: the end of what is said is what goes.
    let room = LONGEST_DOCUMENT.saturating_sub(out.len());
    let mut used = 0;
    for part in parts(&say.text) {
        used += part.len() * 2 + 100;
        if used > room {
            break;
        }
        element(out, "Say", &attributes, part);
    }
}

fn write_gather(out: &mut String, gather: &Gather) {
    let input = if gather.takes_speech {
        "dtmf speech"
    } else {
        "dtmf"
    };
    let timeout = gather.timeout_s.to_string();
    let digits = gather.digits.map(|digits| digits.to_string());
    let hints = hints(&gather.hints);
    let mut attributes = vec![
        ("input", input),
        ("action", gather.action.as_str()),
        ("method", method(gather.is_action_static)),
        ("timeout", &timeout),
    ];
    if gather.tells_silence {
        attributes.push(("actionOnEmptyResult", "true"));
    }
    if gather.takes_speech {
        attributes.push(("language", gather.language));
        // Seconds and not `auto`: a model, should one be set, takes nothing else.
        attributes.push(("speechTimeout", "2"));
        if !hints.is_empty() {
            attributes.push(("hints", &hints));
        }
    }
    if let Some(digits) = &digits {
        attributes.push(("numDigits", digits));
    }
    open(out, "Gather", &attributes);
    out.push('>');
    for verb in &gather.prompt {
        if matches!(verb, Verb::Say(_) | Verb::Play { .. } | Verb::Pause { .. }) {
            write_verb(out, verb);
        }
    }
    out.push_str("</Gather>");
}

fn write_dial(out: &mut String, dial: &Dial) {
    let timeout = dial.timeout_s.to_string();
    let mut attributes = Vec::new();
    if let Some(action) = &dial.action {
        attributes.extend([("action", action.as_str()), ("method", "POST")]);
    }
    attributes.extend([("timeout", timeout.as_str()), ("answerOnBridge", "true")]);
    if let Some(caller_id) = &dial.caller_id {
        attributes.push(("callerId", caller_id));
    }
    open(out, "Dial", &attributes);
    out.push('>');
    let whisper = dial.whisper.as_deref();
    let whisper: Vec<_> = whisper
        .into_iter()
        .flat_map(|url| [("url", url), ("method", method(dial.is_whisper_static))])
        .collect();
    element(out, "Number", &whisper, &dial.number);
    out.push_str("</Dial>");
}

fn write_record(out: &mut String, record: &Record) {
    let longest = record.longest_s.to_string();
    let mut attributes = vec![
        ("action", record.action.as_str()),
        ("method", method(record.is_action_static)),
        ("maxLength", &longest),
        ("timeout", "5"),
        ("finishOnKey", "#"),
        ("playBeep", "true"),
        ("trim", "trim-silence"),
        ("recordingStatusCallback", &record.status_callback),
        ("recordingStatusCallbackMethod", "POST"),
    ];
    if let Some(url) = &record.transcribe_callback {
        attributes.extend([("transcribe", "true"), ("transcribeCallback", url)]);
    }
    empty(out, "Record", &attributes);
}

/// Hosts of plain files know nothing else than GET.
fn method(is_static: bool) -> &'static str {
    match is_static {
        true => "GET",
        false => "POST",
    }
}

/// A comma parts hints from one another.
fn hints(all: &[String]) -> String {
    let tidy = all
        .iter()
        .map(|hint| hint.replace(',', " ").trim().to_owned());
    let tidy = tidy.filter(|hint| !hint.is_empty() && hint.chars().count() <= LONGEST_HINT);
    tidy.take(MOST_HINTS).collect::<Vec<_>>().join(", ")
}

/// A text in pieces that Twilio says, each ending with a sentence or at least a word.
fn parts(text: &str) -> Vec<&str> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        // Bytes are at least as many as characters.
        let mut end = rest.len().min(LONGEST_SAY);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if end < rest.len() {
            let piece = &rest[..end];
            let sentence = piece.rfind(['.', '!', '?']).map(|at| at + 1);
            end = sentence
                .or(piece.rfind(char::is_whitespace))
                .filter(|at| *at > 0)
                .unwrap_or(end);
        }
        parts.push(rest[..end].trim());
        rest = rest[end..].trim_start();
    }
    parts
}

fn open(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    let _ = write!(out, "<{name}");
    for (key, value) in attributes {
        let _ = write!(out, " {key}=\"");
        escape(out, value);
        out.push('"');
    }
}

fn empty(out: &mut String, name: &str, attributes: &[(&str, &str)]) {
    open(out, name, attributes);
    out.push_str("/>");
}

fn element(out: &mut String, name: &str, attributes: &[(&str, &str)], text: &str) {
    open(out, name, attributes);
    out.push('>');
    escape(out, text);
    let _ = write!(out, "</{name}>");
}

/// What XML has no place for is left out: most control characters, and two that are none.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: impl Into<String>) -> Verb {
        Verb::Say(Say {
            voice: "Polly.Joanna-Neural",
            language: "en-US",
            text: text.into(),
        })
    }

    #[test]
    fn a_turn_listens_while_it_speaks() {
        let gather = Verb::Gather(Gather {
            action: "/voice/gather?turn=2&s=1".to_owned(),
            is_action_static: false,
            language: "fr-CA",
            takes_speech: true,
            tells_silence: true,
            digits: None,
            timeout_s: 6,
            hints: vec!["rendez-vous".to_owned(), "a, b".to_owned(), " ".to_owned()],
            prompt: vec![say("Bonjour"), Verb::Hangup],
        });
        assert_eq!(
            document(&[gather]),
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Gather input="dtmf speech" action="/voice/gather?turn=2&amp;s=1" method="POST" timeout="6" actionOnEmptyResult="true" language="fr-CA" speechTimeout="2" hints="rendez-vous, a  b"><Say voice="Polly.Joanna-Neural" language="en-US">Bonjour</Say></Gather></Response>"#
        );
    }

    #[test]
    fn nothing_breaks_out_of_its_place() {
        let nasty = "</Say><Hangup/> & \"quoted\" 'it' \u{0}\u{b}\u{ffff}\u{7f}é 🏠";
        let written = document(&[say(nasty)]);
        assert!(written.contains(
            "&lt;/Say&gt;&lt;Hangup/&gt; &amp; &quot;quoted&quot; 'it' é 🏠</Say></Response>"
        ));
        let dial = Verb::Dial(Dial {
            number: "+1<&>".to_owned(),
            whisper: Some("/w?a=1&b=\"".to_owned()),
            is_whisper_static: false,
            action: None,
            timeout_s: 12,
            caller_id: None,
        });
        assert_eq!(
            document(&[dial]),
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="12" answerOnBridge="true"><Number url="/w?a=1&amp;b=&quot;" method="POST">+1&lt;&amp;&gt;</Number></Dial></Response>"#
        );
    }

    #[test]
    fn a_long_text_is_said_in_pieces_that_end_where_sentences_do() {
        let long = "C'est une longue phrase. ".repeat(400);
        let pieces = parts(&long);
        assert!(pieces.len() > 2);
        assert!(
            pieces
                .iter()
                .all(|piece| piece.len() <= LONGEST_SAY && piece.ends_with('.'))
        );
        assert_eq!(pieces.join(" "), long.trim());
        let unbroken = "é".repeat(5000);
        assert_eq!(parts(&unbroken).concat(), unbroken);
        assert!(parts(" ").is_empty());
    }

    #[test]
    fn a_document_is_never_too_long() {
        let endless = say("word & ".repeat(40_000));
        let written = document(&[endless.clone(), endless, Verb::Hangup]);
        assert!(written.len() < 64_000, "{}", written.len());
        assert!(written.ends_with("<Hangup/></Response>"));
    }

    #[test]
    fn who_is_not_answered_is_rejected_and_a_message_recorded() {
        let record = Verb::Record(Record {
            action: "/done".to_owned(),
            is_action_static: false,
            status_callback: "/sound".to_owned(),
            longest_s: 120,
            transcribe_callback: None,
        });
        let written = document(&[record]);
        assert!(written.contains(r#"<Record action="/done" method="POST" maxLength="120""#));
        assert!(!written.contains("transcribe"));
        let written = document(&[Verb::Reject { is_busy: false }]);
        assert!(written.contains(r#"<Response><Reject reason="rejected"/></Response>"#));
        let others = [
            Verb::Pause { seconds: 1 },
            Verb::Play { url: "/a".into() },
            Verb::Redirect { url: "/b".into() },
        ];
        let written = document(&others);
        assert!(written.contains(
            r#"<Pause length="1"/><Play>/a</Play><Redirect method="POST">/b</Redirect>"#
        ));
    }
}
