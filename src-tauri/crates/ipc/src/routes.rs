//! From a request to an answer: one route for each row of wire's table of verbs, one short function each.
//!
//! Every request takes the same steps: gate, claim, right, body, verb. A verb's function sees only a proved caller
//! and a body of the size its row allows.

mod accounts;
mod apps;
mod connect;
mod figures;
mod owner;
mod providers;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use bowline_base::Secret;
use bowline_engine::{Caller, Engine, EngineError};
use bowline_wire::problem::{Code, Problem};
use bowline_wire::verbs::{MAX_WAIT_S, Method, VERBS, Verb, VerbId, Who};
use http_body_util::{BodyExt, Limited};
use hyper::body::Body as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::caller::{self, Claim, Peer};
use crate::{Host, gate, problems};

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// How much of a body is read where none is wanted.
const UNWANTED_BODY: usize = 1024;

/// What all routes share.
pub struct Door {
    pub(crate) engine: Arc<Engine>,
    pub(crate) host: Arc<dyn Host>,
}

/// What a verb's function is given.
pub(crate) struct Call {
    /// Who asks, when that is proved.
    caller: Option<Caller>,
    /// The key that nobody has: a poll secret, where a verb takes one.
    key: Option<Secret>,
    peer: Peer,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Bytes,
}

/// What a verb's function gives.
pub(crate) type Answered = Result<Response, Problem>;

impl Door {
    /// Routes over this engine and this agent.
    pub fn new(engine: Arc<Engine>, host: Arc<dyn Host>) -> Arc<Self> {
        Arc::new(Self { engine, host })
    }

