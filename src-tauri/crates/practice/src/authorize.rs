//! The authorization endpoint (RFC 6749 §4.1, RFC 7636, RFC 9207): reads the question, shows it to a person, and
//! takes the answer back to the client. Nobody is ever signed in without a person's click: `prompt=none` is
//! refused, and each page carries a ticket that answers once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bowline_base::{Scope, ScopeSet};
use url::{Host, Url};

use crate::book::{Client, Code, DeviceState, Question, Return};
use crate::faults::{CallbackCase, Fault, Route};
use crate::gate::Posted;
use crate::pages;
use crate::people::Person;
use crate::provider::{Form, Provider};

/// How long a consent page may be answered.
const PAGE_TTL: Duration = Duration::from_secs(600);
/// The longest authorization request that is read.
const MAX_QUERY: usize = 16 * 1024;
/// More scopes than anyone could weigh on one page.
const MAX_SCOPES: usize = 32;

/// Why a request gets no consent page.
enum Wrong {
    /// The client or its redirect address is in doubt: only the person may be told (RFC 6749 §4.1.2.1).
    Page(&'static str),
    /// The client is told.
    Back { uri: Box<Url>, state: Option<String>, error: &'static str, why: &'static str },
}

/// `GET /authorize`.
pub(crate) async fn ask(State(provider): State<Arc<Provider>>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return pages::sorry(StatusCode::URI_TOO_LONG, "The app's request is too long.");
    }
    let form = Form::parse(query.as_bytes());
    match read(&provider, &form) {
        Ok((client, question)) => show(&provider, &client, question, form.value("login_hint")),
        Err(Wrong::Page(sentence)) => pages::sorry(StatusCode::BAD_REQUEST, sentence),
        Err(Wrong::Back { uri, state, error, why }) => {
            let words = [("error", error.to_owned()), ("error_description", why.to_owned())];
            send_back(&provider, *uri, state, &words)
        }
    }
}

/// Keeps the question under a new ticket and shows it.
pub(crate) fn show(provider: &Provider, client: &Client, question: Question, hint: Option<&str>) -> Response {
    let ticket = provider.secret("prac_ticket_");
    let page = pages::consent(client, &question, ticket.expose(), hint, None);
    provider.book().questions.put(ticket.sha256_hex(), question);
    page
}

fn read(provider: &Provider, form: &Form) -> Result<(Client, Question), Wrong> {
    let (client, uri) = client_and_redirect(provider, form)?;
    let state = form.value("state").map(str::to_owned);
    let back = |error, why| Wrong::Back { uri: Box::new(uri.clone()), state: state.clone(), error, why };
    check(form).map_err(|(error, why)| back(error, why))?;
    let challenge = challenge(form).map_err(|why| back("invalid_request", why))?;
    let scopes = scopes(form.value("scope").unwrap_or_default());
    let scopes = scopes.ok_or_else(|| back("invalid_scope", "a scope is not spelt as RFC 6749 allows"))?;
    if provider.book().plan.strikes(Route::Authorize, &Fault::InvalidScope) {
        return Err(back("invalid_scope", "a requested scope is not known here"));
    }
    let nonce = form.value("nonce").map(str::to_owned);
    let answer_to = Return::Redirect { uri, state, challenge, nonce };
    Ok((client.clone(), Question { client: client.id, scopes, answer_to, asked_at: provider.now() }))
}

fn client_and_redirect(provider: &Provider, form: &Form) -> Result<(Client, Url), Wrong> {
    if ["client_id", "redirect_uri"].iter().any(|name| form.all(name).count() > 1) {
        return Err(Wrong::Page("The app's request names itself twice."));
    }
    let client = form.value("client_id").and_then(|id| provider.book().client(id));
    let client =
        client.ok_or(Wrong::Page("The practice provider does not know the app that sent you here."))?;
    let uri = form.value("redirect_uri").and_then(loopback);
    let uri = uri.ok_or(Wrong::Page("The app's return address is not on this computer."))?;
    if !is_registered(&client, &uri) {
        return Err(Wrong::Page("The app's return address is not the one it registered."));
    }
    Ok((client, uri))
}

/// A redirect address on this computer, with any port (RFC 8252 §7.3).
pub(crate) fn loopback(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let local = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let bare = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    (local && bare && url.scheme() == "http").then_some(url)
}

/// The same address but for the port.
fn is_registered(client: &Client, uri: &Url) -> bool {
    let same = |known: &Url| {
        (known.host_str(), known.path(), known.query()) == (uri.host_str(), uri.path(), uri.query())
    };
    client.redirects.is_empty() || client.redirects.iter().any(same)
}

