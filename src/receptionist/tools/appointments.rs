//! `book_appointment`, `find_appointment`, `reschedule_appointment`, `cancel_appointment`: an answer for every outcome.
use super::{
    OwnAppointment, ToolAnswer, ToolResult,
    answers::{self, Told},
    arguments::{
        BookAppointment, CancelAppointment, Category, FindAppointment, RescheduleAppointment,
        Urgency,
    },
    availability::{What, ask_back, nearest, offered, service_id},
    messages,
    run::Work,
    wanted::{self, Unclear},
};
use crate::{
    kernel::{db::TenantTx, phone::E164},
    receptionist::say::{Booking, Phrase, moment, say},
    scheduling::{self, Act, Appointment, BookingSource, Error, NewBooking, Proof, When},
    tenancy::Channel,
};

/// The longest name and reason that are kept.
const LONGEST_NAME: usize = 120;
const LONGEST_REASON: usize = 500;
/// How many appointments are told to somebody who asks.
const MOST_TOLD: usize = 3;

pub(super) async fn book(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: BookAppointment = work.call.arguments().unwrap_or_default();
    let name = asked
        .customer_name
        .as_deref()
        .map(|name| fit(name, LONGEST_NAME));
    if !work.business.takes_bookings() {
        return pass_on(work, tx, &asked).await;
    }
    let Some(customer_name) = name.filter(|name| name.chars().any(char::is_alphabetic)) else {
        let message = say(work.language, Phrase::AskName);
        return Ok(ToolAnswer::new(ToolResult::Invalid, message).because("no_name"));
    };
    let named = asked.customer_phone.as_deref().map(phone_of);
    let customer_phone = match named {
        Some(None) => {
            return Ok(work
                .says(ToolResult::Invalid, Booking::PhoneNotUnderstood)
                .because("bad_phone"));
        }
        Some(Some(phone)) => Some(phone),
        None => work.errand.caller.clone(),
    };
    let customer_email = asked.customer_email.clone().filter(|email| is_email(email));
    if asked.customer_email.is_some() && customer_email.is_none() {
        return Ok(work
            .says(ToolResult::Invalid, Booking::DetailsNotUnderstood)
            .because("bad_email"));
    }
    if customer_phone.is_none() && customer_email.is_none() {
        return Ok(work
            .says(ToolResult::Invalid, Booking::AskPhone)
            .because("no_phone"));
    }
    let when = match when_of(work, asked.slot.as_deref(), asked.start.as_deref()) {
        Ok(when) => when,
        Err(answer) => return Ok(*answer),
    };
    let service = service_id(work.business, asked.service.as_deref());
    let new = NewBooking {
        // A slot that was offered without a service is judged anew for the length of the one that is named.
        service,
        when,
        resource: None,
        duration_minutes: None,
        customer_name,
        customer_phone,
        customer_email,
        purpose: asked
            .reason
            .as_deref()
            .map(|reason| fit(reason, LONGEST_REASON)),
        notes: None,
        language: Some(work.language),
        source: match work.errand.channel {
            Channel::Voice => BookingSource::VoiceBooking,
            Channel::Sms => BookingSource::Sms,
            Channel::Chat => BookingSource::Chat,
            Channel::Email => BookingSource::Web,
        },
        call_sid: None,
        interaction: Some(work.errand.interaction),
    };
    match scheduling::book(tx, &work.app.keyring, &new, work.now).await {
        Ok(booked) => Ok(done(work, ToolResult::Booked, &booked)),
        Err(error) => {
            let what = What {
                service,
                duration_minutes: None,
            };
            refuse(work, tx, error, &new.when, &what).await
        }
    }
}

