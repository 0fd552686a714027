//! Whether a request of ours is one that the provider's own OpenAPI document allows. The documents are not ours: they
//! are read from the folder that `PROVIDER_SPECS_DIR` names, `<provider>.openapi.json`, and without it nothing is checked.
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};
use url::form_urlencoded;

/// A request as a fake received it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// With its query.
    pub path: &'a str,
    /// By name in small letters; None: headers are not looked at.
    pub headers: Option<&'a HashMap<String, String>>,
    /// JSON, or a form as an object of texts.
    pub body: Option<&'a Value>,
}

/// Checks path, method, required members of the query, headers, and the body against its schema.
pub fn check(provider: &str, method: &str, path: &str, body: Option<&Value>) -> Result<(), String> {
    let asked = Asked {
        method,
        path,
        headers: None,
        body,
    };
    check_all(provider, &asked)
}

/// The same, with what the caller knows of headers.
pub fn check_all(provider: &str, asked: &Asked<'_>) -> Result<(), String> {
    let Some(folder) = std::env::var_os("PROVIDER_SPECS_DIR") else {
        return Ok(());
    };
    let spec = load(Path::new(&folder), provider);
    let found = find_operation(&spec, asked.method, asked.path)
        .ok_or_else(|| format!("{provider} has no {} {}", asked.method, asked.path))?;
    let told = found.check(&spec, asked);
    told.map_err(|wrong| format!("{provider} {} {}: {wrong}", asked.method, asked.path))
}

/// Whether what we answered is what a schema of the document allows.
pub fn check_answer(provider: &str, schema: &str, answer: &Value) -> Result<(), String> {
    let Some(folder) = std::env::var_os("PROVIDER_SPECS_DIR") else {
        return Ok(());
    };
    let spec = load(Path::new(&folder), provider);
    let schema = &spec["components"]["schemas"][schema];
    assert!(schema.is_object(), "the document has no such schema");
    conforms(&spec, schema, answer, "answer", false)
}

fn load(folder: &Path, provider: &str) -> Arc<Value> {
    static LOADED: Mutex<Option<HashMap<String, Arc<Value>>>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    let read = || {
        let file = folder.join(format!("{provider}.openapi.json"));
        let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        Arc::new(serde_json::from_slice(&text).unwrap())
    };
    loaded
        .entry(provider.to_owned())
        .or_insert_with(read)
        .clone()
}

struct Operation<'a> {
    shared: &'a Value,
    own: &'a Value,
}

/// Of several templates that fit, the one with the most fixed parts.
fn find_operation<'a>(spec: &'a Value, method: &str, path: &str) -> Option<Operation<'a>> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = spec["paths"].as_object()?;
    let fitting = paths.iter().filter(|(template, item)| {
        fits(template, path) && item.get(method.to_ascii_lowercase()).is_some()
    });
    let (_, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    Some(Operation {
        shared: &item["parameters"],
        own: &item[method.to_ascii_lowercase()],
    })
}

fn fits(template: &str, path: &str) -> bool {
    let (mut left, mut right) = (template.split('/'), path.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if part_fits(wanted, given) => {}
            _ => return false,
        }
    }
}

/// `{Sid}.json` and the like: what stands around the brackets stays.
fn part_fits(wanted: &str, given: &str) -> bool {
    match (wanted.split_once('{'), wanted.split_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            given.len() > before.len() + after.len()
                && given.starts_with(before)
                && given.ends_with(after)
        }
        _ => wanted == given,
    }
}

impl Operation<'_> {
    fn check(&self, spec: &Value, asked: &Asked<'_>) -> Result<(), String> {
        let query = asked.path.split_once('?').map_or("", |(_, query)| query);
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let parameters = [self.shared, &self.own["parameters"]];
        let parameters: Vec<&Value> = parameters
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| resolve(spec, parameter))
            .collect();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let is_required = parameter["required"] == true;
            match (parameter["in"].as_str(), asked.headers) {
                (Some("query"), _) => {
                    let given: Vec<_> = query.iter().filter(|(given, _)| given == name).collect();
                    if is_required && given.is_empty() {
                        return Err(format!("the query lacks {name}"));
                    }
                    for (_, value) in given {
                        written(spec, &parameter["schema"], value, name)?;
                    }
                }
                (Some("header"), Some(headers)) => match headers.get(&name.to_ascii_lowercase()) {
                    None if is_required => return Err(format!("the header {name} is missing")),
                    None => {}
                    Some(value) => written(spec, &parameter["schema"], value, name)?,
                },
                _ => {}
            }
        }
        let known = |name: &str| {
            parameters.iter().any(|one| {
                // `filter[since]` and `StartTime<` are members of what is known under the name before them.
                one["in"] == "query"
                    && one["name"]
                        .as_str()
                        .is_some_and(|known| name.starts_with(known))
            })
        };
        if let Some((name, _)) = query.iter().find(|(name, _)| !known(name)) {
            return Err(format!("the query has {name}, which is not known"));
        }
        self.check_body(spec, asked.body)
    }

    fn check_body(&self, spec: &Value, body: Option<&Value>) -> Result<(), String> {
        let request = resolve(spec, &self.own["requestBody"]);
        let contents = request["content"].as_object();
        let form = contents.and_then(|contents| contents.get("application/x-www-form-urlencoded"));
        let json = contents.and_then(|contents| contents.get("application/json"));
        match (body, json, form) {
            (None, _, _) if request["required"] == true => Err("the body is missing".to_owned()),
            (None, _, _) => Ok(()),
            (Some(body), Some(content), _) => {
                conforms(spec, &content["schema"], body, "body", false)
            }
            (Some(body), None, Some(content)) => {
                conforms(spec, &content["schema"], body, "body", true)
            }
            (Some(body), None, None) if body.as_object().is_some_and(Map::is_empty) => Ok(()),
            (Some(_), None, None) => Err("no body is known".to_owned()),
        }
    }
}

