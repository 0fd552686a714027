//! STOP and START on a number that several businesses share.
//!
//! The person means the number, for it is all they see: the word holds for every business that they wrote with there.
//! One of them records the text and confirms it; the others follow without a word.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    keywords::Keyword,
    receive::{self, contact_facts, keyword_of},
    shared::Meant,
};
use crate::{
    app::AppState,
    events::{self, Event},
    inbound,
    jobs::{Job, JobError, Lane, Run},
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        phone::E164,
    },
    people,
    providers::twilio::{Form, InboundSms},
    tenancy::{
        self, Channel,
        directory::{self, Key},
    },
};

/// Does for one business what a person told all of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct ObeyEverywhere {
    pub message_sid: String,
    pub subscriber: SubscriberId,
    pub part: Part,
}

/// What is one business's part in it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Part {
    /// The text is theirs: a turn, a charge, and the one confirmation.
    Record,
    Follow,
}

impl Job for ObeyEverywhere {
    const KIND: &'static str = "sms.obey_everywhere";
    const LANE: Lane = Lane::Interactive;

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// The orders that a text makes, one per business. None when it is no such word, or concerns one business alone.
pub fn orders(sms: &InboundSms, meant: &Meant) -> Option<Vec<ObeyEverywhere>> {
    let recorder = meant.business.or(meant.conversed.first().copied())?;
    let is_for_all = matches!(
        keyword_of(sms),
        Some(Keyword::OptOut { .. } | Keyword::OptIn { .. })
    );
    let others = meant.conversed.iter().filter(|other| **other != recorder);
    let mut parts: Vec<_> = others.map(|other| (*other, Part::Follow)).collect();
    if !is_for_all || parts.is_empty() {
        return None;
    }
    parts.push((recorder, Part::Record));
    let orders = parts.into_iter().map(|(subscriber, part)| ObeyEverywhere {
        message_sid: sms.message_sid.clone(),
        subscriber,
        part,
    });
    Some(orders.collect())
}

pub async fn obey_everywhere(app: AppState, run: Run, job: ObeyEverywhere) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::JobRunner).await?;
    let kept = inbound::find_kept(&mut tx, "TWILIO", &job.message_sid).await?;
    tx.commit().await?;
    let Some(kept) = kept else {
        return Ok(());
    };
    let sms = InboundSms::parse(&Form::decode(&kept.raw_body)?)?;
    let Some(from) = E164::of_caller(&sms.from) else {
        return Ok(());
    };
    let sender = directory::find(&app.db, &[Key::Number(&from)]).await?;
    let sender_is_ours = sender.iter().any(Option::is_some);
    let mut tx = TenantTx::begin(&app.db, job.subscriber).await?;
    match job.part {
        Part::Record => record(&mut tx, &sms, sender_is_ours, kept.received_at).await?,
        Part::Follow => follow(&mut tx, &sms, &from, kept.received_at).await?,
    }
    run.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(
    tx: &mut TenantTx,
    sms: &InboundSms,
    sender_is_ours: bool,
    at: DateTime<Utc>,
) -> Result<(), JobError> {
    let Some(line) = tenancy::find_line(tx, Channel::Sms).await? else {
        return Ok(());
    };
    let text = receive::Text {
        sms,
        to: &sms.to.parse()?,
        sender_is_ours,
        // Only the platform's account has numbers that several share.
        account_id: None,
    };
    receive::receive(tx, &line, &text, at).await?;
    Ok(())
}

async fn follow(
    tx: &mut TenantTx,
    sms: &InboundSms,
    from: &E164,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    // The contact's row stays locked: a text that is being sent comes before this or sees it.
    let caller = people::touch_contact(tx, from, "SMS", at).await?;
    if caller.is_new {
        let facts = contact_facts(&caller, from, "SMS");
        events::emit(tx, &Event::ContactCreated(facts), at);
    }
    let has_stopped = match keyword_of(sms) {
        Some(Keyword::OptOut { .. }) => people::start_opt_out(tx, from, "KEYWORD", at).await?,
        // The other word that makes these orders: START.
        _ => {
            people::end_opt_out(tx, from, at).await?;
            false
        }
    };
    if has_stopped {
        let facts = contact_facts(&caller, from, "KEYWORD");
        events::emit(tx, &Event::ContactOptedOut(facts), at);
    }
    Ok(())
}
