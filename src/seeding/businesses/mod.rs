//! The businesses that the seeds make. All phones but the numbers they own are in the range kept for fiction
//! (555-0100 to 555-0199), and the mail addresses in domains that deliver nowhere.
mod boreale;
mod core;
mod hvac;
mod sol;

use super::business::Business;

/// The canonical subscribers.
pub(super) static CORE: [Business; 2] = [core::ROCKET_SCIENCE_DESIGNS, core::ROCKET_RECEPTION];

/// The demo businesses: one in each language.
pub(super) static DEMO: [Business; 3] = [
    hvac::DEMO_HVAC,
    boreale::PLOMBERIE_BOREALE,
    sol::CLINICA_SOL,
];

/// Who answers on the shared demo line when the gatekeeper chose nobody.
pub(super) const DEMO_LINE_DEFAULT: &str = hvac::DEMO_HVAC.slug;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{NaiveDate, NaiveTime, Weekday};
    use chrono_tz::Tz;

    use super::{super::business::Texts, *};
    use crate::kernel::{language::Language, phone::E164, text::Slug};

    fn all() -> impl Iterator<Item = &'static Business> {
        CORE.iter().chain(&DEMO)
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    #[test]
    fn every_business_can_be_stored() {
        for business in all() {
            let profile = &business.profile;
            assert!(business.slug.parse::<Slug>().is_ok(), "{business:?}");
            assert!(profile.timezone.parse::<Tz>().is_ok(), "{business:?}");
            let phones = [profile.business_phone, profile.transfer_number]
                .into_iter()
                .chain([business.number.map(|number| number.e164)]);
            for phone in phones.flatten() {
                assert!(phone.parse::<E164>().is_ok(), "{phone}");
            }
            for hours in business.hours {
                assert!(time(hours.opens) < time(hours.closes), "{hours:?}");
                for day in hours.days {
                    assert!(day.parse::<Weekday>().is_ok(), "{day}");
                }
            }
            for holiday in business.holidays {
                assert!(holiday.date.parse::<NaiveDate>().is_ok(), "{holiday:?}");
                assert!(
                    holiday
                        .open
                        .is_none_or(|(opens, closes)| time(opens) < time(closes))
                );
            }
        }
    }

    #[test]
    fn no_two_businesses_share_a_name_or_a_number() {
        let slugs: HashSet<_> = all().map(|business| business.slug).collect();
        let numbers: Vec<_> = all().filter_map(|business| business.number).collect();
        let distinct: HashSet<_> = numbers.iter().map(|number| number.e164).collect();
        assert_eq!(slugs.len(), all().count());
        assert_eq!(distinct.len(), numbers.len());
    }

    #[test]
    fn there_is_a_demo_in_every_language_with_a_number_texts_and_prices() {
        let languages: HashSet<_> = DEMO.iter().map(|demo| demo.profile.language).collect();
        assert_eq!(
            languages,
            HashSet::from([Language::En, Language::Fr, Language::Es])
        );
        for demo in &DEMO {
            assert!(
                demo.number
                    .is_some_and(|number| number.e164.starts_with("+1431555"))
            );
            assert_eq!((demo.plan, demo.texts), ("PRO", Texts::Enabled));
            assert!(!demo.hours.is_empty() && !demo.holidays.is_empty());
            assert!(
                demo.services
                    .iter()
                    .any(|service| service.price_cad.is_some())
            );
        }
    }
}
