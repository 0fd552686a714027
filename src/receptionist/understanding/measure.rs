//! How well utterances are understood, measured against what people expect.
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDateTime, Timelike, Weekday};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::understand;
use super::when::{Context, read};
use crate::kernel::language::Language;

/// One line of a file of expectations.
#[derive(Debug, Deserialize)]
pub struct Expected {
    pub language: Language,
    /// Local time, without offset.
    pub now: NaiveDateTime,
    /// Where that is; readings do not depend on it, because they are local.
    #[serde(default)]
    pub timezone: Option<String>,
    pub text: String,
    pub intent: Value,
    /// The members that count; absent if only the intent is expected.
    #[serde(default, deserialize_with = "some")]
    pub when: Option<Value>,
    /// Written by somebody who had not seen the tables. What was missed at first sight has been learned since, so only a
    /// fresh file says how fresh wording fares.
    #[serde(default)]
    pub held_out: bool,
}

/// `null` is an expectation too.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What was counted of one language.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    pub utterances: usize,
    pub intents_right: usize,
    pub dated: usize,
    pub dates_right: usize,
}

impl Score {
    pub fn intent_percent(&self) -> f64 {
        percent(self.intents_right, self.utterances)
    }

    pub fn date_percent(&self) -> f64 {
        percent(self.dates_right, self.dated)
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        100.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}

/// The scores by language, of all utterances and of those held out, and what was understood otherwise.
#[derive(Debug, Default)]
pub struct Report {
    pub all: BTreeMap<&'static str, Score>,
    pub held_out: BTreeMap<&'static str, Score>,
    pub misses: Vec<String>,
}

/// Monday to Friday, 8:00 to 18:00: the hours that are assumed where none are known.
pub fn office_hours(moment: NaiveDateTime) -> bool {
    !matches!(moment.weekday(), Weekday::Sat | Weekday::Sun) && (8..18).contains(&moment.hour())
}

/// Reads every utterance and compares.
pub fn measure(expectations: &[Expected]) -> Report {
    let mut report = Report::default();
    for expected in expectations {
        let context = Context {
            now: expected.now,
            is_open: &office_hours,
            day: None,
        };
        let intent = serde_json::json!(understand(&expected.text, expected.language).intent);
        let when = serde_json::json!(read(&expected.text, expected.language, &context));
        let is_intent = intent == expected.intent;
        let is_when = expected
            .when
            .as_ref()
            .map(|expected| holds(expected, &when));
        let code = expected.language.code();
        let held_out = expected
            .held_out
            .then(|| report.held_out.entry(code).or_default());
        for score in [Some(report.all.entry(code).or_default()), held_out]
            .into_iter()
            .flatten()
        {
            score.utterances += 1;
            score.intents_right += usize::from(is_intent);
            score.dated += usize::from(is_when.is_some());
            score.dates_right += usize::from(is_when == Some(true));
        }
        let mark = if expected.held_out { "held out, " } else { "" };
        if !is_intent {
            report.misses.push(format!(
                "{mark}{code} {:?}: intent {intent}, expected {}",
                expected.text, expected.intent
            ));
        }
        if is_when == Some(false) {
            let expected_when = expected.when.clone().unwrap_or_default();
            report.misses.push(format!(
                "{mark}{code} {:?} at {}: {when}, expected {expected_when}",
                expected.text, expected.now
            ));
        }
    }
    report
}

/// Whether all that is expected is there; of what is not mentioned anything will do.
fn holds(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).unwrap_or(&Value::Null) == value),
        _ => expected == found,
    }
}
