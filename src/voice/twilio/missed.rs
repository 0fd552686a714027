//! What happened while we could not be told: calls, and messages after a tone, looked up at Twilio and taken up as if it
//! had told us.
//!
//! Twilio tells of a recording for some fifteen seconds and then no more. Whatever is told twice takes effect once: what
//! is found here has the keys of the callbacks that did not come.
use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    end::{self, status_key},
    guard::Proved,
    links::Query,
    owner,
    voicemail::{self, recording_key},
};
use crate::{
    app::AppState,
    inbound::{self, Proof},
    jobs::{self, Every, Job, JobError, Lane, Run, Schedule, new_job, schedule::last_runs},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    providers::twilio::{CallForm, Client, Form, FoundCall, FoundRecording},
    tenancy::{
        self, Channel, Transport,
        accounts::{self, Provider},
    },
    web::ApiError,
};

/// What is younger may be told of at this moment.
const QUIET: TimeDelta = TimeDelta::minutes(2);
/// What the last look may have come too early for.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// How far the first look of all goes back.
const FIRST_LOOK: TimeDelta = TimeDelta::days(1);

/// Has every account looked through.
#[derive(Debug, Serialize, Deserialize)]
pub struct FindMissedCalls {}

impl Job for FindMissedCalls {
    const KIND: &'static str = "voice.find_missed_calls";
    const LANE: Lane = Lane::Bulk;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Looks through one account: a business's own, or the platform's.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookThroughAccount {
    pub subscriber: Option<SubscriberId>,
    pub since: DateTime<Utc>,
}

impl Job for LookThroughAccount {
    const KIND: &'static str = "voice.look_through_account";
    const LANE: Lane = Lane::Provider;
    const DEADLINE: Duration = Duration::from_secs(10 * 60);
    const PROVIDER: Option<&'static str> = Some("twilio");

    fn subscriber(&self) -> Option<SubscriberId> {
        self.subscriber
    }

