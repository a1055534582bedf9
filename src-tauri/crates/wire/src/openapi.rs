//! The OpenAPI 3.1 description, made from the table of verbs and the shapes' own schemas.

use std::collections::BTreeMap;

use bowline_base::{Action, Reason, Status};
use serde_json::{Map, Value, json};

use crate::problem::{self, Code, Problem};
use crate::verbs::{Answer, COMMON_CODES, METRICS_TYPE, Param, Shape, VERBS, Verb, Who};

/// The whole description as one JSON document.
pub fn document() -> Value {
    let mut schemas = BTreeMap::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for verb in VERBS {
        let described = operation(verb, &mut schemas);
        paths.entry(verb.path).or_default().insert(verb.method.as_str().to_ascii_lowercase(), described);
    }
    let error = Shape::of::<Problem>().describe(&mut schemas);
    name_the_words(&mut schemas, &error);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bowline's local API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Access tokens for apps on this computer. Served on the socket run/agent.sock, where a \
                caller of the same user without a key is the owner, and on loopback, where a key is needed.",
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": "http://localhost", "description": "over the socket run/agent.sock"},
                    {"url": "http://127.0.0.1:{port}", "description": "loopback; the port is in run/agent.json",
                     "variables": {"port": {"default": "0"}}}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "app_key": {"type": "http", "scheme": "bearer",
                    "description": "The app key that the owner's approval gave, or the poll secret of the question."},
            },
        },
    })
}

fn operation(verb: &Verb, schemas: &mut BTreeMap<String, Value>) -> Value {
    let who: Vec<&str> = verb.who.iter().map(|w| w.as_str()).collect();
    let mut described = json!({
        "operationId": verb.id.as_str(),
        "summary": verb.summary,
        "description": format!("For: {}.", who.join(", ")),
        "x-who": who,
        "parameters": parameters(verb),
        "responses": responses(verb, schemas),
        "security": security(verb.who),
    });
    if verb.person {
        described["x-person"] = json!("With `[ipc] owner = \"confirm\"`: from the person's own acts only.");
    }
    if let Some(shape) = verb.body {
        described["x-max-body"] = json!(verb.max_body);
        described["requestBody"] = json!({
            "required": !verb.body_optional,
            "content": {"application/json": {"schema": reference(&shape.describe(schemas))}},
        });
    }
    described
}

/// `{}` says that no key is needed: for anyone, and for the owner at the socket.
fn security(who: &[Who]) -> Value {
    let keyed = json!({"app_key": []});
    let open = json!({});
    match who {
        [Who::Anyone] | [Who::Owner] => json!([open]),
        [Who::App] => json!([keyed]),
        _ => json!([open, keyed]),
    }
}

fn parameters(verb: &Verb) -> Vec<Value> {
    let in_path = verb.path_params().map(|name| {
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"},
               "description": about_path(name)})
    });
    in_path.chain(verb.query.iter().map(in_query)).collect()
}

fn about_path(name: &str) -> &'static str {
    match name {
        "sel" => "An account's id, label or username, its provider, or `provider:username`.",
        "attempt" => "An attempt's id: `att_…`.",
        _ => "The id.",
    }
}

fn in_query(param: &Param) -> Value {
    let one = json!({"type": param.kind});
    let schema = if param.many { json!({"type": "array", "items": one}) } else { one };
    json!({"name": param.name, "in": "query", "required": false, "explode": param.many, "schema": schema,
           "description": param.about})
}

fn responses(verb: &Verb, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut all = Map::new();
    match verb.answer {
        Answer::Json(status, shape) => {
            let content = json!({"application/json": {"schema": reference(&shape.describe(schemas))}});
            all.insert(status.to_string(), json!({"description": "Done.", "content": content}));
        }
        Answer::Events => {
            let content = json!({"text/event-stream": {"schema": {"type": "string"}}});
            all.insert("200".into(), json!({"description": "The stream.", "content": content}));
        }
        Answer::Document => {
            let content = json!({"application/json": {"schema": {"type": "object"}}});
            all.insert("200".into(), json!({"description": "The description.", "content": content}));
        }
        Answer::Metrics => {
            let content = json!({METRICS_TYPE: {"schema": {"type": "string"}}});
            all.insert("200".into(), json!({"description": "The metrics.", "content": content}));
        }
    }
    for (status, codes) in errors(verb) {
        all.insert(status.to_string(), failure(&codes));
    }
    Value::Object(all)
}

/// The codes a verb may answer, by status.
fn errors(verb: &Verb) -> BTreeMap<u16, Vec<Code>> {
    let guarded: &[Code] =
        if verb.who == [Who::Anyone] { &[] } else { &[Code::NotAuthenticated, Code::Forbidden] };
    let with_body: &[Code] =
        if verb.body.is_some() { &[Code::TooLarge, Code::UnsupportedMediaType] } else { &[] };
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in COMMON_CODES.iter().chain(guarded).chain(with_body).chain(verb.codes) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    by_status
}

fn failure(codes: &[Code]) -> Value {
    let words: Vec<&str> = codes.iter().map(|c| c.as_str()).collect();
    let schema = json!({
        "allOf": [reference("Problem")],
        "properties": {"code": {"enum": words}},
    });
    json!({"description": words.join(", "), "x-codes": words, "content": {problem::CONTENT_TYPE: {"schema": schema}}})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Lists the words that the ground floor knows, where the shapes carry them as text.
fn name_the_words(schemas: &mut BTreeMap<String, Value>, error: &str) {
    let statuses: Vec<Value> = Status::ALL.iter().map(|s| json!(s.as_str())).collect();
    let reasons: Vec<Value> = Reason::ALL.iter().map(|r| json!(r.as_str())).chain([Value::Null]).collect();
    let actions: Vec<Value> = Action::ALL.iter().map(|a| json!(a.as_str())).chain([Value::Null]).collect();
    let codes: Vec<Value> = Code::ALL.iter().map(|c| json!(c.as_str())).collect();
    for (shape, field, words) in [
        ("AccountView", "status", &statuses),
        ("AccountView", "reason", &reasons),
        ("AccountView", "action", &actions),
        (error, "code", &codes),
        (error, "reason", &reasons),
        (error, "action", &actions),
    ] {
        if let Some(property) = schemas.get_mut(shape).and_then(|s| s["properties"].get_mut(field)) {
            property["enum"] = Value::Array(words.clone());
        }
    }
}

#[cfg(test)]
mod tests;
