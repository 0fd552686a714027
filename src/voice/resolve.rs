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
    let [by_id, by_older_id, by_slug] = hinted(signs.hint);
    let asked = [
        by_id,
        by_older_id,
        by_slug,
        signs.number.map(Key::Number),
        signs.agent.map(Key::RetellAgent),
        signs.number.map(Key::SharedDefault),
    ];
    find_by(app, signs.proof, &asked).await
}

/// What a name in the metadata may be.
pub fn hinted(hint: Option<&str>) -> [Option<Key<'_>>; 3] {
    let id = hint
        .and_then(|hint| hint.parse::<Uuid>().ok())
        .map(SubscriberId);
    [
        id.map(Key::Subscriber),
        hint.map(Key::OlderId),
        hint.map(Key::Slug),
    ]
}

/// The same by any keys, of which the first that names somebody decides.
pub async fn find_by(app: &App, proof: Proof, asked: &[Option<Key<'_>>]) -> sqlx::Result<Owner> {
    let keys: Vec<Key<'_>> = asked.iter().flatten().cloned().collect();
    let found = directory::find(&app.db, &keys).await?;
    if let Some(own) = proof.own() {
        return Ok(owner_of_own(own, found));
    }
    let is_default = |key: &Key<'_>| matches!(key, Key::SharedDefault(_));
    let mut named = keys.iter().zip(&found);
    let owner = named.find_map(|(key, entry)| {
        let subscriber = entry.as_ref()?.subscriber?;
        (!is_default(key)).then_some(subscriber)
    });
    if let Some(subscriber) = owner {
        return Ok(Owner::Subscriber(subscriber));
    }
    // In the directory and nobody's: a shared number.
    let is_shared = keys
        .iter()
        .zip(&found)
        .any(|(key, entry)| matches!(key, Key::Number(_)) && entry.is_some());
    if !is_shared {
        return Ok(Owner::Nobody);
    }
    let default = keys.iter().zip(found).find(|(key, _)| is_default(key));
    Ok(Owner::SharedDefault(
        default.and_then(|(_, entry)| entry?.subscriber),
    ))
}

/// What a subscriber's own secret proved is theirs, if everything that it names is: it may have been written by them,
/// so a sign of somebody else (another's number or agent, a number that several share, another name in the
/// metadata) makes it nobody's.
fn owner_of_own(own: SubscriberId, named: Vec<Option<Entry>>) -> Owner {
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
        let owner = |named: [Option<Entry>; 6]| owner_of_own(own, named.into());
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