fn check(form: &Form) -> Result<(), (&'static str, &'static str)> {
    if form.doubled().is_some() {
        return Err(("invalid_request", "a parameter comes more than once"));
    }
    if form.value("response_type") != Some("code") {
        return Err(("unsupported_response_type", "only response_type=code is offered"));
    }
    if form.value("request").is_some() || form.value("request_uri").is_some() {
        return Err(("request_not_supported", "request objects are not offered"));
    }
    if !matches!(form.value("response_mode"), None | Some("query")) {
        return Err(("invalid_request", "only response_mode=query is offered"));
    }
    let prompt = form.value("prompt").unwrap_or_default();
    if prompt.split(' ').any(|word| word == "none") {
        return Err(("login_required", "a person has to agree each time"));
    }
    Ok(())
}

/// The challenge, S256 only (RFC 7636 §4.3).
fn challenge(form: &Form) -> Result<String, &'static str> {
    let challenge = form.value("code_challenge").ok_or("code_challenge is missing: PKCE is required")?;
    if form.value("code_challenge_method") != Some("S256") {
        return Err("code_challenge_method must be S256");
    }
    let sound =
        challenge.len() == 43 && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    sound.then(|| challenge.to_owned()).ok_or("code_challenge is no SHA-256 hash in base64url")
}

/// The scopes of a request. `None` when one of them is none, or there are too many.
pub(crate) fn scopes(text: &str) -> Option<ScopeSet> {
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let scopes: Option<ScopeSet> = words.into_iter().map(Scope::parse).collect();
    scopes.filter(|scopes| scopes.len() <= MAX_SCOPES)
}

/// `POST /authorize/decision`: the person pressed Allow.
pub(crate) async fn decide(State(provider): State<Arc<Provider>>, posted: Posted) -> Response {
    let form = posted.form;
    if form.value("decision") == Some("deny") {
        return refuse(&provider, &form).await;
    }
    let Some(question) = pending(&provider, &form, false) else { return too_old() };
    let Some(person) = person(&form) else { return again(&provider, &form, &question) };
    let allowed = allowed(&question.scopes, &form);
    let nothing = allowed.is_empty() && !question.scopes.is_empty();
    let denied = provider.book().plan.strikes(Route::Authorize, &Fault::AccessDenied);
    if nothing || denied {
        return refuse(&provider, &form).await;
    }
    let Some(question) = pending(&provider, &form, true) else { return too_old() };
    allow(&provider, question, person, allowed).await
}

/// `POST /authorize/cancel`: the person pressed Cancel.
pub(crate) async fn cancel(State(provider): State<Arc<Provider>>, posted: Posted) -> Response {
    refuse(&provider, &posted.form).await
}

fn too_old() -> Response {
    let sentence = "This page was already used, or it is too old. Go back to the app and start again.";
    pages::sorry(StatusCode::BAD_REQUEST, sentence)
}

/// The question that the form's ticket belongs to; taken, so that the ticket is spent, or only looked at.
fn pending(provider: &Provider, form: &Form, take: bool) -> Option<Question> {
    let ticket = bowline_base::Secret::new(form.value("ticket")?).sha256_hex();
    let mut book = provider.book();
    let question = if take { book.questions.take(&ticket) } else { book.questions.find(&ticket).cloned() };
    question.filter(|q| provider.now().since(q.asked_at) < PAGE_TTL)
}

/// Who the person says to be. The typed name counts only when "somebody else" is chosen.
fn person(form: &Form) -> Option<Person> {
    match form.value("login")? {
        "other" => Person::find(form.value("login_other")?),
        name => Person::find(name),
    }
}

/// The page once more, because no name was given.
fn again(provider: &Provider, form: &Form, question: &Question) -> Response {
    let client = provider.book().client(&question.client);
    match (client, form.value("ticket")) {
        (Some(client), Some(ticket)) => {
            let problem = "Type a name of at most 64 letters, or choose one of the two people.";
            pages::consent(&client, question, ticket, None, Some(problem))
        }
        _ => too_old(),
    }
}

/// What was asked for and stayed ticked; `openid` cannot be declined.
fn allowed(asked: &ScopeSet, form: &Form) -> ScopeSet {
    let ticked: Vec<&str> = form.all("scope").collect();
    asked.iter().filter(|s| s.as_str() == "openid" || ticked.contains(&s.as_str())).cloned().collect()
}

