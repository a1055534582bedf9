//! What is known of a provider before it is asked: a provider file, a built-in, or no more than an issuer.
//!
//! A [`Provider`] is plain data. How a file is read is in [`file`]; what the provider's own metadata adds is in
//! [`crate::server`]. The issuer is kept character by character, because it is compared so (RFC 8414 §3.3).

pub mod address;
mod file;
pub mod nearest;
mod reader;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use bowline_base::{ProviderId, ScopeSet, Wall};
use serde_json::Value;
use url::Url;

use crate::failure::FailureKind;

pub use crate::client::ClientAuth;
pub(crate) use file::OWN_PARAMS;
pub use file::{ProviderFileError, check, parse, parse_over};

/// Why an issuer's URL cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It is not a URL, or one that cannot name an issuer.
    #[error("the issuer is not usable: {0}")]
    Address(#[from] address::Problem),
    /// No provider id can be made of its host.
    #[error("no provider id can be made of the issuer's host")]
    Host,
}

/// One provider, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in commands and files.
    pub id: ProviderId,
    /// Its name for people.
    pub name: String,
    /// Where this description comes from.
    pub origin: Origin,
    /// The issuer exactly as configured.
    pub issuer: Option<String>,
    /// Configured endpoints; each goes before what discovery finds.
    pub endpoints: Endpoints,
    /// Token endpoints tried in order when the first cannot be reached.
    pub token_endpoint_fallbacks: Vec<Url>,
    /// The scopes asked for.
    pub scopes: ScopeSet,
    /// Without these an account has insufficient permissions.
    pub required_scopes: ScopeSet,
    /// The client, but for its secret.
    pub client: ClientConfig,
    /// Where the person's name stands in the userinfo answer or the id token.
    pub identity: IdentityMap,
    /// How long things live where the provider does not say.
    pub lifetimes: Lifetimes,
    /// Extra parameters of the authorization request.
    pub authorize_params: Vec<(String, String)>,
    /// Hosts the proxy may send this credential to.
    pub api_hosts: Vec<String>,
    /// RFC 8707 resource indicator, sent at the authorization and the token endpoint.
    pub resource: Option<String>,
    /// Where the provider leaves the standard.
    pub quirks: Quirks,
    /// What people should know of it.
    pub facts: Facts,
}

impl Provider {
    /// A provider of which nothing is known but its id: the ground a file is laid over.
    pub fn empty(id: ProviderId, origin: Origin) -> Provider {
        Provider {
            name: id.to_string(),
            id,
            origin,
            issuer: None,
            endpoints: Endpoints::default(),
            token_endpoint_fallbacks: Vec::new(),
            scopes: ScopeSet::default(),
            required_scopes: ScopeSet::default(),
            client: ClientConfig::default(),
            identity: IdentityMap::default(),
            lifetimes: Lifetimes::default(),
            authorize_params: Vec::new(),
            api_hosts: Vec::new(),
            resource: None,
            quirks: Quirks::default(),
            facts: Facts::default(),
        }
    }

    /// A provider known by its issuer alone: everything else is left to discovery and registration. The id is
    /// the host, with the port where there is one, and with the path where one host serves several issuers.
    pub fn for_issuer(issuer: &str) -> Result<Provider, IssuerError> {
        let url = address::issuer(issuer)?;
        let id = address::id_of(&url).ok_or(IssuerError::Host)?;
        let mut provider = Provider::empty(id, Origin::Issuer);
        provider.name = url.host_str().unwrap_or(issuer).to_owned();
        provider.issuer = Some(issuer.to_owned());
        provider.scopes = ScopeSet::read("openid profile offline_access");
        Ok(provider)
    }

    /// True when the client has a secret that it must show.
    pub fn is_confidential(&self) -> bool {
        self.client.auth != ClientAuth::None
    }

    /// True when the provider must be asked for its metadata: it has an issuer, and something that metadata
    /// usually tells is not configured.
    pub fn needs_discovery(&self) -> bool {
        let e = &self.endpoints;
        let revocable = e.revocation.is_some() || self.quirks.revoke == RevokeStyle::Unsupported;
        let complete = e.authorization.is_some()
            && e.token.is_some()
            && e.userinfo.is_some()
            && e.jwks.is_some()
            && revocable;
        self.issuer.is_some() && !complete
    }