    /// One that still tries has the earlier beginning.
    fn dedupe_key(&self) -> Option<String> {
        let whose = self
            .subscriber
            .map_or("platform".to_owned(), |own| own.to_string());
        Some(format!("{}:{whose}", Self::KIND))
    }
}

/// Every ten minutes: whoever left a message waits to be called back.
pub fn schedule() -> Schedule {
    Schedule {
        name: "missed_calls",
        every: Every::Minutes(10),
        job: |_| new_job(&FindMissedCalls {}),
    }
}

pub async fn find_missed_calls(
    app: AppState,
    _run: Run,
    _job: FindMissedCalls,
) -> Result<(), JobError> {
    let looks = last_runs(&app, &[schedule()]).await?;
    let last = looks.first().and_then(|look| look.last_success_at);
    let since = last.map_or(app.clock.now() - FIRST_LOOK, |last| last - OVERLAP);
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let own = accounts::list_holders(&mut tx, Provider::Twilio).await?;
    let platform = app.twilio.is_some().then_some(None);
    for subscriber in platform.into_iter().chain(own.into_iter().map(Some)) {
        jobs::enqueue(&mut tx, &LookThroughAccount { subscriber, since });
    }
    tx.commit().await?;
    Ok(())
}

/// An account, and for whom what is found in it may act.
struct Account {
    client: Client,
    proof: Proof,
}

pub async fn look_through_account(
    app: AppState,
    _run: Run,
    job: LookThroughAccount,
) -> Result<(), JobError> {
    let Some(account) = account_of(&app, job.subscriber).await? else {
        return Ok(());
    };
    let until = app.clock.now() - QUIET;
    let is_due = |at: Option<DateTime<Utc>>| at.is_some_and(|at| (job.since..until).contains(&at));
    let mut sounds = account.client.list_recordings(job.since).await?;
    sounds.retain(|sound| is_due(sound.date_created) && is_message(sound));
    let mut calls = account.client.list_ended_calls(job.since).await?;
    calls.retain(|call| is_due(call.end_time) && is_incoming(call) && call.is_over());
    // The sound first: a call with a message is not one that was missed.
    take_up_sounds(&app, &account, sounds).await?;
    take_up_calls(&app, &account, calls).await
}

async fn account_of(
    app: &AppState,
    subscriber: Option<SubscriberId>,
) -> Result<Option<Account>, JobError> {
    let Some(subscriber) = subscriber else {
        let client = app.twilio.clone();
        return Ok(client.map(|client| Account {
            client,
            proof: Proof::Platform,
        }));
    };
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let own =
        accounts::own_accounts(&mut tx, &app.keyring, Provider::Twilio, &[subscriber]).await?;
    tx.commit().await?;
    let base_url = &app.settings.twilio.api_base_url;
    Ok(own.into_iter().find_map(|own| {
        Some(Account {
            client: Client::new(app.http.clone(), base_url, &own.account_id, own.api_key?),
            proof: Proof::Own(subscriber),
        })
    }))
}

/// Only our own documents have callers speak after a tone.
fn is_message(sound: &FoundRecording) -> bool {
    sound.status == "completed" && sound.source.as_deref() == Some("RecordVerb")
}

fn is_incoming(call: &FoundCall) -> bool {
    call.direction.as_deref() == Some("inbound")
}

async fn take_up_sounds(
    app: &AppState,
    account: &Account,
    sounds: Vec<FoundRecording>,
) -> Result<(), JobError> {
    let key = |sound: &FoundRecording| {
        let call_sid = sound.call_sid.as_deref()?;
        Some(recording_key(call_sid, &sound.sid, "completed"))
    };
    for sound in unknown(app, account, sounds, key).await? {
        let call_sid = sound.call_sid.as_deref().unwrap_or_default();
        let Some(call) = account.client.find_call(call_sid).await? else {
            continue;
        };
        let duration = sound.duration.unwrap_or_default().to_string();
        let told = [
            ("RecordingSid", sound.sid.as_str()),
            ("RecordingUrl", &account.client.recording_url(&sound.sid)),
            ("RecordingStatus", "completed"),
            ("RecordingDuration", &duration),
            ("RecordingSource", "RecordVerb"),
        ];
        let proved = proved(account, &call, &told)?;
        if is_ours(app, &proved).await? {
            let query = query_of(account);
            settled(voicemail::recorded(app, &proved, &query, sound.date_created).await)?;
        }
    }
    Ok(())
}

async fn take_up_calls(
    app: &AppState,
    account: &Account,
    calls: Vec<FoundCall>,
) -> Result<(), JobError> {
    let key = |call: &FoundCall| Some(status_key(&call.sid, &call.status));
    for call in unknown(app, account, calls, key).await? {
        let duration = call.duration.unwrap_or_default().to_string();
        let proved = proved(account, &call, &[("CallDuration", &duration)])?;
        if is_ours(app, &proved).await? {
            settled(end::follow(app, &proved, &query_of(account), call.end_time).await)?;
        }
    }
    Ok(())
}

/// Those of which no callback came.
async fn unknown<T>(
    app: &AppState,
    account: &Account,
    found: Vec<T>,
    key: impl Fn(&T) -> Option<String>,
) -> sqlx::Result<Vec<T>> {
    let kept_id = |thing: &T| Some(account.proof.kept_id(&key(thing)?));
    let keys: Vec<String> = found.iter().filter_map(kept_id).collect();
    let had: HashSet<String> = inbound::list_had(&app.db, "TWILIO", &keys)
        .await?
        .into_iter()
        .collect();
    let is_unknown = |thing: &T| kept_id(thing).is_some_and(|id| !had.contains(&id));
    Ok(found
        .into_iter()
        .filter(|thing| is_unknown(thing))
        .collect())
}

/// The request that did not come.
fn proved(account: &Account, call: &FoundCall, told: &[(&str, &str)]) -> anyhow::Result<Proved> {
    let known = [
        ("CallSid", call.sid.as_str()),
        ("AccountSid", account.client.account_sid()),
        ("From", call.from.as_deref().unwrap_or_default()),
        ("To", call.to.as_deref().unwrap_or_default()),
        ("CallStatus", &call.status),
        ("Direction", "inbound"),
    ];
    let form: Form = known.iter().chain(told).copied().collect();
    Ok(Proved {
        call: CallForm::parse(&form)?,
        raw: form.encode().into(),
        proof: account.proof,
    })
}

fn query_of(account: &Account) -> Query {
    Query {
        subscriber: account.proof.own(),
        ..Query::default()
    }
}

/// A call of a number that is a business's here, and that we answer ourselves: others tell of theirs.
async fn is_ours(app: &AppState, proved: &Proved) -> sqlx::Result<bool> {
    let Some(subscriber) = owner::of_call(app, proved, &Query::default()).await? else {
        return Ok(false);
    };
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let line = tenancy::find_line(&mut tx, Channel::Voice).await?;
    tx.end_reading();
    Ok(line.is_some_and(|line| line.transport == Transport::Twilio))
}

/// What failed by a fault of ours is kept and tried again for itself.
fn settled(received: Result<inbound::Received, ApiError>) -> Result<(), JobError> {
    match received {
        Ok(_) => Ok(()),
        Err(error) => Err(JobError::Retry(anyhow::anyhow!("{error:?}"))),
    }
}
