//! What somebody outside may read by a name that nobody can guess: one appointment, or the calendar of a business.
use url::Url;

use super::token;
use crate::{
    app::App,
    kernel::{
        db::TenantTx,
        ids::{AppointmentId, SubscriberId},
        secrets::Keyring,
    },
    tenancy::directory::{self, Entry, Key},
};

/// How the file's name ends.
pub const ENDING: &str = ".ics";

/// The public address of an appointment's `.ics`, from now on.
pub async fn link_of(
    tx: &mut TenantTx,
    keyring: &Keyring,
    public_url: &str,
    appointment: AppointmentId,
) -> sqlx::Result<String> {
    let name = token::link(keyring, tx.subscriber(), appointment);
    let hash = token::hash(&name);
    directory::claim(tx, &Key::AppointmentLink(&hash), appointment.0).await?;
    Ok(format!("{public_url}/ics/{name}{ENDING}"))
}

/// The address of a new calendar of all bookings; the one before is no more.
pub async fn new_feed(tx: &mut TenantTx, public_url: &str) -> sqlx::Result<String> {
    directory::give_up_calendars(tx).await?;
    let name = token::new_feed();
    let hash = token::hash(&name);
    let subscriber = tx.subscriber();
    directory::claim(tx, &Key::CalendarFeed(&hash), subscriber.0).await?;
    Ok(format!("{public_url}/calendar/{name}{ENDING}"))
}

/// Whose appointment a file's name means.
pub async fn find_appointment(
    app: &App,
    file: &str,
) -> sqlx::Result<Option<(SubscriberId, AppointmentId)>> {
    let Some(hash) = hash_of(file) else {
        return Ok(None);
    };
    let entry = find(app, &Key::AppointmentLink(&hash)).await?;
    Ok(entry.and_then(|entry| Some((entry.subscriber?, AppointmentId(entry.target?)))))
}

/// Whose calendar a file's name means.
pub async fn find_feed(app: &App, file: &str) -> sqlx::Result<Option<SubscriberId>> {
    let Some(hash) = hash_of(file) else {
        return Ok(None);
    };
    let entry = find(app, &Key::CalendarFeed(&hash)).await?;
    Ok(entry.and_then(|entry| entry.subscriber))
}

async fn find(app: &App, key: &Key<'_>) -> sqlx::Result<Option<Entry>> {
    let found = directory::find(&app.db, std::slice::from_ref(key)).await?;
    Ok(found.into_iter().next().flatten())
}

/// A name without its ending means the same.
fn hash_of(file: &str) -> Option<String> {
    let name = file.strip_suffix(ENDING).unwrap_or(file);
    let is_name = (16..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_name.then(|| token::hash(name))
}

/// What makes the ids of our events unique in the world.
pub fn host(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or("localhost").to_owned()
}