    /// The revocation endpoint with the client id put where the provider wants it in the path (GitHub).
    pub fn revocation_url(&self, configured: &Url, client_id: &str) -> Option<Url> {
        const MARK: &str = "%7Bclient_id%7D";
        if !configured.as_str().contains(MARK) {
            return Some(configured.clone());
        }
        let escaped: String = url::form_urlencoded::byte_serialize(client_id.as_bytes()).collect();
        Url::parse(&configured.as_str().replace(MARK, &escaped.replace('+', "%20"))).ok()
    }

    /// What a person must still bring before this provider can be connected, as the file's field names.
    pub fn gaps(&self) -> Vec<&'static str> {
        let may_register = self.endpoints.registration.is_some() || self.needs_discovery();
        let registers = may_register && !self.is_confidential();
        if self.client.id.is_none() && !registers { vec!["client.id"] } else { Vec::new() }
    }
}

impl IdentityMap {
    /// Reads an entry out of a document. Numbers are taken as text (GitHub's `id`); an empty text, `null` and
    /// anything that is no single value count as absent.
    pub fn find(entry: &str, document: &Value) -> Option<String> {
        let values: Option<Vec<String>> =
            entry.split(' ').filter(|p| !p.is_empty()).map(|p| plain_value(document.pointer(p)?)).collect();
        values.filter(|v| !v.is_empty()).map(|v| v.join(":"))
    }
}

fn plain_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Where a provider's description comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Shipped with Bowline.
    BuiltIn,
    /// A person's file.
    File(PathBuf),
    /// Made on the fly from an issuer's URL.
    Issuer,
}

/// A provider's endpoints, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Where the browser goes.
    pub authorization: Option<Url>,
    /// Where tokens are given.
    pub token: Option<Url>,
    /// RFC 7009.
    pub revocation: Option<Url>,
    /// OpenID Connect Core §5.3, or the provider's own "who am I".
    pub userinfo: Option<Url>,
    /// RFC 8628.
    pub device_authorization: Option<Url>,
    /// RFC 9126.
    pub pushed_authorization_request: Option<Url>,
    /// RFC 7591.
    pub registration: Option<Url>,
    /// The issuer's keys.
    pub jwks: Option<Url>,
    /// RFC 7662.
    pub introspection: Option<Url>,
}

/// The client as configured; its secret is in the vault, never here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// The client id, once a person has brought one.
    pub id: Option<String>,
    /// How the client proves itself.
    pub auth: ClientAuth,
    /// When its secret ends, as a person has noted it.
    pub secret_ends: Option<Wall>,
    /// Where the provider sends the browser back to.
    pub redirect: Redirect,
}

/// The loopback address the browser comes back to (RFC 8252 §7.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `127.0.0.1`, `[::1]` or `localhost`.
    pub host: String,
    /// A fixed port; `None` for any free one.
    pub port: Option<u16>,
    /// The path, with its leading slash.
    pub path: String,
}

impl Default for Redirect {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: None, path: "/callback".into() }
    }
}

/// Where a person's names stand in the userinfo answer, or the id token, or the token answer: JSON Pointers.
///
/// One entry may hold several pointers separated by spaces; their values are then joined by a colon (a Slack
/// user is only unique together with the workspace). Always read through [`IdentityMap::find`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityMap {
    /// The stable name; `/sub` where nothing is said.
    pub subject: Option<String>,
    /// What the person signs in with.
    pub username: Option<String>,
    /// The person's name.
    pub display_name: Option<String>,
    /// A picture.
    pub avatar: Option<String>,
}

/// How long things live where the provider does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token.
    pub access_token: Option<Duration>,
    /// The whole grant.
    pub grant: Option<Duration>,
    /// A grant that nobody uses.
    pub idle: Option<Duration>,
    /// A grant of a client that is in testing there, where that is shorter.
    pub testing: Option<Duration>,
}

