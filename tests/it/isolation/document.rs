//! The routes as the OpenAPI document has them: who may call each, and what it takes.
use std::collections::BTreeMap;

use axum::http::Method;
use rocket_reception::server;
use serde_json::{Map, Value, json};

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, or a provider who signs.
    Public,
    /// Any person with a session.
    SignedIn,
    /// Somebody with at least this role.
    Role(String),
}

/// One route.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    /// With its `{parts}`.
    pub path: String,
    pub access: Access,
    pub query: Vec<String>,
    /// A body that has all that is required, and nothing that makes sense.
    pub body: Option<Value>,
    /// The members of the body that hold an id, by their pointers.
    pub ids_in_body: Vec<String>,
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the variable parts of the path.
    pub fn parts(&self) -> Vec<&str> {
        let pieces = self.path.split('/');
        pieces
            .filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
            .collect()
    }

    /// The path with each part replaced by what stands for it.
    pub fn at(&self, value_of: impl Fn(&str) -> String) -> String {
        let pieces = self.path.split('/').map(|piece| {
            let part = piece
                .strip_prefix('{')
                .and_then(|piece| piece.strip_suffix('}'));
            part.map_or_else(|| piece.to_owned(), &value_of)
        });
        pieces.collect::<Vec<_>>().join("/")
    }

    /// The body with this id in this place.
    pub fn body_with(&self, pointer: &str, id: &str) -> Option<Value> {
        let mut body = self.body.clone()?;
        set(&mut body, pointer, json!(id));
        Some(body)
    }
}

/// All routes.
pub fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(server::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let mut ids_in_body = Vec::new();
            let body =
                (!schema.is_null()).then(|| example(&document, schema, "", &mut ids_in_body, 0));
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let query = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "query");
            operations.push(Operation {
                method,
                path: path.clone(),
                access: access(&operation["security"]),
                query: query
                    .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                    .collect(),
                body,
                ids_in_body,
            });
        }
    }
    assert!(operations.len() > 15, "the document was not understood");
    operations
}

fn access(security: &Value) -> Access {
    let Some(first) = security.as_array().and_then(|all| all.first()) else {
        return Access::Public;
    };
    match first["bearer"].as_array().and_then(|roles| roles.first()) {
        Some(role) => Access::Role(role.as_str().unwrap().to_owned()),
        None => Access::SignedIn,
    }
}

/// Something of this schema; notes where ids stand.
fn example(
    document: &Value,
    schema: &Value,
    pointer: &str,
    ids: &mut Vec<String>,
    depth: usize,
) -> Value {
    if depth > 6 {
        return Value::Null;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{reference} leads nowhere"));
        return example(document, target, pointer, ids, depth + 1);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array().into_iter().flatten();
        if let Some(one) = choices.clone().find(|one| one["type"] != "null") {
            return example(document, one, pointer, ids, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned(),
        kind => Some(kind.clone()),
    };
    match kind.as_ref().and_then(Value::as_str) {
        Some("object") => {
            let mut object = Map::new();
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let properties = schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let sorted: BTreeMap<_, _> = properties.into_iter().collect();
            for (name, property) in sorted {
                let inner = format!("{pointer}/{name}");
                let before = ids.len();
                let value = example(document, &property, &inner, ids, depth + 1);
                let names_something =
                    name.ends_with("_id") || ["id", "into", "subscriber"].contains(&name.as_str());
                if names_something && ids.len() == before {
                    ids.push(inner);
                }
                if required.contains(&name.as_str()) {
                    object.insert(name, value);
                }
            }
            Value::Object(object)
        }
        Some("array") => json!([example(
            document,
            &schema["items"],
            &format!("{pointer}/0"),
            ids,
            depth + 1
        )]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ => match schema["format"].as_str() {
            Some("uuid") => {
                ids.push(pointer.to_owned());
                json!("00000000-0000-7000-8000-000000000000")
            }
            Some("date-time") => json!("2026-11-21T10:00:00Z"),
            Some("date") => json!("2026-11-21"),
            _ => json!("something"),
        },
    }
}

/// Sets what stands at a pointer, with the objects on the way to it.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for name in pointer.split('/').skip(1) {
        place = match name.parse::<usize>() {
            Ok(index) if place.is_array() => &mut place[index],
            _ => {
                if !place.is_object() {
                    *place = json!({});
                }
                &mut place[name]
            }
        };
    }
    *place = value;
}
