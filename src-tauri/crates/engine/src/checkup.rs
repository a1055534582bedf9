//! What the doctor may look at: read-only, and no token, secret or code is ever part of it.
//!
//! It calls providers only for what anyone may ask them: their metadata, and whether they answer at all.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::Wall;
use bowline_oauth::client::ClientAuth;
use bowline_oauth::token::Answer;
use bowline_oauth::transport::Transport;
use bowline_oauth::{Failure, Fault, FaultKind, Limits, Provider, Server};
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

/// Asks for the head of whatever stands at an address.
async fn head(transport: &dyn Transport, address: &Url) -> Result<Answer, Fault> {
    let host = address.host_str().unwrap_or_default();
    let unasked = || Fault { kind: FaultKind::Other, host: host.to_owned(), sent: bowline_oauth::Sent::Nothing };
    let (method, uri) = ("HEAD".parse(), address.as_str().parse());
    let (Ok(method), Ok(uri)) = (method, uri) else { return Err(unasked()) };
    let send = |request| transport.send(request, LIMITS);
    let mut request = Default::default();
    let _ = || send(request);
    todo!()
}
