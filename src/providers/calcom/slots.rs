//! Times that are free at Cal.com.
use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{Client, Error, client::SLOTS_VERSION, loose};

/// Which starts are asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskedSlots<'a> {
    pub event_type_id: i64,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// One of the event type's lengths, where it has several.
    pub length_minutes: Option<i32>,
    /// A booking whose own time counts as free.
    pub moving: Option<&'a str>,
}

#[derive(Deserialize)]
struct Days {
    data: BTreeMap<String, Vec<Value>>,
}

impl Client {
    /// The starts that are free for an event type, in order.
    ///
    /// They are hints: what counts is whether the booking is taken.
    pub async fn slots(
        &self,
        token: &SecretString,
        asked: &AskedSlots<'_>,
        deadline: Duration,
    ) -> Result<Vec<DateTime<Utc>>, Error> {
        let mut query = vec![
            ("eventTypeId", asked.event_type_id.to_string()),
            ("start", written(asked.from)),
            ("end", written(asked.until)),
            ("timeZone", "UTC".to_owned()),
        ];
        let minutes = asked.length_minutes;
        query.extend(minutes.map(|minutes| ("duration", minutes.to_string())));
        let moving = asked.moving;
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
