//! Whose call is this? By what we said about it, by the number, by the agent.
use uuid::Uuid;

use crate::{
    app::App,
    inbound::Proof,
    kernel::{ids::SubscriberId, phone::E164},
    tenancy::directory::{self, Entry, Key},
};

/// What an event says about where it belongs; all of it is signed.
#[derive(Clone, Debug)]
pub struct Signs<'a> {
    /// By whom.
    pub proof: Proof,
    /// The subscriber that we put into the metadata, or its older id or slug.
    pub hint: Option<&'a str>,
    pub number: Option<&'a E164>,
    pub agent: Option<&'a str>,
}

/// Where a call belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Subscriber(SubscriberId),
    /// On a shared number, with nobody chosen yet: the default, unless the gatekeeper chooses another one.
    SharedDefault(Option<SubscriberId>),
    Nobody,
}

/// Finds the owner in one statement.
pub async fn find_owner(app: &App, signs: &Signs<'_>) -> sqlx::Result<Owner> {
    let hint_id = signs
        .hint
        .and_then(|hint| hint.parse::<Uuid>().ok())
        .map(SubscriberId);
    let asked = [
        hint_id.map(Key::Subscriber),
        signs.hint.map(Key::OlderId),
        signs.hint.map(Key::Slug),
        signs.number.map(Key::Number),
        signs.number.map(Key::SharedDefault),
        signs.agent.map(Key::RetellAgent),
    ];
    let keys: Vec<Key<'_>> = asked.iter().flatten().cloned().collect();
    let mut found = directory::find(&app.db, &keys).await?.into_iter();
    let mut entries = asked
        .iter()
        .map(|key| key.as_ref().and_then(|_| found.next().flatten()));
    let [by_id, by_older_id, by_slug, by_number, by_default, by_agent] =
        std::array::from_fn(|_| entries.next().flatten());
    if let Some(own) = signs.proof.own() {
        let named = [by_id, by_older_id, by_slug, by_number, by_default, by_agent];
        return Ok(owner_of_own(own, named));
    }
    let owner = |entry: Option<Entry>| entry.and_then(|entry| entry.subscriber);
    let hinted = owner(by_id).or(owner(by_older_id)).or(owner(by_slug));
    if let Some(subscriber) = hinted.or(owner(by_number.clone())).or(owner(by_agent)) {
        return Ok(Owner::Subscriber(subscriber));
    }
    // In the directory and nobody's: a shared number.
    Ok(by_number.map_or(Owner::Nobody, |_| Owner::SharedDefault(owner(by_default))))
}

/// What a subscriber's own secret proved is theirs, if everything that it names is: it may have been written by them,
/// so a sign of somebody else (another's number or agent, a number that several share, another name in the
/// metadata) makes it nobody's.
fn owner_of_own(own: SubscriberId, named: [Option<Entry>; 6]) -> Owner {
    let mut known = named.into_iter().flatten().peekable();
    let names_somebody = known.peek().is_some();
    if names_somebody && known.all(|entry| entry.subscriber == Some(own)) {
        Owner::Subscriber(own)
    } else {
        Owner::Nobody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(subscriber: Option<SubscriberId>) -> Option<Entry> {
        Some(Entry {
            subscriber,
            target: None,
        })
    }

    #[test]
    fn one_sign_of_somebody_else_makes_an_own_event_nobodys() {
        let (own, other) = (SubscriberId::new(), SubscriberId::new());
        let mine = || entry(Some(own));
        let owner = |named| owner_of_own(own, named);
        assert_eq!(
            owner([None, None, None, mine(), None, mine()]),
            Owner::Subscriber(own)
        );
        assert_eq!(owner([None, None, None, None, None, None]), Owner::Nobody);
        for place in 0..6 {
            for foreign in [entry(Some(other)), entry(None)] {
                let mut named = [mine(), mine(), mine(), mine(), mine(), mine()];
                named[place] = foreign;
                assert_eq!(owner(named), Owner::Nobody, "{place}");
            }
        }
    }
}
