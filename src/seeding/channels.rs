//! The channels that every subscriber has, and where each of them stands at the providers.
//!
//! Whether a channel is enabled, its mode and its providers are decided by people; the seed sets them once, when it
//! makes the channel. Its number and its agent are the seed's own.
use anyhow::Context;

use super::{
    Seeding,
    business::Texts,
    lines,
    places::{Place, Places},
    report::{Change, Report, Table},
    store::{self, Held, NewChannel},
    work::Work,
};
use crate::{
    kernel::ids::SubscriberId,
    tenancy::{AiProvider, Channel, Transport},
};

/// How many subscribers are looked up at a time.
const PAGE: i64 = 500;

/// Gives every subscriber its channels.
pub async fn seed(seeding: &Seeding<'_>, report: &mut Report) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = list_page(seeding, after).await?;
        for subscriber in &page {
            let mut work = Work::begin(seeding, report).await?;
            ensure(&mut work, *subscriber, Texts::Disabled)
                .await
                .with_context(|| format!("make the channels of subscriber {subscriber}"))?;
            work.commit().await?;
        }
        let Some(last) = page.last() else { break };
        after = Some(*last);
    }
    lines::ensure(seeding, report).await
}

async fn list_page(
    seeding: &Seeding<'_>,
    after: Option<SubscriberId>,
) -> sqlx::Result<Vec<SubscriberId>> {
    let mut tx = store::begin(seeding.db).await?;
    let page = store::list_subscribers(&mut tx, after, PAGE).await?;
    tx.commit().await?;
    Ok(page)
}

/// Makes the channels that the subscriber lacks, and moves those whose number or agent is no longer right.
pub async fn ensure(
    work: &mut Work<'_>,
    subscriber: SubscriberId,
    texts: Texts,
) -> sqlx::Result<()> {
    let numbers = store::list_numbers(&mut work.tx, subscriber).await?;
    let places = Places::of(numbers, work.settings);
    let held = store::lock_channels(&mut work.tx, subscriber).await?;
    for new in defaults(texts, &places) {
        let held = held.iter().find(|held| held.channel == new.channel);
        let change = match held {
            None => store::insert_channel(&mut work.tx, subscriber, &new, work.now).await?,
            Some(held) if has_our_providers(held, &new) => {
                let place = places.of_channel(held.channel, &held.place);
                store::move_channel(&mut work.tx, held, &place, work.now).await?
            }
            Some(_) => Change::Unchanged,
        };
        work.count(Table::SubscriberChannels, change);
    }
    Ok(())
}

/// With other providers it is somebody else's decision where the channel stands.
fn has_our_providers(held: &Held, new: &NewChannel) -> bool {
    (held.transport, held.ai_provider) == (new.transport, new.ai_provider)
}

/// Both providers are always named, even where nobody carries or thinks yet.
fn defaults(texts: Texts, places: &Places) -> [NewChannel; 4] {
    let channel = |channel, is_enabled, (transport, ai_provider)| NewChannel {
        channel,
        is_enabled,
        transport,
        ai_provider,
        place: places.of_channel(channel, &Place::default()),
    };
    let by_twilio = (Transport::Twilio, AiProvider::Retell);
    [
        channel(Channel::Voice, true, by_twilio),
        channel(Channel::Sms, texts == Texts::Enabled, by_twilio),
        channel(Channel::Chat, true, (Transport::Web, AiProvider::Retell)),
        channel(Channel::Email, false, (Transport::Other, AiProvider::Other)),
    ]
}
