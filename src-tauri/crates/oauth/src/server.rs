//! What is known of a provider once it has been asked: its own metadata (RFC 8414, OpenID Connect Discovery)
//! under the configured overrides.

use bowline_base::ScopeSet;

use crate::provider::{Endpoints, Provider};

/// An authorization server, ready to be talked to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The issuer, character by character.
    pub issuer: Option<String>,
    /// The endpoints: configured ones before discovered ones.
    pub endpoints: Endpoints,
    /// The callback carries `iss` (RFC 9207).
    pub iss_in_callback: bool,
    /// PKCE methods offered; `None` when nothing is said.
    pub pkce_methods: Option<Vec<String>>,
    /// Algorithms id tokens are signed with.
    pub id_token_algs: Vec<String>,
    /// Scopes offered; `None` when nothing is said.
    pub scopes_supported: Option<Vec<String>>,
    /// Authorization requests must be pushed (RFC 9126).
    pub requires_par: bool,
    /// Ways a client may prove itself at the token endpoint; `None` when nothing is said.
    pub auth_methods: Option<Vec<String>>,
    /// Grant types offered; `None` when nothing is said.
    pub grant_types: Option<Vec<String>>,
    /// The issuer of id tokens where it differs by tenant, with `{tid}` in the tenant's place.
    pub issuer_template: Option<String>,
}

impl Server {
    /// What is known without asking: the provider's own configuration.
    pub fn configured(provider: &Provider) -> Server {
        Server {
            issuer: provider.issuer.clone(),
            endpoints: provider.endpoints.clone(),
            issuer_template: provider.quirks.issuer_template.clone(),
            id_token_algs: vec!["RS256".into()],
            ..Server::default()
        }
    }

    /// True when an id token with this `iss`, and this `tid` claim, may come from here. Compared character by
    /// character (OpenID Connect Core §3.1.3.7); a template is filled with a plain tenant name and no more.
    pub fn accepts_issuer(&self, issuer: &str, tenant: Option<&str>) -> bool {
        match (&self.issuer_template, tenant) {
            (Some(template), Some(tenant)) if is_tenant(tenant) => {
                template.replace("{tid}", tenant) == issuer
            }
            (Some(_), _) => false,
            (None, _) => self.issuer.as_deref() == Some(issuer),
        }
    }

    /// The scopes of `wanted` that it makes sense to ask for: `offline_access` only where it is offered, since
    /// some servers refuse a request for a scope they do not know (OpenID Connect Core §11).
    pub fn askable(&self, wanted: &ScopeSet) -> ScopeSet {
        let unoffered =
            |scope: &str| self.scopes_supported.as_ref().is_some_and(|all| !all.iter().any(|s| s == scope));
        let asked = wanted.iter().filter(|s| s.as_str() != "offline_access" || !unoffered("offline_access"));
        asked.cloned().collect()
    }

    /// True when a grant type is offered. Silence means the code flow (RFC 8414 §2) and renewal, which
    /// servers seldom list.
    pub fn offers_grant(&self, grant_type: &str) -> bool {
        match &self.grant_types {
            Some(types) => types.iter().any(|t| t == grant_type),
            None => matches!(grant_type, "authorization_code" | "refresh_token"),
        }
    }
}

/// A tenant is a GUID or a name; nothing that could reach into another part of the address.
fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_compared_character_by_character() {
        let server = Server { issuer: Some("https://id.example".into()), ..Server::default() };
        assert!(server.accepts_issuer("https://id.example", None));
        for other in ["https://id.example/", "https://ID.example", "https://id.example:443", ""] {
            assert!(!server.accepts_issuer(other, Some("t")), "{other}");
        }
        assert!(!Server::default().accepts_issuer("", None));
    }

    #[test]
    fn offline_access_is_asked_for_only_where_it_is_offered() {
        let wanted = ScopeSet::read("openid custom offline_access");
        let offering = |scopes: &[&str]| Server {
            scopes_supported: Some(scopes.iter().map(|s| s.to_string()).collect()),
            ..Server::default()
        };
        assert_eq!(offering(&["openid"]).askable(&wanted).to_string(), "openid custom");
        assert_eq!(offering(&["offline_access"]).askable(&wanted), wanted);
        assert_eq!(Server::default().askable(&wanted), wanted, "silence forbids nothing");
    }

    #[test]
    fn grants_that_are_not_listed_are_the_usual_two() {
        let silent = Server::default();
        assert!(silent.offers_grant("authorization_code") && silent.offers_grant("refresh_token"));
        assert!(!silent.offers_grant("urn:ietf:params:oauth:grant-type:device_code"));
        let told = Server { grant_types: Some(vec!["authorization_code".into()]), ..Server::default() };
        assert!(!told.offers_grant("refresh_token"));
    }
}
