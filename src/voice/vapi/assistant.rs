//! An assistant for one call: what is other than Vapi has it, or all of it.
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::words;
use crate::{
    app::App,
    kernel::{ids::SubscriberId, language::Language, phone::E164},
    providers::vapi::auth::SECRET_HEADER,
    receptionist::{
        Business, Medium,
        prompt::{Briefing, prompt},
        say::{Phrase, say},
        tools::{self, ToolName, ToolSpec},
    },
    tenancy::{RecordingMode, VoiceLine},
    voice::line::{ServiceState, variables},
};

/// What Vapi shall tell us; the rest is chatter. Always named: without the list an assistant of one call was seen to
/// tell nothing of its end.
const SERVER_MESSAGES: [&str; 5] = [
    "status-update",
    "end-of-call-report",
    "tool-calls",
    "hang",
    "transfer-destination-request",
];
/// Longer than we ever take for a tool.
const SERVER_TIMEOUT_S: u32 = 20;
/// Vapi cuts a tool's arguments at 100 tokens if nobody says more.
const TOOL_TOKENS: u32 = 500;
/// A call that may only leave a message is kept short; any other ends within the hour.
const SHORT_CALL_S: u32 = 120;
const LONGEST_CALL_S: u32 = 3600;
const LONGEST_NAME: usize = 40;

/// Everything from which the assistant of one call is made.
pub struct Setup<'a> {
    pub app: &'a App,
    pub subscriber: SubscriberId,
    pub secret: &'a SecretString,
    pub voice: &'a VoiceLine,
    pub caller: Option<&'a E164>,
    /// Whom a caller can be put through to.
    pub transfer_number: Option<&'a E164>,
    pub state: ServiceState,
    pub now: DateTime<Utc>,
}

impl Setup<'_> {
    fn language(&self) -> Language {
        self.voice.line.language
    }

    /// What is other than the assistant has it that the channel names.
    pub fn overrides(&self) -> Value {
        let mut overrides = self.common();
        let variables = variables(self.voice, self.caller, self.state, self.now);
        overrides.insert("variableValues".to_owned(), json!(variables));
        // Without words of the business's own the assistant has its own, unless it must say that it records.
        if self.voice.greeting.is_some() || self.is_recorded() {
            let first = self.first_message();
            overrides.insert("firstMessage".to_owned(), first.into());
        }
        if self.state != ServiceState::Active {
            overrides.insert("maxDurationSeconds".to_owned(), SHORT_CALL_S.into());
        }
        overrides.into()
    }

    /// A whole assistant.
    pub fn assistant(&self, business: &Business) -> Value {
        let prompt = prompt(&Briefing {
            business,
            language: self.language(),
            medium: Medium::Voice,
            now: self.now,
            caller: self.voice.caller_name.as_deref(),
            is_limited: self.state != ServiceState::Active,
        });
        let tools = tool_definitions(self.transfer_number.is_some());
        let longest = match self.state {
            ServiceState::Active => LONGEST_CALL_S,
            ServiceState::MessageOnly | ServiceState::TransferOnly => SHORT_CALL_S,
        };
        let name: String = self
            .voice
            .line
            .business_name
            .chars()
            .take(LONGEST_NAME)
            .collect();
        let whole = json!({
            "name": name,
            "firstMessage": self.first_message(),
            "model": {
                "provider": "openai",
                "model": "gpt-4o",
                "messages": [{"role": "system", "content": prompt}],
                "tools": tools,
            },
            "voice": self.sound(),
            "transcriber": {
                "provider": "deepgram",
                "model": "nova-2",
                "language": match self.language() {
                    Language::En => "en",
                    Language::Fr => "fr-CA",
                    Language::Es => "es",
                },
            },
            "maxDurationSeconds": longest,
            "analysisPlan": self.analysis(),
        });
        let mut assistant = self.common();
        if let Value::Object(members) = whole {
            assistant.extend(members);
        }
        assistant.into()
    }

    /// Where its news go and how its later events are attributed; nothing is kept there that nobody agreed to.
    fn common(&self) -> Map<String, Value> {
        let mut artifacts = json!({"recordingEnabled": self.is_recorded()});
        if !self.voice.line.keeps_words {
            artifacts["transcriptPlan"] = json!({"enabled": false});
            artifacts["loggingEnabled"] = json!(false);
        }
        let members = [
            ("server", server(self.app, self.subscriber, self.secret)),
            ("serverMessages", json!(SERVER_MESSAGES)),
            ("metadata", json!({"subscriber_id": self.subscriber})),
            ("artifactPlan", artifacts),
        ];
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// Where callers are asked first, an assistant cannot be sure of the answer, so it does not record.
    fn is_recorded(&self) -> bool {
        self.voice.settings.recording_mode == RecordingMode::Announced
            && self.voice.line.keeps_words
    }

    fn first_message(&self) -> String {
        let name = &self.voice.line.business_name;
        let greeting = || say(self.language(), Phrase::Greeting { name });
        let greeting = self.voice.greeting.clone().unwrap_or_else(greeting);
        if !self.is_recorded() {
            return greeting;
        }
        let own = self.voice.settings.recording_consent_text.as_deref();
        let announcement = own.unwrap_or_else(|| words::recorded(self.language()));
        format!("{announcement} {greeting}")
    }

    /// The voice that the business chose, by ElevenLabs' id of it; else one that speaks its language.
    fn sound(&self) -> Value {
        if let Some(id) = &self.voice.settings.voice_id {
            // The usual model speaks English alone.
            return json!({"provider": "11labs", "voiceId": id, "model": "eleven_turbo_v2_5"});
        }
        let voice = match self.language() {
            Language::En => "en-CA-ClaraNeural",
            Language::Fr => "fr-CA-SylvieNeural",
            Language::Es => "es-MX-DaliaNeural",
        };
        json!({"provider": "azure", "voiceId": voice})
    }

    fn analysis(&self) -> Value {
        let keeps_words = self.voice.line.keeps_words;
        json!({
            "summaryPlan": {"enabled": keeps_words},
            "successEvaluationPlan": {"enabled": false},
            "structuredDataPlan": {
                "enabled": true,
                "schema": {
                    "type": "object",
                    "properties": {"outcome": {
                        "type": "string",
                        "description": "What came of the call.",
                        "enum": ["booked", "rescheduled", "cancelled", "transferred", "message_taken", "answered"],
                    }},
                },
            },
        })
    }
}