/// Where nobody can book, the wish goes to the people of the business.
async fn pass_on(
    work: &Work<'_>,
    tx: &mut TenantTx,
    asked: &BookAppointment,
) -> anyhow::Result<ToolAnswer> {
    let parts = [
        &asked.customer_name,
        &asked.start,
        &asked.service,
        &asked.reason,
        &asked.customer_phone,
        &asked.customer_email,
    ];
    let words: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if words.is_empty() {
        return Ok(answers::message_missing(work.language).because("no_message"));
    }
    let category = Category::Appointment;
    let summary = fit(&words.join(", "), 2 * LONGEST_REASON);
    messages::keep_lead(work, tx, category, Urgency::Normal, summary).await?;
    let answer = answers::message_taken(work.business, category, work.language);
    Ok(answer.because("booking_off"))
}

pub(super) async fn find(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: FindAppointment = work.call.arguments().unwrap_or_default();
    let found = match find_own(work, tx, asked.confirmation_code).await? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let Some(next) = found.first() else {
        return Ok(work.says(ToolResult::NotFound, Booking::NotFound));
    };
    let mut answer = done(work, ToolResult::Ok, next);
    let more: Vec<_> = found
        .iter()
        .skip(1)
        .take(MOST_TOLD - 1)
        .map(|other| work.business.local(other.starts_at))
        .collect();
    answer.appointments = all_of(work, &found);
    if !more.is_empty() {
        let more = say(work.language, Booking::FoundMore { slots: &more }.into());
        answer.message = format!("{} {more}", answer.message);
    }
    Ok(answer)
}

pub(super) async fn reschedule(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: RescheduleAppointment = work.call.arguments().unwrap_or_default();
    let before = match the_one(work, tx, asked.confirmation_code).await? {
        Ok(before) => before,
        Err(answer) => return Ok(answer),
    };
    let when = match when_of(work, asked.slot.as_deref(), asked.start.as_deref()) {
        Ok(when) => when,
        Err(answer) => return Ok(*answer),
    };
    let act = Act::of_tool(work.errand.interaction);
    let moved =
        scheduling::reschedule(tx, &work.app.keyring, before.id, &when, act, work.now).await;
    match moved {
        Ok(moved) => Ok(done(work, ToolResult::Rescheduled, &moved)),
        Err(error) => {
            let what = What {
                service: before.service,
                duration_minutes: i32::try_from(before.duration_minutes()).ok(),
            };
            refuse(work, tx, error, &when, &what).await
        }
    }
}

