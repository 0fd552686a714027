//! Where Twilio asks about the calls of a business's number: it is told when the receptionist is switched. What callers
//! get changes at once whether it hears of it or not, because both URLs ask the same question of the database; but a
//! URL that says what it does is what a person looks for in Twilio's console.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    alerts::{self, Alert, Severity},
    app::{App, AppState},
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164},
    providers::twilio::{self, NumberUrls},
    tenancy::{accounts, store::switch},
};

/// Tells Twilio where the calls of a business's number go.
#[derive(Debug, Serialize, Deserialize)]
pub struct PointNumber {
    pub subscriber: SubscriberId,
    /// Of the change that ordered it: a later change orders another one.
    pub at: DateTime<Utc>,
}

impl Job for PointNumber {
    const KIND: &'static str = "settings.point_number";
    const LANE: Lane = Lane::Provider;
    const PROVIDER: Option<&'static str> = Some("twilio");

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }

    fn dedupe_key(&self) -> Option<String> {
        let at = self.at.timestamp_micros();
        Some(format!("{}:{}:{at}", Self::KIND, self.subscriber))
    }
}

/// Orders it with the change that it follows.
pub(super) fn order(tx: &mut TenantTx, at: DateTime<Utc>) {
    let subscriber = tx.subscriber();
    jobs::enqueue(tx, &PointNumber { subscriber, at });
}

pub async fn point_number(app: AppState, run: Run, job: PointNumber) -> Result<(), JobError> {
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let found = switch::find_switch(&mut tx).await?;
    let number = found.as_ref().and_then(|found| found.number.clone());
    let client = match &number {
        Some(number) => client_of(&app, &mut tx, number).await?,
        None => None,
    };
    tx.end_reading();
    let (Some(found), Some(number), Some(client)) = (found, number, client) else {
        // No number, or nobody at Twilio to tell: the sandbox.
        return Ok(());
    };
    let urls = Urls::of(&app, job.subscriber, found.is_on);
    let told = match &found.twilio_number_sid {
        Some(sid) => Some(sid.clone()),
        None => client
            .find_number(number.as_str())
            .await?
            .map(|owned| owned.sid),
    };
    let told = match told {
        Some(sid) => known(client.point_number(&sid, urls.borrowed()).await)?,
        None => None,
    };
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    let cause = format!("twilio.number_missing:{}", job.subscriber);
    let now = app.clock.now();
    if told.is_some() {
        alerts::resolve(&mut tx, &cause, now).await?;
    } else {
        let alert = Alert {
            subscriber: Some(job.subscriber),
            kind: "twilio.number_missing",
            severity: Severity::Warning,
            detail: "twilio does not have the number on which this business is called".to_owned(),
            cause,
        };
        alerts::raise(&mut tx, &alert, now).await?;
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// A number that is gone there is not found by trying again.
fn known<T>(result: Result<T, twilio::Error>) -> Result<Option<T>, twilio::Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(twilio::Error::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The account that has the number: the business's own, or the platform's.
async fn client_of(
    app: &App,
    tx: &mut TenantTx,
    number: &E164,
) -> Result<Option<twilio::Client>, JobError> {
    let own = accounts::own_account_for_number(tx, &app.keyring, number).await?;
    let Some(own) = own else {
        return Ok(app.twilio.clone());
    };
    let base_url = &app.settings.twilio.api_base_url;
    let client = |key| twilio::Client::new(app.http.clone(), base_url, &own.account_id, key);
    Ok(own.api_key.clone().map(client))
}

/// The URLs of a business's number at Twilio.
#[derive(Clone, Debug)]
pub struct Urls {
    pub voice: String,
    pub fallback: String,
    pub is_fallback_static: bool,
    pub status: String,
}

impl Urls {
    pub fn of(app: &App, subscriber: SubscriberId, is_on: bool) -> Self {
        let base = &app.settings.public_url;
        Self {
            voice: match is_on {
                true => format!("{base}/voice/webhook/voice"),
                false => format!("{base}/voice/forward-to-owner/{subscriber}"),
            },
            fallback: app.settings.fallback_url_of(&subscriber.to_string()),
            is_fallback_static: app.settings.voice_fallback_url.is_some(),
            // Sent again when nobody answers; what is lost all the same is looked up later.
            status: format!("{base}/webhooks/twilio/voice/status#rc=3&rp=ct,rt,5xx"),
        }
    }

    fn borrowed(&self) -> NumberUrls<'_> {
        NumberUrls {
            voice: &self.voice,
            fallback: &self.fallback,
            is_fallback_static: self.is_fallback_static,
            status: &self.status,
        }
    }
}