async fn allow(provider: &Provider, question: Question, person: Person, scopes: ScopeSet) -> Response {
    match question.answer_to {
        Return::Device { code } => settle(provider, &code, DeviceState::Allowed { person, scopes }, true),
        Return::Redirect { uri, state, challenge, nonce } => {
            hold(provider).await;
            let code = provider.secret("prac_code_");
            let kept = Code {
                client: question.client,
                redirect_uri: uri.as_str().to_owned(),
                challenge,
                nonce,
                person,
                scopes,
                issued_at: provider.now(),
                spent_on: None,
            };
            provider.book().codes.put(code.sha256_hex(), kept);
            send_back(provider, uri, state, &[("code", code.expose().to_owned())])
        }
    }
}

async fn refuse(provider: &Provider, form: &Form) -> Response {
    let Some(question) = pending(provider, form, true) else { return too_old() };
    match question.answer_to {
        Return::Device { code } => settle(provider, &code, DeviceState::Denied, false),
        Return::Redirect { uri, state, .. } => {
            hold(provider).await;
            let words = [
                ("error", "access_denied".to_owned()),
                ("error_description", "the person did not agree".to_owned()),
            ];
            send_back(provider, uri, state, &words)
        }
    }
}

/// Tells the waiting device how it went.
fn settle(provider: &Provider, code: &str, state: DeviceState, allowed: bool) -> Response {
    let mut book = provider.book();
    match book.devices.find_mut(code).filter(|d| matches!(d.state, DeviceState::Waiting)) {
        Some(device) => {
            device.state = state;
            pages::device_done(allowed)
        }
        None => too_old(),
    }
}

/// Plays `late-callback`: waits for its time, or for the release.
async fn hold(provider: &Provider) {
    let late = |f: &Fault| if let Fault::LateCallback(time) = f { Some(*time) } else { None };
    let held = provider.book().plan.strike(Route::Authorize, late);
    if let Some(time) = held {
        tokio::select! {
            () = provider.clock.sleep(time) => {}
            () = provider.release.notified() => {}
        }
    }
}

/// The way back to the client: what was answered, its state, and who answered (RFC 9207).
fn send_back(provider: &Provider, mut uri: Url, state: Option<String>, words: &[(&str, String)]) -> Response {
    let (case, other_state) = {
        let mut book = provider.book();
        let case = |f: &Fault| if let Fault::Callback(case) = f { Some(*case) } else { None };
        (book.plan.strike(Route::Authorize, case), book.plan.strikes(Route::Authorize, &Fault::WrongState))
    };
    {
        let mut query = uri.query_pairs_mut();
        for (name, value) in
            words.iter().filter(|(n, _)| *n != "code" || case != Some(CallbackCase::MissingCode))
        {
            query.append_pair(name, value);
            if *name == "code" && case == Some(CallbackCase::DoubledCode) {
                query.append_pair(name, value);
            }
        }
        if let Some(state) = state.filter(|_| case != Some(CallbackCase::MissingState)) {
            let state = if other_state { provider.secret("").expose().to_owned() } else { state };
            query.append_pair("state", &state);
        }
        match case {
            Some(CallbackCase::MissingIss) => {}
            Some(CallbackCase::WrongIss) => drop(query.append_pair("iss", "https://somebody-else.example")),
            _ => drop(query.append_pair("iss", &provider.issuer)),
        }
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, uri.as_str())]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8252_7_3_only_plain_loopback_addresses_are_returned_to() {
        for good in
            ["http://127.0.0.1:1/cb", "http://[::1]:65535/cb?x=1", "http://localhost/", "http://127.0.0.2:9/"]
        {
            assert!(loopback(good).is_some(), "{good}");
        }
        for wrong in [
            "https://127.0.0.1:1/cb",
            "http://example.com/cb",
            "http://127.0.0.1.example.com/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/#x",
            "javascript:alert(1)",
            "/cb",
            "",
        ] {
            assert!(loopback(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn r7636_4_3_only_a_sound_s256_challenge_is_taken() {
        let form = |text: &str| Form::parse(text.as_bytes());
        let sound = "a".repeat(43);
        assert!(challenge(&form(&format!("code_challenge={sound}&code_challenge_method=S256"))).is_ok());
        assert!(challenge(&form(&format!("code_challenge={sound}&code_challenge_method=plain"))).is_err());
        assert!(challenge(&form(&format!("code_challenge={sound}"))).is_err());
        assert!(challenge(&form("code_challenge=short&code_challenge_method=S256")).is_err());
        assert!(challenge(&form("code_challenge_method=S256")).is_err());
    }

    #[test]
    fn scopes_are_read_whole_or_not_at_all() {
        assert_eq!(scopes("openid  mail.read").unwrap().to_string(), "openid mail.read");
        assert!(scopes("").unwrap().is_empty());
        assert!(scopes("openid a\"b").is_none());
        let many: Vec<String> = (0..40).map(|i| format!("s{i}")).collect();
        assert!(scopes(&many.join(" ")).is_none());
    }
}
