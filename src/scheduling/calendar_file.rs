//! Appointments as calendars read them: RFC 5545. Pure.
use chrono::{DateTime, Utc};

use super::model::{Appointment, AppointmentStatus};

/// A line is at most so many octets, without its end.
const WIDEST: usize = 75;

/// For whom a calendar is.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// The person who comes: where to, and by which code.
    Person,
    /// The business: who comes.
    Business {
        /// What it says of itself as the name of the calendar.
        name: &'a str,
    },
}

/// A calendar of these appointments. `host` makes their ids unique in the world.
pub fn write(
    reader: Reader<'_>,
    business_name: &str,
    host: &str,
    appointments: &[Appointment],
) -> String {
    let mut file = File::default();
    file.line("BEGIN", "VCALENDAR");
    file.line("VERSION", "2.0");
    file.line("PRODID", "-//Rocket Reception//Appointments//EN");
    file.line("CALSCALE", "GREGORIAN");
    file.line("METHOD", "PUBLISH");
    if let Reader::Business { name } = reader {
        file.words("X-WR-CALNAME", name);
        // How often it is worth asking again.
        file.line("REFRESH-INTERVAL;VALUE=DURATION", "PT15M");
        file.line("X-PUBLISHED-TTL", "PT15M");
    }
    for appointment in appointments {
        write_event(&mut file, reader, business_name, host, appointment);
    }
    file.line("END", "VCALENDAR");
    file.text
}

fn write_event(
    file: &mut File,
    reader: Reader<'_>,
    business_name: &str,
    host: &str,
    appointment: &Appointment,
) {
    let status = match appointment.status {
        AppointmentStatus::Pending => "TENTATIVE",
        AppointmentStatus::Cancelled => "CANCELLED",
        AppointmentStatus::Confirmed | AppointmentStatus::Completed | AppointmentStatus::NoShow => {
            "CONFIRMED"
        }
    };
    let what = appointment.service_name.as_deref();
    let who = appointment.customer_name.as_deref();
    let (summary, description) = match reader {
        Reader::Person => (
            joined(&[what, Some(business_name)], " – "),
            appointment.confirmation_code.clone(),
        ),
        Reader::Business { .. } => {
            let phone = appointment.customer_phone.as_ref().map(ToString::to_string);
            let code = Some(appointment.confirmation_code.as_str());
            let purpose = appointment.purpose.as_deref();
            (
                joined(&[who, what], " – "),
                joined(&[phone.as_deref(), purpose, code], "\n"),
            )
        }
    };
    file.line("BEGIN", "VEVENT");
    file.line("UID", &format!("{}@{host}", appointment.id));
    // Of a published calendar: when this was last changed.
    file.line("DTSTAMP", &time(appointment.updated_at));
    file.line("LAST-MODIFIED", &time(appointment.updated_at));
    file.line("CREATED", &time(appointment.created_at));
    file.line("SEQUENCE", &appointment.sequence.to_string());
    file.line("DTSTART", &time(appointment.starts_at));
    file.line("DTEND", &time(appointment.ends_at));
    file.line("STATUS", status);
    file.words(
        "SUMMARY",
        if summary.is_empty() {
            business_name
        } else {
            &summary
        },
    );
    file.words("DESCRIPTION", &description);
    file.line("END", "VEVENT");
}

