//! Who Bowline is to a provider: a client id, perhaps with a secret, and how the two are shown (RFC 6749 §2.3).
//!
//! Where they come from (a provider file, the vault, a registration) is the caller's business.

use bowline_base::Secret;

/// How the client shows at the token endpoint that it is itself; the names are RFC 7591's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// A public client: only the id, in the body.
    #[default]
    None,
    /// Id and secret in an `Authorization: Basic` header.
    SecretBasic,
    /// Id and secret in the body.
    SecretPost,
}

impl ClientAuth {
    /// Every way, in declaration order.
    pub const ALL: &'static [ClientAuth] =
        &[ClientAuth::None, ClientAuth::SecretBasic, ClientAuth::SecretPost];

    /// The word in provider files and in RFC 7591's metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClientAuth::None => "none",
            ClientAuth::SecretBasic => "client_secret_basic",
            ClientAuth::SecretPost => "client_secret_post",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|auth| auth.as_str() == word)
    }
}

/// A client id with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentials {
    /// The client id, as the provider gave it.
    pub id: String,
    /// The client secret, for clients that have one.
    pub secret: Option<Secret>,
    /// How the two are shown.
    pub auth: ClientAuth,
}
