//! Whose call is this? By the number that was called, by what our own URL says, by the call itself.
use super::{guard::Proved, links::Query};
use crate::{
    app::App,
    inbound,
    kernel::{ids::SubscriberId, phone::E164},
    tenancy::directory::{self, Key},
};

/// Whom a path names, by id or slug. A word that names nobody is as none: somebody waits, and was called by a number.
pub fn named(text: &str) -> Key<'_> {
    match text.parse() {
        Ok(id) => Key::Subscriber(id),
        Err(_) => Key::Slug(text),
    }
}

/// The business of a call that begins. `named`: whom the URL names that Twilio was given for the number; it counts where
/// the number itself names nobody.
pub async fn of_number(
    app: &App,
    proved: &Proved,
    named: Option<Key<'_>>,
) -> sqlx::Result<Option<SubscriberId>> {
    of_called(
        app,
        proved,
        E164::of_caller(&proved.call.to).as_ref(),
        named,
    )
    .await
}

async fn of_called(
    app: &App,
    proved: &Proved,
    to: Option<&E164>,
    named: Option<Key<'_>>,
) -> sqlx::Result<Option<SubscriberId>> {
    let asked = [to.map(Key::Number), to.map(Key::SharedDefault), named];
    let keys: Vec<Key<'_>> = asked.iter().flatten().cloned().collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut found = directory::find(&app.db, &keys).await?.into_iter();
    let mut entries = asked
        .iter()
        .map(|key| key.as_ref().and_then(|_| found.next().flatten()));
    let [by_number, by_default, by_name] = std::array::from_fn(|_| entries.next().flatten());
    // What a subscriber's own secret proved may have been written by them: it is theirs, or nobody's.
    let known = [&by_number, &by_default, &by_name];
    if known
        .into_iter()
        .flatten()
        .any(|entry| !proved.proof.admits(entry.subscriber))
    {
        return Ok(None);
    }
    let owner = by_number.or(by_default.clone()).or(by_name);
    Ok(owner
        .and_then(|entry| entry.subscriber)
        .or(by_default.and_then(|entry| entry.subscriber)))
}

/// The business of a call that is under way or over: whom our own URL names, whose call it was when it rang, else
/// whose number was called.
pub async fn of_call(
    app: &App,
    proved: &Proved,
    query: &Query,
) -> sqlx::Result<Option<SubscriberId>> {
    if let Some(subscriber) = query.subscriber {
        return Ok(proved.proof.admits(Some(subscriber)).then_some(subscriber));
    }
    let ring = ring_key(&proved.call.call_sid);
    let rang = inbound::find_taker(&app.db, "TWILIO", &ring, proved.proof).await?;
    if let Some(subscriber) = rang {
        return Ok(Some(subscriber));
    }
    let to = E164::of_caller(&proved.call.to).or(query.to.clone());
    of_called(app, proved, to.as_ref(), None).await
}

/// The key under which the beginning of a call is kept.
pub fn ring_key(call_sid: &str) -> String {
    format!("ring:{call_sid}")
}
