//! Plomberie Boréale Démo : un plombier à Québec, en français.
use super::super::business::{
    Business, Number, Profile, Texts, WEEKDAYS, closed, hours, service, service_by_quote, short_day,
};
use crate::kernel::language::Language;

pub const PLOMBERIE_BOREALE: Business = Business {
    slug: "plomberieboreale",
    older_id: None,
    name: "Plomberie Boréale Démo",
    business_type: "Plomberie",
    industry: "PLUMBING",
    description: "Plomberie résidentielle à Québec, à Lévis et dans les environs.",
    website_url: Some("https://plomberieboreale.example"),
    plan: "PRO",
    number: Some(Number {
        e164: "+14315550102",
        provider: "TWILIO",
    }),
    texts: Texts::Enabled,
    profile: Profile {
        language: Language::Fr,
        timezone: "America/Toronto",
        area_code: "418",
        greeting: "Plomberie Boréale, bonjour! Comment puis-je vous aider?",
        tone: "courteous",
        business_phone: Some("+14185550120"),
        transfer_number: Some("+14185550121"),
        standard_fee: Some("119 $"),
        emergency_fee: Some("229 $"),
        schedule_summary: "Du lundi au vendredi de 7 h 30 à 16 h 30; urgences jour et nuit",
        address: Some("850, rue Saint-Vallier Ouest, Québec"),
        owner_name: Some("Mélanie Gagnon"),
        owner_email: Some("melanie@plomberieboreale.example"),
        appointment_minutes: 60,
    },
    hours: &[hours(WEEKDAYS, "07:30", "16:30")],
    holidays: &[
        short_day("2026-12-24", "Veille de Noël", "07:30", "12:00"),
        closed("2026-12-25", "Noël"),
        closed("2027-01-01", "Jour de l’An"),
        closed("2027-03-26", "Vendredi saint"),
        closed("2027-05-24", "Journée nationale des patriotes"),
        closed("2027-06-24", "Fête nationale du Québec"),
        closed("2027-07-01", "Fête du Canada"),
        closed("2027-09-06", "Fête du Travail"),
        closed("2027-10-11", "Action de grâces"),
        closed("2027-12-25", "Noël"),
    ],
    services: &[
        service("Débouchage de drain", 60, 30, 139),
        service("Réparation de robinet", 45, 15, 119),
        service("Réparation de toilette", 60, 15, 129),
        service("Installation de lave-vaisselle", 90, 30, 179),
        service("Remplacement de chauffe-eau", 180, 30, 349),
        service("Visite d’urgence", 60, 30, 229),
        service_by_quote(
            "Rénovation de salle de bains : visite et soumission",
            60,
            30,
        ),
    ],
};
