//! Who asks: the extractors that every route beyond the public ones begins with.
//!
//! A handler names one of them, and so says who may call it: [`Staff`], [`Admin`] and [`Owner`] for what is a
//! business's, [`EventsWriter`] for its tools, [`SignedIn`] and [`Myself`] for what is a person's own, [`Operator`] for
//! the platform. The OpenAPI document says the same, and a test walks every route to see that both are true.
//!
//! Each request asks session and membership anew, so that a revoked session, another role or a disabled account count
//! at once; it draws from its user's bucket; and it is audited when an operator acts as somebody.
use std::ops::Deref;

use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, header, request::Parts},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    audit::{self, Entry, Who},
    model::{Actor, Caller, Person, Role, Scope},
    store::{keys, sessions},
    tokens,
};
use crate::{
    app::{App, AppState},
    kernel::{
        db::{OperatorToken, OperatorTx, SystemToken, SystemTx, TenantTx, Tx},
        ids::{SessionId, SubscriberId, UserId},
        text::hex,
    },
    tenancy::directory::{self, Key},
    web::{
        ApiError, client,
        limits::{self, Bucket},
    },
};

/// How API keys begin, so that scanners for leaked secrets know them.
pub const KEY_PREFIX: &str = "rr_live_";

/// How long ago an operator may have signed in who wants to act as somebody.
const FRESH_S: i64 = 15 * 60;

/// Somebody of the business, or a key with the scope `read` (to look) or `write` (to change).
#[derive(Clone, Debug)]
pub struct Staff(pub Caller);
/// An admin or the owner, or a key with the scope `admin`.
#[derive(Clone, Debug)]
pub struct Admin(pub Caller);
/// The owner.
#[derive(Clone, Debug)]
pub struct Owner(pub Caller);
/// Somebody of the business, or a key that may at least tell events.
#[derive(Clone, Debug)]
pub struct EventsWriter(pub Caller);
/// Any person with a session.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Person);
/// The person herself: nobody who acts as her.
#[derive(Clone, Debug)]
pub struct Myself(pub Person);
/// An operator of the platform, from where operators may come.
#[derive(Clone, Debug)]
pub struct Operator(pub Person);
/// Who names a business in the path: its own people with at least the role, or an operator.
#[derive(Clone, Debug)]
pub struct Reach {
    own: Option<Caller>,
    operator: Option<Operator>,
}
/// [`Staff`] of the business that the path names, or an operator.
#[derive(Clone, Debug)]
pub struct StaffOrOperator(pub Reach);
/// [`Admin`] of the business that the path names, or an operator.
#[derive(Clone, Debug)]
pub struct AdminOrOperator(pub Reach);

/// As whom somebody comes to a business.
#[derive(Clone, Copy, Debug)]
pub enum Reached<'a> {
    AsCaller(&'a Caller),
    AsOperator(&'a Operator),
}

enum Asker {
    /// And whether the person may not do this for somebody else.
    Person(Person, bool),
    Key(Caller, Vec<String>),
}

impl Asker {
    /// Somebody with at least this role, or a key with one of these scopes.
    fn caller(self, least: Role, scopes: &[Scope]) -> Result<Caller, ApiError> {
        match self {
            Self::Key(caller, has) => {
                let may = scopes
                    .iter()
                    .any(|scope| has.iter().any(|had| had == scope.as_str()));
                may.then_some(caller)
                    .ok_or_else(|| ApiError::forbidden("this key has not the scope for it"))
            }
            Self::Person(_, true) => Err(ApiError::forbidden("this impersonation may only look")),
            Self::Person(person, false) => match person.membership {
                Some((subscriber, role)) if role.includes(least) => Ok(Caller {
                    subscriber,
                    role,
                    actor: Actor::User(person.user),
                    impersonator: person.impersonator,
                    address: person.address,
                }),
                _ => Err(ApiError::forbidden(format!(
                    "this needs the role {}",
                    least.as_str()
                ))),
            },
        }
    }

    fn reach(self, least: Role, scopes: &[Scope], app: &App) -> Result<Reach, ApiError> {
        let as_operator = match &self {
            Self::Person(person, _) => operator(person.clone(), app).ok().map(Operator),
            Self::Key(..) => None,
        };
        match (self.caller(least, scopes), as_operator) {
            (Err(error), None) => Err(error),
            (own, operator) => Ok(Reach {
                own: own.ok(),
                operator,
            }),
        }
    }

    fn person(self) -> Result<Person, ApiError> {
        match self {
            Self::Person(person, _) => Ok(person),
            Self::Key(..) => Err(ApiError::forbidden("this is for people, not for keys")),
        }
    }
}

impl Caller {
    /// Begins a transaction on the caller's own rows.
    pub async fn begin(&self, app: &App) -> sqlx::Result<TenantTx> {
        TenantTx::begin(&app.db, self.subscriber).await
    }

    /// For what nobody may do in somebody else's name: keys, people, payouts.
    pub fn refuse_impersonation(&self) -> Result<(), ApiError> {
        match self.impersonator {
            None => Ok(()),
            Some(_) => Err(ApiError::forbidden(
                "nobody else may do this for the person",
            )),
        }
    }

    /// Writes what the caller did into the audit log, in the same transaction. Call it last.
    pub async fn audit(&self, tx: &mut TenantTx, app: &App, entry: &Entry) -> sqlx::Result<()> {
        audit::record(tx, self.subscriber, self, entry, app.clock.now()).await
    }
}

impl Reach {
    /// Nobody but operators reaches a business that is not the own one: to everybody else it is not there.
    pub fn to(&self, subscriber: SubscriberId) -> Result<Reached<'_>, ApiError> {
        let own = self.own.as_ref();
        if let Some(caller) = own.filter(|caller| caller.subscriber == subscriber) {
            return Ok(Reached::AsCaller(caller));
        }
        let operator = self.operator.as_ref().map(Reached::AsOperator);
        operator.ok_or_else(ApiError::not_found)
    }
}

