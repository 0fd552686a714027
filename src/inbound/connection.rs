//! Whose path is it? A provider that lets its URL be chosen is given one that ends with a connection: our id of an own
//! account, or, for what runs in the platform's account, the subscriber's id.
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use uuid::Uuid;

use crate::{
    kernel::{db::Db, ids::SubscriberId},
    tenancy::directory::Key,
};

/// The connection at the end of a path. One that is no id names nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connected(pub Option<Uuid>);

impl Connected {
    /// As what the directory may know it.
    pub fn keys(self) -> [Option<Key<'static>>; 2] {
        [
            self.0.map(Key::Connection),
            self.0.map(|id| Key::Subscriber(SubscriberId(id))),
        ]
    }

    /// Whose it is, where nothing else is known.
    pub async fn subscriber(self, db: &Db) -> sqlx::Result<Option<SubscriberId>> {
        let keys: Vec<Key<'_>> = self.keys().into_iter().flatten().collect();
        if keys.is_empty() {
            return Ok(None);
        }
        let found = crate::tenancy::directory::find(db, &keys).await?;
        let mut entries = found.into_iter().flatten();
        Ok(entries.find_map(|entry| entry.subscriber))
    }
}

/// Reads the path's `{connection}`.
pub async fn connected(parts: &mut Parts) -> Connected {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else {
        return Connected::default();
    };
    let named = params.iter().find(|(name, _)| *name == "connection");
    Connected(named.and_then(|(_, id)| id.parse().ok()))
}