fn resolve<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => {
            let place = place.trim_start_matches('#');
            let found = spec.pointer(place);
            resolve(
                spec,
                found.unwrap_or_else(|| panic!("no {place} in the document")),
            )
        }
        None => value,
    }
}

/// A text that stands for a value: in a query, a header, a form.
fn written(spec: &Value, schema: &Value, text: &str, place: &str) -> Result<(), String> {
    let text = Value::String(text.to_owned());
    conforms(spec, schema, &text, place, true)
}

/// `is_written`: numbers and booleans are spelled out, as in a form.
fn conforms(
    spec: &Value,
    schema: &Value,
    value: &Value,
    place: &str,
    is_written: bool,
) -> Result<(), String> {
    let schema = resolve(spec, schema);
    let each = |name: &str| schema[name].as_array().into_iter().flatten();
    for part in each("allOf") {
        conforms(spec, part, value, place, is_written)?;
    }
    for name in ["oneOf", "anyOf"] {
        let mut wrong = None;
        for part in each(name) {
            match conforms(spec, part, value, place, is_written) {
                Ok(()) => {
                    wrong = None;
                    break;
                }
                Err(found) => wrong = wrong.or(Some(found)),
            }
        }
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    if value.is_null() && schema["nullable"] == true {
        return Ok(());
    }
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !allowed.is_empty() && !allowed.iter().any(|name| is_of(name, value, is_written)) {
        return Err(format!("{place} is not {}", allowed.join(" or ")));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
        && !(is_written && values.iter().any(|one| *one == spelled(value)))
    {
        return Err(format!("{place} is none of {values:?}"));
    }
    if let Some(members) = value.as_object() {
        for name in each("required").filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{place}.{name} is missing"));
            }
        }
        for (name, member) in members {
            let place = format!("{place}.{name}");
            match schema["properties"].get(name) {
                Some(schema) => conforms(spec, schema, member, &place, is_written)?,
                None if schema["additionalProperties"] == false => {
                    return Err(format!("{place} is not known"));
                }
                None => {}
            }
        }
    }
    if let (Some(elements), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (at, element) in elements.iter().enumerate() {
            conforms(spec, schema, element, &format!("{place}[{at}]"), is_written)?;
        }
    }
    Ok(())
}

fn is_of(name: &str, value: &Value, is_written: bool) -> bool {
    if is_written && let Some(text) = value.as_str() {
        return match name {
            "integer" => text.parse::<i64>().is_ok(),
            "number" => text.parse::<f64>().is_ok(),
            "boolean" => matches!(text, "true" | "false"),
            _ => true,
        };
    }
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn spelled(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn a_request_is_held_against_the_document() {
    let spec = serde_json::json!({
        "paths": {
            "/v2/things/{id}.json": {
                "post": {
                    "parameters": [
                        { "name": "kind", "in": "query", "required": true, "schema": { "enum": ["a", "b"] } },
                        { "name": "version", "in": "header", "required": true, "schema": { "type": "string" } },
                    ],
                    "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/Thing" } } } },
                }
            }
        },
        "components": { "Thing": {
            "type": "object", "required": ["name"],
            "properties": {
                "name": { "type": "string" }, "count": { "type": ["integer", "null"] },
                "tags": { "type": "array", "items": { "enum": ["x"] } },
            },
        } },
    });
    let headers = HashMap::from([("version".to_owned(), "1".to_owned())]);
    let judge = |path: &str, body: Value| {
        let asked = Asked {
            method: "POST",
            path,
            headers: Some(&headers),
            body: Some(&body),
        };
        let found = find_operation(&spec, "POST", path).ok_or("no such path")?;
        found.check(&spec, &asked)
    };
    let good = "/v2/things/7.json?kind=a";
    let body = serde_json::json!({ "name": "n", "count": null, "tags": ["x"] });
    assert_eq!(judge(good, body.clone()), Ok(()));
    for (path, body) in [
        ("/v2/things/7?kind=a", body.clone()),
        ("/v2/things/7.json", body.clone()),
        ("/v2/things/7.json?kind=c", body.clone()),
        ("/v2/things/7.json?kind=a&odd=1", body),
        (good, serde_json::json!({ "count": 1 })),
        (good, serde_json::json!({ "name": 1 })),
        (good, serde_json::json!({ "name": "n", "count": "1" })),
        (good, serde_json::json!({ "name": "n", "tags": ["y"] })),
        (good, serde_json::json!([])),
    ] {
        assert!(judge(path, body.clone()).is_err(), "{path} {body}");
    }
}