impl Operator {
    /// Writes the act into the platform's audit log, then begins a transaction on everybody's rows. The row stands
    /// even when what follows fails: that somebody tried is worth knowing.
    pub async fn begin(&self, app: &App, entry: &Entry) -> sqlx::Result<OperatorTx> {
        let mut tx = OperatorTx::begin(&app.db, OperatorToken::Person).await?;
        let who = Who::operator(&self.0);
        audit::record(&mut tx, audit::PLATFORM, who, entry, app.clock.now()).await?;
        tx.commit().await?;
        OperatorTx::begin(&app.db, OperatorToken::Person).await
    }

    /// Refuses who has not just given a password.
    pub fn require_fresh(&self) -> Result<(), ApiError> {
        if self.0.signed_in_s <= FRESH_S {
            Ok(())
        } else {
            Err(ApiError::forbidden(
                "sign in again first: this needs a sign-in of the last 15 minutes",
            ))
        }
    }
}

/// What the person of this session still is to a business, where no token can be asked for: a browser that comes back
/// from another site.
pub async fn role_of(
    app: &App,
    (user, session): (UserId, SessionId),
    subscriber: SubscriberId,
) -> sqlx::Result<Option<Role>> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::SignIn).await?;
    let role = sessions::find_role(&mut tx, session, user, subscriber, app.clock.now()).await?;
    tx.commit().await?;
    Ok(role)
}

macro_rules! extractors {
    ($($name:ident -> $inner:ty, |$asker:ident, $parts:ident, $app:ident| $decide:expr;)*) => {$(
        impl Deref for $name {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.0
            }
        }

        impl FromRequestParts<AppState> for $name {
            type Rejection = ApiError;

            async fn from_request_parts($parts: &mut Parts, $app: &AppState) -> Result<Self, ApiError> {
                let $asker = authenticate($parts, $app).await?;
                Ok(Self($decide?))
            }
        }
    )*};
}

extractors! {
    Staff -> Caller, |asker, parts, _app| asker.caller(Role::Staff, staff_scopes(&parts.method));
    Admin -> Caller, |asker, _parts, _app| asker.caller(Role::Admin, &[Scope::Admin]);
    Owner -> Caller, |asker, _parts, _app| asker.caller(Role::Owner, &[]);
    StaffOrOperator -> Reach, |asker, parts, app| asker.reach(Role::Staff, staff_scopes(&parts.method), app);
    AdminOrOperator -> Reach, |asker, _parts, app| asker.reach(Role::Admin, &[Scope::Admin], app);
    EventsWriter -> Caller, |asker, _parts, _app| asker.caller(Role::Staff, &[Scope::EventsWrite, Scope::Write]);
    SignedIn -> Person, |asker, _parts, _app| asker.person();
    Myself -> Person, |asker, _parts, _app| asker.person().and_then(myself);
    Operator -> Person, |asker, _parts, app| asker.person().and_then(|person| operator(person, app));
}

fn staff_scopes(method: &Method) -> &'static [Scope] {
    if method.is_safe() {
        &[Scope::Read]
    } else {
        &[Scope::Write]
    }
}

fn myself(person: Person) -> Result<Person, ApiError> {
    match person.impersonator {
        None => Ok(person),
        Some(_) => Err(ApiError::forbidden(
            "nobody else may do this for the person",
        )),
    }
}