    /// The routes of every verb in the table.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = Router::new();
        for verb in VERBS {
            let door = Arc::clone(self);
            let handler = move |request: Request| async move { door.handle(verb, request).await };
            router = router.route(verb.path, on(filter(verb.method), handler));
        }
        let (lost, wrong) = (Arc::clone(self), Arc::clone(self));
        router
            .fallback(move |request: Request| async move {
                lost.refuse_early(&request, || {
                    Problem::new(Code::NotFound, "nothing is here: see /v1/openapi.json")
                })
            })
            .method_not_allowed_fallback(move |request: Request| async move {
                wrong.refuse_early(&request, || {
                    Problem::new(Code::MethodNotAllowed, "this path has no such method: see /v1/openapi.json")
                })
            })
    }

    async fn handle(self: Arc<Self>, verb: &'static Verb, request: Request) -> Response {
        let result = self.answer(verb, request).await;
        let mut response = result.unwrap_or_else(|problem| self.tell(&problem));
        gate::dress(&mut response);
        response
    }

    fn refuse_early(&self, request: &Request, problem: impl FnOnce() -> Problem) -> Response {
        let peer = peer_of(request);
        let problem = match gate::check(request, &peer) {
            Ok(()) => problem(),
            Err(refused) => self.refused(&peer, refused),
        };
        let mut response = self.tell(&problem);
        gate::dress(&mut response);
        response
    }

    /// A refusal, which is counted by its code.
    fn tell(&self, problem: &Problem) -> Response {
        if let Some(code) = problem.code() {
            self.engine.figures().refused(code.as_str());
        }
        problems::answer(problem)
    }

    async fn answer(self: &Arc<Self>, verb: &'static Verb, request: Request) -> Answered {
        let peer = peer_of(&request);
        gate::check(&request, &peer).map_err(|problem| self.refused(&peer, problem))?;
        let claim = caller::claim(&peer, request.headers(), &self.engine, &*self.host);
        let (caller, key) = self.admitted(verb, &peer, claim)?;
        let (mut parts, body) = request.into_parts();
        let body = read_body(verb, &parts.headers, body).await?;
        if let (true, Some(caller)) = (verb.person, &caller) {
            self.engine.require_person(caller).map_err(refused)?;
        }
        let path = path_params(&mut parts).await?;
        let query = query_pairs(&parts)?;
        if verb.id != VerbId::Health {
            self.engine.settled().await;
        }
        let call = Call { caller, key, peer, path, query, body };
        match verb.id {
            VerbId::GetToken => accounts::token(self, &call).await,
            // Boxed, so that the commonest verb's future does not carry the size of the largest.
            other => Box::pin(self.dispatch(other, call)).await,
        }
    }

    /// Lets in whom the verb's row allows.
    fn admitted(
        &self,
        verb: &Verb,
        peer: &Peer,
        claim: Claim,
    ) -> Result<(Option<Caller>, Option<Secret>), Problem> {
        let asks = verb.who.contains(&Who::Asker);
        match claim {
            Claim::Known(caller) => {
                let who = if caller.is_owner() { Who::Owner } else { Who::App };
                if verb.allows(who) || asks {
                    return Ok((Some(caller), None));
                }
                Err(problems::problem(&EngineError::Forbidden))
            }
            Claim::UnknownKey(key) if asks => Ok((None, Some(key))),
            // Health and asking for access need no key; a wrong one is still a wrong one.
            Claim::Stranger if verb.allows(Who::Anyone) => Ok((None, None)),
            Claim::UnknownKey(_) => Err(self.refused(
                peer,
                Problem::new(
                    Code::NotAuthenticated,
                    "this key is not known: ask for access with POST /v1/apps",
                ),
            )),
            Claim::Stranger => Err(self.refused(
                peer,
                Problem::new(
                    Code::NotAuthenticated,
                    "a key is needed here, as `Authorization: Bearer …`: ask for access with POST /v1/apps",
                ),
            )),
        }
    }

    /// Counts a refusal, and puts the brake on in its place when there were too many.
    fn refused(&self, peer: &Peer, problem: Problem) -> Problem {
        match self.engine.count_refusal(&peer.source()) {
            None => problem,
            Some(pause) => {
                let detail = "too many refused requests: Bowline does not answer such requests for a while";
                Problem::new(Code::RateLimited, detail).retry_after(pause.as_secs().max(1))
            }
        }
    }

    async fn dispatch(self: &Arc<Self>, id: VerbId, call: Call) -> Answered {
        match id {
            VerbId::Health => owner::health(self),
            VerbId::OpenApi => owner::openapi(),
            VerbId::ListAccounts => accounts::list(self, &call),
            VerbId::GetAccount => accounts::one(self, &call),
            VerbId::PatchAccount => accounts::patch(self, &call).await,
            VerbId::DeleteAccount => accounts::disconnect(self, &call).await,
            VerbId::GetToken => accounts::token(self, &call).await,
            VerbId::RejectToken => accounts::rejected(self, &call).await,
            VerbId::RefreshAccount => accounts::refresh(self, &call).await,
            VerbId::ReconnectAccount => accounts::reconnect(self, &call),
            VerbId::StartEmergency => accounts::start_emergency(self, &call).await,
            VerbId::EndEmergency => accounts::end_emergency(self, &call).await,
            VerbId::ListRequests => apps::questions(self),
            VerbId::GetRequest => apps::question(self, &call).await,
            VerbId::AnswerRequest => apps::answer(self, &call).await,
            VerbId::Connect => connect::begin(self, &call).await,
            VerbId::GetAttempt => connect::attempt(self, &call).await,
            VerbId::OpenAttempt => connect::open(self, &call),
            VerbId::CancelAttempt => connect::cancel(self, &call).await,
            VerbId::ListApps => apps::list(self),
            VerbId::AskForAccess => apps::ask(self, &call).await,
            VerbId::GetAppRequest => apps::request(self, &call).await,
            VerbId::ApproveApp => apps::approve(self, &call).await,
            VerbId::DenyApp => apps::deny(self, &call).await,
            VerbId::RevokeApp => apps::revoke(self, &call).await,
            VerbId::Events => Ok(crate::stream::events(self, call.caller()?.clone())),
            VerbId::Audit => owner::audit(self, &call).await,
            VerbId::VerifyAudit => owner::verify_audit(self).await,
            VerbId::Metrics => figures::metrics(self, &call),
            VerbId::Alerts => figures::alerts(self),
            VerbId::History => figures::history(self, &call).await,
            VerbId::Vault => owner::vault(self).await,
            VerbId::UnlockVault => owner::unlock(self, &call).await,
            VerbId::LockVault => owner::lock(self, &call).await,
            VerbId::RekeyVault => owner::rekey(self, &call).await,
            VerbId::ExportVault => owner::export(self, &call).await,
            VerbId::ImportVault => owner::import(self, &call).await,
            VerbId::Doctor => owner::doctor(self, &call).await,
            VerbId::ListProviders => providers::list(self).await,
            VerbId::SetUpProvider => providers::set_up(self, &call).await,
            VerbId::CheckProvider => providers::check(self, &call),
            VerbId::SetProviderSecret => providers::set_secret(self, &call).await,
            VerbId::OpenPage => providers::open_page(self, &call),
            VerbId::StartPractice => providers::start_practice(self, &call).await,
            VerbId::Settings => owner::settings(self),
            VerbId::ChangeSettings => owner::change_settings(self, &call),
            VerbId::Stop => owner::stop(self),
        }
    }
}

