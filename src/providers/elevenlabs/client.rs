//! The two calls that we make to ElevenLabs' API.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::{Error, Speech, wav};
use crate::{
    kernel::metrics::METRICS,
    providers::{
        Pulse,
        exchange::{self, Answer},
    },
};

/// On a live call; whoever asks gives less.
const DEADLINE: Duration = Duration::from_secs(4);
/// Somebody waits for their settings to be saved.
const LOOK_DEADLINE: Duration = Duration::from_secs(3);
/// How long a request waits for one of ours to end.
const QUEUE: Duration = Duration::from_millis(500);
/// With less left than this, nobody answers in time.
const LEAST: Duration = Duration::from_millis(150);
/// How many requests are under way at once, when nothing else is said.
const AT_ONCE: usize = 4;

/// ElevenLabs' API with our key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    api_key: SecretString,
    deadline: Duration,
    has_zero_retention: bool,
    /// Below what the plan allows, so that a request of ours is not refused for another one of ours.
    at_once: Arc<Semaphore>,
    memory: Arc<Memory>,
    pulse: Pulse,
}

#[derive(Debug, Default)]
struct Memory {
    /// It does not give WAV files: the other format is asked for first.
    is_wav_refused: AtomicBool,
    /// Calls in a row that failed by no fault of what was asked.
    failures: AtomicU32,
}

/// A sound, as a WAV file.
pub struct Spoken {
    pub audio: Vec<u8>,
    /// What was billed, in characters.
    pub characters: i32,
    /// The call before this one had failed by no fault of what was asked.
    pub is_recovery: bool,
}

/// How the sound comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Newer than the published document.
    Wav,
    /// Samples without a header.
    Pcm,
}

impl Client {
    /// A client for the API at `base_url` (`https://api.elevenlabs.io`).
    pub fn new(http: reqwest::Client, base_url: &str, api_key: SecretString) -> Self {
        Self {
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            api_key,
            deadline: DEADLINE,
            has_zero_retention: false,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            memory: Arc::default(),
            pulse: Pulse::default(),
        }
    }

    /// The same client with so many requests at once.
    pub fn with_concurrency(self, requests: u32) -> Self {
        let requests = usize::try_from(requests).unwrap_or(AT_ONCE);
        Self {
            at_once: Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
            ..self
        }
    }

    /// The same client, asking that nothing of what is spoken be kept. Only some plans allow it.
    pub fn with_zero_retention(self) -> Self {
        Self {
            has_zero_retention: true,
            ..self
        }
    }

    /// The same client with another deadline for each call.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Whether nothing of what is spoken is kept there.
    pub fn has_zero_retention(&self) -> bool {
        self.has_zero_retention
    }

    /// How its calls went.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// How many calls in a row failed by no fault of what was asked.
    pub fn failures(&self) -> u32 {
        self.memory.failures.load(Ordering::Relaxed)
    }

    /// Has the words spoken, in this time at most. Each call is billed, also when its answer is lost.
    pub async fn speak(&self, speech: &Speech<'_>, at_most: Duration) -> Result<Spoken, Error> {
        if !is_id(speech.voice) {
            return Err(Error::VoiceNotFound);
        }
        let until = Instant::now() + at_most.min(self.deadline);
        let Ok(Ok(_permit)) = timeout(QUEUE, self.at_once.acquire()).await else {
            return Err(Error::Busy);
        };
        let begun = Instant::now();
        let spoken = self.speak_until(speech, until).await;
        METRICS
            .http_client_request_duration
            .with_label_values(&[
                "elevenlabs",
                "speak",
                if spoken.is_ok() { "ok" } else { "error" },
            ])
            .observe(begun.elapsed().as_secs_f64());
        let failures_before = self.note(spoken.as_ref().err());
        spoken.map(|spoken| Spoken {
            is_recovery: failures_before > 0,
            ..spoken
        })
    }

