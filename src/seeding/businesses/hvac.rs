//! Demo HVAC: heating and cooling in Winnipeg, in English. Everybody's first look at the product.
use super::super::business::{
    Business, Number, Profile, Texts, WEEKDAYS, closed, hours, service, service_by_quote, short_day,
};
use crate::kernel::language::Language;

pub const DEMO_HVAC: Business = Business {
    slug: "demohvac",
    older_id: Some("tenant-demo-001"),
    name: "Demo HVAC",
    business_type: "Heating and cooling",
    industry: "HVAC",
    description: "Furnaces, air conditioners and ventilation for homes in and around Winnipeg.",
    website_url: Some("https://demohvac.example"),
    plan: "PRO",
    number: Some(Number {
        e164: "+14315550101",
        provider: "TWILIO",
    }),
    texts: Texts::Enabled,
    profile: Profile {
        language: Language::En,
        timezone: "America/Winnipeg",
        area_code: "431",
        greeting: "Thanks for calling Demo HVAC, this is Rachel. How can I help you today?",
        tone: "friendly",
        business_phone: Some("+12045550110"),
        transfer_number: Some("+12045550111"),
        standard_fee: Some("$129"),
        emergency_fee: Some("$249"),
        schedule_summary: "Monday to Friday 8 to 5, Saturday 9 to 1; emergencies day and night",
        address: Some("1240 Portage Avenue, Winnipeg"),
        owner_name: Some("Dana Fields"),
        owner_email: Some("dana@demohvac.example"),
        appointment_minutes: 60,
    },
    hours: &[
        hours(WEEKDAYS, "08:00", "17:00"),
        hours(&["SAT"], "09:00", "13:00"),
    ],
    holidays: &[
        short_day("2026-12-24", "Christmas Eve", "08:00", "12:00"),
        closed("2026-12-25", "Christmas Day"),
        closed("2027-01-01", "New Year's Day"),
        closed("2027-02-15", "Louis Riel Day"),
        closed("2027-03-26", "Good Friday"),
        closed("2027-05-24", "Victoria Day"),
        closed("2027-07-01", "Canada Day"),
        closed("2027-09-06", "Labour Day"),
        closed("2027-09-30", "Orange Shirt Day"),
        closed("2027-10-11", "Thanksgiving"),
        closed("2027-12-25", "Christmas Day"),
    ],
    services: &[
        service("Furnace tune-up", 60, 30, 129),
        service("Furnace repair", 90, 30, 149),
        service("Air conditioner tune-up", 60, 30, 119),
        service("Air conditioner repair", 90, 30, 149),
        service("Duct cleaning", 180, 30, 389),
        service("Emergency visit", 60, 30, 249),
        service_by_quote("New furnace: visit and quote", 45, 15),
    ],
};
