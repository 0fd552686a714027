//! Putting a caller through before an agent speaks: to whom, and never in a circle. The line of whoever is rung may
//! forward to us when nobody answers there; that brings the call back as a new one.
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::forwarding;
use crate::{
    app::App,
    inbound::{self, Claim, EventKey, Proof},
    kernel::{db::TenantTx, ids::SubscriberId, phone::E164, text::hex},
    tenancy::{VoiceLine, store::switch},
};

/// So long after it was put through a call of the same person to the same number is the same call, come back.
const COMES_BACK: TimeDelta = TimeDelta::minutes(2);
/// Whoever withholds the number looks like anybody else who does: no longer than it rings.
const COMES_BACK_UNNAMED: TimeDelta = TimeDelta::seconds(45);

/// The two ends of a call, and the line that forwarded it to us, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<'a> {
    pub caller: Option<&'a E164>,
    pub ours: Option<&'a E164>,
    pub through: Option<&'a E164>,
}

/// A call that may be put through.
pub struct Passing<'a> {
    pub provider: &'static str,
    pub proof: Proof,
    /// What the provider keeps the same when it asks again about the same call; empty if it keeps nothing.
    pub call: &'a str,
    pub ends: Ends<'a>,
}

impl Ends<'_> {
    /// Whether whoever has this number is at one end of the call already.
    fn has(&self, number: &E164) -> bool {
        [self.caller, self.ours, self.through].contains(&Some(number))
    }
}

/// Whom a caller can be put through to: never to himself, nor in a circle back to us.
pub fn transfer_number<'a>(voice: &'a VoiceLine, ends: &Ends<'_>) -> Option<&'a E164> {
    let number = voice.transfer_number.as_ref();
    number.filter(|number| !ends.has(number))
}

/// What the call shows of the owner's line. True: it is a test of ours that came back, with nobody on it. The caller
/// commits.
pub async fn see_forwarding(
    tx: &mut TenantTx,
    voice: &VoiceLine,
    ends: &Ends<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    if let Some(ours) = ends.ours
        && forwarding::is_test_come_back(tx, ends.caller, ours, now).await?
    {
        return Ok(true);
    }
    if let Some(through) = ends.through.filter(|_| voice.line.is_enabled) {
        let owner_phone = switch::find_switch(tx).await?;
        let owner_phone = owner_phone.and_then(|found| found.owner_phone);
        if [&voice.transfer_number, &owner_phone].contains(&&Some(through.clone())) {
            switch::see_forwarded(tx).await?;
        }
    }
    Ok(false)
}

/// Whether this call is put through for the first time.
pub async fn is_first_pass(
    app: &App,
    subscriber: SubscriberId,
    passing: &Passing<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let window = match passing.ends.caller {
        Some(_) => COMES_BACK,
        None => COMES_BACK_UNNAMED,
    };
    let slice = now.timestamp() / window.num_seconds();
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    // The slice before this one ended less than a window ago.
    let before = key(subscriber, passing, slice - 1, now);
    if let Some(kept) = inbound::find_kept(&mut tx, before.provider, &before.kept_id()).await?
        && now - kept.received_at < window
    {
        tx.end_reading();
        return Ok(is_asked_again(passing, &kept));
    }
    let key = key(subscriber, passing, slice, now);
    let claim = inbound::claim(&mut tx, Some(subscriber), &key).await?;
    let is_first = match claim {
        Claim::New => true,
        Claim::Duplicate => {
            let kept = inbound::find_kept(&mut tx, key.provider, &key.kept_id()).await?;
            kept.is_some_and(|kept| is_asked_again(passing, &kept))
        }
    };
    tx.commit().await?;
    Ok(is_first)
}

/// Providers ask again when an answer was lost: that is the same pass, and gets the same answer.
fn is_asked_again(passing: &Passing<'_>, kept: &inbound::Kept) -> bool {
    !passing.call.is_empty() && kept.raw_body == passing.call.as_bytes()
}

fn key<'a>(
    subscriber: SubscriberId,
    passing: &Passing<'a>,
    slice: i64,
    now: DateTime<Utc>,
) -> EventKey<'a> {
    let of = |number: Option<&E164>| number.map_or("", E164::as_str).to_owned();
    let (caller, ours) = (of(passing.ends.caller), of(passing.ends.ours));
    let who = Sha256::digest(format!("{caller}>{ours}@{slice}").as_bytes());
    EventKey {
        provider: passing.provider,
        external_id: format!("put_through:{subscriber}:{}", hex(&who)),
        kind: "put_through",
        raw: passing.call.as_bytes(),
        received_at: now,
        proof: passing.proof,
    }
}
