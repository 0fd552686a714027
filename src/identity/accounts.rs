//! Accounts that somebody with a shell on the machine makes, and the demo's.
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    audit::{self, Entry, Who},
    model::Role,
    password::{self, WeakPassword, check_new},
    store::people::{self, NewUser},
};
use crate::{
    kernel::{
        db::{Db, IdentityTx},
        email::Email,
        ids::{SubscriberId, UserId},
    },
    tenancy::directory::{self, Key},
};

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the password {0}")]
    Weak(#[from] WeakPassword),
    #[error("there is no such subscriber: give its slug or its id")]
    NoSubscriber,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What became of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A new account, with the password.
    Created(UserId),
    /// The account was there, with its own password; its rights are those that were asked for.
    Promoted(UserId),
    Unchanged(UserId),
}

/// Makes somebody an operator: a new account, or one that is there (whose password stays).
pub async fn create_operator(
    db: &Db,
    email: &Email,
    password: SecretString,
    now: DateTime<Utc>,
) -> Result<Made, Error> {
    check_new(password.expose_secret(), &[email.as_str()])?;
    let hash = password::hash(password).await;
    let mut tx = IdentityTx::begin(db).await?;
    let (user, is_new) = find_or_insert(&mut tx, email, &hash, true, now).await?;
    let is_promoted = people::make_operator(&mut tx, user, now).await?;
    if is_new || is_promoted {
        let entry = Entry {
            action: "operator.created",
            subject_kind: "user",
            subject: Some(user.0),
            changes: json!({"is_new_account": is_new}),
        };
        audit::record(&mut tx, audit::PLATFORM, Who::SYSTEM, &entry, now).await?;
    }
    tx.commit().await?;
    Ok(made(user, is_new, is_promoted))
}

/// Makes somebody a member of a business, by its slug or id.
pub async fn create_member(
    db: &Db,
    email: &Email,
    password: SecretString,
    subscriber: &str,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Made, Error> {
    let subscriber = find_subscriber(db, subscriber).await?;
    check_new(password.expose_secret(), &[email.as_str()])?;
    put_member(db, email, password, subscriber, role, now).await
}

/// The same for the demo, whose password is known to everybody and shorter than a new one may be.
pub async fn put_demo_owner(
    db: &Db,
    email: &Email,
    password: SecretString,
    subscriber: SubscriberId,
    now: DateTime<Utc>,
) -> Result<Made, Error> {
    let mut tx = IdentityTx::begin(db).await?;
    let known = people::find_user_by_email(&mut tx, email.as_str()).await?;
    tx.commit().await?;
    match known {
        // Somebody may have changed password or role by now.
        Some(user) => Ok(Made::Unchanged(user)),
        None => put_member(db, email, password, subscriber, Role::Owner, now).await,
    }
}

async fn put_member(
    db: &Db,
    email: &Email,
    password: SecretString,
    subscriber: SubscriberId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Made, Error> {
    let hash = password::hash(password).await;
    let mut tx = IdentityTx::begin(db).await?;
    let (user, is_new) = find_or_insert(&mut tx, email, &hash, false, now).await?;
    let is_changed = people::put_membership(&mut tx, subscriber, user, role, now).await?;
    if is_changed {
        let entry = Entry {
            action: "membership.created",
            subject_kind: "user",
            subject: Some(user.0),
            changes: json!({"role": role}),
        };
        audit::record(&mut tx, subscriber, Who::SYSTEM, &entry, now).await?;
    }
    tx.commit().await?;
    Ok(made(user, is_new, is_changed))
}

async fn find_or_insert(
    tx: &mut IdentityTx,
    email: &Email,
    hash: &str,
    is_operator: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<(UserId, bool)> {
    let new = NewUser {
        email,
        first_name: None,
        last_name: None,
        password_hash: hash,
        is_operator,
    };
    if let Some(user) = people::insert_user(tx, &new, now).await? {
        return Ok((user, true));
    }
    let user = people::find_user_by_email(tx, email.as_str()).await?;
    Ok((user.ok_or(sqlx::Error::RowNotFound)?, false))
}

async fn find_subscriber(db: &Db, wanted: &str) -> Result<SubscriberId, Error> {
    let found = match wanted.parse::<SubscriberId>() {
        Ok(id) => directory::find(db, &[Key::Subscriber(id)]).await?,
        Err(_) => directory::find(db, &[Key::Slug(wanted)]).await?,
    };
    let entry = found.into_iter().flatten().next();
    entry
        .and_then(|entry| entry.subscriber)
        .ok_or(Error::NoSubscriber)
}

fn made(user: UserId, is_new: bool, is_changed: bool) -> Made {
    match (is_new, is_changed) {
        (true, _) => Made::Created(user),
        (false, true) => Made::Promoted(user),
        (false, false) => Made::Unchanged(user),
    }
}