impl Call {
    /// The proved caller.
    pub(crate) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.as_ref().ok_or_else(|| Problem::new(Code::NotAuthenticated, "a key is needed here"))
    }

    pub(crate) fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What varies in the path, percent-decoded.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The only value of a query parameter.
    pub(crate) fn query<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Problem> {
        let mut values = self.query_all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(invalid(format!("`{name}` is given twice: give it once"))),
        }
    }

    /// All values of a query parameter.
    pub(crate) fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that is a whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.query(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| invalid(format!("`{name}` has to be a whole number")))
    }

    /// A query parameter that is true or false; false when it is not there.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.query(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(format!("`{name}` has to be true or false"))),
        }
    }

    /// How long a long poll waits.
    pub(crate) fn wait(&self) -> Result<Duration, Problem> {
        Ok(Duration::from_secs(self.number("wait")?.unwrap_or(0).min(MAX_WAIT_S)))
    }

    /// The body as a shape; an empty body is an empty shape where the shape allows it.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let bytes = if self.body.is_empty() { b"{}" } else { &self.body[..] };
        serde_json::from_slice(bytes)
            .map_err(|error| invalid(format!("the body does not fit: {}", told(&error))))
    }
}

/// What is wrong with a body, without any of its text: it may hold a secret.
fn told(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let safe = ["missing field", "unknown field", "duplicate field"]
                .iter()
                .any(|known| text.starts_with(known));
            if safe {
                bowline_base::redact::foreign(&text)
            } else {
                format!("a value is of the wrong type near column {}", error.column())
            }
        }
        _ => "it is not JSON".to_owned(),
    }
}

/// A JSON answer with status 200.
pub(crate) fn json(shape: &impl Serialize) -> Answered {
    json_with(StatusCode::OK, shape)
}

/// A JSON answer with this status.
pub(crate) fn json_with(status: StatusCode, shape: &impl Serialize) -> Answered {
    let body = serde_json::to_vec(shape)
        .map_err(|_| Problem::new(Code::Internal, "an answer could not be written"))?;
    Ok(json_body(status, body))
}

/// JSON that is written already.
pub(crate) fn json_body(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A refusal of what was sent.
pub(crate) fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidRequest, detail)
}

/// The engine's refusal as a problem.
pub(crate) fn refused(error: EngineError) -> Problem {
    problems::problem(&error)
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

fn peer_of(request: &Request) -> Peer {
    let unknown = || Peer::over(caller::Via::ForeignSocket);
    request.extensions().get::<Peer>().cloned().unwrap_or_else(unknown)
}

async fn path_params(parts: &mut Parts) -> Result<Vec<(String, String)>, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|_| invalid("the path holds something that is not UTF-8"))?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn query_pairs(parts: &Parts) -> Result<Vec<(String, String)>, Problem> {
    let Some(query) = parts.uri.query() else { return Ok(Vec::new()) };
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map(|pairs| pairs.0)
        .map_err(|_| invalid(format!("the query of {} characters cannot be read", query.len())))
}

async fn read_body(verb: &Verb, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    // Read even where none is wanted: a client that is still writing when we answer and close would see its
    // pipe break in place of the answer.
    if body.is_end_stream() && (verb.max_body == 0 || verb.body_optional) {
        return Ok(Bytes::new());
    }
    let most = verb.max_body.max(UNWANTED_BODY);
    let collected = tokio::time::timeout(BODY_WITHIN, Limited::new(body, most).collect()).await;
    let bytes = match collected {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => {
            return Err(Problem::new(Code::TooLarge, format!("the body is larger than {most} bytes")));
        }
        Err(_) => return Err(invalid("the body took longer than 10 seconds to arrive")),
    };
    if verb.max_body == 0 {
        return Ok(Bytes::new());
    }
    let is_json = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|text| {
        let kind = text.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    });
    // A web page can send text/plain without being asked about it, but not JSON.
    if !bytes.is_empty() && !is_json {
        return Err(Problem::new(Code::UnsupportedMediaType, "send the body as application/json"));
    }
    if bytes.is_empty() && !verb.body_optional {
        return Err(invalid("a JSON body is needed here: see /v1/openapi.json"));
    }
    Ok(bytes)
}
