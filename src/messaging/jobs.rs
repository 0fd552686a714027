//! Sending a text: read and decide, call, write.
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    carrier::{self, Carrier},
    forget::{ForgetText, order_forgetting},
    model::{Candidate, TextStatus},
    outcome,
    queue::SendText,
    sending::{Decision, decide},
    store::{self, Accepted},
};
use crate::{
    app::AppState,
    billing::{self, Charge, Leg, Totals, UsageType},
    events::{self, Event},
    jobs::{Job, JobError, Run},
    kernel::{db::TenantTx, metrics::METRICS},
    providers::twilio::{self, ErrorMeaning, NewMessage, SentMessage, meaning, segments},
    tenancy::{Channel, model::zone},
    traffic::Contribution,
};

/// After an unknown outcome Twilio may list a text only after a while: a second look comes this long after sending.
const SECOND_LOOK: chrono::Duration = chrono::Duration::seconds(60);

/// Whose outcome is unknown so often is not sent again: when in doubt, nothing is sent.
const MAX_TRIES: i32 = 2;

/// How long a text waits whose own account is throttled and does not say for how long. It is given up when it is too
/// old to be sent.
const OWN_ACCOUNT_THROTTLED: Duration = Duration::from_secs(30);

/// How far our clock and Twilio's may be apart. Other texts of the same words are told apart by their ids.
const CLOCK_SKEW: chrono::Duration = chrono::Duration::minutes(5);

/// What the first step found.
enum Step {
    Done,
    Send(Candidate, Carrier),
    /// An earlier run called the provider and did not learn the outcome: the same account is asked.
    LookUp(Candidate, Carrier),
    /// It did not, but a callback did: the provider has the text under this id, and it is not yet charged.
    Told(Candidate, String),
}

pub async fn send_text(app: AppState, run: Run, job: SendText) -> Result<(), JobError> {
    let is_last = run.attempt() >= SendText::MAX_ATTEMPTS;
    match try_to_send(&app, &run, &job).await {
        Err(JobError::Retry(error) | JobError::RetryAfter(error, _)) if is_last => {
            write_end(&app, &run, &job, error).await
        }
        result => result,
    }
}

async fn try_to_send(app: &AppState, run: &Run, job: &SendText) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut missed = None;
    let (text, carrier) = loop {
        match prepare(app, job, missed, now).await? {
            Step::Done => return Ok(()),
            Step::Send(text, carrier) => break (text, carrier),
            Step::LookUp(text, carrier) => match look_up(app, job, &carrier, &text, now).await? {
                Some(sent) => return write_sent(app, run, job, &sent, now).await,
                None => missed = Some(text.last_try_at()),
            },
            Step::Told(text, sid) => {
                let sent = Sent::told(sid, &text);
                return write_sent(app, run, job, &sent, now).await;
            }
        }
    };
    if let Carrier::Nobody = carrier {
        return write_unsendable(app, run, job, now).await;
    }
    match call(app, job, &carrier, &text).await {
        Ok(sent) => write_sent(app, run, job, &sent, now).await,
        Err(error) => write_error(app, run, job, error, now).await,
    }
}

/// Decides, and says SENDING before anybody is called. `missed` is the time of a try that was looked for in vain:
/// a second try is decided like the first one, for a STOP may have come in between.
async fn prepare(
    app: &AppState,
    job: &SendText,
    missed: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Step, JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let Some(text) = store::lock_candidate(&mut tx, job.outgoing, now).await? else {
        return Ok(Step::Done);
    };
    match (text.status, &text.provider_message_id) {
        (
            TextStatus::Queued | TextStatus::Sending | TextStatus::Sent | TextStatus::Delivered,
            Some(sid),
        ) if text.sent_at.is_none() => {
            let sid = sid.clone();
            return Ok(Step::Told(text, sid));
        }
        (TextStatus::Queued, _) => {}
        (TextStatus::Sending, _) if missed != Some(text.last_try_at()) => {
            let handed_to = text.account_id.as_deref();
            let carrier = carrier::that_had(app, &mut tx, handed_to).await?;
            if handed_to.is_some() && carrier.client().is_none() {
                outcome::give_up(&mut tx, job.outgoing, &text, now).await?;
                tx.commit().await?;
                return Ok(Step::Done);
            }
            return Ok(Step::LookUp(text, carrier));
        }
        (TextStatus::Sending, _) if text.tries >= MAX_TRIES => {
            outcome::give_up(&mut tx, job.outgoing, &text, now).await?;
            tx.commit().await?;
            return Ok(Step::Done);
        }
        (TextStatus::Sending, _) => {}
        _ => return Ok(Step::Done),
    }
    match decide(&text, now) {
        Decision::Send => {
            let carrier = carrier::of(app, &mut tx, &text.from).await?;
            store::set_sending(&mut tx, job.outgoing, carrier.account_id(), now).await?;
            tx.commit().await?;
            Ok(Step::Send(text, carrier))
        }
        Decision::Wait(wait) => Err(JobError::Snooze(wait.to_std().unwrap_or_default())),
        Decision::Suppress(refusal) => {
            store::set_suppressed(&mut tx, job.outgoing, refusal).await?;
            tx.commit().await?;
            METRICS.texts.with_label_values(&["suppressed"]).inc();
            tracing::info!(
                subscriber.id = %job.subscriber,
                "text {} is not sent: {}", job.outgoing, refusal.as_str()
            );
            Ok(Step::Done)
        }
    }
}