    /// Whether there is such a voice. A key may be good for speaking and not for this.
    pub async fn has_voice(&self, voice: &str) -> Result<bool, Error> {
        if !is_id(voice) {
            return Ok(false);
        }
        let request = self
            .http
            .get(format!("{}/v1/voices/{voice}", self.base_url));
        match self.send(request, LOOK_DEADLINE.min(self.deadline)).await {
            Ok(_) => Ok(true),
            // An id that cannot be one, or none of these.
            Err(
                Error::VoiceNotFound
                | Error::Refused {
                    status: 404 | 422, ..
                },
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn speak_until(&self, speech: &Speech<'_>, until: Instant) -> Result<Spoken, Error> {
        let memory = &self.memory;
        if memory.is_wav_refused.load(Ordering::Relaxed) {
            return self.ask_twice(speech, Format::Pcm, until).await;
        }
        match self.ask_twice(speech, Format::Wav, until).await {
            Err(error) if error.is_about_format() => {
                // Remembered when it was the format indeed, and nothing else that is wrong with the request.
                let spoken = self.ask_twice(speech, Format::Pcm, until).await?;
                memory.is_wav_refused.store(true, Ordering::Relaxed);
                Ok(spoken)
            }
            asked => asked,
        }
    }

    /// A fault of theirs is often one of the moment.
    async fn ask_twice(
        &self,
        speech: &Speech<'_>,
        format: Format,
        until: Instant,
    ) -> Result<Spoken, Error> {
        match self.ask(speech, format, until).await {
            Err(Error::Unknown(_)) if until > Instant::now() + LEAST => {
                self.ask(speech, format, until).await
            }
            asked => asked,
        }
    }

    async fn ask(
        &self,
        speech: &Speech<'_>,
        format: Format,
        until: Instant,
    ) -> Result<Spoken, Error> {
        let output = match format {
            Format::Wav => "wav_8000",
            Format::Pcm => "pcm_8000",
        };
        let url = format!("{}/v1/text-to-speech/{}", self.base_url, speech.voice);
        let mut request = self.http.post(url).query(&[("output_format", output)]);
        if self.has_zero_retention {
            request = request.query(&[("enable_logging", "false")]);
        }
        let request = request.json(&speech.body());
        let left = until.saturating_duration_since(Instant::now());
        let answer = self.send(request, left).await?;
        let characters = billed(&answer).unwrap_or_else(|| count(speech.text));
        let bytes = answer.into_bytes();
        let audio = match format {
            Format::Wav => wav::samples(&bytes).and_then(wav::file),
            Format::Pcm => wav::file(&bytes),
        };
        Ok(Spoken {
            audio: audio.ok_or(Error::NoSound)?,
            characters,
            is_recovery: false,
        })
    }

    /// The answer of a success. What the status tells of a refused key is not always so, hence no pulse of its own.
    async fn send(&self, request: RequestBuilder, deadline: Duration) -> Result<Answer, Error> {
        let request = request.header("xi-api-key", self.api_key.expose_secret());
        let answer = exchange::run(request, deadline, &Pulse::default()).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(Error::of(&answer))
        }
    }

    /// Notes how it went; says how many calls in a row had failed before.
    fn note(&self, error: Option<&Error>) -> u32 {
        let failures = &self.memory.failures;
        match error {
            Some(Error::Busy | Error::RateLimited { .. }) => failures.load(Ordering::Relaxed),
            Some(error) if error.trouble().is_some() => {
                self.pulse.set(error.trouble());
                failures.fetch_add(1, Ordering::Relaxed)
            }
            _ => {
                self.pulse.set(None);
                failures.swap(0, Ordering::Relaxed)
            }
        }
    }
}

/// What was billed, where it is said.
fn billed(answer: &Answer) -> Option<i32> {
    answer
        .headers
        .get("character-cost")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn count(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}

/// Ids come from outside; one with a slash would be another path of the API.
fn is_id(voice: &str) -> bool {
    !voice.is_empty()
        && voice.len() <= 100
        && voice
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
