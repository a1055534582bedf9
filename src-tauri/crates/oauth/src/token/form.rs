//! A form that the client signs with what it is: for the endpoints that the `oauth2` crate does not build
//! requests for as we need them (pushing, revoking, asking). Token requests are the library's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bowline_base::Secret;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use oauth2::AuthType;
use url::{Url, form_urlencoded};

use crate::client::{ClientAuth, ClientCredentials};
use crate::failure::{Failure, FailureKind};
use crate::provider::Quirks;

/// The one way in which a request shows who sends it (RFC 6749 §2.3).
pub(crate) enum Proof<'a> {
    /// The id in the body.
    Nothing,
    /// Both in the header.
    Basic(&'a str),
    /// Both in the body.
    Body(&'a str),
}

/// How this client proves itself.
///
/// # Errors
/// [`FailureKind::Misconfigured`] when it should have a secret and has none.
pub(crate) fn proof<'a>(client: &'a ClientCredentials, quirks: &Quirks) -> Result<Proof<'a>, Failure> {
    let secret = client.secret.as_ref().map(Secret::expose);
    match (client.auth, secret) {
        (ClientAuth::None, None) | (ClientAuth::SecretBasic, None) if quirks.basic_with_empty_secret => {
            Ok(Proof::Basic(""))
        }
        (ClientAuth::None, _) => Ok(Proof::Nothing),
        (ClientAuth::SecretBasic, Some(secret)) => Ok(Proof::Basic(secret)),
        (ClientAuth::SecretPost, Some(secret)) => Ok(Proof::Body(secret)),
        (ClientAuth::SecretBasic | ClientAuth::SecretPost, None) => {
            Err(Failure::new(FailureKind::Misconfigured))
        }
    }
}

impl Proof<'_> {
    /// The library's word for it.
    pub(crate) fn auth_type(&self) -> AuthType {
        match self {
            Proof::Basic(_) => AuthType::BasicAuth,
            Proof::Nothing | Proof::Body(_) => AuthType::RequestBody,
        }
    }

    /// The secret that is shown, empty or not.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Proof::Basic(secret) | Proof::Body(secret) => Some(secret),
            Proof::Nothing => None,
        }
    }
}

/// A POST of these fields. The client's own are added, unless a field of that name is there.
pub(crate) fn post(
    url: &Url,
    client: &ClientCredentials,
    quirks: &Quirks,
    fields: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, Failure> {
    let proof = proof(client, quirks)?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    if !matches!(proof, Proof::Basic(_)) && !fields.iter().any(|(name, _)| *name == "client_id") {
        form.append_pair("client_id", &client.id);
    }
    let mut request = Request::post(url.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match proof {
        Proof::Nothing => {}
        Proof::Body(secret) => drop(form.append_pair("client_secret", secret)),
        Proof::Basic(secret) => request = request.header(AUTHORIZATION, basic(&client.id, secret)),
    }
    request.body(form.finish().into_bytes()).map_err(|_| Failure::new(FailureKind::Misconfigured))
}

/// Id and secret are form-encoded before they are put together (RFC 6749 §2.3.1), which plain HTTP does not do.
pub(crate) fn basic(id: &str, secret: &str) -> HeaderValue {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}")).expect("base64 is plain ASCII");
    value.set_sensitive(true);
    value
}
