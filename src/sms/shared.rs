//! Numbers that several businesses share for texts: the conversation says which one is meant, else we ask.
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::keywords;
use crate::{
    app::AppState,
    inbound,
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx},
        ids::SubscriberId,
        language::Language,
        phone::E164,
        text::sha256_hex,
    },
    providers::twilio::{Form, InboundSms, NewMessage},
    receptionist::{plain::plain, understanding::guess_language},
    tenancy, traffic,
    web::limits::{self, Bucket, Taken},
};

/// A conversation counts for this long when two businesses have one with the same person.
const RECENT: TimeDelta = TimeDelta::days(1);

/// Whom a text on a shared number is for.
pub struct Meant {
    /// The one they last wrote with; one that they name; on the demo line the demo's default. None: nobody can know.
    pub business: Option<SubscriberId>,
    /// With whom the person has written on this number, the latest first.
    pub conversed: Vec<SubscriberId>,
}

/// Finds the business that the person means.
pub async fn find_business(
    app: &AppState,
    number: &E164,
    person: &E164,
    words: &str,
    default: Option<SubscriberId>,
) -> sqlx::Result<Meant> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    let recent_since = app.clock.now() - RECENT;
    let conversations = traffic::list_conversed(&mut tx, number, person).await?;
    let recent: Vec<_> = conversations
        .iter()
        .filter(|conversation| conversation.last_at >= recent_since)
        .collect();
    let known = match (recent.as_slice(), conversations.as_slice()) {
        ([one], _) => Some(one.subscriber),
        ([], [latest, ..]) => Some(latest.subscriber),
        _ => None,
    };
    let business = match known {
        Some(subscriber) => Some(subscriber),
        None => match find_named(&mut tx, number, words).await? {
            Some(subscriber) => Some(subscriber),
            // Two recent conversations and no name: asking is better than guessing a third.
            None if !recent.is_empty() => None,
            None => default,
        },
    };
    tx.commit().await?;
    let conversed = conversations.iter().map(|one| one.subscriber).collect();
    Ok(Meant {
        business,
        conversed,
    })
}

/// The one business on this number that the words name, by its name or slug.
async fn find_named(
    tx: &mut SystemTx,
    number: &E164,
    words: &str,
) -> sqlx::Result<Option<SubscriberId>> {
    let said = format!(" {} ", plain(words));
    let businesses = tenancy::shared::list_on(tx, number).await?;
    let mut named = businesses.iter().filter(|business| {
        let name = format!(" {} ", plain(&business.business_name));
        said.contains(&name) || said.trim() == business.slug
    });
    let first = named.next().map(|business| business.id);
    Ok(first.filter(|_| named.next().is_none()))
}

/// Keywords of the carrier are not answered with a question, nor are silence and short codes.
pub fn may_ask(sms: &InboundSms) -> bool {
    let is_keyword =
        keywords::classify(&sms.body).is_some_and(|keyword| keyword.intent().is_none());
    sms.opt_out.is_none()
        && !is_keyword
        && !sms.body.trim().is_empty()
        && E164::of_caller(&sms.from).is_some()
}

/// Asks a person which business they mean, unless they opted out of one on this number. At most once for a text, and
/// at most a few times an hour to one person.
///
/// The question is no row of `outgoing_messages` and does not pass the one function that sends: it is the platform's
/// own text and belongs to no subscriber, whose mode, limits and plan that function reads.
#[derive(Debug, Serialize, Deserialize)]
pub struct AskWhichBusiness {
    pub message_sid: String,
}

impl Job for AskWhichBusiness {
    const KIND: &'static str = "sms.ask_which_business";
    const LANE: Lane = Lane::Interactive;
    /// Nobody can look up whether it went out: once is enough.
    const MAX_ATTEMPTS: u32 = 1;

    fn subscriber(&self) -> Option<SubscriberId> {
        None
    }
}

pub async fn ask_which_business(
    app: AppState,
    _run: Run,
    job: AskWhichBusiness,
) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let Some(kept) = inbound::find_kept(&mut tx, "TWILIO", &job.message_sid).await? else {
        return Ok(());
    };
    let form = Form::decode(&kept.raw_body)?;
    let sms = InboundSms::parse(&form)?;
    let (Ok(number), Some(person)) = (sms.to.parse(), E164::of_caller(&sms.from)) else {
        return Ok(());
    };
    let conversed = traffic::list_conversed(&mut tx, &number, &person).await?;
    if conversed.iter().any(|business| business.is_opted_out) {
        return Ok(());
    }
    let bucket = Bucket::new(3, Duration::from_secs(60 * 60));
    let key = format!("ask:{}", digest(&[&sms.to, &sms.from]));
    let taken = limits::take(&mut tx, &key, bucket, 1).await?;
    tx.commit().await?;
    if matches!(taken, Taken::Limited { .. }) {
        return Ok(());
    }
    let Some(client) = &app.twilio else {
        tracing::info!("a person on a shared number would be asked which business is meant");
        return Ok(());
    };
    let question = question(guess_language(&sms.body, Default::default()));
    client
        .send_message(&NewMessage {
            to: &sms.from,
            from: &sms.to,
            body: question,
            status_callback: None,
        })
        .await
        .map_err(|error| JobError::Fail(error.into()))?;
    Ok(())
}

/// A person on a number, for a table that holds nobody's number.
fn digest(parts: &[&str]) -> String {
    sha256_hex(parts.join(" "))
}

fn question(language: Language) -> &'static str {
    match language {
        Language::En => {
            "Hello! Several businesses use this number. Which one would you like to reach?"
        }
        Language::Fr => {
            "Bonjour! Plusieurs entreprises utilisent ce numéro. Laquelle souhaitez-vous joindre?"
        }
        Language::Es => "¡Hola! Varias empresas usan este número. ¿Con cuál desea comunicarse?",
    }
}
