//! `reception understand`: what the built-in receptionist makes of utterances, and how well that is.
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use crate::{
    commands::{Outcome, say, say_json},
    kernel::{clock::Clock, language::Language},
    receptionist::understanding::{
        measure::{self, Expected, Report},
        understand,
        when::{self, Context},
    },
};

/// Below these the command fails.
const LEAST_INTENT_PERCENT: f64 = 95.0;
const LEAST_DATE_PERCENT: f64 = 97.0;

/// Reads utterances, one a line, and says of each what it is about and when it means.
///
/// The answer is one object a line: `text`, `intent` and `when` (null, or a date or time on the clock of the zone).
/// Morning or afternoon is decided as for an office that is open Monday to Friday from 8:00 to 18:00.
#[derive(Debug, Args)]
pub struct Utterances {
    /// The language that is spoken.
    #[arg(long, default_value = "en")]
    language: Language,
    /// The zone of the place, such as America/Toronto.
    #[arg(long, default_value = "UTC")]
    timezone: Tz,
    /// The moment at which it is said: local (2026-11-24T14:30:00) or with an offset. Without it, the present.
    #[arg(long)]
    now: Option<String>,
    /// Compares with a file of expectations (`{language, now, timezone, text, intent, when, held_out}` a line)
    /// instead, and prints what was understood otherwise and the percentages; exit 1 when they are too low.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "now"])]
    measure: Option<PathBuf>,
    /// The utterances; without it, standard input.
    file: Option<PathBuf>,
}

pub fn run(utterances: &Utterances, json: bool) -> anyhow::Result<Outcome> {
    if let Some(path) = &utterances.measure {
        return measure(path, json);
    }
    let now = now_at(utterances.now.as_deref(), utterances.timezone)?;
    let context = Context {
        now,
        is_open: &measure::office_hours,
        day: None,
    };
    let input: Box<dyn Read> = match &utterances.file {
        Some(path) => {
            Box::new(fs::File::open(path).with_context(|| format!("open {}", path.display()))?)
        }
        None => Box::new(std::io::stdin()),
    };
    for line in BufReader::new(input).lines() {
        let text = line.context("read the utterances")?;
        let intent = understand(&text, utterances.language).intent;
        let when = when::read(&text, utterances.language, &context);
        say_json(&json!({"text": text, "intent": intent, "when": when}))?;
    }
    Ok(Outcome::Fine)
}

/// The moment on the clock of the zone.
fn now_at(text: Option<&str>, zone: Tz) -> anyhow::Result<NaiveDateTime> {
    let Some(text) = text else {
        return Ok(Clock::System.now().with_timezone(&zone).naive_local());
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.with_timezone(&zone).naive_local());
    }
    let local = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    local.with_context(|| format!("--now {text}: expected a time such as 2026-11-24T14:30:00"))
}

fn measure(path: &Path, json: bool) -> anyhow::Result<Outcome> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let expectations: Vec<Expected> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("{}, line {}", path.display(), at + 1))
        })
        .collect::<anyhow::Result<_>>()?;
    let report = measure::measure(&expectations);
    print(&report, json)?;
    let is_good = report.all.values().all(|score| {
        score.intent_percent() >= LEAST_INTENT_PERCENT && score.date_percent() >= LEAST_DATE_PERCENT
    });
    Ok(if is_good {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}

fn print(report: &Report, json: bool) -> anyhow::Result<()> {
    for miss in &report.misses {
        if json {
            say_json(&json!({"miss": miss}))?;
        } else {
            say(&format!("miss {miss}"));
        }
    }
    for (part, scores) in [("all", &report.all), ("held out", &report.held_out)] {
        for (language, score) in scores {
            if json {
                say_json(&json!({
                    "part": part, "language": language, "utterances": score.utterances,
                    "intent_percent": score.intent_percent(), "date_percent": score.date_percent(),
                }))?;
                continue;
            }
            say(&format!(
                "{part:<8} {language}: {} utterances, intent {:.1} %, date and time {:.1} %",
                score.utterances,
                score.intent_percent(),
                score.date_percent()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_is_taken_on_the_clock_of_the_zone() {
        let zone = chrono_tz::America::Toronto;
        let expected = "2026-11-24T14:30:00".parse::<NaiveDateTime>().unwrap();
        for text in [
            "2026-11-24T14:30:00",
            "2026-11-24T14:30",
            "2026-11-24T19:30:00Z",
            "2026-11-24T20:30:00+01:00",
        ] {
            assert_eq!(now_at(Some(text), zone).unwrap(), expected, "{text}");
        }
        assert!(now_at(Some("tomorrow"), zone).is_err());
    }
}
