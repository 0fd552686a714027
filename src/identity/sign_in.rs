//! The verbs of sign-in: register, sign in, refresh, change and reset a password.
use axum::http::StatusCode;
use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    access,
    audit::{self, Entry, Who},
    jobs::MailResetLink,
    lockout::Attempt,
    model::{Person, Role},
    password::{self, check_new},
    session::{self, Begun, Client, SessionView},
    store::{
        people::{self, NewUser, Registration},
        sessions::{self, End},
    },
};
use crate::{
    app::App,
    jobs,
    kernel::{
        db::{IdentityTx, SystemToken, SystemTx},
        email::Email,
        ids::{SubscriberId, UserId},
        text::hex,
    },
    tenancy::founding::{self, NewBusiness},
    web::{
        ApiError, client,
        limits::{self, Bucket},
    },
};

/// How long after it was used up the last refresh token still gets an access token: two tabs may hold the same one.
const GRACE: Duration = Duration::seconds(10);
const HOUR: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// Everything that a registration tells.
#[derive(Debug)]
pub struct NewAccount {
    pub email: Email,
    pub password: SecretString,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub business: NewBusiness,
    pub phone_number: Option<String>,
    pub business_hours: Option<serde_json::Value>,
    pub services: Option<serde_json::Value>,
    pub referral_code: Option<String>,
    pub consent_version: String,
}