fn joined(parts: &[Option<&str>], between: &str) -> String {
    let parts: Vec<&str> = parts.iter().copied().flatten().collect();
    parts.join(between)
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// A line whose value means itself.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut width = 0;
        for letter in line.chars() {
            // Folded between letters, never inside one; what follows a fold begins with a space.
            if width + letter.len_utf8() > WIDEST {
                self.text.push_str("\r\n ");
                width = 1;
            }
            self.text.push(letter);
            width += letter.len_utf8();
        }
        self.text.push_str("\r\n");
    }

    /// A line of words.
    fn words(&mut self, name: &str, text: &str) {
        let mut value = String::with_capacity(text.len());
        for letter in text.replace("\r\n", "\n").chars() {
            match letter {
                '\\' | ';' | ',' => {
                    value.push('\\');
                    value.push(letter);
                }
                '\n' | '\r' => value.push_str("\\n"),
                _ if letter.is_control() => {}
                _ => value.push(letter),
            }
        }
        self.line(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::ids::{AppointmentId, ResourceId},
        scheduling::model::BookingSource,
    };

    fn appointment() -> Appointment {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        Appointment {
            id: AppointmentId::new(),
            resource: ResourceId::new(),
            service: None,
            service_name: Some("Réparation de chauffe-eau; garantie, étendue".to_owned()),
            contact: None,
            interaction: None,
            call_sid: None,
            source: BookingSource::Manual,
            status: AppointmentStatus::Confirmed,
            confirmation_code: "AFH234".to_owned(),
            starts_at: at("2026-11-23T14:30:00Z"),
            ends_at: at("2026-11-23T15:15:00Z"),
            buffer_minutes: 0,
            timezone: "America/Toronto".to_owned(),
            language: None,
            customer_name: Some("Zoë \"Z\" Ñandú".to_owned()),
            customer_phone: Some("+14315550100".parse().unwrap()),
            customer_email: None,
            purpose: Some("first line\r\nBEGIN:VEVENT\\".to_owned()),
            notes: None,
            sequence: 2,
            confirmation_sent: false,
            reminder_sent: false,
            created_at: at("2026-11-20T10:00:00Z"),
            updated_at: at("2026-11-21T10:00:00Z"),
        }
    }

    /// The lines as a reader unfolds them.
    fn unfolded(text: &str) -> Vec<String> {
        assert!(text.ends_with("\r\n"));
        for line in text.trim_end_matches("\r\n").split("\r\n") {
            assert!(line.len() <= WIDEST, "{line}");
            assert!(!line.contains(['\r', '\n']), "{line}");
        }
        let whole = text.replace("\r\n ", "");
        whole.trim_end().split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_calendar_is_what_rfc_5545_wants() {
        let one = appointment();
        let lines = unfolded(&write(
            Reader::Person,
            "Chauffage Nordique, inc.",
            "r.example",
            std::slice::from_ref(&one),
        ));
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "METHOD:PUBLISH",
            &format!("UID:{}@r.example", one.id),
            "DTSTAMP:20261121T100000Z",
            "SEQUENCE:2",
            "DTSTART:20261123T143000Z",
            "DTEND:20261123T151500Z",
            "STATUS:CONFIRMED",
            "SUMMARY:Réparation de chauffe-eau\\; garantie\\, étendue – Chauffage Nordique\\, inc.",
            "DESCRIPTION:AFH234",
            "END:VCALENDAR",
        ] {
            assert!(
                lines.iter().any(|found| found == line),
                "{line}: {lines:#?}"
            );
        }
        let begun = lines.iter().filter(|line| *line == "BEGIN:VEVENT").count();
        assert_eq!(begun, 1);
    }

    #[test]
    fn nobodys_words_begin_a_line_of_their_own() {
        let text = write(
            Reader::Business { name: "Shop" },
            "Shop",
            "r.example",
            &[appointment()],
        );
        let lines = unfolded(&text);
        let begun = lines.iter().filter(|line| *line == "BEGIN:VEVENT").count();
        assert_eq!(begun, 1);
        let expected = "DESCRIPTION:+14315550100\\nfirst line\\nBEGIN:VEVENT\\\\\\nAFH234";
        assert!(lines.iter().any(|line| line == expected), "{lines:#?}");
    }

    #[test]
    fn one_that_is_cancelled_says_so_and_long_words_of_any_letters_are_folded() {
        let cancelled = Appointment {
            status: AppointmentStatus::Cancelled,
            service_name: Some("é".repeat(200)),
            ..appointment()
        };
        let lines = unfolded(&write(Reader::Person, "Shop", "r.example", &[cancelled]));
        assert!(lines.contains(&"STATUS:CANCELLED".to_owned()));
        let summary = format!("SUMMARY:{} – Shop", "é".repeat(200));
        assert!(lines.contains(&summary));
    }
}
