//! Times that are free at Cal.com.
use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{Client, Error, client::SLOTS_VERSION, loose};

#[derive(Deserialize)]
struct Days {
    data: BTreeMap<String, Vec<Value>>,
}

impl Client {
    /// The starts that are free for an event type, in order. `moving`: a booking whose own time counts as free.
    ///
    /// They are hints: what counts is whether the booking is taken.
    pub async fn slots(
        &self,
        token: &SecretString,
        event_type_id: i64,
        range: (DateTime<Utc>, DateTime<Utc>),
        moving: Option<&str>,
        deadline: Duration,
    ) -> Result<Vec<DateTime<Utc>>, Error> {
        let mut query = vec![
            ("eventTypeId", event_type_id.to_string()),
            ("start", written(range.0)),
            ("end", written(range.1)),
            ("timeZone", "UTC".to_owned()),
        ];
        query.extend(moving.map(|uid| ("bookingUidToReschedule", uid.to_owned())));
        let request = self.http.get(self.url("/v2/slots")).query(&query);
        let answer: Days = self
            .call_within(token, request, Some(SLOTS_VERSION), deadline)
            .await?;
        let mut starts: Vec<DateTime<Utc>> = answer
            .data
            .values()
            .flatten()
            .filter_map(start_of)
            .collect();
        starts.sort_unstable();
        starts.dedup();
        Ok(starts)
    }
}

/// An object with its start; the published document says a text.
fn start_of(slot: &Value) -> Option<DateTime<Utc>> {
    let text = slot.as_str().or_else(|| slot["start"].as_str())?;
    loose::parse_moment(text)
}

/// As Cal.com wants every time: in UTC, with a `Z`.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
