//! The OpenAPI document: whole, valid, and the same routes as the router has.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use axum::{body::Body, http::Request};
use rocket_reception::server;
use serde_json::{Map, Value, json};

use crate::support::{TestApp, paper::assert_none};

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// What stands at the root alone and is not of the API.
const AT_THE_ROOT: [&str; 6] = [
    "/",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/docs/{file}",
];

/// Answers of ours that are no 2xx, and why.
const WITHOUT_SUCCESS: [&str; 0] = [];

fn document() -> Value {
    serde_json::to_value(server::document()).unwrap()
}

/// Path, method and operation of each.
fn operations(document: &Value) -> Vec<(String, &'static str, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                all.push((path.clone(), method, operation));
            }
        }
    }
    assert!(all.len() >= 10, "the document was not understood");
    all
}

/// Every path that the router knows. Axum has no list of them, but its `Debug` shows the table.
fn table(app: &TestApp) -> BTreeSet<String> {
    let shown = format!("{:?}", server::router(app.state.clone()));
    let table = shown.split_once("Node { paths: {").expect("a table").1;
    let table = table.split_once("fallback_router").expect("its end").0;
    let entries = table.split("RouteId(").skip(1);
    let path_of = |entry: &str| entry.split('"').nth(1).map(str::to_owned);
    entries.filter_map(path_of).collect()
}

#[tokio::test]
async fn the_document_lists_every_route_in_its_api_form_and_no_other() {
    let app = TestApp::start().await;
    let document = document();
    let mut wanted: BTreeSet<String> = AT_THE_ROOT.map(str::to_owned).into();
    for (path, ..) in operations(&document) {
        let bare = path.strip_prefix("/api").expect("the /api form").to_owned();
        wanted.extend([path, bare]);
    }
    let found = table(&app);
    let missing: Vec<_> = found.difference(&wanted).collect();
    assert!(
        missing.is_empty(),
        "not in the document (write `routes!`, or add an older path to OLDER in src/server/document.rs): {missing:?}"
    );
    let invented: Vec<_> = wanted.difference(&found).collect();
    assert!(invented.is_empty(), "not in the router: {invented:?}");
}

#[tokio::test]
async fn each_path_has_the_methods_that_the_document_names_and_no_other() {
    let app = TestApp::start().await;
    let document = document();
    let mut methods: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        methods.entry(path).or_default().insert(method);
    }
    let mut findings = Vec::new();
    for (path, documented) in methods {
        let bare = path.strip_prefix("/api").unwrap();
        for method in METHODS {
            for path in [&path, bare] {
                let asked = path.replace(['{', '}'], "");
                let request = Request::builder()
                    .method(method.to_uppercase().as_str())
                    .uri(&asked);
                let answer = app.send(request.body(Body::empty()).unwrap()).await;
                let has = answer.status.as_u16() != 405;
                if has != documented.contains(method) {
                    findings.push(format!("{method} {path} answered {}", answer.status));
                }
            }
        }
    }
    assert_none(&findings);
}

#[test]
fn the_document_is_whole() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    for strangers in ["contact", "license"] {
        assert!(document["info"].get(strangers).is_none(), "{strangers}");
    }
    let (mut findings, mut ids) = (Vec::new(), BTreeSet::new());
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    for (path, method, operation) in operations(&document) {
        let mut miss = |what: &str| findings.push(format!("{method} {path}: {what}"));
        match operation["operationId"].as_str() {
            Some(id) if ids.insert(id.to_owned()) => {}
            Some(id) => miss(&format!("{id} is the id of another one too")),
            None => miss("has no id"),
        }
        let its_tags = operation["tags"].as_array().map_or(&[][..], Vec::as_slice);
        if its_tags.is_empty()
            || !its_tags
                .iter()
                .all(|tag| tags.contains(tag.as_str().unwrap()))
        {
            miss("has no tag that is listed");
        }
        if ["summary", "description"]
            .iter()
            .all(|name| operation[name].as_str().is_none_or(str::is_empty))
        {
            miss("says nothing of itself");
        }
        check_parameters(&path, operation, &mut miss);
        check_answers(&document, &path, operation, &mut miss);
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for scheme in requirement.as_object().unwrap().keys() {
                if document["components"]["securitySchemes"][scheme].is_null() {
                    miss(&format!("{scheme} is no way to sign in"));
                }
            }
        }
    }
    walk(&document, "", &mut |place, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = reference
                .strip_prefix('#')
                .and_then(|target| document.pointer(target));
            if target.is_none() {
                findings.push(format!("{place}: {reference} leads nowhere"));
            }
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        check_schema(schema, &format!("schemas/{name}"), &mut findings);
    }
    walk(&document["paths"], "", &mut |place, value| {
        if place.ends_with("/schema") {
            check_schema(value, place, &mut findings);
        }
    });
    assert_none(&findings);
}

fn check_parameters(path: &str, operation: &Value, miss: &mut impl FnMut(&str)) {
    let declared: BTreeSet<(&str, &str)> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| {
            (
                parameter["in"].as_str().unwrap(),
                parameter["name"].as_str().unwrap(),
            )
        })
        .collect();
    let in_path: BTreeSet<&str> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    for name in &in_path {
        if !declared.contains(&("path", *name)) {
            miss(&format!("{{{name}}} is not declared"));
        }
    }
    for (place, name) in declared {
        if place == "path" && !in_path.contains(name) {
            miss(&format!("{name} is declared and not in the path"));
        }
    }
}

