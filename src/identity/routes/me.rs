//! Who am I, and which keys sign tokens.
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{SignedIn, store::people},
    kernel::{db::IdentityTx, signing::Jwk},
    web::{ApiError, Problem},
};

/// A person, as that person sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    pub id: Uuid,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub is_operator: bool,
}

/// A business, as far as its people need it to know where they are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubscriberView {
    pub id: Uuid,
    pub slug: String,
    pub business_name: String,
}

/// What a person is to one business.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipView {
    pub subscriber: SubscriberView,
    /// `STAFF`, `ADMIN` or `OWNER`.
    pub role: &'static str,
}

/// Who is signed in, where, and who acts as them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub user: UserView,
    /// The business that was chosen.
    pub subscriber: Option<SubscriberView>,
    /// To that business; `OPERATOR` for an operator who chose none.
    pub role: Option<&'static str>,
    pub memberships: Vec<MembershipView>,
    /// The operator who acts as this person: show it.
    pub impersonator: Option<UserView>,
}

/// The public keys that access tokens are signed with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Jwks {
    pub keys: Vec<Jwk>,
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show_me))
        .routes(routes!(list_signing_keys))
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", tag = "sign-in", security(("bearer" = [])),
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn show_me(State(app): State<AppState>, person: SignedIn) -> Result<Json<Me>, ApiError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let user = people::find_user(&mut tx, person.user).await?;
    let memberships = people::list_memberships(&mut tx, person.user).await?;
    let impersonator = match person.impersonator {
        Some(operator) => people::find_user(&mut tx, operator).await?,
        None => None,
    };
    tx.commit().await?;
    let chosen = person.membership.map(|(subscriber, _)| subscriber);
    let here = memberships
        .iter()
        .find(|membership| Some(membership.subscriber.id) == chosen);
    Ok(Json(Me {
        user: user.ok_or_else(ApiError::not_found)?.into(),
        role: match here {
            Some(membership) => Some(membership.role.as_str()),
            None => person.is_operator.then_some("OPERATOR"),
        },
        subscriber: here.map(|membership| (&membership.subscriber).into()),
        memberships: memberships
            .iter()
            .map(|membership| MembershipView {
                subscriber: (&membership.subscriber).into(),
                role: membership.role.as_str(),
            })
            .collect(),
        impersonator: impersonator.map(UserView::from),
    }))
}

/// The public keys that access tokens are signed with, as a JWK set.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "sign-in", responses((status = 200, body = Jwks)))]
async fn list_signing_keys(State(app): State<AppState>) -> Json<Jwks> {
    Json(Jwks {
        keys: app.signing.jwks(),
    })
}

impl From<people::User> for UserView {
    fn from(user: people::User) -> Self {
        Self {
            id: user.id.0,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
            is_operator: user.is_operator,
        }
    }
}

impl From<&people::Business> for SubscriberView {
    fn from(business: &people::Business) -> Self {
        Self {
            id: business.id.0,
            slug: business.slug.clone(),
            business_name: business.business_name.clone(),
        }
    }
}
