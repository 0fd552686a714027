//! By whose secret an event was proved, and so for whom it may act.
use crate::kernel::ids::SubscriberId;

/// Who vouches for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A secret of the platform's: what the event says of numbers and agents is believed.
    Platform,
    /// A secret that this subscriber gave us, and may have written the event with: it acts for this subscriber alone.
    Own(SubscriberId),
}

impl Proof {
    /// Whether what was proved may act for this subscriber; None: for the platform, or for several at once.
    pub fn admits(self, subscriber: Option<SubscriberId>) -> bool {
        match self {
            Self::Platform => true,
            Self::Own(own) => subscriber == Some(own),
        }
    }

    /// The key under which an event that this proves is kept. What a subscriber's own secret proves has keys of its own:
    /// nobody can take the key of another's event before that event comes.
    pub fn kept_id(self, external_id: &str) -> String {
        match self {
            Self::Platform => external_id.to_owned(),
            Self::Own(subscriber) => format!("own:{subscriber}:{external_id}"),
        }
    }

    /// The subscriber whose own secret it was.
    pub fn own(self) -> Option<SubscriberId> {
        match self {
            Self::Platform => None,
            Self::Own(own) => Some(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_secret_acts_for_its_subscriber_alone() {
        let (mine, theirs) = (SubscriberId::new(), SubscriberId::new());
        let own = Proof::Own(mine);
        assert!(own.admits(Some(mine)));
        assert!(!own.admits(Some(theirs)) && !own.admits(None));
        assert!(Proof::Platform.admits(Some(theirs)) && Proof::Platform.admits(None));
    }
}
