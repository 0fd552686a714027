//! From what the tables hold of a business to what a brain may say of it.
use rust_decimal::Decimal;

use super::business::{Business, Holiday, OpeningHours, Service};
use super::plain::plain;
use crate::tenancy::business::{BusinessProfile, ServiceRow};

impl Business {
    /// The facts of a profile.
    pub fn from_profile(profile: &BusinessProfile, currency: &str) -> Self {
        Self {
            name: profile.business_name.clone(),
            visits_customers: visits_customers(profile),
            greeting: profile.greeting.clone(),
            tone: Some(profile.agent_tone.clone()),
            language: profile.language,
            zone: profile.zone,
            hours: profile.hours.iter().filter_map(OpeningHours::of).collect(),
            closures: profile.holidays.iter().map(Holiday::from).collect(),
            services: profile.services.iter().map(service).collect(),
            transfer_number: profile.transfer_number.as_ref().map(ToString::to_string),
            standard_fee: profile.standard_fee.as_deref().and_then(amount),
            emergency_fee: profile.emergency_fee.as_deref().and_then(amount),
            currency: currency.to_owned(),
            schedule_summary: profile.schedule_summary.clone(),
            address: profile.address.clone(),
            website: profile.website_url.clone(),
            booking_link: profile.cal_com_url.clone(),
            is_booking_enabled: profile.is_booking_enabled,
        }
    }
}

/// Beginnings of the words for trades whose customers come to them, as owners of all three languages write them.
const RECEIVES: &[&str] = &[
    "dent",
    "orthodont",
    "clini",
    "medic",
    "doctor",
    "physio",
    "fisio",
    "chiro",
    "quiro",
    "massag",
    "masaj",
    "veterin",
    "optom",
    "optic",
    "pharm",
    "farmac",
    "psycho",
    "psico",
    "salon",
    "spa",
    "hair",
    "barb",
    "coiff",
    "peluqu",
    "beaut",
    "estetic",
    "esthet",
    "nail",
    "tattoo",
    "tatou",
    "restaurant",
    "cafe",
    "hotel",
    "garage",
    "auto",
    "taller",
    "tire",
    "lawyer",
    "attorney",
    "legal",
    "avocat",
    "abogad",
    "notai",
    "notari",
    "account",
    "comptab",
    "contad",
    "gym",
    "fitness",
    "yoga",
    "school",
    "ecole",
    "escuela",
    "studio",
    "estudio",
    "boutique",
    "tienda",
    "software",
    "design",
    "agency",
    "agence",
    "agencia",
];

/// Whether people of that trade come to the customer. Of one that we do not know we think so: to be asked for an
/// address in vain is better than to wait at home.
fn visits_customers(profile: &BusinessProfile) -> bool {
    let told = [&profile.business_type, &profile.industry];
    let told: Vec<String> = told.into_iter().flatten().map(|text| plain(text)).collect();
    let mut words = told.iter().flat_map(|text| text.split(' '));
    !words.any(|word| RECEIVES.iter().any(|start| word.starts_with(start)))
}

/// Owners write a fee in their own way (`129 $`, `$129.50`); what has no one amount in it is not spoken of.
fn amount(fee: &str) -> Option<Decimal> {
    let digits: String = fee
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '$' | '\u{a0}'))
        .map(|letter| if letter == ',' { '.' } else { letter })
        .collect();
    digits.parse().ok()
}

fn service(row: &ServiceRow) -> Service {
    Service {
        id: row.id,
        name: row.name.clone(),
        duration_minutes: u32::try_from(row.duration_minutes).ok(),
        price: row.price,
        currency: row.currency.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_read_as_owners_write_it() {
        for (fee, expected) in [
            ("129 $", "129"),
            ("$129.50", "129.50"),
            ("129,50 $", "129.50"),
        ] {
            assert_eq!(amount(fee), Some(expected.parse().unwrap()), "{fee}");
        }
        assert_eq!(amount("from $99 to $199"), None);
    }
}
