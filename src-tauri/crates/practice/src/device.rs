//! The device flow (RFC 8628): a device asks for its codes, a person types the short one and decides. The long
//! one is redeemed at the token endpoint.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bowline_base::Random;
use serde_json::json;

use crate::authorize::{scopes, show};
use crate::book::{Device, DeviceState, Question, Return};
use crate::faults::Route;
use crate::gate::Posted;
use crate::pages;
use crate::provider::{Form, Provider, Refusal, authenticate};

/// How long a person has to type the code.
const CODE_TTL: Duration = Duration::from_secs(600);
/// How long the device waits between its questions (RFC 8628 §3.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// Consonants only, so that no word appears and nothing looks like something else (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// `POST /device_authorization`.
pub(crate) async fn begin(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let client = authenticate(&provider.book(), &headers, &posted.form)?;
    let scopes = scopes(posted.form.value("scope").unwrap_or_default());
    let scopes =
        scopes.ok_or_else(|| Refusal::new("invalid_scope", "a scope is not spelt as RFC 6749 allows"))?;
    let scope_struck = provider.book().plan.strike(Route::DeviceAuthorization, |f| {
        matches!(f, crate::faults::Fault::InvalidScope).then_some(())
    });
    if scope_struck.is_some() {
        return Err(Refusal::new("invalid_scope", "a requested scope is not known here"));
    }
    let code = provider.secret("prac_dev_");
    let user_code = user_code(provider.random.as_ref());
    let device = Device {
        client: client.id,
        user_code: user_code.clone(),
        scopes,
        expires_at: provider.now() + CODE_TTL,
        interval: INTERVAL,
        polled_at: None,
        state: DeviceState::Waiting,
    };
    provider.book().devices.put(code.sha256_hex(), device);
    let page = format!("{}/device", provider.issuer);
    let answer = json!({
        "device_code": code.expose(),
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": CODE_TTL.as_secs(),
        "interval": INTERVAL.as_secs(),
    });
    Ok(Json(answer).into_response())
}

/// Eight letters with a dash in the middle.
fn user_code(random: &dyn Random) -> String {
    let mut code = String::new();
    while code.len() < 9 {
        if code.len() == 4 {
            code.push('-');
        }
        let mut byte = [0u8];
        random.fill(&mut byte);
        // Bytes beyond the last whole round would make the first letters likelier.
        if byte[0] < 240 {
            code.push(char::from(LETTERS[usize::from(byte[0] % 20)]));
        }
    }
    code
}

/// `GET /device`: where the person types the code. A code in the address is only filled in.
pub(crate) async fn page(uri: Uri) -> Response {
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
    pages::device(query.value("user_code").unwrap_or_default(), None)
}

/// `POST /device`: the person typed a code; shows what the device asks for.
pub(crate) async fn enter(State(provider): State<Arc<Provider>>, posted: Posted) -> Response {
    let typed = posted.form.value("user_code").unwrap_or_default();
    let found = waiting(&provider, typed);
    let client = found.as_ref().and_then(|(_, device)| provider.book().client(&device.client));
    match (found, client) {
        (Some((code, device)), Some(client)) => {
            let answer_to = Return::Device { code };
            let question = Question {
                client: client.id.clone(),
                scopes: device.scopes,
                answer_to,
                asked_at: provider.now(),
            };
            show(&provider, &client, question, None)
        }
        _ => pages::device(
            typed,
            Some("This code is not waiting here. Check it, or start again on the device."),
        ),
    }
}

/// The device that waits under a typed code; case and dashes do not matter.
fn waiting(provider: &Provider, typed: &str) -> Option<(String, Device)> {
    let bare = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>().to_ascii_uppercase()
    };
    let (typed, now) = (bare(typed), provider.now());
    let fits = |device: &Device| {
        bare(&device.user_code) == typed
            && now < device.expires_at
            && matches!(device.state, DeviceState::Waiting)
    };
    let book = provider.book();
    book.devices
        .entries()
        .find(|(_, device)| fits(device))
        .map(|(code, device)| (code.to_owned(), device.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_base::random::SeededRandom;

    #[test]
    fn a_user_code_is_two_groups_of_four_consonants() {
        let random = SeededRandom::new(5);
        let codes: Vec<String> = (0..100).map(|_| user_code(&random)).collect();
        for code in &codes {
            let (left, right) = code.split_once('-').unwrap();
            assert_eq!((left.len(), right.len()), (4, 4), "{code}");
            assert!(left.bytes().chain(right.bytes()).all(|b| LETTERS.contains(&b)), "{code}");
        }
        assert_ne!(codes[0], codes[1]);
    }
}
