//! The keys by which a business's own tools come in.
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::AppState,
    identity::{
        Owner, Scope,
        access::KEY_PREFIX,
        audit::Entry,
        session,
        store::keys::{self, Listed, NewKey},
    },
    kernel::{
        ids::ApiKeyId,
        page::{Cursor, Page, PageQuery},
        random,
        text::hex,
    },
    tenancy::directory::{self, Key},
    web::{ApiError, Body, Path, Problem, Query},
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(delete_api_key))
}

/// A key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyRequest {
    name: String,
    scopes: Vec<Scope>,
    expires_at: Option<DateTime<Utc>>,
    /// The networks that it may be used from; everywhere, when there are none.
    #[serde(default)]
    cidrs: Vec<String>,
}

/// A key. What it takes to use it is there only when it was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    pub id: Uuid,
    pub name: String,
    pub prefix: String,
    pub last_four: String,
    pub scopes: Vec<String>,
    pub cidrs: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl From<Listed> for ApiKeyView {
    fn from(key: Listed) -> Self {
        Self {
            id: key.id.0,
            name: key.name,
            prefix: key.prefix,
            last_four: key.last_four,
            scopes: key.scopes,
            cidrs: key.cidrs,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            key: None,
        }
    }
}

/// The keys that may be used, the newest first.
#[utoipa::path(get, path = "/api-keys", tag = "sign-in", security(("bearer" = ["OWNER"])),
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<ApiKeyView>), (status = 403, body = Problem)))]
async fn list_api_keys(
    State(app): State<AppState>,
    owner: Owner,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ApiKeyView>>, ApiError> {
    let after = page.after()?;
    let mut tx = owner.begin(&app).await?;
    let after = after.map(|cursor| ApiKeyId(cursor.id));
    let rows = keys::list(&mut tx, after, page.limit() + 1).await?;
    tx.end_reading();
    let page = Page::new(rows, page.limit(), |row| Cursor {
        at: row.created_at,
        id: row.id.0,
    });
    Ok(Json(page.map(ApiKeyView::from)))
}

/// Makes a key; it is shown this once.
#[utoipa::path(post, path = "/api-keys", tag = "sign-in", request_body = ApiKeyRequest,
    security(("bearer" = ["OWNER"])),
    responses((status = 201, body = ApiKeyView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn create_api_key(
    State(app): State<AppState>,
    owner: Owner,
    Body(request): Body<ApiKeyRequest>,
) -> Result<(StatusCode, Json<ApiKeyView>), ApiError> {
    owner.refuse_impersonation()?;
    let now = app.clock.now();
    let networks = request.check(now)?;
    let scopes: Vec<String> = request
        .scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    let key = format!("{KEY_PREFIX}{}", random::base62(32));
    let id = ApiKeyId::new();
    let new = NewKey {
        id,
        name: request.name.trim(),
        prefix: &key[..KEY_PREFIX.len() + 4],
        last_four: &key[key.len() - 4..],
        hash: &session::hash(&key),
        scopes: &scopes,
        networks: &networks,
        created_by: owner.user(),
        expires_at: request.expires_at,
    };
    let mut tx = owner.begin(&app).await?;
    keys::insert(&mut tx, &new, now).await?;
    let entry = directory::Entry {
        subscriber: Some(owner.subscriber),
        target: Some(id.0),
    };
    directory::put(&mut tx, &Key::ApiKey(&hex(new.hash)), &entry).await?;
    let audited = Entry {
        action: "api_key.created",
        subject_kind: "api_key",
        subject: Some(id.0),
        changes: json!({"scopes": scopes, "expires_at": request.expires_at}),
    };
    owner.audit(&mut tx, &app, &audited).await?;
    tx.commit().await?;
    let view = ApiKeyView {
        id: id.0,
        name: new.name.to_owned(),
        prefix: new.prefix.to_owned(),
        last_four: new.last_four.to_owned(),
        scopes,
        cidrs: networks.clone(),
        created_at: now,
        expires_at: request.expires_at,
        last_used_at: None,
        key: Some(key.clone()),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Revokes a key; it opens nothing from now on.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "sign-in", security(("bearer" = ["OWNER"])),
    params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_api_key(
    State(app): State<AppState>,
    owner: Owner,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    owner.refuse_impersonation()?;
    let mut tx = owner.begin(&app).await?;
    let revoked = keys::revoke(&mut tx, ApiKeyId(id), app.clock.now()).await?;
    let hash = hex(&revoked.ok_or_else(ApiError::not_found)?);
    directory::remove(&mut tx, &Key::ApiKey(&hash), owner.subscriber).await?;
    let audited = Entry {
        action: "api_key.revoked",
        subject_kind: "api_key",
        subject: Some(id),
        changes: json!({}),
    };
    owner.audit(&mut tx, &app, &audited).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ApiKeyRequest {
    /// The networks, as we write them.
    fn check(&self, now: DateTime<Utc>) -> Result<Vec<String>, ApiError> {
        if !(1..=100).contains(&self.name.trim().chars().count()) {
            return Err(ApiError::invalid("name", "must have 1 to 100 characters"));
        }
        if self.scopes.is_empty() {
            return Err(ApiError::invalid("scopes", "must name at least one"));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(ApiError::invalid("expires_at", "must be in the future"));
        }
        if self.cidrs.len() > 50 {
            return Err(ApiError::invalid("cidrs", "must be at most 50"));
        }
        let network = |text: &String| {
            text.parse::<ipnet::IpNet>()
                .map(|net| net.trunc().to_string())
        };
        let networks: Result<Vec<_>, _> = self.cidrs.iter().map(network).collect();
        networks.map_err(|_| ApiError::invalid("cidrs", "must be networks such as 203.0.113.0/24"))
    }
}