fn check_answers(document: &Value, path: &str, operation: &Value, miss: &mut impl FnMut(&str)) {
    let answers = operation["responses"].as_object().unwrap();
    // A redirect is what a browser came for.
    let succeeds = |status: &String| status.starts_with(['2', '3']);
    if !answers.keys().any(succeeds) && !WITHOUT_SUCCESS.contains(&path) {
        miss("never succeeds");
    }
    if !answers.keys().any(|status| status.starts_with('4')) {
        miss("says nothing of what a caller may do wrong");
    }
    for (status, answer) in answers {
        let answer = match answer["$ref"].as_str() {
            Some(reference) => document.pointer(&reference[1..]).unwrap_or(&Value::Null),
            None => answer,
        };
        if answer["description"].as_str().is_none_or(str::is_empty) {
            miss(&format!("{status} is not described"));
        }
        let is_problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
        // What a person's browser is shown is a page.
        let is_page = !answer["content"]["text/html"].is_null();
        // Readiness is told in the body of its own 503.
        if status.starts_with('4') && !is_page && is_problem != "#/components/schemas/Problem" {
            miss(&format!("{status} is no problem+json"));
        }
    }
    if operation["security"]
        .as_array()
        .is_some_and(|all| !all.is_empty())
    {
        for status in ["401", "403"] {
            if !answers.contains_key(status) && !answers.contains_key("4XX") {
                miss(&format!(
                    "is for people who sign in, and never answers {status}"
                ));
            }
        }
    }
}

fn walk<'a>(value: &'a Value, place: &str, look: &mut impl FnMut(&str, &'a Value)) {
    look(place, value);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                walk(value, &format!("{place}/{name}"), look);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                walk(value, &format!("{place}/{number}"), look);
            }
        }
        _ => {}
    }
}

/// Whether it has the shape of a schema of JSON Schema 2020-12.
fn check_schema(schema: &Value, place: &str, findings: &mut Vec<String>) {
    let mut wrong = |what: &str| findings.push(format!("{place}: {what}"));
    let members: &Map<String, Value> = match schema {
        Value::Bool(_) => return,
        Value::Object(members) => members,
        _ => return wrong("is no schema"),
    };
    const TYPES: [&str; 7] = [
        "array", "boolean", "integer", "null", "number", "object", "string",
    ];
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let (mut inner, empty): (Vec<(String, &Value)>, Vec<Value>) = (Vec::new(), Vec::new());
    for (name, value) in members {
        let fits = match name.as_str() {
            "type" => is_type(value) || value.as_array().is_some_and(|all| all.iter().all(is_type)),
            "properties" | "$defs" | "patternProperties" => {
                let all = value.as_object();
                inner.extend(
                    all.into_iter()
                        .flatten()
                        .map(|(name, value)| (name.clone(), value)),
                );
                all.is_some()
            }
            "items" | "additionalProperties" | "not" | "propertyNames" | "contains" => {
                inner.push((name.clone(), value));
                value.is_object() || value.is_boolean()
            }
            "oneOf" | "anyOf" | "allOf" | "prefixItems" => {
                let all = value.as_array();
                let all_of_them = all.unwrap_or(&empty).iter();
                inner.extend(all_of_them.map(|value| (name.clone(), value)));
                all.is_some_and(|all| !all.is_empty())
            }
            "required" => value.as_array().is_some_and(|all| {
                let properties = members.get("properties").and_then(Value::as_object);
                all.iter().all(|name| {
                    let name = name.as_str().unwrap_or_default();
                    properties.is_some_and(|properties| properties.contains_key(name))
                })
            }),
            "enum" | "examples" => value.is_array(),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                value.is_number()
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" => value.is_u64(),
            "format" | "title" | "description" | "$ref" | "pattern" | "contentEncoding"
            | "contentMediaType" => value.is_string(),
            "deprecated" | "readOnly" | "writeOnly" | "uniqueItems" => value.is_boolean(),
            "default" | "example" | "const" | "discriminator" | "xml" | "externalDocs" => true,
            extension => extension.starts_with("x-"),
        };
        if !fits {
            wrong(&format!("{name} is not as it must be: {value}"));
        }
    }
    for (name, value) in inner {
        check_schema(value, &format!("{place}/{name}"), findings);
    }
}

#[test]
fn the_check_of_schemas_finds_what_is_wrong() {
    for wrong in [
        json!("string"),
        json!({"type": "text"}),
        json!({"properties": []}),
        json!({"properties": {"a": {"type": 1}}}),
        json!({"required": ["a"], "properties": {}}),
        json!({"oneOf": []}),
        json!({"nullable": true}),
    ] {
        let mut findings = Vec::new();
        check_schema(&wrong, "", &mut findings);
        assert_eq!(findings.len(), 1, "{wrong}: {findings:?}");
    }
}

/// A change of the interface shows in review. After a change that is meant: `UPDATE_OPENAPI=1 cargo test document`.
#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/openapi.json");
    let now = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    let differs = reviewed
        .lines()
        .zip(now.lines())
        .position(|(reviewed, now)| reviewed != now);
    assert!(
        reviewed == now,
        "tests/data/openapi.json differs from line {} on: look at it, then UPDATE_OPENAPI=1 cargo test document",
        differs.map_or(reviewed.lines().count(), |line| line + 1)
    );
}