/// Where a provider leaves the standard. The default is the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// What stands between two scopes in a request.
    pub scope_separator: char,
    /// The name of the authorization request's scope parameter (Slack's user tokens: `user_scope`).
    pub scope_param: String,
    /// Extra headers of the userinfo request.
    pub userinfo_headers: Vec<(String, String)>,
    /// The userinfo endpoint wants POST, with an empty body.
    pub userinfo_method_post: bool,
    /// A public client shows itself by `Authorization: Basic` with an empty secret.
    pub basic_with_empty_secret: bool,
    /// The token request carries `Accept: application/json`.
    pub token_accept_json: bool,
    /// The token request is JSON instead of a form (Notion).
    pub token_request_json: bool,
    /// JSON Pointer to the object in a token answer that holds the tokens; `None`: the answer itself.
    pub token_envelope: Option<String>,
    /// How a grant is withdrawn.
    pub revoke: RevokeStyle,
    /// The provider does not take PKCE parameters: none are sent; state and nonce stay.
    pub pkce_rejected: bool,
    /// Id tokens come without the nonce that was sent; one that comes with a wrong one is still refused.
    pub nonce_missing: bool,
    /// The issuer of id tokens where it differs by tenant: `{tid}` stands for the token's `tid` claim.
    pub issuer_template: Option<String>,
    /// The header that carries the token to the API.
    pub use_header: String,
    /// The word before the token in that header.
    pub use_scheme: String,
    /// The provider's own error words, each with what it means; they go before the general table.
    /// `word: phrase` holds only where the description contains the phrase.
    pub error_words: Vec<(String, FailureKind)>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            scope_separator: ' ',
            scope_param: "scope".into(),
            userinfo_headers: Vec::new(),
            userinfo_method_post: false,
            basic_with_empty_secret: false,
            token_accept_json: true,
            token_request_json: false,
            token_envelope: None,
            revoke: RevokeStyle::Rfc7009,
            pkce_rejected: false,
            nonce_missing: false,
            issuer_template: None,
            use_header: "Authorization".into(),
            use_scheme: "Bearer".into(),
            error_words: Vec::new(),
        }
    }
}

/// How a grant is withdrawn at the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevokeStyle {
    /// RFC 7009: a form with `token` and `token_type_hint`, and client authentication.
    #[default]
    Rfc7009,
    /// A form with `token` alone, without client authentication (Google).
    TokenOnly,
    /// `DELETE` with the client's id and secret as Basic and `{"access_token": …}` as JSON (GitHub). The
    /// endpoint's `{client_id}` stands percent-encoded in the URL: see [`Provider::revocation_url`].
    GithubDelete,
    /// `POST` with an empty body and the token to be withdrawn as Bearer (Dropbox, Slack).
    BearerPost,
    /// `POST` with the client's id and secret as Basic and `{"token": …}` as JSON (Notion).
    JsonBasic,
    /// The provider offers no way.
    Unsupported,
}

impl RevokeStyle {
    /// Every style, in declaration order.
    pub const ALL: &'static [RevokeStyle] = &[
        RevokeStyle::Rfc7009,
        RevokeStyle::TokenOnly,
        RevokeStyle::GithubDelete,
        RevokeStyle::BearerPost,
        RevokeStyle::JsonBasic,
        RevokeStyle::Unsupported,
    ];

    /// The word in provider files.
    pub const fn as_str(self) -> &'static str {
        match self {
            RevokeStyle::Rfc7009 => "rfc7009",
            RevokeStyle::TokenOnly => "token_only",
            RevokeStyle::GithubDelete => "github_delete",
            RevokeStyle::BearerPost => "bearer_post",
            RevokeStyle::JsonBasic => "json_basic",
            RevokeStyle::Unsupported => "unsupported",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|style| style.as_str() == word)
    }
}

/// What people should know of a provider; shown, never acted on but for the mail domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `browser`, `device`.
    pub flows: Vec<String>,
    /// What a person must bring: `client_id`, `client_secret`, ….
    pub needs: Vec<String>,
    /// Refresh tokens are replaced at each renewal.
    pub rotates: Option<bool>,
    /// Access tokens can be renewed without the user.
    pub renews: Option<bool>,
    /// What ends a grant.
    pub reconnect_when: Vec<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// Where a client is registered.
    pub console: Option<String>,
    /// Where a person sees and withdraws grants.
    pub dashboard: Option<String>,
    /// Mail domains whose addresses belong to this provider.
    pub email_domains: Vec<String>,
}
