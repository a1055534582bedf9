//! Who is asking: the owner, or an app. A [`Caller`] exists only after proof, so that code which holds one
//! need not ask again.

use std::sync::Arc;

use bowline_base::{AccountId, AppId, Secret};
pub use bowline_vault::ProgramFile;

use crate::apps::AppFace;

/// A caller that has proved who it is, and the program at the other end as far as it is known.
#[derive(Clone, Debug)]
pub struct Caller {
    who: Who,
    program: Option<Arc<str>>,
    origin: Origin,
    /// The account for which the person was asked already, for the rest of one request.
    let_in_to: Option<AccountId>,
}

/// What this computer tells of the program that a caller without an app key is.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    /// The person's own act: Bowline's window, or a command typed at a terminal.
    Person,
    /// Another program.
    Program(Arc<AskingProgram>),
    /// Nobody could tell, or nobody asked.
    #[default]
    Unknown,
}

/// A program that may be asked about: its file, and the path of what started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskingProgram {
    /// Its file.
    pub file: ProgramFile,
    /// The path of the program that started it, where it could be told.
    pub parent: Option<String>,
}

#[derive(Clone, Debug)]
enum Who {
    Owner,
    App(Arc<AppFace>),
}

/// Proof that the other end of a connection runs as this agent's own user.
#[derive(Clone, Copy, Debug)]
pub struct SameUser(());

impl SameUser {
    /// Compares the peer's uid, as the kernel tells it, with our own.
    pub fn check(peer_uid: u32, own_uid: u32) -> Option<Self> {
        (peer_uid == own_uid).then_some(Self(()))
    }
}

/// The key that proves the owner on loopback, where the kernel cannot tell who is there. It is made anew at
/// every start and lies in the run folder, which only the user can read.
pub struct OwnerKey(Secret);

impl OwnerKey {
    /// Takes the key of this run.
    pub fn new(key: Secret) -> Self {
        Self(key)
    }

    /// Compares in constant time.
    pub fn check(&self, given: &Secret) -> Option<SameUser> {
        (self.0 == *given).then_some(SameUser(()))
    }
}

impl Caller {
    /// The owner: a program of this user without an app key. All verbs.
    pub fn owner(_proof: SameUser, program: Option<Arc<str>>) -> Self {
        Self { who: Who::Owner, program, origin: Origin::Unknown, let_in_to: None }
    }

    /// The same caller, with what is known of its program. The program that asks is the one that is recorded.
    pub fn coming_from(mut self, origin: Origin) -> Self {
        if let Origin::Program(program) = &origin {
            self.program = Some(program.file.path.as_str().into());
        }
        self.origin = origin;
        self
    }

    /// The same caller for the rest of one request, after it was let in to read this account.
    pub(crate) fn let_in_to(&self, account: &AccountId) -> Self {
        Self { let_in_to: Some(account.clone()), ..self.clone() }
    }

    /// True when it was; another account, as one that stands in, is another question.
    pub(crate) fn is_let_in_to(&self, account: &AccountId) -> bool {
        self.let_in_to.as_ref() == Some(account)
    }

    /// The person's own click, on this computer's desktop.
    pub(crate) fn person() -> Self {
        Self { who: Who::Owner, program: None, origin: Origin::Person, let_in_to: None }
    }

    /// An app that showed its key.
    pub(crate) fn app(face: Arc<AppFace>, program: Option<Arc<str>>) -> Self {
        Self { who: Who::App(face), program, origin: Origin::Unknown, let_in_to: None }
    }

    /// What is known of the program.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// True for the owner.
    pub fn is_owner(&self) -> bool {
        matches!(self.who, Who::Owner)
    }

    /// The app, when an app asks.
    pub fn as_app(&self) -> Option<&Arc<AppFace>> {
        match &self.who {
            Who::Owner => None,
            Who::App(face) => Some(face),
        }
    }

    /// The app's id, when an app asks.
    pub fn app_id(&self) -> Option<&AppId> {
        self.as_app().map(|face| &face.id)
    }

    /// What the audit trail calls the caller: `owner`, or the app's id.
    pub fn actor(&self) -> &str {
        self.app_id().map_or("owner", AppId::as_str)
    }

    /// The same as [`Caller::program`], to keep.
    pub(crate) fn shared_program(&self) -> Option<Arc<str>> {
        self.program.clone()
    }

    /// The path of the program at the other end, where it could be told.
    pub fn program(&self) -> Option<&str> {
        self.program.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_users_program_is_not_the_owner() {
        assert!(SameUser::check(1000, 1000).is_some());
        assert!(SameUser::check(1001, 1000).is_none());
    }

    #[test]
    fn only_the_key_of_this_run_proves_the_owner() {
        let key = OwnerKey::new(Secret::new("right"));
        assert!(key.check(&Secret::new("right")).is_some());
        assert!(key.check(&Secret::new("wrong")).is_none());
    }
}
