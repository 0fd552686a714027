//! The canonical subscribers: ourselves, and the studio that we began with.
use super::super::business::{Business, Number, Profile, Texts, WEEKDAYS, hours};
use crate::kernel::language::Language;

pub const ROCKET_SCIENCE_DESIGNS: Business = Business {
    slug: "rocketsciencedesigns",
    older_id: None,
    name: "Rocket Science Designs",
    business_type: "Design studio",
    industry: "DESIGN",
    description: "A studio for websites and software in Winnipeg.",
    website_url: None,
    plan: "PRO",
    number: Some(Number {
        e164: "+12048082733",
        provider: "RETELL",
    }),
    texts: Texts::Disabled,
    profile: Profile {
        language: Language::En,
        timezone: "America/Winnipeg",
        area_code: "204",
        greeting: "Thanks for calling Rocket Science Designs! How can I help?",
        tone: "friendly",
        business_phone: None,
        transfer_number: None,
        standard_fee: None,
        emergency_fee: None,
        schedule_summary: "Monday to Friday, 9 to 5",
        owner_name: None,
        owner_email: None,
        appointment_minutes: 30,
    },
    hours: &[hours(WEEKDAYS, "09:00", "17:00")],
    holidays: &[],
    services: &[],
};

/// The platform as its own subscriber: the chat on its site. It has no number, so its voice is the shared line.
pub const ROCKET_RECEPTION: Business = Business {
    slug: "rocketreception",
    older_id: None,
    name: "Rocket Reception",
    business_type: "AI receptionist",
    industry: "SOFTWARE",
    description: "A managed AI receptionist that answers calls, texts and chats for small businesses.",
    website_url: None,
    plan: "PRO",
    number: None,
    texts: Texts::Disabled,
    profile: Profile {
        language: Language::En,
        timezone: "America/Winnipeg",
        area_code: "431",
        greeting: "Hello, this is Rocket Reception! How can I help?",
        tone: "friendly",
        business_phone: None,
        transfer_number: None,
        standard_fee: None,
        emergency_fee: None,
        schedule_summary: "Monday to Friday, 9 to 5",
        owner_name: None,
        owner_email: None,
        appointment_minutes: 30,
    },
    hours: &[hours(WEEKDAYS, "09:00", "17:00")],
    holidays: &[],
    services: &[],
};
