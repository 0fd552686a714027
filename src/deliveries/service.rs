//! What owners do with their endpoints.
use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    app::App,
    events::{Event, TestFacts, catalogue},
    kernel::{
        db::TenantTx,
        http::{Failure, Target},
        ids::{EndpointId, EventId, SubscriberId},
    },
};

use super::{
    headers::{self, MASK, OwnHeaders},
    model::{DisabledBecause, Endpoint, Error, Format, Schedule, SealedSecret, timeout_of},
    parcel::{Address, Opener, Parcel},
    payload::Message,
    signature::Secret,
    store,
};

/// Each event costs a row and a job for each endpoint that wants it.
const MOST_ENDPOINTS: usize = 50;
const MOST_SECRETS: i32 = 3;
const USUAL_OVERLAP: chrono::Duration = chrono::Duration::hours(24);
const LONGEST_DESCRIPTION: usize = 500;
/// How long somebody who saves an address waits for its name to be looked up.
const LOOKUP: Duration = Duration::from_secs(3);
/// n8n listens there for two minutes after a click, and then no more.
const TEST_PATH: &str = "/webhook-test/";

/// What an owner asks for; what is not named stays as it is, or begins as usual.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub secret: Option<SecretString>,
    pub headers: Option<BTreeMap<String, String>>,
    pub format: Option<Format>,
    pub schedule: Option<Schedule>,
    pub timeout_seconds: Option<i32>,
    pub max_per_second: Option<i32>,
}

/// Looks whether requests may go to the address that somebody typed. Asks the network, so before any transaction.
pub async fn check_url(app: &App, url: Option<&str>) -> Result<(), Error> {
    let Some(url) = url else {
        return Ok(());
    };
    let target = Target::parse(url).map_err(|bad| Error::invalid("url", bad))?;
    // Who does not answer in time is looked up again when something is sent.
    let checked = tokio::time::timeout(LOOKUP, app.tenant_http.check(&target)).await;
    match checked {
        Ok(Err(Failure::BlockedAddress)) => Err(Error::invalid(
            "url",
            "must lead to a public address over https",
        )),
        _ => Ok(()),
    }
}

/// Makes an endpoint; its secret leaves here and not again.
pub async fn create(
    app: &App,
    tx: &mut TenantTx,
    wish: Wish,
    is_from_settings: bool,
) -> Result<(Endpoint, Secret), Error> {
    if store::list_endpoints(tx).await?.len() >= MOST_ENDPOINTS {
        return Err(Error::TooMany(MOST_ENDPOINTS));
    }
    let secret = match &wish.secret {
        Some(text) => import(text)?,
        None => Secret::generate(),
    };
    let now = app.clock.now();
    let mut endpoint = Endpoint {
        id: EndpointId::new(),
        url: String::new(),
        credentials: None,
        headers: None,
        events: Vec::new(),
        description: None,
        format: Format::Standard,
        schedule: Schedule::Default,
        timeout_s: 15,
        per_second: None,
        is_from_settings,
        is_enabled: true,
        disabled_at: None,
        disabled_because: None,
        created_at: now,
    };
    if wish.url.is_none() {
        return Err(Error::invalid("url", "is missing"));
    }
    if wish.events.is_none() {
        return Err(Error::invalid("events", "is missing"));
    }
    apply(app, tx.subscriber(), &mut endpoint, wish, now)?;
    store::insert_endpoint(tx, &endpoint).await?;
    add_secret(app, tx, endpoint.id, &secret, now).await?;
    Ok((endpoint, secret))
}

/// Changes an endpoint. A new secret takes the place of the old one, which signs along for a day.
pub async fn update(
    app: &App,
    tx: &mut TenantTx,
    id: EndpointId,
    wish: Wish,
) -> Result<Endpoint, Error> {
    let found = store::find_endpoint(tx, id).await?;
    let mut endpoint = found.ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let secret = wish.secret.as_ref().map(import).transpose()?;
    apply(app, tx.subscriber(), &mut endpoint, wish, now)?;
    store::update_endpoint(tx, &endpoint, now).await?;
    if let Some(secret) = secret {
        add_secret(app, tx, id, &secret, now + USUAL_OVERLAP).await?;
    }
    Ok(endpoint)
}

/// Makes a new secret; those before it sign along for the overlap.
pub async fn rotate(
    app: &App,
    tx: &mut TenantTx,
    id: EndpointId,
    overlap_hours: Option<i64>,
) -> Result<(Endpoint, Secret), Error> {
    let overlap = match overlap_hours {
        None => USUAL_OVERLAP,
        Some(hours @ 0..=168) => chrono::Duration::hours(hours),
        Some(_) => return Err(Error::invalid("overlap_hours", "must be from 0 to 168")),
    };
    let found = store::find_endpoint(tx, id).await?;
    let endpoint = found.ok_or(Error::NotFound)?;
    let secret = Secret::generate();
    add_secret(app, tx, id, &secret, app.clock.now() + overlap).await?;
    Ok((endpoint, secret))
}