/// Where Vapi tells and asks, and how it proves itself there. The header is echoed in later messages, and taken out of
/// them before anything is kept.
fn server(app: &App, subscriber: SubscriberId, secret: &SecretString) -> Value {
    json!({
        "url": format!("{}/webhooks/vapi/{subscriber}", app.settings.public_url),
        "timeoutSeconds": SERVER_TIMEOUT_S,
        "headers": {SECRET_HEADER: secret.expose_secret()},
        "backoffPlan": {"type": "exponential", "maxRetries": 5, "baseDelaySeconds": 1},
    })
}

/// Our tools as Vapi wants them. Putting a caller through is Vapi's own: it asks us to whom.
pub fn tool_definitions(can_transfer: bool) -> Vec<Value> {
    let tools = tools::offered().into_iter();
    tools
        .map(|tool| match tool.name {
            ToolName::TransferCall if can_transfer => json!({
                "type": "transferCall",
                "destinations": [],
                "function": function(&tool),
            }),
            _ => json!({
                "type": "function",
                "function": function(&tool),
                "maxTokens": TOOL_TOKENS,
            }),
        })
        .collect()
}

fn function(tool: &ToolSpec) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_defined_and_a_caller_is_put_through_by_vapi_itself() {
        let tools = tool_definitions(true);
        assert_eq!(tools.len(), ToolName::ALL.len());
        for tool in &tools {
            assert_eq!(tool["function"]["parameters"]["type"], "object", "{tool}");
        }
        let transfer = |tools: Vec<Value>| {
            let mut tools = tools.into_iter();
            tools.find(|tool| tool["function"]["name"] == "transfer_call")
        };
        assert_eq!(transfer(tools).unwrap()["type"], "transferCall");
        assert_eq!(
            transfer(tool_definitions(false)).unwrap()["type"],
            "function"
        );
    }
}
