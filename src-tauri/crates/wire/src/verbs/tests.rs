use std::collections::HashSet;

use super::*;

#[test]
fn the_table_is_in_the_order_of_its_ids() {
    for (i, verb) in VERBS.iter().enumerate() {
        assert_eq!(verb.id as usize, i);
        assert_eq!(verb.id.verb().path, verb.path);
        assert!(!verb.summary.is_empty(), "{verb:?}");
    }
}

#[test]
fn no_verb_and_no_name_is_there_twice() {
    let places: HashSet<(Method, &str)> = VERBS.iter().map(|v| (v.method, v.path)).collect();
    let names: HashSet<&str> = VERBS.iter().map(|v| v.id.as_str()).collect();
    assert_eq!((places.len(), names.len()), (VERBS.len(), VERBS.len()));
}

#[test]
fn each_verb_of_the_contract_is_for_whom_the_contract_says() {
    let paper = "
        GET /v1/health anyone
        GET /v1/openapi.json anyone
        GET /v1/accounts owner app
        GET /v1/accounts/{sel} owner app
        PATCH /v1/accounts/{sel} owner
        DELETE /v1/accounts/{sel} owner
        GET /v1/accounts/{sel}/token owner app
        POST /v1/accounts/{sel}/token/rejected owner app
        POST /v1/accounts/{sel}/refresh owner
        POST /v1/accounts/{sel}/reconnect owner app
        POST /v1/accounts/{sel}/emergency owner
        DELETE /v1/accounts/{sel}/emergency owner
        GET /v1/requests owner
        GET /v1/requests/{id} asker
        POST /v1/requests/{id}/answer owner person
        POST /v1/connect owner
        GET /v1/connect/{attempt} owner
        DELETE /v1/connect/{attempt} owner
        POST /v1/connect/{attempt}/open owner
        POST /v1/practice owner
        POST /v1/pages owner person
        GET /v1/apps owner
        POST /v1/apps anyone
        GET /v1/apps/requests/{id} asker
        POST /v1/apps/requests/{id}/approve owner person
        POST /v1/apps/requests/{id}/deny owner person
        DELETE /v1/apps/{id} owner
        GET /v1/events owner app
        GET /v1/audit owner
        GET /v1/audit/verify owner
        GET /v1/metrics owner app
        GET /v1/alerts owner
        GET /v1/history owner
        GET /v1/vault owner
        POST /v1/vault/unlock owner
        POST /v1/vault/lock owner
        POST /v1/vault/rekey owner person
        POST /v1/vault/export owner person
        POST /v1/vault/import owner person
        GET /v1/doctor owner
        GET /v1/providers owner
        POST /v1/providers owner person
        POST /v1/providers/check owner
        POST /v1/providers/{id}/secret owner person
        GET /v1/settings owner
        PATCH /v1/settings owner person
        POST /v1/stop owner";
    let mut paper: Vec<&str> = paper.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let line = |v: &Verb| {
        let who: Vec<&str> = v.who.iter().map(|w| w.as_str()).chain(v.person.then_some("person")).collect();
        format!("{} {} {}", v.method.as_str(), v.path, who.join(" "))
    };
    let mut code: Vec<String> = VERBS.iter().map(line).collect();
    paper.sort_unstable();
    code.sort_unstable();
    assert_eq!(code, paper);
}

#[test]
fn only_a_verb_with_a_body_reads_one() {
    for verb in VERBS {
        assert_eq!(verb.body.is_some(), verb.max_body > 0, "{verb:?}");
        assert!(verb.max_body <= MAX_FILE_BODY, "{verb:?}");
    }
}

#[test]
fn what_varies_in_a_path_has_a_name() {
    let params: Vec<&str> = VerbId::ApproveApp.verb().path_params().collect();
    assert_eq!(params, ["id"]);
    assert!(VerbId::GetAttempt.verb().is_long_poll());
    assert!(!VerbId::GetToken.verb().is_long_poll());
}

#[test]
fn an_app_is_not_the_owner() {
    assert!(VerbId::GetToken.verb().allows(Who::App));
    assert!(!VerbId::RefreshAccount.verb().allows(Who::App));
    assert!(VerbId::Health.verb().allows(Who::App));
    assert!(!VerbId::GetRequest.verb().allows(Who::Owner));
}