/// A text that the provider has taken.
struct Sent {
    sid: String,
    segments: i32,
    is_sandbox: bool,
    cost: Option<billing::Cost>,
}

impl Sent {
    /// Of a text whose answer was lost: its segments as we count them.
    fn told(sid: String, text: &Candidate) -> Self {
        Self {
            sid,
            segments: expected_segments(text),
            is_sandbox: false,
            cost: None,
        }
    }
}

fn expected_segments(text: &Candidate) -> i32 {
    i32::try_from(segments::count(&text.body).segments).unwrap_or(i32::MAX)
}

async fn call(
    app: &AppState,
    job: &SendText,
    carrier: &Carrier,
    text: &Candidate,
) -> Result<Sent, twilio::Error> {
    let expected = expected_segments(text);
    let Some(client) = carrier.client() else {
        return Ok(Sent {
            sid: format!("SB{}", job.outgoing.0.simple()),
            segments: expected,
            is_sandbox: true,
            cost: None,
        });
    };
    let callback = format!(
        "{}/webhooks/twilio/sms/status?subscriber={}&message={}",
        app.settings.public_url, job.subscriber, job.outgoing
    );
    let message = NewMessage {
        to: text.to.as_str(),
        from: text.from.as_str(),
        body: &text.body,
        status_callback: Some(&callback),
    };
    let timer = std::time::Instant::now();
    let answer = client.send_message(&message).await;
    METRICS
        .http_client_request_duration
        .with_label_values(&[
            "twilio",
            "send_message",
            if answer.is_ok() { "ok" } else { "error" },
        ])
        .observe(timer.elapsed().as_secs_f64());
    answer.map(|sent| accepted(&sent, expected))
}

fn accepted(sent: &SentMessage, expected_segments: i32) -> Sent {
    let segments = sent
        .num_segments
        .and_then(|segments| i32::try_from(segments).ok());
    Sent {
        sid: sent.sid.clone(),
        segments: segments
            .filter(|segments| *segments > 0)
            .unwrap_or(expected_segments),
        is_sandbox: false,
        // Twilio's price is null until it is rated, and negative then.
        cost: sent.price.map(|price| billing::Cost {
            amount: price.abs(),
            currency: "USD",
        }),
    }
}

/// Whether an earlier run's text went out. None: certainly not, after two looks a minute apart.
async fn look_up(
    app: &AppState,
    job: &SendText,
    carrier: &Carrier,
    text: &Candidate,
    now: DateTime<Utc>,
) -> Result<Option<Sent>, JobError> {
    let Some(client) = carrier.client() else {
        return Ok(None);
    };
    let since = text.last_try_at() - CLOCK_SKEW;
    let mut dates = vec![
        since.date_naive(),
        now.date_naive(),
        (now + CLOCK_SKEW).date_naive(),
    ];
    dates.dedup();
    for date in dates {
        let listed = client
            .find_messages(text.to.as_str(), text.from.as_str(), date)
            .await?;
        for message in listed {
            let is_since = message.date_created.is_none_or(|made| made >= since);
            if is_since
                && message.body.as_deref() == Some(text.body.as_str())
                && !is_ours_already(app, job, &message.sid).await?
            {
                return Ok(Some(accepted(&message, expected_segments(text))));
            }
        }
    }
    let second_look = text.last_try_at() + SECOND_LOOK;
    if now < second_look {
        let wait = (second_look - now)
            .to_std()
            .unwrap_or(Duration::from_secs(60));
        return Err(JobError::Snooze(wait));
    }
    Ok(None)
}

/// The same words may have been sent twice on purpose: another text's id is not this one's.
async fn is_ours_already(app: &AppState, job: &SendText, sid: &str) -> sqlx::Result<bool> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let told = store::lock_told(&mut tx, None, sid).await?;
    Ok(told.is_some_and(|told| told.id != job.outgoing))
}

