use super::*;

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get("$ref") {
                found.push(to.clone());
            }
            map.values().for_each(|v| references(v, found));
        }
        Value::Array(list) => list.iter().for_each(|v| references(v, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_verb_is_described_with_who_may_use_it() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    for verb in VERBS {
        let described = &document["paths"][verb.path][verb.method.as_str().to_ascii_lowercase()];
        assert_eq!(described["operationId"], verb.id.as_str(), "{}", verb.path);
        assert_eq!(described["x-who"].as_array().unwrap().len(), verb.who.len());
        let named = described["parameters"].as_array().unwrap().len();
        assert_eq!(named, verb.path_params().count() + verb.query.len(), "{}", verb.path);
        assert_eq!(described["requestBody"].is_null(), verb.body.is_none(), "{}", verb.path);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for to in found {
        let place = to.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some_and(|s| s.is_object()), "{to}");
    }
}

#[test]
fn e01_every_code_is_promised_by_some_verb_and_lists_its_words() {
    let document = document();
    let text = document["paths"].to_string();
    // Another account than expected is an attempt's error, not an answer of its own.
    for code in Code::ALL.iter().filter(|c| **c != Code::AccountMismatch) {
        assert!(text.contains(&format!("\"{}\"", code.as_str())), "{code:?}");
    }
    let words = &document["components"]["schemas"]["AccountView"]["properties"]["status"]["enum"];
    assert_eq!(words.as_array().unwrap().len(), Status::ALL.len());
}

#[test]
fn the_app_key_is_a_bearer_and_the_health_needs_none() {
    let document = document();
    assert_eq!(document["components"]["securitySchemes"]["app_key"]["scheme"], "bearer");
    assert_eq!(document["paths"]["/v1/health"]["get"]["security"], json!([{}]));
    let token = &document["paths"]["/v1/accounts/{sel}/token"]["get"];
    assert_eq!(token["security"], json!([{}, {"app_key": []}]));
    assert!(token["responses"]["409"]["x-codes"].as_array().unwrap().contains(&json!("reconnect_required")));
}

#[test]
fn a_field_that_may_be_null_says_so_and_a_secret_is_a_text() {
    let schemas = &document()["components"]["schemas"];
    assert_eq!(schemas["AccountView"]["properties"]["label"]["type"], json!(["string", "null"]));
    assert_eq!(schemas["TokenView"]["properties"]["access_token"]["type"], "string");
    assert!(schemas["TokenView"]["properties"]["use"].is_object());
}