pub(super) async fn cancel(work: &Work<'_>, tx: &mut TenantTx) -> anyhow::Result<ToolAnswer> {
    let asked: CancelAppointment = work.call.arguments().unwrap_or_default();
    let found = match the_one(work, tx, asked.confirmation_code).await? {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let act = Act::of_tool(work.errand.interaction);
    match scheduling::cancel(tx, found.id, act, work.now).await {
        Ok(cancelled) => Ok(done(work, ToolResult::Cancelled, &cancelled)),
        Err(Error::NotFound | Error::NotNow(_)) => Ok(work
            .says(ToolResult::NotFound, Booking::NotFound)
            .because("not_now")),
        Err(error) => Err(error.into()),
    }
}

/// The appointment that a change is about. Of several without a code, nobody can know which one is meant.
async fn the_one(
    work: &Work<'_>,
    tx: &mut TenantTx,
    code: Option<String>,
) -> anyhow::Result<Result<Appointment, ToolAnswer>> {
    let has_code = code.is_some();
    let named = code.as_deref().and_then(scheduling::code::read);
    let mut found = match find_own(work, tx, code).await? {
        Ok(found) => found,
        Err(answer) => return Ok(Err(answer)),
    };
    if has_code {
        // A code that names nothing open means nothing else: another appointment of the caller's is not changed for it.
        found.retain(|one| Some(&one.confirmation_code) == named.as_ref());
    }
    if found.len() > 1 {
        return Ok(Err(which_one(work, &found)));
    }
    let not_found = || {
        let answer = work.says(ToolResult::NotFound, Booking::NotFound);
        answer.because("unknown_code")
    };
    Ok(found.pop().ok_or_else(not_found))
}

/// They are theirs, and any of them may be meant.
fn which_one(work: &Work<'_>, found: &[Appointment]) -> ToolAnswer {
    let of: Vec<_> = found
        .iter()
        .take(MOST_TOLD)
        .map(|one| {
            (
                work.business.local(one.starts_at),
                one.service_name.as_deref(),
            )
        })
        .collect();
    let answer = work.says(ToolResult::WhichOne, Booking::WhichAppointment { of: &of });
    ToolAnswer {
        appointments: all_of(work, found),
        ..answer.because("which_one")
    }
}

/// Several, each with the code by which it can be changed; a single one needs no list.
fn all_of(work: &Work<'_>, found: &[Appointment]) -> Vec<OwnAppointment> {
    let own = found.iter().map(|one| OwnAppointment {
        confirmation_code: one.confirmation_code.clone(),
        start: one.starts_at,
        service: one.service_name.clone(),
        spoken: moment(work.language, work.business.local(one.starts_at)),
    });
    match found.len() {
        0 | 1 => Vec::new(),
        _ => own.collect(),
    }
}

/// The caller's appointments: by the number from which they call, which the carrier says, or by the code, which only
/// they were told. A number that is only said proves nothing.
async fn find_own(
    work: &Work<'_>,
    tx: &mut TenantTx,
    code: Option<String>,
) -> anyhow::Result<Result<Vec<Appointment>, ToolAnswer>> {
    let proof = Proof {
        caller: work.errand.caller.clone(),
        code,
    };
    match scheduling::find_for(tx, &proof, work.now).await {
        Ok(found) => Ok(Ok(found)),
        Err(Error::NotFound) => {
            let answer = work.says(ToolResult::NotFound, Booking::NotFound);
            Ok(Err(answer.because("unknown_code")))
        }
        Err(Error::NeedsProof) => {
            // Who calls from a number that booked nothing has nothing to prove yet; the code may still find it.
            let (result, phrase) = match proof.caller {
                Some(_) => (ToolResult::NeedsProof, Booking::NotFound),
                None => (ToolResult::NeedsProof, Booking::NeedsProof),
            };
            Ok(Err(work.says(result, phrase).because("no_proof")))
        }
        Err(error) => Err(error.into()),
    }
}

/// The slot or the start that a call names. Some models put the time where the token belongs.
pub(super) fn when_of(
    work: &Work<'_>,
    slot: Option<&str>,
    start: Option<&str>,
) -> Result<When, Box<ToolAnswer>> {
    let read = |text: &str| wanted::start(text, work.business, work.language, work.now);
    let local = match (slot, start) {
        (Some(slot), start) => match (read_if_time(work, slot), start) {
            (Some(local), _) => local,
            (None, _) => return Ok(When::Slot(slot.to_owned())),
        },
        (None, Some(start)) => match chrono::DateTime::parse_from_rfc3339(start) {
            Ok(start) => return Ok(When::Start(start.to_utc())),
            Err(_) => read(start).map_err(|unclear| Box::new(ask_back(work, unclear)))?,
        },
        (None, None) => {
            let answer = work.says(ToolResult::Invalid, Booking::AskWhen);
            return Err(Box::new(answer.because("no_start")));
        }
    };
    Ok(When::Local(local))
}

fn read_if_time(work: &Work<'_>, slot: &str) -> Option<chrono::NaiveDateTime> {
    let looks_like_time = slot.contains([':', ' ']) || slot.starts_with("20");
    let read = || wanted::start(slot, work.business, work.language, work.now).ok();
    looks_like_time.then(read).flatten()
}

/// Why it could not be had, and what can.
async fn refuse(
    work: &Work<'_>,
    tx: &mut TenantTx,
    error: Error,
    when: &When,
    what: &What,
) -> anyhow::Result<ToolAnswer> {
    let answer = match error {
        Error::SlotTaken { alternatives, .. } => {
            answers::taken(work.business, work.language, offered(work, alternatives))
        }
        Error::InThePast => ask_back(work, Unclear::InThePast),
        Error::OutsideHours(_) => {
            let slots = around(work, tx, when, what).await?;
            let times = answers::times(work.business, &slots);
            let phrase = match times.as_slice() {
                [] => Booking::OutsideHours,
                slots => Booking::NotOffered { slots },
            };
            let answer = work.says(ToolResult::OutsideHours, phrase);
            return Ok(ToolAnswer {
                alternatives: slots,
                ..answer.because("outside_hours")
            });
        }
        Error::SlotInvalid(_) if matches!(when, When::Slot(_)) => work
            .says(ToolResult::Invalid, Booking::OfferIsOver)
            .because("slot_expired_or_forged"),
        Error::SlotInvalid(_) => {
            let slots = around(work, tx, when, what).await?;
            let times = answers::times(work.business, &slots);
            let answer = work.says(ToolResult::NoSlot, Booking::NotOffered { slots: &times });
            return Ok(ToolAnswer {
                alternatives: slots,
                ..answer.because("not_offered")
            });
        }
        Error::BookingOff => work
            .says(ToolResult::Unavailable, Booking::CannotBookNow)
            .because("booking_off"),
        Error::UnknownService | Error::UnknownResource | Error::BadDuration => work
            .says(ToolResult::Invalid, Booking::DetailsNotUnderstood)
            .because("unknown_service"),
        Error::NotFound | Error::NotNow(_) => work
            .says(ToolResult::NotFound, Booking::NotFound)
            .because("not_now"),
        Error::NeedsProof => work
            .says(ToolResult::NeedsProof, Booking::NeedsProof)
            .because("no_proof"),
        Error::Database(error) => return Err(error.into()),
    };
    Ok(answer)
}

/// What is free around a start that cannot be had.
async fn around(
    work: &Work<'_>,
    tx: &mut TenantTx,
    when: &When,
    what: &What,
) -> anyhow::Result<Vec<super::OfferedSlot>> {
    let start = match when {
        When::Slot(_) => return Ok(Vec::new()),
        When::Start(at) => work.business.local(*at),
        When::Local(at) => *at,
    };
    nearest(work, tx, what, start).await
}

/// What is said of an appointment that is booked, moved, cancelled or found.
fn done(work: &Work<'_>, result: ToolResult, appointment: &Appointment) -> ToolAnswer {
    let told = Told {
        start: appointment.starts_at,
        code: &appointment.confirmation_code,
        service: appointment.service_name.as_deref(),
    };
    answers::appointment(
        work.business,
        work.errand.medium,
        work.language,
        result,
        &told,
    )
}

/// A number as somebody says it: of North America if it does not say of where.
pub(super) fn phone_of(text: &str) -> Option<E164> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = match (text.trim_start().starts_with('+'), digits.len()) {
        (true, _) => format!("+{digits}"),
        (false, 10) => format!("+1{digits}"),
        (false, 11) if digits.starts_with('1') => format!("+{digits}"),
        _ => return None,
    };
    number.parse().ok()
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= 254
        && !text.contains(char::is_whitespace)
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
        })
}

/// Without what no database takes, and not longer than that.
fn fit(text: &str, longest: usize) -> String {
    let text = text.replace('\0', "");
    text.trim().chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_understood_as_people_say_it() {
        let read = |text| phone_of(text).map(|phone| phone.as_str().to_owned());
        for (text, number) in [
            ("514-555-0199", Some("+15145550199")),
            ("1 (514) 555 0199", Some("+15145550199")),
            ("+33 1 23 45 67 89", Some("+33123456789")),
            ("555 0199", None),
            ("my number", None),
        ] {
            assert_eq!(read(text).as_deref(), number, "{text}");
        }
    }

    #[test]
    fn an_address_of_mail_has_a_name_and_a_host() {
        assert!(is_email("ana@roy.ca"));
        for text in [
            "ana",
            "ana@",
            "@roy.ca",
            "ana@roy",
            "ana @roy.ca",
            "ana@.ca",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
