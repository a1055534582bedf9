//! The token endpoint (RFC 6749 §3.2): who asks, for what, and whether that still holds. What is handed out is
//! made by `issue`.
//!
//! A code is spent once; a second use ends what the first one brought (RFC 6749 §4.1.2). With rotation a refresh
//! token is spent once too, and a second use, after the grace if there is any, ends its whole family (RFC 9700
//! §4.14.2).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bowline_base::{ScopeSet, Secret};
use sha2::{Digest, Sha256};

use crate::authorize::scopes;
use crate::book::{Book, Client, Code, DeviceState, Ended, Grant};
use crate::faults::{Fault, Route};
use crate::gate::Posted;
use crate::issue::{Occasion, issue};
use crate::people::Person;
use crate::provider::{Form, Provider, Refusal, authenticate};
use crate::record::Handed;

/// RFC 8628 §3.4.
pub(crate) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long a code may be redeemed.
const CODE_TTL: Duration = Duration::from_secs(60);
/// What `slow_down` adds to a device's interval (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// `POST /token`.
pub(crate) async fn answer(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let form = posted.form;
    let mut book = provider.book();
    if form.doubled().is_some() {
        return Err(Refusal::new("invalid_request", "a parameter comes more than once"));
    }
    let client = authenticate(&book, &headers, &form)?;
    wrong_client(&mut book)?;
    match form.value("grant_type") {
        Some("authorization_code") => by_code(&provider, &mut book, &client, &form),
        Some("refresh_token") => by_refresh(&provider, &mut book, &client, &form),
        Some(DEVICE_GRANT) => by_device(&provider, &mut book, &client, &form),
        Some(_) => Err(Refusal::new("unsupported_grant_type", "this grant type is not offered")),
        None => Err(Refusal::new("invalid_request", "grant_type is missing")),
    }
}

/// Plays `invalid-client`.
fn wrong_client(book: &mut Book) -> Result<(), Refusal> {
    let status = |f: &Fault| if let Fault::InvalidClient(status) = f { Some(*status) } else { None };
    match book.plan.strike(Route::Token, status) {
        Some(401) => Err(Refusal::client("the client is not known any more")),
        Some(_) => {
            let refusal = Refusal::client("the client is not known any more");
            Err(Refusal { status: StatusCode::BAD_REQUEST, ..refusal })
        }
        None => Ok(()),
    }
}

fn by_code(provider: &Provider, book: &mut Book, client: &Client, form: &Form) -> Result<Response, Refusal> {
    let expired = book.plan.strikes(Route::Token, &Fault::ExpiredCode);
    if book.plan.strikes(Route::Token, &Fault::InvalidCode) {
        return Err(Refusal::grant("the authorization code is not valid"));
    }
    let code = form.value("code").ok_or_else(|| Refusal::new("invalid_request", "code is missing"))?;
    let key = Secret::new(code).sha256_hex();
    let Some(kept) = book.codes.find(&key).filter(|c| c.client == client.id).cloned() else {
        return Err(Refusal::grant("the authorization code is not valid"));
    };
    if let Some(grant) = &kept.spent_on {
        if let Some(grant) = book.grants.find_mut(grant) {
            grant.ended = Some(Ended::Revoked);
        }
        return Err(Refusal::grant("the authorization code was used before"));
    }
    if expired || provider.now().since(kept.issued_at) >= CODE_TTL {
        return Err(Refusal::grant("the authorization code expired"));
    }
    bound(&kept, form)?;
    let grant = begin(provider, book, client, kept.person, kept.scopes, kept.nonce);
    if let Some(code) = book.codes.find_mut(&key) {
        code.spent_on = Some(grant.clone());
    }
    Ok(issue(provider, book, &grant, Occasion::Connect))
}

/// The code belongs to this redirect address and to this verifier.
fn bound(code: &Code, form: &Form) -> Result<(), Refusal> {
    if form.value("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(Refusal::grant("redirect_uri is not the one the code was sent to"));
    }
    let verifier = form.value("code_verifier");
    let verifier = verifier.ok_or_else(|| Refusal::new("invalid_request", "code_verifier is missing"))?;
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let sound = (43..=128).contains(&verifier.len()) && hash == code.challenge;
    if sound { Ok(()) } else { Err(Refusal::grant("code_verifier does not fit the challenge")) }
}

/// Writes down what a person agreed to.
fn begin(
    provider: &Provider,
    book: &mut Book,
    client: &Client,
    person: Person,
    scopes: ScopeSet,
    nonce: Option<String>,
) -> String {
    let id = provider.secret("grant_").sha256_hex();
    let now = provider.now();
    let ends_at = book.grant_ttl.map(|ttl| now + ttl);
    let client = client.id.clone();
    book.grants.put(
        id.as_str(),
        Grant {
            client,
            person,
            scopes,
            nonce,
            begun_at: now,
            ends_at,
            ended: None,
            handed: Handed::default(),
        },
    );
    id
}

