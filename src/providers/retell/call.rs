//! A phone or web call as Retell describes it: in events, in function calls and in answers of its API.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{
    transcript::{self, Turn, Utterance},
    wire::subscriber_hint,
};
use crate::providers::loose;

/// A call. Only its id is certain: a web call has no numbers, a call that never connected has no transcript, and what is
/// empty is left out. Each later event has more of it, so merge and never blank.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    pub call_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub call_type: Option<String>,
    /// Not to be trusted alone: Retell's own sample of an ended call says `registered`. Go by the event and the disconnection.
    #[serde(default, deserialize_with = "loose::text")]
    pub call_status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub direction: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub from_number: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub to_number: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub agent_id: Option<String>,
    #[serde(default, deserialize_with = "loose::integer")]
    pub agent_version: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    pub agent_name: Option<String>,
    /// What we gave when the call came in.
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub metadata: Map<String, Value>,
    #[serde(
        default,
        deserialize_with = "loose::or_absent",
        rename = "retell_llm_dynamic_variables"
    )]
    pub dynamic_variables: Map<String, Value>,
    /// What the agent noted down during the call.
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub collected_dynamic_variables: Map<String, Value>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub custom_sip_headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub start_timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub end_timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub transfer_end_timestamp: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "loose::integer")]
    pub duration_ms: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    pub transcript: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    pub transcript_object: Vec<Utterance>,
    #[serde(default, deserialize_with = "loose::list")]
    pub transcript_with_tool_calls: Vec<Utterance>,
    /// May die ten minutes after the call, depending on the agent's storage setting: fetch it at once.
    #[serde(default, deserialize_with = "loose::text")]
    pub recording_url: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub recording_multi_channel_url: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub scrubbed_recording_url: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub public_log_url: Option<String>,
    /// See [`super::disconnection`].
    #[serde(default, deserialize_with = "loose::text")]
    pub disconnection_reason: Option<String>,
    #[serde(default, deserialize_with = "destination")]
    pub transfer_destination: Option<TransferDestination>,
    #[serde(default, deserialize_with = "loose::text")]
    pub data_storage_setting: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    telephony_identifier: TelephonyIdentifier,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub call_cost: Option<Cost>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub call_analysis: Option<CallAnalysis>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct TelephonyIdentifier {
    #[serde(default, deserialize_with = "loose::text")]
    twilio_call_sid: Option<String>,
}

/// Where a call was handed to: a number or a `sip:` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferDestination {
    pub number: String,
    pub extension: Option<String>,
}

/// What a conversation cost us, in cents and fractions of cents. Kept exact and rounded once, where it is invoiced.
///
/// The amounts come as JSON numbers and `Decimal` reads them from the shortest text of the float, which for amounts of up
/// to fifteen digits is the text that Retell sent. Reading the raw text itself would take a feature of serde_json that
/// changes numbers in the whole program.
#[derive(Clone, Debug, Deserialize)]
pub struct Cost {
    #[serde(default, deserialize_with = "loose::decimal", rename = "combined_cost")]
    pub combined_cents: Option<Decimal>,
    #[serde(default, deserialize_with = "loose::decimal")]
    pub total_duration_seconds: Option<Decimal>,
    #[serde(default, deserialize_with = "loose::list")]
    pub product_costs: Vec<ProductCost>,
}

/// One line of [`Cost`].
#[derive(Clone, Debug, Deserialize)]
pub struct ProductCost {
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub product: String,
    #[serde(default, deserialize_with = "loose::or_absent", rename = "cost")]
    pub cents: Decimal,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub is_transfer_leg_cost: bool,
}

/// What Retell thinks of a call afterwards.
#[derive(Clone, Debug, Deserialize)]
pub struct CallAnalysis {
    #[serde(default, deserialize_with = "loose::text")]
    pub call_summary: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub in_voicemail: Option<bool>,
    /// `Negative`, `Positive`, `Neutral` or `Unknown`.
    #[serde(default, deserialize_with = "loose::text")]
    pub user_sentiment: Option<String>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub call_successful: Option<bool>,
    #[serde(default, deserialize_with = "loose::or_absent")]
    pub custom_analysis_data: Map<String, Value>,
}

impl Call {
    /// The turns of the call, from the fullest transcript that there is.
    pub fn turns(&self) -> Vec<Turn> {
        if !self.transcript_with_tool_calls.is_empty() {
            transcript::turns(&self.transcript_with_tool_calls)
        } else if !self.transcript_object.is_empty() {
            transcript::turns(&self.transcript_object)
        } else {
            transcript::turns_of_text(self.transcript.as_deref().unwrap_or_default())
        }
    }

    /// The subscriber that we named when the call came in; a hint, because older agents were set up by hand.
    pub fn subscriber_hint(&self) -> Option<&str> {
        subscriber_hint(&self.metadata)
    }

