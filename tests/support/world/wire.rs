//! The wire between the engine and whatever stands in for providers: counts what goes out and what comes back, so
//! that a world knows when nothing moves any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bowline_oauth::{Fault, Limits, Transport};

/// A counted way to providers.
pub(super) struct Wire {
    inner: Arc<dyn Transport>,
    sent: AtomicUsize,
    answered: AtomicUsize,
}

impl Wire {
    /// Counts what goes this way.
    pub(super) fn over(inner: Arc<dyn Transport>) -> Self {
        Self { inner, sent: AtomicUsize::new(0), answered: AtomicUsize::new(0) }
    }

    /// How many requests were sent.
    pub(super) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests and answers together.
    pub(super) fn moves(&self) -> usize {
        self.sent() + self.answered.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let answer = self.inner.send(request, limits).await;
        self.answered.fetch_add(1, Ordering::Relaxed);
        answer
    }
}
