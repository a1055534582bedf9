//! Reading the audit trail. What is waiting to be written is written first, so that a reader sees all.

use std::sync::Arc;
use std::time::Duration;

use bowline_base::{AppId, Wall};
pub use bowline_vault::audit::{AuditQuery, AuditRecord};

use crate::EngineError;
use crate::engine::Engine;

/// How long a read waits until the time of it is written beside its app; the read itself is in the trail at once.
const SAVE_READS_AFTER: Duration = Duration::from_secs(60);

/// Whether the chain of entries is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// It is, over so many entries.
    Whole(u64),
    /// It is broken at this entry.
    Broken(u64),
}

impl Engine {
    /// Entries of the trail, at most 1 000 at a time.
    ///
    /// # Errors
    /// [`EngineError::Storage`].
    pub async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditRecord>, EngineError> {
        self.store.flush().await;
        self.store.run(move |vault| vault.audit(query)).await.map_err(Into::into)
    }

    /// Goes through the whole chain.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when it cannot be read at all.
    pub async fn verify_audit(&self) -> Result<Chain, EngineError> {
        self.store.flush().await;
        self.store
            .run(|vault| vault.verify_audit())
            .await
            .map(|verified| verified.map_or_else(|b| Chain::Broken(b.seq), |v| Chain::Whole(v.entries)))
            .map_err(Into::into)
    }

    /// Drops entries that are older than they are to be kept; once at each unlocking.
    pub(crate) async fn prune_audit(&self) {
        let before = self.clock.wall() - self.policy().audit_keep;
        match self.store.run(move |vault| vault.prune_audit(before)).await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "old entries of the audit trail are gone"),
            Err(error) => tracing::warn!(%error, "old entries of the audit trail could not be dropped"),
        }
    }

    /// Has the last reads saved a while after the first one that is not; who never reads wakes nobody.
    pub(crate) fn save_last_reads_soon(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            engine.clock.sleep(SAVE_READS_AFTER).await;
            engine.save_last_reads().await;
        });
    }

    /// Writes when apps and programs last read something: a minute after a read, and at the agent's end.
    pub async fn save_last_reads(&self) {
        let reads: Vec<(AppId, Wall)> = self.apps.take_reads();
        let by_programs = self.programs.take_reads();
        if !(reads.is_empty() && by_programs.is_empty()) {
            let saved = self.store.run(move |vault| {
                vault.touch_apps(&reads)?;
                vault.touch_programs(&by_programs)
            });
            let saved = saved.await;
            if let Err(error) = saved {
                tracing::warn!(%error, "when apps last read could not be saved");
            }
        }
    }
}
