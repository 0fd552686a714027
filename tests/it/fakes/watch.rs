//! Holds whatever is asked of a fake against its provider's document.
use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::header,
    middleware::{self, Next},
    response::Response,
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::support::specs;

/// What was asked that the document does not allow. A test that ends with any fails.
#[derive(Clone, Debug)]
pub struct Watch {
    provider: &'static str,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    pub fn of(provider: &'static str) -> Self {
        Self {
            provider,
            violations: Arc::default(),
        }
    }

    /// The same routes, watched.
    pub fn over<S: Clone + Send + Sync + 'static>(&self, router: Router<S>) -> Router<S> {
        router.layer(middleware::from_fn_with_state(self.clone(), pass))
    }

    pub fn assert_none(&self) {
        if !std::thread::panicking() {
            let violations = self
                .violations
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            assert_eq!(*violations, Vec::<String>::new());
        }
    }
}

async fn pass(State(watch): State<Watch>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    let read = match is_form {
        true => form(&bytes),
        false => serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let judged = specs::check(
        watch.provider,
        parts.method.as_str(),
        &parts.uri.to_string(),
        Some(&read).filter(|read| !read.is_null()),
    );
    if let Err(violation) = judged {
        let mut violations = watch
            .violations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        violations.push(violation);
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

fn form(bytes: &[u8]) -> Value {
    let fields = form_urlencoded::parse(bytes).into_owned();
    let fields: Map<String, Value> = fields.map(|(name, value)| (name, value.into())).collect();
    fields.into()
}
