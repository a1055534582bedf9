//! Providers: the catalogue, checking a person's own provider file, and its client secret.

use bowline_base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of a provider that the person wants to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPageBody {
    /// `dashboard`, where an account's access is seen and withdrawn, or `console`, where a client is registered.
    pub page: String,
    /// For `dashboard` an account selector or a provider's id, for `console` a provider's id.
    pub id: String,
}

/// One provider of the catalogue, with what differs between providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderView {
    /// Names it in `connect` and in selectors.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The ways to connect: `browser`, `device`.
    pub flows: Vec<String>,
    /// What the user has to bring, for example `client_id`.
    pub needs: Vec<String>,
    /// The redirect address to register at the provider.
    pub redirect_uri: String,
    /// How long an access token lives, for example `1h`; `null` when not known.
    pub access_lifetime: Option<String>,
    /// How long a grant lives, for example `60d`.
    pub grant_lifetime: Option<String>,
    /// Access tokens can be renewed without the user.
    pub renews: Option<bool>,
    /// Every renewal brings a new refresh token.
    pub rotates: Option<bool>,
    /// What makes the user needed again.
    pub reconnect_when: Vec<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// `closed`, `open` or `half_open`.
    pub breaker: String,
    /// `built-in`, `file` or `issuer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The issuer, where the provider has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The scopes asked for by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The client that is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientView>,
    /// Where a client is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
    /// Where the user sees and withdraws access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard: Option<String>,
    /// The domains of its people's mail addresses, by which it is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_domains: Option<Vec<String>>,
}

/// The OAuth client at a provider. Never its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientView {
    /// The client id; `null` when none is set up.
    pub id: Option<String>,
    /// `none`, `client_secret_basic` or `client_secret_post`.
    pub auth: String,
    /// A secret is in the vault.
    pub secret: bool,
}

/// The catalogue, and the files that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProvidersView {
    /// The providers, by id.
    pub providers: Vec<ProviderView>,
    /// Files that could not be read; the others go on working.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblemView>,
}

/// What is wrong in a file that a person edits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileProblemView {
    /// The file.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// The field.
    pub field: Option<String>,
    /// What is wrong, in one sentence.
    pub problem: String,
    /// The nearest key that is known.
    pub suggestion: Option<String>,
}

/// A provider file to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderCheckBody {
    /// The file's text.
    pub text: String,
    /// The file's name, for the messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderCheckView {
    /// The file is good.
    pub ok: bool,
    /// What it describes, when it is.
    pub provider: Option<ProviderView>,
    /// What is wrong, when it is not.
    pub problems: Vec<FileProblemView>,
}

/// The practice provider is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PracticeBody {
    /// How long its access tokens live, for example `60s`, which is so when left out. One that runs stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_ttl: Option<String>,
}

/// A provider to be set up with a person's own client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderBody {
    /// Its id; made of the name, or of the issuer's host, when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name for people. Not for one that is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its issuer, for one that is not in the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The client that was registered there.
    pub client: ClientBody,
    /// The client's secret, sealed in the vault: 1 to 4096 printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::secret_text::option")]
    #[schema(value_type = Option<String>)]
    pub secret: Option<Secret>,
}

/// A client as it was registered at a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientBody {
    /// The client id: 1 to 512 characters without spaces.
    pub id: String,
    /// `none`, `client_secret_basic` or `client_secret_post`; as it is, or `client_secret_basic` with a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
}

/// A client secret to be sealed in the vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSecretBody {
    /// The secret, 1 to 4096 printable characters.
    #[serde(with = "super::secret_text")]
    #[schema(value_type = String)]
    pub secret: Secret,
}

/// A client secret was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderSecretView {
    /// The provider's id.
    pub provider: String,
    /// A secret is in the vault now.
    pub stored: bool,
}
