//! How each tool is described to a model: one sentence and a JSON Schema.
use serde_json::{Value, json};

use super::{ToolName, ToolSpec};

pub(super) fn spec(name: ToolName) -> ToolSpec {
    ToolSpec {
        name,
        description: description(name),
        parameters: parameters(name),
    }
}

fn description(name: ToolName) -> &'static str {
    match name {
        ToolName::GetBusinessInfo => {
            "Facts about the business: opening hours (of any day, or now), prices and fees, address, website."
        }
        ToolName::ListServices => "The services of the business, with duration and price.",
        ToolName::CheckCalendarAvailability => {
            "Free times for an appointment. Call it before offering or booking a time."
        }
        ToolName::BookAppointment => {
            "Books one of the offered times for the caller, after they agreed to it."
        }
        ToolName::FindAppointment => {
            "Finds the caller's appointment by its confirmation code, or by the phone they call or write from."
        }
        ToolName::RescheduleAppointment => {
            "Moves the caller's appointment to one of the offered times. The answer which_one lists several with their codes: ask the caller which, and call again with its code."
        }
        ToolName::CancelAppointment => {
            "Cancels the caller's appointment, after they confirmed that they want it. The answer which_one lists several with their codes: ask the caller which, and call again with its code."
        }
        ToolName::TakeMessage => "Leaves a message for the staff, who will get back to the caller.",
        ToolName::TransferCall => {
            "Hands the caller to a person: transfers a call, or asks staff to answer a written conversation."
        }
        ToolName::SendText => "Sends the caller a text message.",
        ToolName::OptOut => {
            "Stops all texts to the caller. Call it whenever they ask not to be contacted."
        }
    }
}

fn parameters(name: ToolName) -> Value {
    match name {
        ToolName::GetBusinessInfo => object(
            &[
                (
                    "topic",
                    text(
                        "What is asked, for example: hours, open now, open tomorrow, prices, address, website.",
                    ),
                ),
                (
                    "service",
                    text("The service it is about, if it is about one."),
                ),
            ],
            &[],
        ),
        ToolName::ListServices => object(&[], &[]),
        ToolName::OptOut => object(
            &[(
                "customer_phone",
                text("Their number, only if it is withheld and they were asked for it."),
            )],
            &[],
        ),
        ToolName::CheckCalendarAvailability => object(
            &[
                (
                    "date",
                    text(
                        "The day, in the caller's own words (\"next Tuesday\", \"demain\") or YYYY-MM-DD.",
                    ),
                ),
                (
                    "from",
                    text(
                        "The first day or time of a range, in the caller's own words (\"after three\", \"lundi\") or YYYY-MM-DDTHH:MM.",
                    ),
                ),
                (
                    "to",
                    text(
                        "The last day or time of a range, in the caller's own words (\"Friday\", \"midi\") or YYYY-MM-DDTHH:MM.",
                    ),
                ),
                ("part_of_day", one_of(&["morning", "afternoon", "evening"])),
                ("service", text("The name of a service.")),
                (
                    "duration_minutes",
                    json!({"type": "integer", "minimum": 5, "maximum": 480}),
                ),
            ],
            &[],
        ),
        ToolName::BookAppointment => object(
            &[
                ("slot", text("The token of an offered time.")),
                ("start", text(START)),
                ("customer_name", text("The caller's name.")),
                (
                    "customer_phone",
                    text("Only if it is not the number they write or call from."),
                ),
                ("customer_email", text("The caller's e-mail address.")),
                ("service", text("The name of a service.")),
                ("reason", text("What it is about, in the caller's words.")),
            ],
            &["customer_name"],
        ),
        ToolName::FindAppointment => object(
            &[("confirmation_code", text("The code the caller was given."))],
            &[],
        ),
        ToolName::RescheduleAppointment => object(
            &[
                ("slot", text("The token of an offered time.")),
                ("start", text(START)),
                ("confirmation_code", text("The code the caller was given.")),
            ],
            &[],
        ),
        ToolName::CancelAppointment => object(
            &[("confirmation_code", text("The code the caller was given."))],
            &[],
        ),
        ToolName::TakeMessage => object(
            &[
                ("message", text("The message, in the caller's words.")),
                ("customer_name", text("The caller's name.")),
                (
                    "customer_phone",
                    text("Only if it is not the number they write or call from."),
                ),
                ("urgency", one_of(&["LOW", "NORMAL", "HIGH"])),
                (
                    "category",
                    one_of(&[
                        "APPOINTMENT",
                        "RESCHEDULE",
                        "CANCEL",
                        "CONFIRM",
                        "QUOTE",
                        "SUPPORT",
                        "GENERAL",
                    ]),
                ),
            ],
            &["message"],
        ),
        ToolName::TransferCall => object(&[("reason", text("Why a person is wanted."))], &[]),
        ToolName::SendText => object(
            &[
                (
                    "kind",
                    text("For example: booking_link, address, directions, free_text."),
                ),
                ("text", text("The words, for free_text.")),
            ],
            &["kind"],
        ),
    }
}

/// The callers' words are resolved by us, on the business's clock.
const START: &str = "If there is no token: the time, in the caller's own words (\"next Tuesday at two\", \"demain à 14 h\") or YYYY-MM-DDTHH:MM.";

fn object(properties: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: serde_json::Map<_, _> = properties
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values})
}
