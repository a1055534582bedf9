//! Providers behind TLS: a certificate that this computer trusts is taken, and none that it does not (row E-06).

use std::process::Command;

use bowline_tests::provider::prepare;
use bowline_tests::{Agent, Home, Running};
use serde_json::{Value, json};

use crate::stage::{QUICK, expect, expect_problem, post, text};

/// One provider for each kind of certificate.
struct Certified {
    _running: Running,
    ready: Value,
    _folder: tempfile::TempDir,
}

fn certified() -> Certified {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let python = prepare("django-oauth-toolkit").join("bin/python");
    let script = bowline_tests::root().join("tests/providers/tls/serve.py");
    let mut running =
        Running::start("the providers behind TLS", Command::new(python).arg(script).arg(folder.path()));
    let ready = running.event("ready");
    Certified { _running: running, ready, _folder: folder }
}

fn file(id: &str, issuer: &Value) -> String {
    format!("id = \"{id}\"\nname = \"Acme\"\nissuer = \"{}\"\n[client]\nid = \"x\"\n", text(issuer))
}

#[test]
fn e06_only_a_certificate_that_this_computer_trusts_is_taken() {
    let providers = certified();
    let home = Home::new().with("SSL_CERT_FILE", &text(&providers.ready["authority"]));
    home.settings(QUICK);
    for (kind, issuer) in providers.ready["issuers"].as_object().expect("issuers") {
        home.provider(kind, &file(kind, issuer));
    }
    let agent = Agent::start(&home);
    let begin = |kind: &str| {
        post(
            &agent.socket(),
            "/v1/connect",
            &json!({"provider": kind, "flow": "browser", "open_browser": false}),
        )
    };
    let begun = expect(200, &begin("good"));
    assert!(text(&begun["authorize_url"]).starts_with(&text(&providers.ready["issuers"]["good"])), "{begun}");
    for kind in ["expired", "other-host", "unknown", "self-signed"] {
        let problem = expect_problem(503, "temporarily_unavailable", &begin(kind));
        assert_eq!(problem["reason"], "tls", "{kind}: {problem}");
        assert_eq!(problem["action"], "wait", "{kind}: {problem}");
        home.run(&["connect", kind, "--no-browser"]).expect_code(5);
    }
}