    /// Twilio's id of the same call.
    pub fn twilio_call_sid(&self) -> Option<&str> {
        self.telephony_identifier.twilio_call_sid.as_deref()
    }
}

impl TransferDestination {
    /// Inside a call it is a text, in transfer events an object. Any other shape is no destination to us, but no reason to
    /// lose the event either.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = |member: &Value| member.as_str().map(str::to_owned);
        let number = text(value).or_else(|| value.get("number").and_then(text))?;
        Some(Self {
            number,
            extension: value.get("extension").and_then(text),
        })
    }
}

fn destination<'de, D: Deserializer<'de>>(
    source: D,
) -> Result<Option<TransferDestination>, D::Error> {
    Ok(TransferDestination::read(&Value::deserialize(source)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(body: &str) -> Call {
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn a_full_call_is_read() {
        let call = call(include_str!(
            "../../../tests/data/retell/api_get_call.response.json"
        ));
        assert_eq!(call.subscriber_hint(), Some("tnt_01HBOREALE"));
        assert_eq!(
            call.twilio_call_sid(),
            Some("CA00000000000000000000000000000142")
        );
        assert_eq!(
            call.start_timestamp.unwrap().timestamp_millis(),
            1_794_839_405_120
        );
        assert_eq!(call.dynamic_variables["standard_fee"], "129 $");
        assert_eq!(
            call.call_analysis.unwrap().user_sentiment.as_deref(),
            Some("Positive")
        );
    }

    #[test]
    fn fractions_of_cents_stay_exact() {
        let cost = call(include_str!(
            "../../../tests/data/retell/api_get_call.response.json"
        ))
        .call_cost
        .unwrap();
        assert_eq!(cost.combined_cents.unwrap().to_string(), "14.68");
        let sum: Decimal = cost.product_costs.iter().map(|product| product.cents).sum();
        assert_eq!(sum.to_string(), "14.68");
        for text in ["0.1", "0.000001", "123456789.12345", "2", "0"] {
            // By way of a `Value`, as events are read.
            let value: Value =
                serde_json::from_str(&format!("{{\"combined_cost\": {text}}}")).unwrap();
            let cost: Cost = serde_json::from_value(value).unwrap();
            assert_eq!(cost.combined_cents.unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_fullest_transcript_is_preferred() {
        let mut call = call(include_str!(
            "../../../tests/data/retell/api_get_call.response.json"
        ));
        let with_tools = call.turns();
        assert_eq!(with_tools.len(), 10);
        assert_eq!(with_tools[0].offset_s, Some(0.6));
        assert_eq!(
            with_tools[4].tool.as_ref().unwrap().name.as_deref(),
            Some("check_calendar_availability")
        );
        call.transcript_with_tool_calls.clear();
        let spoken = call.turns();
        assert_eq!((spoken.len(), spoken[0].offset_s), (6, Some(0.6)));
        call.transcript_object.clear();
        let plain = call.turns();
        assert_eq!((plain.len(), plain[0].offset_s), (6, None));
        assert!(
            plain
                .iter()
                .zip(&spoken)
                .all(|(plain, spoken)| (plain.role, &plain.text) == (spoken.role, &spoken.text))
        );
        call.transcript = None;
        assert_eq!(call.turns(), []);
    }

    #[test]
    fn absent_and_null_members_are_empty_and_new_ones_are_skipped() {
        let call = call(
            r#"{"call_id": "c", "metadata": null, "transcript_object": null, "call_cost": {"combined_cost": null}, "new": 1}"#,
        );
        assert!(call.metadata.is_empty() && call.dynamic_variables.is_empty());
        assert_eq!(
            (
                call.subscriber_hint(),
                call.from_number.as_deref(),
                call.start_timestamp
            ),
            (None, None, None)
        );
    }

    #[test]
    fn a_destination_is_a_text_or_an_object() {
        let read = |value| TransferDestination::read(&value);
        assert_eq!(
            read(json!("sip:a@b.example")).unwrap().number,
            "sip:a@b.example"
        );
        let with_extension = read(json!({"number": "+15145550199", "extension": "12"})).unwrap();
        assert_eq!(with_extension.extension.as_deref(), Some("12"));
        assert_eq!(read(json!({"type": "inferred"})), None);
        assert_eq!(read(json!(null)), None);
    }

    #[test]
    fn our_own_key_names_the_subscriber_before_the_older_one() {
        let hint = |metadata: Value| {
            let call: Call =
                serde_json::from_value(json!({"call_id": "c", "metadata": metadata})).unwrap();
            call.subscriber_hint().map(str::to_owned)
        };
        assert_eq!(
            hint(json!({"tenant_id": "old", "subscriber_id": "new"})).as_deref(),
            Some("new")
        );
        assert_eq!(
            hint(json!({"tenant_id": "old", "subscriber_id": ""})).as_deref(),
            Some("old")
        );
        assert_eq!(hint(json!({"subscriber_id": 7})), None);
    }
}