fn operator(person: Person, app: &App) -> Result<Person, ApiError> {
    if !person.is_operator || person.impersonator.is_some() {
        return Err(ApiError::forbidden("this is for operators"));
    }
    let allowed = &app.settings.network.admin_ip_allowlist;
    let comes_from = |address| allowed.iter().any(|network| network.contains(&address));
    if allowed.is_empty()
        || person
            .address
            .map(|ip| ip.to_canonical())
            .is_some_and(comes_from)
    {
        Ok(person)
    } else {
        Err(ApiError::forbidden(
            "operators do not come from this address",
        ))
    }
}

/// Proves who asks.
async fn authenticate(parts: &Parts, app: &App) -> Result<Asker, ApiError> {
    let token = bearer(parts).ok_or_else(unauthenticated)?;
    let hops = app.settings.network.trusted_proxy_hops;
    let address = client::address(&parts.headers, &parts.extensions, hops);
    if token.starts_with(KEY_PREFIX) {
        return authenticate_key(app, token, address).await;
    }
    let now = app.clock.now();
    let claims = tokens::read(app, token, now).map_err(|_| unauthenticated())?;
    let mut tx = SystemTx::begin(&app.db, SystemToken::SignIn).await?;
    let session = sessions::find_live(&mut tx, &claims, now).await?;
    let session = session.ok_or_else(unauthenticated)?;
    if claims.act != session.impersonator {
        return Err(unauthenticated());
    }
    let membership = match (claims.subscriber, session.role) {
        (Some(subscriber), Some(role)) => Some((subscriber, role)),
        (Some(_), None) => return Err(unauthenticated()),
        (None, _) => None,
    };
    let person = Person {
        user: claims.sub,
        session: claims.sid,
        membership,
        is_operator: session.is_operator,
        impersonator: session.impersonator,
        signed_in_s: (now - session.signed_in_at).num_seconds(),
        address,
    };
    // The operator's requests draw from the operator's own bucket.
    let drawer = person.impersonator.unwrap_or(person.user);
    draw(&mut tx, app, &format!("api:user:{drawer}")).await?;
    let may_only_look = person.impersonator.is_some() && !session.can_write;
    if person.impersonator.is_some() {
        let entry = Entry {
            action: "impersonation.request",
            subject_kind: "session",
            subject: Some(person.session.0),
            changes: json!({
                "method": parts.method.as_str(),
                "route": matched_route(parts),
            }),
        };
        let subscriber = membership.map_or(audit::PLATFORM, |(subscriber, _)| subscriber);
        audit::record(&mut tx, subscriber, &person, &entry, now).await?;
    }
    tx.commit().await?;
    Ok(Asker::Person(
        person,
        may_only_look && !parts.method.is_safe(),
    ))
}

async fn authenticate_key(
    app: &App,
    key: &str,
    address: Option<std::net::IpAddr>,
) -> Result<Asker, ApiError> {
    let hash = Sha256::digest(key);
    let found = directory::find(&app.db, &[Key::ApiKey(&hex(&hash))]).await?;
    let owner = found.into_iter().flatten().next();
    let subscriber = owner
        .and_then(|owner| owner.subscriber)
        .ok_or_else(unauthenticated)?;
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let now = app.clock.now();
    let key = keys::find_usable(&mut tx, &hash, now)
        .await?
        .ok_or_else(unauthenticated)?;
    let comes_from = |networks: &[ipnet::IpNet]| {
        address.is_some_and(|ip| networks.iter().any(|net| net.contains(&ip.to_canonical())))
    };
    if !key.networks.is_empty() && !comes_from(&key.networks) {
        return Err(ApiError::forbidden(
            "this key may not be used from this address",
        ));
    }
    draw(&mut tx, app, &format!("api:key:{}", key.id)).await?;
    tx.commit().await?;
    let caller = Caller {
        subscriber,
        role: Role::Staff,
        actor: Actor::ApiKey(key.id),
        impersonator: None,
        address,
    };
    Ok(Asker::Key(caller, key.scopes))
}

async fn draw(tx: &mut impl Tx, app: &App, key: &str) -> Result<(), ApiError> {
    let minute = std::time::Duration::from_secs(60);
    let bucket = Bucket::new(app.settings.limits.api_per_minute, minute);
    let taken = limits::take(tx, key, bucket, 1).await?;
    limits::note_or_refuse("api", bucket, taken)
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn matched_route(parts: &Parts) -> String {
    let path = parts.extensions.get::<axum::extract::MatchedPath>();
    path.map_or_else(String::new, |path| path.as_str().to_owned())
}

/// Nothing in the request proves who asks.
pub fn unauthenticated() -> ApiError {
    ApiError::client(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "sign in: the token is missing, wrong, expired or revoked",
    )
}
