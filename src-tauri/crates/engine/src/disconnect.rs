//! How an account goes: revoked at the provider, the refresh token first, then forgotten in any case.

use std::sync::Arc;

use bowline_oauth::revoke::{TokenHint, revoke};
use bowline_vault::tokens::Tokens;

use crate::book::Entry;
use crate::emergency::End;
use crate::engine::Engine;
use crate::event::Event;
use crate::{Caller, EngineError};

impl Engine {
    /// Revokes an account's tokens at the provider (RFC 7009), unless `local_only`, and forgets the account. Gives
    /// whether the provider confirmed; the account is forgotten either way.
    ///
    /// # Errors
    /// [`EngineError::Locked`] while the tokens cannot be opened to revoke them (`local_only` still works);
    /// [`EngineError::Storage`], and then the account is still there.
    pub async fn disconnect(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        local_only: bool,
    ) -> Result<bool, EngineError> {
        let entry = self.book.select(selector)?;
        if !local_only {
            self.require_open()?;
        }
        let revoked = !local_only && self.revoke(&entry).await;
        let id = entry.id.clone();
        if let Err(error) = self.store.run(move |vault| vault.remove_account(&id)).await {
            return Err(half_gone(error.into(), revoked));
        }
        self.book.remove(&entry.id);
        self.plan.set(&entry.id, None);
        self.apps.forget_account(&entry.id);
        self.programs.forget_account(&entry.id);
        self.plan_notices(|planner| planner.gone(&entry.id));
        self.requests_gone(&entry.id);
        self.no_emergency(&entry.id, End::Removed);
        let left: Vec<_> = self.stand_ins.forget(&entry.id);
        left.iter().filter_map(|id| self.book.by_id(id)).for_each(|entry| self.changed(&entry));
        let event = if revoked { "account.revoked" } else { "account.removed" };
        self.audit_now(self.entry_of(caller, event, Some(&entry.id), Ok(()))).await?;
        self.events.tell(Event::AccountRemoved { account: entry.id.clone() });
        Ok(revoked)
    }

    /// True when the provider confirmed that no token of the account works any more.
    async fn revoke(self: &Arc<Self>, entry: &Arc<Entry>) -> bool {
        let account = entry.face().account.clone();
        // A damaged row holds nothing that could be revoked; it is forgotten all the same.
        let Ok(tokens) = self.stored_tokens(entry).await else { return false };
        let Ok(provider) = self.providers.of(&account) else { return false };
        let Ok(server) = self.discovery.server(&provider).await else { return false };
        let Ok(client) = self.client_of(&provider).await else { return false };
        let Tokens { access, refresh, .. } = tokens;
        let mut confirmed = true;
        if let Some(refresh) = &refresh {
            let hint = TokenHint::Refresh;
            confirmed &= revoke(&*self.transport, &provider, &server, &client, refresh, hint).await.is_ok();
        }
        let hint = TokenHint::Access;
        confirmed & revoke(&*self.transport, &provider, &server, &client, &access, hint).await.is_ok()
    }
}

/// The disk refused after the provider had agreed: what is already done is said.
fn half_gone(error: EngineError, revoked: bool) -> EngineError {
    match error {
        EngineError::Storage { detail } if revoked => EngineError::Storage {
            detail: format!(
                "the provider withdrew the grant, but the account could not be forgotten here: {detail}"
            ),
        },
        other => other,
    }
}