/// Makes the person, the business, the membership and the consent in one transaction, and signs in.
pub async fn register(
    app: &App,
    new: &NewAccount,
    client: &Client,
) -> Result<SessionView, ApiError> {
    let names = [new.business.business_name.as_str(), new.email.as_str()];
    check_new(new.password.expose_secret(), &names)
        .map_err(|weak| ApiError::invalid("password", weak.to_string()))?;
    let who = client
        .address
        .map_or_else(|| "unknown".to_owned(), client::prefix);
    let per_hour = Bucket::new(app.settings.limits.registrations_per_hour, HOUR);
    draw(app, &format!("register:{who}"), "registrations", per_hour).await?;
    let password_hash = password::hash(new.password.clone()).await;
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    let user = NewUser {
        email: &new.email,
        first_name: new.first_name.as_deref(),
        last_name: new.last_name.as_deref(),
        password_hash: &password_hash,
        is_operator: false,
    };
    let taken = || {
        let detail = "there is an account with this e-mail address: sign in, or reset its password";
        ApiError::client(StatusCode::CONFLICT, "email_taken", detail)
    };
    let user = people::insert_user(&mut tx, &user, now)
        .await?
        .ok_or_else(taken)?;
    let (subscriber, slug) = founding::found(&mut tx, &new.business, now).await?;
    people::put_membership(&mut tx, subscriber, user, Role::Owner, now).await?;
    let prefix = client.address.map(client::prefix);
    let registration = Registration {
        user,
        phone_number: new.phone_number.as_deref(),
        business_hours: new.business_hours.as_ref(),
        services: new.services.as_ref(),
        referral_code: new.referral_code.as_deref(),
        consent_version: &new.consent_version,
        ip_prefix: prefix.as_deref(),
    };
    people::insert_registration(&mut tx, subscriber, &registration, now).await?;
    let begun = session::begin(&mut tx, user, Some(subscriber), client, now).await?;
    let entry = Entry {
        action: "subscriber.registered",
        subject_kind: "subscriber",
        subject: Some(subscriber.0),
        changes: json!({"slug": slug, "consent_version": new.consent_version}),
    };
    let view = session::view(app, &mut tx, begun, now).await?;
    audit::record(
        &mut tx,
        subscriber,
        Who::user(user, client.address),
        &entry,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(view)
}

/// Signs in. Unknown and known addresses cost the same and are answered alike.
pub async fn sign_in(
    app: &App,
    email: &str,
    given: SecretString,
    wanted: Option<&str>,
    client: &Client,
) -> Result<SessionView, ApiError> {
    let email = email.trim().to_lowercase();
    let attempt = Attempt::new(&email, client.address);
    let mut tx = IdentityTx::begin(&app.db).await?;
    attempt.check(app, &mut tx).await?;
    let credential = people::find_credential(&mut tx, &email).await?;
    tx.commit().await?;
    let user = credential.as_ref().map(|credential| credential.user);
    let stored = credential.map(|credential| credential.password_hash);
    let checked = password::check(given, stored).await;
    let mut tx = IdentityTx::begin(&app.db).await?;
    let Some(user) = user.filter(|_| checked.is_right) else {
        let locked = attempt.fail(app, &mut tx).await?;
        tx.commit().await?;
        return Err(locked.unwrap_or_else(invalid_credentials));
    };
    attempt.check(app, &mut tx).await?;
    attempt.succeed(&mut tx).await?;
    let now = app.clock.now();
    if let Some(rehashed) = &checked.rehashed {
        people::set_password(&mut tx, user, rehashed, now).await?;
    }
    let memberships = people::list_memberships(&mut tx, user).await?;
    let here = session::chosen(&memberships, wanted)?.map(|here| here.subscriber.id);
    let begun = session::begin(&mut tx, user, here, client, now).await?;
    let entry = of_session("session.started", &begun);
    let view = session::view(app, &mut tx, begun, now).await?;
    let chain = here.unwrap_or(audit::PLATFORM);
    audit::record(&mut tx, chain, Who::user(user, client.address), &entry, now).await?;
    tx.commit().await?;
    Ok(view)
}

/// Goes on with a session: the token is used up, and another one takes its place. An older one is a copy in other
/// hands: it ends the session.
pub async fn refresh(app: &App, token: &str, client: &Client) -> Result<SessionView, ApiError> {
    let (hash, next, now) = (session::hash(token), session::new_token(), app.clock.now());
    let mut tx = IdentityTx::begin(&app.db).await?;
    let idle_until = session::idle_until(now);
    let refreshed =
        sessions::rotate(&mut tx, &hash, &session::hash(&next), idle_until, now).await?;
    if let Some(session) = refreshed {
        let begun = Begun {
            id: session.id,
            user: session.user,
            subscriber: session.subscriber,
            refresh_token: Some(next),
            impersonator: None,
        };
        let view = session::view(app, &mut tx, begun, now).await?;
        tx.commit().await?;
        return Ok(view);
    }
    let Some(spent) = sessions::find_spent(&mut tx, &hash, now).await? else {
        return Err(access::unauthenticated());
    };
    let begun = Begun {
        id: spent.id,
        user: spent.user,
        subscriber: spent.subscriber,
        refresh_token: None,
        impersonator: None,
    };
    if spent.is_live && spent.is_latest && now - spent.spent_at < GRACE {
        let view = session::view(app, &mut tx, begun, now).await?;
        tx.commit().await?;
        return Ok(view);
    }
    if sessions::end(&mut tx, spent.user, spent.id, End::Reused, now).await? {
        let entry = of_session("session.reuse_detected", &begun);
        let who = Who::user(spent.user, client.address);
        let chain = spent.subscriber.unwrap_or(audit::PLATFORM);
        let warn = super::jobs::MailReuseWarning { user: spent.user };
        jobs::enqueue(&mut tx, &warn);
        audit::record(&mut tx, chain, who, &entry, now).await?;
    }
    tx.commit().await?;
    Err(ApiError::client(
        StatusCode::UNAUTHORIZED,
        "refresh_reused",
        "this refresh token was used before: its session has ended, sign in again",
    ))
}

/// Goes to another business of the person.
pub async fn switch(app: &App, person: &Person, wanted: &str) -> Result<SessionView, ApiError> {
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    let memberships = people::list_memberships(&mut tx, person.user).await?;
    let here = session::chosen(&memberships, Some(wanted))?.ok_or_else(ApiError::not_found)?;
    let subscriber = here.subscriber.id;
    sessions::choose(&mut tx, person.session, subscriber).await?;
    let begun = Begun {
        id: person.session,
        user: person.user,
        subscriber: Some(subscriber),
        refresh_token: None,
        impersonator: None,
    };
    let entry = of_session("session.switched", &begun);
    let view = session::view(app, &mut tx, begun, now).await?;
    audit::record(&mut tx, subscriber, person, &entry, now).await?;
    tx.commit().await?;
    Ok(view)
}

/// Ends the session that asks.
pub async fn sign_out(app: &App, person: &Person) -> Result<(), ApiError> {
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    sessions::end(&mut tx, person.user, person.session, End::Logout, now).await?;
    record_of(&mut tx, person, "session.ended", json!({}), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets another password, and ends the other sessions. Guessing the present one is guessing as at the door.
pub async fn change_password(
    app: &App,
    person: &Person,
    current: SecretString,
    new: SecretString,
) -> Result<(), ApiError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let user = people::find_user(&mut tx, person.user).await?;
    let user = user.ok_or_else(access::unauthenticated)?;
    let attempt = Attempt::new(&user.email, person.address);
    attempt.check(app, &mut tx).await?;
    let names = names_of(&mut tx, person.user, &user.email).await?;
    let credential = people::find_credential(&mut tx, &user.email).await?;
    tx.commit().await?;
    check_strength("new_password", &new, &names)?;
    let checked = password::check(current, credential.map(|found| found.password_hash)).await;
    if !checked.is_right {
        let mut tx = IdentityTx::begin(&app.db).await?;
        let locked = attempt.fail(app, &mut tx).await?;
        tx.commit().await?;
        return Err(locked.unwrap_or_else(invalid_credentials));
    }
    let hashed = password::hash(new).await;
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    attempt.check(app, &mut tx).await?;
    attempt.succeed(&mut tx).await?;
    people::set_password(&mut tx, person.user, &hashed, now).await?;
    let ended = sessions::end_others(
        &mut tx,
        person.user,
        Some(person.session),
        End::Password,
        now,
    )
    .await?;
    record_of(
        &mut tx,
        person,
        "password.changed",
        json!({"sessions_ended": ended}),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Orders a link by mail, if there is such an account; says nothing of whether there is.
pub async fn forget_password(app: &App, email: &str) -> Result<(), ApiError> {
    let email = email.trim().to_lowercase();
    let key = hex(&session::hash(&email));
    let per_hour = Bucket::new(app.settings.limits.resets_per_hour, HOUR);
    if draw(app, &format!("reset:{key}"), "resets", per_hour)
        .await
        .is_err()
    {
        // As many links as this are in the mailbox, or nobody has it: the answer is the same.
        return Ok(());
    }
    let mut tx = IdentityTx::begin(&app.db).await?;
    let user = people::find_user_by_email(&mut tx, &email).await?;
    // The same work for nobody: a job that finds nobody to write to.
    let user = user.unwrap_or_else(UserId::new);
    jobs::enqueue(&mut tx, &MailResetLink { user });
    tx.commit().await?;
    Ok(())
}

/// Sets the password by a link that was mailed: ends every session, and every lock.
pub async fn reset_password(
    app: &App,
    token: &str,
    new: SecretString,
    client: &Client,
) -> Result<(), ApiError> {
    let hash = session::hash(token);
    let bad_link = || {
        ApiError::invalid(
            "token",
            "this link was used before or is too old: ask for another one",
        )
    };
    let mut tx = IdentityTx::begin(&app.db).await?;
    let found = people::find_reset_token(&mut tx, &hash, app.clock.now()).await?;
    let user = found.ok_or_else(bad_link)?;
    let email = people::find_user(&mut tx, user)
        .await?
        .ok_or_else(bad_link)?
        .email;
    let names = names_of(&mut tx, user, &email).await?;
    tx.commit().await?;
    check_strength("new_password", &new, &names)?;
    let hashed = password::hash(new).await;
    let now = app.clock.now();
    let mut tx = IdentityTx::begin(&app.db).await?;
    people::use_reset_token(&mut tx, &hash, now)
        .await?
        .ok_or_else(bad_link)?;
    people::set_password(&mut tx, user, &hashed, now).await?;
    let ended = sessions::end_others(&mut tx, user, None, End::Password, now).await?;
    Attempt::new(&email, None).succeed(&mut tx).await?;
    let memberships = people::list_memberships(&mut tx, user).await?;
    let chain = memberships
        .first()
        .map_or(audit::PLATFORM, |first| first.subscriber.id);
    let entry = Entry {
        action: "password.reset",
        subject_kind: "user",
        subject: Some(user.0),
        changes: json!({"sessions_ended": ended}),
    };
    audit::record(&mut tx, chain, Who::user(user, client.address), &entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds a row about the person's own account to the chain of the business that is chosen.
pub(super) async fn record_of(
    tx: &mut IdentityTx,
    person: &Person,
    action: &'static str,
    changes: serde_json::Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let chain: SubscriberId = person
        .membership
        .map_or(audit::PLATFORM, |(subscriber, _)| subscriber);
    let entry = Entry {
        action,
        subject_kind: "user",
        subject: Some(person.user.0),
        changes,
    };
    audit::record(tx, chain, person, &entry, now).await
}

fn of_session(action: &'static str, begun: &Begun) -> Entry {
    Entry {
        action,
        subject_kind: "session",
        subject: Some(begun.id.0),
        changes: json!({}),
    }
}

async fn draw(app: &App, key: &str, policy: &'static str, bucket: Bucket) -> Result<(), ApiError> {
    // Of its own: what fails afterwards was drawn all the same.
    let mut tx = SystemTx::begin(&app.db, SystemToken::SignIn).await?;
    let taken = limits::take(&mut tx, key, bucket, 1).await?;
    tx.commit().await?;
    match policy {
        // A header would tell that somebody asked for a link before.
        "resets" => match taken {
            limits::Taken::Allowed { .. } => Ok(()),
            limits::Taken::Limited { retry_after } => Err(ApiError::rate_limited(retry_after)),
        },
        policy => limits::note_or_refuse(policy, bucket, taken),
    }
}

async fn names_of(tx: &mut IdentityTx, user: UserId, email: &str) -> sqlx::Result<Vec<String>> {
    let memberships = people::list_memberships(tx, user).await?;
    let names = memberships
        .into_iter()
        .map(|membership| membership.subscriber.business_name);
    Ok(names.chain([email.to_owned()]).collect())
}

fn check_strength(field: &str, new: &SecretString, names: &[String]) -> Result<(), ApiError> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    check_new(new.expose_secret(), &names)
        .map_err(|weak| ApiError::invalid(field, weak.to_string()))
}

fn invalid_credentials() -> ApiError {
    ApiError::client(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "the e-mail address or the password is wrong",
    )
}
