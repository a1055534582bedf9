//! What the owner changes about an account: its label, and whether it is paused.

use std::sync::Arc;

use bowline_base::{AccountId, redact};

use crate::book::Entry;
use crate::emergency::End;
use crate::engine::{Engine, Sight};
use crate::{Caller, EngineError};

/// The longest label, in characters: it has to fit a row.
pub const LONGEST_LABEL: usize = 64;

/// What is to change; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The new label.
    pub label: Option<String>,
    /// Whether nothing is to be served or renewed.
    pub paused: Option<bool>,
}

impl Engine {
    /// Changes label and pause, saves, and gives the account as it is now.
    ///
    /// # Errors
    /// [`EngineError::InvalidRequest`] for a label that cannot be one (E-32); [`EngineError::Storage`], and then
    /// nothing has changed.
    pub async fn change_account(
        self: &Arc<Self>,
        caller: &Caller,
        selector: &str,
        changes: Changes,
    ) -> Result<Sight, EngineError> {
        let entry = self.book.select(selector)?;
        let before = entry.face().account.clone();
        let mut after = before.clone();
        if let Some(label) = changes.label {
            after.label = Some(self.checked_label(&label, &entry.id)?);
        }
        if let Some(paused) = changes.paused {
            after.paused = paused;
        }
        let saved = after.clone();
        self.store.run(move |vault| vault.save_profile(&saved)).await?;
        self.take_profile(&entry, after);
        if entry.face().account.paused {
            self.no_emergency(&entry.id, End::Paused);
        }
        if entry.face().account.label != before.label {
            self.store.audit(self.entry_of(caller, "account.renamed", Some(&entry.id), Ok(())));
        }
        if entry.face().account.paused != before.paused {
            self.store.audit(self.entry_of(caller, "account.paused", Some(&entry.id), Ok(())));
        }
        self.changed(&entry);
        Ok(self.sight(&entry))
    }

    /// A label that people can read, and that names this account alone.
    pub(crate) fn checked_label(&self, label: &str, id: &AccountId) -> Result<String, EngineError> {
        let label = label.trim();
        let problem = if label.is_empty() {
            Some("a label needs at least one character")
        } else if label.chars().count() > LONGEST_LABEL {
            Some("a label has at most 64 characters")
        } else if !redact::is_plain(label) {
            Some("a label cannot hold control or invisible characters")
        } else if label.starts_with(AccountId::PREFIX) || label.starts_with('-') {
            Some("a label cannot begin with \"acc_\" or \"-\"")
        } else if self.book.is_taken(label, id) {
            Some("another account goes by that name already: choose another label")
        } else {
            None
        };
        problem.map_or_else(|| Ok(label.to_owned()), |text| Err(EngineError::invalid(text)))
    }

    fn take_profile(&self, entry: &Entry, after: bowline_base::Account) {
        {
            let mut face = entry.face_mut();
            face.account.label = after.label;
            face.account.paused = after.paused;
        }
        self.book.names_changed();
    }
}
