//! The OpenAPI document: each route once, in its `/api` form, with what handlers do not say themselves: how one signs
//! in, what every request may be answered with, and the older names of paths.
use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Deprecated, HttpMethod, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder,
        Server, Tag,
        header::HeaderBuilder,
        path::{Operation, ParameterIn},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::api;
use crate::web::{FieldError, Problem};

const PROBLEM: &str = "application/problem+json";

/// Paths of the older systems, and the present ones that answer there: they are told apart in the document alone.
const OLDER: [(&str, &str); 6] = [
    ("/api/messages/sms", "/api/messages/send"),
    ("/api/webhooks/sms-inbound", "/api/webhooks/twilio/sms"),
    (
        "/api/webhooks/twilio/status",
        "/api/webhooks/twilio/sms/status",
    ),
    ("/api/webhooks/twilio/voice", "/api/voice/webhook/voice"),
    ("/api/retell-webhook", "/api/webhooks/retell"),
    ("/api/retell/webhook", "/api/webhooks/retell"),
];

/// What a request may be answered with, by its status, and the codes of the problem.
const COMMON: [(&str, &str, &str); 9] = [
    (
        "400",
        "Malformed",
        "The request cannot be read: `malformed`.",
    ),
    (
        "401",
        "Unauthenticated",
        "Nothing proves who asks: `unauthenticated`.",
    ),
    (
        "403",
        "Forbidden",
        "Not with this role, key or address: `forbidden`.",
    ),
    (
        "404",
        "NotFound",
        "There is no such thing, or it is not the caller's: `not_found`.",
    ),
    (
        "413",
        "TooLarge",
        "The body is larger than 1 MiB: `body_too_large`.",
    ),
    (
        "415",
        "UnsupportedMediaType",
        "The body is of another kind: `unsupported_media_type`.",
    ),
    (
        "422",
        "Invalid",
        "A member is not what it must be, and `errors` names it: `invalid_request`.",
    ),
    (
        "429",
        "RateLimited",
        "Too many in too short a time: `rate_limited`.",
    ),
    (
        "503",
        "Unavailable",
        "Not now; the same again later: `unavailable`.",
    ),
];

pub fn document() -> OpenApi {
    let (_, mut document) = OpenApiRouter::new().nest("/api", api()).split_for_parts();
    describe(&mut document);
    add_older_paths(&mut document);
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            let path_has_parts = has_parts(operation);
            add_keys(&method, operation);
            name_problems(operation);
            add_common_answers(operation, path_has_parts);
        }
    }
    let tags = document.paths.paths.values_mut().flat_map(operations);
    let tags = tags.filter_map(|(_, operation)| operation.tags.clone());
    let tags: BTreeSet<String> = tags.flatten().collect();
    document.tags = Some(tags.into_iter().map(Tag::new).collect());
    document
}

fn describe(document: &mut OpenApi) {
    document.info.title = "Rocket Reception".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "Calls, texts and web chats of small businesses: answered, recorded, billed. Every path answers without \
         `/api` as well. Errors are `application/problem+json`, told apart by their `code`."
            .to_owned(),
    );
    // What is not said is taken from Cargo's environment, and is somebody else's.
    document.info.contact = None;
    document.info.license = None;
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_default();
    for (name, schema) in [
        (Problem::name(), Problem::schema()),
        (FieldError::name(), FieldError::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    for (status, name, description) in COMMON {
        let response = problem(status, description);
        components
            .responses
            .insert(name.to_owned(), response.into());
    }
    let scheme = |format: &str, description: &str| {
        let http = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format(format);
        SecurityScheme::Http(http.description(Some(description)).build())
    };
    let person =
        "The access token of a session. Where roles are named, the least one that may call.";
    let key = "An API key of the business (`rr_live_…`), sent like a token, with the scope that is named.";
    components.add_security_scheme("bearer", scheme("JWT", person));
    components.add_security_scheme("api_key", scheme("rr_live", key));
}

fn problem(status: &str, description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM, content);
    let header = |description: &str| HeaderBuilder::new().description(Some(description)).build();
    match status {
        "429" => response
            .header(
                "Retry-After",
                header("In how many seconds there is enough again."),
            )
            .header(
                "RateLimit",
                header("What is left of each limit, and until when."),
            )
            .header("RateLimit-Policy", header("The limits."))
            .build(),
        "503" => response
            .header(
                "Retry-After",
                header("After how many seconds to ask again."),
            )
            .build(),
        _ => response.build(),
    }
}

fn add_older_paths(document: &mut OpenApi) {
    for (older, present) in OLDER {
        let Some(item) = document.paths.paths.get(present) else {
            continue;
        };
        let mut item = item.clone();
        for (_, operation) in operations(&mut item) {
            let id = operation.operation_id.take().unwrap_or_default();
            let name = older
                .trim_start_matches("/api")
                .replace('-', "_")
                .replace('/', "__");
            operation.operation_id = Some(format!("{id}{name}"));
            operation.deprecated = Some(Deprecated::True);
        }
        document.paths.paths.insert(older.to_owned(), item);
    }
}

fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Delete, &mut item.delete),
        (HttpMethod::Patch, &mut item.patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
        .collect()
}

fn has_parts(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(|parameter| {
        matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path)
    })
}

/// Whether anybody must sign in, and with which roles.
fn roles(operation: &Operation) -> Option<Vec<String>> {
    let requirement = operation.security.as_ref()?.first()?;
    let requirement = serde_json::to_value(requirement).ok()?;
    let roles = requirement.get("bearer")?.as_array()?;
    let text = |role: &Value| role.as_str().map(str::to_owned);
    Some(roles.iter().filter_map(text).collect())
}

/// Keys may do what staff and admins may, each with its scope.
fn add_keys(method: &HttpMethod, operation: &mut Operation) {
    let roles = roles(operation).unwrap_or_default();
    let scope = match roles.first().map(String::as_str) {
        Some("STAFF") if *method == HttpMethod::Get => "read",
        Some("STAFF") => "write",
        Some("ADMIN") => "admin",
        _ => return,
    };
    let requirement = SecurityRequirement::new("api_key", [scope]);
    operation.security.get_or_insert_default().push(requirement);
}

/// A handler says that it answers with a problem; of which kind that is, is said here.
fn name_problems(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        let is_problem = |content: &RefOr<Content>| {
            let schema = serde_json::to_value(content).unwrap_or_default();
            schema["schema"]["$ref"] == "#/components/schemas/Problem"
        };
        if response
            .content
            .get("application/json")
            .is_some_and(is_problem)
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
        if response.description.is_empty() {
            response.description = "See the schema.".to_owned();
        }
    }
}

fn add_common_answers(operation: &mut Operation, path_has_parts: bool) {
    let is_secured = roles(operation).is_some();
    let has_body = operation.request_body.is_some();
    let has_query = operation
        .parameters
        .as_ref()
        .is_some_and(|all| !all.is_empty());
    let answers = &mut operation.responses.responses;
    let covers_all = answers.contains_key("4XX");
    for (status, name, _) in COMMON {
        let applies = match status {
            "400" | "413" | "415" => has_body,
            "422" => has_body || has_query,
            "401" | "403" => is_secured,
            "404" => path_has_parts,
            _ => true,
        };
        let is_said = answers.contains_key(status) || (covers_all && status.starts_with('4'));
        if applies && !is_said {
            let reference = Ref::from_response_name(name);
            answers.insert(status.to_owned(), reference.into());
        }
    }
}
