//! How a business is written down for a seed.
use crate::kernel::language::Language;

/// A business as its owner would describe it. Everything here is the start only: what people change stays changed.
#[derive(Clone, Copy, Debug)]
pub struct Business {
    pub slug: &'static str,
    /// The id that the older systems knew it by.
    pub older_id: Option<&'static str>,
    pub name: &'static str,
    pub business_type: &'static str,
    /// As in `RETELL_MASTER_AGENT_ID_<INDUSTRY>`.
    pub industry: &'static str,
    pub description: &'static str,
    pub website_url: Option<&'static str>,
    pub plan: &'static str,
    pub number: Option<Number>,
    pub texts: Texts,
    pub profile: Profile,
    pub hours: &'static [Hours],
    pub holidays: &'static [Holiday],
    pub services: &'static [Service],
}

/// A number of its own.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    pub e164: &'static str,
    /// `TWILIO` or `RETELL`: who holds it for us.
    pub provider: &'static str,
}

/// Whether the SMS channel is made enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    Enabled,
    /// Until the plan allows them.
    Disabled,
}

/// What the receptionist is told about the business.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    pub language: Language,
    pub timezone: &'static str,
    pub area_code: &'static str,
    pub greeting: &'static str,
    pub tone: &'static str,
    pub business_phone: Option<&'static str>,
    pub transfer_number: Option<&'static str>,
    /// Fees as owners write them: `$129`, `129 $`.
    pub standard_fee: Option<&'static str>,
    pub emergency_fee: Option<&'static str>,
    pub schedule_summary: &'static str,
    pub address: Option<&'static str>,
    pub owner_name: Option<&'static str>,
    pub owner_email: Option<&'static str>,
    pub appointment_minutes: i32,
}

/// The same span on some days of the week; times as `08:00`.
#[derive(Clone, Copy, Debug)]
pub struct Hours {
    pub days: &'static [&'static str],
    pub opens: &'static str,
    pub closes: &'static str,
}

/// A date as `2027-07-01`: closed, or open for a shorter day.
#[derive(Clone, Copy, Debug)]
pub struct Holiday {
    pub date: &'static str,
    pub name: &'static str,
    pub open: Option<(&'static str, &'static str)>,
}

/// Something the business does, at a price in whole Canadian dollars.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub name: &'static str,
    pub duration_minutes: i32,
    pub buffer_minutes: i32,
    pub price_cad: Option<i64>,
}

pub const WEEKDAYS: &[&str] = &["MON", "TUE", "WED", "THU", "FRI"];

pub const fn hours(
    days: &'static [&'static str],
    opens: &'static str,
    closes: &'static str,
) -> Hours {
    Hours {
        days,
        opens,
        closes,
    }
}

pub const fn closed(date: &'static str, name: &'static str) -> Holiday {
    Holiday {
        date,
        name,
        open: None,
    }
}

pub const fn short_day(
    date: &'static str,
    name: &'static str,
    opens: &'static str,
    closes: &'static str,
) -> Holiday {
    Holiday {
        date,
        name,
        open: Some((opens, closes)),
    }
}

/// A service with its minutes of work, the minutes kept free after it, and its price.
pub const fn service(
    name: &'static str,
    duration_minutes: i32,
    buffer_minutes: i32,
    price_cad: i64,
) -> Service {
    Service {
        name,
        duration_minutes,
        buffer_minutes,
        price_cad: Some(price_cad),
    }
}

/// The same, where the price is known only after a look.
pub const fn service_by_quote(
    name: &'static str,
    duration_minutes: i32,
    buffer_minutes: i32,
) -> Service {
    Service {
        name,
        duration_minutes,
        buffer_minutes,
        price_cad: None,
    }
}
