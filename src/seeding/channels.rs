//! The channels that every subscriber has, and where each of them stands at the providers.
//!
//! Whether a channel is enabled, its mode and its providers are decided by people; the seed sets them once, when it
//! makes the channel. Its number and its agent are the seed's own.
use anyhow::Context;

use super::{
    Seeding,
    business::Texts,
    lines,
    report::{Change, Report, Table},
    store::{self, Held, NewChannel},
    work::Work,
};
use crate::{
    kernel::{config::Settings, ids::SubscriberId, phone::E164},
    tenancy::{AiProvider, Channel, Transport},
};

/// How many subscribers are looked up at a time.
const PAGE: i64 = 500;

/// Where a channel stands at its providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub number: Option<E164>,
    pub agent: Option<String>,
}

/// A number that a subscriber holds for itself.
#[derive(Clone, Debug)]
pub struct OwnNumber {
    pub e164: E164,
    /// Texts go over Twilio, so a number that Retell holds has none.
    pub carries_texts: bool,
}

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
    let own = store::list_own_numbers(&mut work.tx, subscriber).await?;
    let places = Places::of(own, work.settings);
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

/// The places there are for one subscriber's channels.
struct Places {
    own: Vec<OwnNumber>,
    demo_line: E164,
    gatekeeper: Option<String>,
    master_sms: Option<E164>,
}

impl Places {
    fn of(own: Vec<OwnNumber>, settings: &Settings) -> Self {
        Self {
            own,
            demo_line: lines::demo_line(),
            gatekeeper: settings.retell.gatekeeper_agent_id.clone(),
            master_sms: settings.twilio.master_sms_number.clone(),
        }
    }

    /// Where the channel belongs, given where it stands. A setting that is not set moves nothing.
    fn of_channel(&self, channel: Channel, stands: &Place) -> Place {
        match channel {
            Channel::Voice => self.voice(stands),
            Channel::Sms => self.sms(stands),
            Channel::Chat | Channel::Email => stands.clone(),
        }
    }

    /// On a number of its own with whatever agent it has; else on the shared line, behind the gatekeeper.
    fn voice(&self, stands: &Place) -> Place {
        let own = self.own.iter().map(|own| &own.e164);
        match choose(own, stands.number.as_ref()) {
            Some(number) => Place {
                number: Some(number),
                // The gatekeeper stays behind with the shared line.
                agent: (stands.number.as_ref() != Some(&self.demo_line))
                    .then(|| stands.agent.clone())
                    .flatten(),
            },
            None => Place {
                number: Some(self.demo_line.clone()),
                agent: self.gatekeeper.clone().or_else(|| stands.agent.clone()),
            },
        }
    }

    fn sms(&self, stands: &Place) -> Place {
        let own = self.own.iter().filter(|own| own.carries_texts);
        let number = choose(own.map(|own| &own.e164), stands.number.as_ref())
            .or_else(|| self.master_sms.clone())
            .or_else(|| stands.number.clone());
        Place {
            number,
            agent: stands.agent.clone(),
        }
    }
}

/// The number that it stands on, if that is one of its own; else the first of them.
fn choose<'a>(mut own: impl Iterator<Item = &'a E164>, stands: Option<&E164>) -> Option<E164> {
    let first = own.next()?;
    let kept = [first]
        .into_iter()
        .chain(own)
        .find(|own| Some(*own) == stands);
    Some(kept.unwrap_or(first).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "+14315550101";
    const SECOND: &str = "+14315550102";
    const AT_RETELL: &str = "+12048082733";
    const SHARED: &str = "+14316005505";
    const MASTER: &str = "+14315550199";

    fn places(own: &[&str]) -> Places {
        let own = own.iter().map(|number| OwnNumber {
            e164: number.parse().unwrap(),
            carries_texts: *number != AT_RETELL,
        });
        Places {
            own: own.collect(),
            demo_line: lines::demo_line(),
            gatekeeper: Some("gatekeeper".to_owned()),
            master_sms: None,
        }
    }

    fn place(number: &str, agent: Option<&str>) -> Place {
        Place {
            number: Some(number.parse().unwrap()),
            agent: agent.map(str::to_owned),
        }
    }

    #[test]
    fn without_a_number_of_its_own_voice_is_the_shared_line_behind_the_gatekeeper() {
        let behind_gatekeeper = place(SHARED, Some("gatekeeper"));
        for stands in [
            Place::default(),
            place(SHARED, Some("earlier")),
            place(OWN, None),
        ] {
            assert_eq!(places(&[]).voice(&stands), behind_gatekeeper);
        }
        let unset = Places {
            gatekeeper: None,
            ..places(&[])
        };
        assert_eq!(unset.voice(&behind_gatekeeper), behind_gatekeeper);
    }

    #[test]
    fn who_gets_a_number_leaves_the_shared_line_and_its_gatekeeper() {
        let moved = places(&[OWN]).voice(&place(SHARED, Some("gatekeeper")));
        assert_eq!(moved, place(OWN, None));
    }

    #[test]
    fn a_channel_on_any_of_its_own_numbers_stays_there_with_its_agent() {
        let stands = place(SECOND, Some("clone"));
        assert_eq!(places(&[OWN, SECOND]).voice(&stands), stands);
        assert_eq!(places(&[OWN, SECOND]).sms(&stands), stands);
    }

    #[test]
    fn texts_take_a_number_that_carries_them_else_the_master_number() {
        let sms = |places: &Places| places.sms(&Place::default()).number;
        assert_eq!(sms(&places(&[AT_RETELL, OWN])), Some(OWN.parse().unwrap()));
        assert_eq!(sms(&places(&[AT_RETELL])), None);
        let with_master = Places {
            master_sms: Some(MASTER.parse().unwrap()),
            ..places(&[AT_RETELL])
        };
        assert_eq!(sms(&with_master), Some(MASTER.parse().unwrap()));
    }
}
