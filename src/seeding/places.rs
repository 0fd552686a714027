//! Where a channel belongs, given where it stands: pure rules over what was looked up.
use super::lines;
use crate::{
    kernel::{config::Settings, phone::E164},
    tenancy::Channel,
};

/// Where a channel stands at its providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub number: Option<E164>,
    pub agent: Option<String>,
}

/// A number that a subscriber holds for itself, or that it shares.
#[derive(Clone, Debug)]
pub struct KnownNumber {
    pub e164: E164,
    /// Texts go over Twilio, so a number that Retell holds has none.
    pub carries_texts: bool,
    pub is_shared: bool,
}

/// The places there are for one subscriber's channels.
pub struct Places {
    numbers: Vec<KnownNumber>,
    demo_line: E164,
    gatekeeper: Option<String>,
    master_sms: Option<E164>,
}

impl Places {
    pub fn of(numbers: Vec<KnownNumber>, settings: &Settings) -> Self {
        Self {
            numbers,
            demo_line: lines::demo_line(),
            gatekeeper: settings.retell.gatekeeper_agent_id.clone(),
            master_sms: settings.twilio.master_sms_number.clone(),
        }
    }

    /// Where the channel belongs, given where it stands. A setting that is not set moves nothing.
    pub fn of_channel(&self, channel: Channel, stands: &Place) -> Place {
        match channel {
            Channel::Voice => self.voice(stands),
            Channel::Sms => self.sms(stands),
            Channel::Chat | Channel::Email => stands.clone(),
        }
    }

    /// On a number of its own with whatever agent it has; else on the shared line, behind the gatekeeper.
    fn voice(&self, stands: &Place) -> Place {
        let own = self.own().map(|own| &own.e164);
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

    /// On a number of its own that carries texts, else on the master number.
    fn sms(&self, stands: &Place) -> Place {
        let own = self.own().filter(|own| own.carries_texts);
        let number = choose(own.map(|own| &own.e164), stands.number.as_ref())
            .or_else(|| self.master_sms.clone())
            .or_else(|| self.shared(stands));
        Place {
            number,
            agent: stands.agent.clone(),
        }
    }

    fn own(&self) -> impl Iterator<Item = &KnownNumber> {
        self.numbers.iter().filter(|number| !number.is_shared)
    }

    /// The shared number that the channel stands on. A number that it has lost is not kept: it may be another's.
    fn shared(&self, stands: &Place) -> Option<E164> {
        let mut shared = self.numbers.iter().filter(|number| number.is_shared);
        let found = shared.find(|number| Some(&number.e164) == stands.number.as_ref())?;
        Some(found.e164.clone())
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

    fn places(numbers: &[&str]) -> Places {
        let numbers = numbers.iter().map(|number| KnownNumber {
            e164: number.parse().unwrap(),
            carries_texts: *number != AT_RETELL,
            is_shared: *number == MASTER,
        });
        Places {
            numbers: numbers.collect(),
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

    #[test]
    fn without_the_setting_texts_stay_on_a_shared_number_and_leave_one_that_was_lost() {
        let on_master = place(MASTER, None);
        assert_eq!(places(&[MASTER]).sms(&on_master), on_master);
        assert_eq!(places(&[]).sms(&place(OWN, None)), Place::default());
    }
}