/// The text is out: its charge, its place in the sums and its event, with the end of the job. Person, text and
/// conversation are locked before the sums, as whoever receives a text does.
async fn write_sent(
    app: &AppState,
    run: &Run,
    job: &SendText,
    sent: &Sent,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let Some(text) = store::lock_candidate(&mut tx, job.outgoing, now).await? else {
        return Ok(());
    };
    let charge = Charge {
        usage_type: UsageType::Sms,
        source: format!("TWILIO:{}", sent.sid),
        interaction: text.interaction,
        occurred_at: now,
        duration_s: None,
        minutes: 0,
        segments: sent.segments,
        not_billed: None,
        // What their own account pays costs us nothing.
        cost: sent.cost.clone().filter(|_| text.account_id.is_none()),
        leg: Leg::Segments,
        source_event: "message.sent".to_owned(),
        period: billing::rules::period_of(now, zone(&text.business_timezone)),
    };
    let totals = Totals {
        day: text.day,
        channel: Channel::Sms,
        change: Contribution::default(),
        messages_in: 0,
        messages_out: 1,
    };
    let receipt = billing::record(&mut tx, Some(&charge), &totals, now).await?;
    let accepted = Accepted {
        provider_message_id: &sent.sid,
        is_sandbox: sent.is_sandbox,
        segments: sent.segments,
        price: receipt
            .as_ref()
            .map_or(Decimal::ZERO, |receipt| receipt.price),
        currency: receipt
            .as_ref()
            .map_or(&app.settings.billing_currency, |receipt| &receipt.currency),
    };
    store::set_sent(&mut tx, job.outgoing, &accepted, now).await?;
    let facts = outcome::facts(
        job.outgoing,
        &text,
        TextStatus::Sent,
        Some(sent.segments),
        None,
    );
    events::emit(&mut tx, &Event::MessageSent(facts), now);
    if !text.keeps_words && !sent.is_sandbox {
        let order = ForgetText {
            subscriber: job.subscriber,
            message_sid: sent.sid.clone(),
            account_id: text.account_id.clone(),
            has_media: false,
        };
        order_forgetting(&mut tx, &order);
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    METRICS
        .texts
        .with_label_values(&[if sent.is_sandbox { "sandbox" } else { "sent" }])
        .inc();
    Ok(())
}

/// Production without Twilio, or an own account that cannot be used: no text can go out, and nobody should believe that
/// one did.
async fn write_unsendable(
    app: &AppState,
    run: &Run,
    job: &SendText,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let text = lock_sending(&mut tx, job, now).await?;
    outcome::fail(&mut tx, job.outgoing, &text, TextStatus::Failed, None, now).await?;
    run.finish(&mut tx).await?;
    tx.commit().await?;
    tracing::warn!(subscriber.id = %job.subscriber, "no account of twilio can be used: text {} is not sent", job.outgoing);
    Ok(())
}

/// The text, if nothing was heard of it since it was handed over. Else the next run sees to what was heard.
async fn lock_sending(
    tx: &mut TenantTx,
    job: &SendText,
    now: DateTime<Utc>,
) -> Result<Candidate, JobError> {
    let text = store::lock_candidate(tx, job.outgoing, now).await?;
    text.filter(|text| text.status == TextStatus::Sending && text.provider_message_id.is_none())
        .ok_or(JobError::Snooze(Duration::ZERO))
}

/// The text is not out, or nobody knows.
async fn write_error(
    app: &AppState,
    run: &Run,
    job: &SendText,
    error: twilio::Error,
    now: DateTime<Utc>,
) -> Result<(), JobError> {
    if let twilio::Error::Unknown(_) = error {
        // SENDING stays: the next run asks Twilio before anything else.
        return Err(JobError::Retry(error.into()));
    }
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let text = lock_sending(&mut tx, job, now).await?;
    if error.is_transient() {
        store::set_queued(&mut tx, job.outgoing).await?;
        tx.commit().await?;
        return Err(match error {
            // One's own account is throttled alone: the others' texts must not wait for it with the breaker.
            twilio::Error::RateLimited { retry_after } if text.account_id.is_some() => {
                JobError::Snooze(retry_after.unwrap_or(OWN_ACCOUNT_THROTTLED))
            }
            twilio::Error::RateLimited {
                retry_after: Some(after),
            } => JobError::RetryAfter(anyhow!("twilio wants fewer requests"), after),
            error => JobError::Retry(error.into()),
        });
    }
    outcome::fail(
        &mut tx,
        job.outgoing,
        &text,
        TextStatus::Failed,
        error.code(),
        now,
    )
    .await?;
    run.finish(&mut tx).await?;
    tx.commit().await?;
    let is_of_the_person = matches!(
        error.code().map(meaning),
        Some(ErrorMeaning::OptedOut | ErrorMeaning::BadNumber | ErrorMeaning::NotMobile)
    );
    if !is_of_the_person {
        tracing::warn!(subscriber.id = %job.subscriber, "twilio refused text {}: {error}", job.outgoing);
    }
    Ok(())
}

/// The last attempt has failed: a text that waits for ever helps nobody.
async fn write_end(
    app: &AppState,
    run: &Run,
    job: &SendText,
    error: anyhow::Error,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let text = store::lock_candidate(&mut tx, job.outgoing, now).await?;
    match text.filter(|text| text.provider_message_id.is_none()) {
        Some(text) if text.status == TextStatus::Queued => {
            let code = error
                .downcast_ref::<twilio::Error>()
                .and_then(twilio::Error::code);
            outcome::fail(&mut tx, job.outgoing, &text, TextStatus::Failed, code, now).await?;
        }
        Some(text) if text.status == TextStatus::Sending => {
            outcome::give_up(&mut tx, job.outgoing, &text, now).await?;
        }
        // It is out: the job dies, and somebody looks at why that could not be written.
        _ => return Err(JobError::Fail(error)),
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    tracing::warn!(
        subscriber.id = %job.subscriber,
        "text {} could not be handed over: {error:#}", job.outgoing
    );
    Ok(())
}
