//! Identity providers from other hands: oidc-provider (Node) and Django OAuth Toolkit (Python).
//!
//! Their packages are installed once by `tests/providers/prepare`; see the scripts for what each can play.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::program::Running;
use crate::raw::{Answer, Door, Request};

/// A running provider.
#[derive(Debug)]
pub struct Provider {
    _running: Running,
    /// What it said when it was ready: `issuer`, `secret`, `clients`.
    pub ready: Value,
}

impl Provider {
    fn start(name: &str, command: &mut Command) -> Self {
        let mut running = Running::start(name, command);
        let ready = running.event("ready");
        Self { _running: running, ready }
    }

    /// Its issuer.
    ///
    /// # Panics
    /// When its ready line has none.
    pub fn issuer(&self) -> &str {
        self.ready["issuer"].as_str().expect("the ready line has an issuer")
    }

    /// The secret of its confidential clients.
    ///
    /// # Panics
    /// When its ready line has none.
    pub fn secret(&self) -> &str {
        self.ready["secret"].as_str().expect("the ready line has a secret")
    }
}

/// oidc-provider: public and secret clients, device flow, rotation with reuse detection, and control routes.
#[derive(Debug)]
pub struct OidcProvider(Provider);

impl OidcProvider {
    /// Starts it with options such as `["--access-ttl", "5", "--rotate", "never"]`.
    ///
    /// # Panics
    /// When its packages cannot be installed or it does not become ready.
    pub fn start(options: &[&str]) -> Self {
        let mut command = Command::new("node");
        command.arg(crate::root().join("tests/providers/oidc-provider/server.mjs")).args(options);
        command.env("BOWLINE_NODE_FOLDER", prepare("oidc-provider"));
        Self(Provider::start("oidc-provider", &mut command))
    }

    /// Its control route `/test/VERB`, for example `("fail", r#"{"route":"token","status":503}"#)`.
    ///
    /// # Panics
    /// When it does not answer with 200.
    pub fn control(&self, verb: &str, body: &str) -> Value {
        let request = Request::new("POST", &format!("/test/{verb}")).json(body);
        answered(request.send(&Door::at(self.issuer())))
    }

    /// What its protocol routes were asked so far, oldest first.
    ///
    /// # Panics
    /// When it does not answer with 200.
    pub fn log(&self) -> Vec<Value> {
        let log = answered(Request::get("/test/log").send(&Door::at(self.issuer())));
        log.as_array().cloned().unwrap_or_default()
    }

    /// How many renewals it was asked for.
    ///
    /// # Panics
    /// When it does not answer with 200.
    pub fn renewals(&self) -> usize {
        self.log().iter().filter(|entry| entry["grant_type"] == "refresh_token").count()
    }
}

impl std::ops::Deref for OidcProvider {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        &self.0
    }
}

/// Django OAuth Toolkit: an issuer with a path, revocation named by RFC 8414 alone, rotation with a grace period.
#[derive(Debug)]
pub struct Django(Provider);

impl Django {
    /// Starts it with options such as `["--reuse-protection"]`.
    ///
    /// # Panics
    /// When its packages cannot be installed or it does not become ready.
    pub fn start(options: &[&str]) -> Self {
        let python = prepare("django-oauth-toolkit").join("bin/python");
        let script = crate::root().join("tests/providers/django-oauth-toolkit/serve.py");
        Self(Provider::start("Django OAuth Toolkit", Command::new(python).arg(script).args(options)))
    }
}

impl std::ops::Deref for Django {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        &self.0
    }
}

/// Installs what a helper needs, once on this machine; the folder that it is in.
///
/// # Panics
/// When that fails or takes longer than five minutes: it downloads packages.
pub fn prepare(name: &str) -> PathBuf {
    let mut running =
        Running::start("prepare", Command::new(crate::root().join("tests/providers/prepare")).arg(name));
    let status = running.wait(Duration::from_secs(300));
    assert!(status.success(), "{name} could not be prepared: {}", running.stderr_so_far());
    PathBuf::from(running.stdout_so_far().trim())
}

fn answered(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::browse;

    #[test]
    fn oidc_provider_says_where_it_is_and_plays_a_fault() {
        let provider = OidcProvider::start(&[]);
        let door = Door::at(provider.issuer());
        let discovery = answered(Request::get("/.well-known/openid-configuration").send(&door));
        assert_eq!(discovery["issuer"], provider.issuer());
        provider.control("fail", r#"{"route":"token","status":429,"headers":{"retry-after":"7"}}"#);
        let answer = Request::new("POST", "/token").form("grant_type=refresh_token").send(&door);
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
        assert_eq!(provider.renewals(), 0);
    }

    #[test]
    fn django_names_its_revocation_endpoint_by_rfc_8414_alone() {
        let provider = Django::start(&[]);
        let door = Door::at(provider.issuer());
        let openid = answered(Request::get("/o/.well-known/openid-configuration").send(&door));
        let oauth = answered(Request::get("/.well-known/oauth-authorization-server/o").send(&door));
        assert_eq!(
            (&openid["issuer"], &oauth["issuer"]),
            (&provider.ready["issuer"], &provider.ready["issuer"])
        );
        assert!(openid["revocation_endpoint"].is_null());
        assert!(oauth["revocation_endpoint"].is_string());
    }

    #[test]
    fn a_person_at_either_provider_allows_or_refuses() {
        let (oidc, django) = (OidcProvider::start(&[]), Django::start(&[]));
        let pages = [format!("{}/auth", oidc.issuer()), format!("{}/authorize/", django.issuer())];
        for page in pages {
            let url = format!("{page}?{QUERY}");
            let walk = |more: &[&str]| {
                browse(&[&["--stop-before", REDIRECT], more].concat(), &url).expect_code(0).stdout
            };
            assert!(walk(&[]).contains("code="), "{page}");
            assert!(walk(&["--refuse"]).contains("error=access_denied"), "{page}");
        }
    }

    const REDIRECT: &str = "http://127.0.0.1:9/callback";
    const QUERY: &str = "response_type=code&client_id=native-app&scope=openid+email&state=s&prompt=consent\
        &redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback&code_challenge_method=S256\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
}