/// The one endpoint of the older settings page: LEGACY, every event. Without an address it is switched off.
pub async fn keep_from_settings(
    app: &App,
    tx: &mut TenantTx,
    url: Option<String>,
    secret: Option<SecretString>,
) -> Result<(Option<Endpoint>, Option<Secret>), Error> {
    let endpoints = store::list_endpoints(tx).await?;
    let kept = endpoints
        .into_iter()
        .find(|endpoint| endpoint.is_from_settings);
    let wish = Wish {
        enabled: Some(url.is_some()),
        url,
        secret,
        format: Some(Format::Legacy),
        ..Wish::default()
    };
    match kept {
        Some(endpoint) => Ok((Some(update(app, tx, endpoint.id, wish).await?), None)),
        None if wish.url.is_none() => Ok((None, None)),
        None => {
            let wish = Wish {
                events: Some(vec!["*".to_owned()]),
                ..wish
            };
            let (endpoint, secret) = create(app, tx, wish, true).await?;
            Ok((Some(endpoint), Some(secret)))
        }
    }
}

/// An endpoint with everything that is needed to send to it.
pub async fn address_of(app: &App, tx: &mut TenantTx, id: EndpointId) -> Result<Address, Error> {
    let found = store::find_endpoint(tx, id).await?;
    let endpoint = found.ok_or(Error::NotFound)?;
    let secrets = store::list_secrets(tx, id).await?;
    let secrets: Vec<_> = secrets
        .into_iter()
        .map(|secret| (secret.id, secret.sealed))
        .collect();
    let opener = opener(app, tx.subscriber(), id);
    Ok(Address {
        url: endpoint.url.clone(),
        format: endpoint.format,
        timeout: timeout_of(endpoint.timeout_s),
        credentials: opener.credentials(endpoint.credentials.as_deref())?,
        headers: opener.headers(endpoint.headers.as_deref())?,
        secrets: opener.secrets(&secrets)?,
    })
}

/// What came of trying an endpoint.
#[derive(Clone, Debug)]
pub struct Tried {
    pub status: Option<u16>,
    pub latency_ms: u64,
    pub body: Option<String>,
    /// A class such as `timeout`.
    pub error: Option<&'static str>,
}

/// Sends a `webhook.test` to the endpoint at once: signed like any other, outside of the queue and its limits.
pub async fn try_out(app: &App, subscriber: SubscriberId, address: &Address) -> Tried {
    let now = app.clock.now();
    let event = Event::WebhookTest(TestFacts {
        message: "this is a test".to_owned(),
    });
    let message = Message {
        event: EventId::new(),
        kind: event.kind().to_owned(),
        subscriber,
        occurred_at: now,
        data: event.data(),
    };
    let exchange = Parcel::new(address, &message, now.timestamp())
        .send(app)
        .await;
    let error = super::verdict::error_of(&exchange);
    let answer = exchange.result.ok();
    Tried {
        status: answer.as_ref().map(|answer| answer.status),
        latency_ms: u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX),
        body: answer.map(|answer| super::deliver::readable(&answer.body)),
        error,
    }
}

/// The names of the owner's own headers, with masks in place of values.
pub fn shown_headers(
    app: &App,
    subscriber: SubscriberId,
    endpoint: &Endpoint,
) -> Result<BTreeMap<String, &'static str>, Error> {
    let opener = opener(app, subscriber, endpoint.id);
    let own = opener.headers(endpoint.headers.as_deref())?;
    Ok(headers::masked(&own))
}

/// The address as it is shown: `https://***@host/…` when user and password belong to it.
pub fn shown_url(endpoint: &Endpoint) -> String {
    match endpoint.credentials {
        Some(_) => endpoint.url.replacen("://", &format!("://{MASK}@"), 1),
        None => endpoint.url.clone(),
    }
}

/// What an owner should know of the address.
pub fn warnings(endpoint: &Endpoint) -> Vec<&'static str> {
    let is_test = endpoint.url.contains(TEST_PATH);
    let test =
        "this is n8n's test address: it answers for two minutes after a click and then no more";
    is_test.then_some(test).into_iter().collect()
}