fn by_refresh(
    provider: &Provider,
    book: &mut Book,
    client: &Client,
    form: &Form,
) -> Result<Response, Refusal> {
    refused(book)?;
    let token = form.value("refresh_token");
    let token = token.ok_or_else(|| Refusal::new("invalid_request", "refresh_token is missing"))?;
    let key = Secret::new(token).sha256_hex();
    let known = book.refresh.find(&key).cloned();
    let grant =
        known.as_ref().and_then(|r| book.grants.find(&r.grant)).filter(|g| g.client == client.id).cloned();
    let (Some(known), Some(grant)) = (known, grant) else {
        return Err(Refusal::grant("the refresh token is not valid"));
    };
    alive(&grant, provider)?;
    if !known.is_honoured(provider.now(), book.rotate_grace) {
        if let Some(grant) = book.grants.find_mut(&known.grant) {
            grant.ended = Some(Ended::Reused);
        }
        return Err(Refusal::grant(REUSE));
    }
    let narrowed = narrowed(&grant, form)?;
    Ok(issue(provider, book, &known.grant, Occasion::Renew { refresh: key, narrowed }))
}

const REUSE: &str = "refresh token reuse detected: it was used before";
const EXPIRED: &str = "refresh token expired";
const REVOKED: &str = "refresh token revoked";

/// Plays the refusals of a refresh token. The grant itself goes on, so that practice can.
fn refused(book: &mut Book) -> Result<(), Refusal> {
    let sentence = |f: &Fault| match f {
        Fault::Expired => Some(EXPIRED),
        Fault::Revoked => Some(REVOKED),
        Fault::Inactive => Some("the grant became inactive: it was not used for too long"),
        Fault::Reuse => Some(REUSE),
        _ => None,
    };
    book.plan.strike(Route::Token, sentence).map_or(Ok(()), |sentence| Err(Refusal::grant(sentence)))
}

fn alive(grant: &Grant, provider: &Provider) -> Result<(), Refusal> {
    match grant.ended {
        Some(Ended::Revoked) => Err(Refusal::grant(REVOKED)),
        Some(Ended::Reused) => Err(Refusal::grant(REUSE)),
        None if !grant.is_live(provider.now()) => Err(Refusal::grant(EXPIRED)),
        None => Ok(()),
    }
}

/// The scopes a renewal asks for, which may be fewer and never more (RFC 6749 §6).
fn narrowed(grant: &Grant, form: &Form) -> Result<Option<ScopeSet>, Refusal> {
    let Some(text) = form.value("scope") else { return Ok(None) };
    let wanted = scopes(text).filter(|wanted| grant.scopes.covers(wanted));
    wanted.map(Some).ok_or_else(|| Refusal::new("invalid_scope", "more is asked for than was granted"))
}

fn by_device(
    provider: &Provider,
    book: &mut Book,
    client: &Client,
    form: &Form,
) -> Result<Response, Refusal> {
    let denied = book.plan.strikes(Route::Authorize, &Fault::AccessDenied);
    let code = form.value("device_code");
    let code = code.ok_or_else(|| Refusal::new("invalid_request", "device_code is missing"))?;
    let key = Secret::new(code).sha256_hex();
    let Some(device) = book.devices.find_mut(&key).filter(|d| d.client == client.id) else {
        return Err(Refusal::grant("the device code is not valid"));
    };
    if provider.now() >= device.expires_at {
        return Err(Refusal::new("expired_token", "the device code expired"));
    }
    let now = provider.clock.instant();
    let early = device.polled_at.replace(now).is_some_and(|last| now.since(last) < device.interval);
    let (person, scopes) = match device.state.clone() {
        DeviceState::Denied => return Err(Refusal::new("access_denied", "the person did not agree")),
        DeviceState::Spent => return Err(Refusal::grant("the device code was used before")),
        DeviceState::Allowed { .. } if denied => {
            return Err(Refusal::new("access_denied", "the person did not agree"));
        }
        DeviceState::Allowed { person, scopes } => (person, scopes),
        DeviceState::Waiting if early => {
            device.interval += SLOWER;
            return Err(Refusal::new("slow_down", "asked again too soon"));
        }
        DeviceState::Waiting => {
            return Err(Refusal::new("authorization_pending", "the person has not decided yet"));
        }
    };
    device.state = DeviceState::Spent;
    let grant = begin(provider, book, client, person, scopes, None);
    Ok(issue(provider, book, &grant, Occasion::Connect))
}
