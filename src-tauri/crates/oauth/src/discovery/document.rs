//! One metadata document, read and judged: its issuer, its endpoints, and what it offers.
//!
//! An endpoint that may not be used is left out as if it had not been named; without one that is needed the
//! whole document is of no use.

use serde_json::{Map, Value};
use url::Url;

use crate::failure::{Failure, FailureKind};
use crate::provider::{Endpoints, address};
use crate::server::Server;

/// More entries than any provider lists; what is beyond is not looked at.
const MAX_LIST: usize = 500;

/// What one document says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    issuer: String,
    endpoints: Endpoints,
    iss_in_callback: Option<bool>,
    pkce_methods: Option<Vec<String>>,
    id_token_algs: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    requires_par: Option<bool>,
    auth_methods: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
}

impl Document {
    /// Reads a document. [`FailureKind::InvalidResponse`] when it is none, [`FailureKind::IssuerMismatch`] when
    /// it is somebody else's.
    pub(super) fn read(body: &[u8], issuer: &str, base: &Url) -> Result<Document, FailureKind> {
        let value: Value = serde_json::from_slice(body).map_err(|_| FailureKind::InvalidResponse)?;
        let object = value.as_object().ok_or(FailureKind::InvalidResponse)?;
        if object.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(FailureKind::IssuerMismatch);
        }
        let public = !address::is_private(base);
        Ok(Document {
            issuer: issuer.to_owned(),
            endpoints: endpoints(object, public),
            iss_in_callback: truth(object, "authorization_response_iss_parameter_supported"),
            pkce_methods: texts(object, "code_challenge_methods_supported"),
            id_token_algs: texts(object, "id_token_signing_alg_values_supported"),
            scopes_supported: texts(object, "scopes_supported"),
            requires_par: truth(object, "require_pushed_authorization_requests"),
            auth_methods: texts(object, "token_endpoint_auth_methods_supported"),
            grant_types: texts(object, "grant_types_supported"),
        })
    }

    /// This document, with the other's values where it says nothing itself.
    pub(super) fn filled_from(self, other: Document) -> Document {
        Document {
            issuer: self.issuer,
            endpoints: filled(self.endpoints, other.endpoints),
            iss_in_callback: self.iss_in_callback.or(other.iss_in_callback),
            pkce_methods: self.pkce_methods.or(other.pkce_methods),
            id_token_algs: self.id_token_algs.or(other.id_token_algs),
            scopes_supported: self.scopes_supported.or(other.scopes_supported),
            requires_par: self.requires_par.or(other.requires_par),
            auth_methods: self.auth_methods.or(other.auth_methods),
            grant_types: self.grant_types.or(other.grant_types),
        }
    }

    /// The server that configuration and document describe together.
    pub(super) fn over(&self, configured: Server) -> Result<Server, Failure> {
        let server = Server {
            issuer: Some(self.issuer.clone()),
            endpoints: filled(configured.endpoints, self.endpoints.clone()),
            iss_in_callback: self.iss_in_callback.unwrap_or(false),
            pkce_methods: self.pkce_methods.clone(),
            id_token_algs: self.id_token_algs.clone().unwrap_or(configured.id_token_algs),
            scopes_supported: self.scopes_supported.clone(),
            requires_par: self.requires_par.unwrap_or(false),
            auth_methods: self.auth_methods.clone(),
            grant_types: self.grant_types.clone(),
            issuer_template: configured.issuer_template,
        };
        match (&server.endpoints.authorization, &server.endpoints.token) {
            (Some(_), Some(_)) => Ok(server),
            (None, _) | (_, None) => Err(self.useless()),
        }
    }

    fn useless(&self) -> Failure {
        let host = Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        Failure { host, ..Failure::new(FailureKind::InvalidResponse) }
    }
}

fn endpoints(object: &Map<String, Value>, public: bool) -> Endpoints {
    let at = |name: &str| {
        let url = address::endpoint(object.get(name)?.as_str()?).ok()?;
        // A public server has no business inside this computer or its network (8414-5).
        (!public || !address::is_private(&url)).then_some(url)
    };
    Endpoints {
        authorization: at("authorization_endpoint"),
        token: at("token_endpoint"),
        revocation: at("revocation_endpoint"),
        userinfo: at("userinfo_endpoint"),
        device_authorization: at("device_authorization_endpoint"),
        pushed_authorization_request: at("pushed_authorization_request_endpoint"),
        registration: at("registration_endpoint"),
        jwks: at("jwks_uri"),
        introspection: at("introspection_endpoint"),
    }
}

fn filled(first: Endpoints, second: Endpoints) -> Endpoints {
    Endpoints {
        authorization: first.authorization.or(second.authorization),
        token: first.token.or(second.token),
        revocation: first.revocation.or(second.revocation),
        userinfo: first.userinfo.or(second.userinfo),
        device_authorization: first.device_authorization.or(second.device_authorization),
        pushed_authorization_request: first
            .pushed_authorization_request
            .or(second.pushed_authorization_request),
        registration: first.registration.or(second.registration),
        jwks: first.jwks.or(second.jwks),
        introspection: first.introspection.or(second.introspection),
    }
}

fn truth(object: &Map<String, Value>, name: &str) -> Option<bool> {
    object.get(name)?.as_bool()
}

fn texts(object: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let list = object.get(name)?.as_array()?;
    Some(list.iter().take(MAX_LIST).filter_map(|entry| entry.as_str().map(str::to_owned)).collect())
}