fn apply(
    app: &App,
    subscriber: SubscriberId,
    endpoint: &mut Endpoint,
    wish: Wish,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let opener = opener(app, subscriber, endpoint.id);
    let mut is_elsewhere = false;
    if let Some(url) = wish.url {
        let target = Target::parse(&url).map_err(|bad| Error::invalid("url", bad))?;
        // A new one has none yet.
        let before = Target::parse(&endpoint.url);
        is_elsewhere = before.is_ok_and(|before| before.url().origin() != target.url().origin());
        let typed = target.credentials().map(ExposeSecret::expose_secret);
        match typed {
            // As it was shown: user and password stay, but never follow to another host.
            Some(shown) if shown == format!("{MASK}:") => {
                let is_same = Target::parse(&endpoint.url)
                    .is_ok_and(|before| before.url().origin() == target.url().origin());
                if !is_same || endpoint.credentials.is_none() {
                    return Err(Error::invalid("url", "needs its user and password again"));
                }
            }
            Some(_) => {
                let place = opener.place("credentials_sealed");
                let sealed = target
                    .credentials()
                    .map(|typed| app.keyring.seal(&place, typed));
                endpoint.credentials = sealed;
            }
            None => endpoint.credentials = None,
        }
        endpoint.url = target.url().to_string();
    }
    if let Some(events) = wish.events {
        endpoint.events = check_events(events)?;
    }
    // The owner's headers may hold secrets, too: they never follow to another host unseen.
    if is_elsewhere && wish.headers.is_none() && endpoint.headers.is_some() {
        return Err(Error::invalid(
            "headers",
            "have to be given again for another host",
        ));
    }
    if let Some(typed) = wish.headers {
        let before: OwnHeaders = match is_elsewhere {
            true => OwnHeaders::new(),
            false => opener.headers(endpoint.headers.as_deref())?,
        };
        endpoint.headers = opener.seal_headers(&headers::check(typed, &before)?);
    }
    if let Some(description) = wish.description {
        if description.chars().count() > LONGEST_DESCRIPTION {
            let message = format!("is longer than {LONGEST_DESCRIPTION} characters");
            return Err(Error::invalid("description", message));
        }
        endpoint.description = Some(description.replace('\0', ""));
    }
    if let Some(timeout_s) = wish.timeout_seconds {
        if !(5..=30).contains(&timeout_s) {
            return Err(Error::invalid("timeout_seconds", "must be from 5 to 30"));
        }
        endpoint.timeout_s = timeout_s;
    }
    if let Some(per_second) = wish.max_per_second {
        if per_second < 1 {
            return Err(Error::invalid("max_per_second", "must be at least 1"));
        }
        endpoint.per_second = Some(per_second);
    }
    endpoint.format = wish.format.unwrap_or(endpoint.format);
    endpoint.schedule = wish.schedule.unwrap_or(endpoint.schedule);
    let is_enabled = wish.enabled.unwrap_or(endpoint.is_enabled);
    if is_enabled != endpoint.is_enabled {
        endpoint.disabled_at = (!is_enabled).then_some(now);
        endpoint.disabled_because = (!is_enabled).then_some(DisabledBecause::Owner);
    }
    endpoint.is_enabled = is_enabled;
    Ok(())
}

fn check_events(events: Vec<String>) -> Result<Vec<String>, Error> {
    let known: Vec<&str> = catalogue::types()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let is_wanted = |wanted: &str| match wanted.strip_suffix(".*") {
        Some(beginning) => known
            .iter()
            .any(|name| name.split('.').next() == Some(beginning)),
        None => wanted == "*" || known.contains(&wanted),
    };
    let mut checked: Vec<String> = Vec::new();
    for event in events {
        if !is_wanted(&event) {
            return Err(Error::invalid(
                "events",
                "must be names of /event-types, beginnings such as call.*, or *",
            ));
        }
        if !checked.contains(&event) {
            checked.push(event);
        }
    }
    if checked.is_empty() {
        return Err(Error::invalid("events", "must name one at least"));
    }
    Ok(checked)
}

fn import(text: &SecretString) -> Result<Secret, Error> {
    Secret::import(text.expose_secret()).map_err(|bad| Error::invalid("secret", bad))
}

/// Those before it sign until `expires_at`.
async fn add_secret(
    app: &App,
    tx: &mut TenantTx,
    endpoint: EndpointId,
    secret: &Secret,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let id = Uuid::now_v7();
    let place = opener(app, tx.subscriber(), endpoint).secret_place(id);
    let sealed = SealedSecret {
        id,
        sealed: app.keyring.seal(&place, secret.text()),
    };
    store::insert_secret(tx, endpoint, &sealed, expires_at, MOST_SECRETS).await?;
    Ok(())
}

fn opener(app: &App, subscriber: SubscriberId, endpoint: EndpointId) -> Opener<'_> {
    Opener {
        keyring: &app.keyring,
        subscriber,
        endpoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &[&str]) -> Result<Vec<String>, Error> {
        check_events(events.iter().map(|event| (*event).to_owned()).collect())
    }

    #[test]
    fn events_are_names_beginnings_or_all() {
        for good in [
            &["*"][..],
            &["call.*"],
            &["call.ended", "lead.created"],
            &["usage.*", "webhook.test"],
        ] {
            assert_eq!(check(good).unwrap(), good);
        }
        assert_eq!(check(&["*", "*"]).unwrap(), ["*"]);
        for wrong in [
            &[][..],
            &["call"],
            &["call."],
            &["cal.*"],
            &[".*"],
            &["call.ended*"],
            &["CALL.ENDED"],
            &["**"],
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}
