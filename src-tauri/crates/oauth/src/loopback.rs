//! Where the browser comes back to (RFC 8252 §7.3): a listener on the loopback literals, open for one attempt.
//!
//! It answers for bounds (who may connect, how much, how long) and for the pages; what a callback means is the
//! [`CallbackDoor`]'s business. It is no redirector, echoes nothing and sets nothing (RFC 9700 §4.1, §4.11).
//! The callback's own answer leads on at once to `<path>/done`, so that no code stays in the address bar.
//!
//! A door that was asked is never cut off: neither by a browser that went away nor by closing the port.

mod answer;
mod head;
mod page;
mod port;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use self::answer::Desk;
pub use self::page::Page;
use crate::callback::{CallbackQuery, Malformed};
use crate::provider::Redirect;

/// Takes what the browser brought, and says which page it gets.
#[async_trait]
pub trait CallbackDoor: Send + Sync + 'static {
    /// Finds the attempt, exchanges the code and names the page. Runs to its end even when nobody waits for it.
    async fn callback(&self, query: Result<CallbackQuery, Malformed>) -> Page;

    /// The provider's name for people, for the page that is shown while this takes long.
    fn provider_name(&self) -> String {
        "the provider".into()
    }
}

/// Why no listener could be opened.
#[derive(Debug, thiserror::Error)]
pub enum LoopbackError {
    /// The provider file pins a port, and another program has it.
    #[error("port {0} on this computer is used by another program")]
    PortInUse(u16),
    /// The system refused.
    #[error("no port on this computer could be opened for the sign-in")]
    Io(#[from] std::io::Error),
}

/// An open port that nobody serves yet.
#[derive(Debug)]
pub struct Loopback {
    listeners: Vec<TcpListener>,
    redirect_uri: Url,
}

impl Loopback {
    /// Opens the port: on `127.0.0.1`, on `[::1]`, or on both for `localhost`.
    ///
    /// A computer without IPv4 gets `[::1]` in the place of `127.0.0.1` (RFC 8252 §7.3).
    ///
    /// # Errors
    /// [`LoopbackError::PortInUse`] for a pinned port that is taken; [`LoopbackError::Io`] otherwise.
    pub async fn bind(redirect: &Redirect) -> Result<Self, LoopbackError> {
        let (listeners, redirect_uri) = port::open(redirect).await?;
        Ok(Self { listeners, redirect_uri })
    }

    /// The address to give to the provider, port included.
    pub fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Begins to answer. The port stays open until the returned value is dropped or closed.
    pub fn serve(self, door: Arc<dyn CallbackDoor>) -> Serving {
        self.serve_within(door, Bounds::default())
    }

    fn serve_within(self, door: Arc<dyn CallbackDoor>, bounds: Bounds) -> Serving {
        let desk = Arc::new(Desk::new(&self.redirect_uri, door, bounds));
        let listening =
            self.listeners.into_iter().map(|l| tokio::spawn(head::listen(l, desk.clone()))).collect();
        Serving {
            listening,
            #[cfg(test)]
            desk,
            redirect_uri: self.redirect_uri,
        }
    }
}

/// An open, answering port. Dropping it closes the port.
pub struct Serving {
    listening: Vec<JoinHandle<()>>,
    #[cfg(test)]
    desk: Arc<Desk>,
    redirect_uri: Url,
}

impl Serving {
    /// The address that was given to the provider.
    pub fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Closes the port, and comes back when it is closed.
    pub async fn close(mut self) {
        for task in self.listening.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

/// What a visitor may cost.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections at once whose head is there; the next one waits.
    connections: usize,
    /// Connections at once that have not sent their head; for one more the oldest goes.
    silent: usize,
    /// From accepting to the end of the head: a browser on the same computer needs milliseconds.
    head: Duration,
    /// How long a callback's page may wait for the exchange (contract §3).
    door: Duration,
    /// For sending a page and letting the visitor hang up.
    farewell: Duration,
}

impl Bounds {
    /// Connections at once, however far they are.
    const fn visits(&self) -> usize {
        self.silent + self.connections * 2
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 32,
            silent: 64,
            head: Duration::from_secs(3),
            door: Duration::from_secs(10),
            farewell: Duration::from_secs(2),
        }
    }
}
