//! What the doctor may look at: read-only, and no token, secret or code is ever part of it.
//!
//! It calls providers only for what anyone may ask them: their metadata, and whether they answer at all.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::Wall;
use bowline_oauth::client::ClientAuth;
use bowline_oauth::token::Answer;
use bowline_oauth::transport::Transport;
use bowline_oauth::{Failure, Fault, FaultKind, Limits, Provider, Sent, Server};
use url::Url;

use crate::EngineError;
use crate::engine::{Engine, Sight};

/// How long one look at an address may take.
const LOOK: Duration = Duration::from_millis(3500);
/// Nobody needs the body: whether somebody answers, and what time it is there, stands before it.
const LIMITS: Limits = Limits { total: LOOK, connect: LOOK, max_body: 64 * 1024 };

/// What is known of the client at a provider: neither its id nor its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSight {
    /// There is a client id; `None` when the vault would have to be open to tell.
    pub has_id: Option<bool>,
    /// The provider gave it by registration.
    pub registered: bool,
    /// The client has to show a secret.
    pub needs_secret: bool,
    /// The secret is kept.
    pub has_secret: bool,
}

impl Engine {
    /// The account a selector fits, or every account, each with the shortest name that fits it alone.
    ///
    /// # Errors
    /// As [`crate::book::Book::select`].
    pub fn named_sights(&self, selector: Option<&str>) -> Result<Vec<(String, Sight)>, EngineError> {
        let entries = match selector {
            Some(selector) => vec![self.book.select(selector)?],
            None => self.book.all(),
        };
        Ok(entries.iter().map(|entry| (self.book.name_of(entry), self.sight(entry))).collect())
    }

    /// What a provider says of itself, or said within the last day. Calls the provider.
    ///
    /// # Errors
    /// As `bowline_oauth::Discovery::server`.
    pub async fn check_provider(&self, provider: &Provider) -> Result<Arc<Server>, Failure> {
        self.discovery.server(provider).await
    }

    /// Whether somebody answers at an address, whatever the answer, and what time it is there. Calls it once,
    /// without following it anywhere, for a few seconds at most.
    ///
    /// # Errors
    /// [`Fault`]: nobody answered.
    pub async fn check_address(&self, address: &Url) -> Result<Option<Wall>, Fault> {
        match head(&*self.transport, address).await {
            Err(fault) if fault.kind == FaultKind::TooLarge => Ok(None),
            answered => answered.map(|answer| answer.date),
        }
    }

    /// Whether there is a client id, and a secret where one is needed.
    ///
    /// # Errors
    /// [`EngineError::Storage`].
    pub async fn check_client(&self, provider: &Provider) -> Result<ClientSight, EngineError> {
        let in_file = provider.client.id.is_some();
        let confidential = provider.is_confidential();
        match self.client_of(provider).await {
            Ok(client) => Ok(ClientSight {
                has_id: Some(true),
                registered: !in_file,
                needs_secret: client.auth != ClientAuth::None,
                has_secret: client.secret.is_some(),
            }),
            Err(EngineError::Locked { .. }) => Ok(ClientSight {
                has_id: in_file.then_some(true),
                registered: false,
                needs_secret: confidential,
                has_secret: self.has_client_secret(&provider.id).await?,
            }),
            Err(EngineError::ProviderMisconfigured { .. }) => Ok(ClientSight {
                has_id: Some(in_file),
                registered: false,
                needs_secret: confidential,
                has_secret: false,
            }),
            Err(error) => Err(error),
        }
    }
}

/// Asks for the head of whatever stands at an address. A request of its type's own making is an empty GET.
async fn head(transport: &dyn Transport, address: &Url) -> Result<Answer, Fault> {
    let host = address.host_str().unwrap_or_default();
    let (Ok(method), Ok(uri)) = ("HEAD".parse(), address.as_str().parse()) else {
        return Err(Fault { kind: FaultKind::Other, host: host.to_owned(), sent: Sent::Nothing });
    };
    let answer = sent(
        |request| transport.send(request, LIMITS),
        |request| {
            *request.method_mut() = method;
            *request.uri_mut() = uri;
        },
    );
    answer.await.map(|response| Answer::new(host, response))
}

fn sent<R: Default, A>(send: impl FnOnce(R) -> A, fill: impl FnOnce(&mut R)) -> A {
    let mut request = R::default();
    fill(&mut request);
    send(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bowline_oauth::ScriptedTransport;
    use bowline_oauth::transport::Reply;

    fn answer(reply: Reply) -> (Result<Answer, Fault>, ScriptedTransport) {
        let transport = ScriptedTransport::new();
        transport.then(reply);
        let address = Url::parse("https://id.example/.well-known/openid-configuration").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        (runtime.block_on(head(&transport, &address)), transport)
    }

    #[test]
    fn a_look_is_one_bounded_request_without_credentials_and_tells_the_time_there() {
        let (answer, transport) = answer(Reply::empty(405).header("date", "Sat, 21 Nov 2026 12:00:00 GMT"));
        assert_eq!(answer.unwrap().date, Wall::parse("2026-11-21T12:00:00Z"));
        let [request] = &transport.requests()[..] else { panic!("one request") };
        assert_eq!(request.method.as_str(), "HEAD");
        assert_eq!(request.url.as_str(), "https://id.example/.well-known/openid-configuration");
        assert!(request.headers.is_empty() && request.body.is_empty());
        assert!(request.limits.total <= Duration::from_secs(5) && request.limits.max_body <= 64 * 1024);
    }

    #[test]
    fn nobody_there_is_a_fault_with_the_host_and_no_more() {
        let (answer, _) = answer(Reply::fault(FaultKind::Unresolved, Sent::Nothing));
        let fault = answer.unwrap_err();
        assert_eq!((fault.kind, fault.host.as_str()), (FaultKind::Unresolved, "id.example"));
    }
}
