//! Programs without a key: what was decided about each, and whether one may read now.
//!
//! With `[ipc] owner = "confirm"` the owner's programs read nothing before the person said yes to them, account by
//! account. A yes and a block are bound to the program's file, so that another file at the same path is asked about
//! again. The questions themselves are in `programs/question.rs`, the answers in `programs/answer.rs`. Lock order: the
//! open questions, then what is known.

mod answer;
mod question;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bowline_base::{AccountId, AppId, Instant, RequestId, Wall, redact};
use bowline_vault::Program;
use bowline_vault::audit::AuditEntry;

pub use answer::Verdict;
pub use question::{Asked, ProgramQuestion};

use crate::apps::Grant;
use crate::book::Entry;
use crate::caller::{AskingProgram, Origin, ProgramFile};
use crate::engine::Engine;
use crate::event::Event;
use crate::notice::{Heard, Kind};
use crate::{Caller, EngineError};

/// The longest path that is put in a sentence, in characters.
const LONGEST_SHOWN: usize = 120;
/// A program that nobody can tell is told of at most so often.
const UNKNOWN_AT_MOST_EVERY: Duration = Duration::from_secs(60);
/// How the path of our window ends when an update has put another one in its place. Whoever else calls itself so is
/// refused with the same words, and no more.
const OLD_WINDOW: &str = "/bowline-desktop (deleted)";
/// No read yet.
const NEVER: i64 = i64::MIN;

/// All programs that were decided about, and the open questions about others.
#[derive(Default)]
pub struct Programs {
    known: RwLock<HashMap<ProgramFile, Known>>,
    open: Mutex<HashMap<RequestId, Arc<ProgramQuestion>>>,
    unknown_told: Mutex<Option<Instant>>,
}

/// What was decided about one program.
struct Known {
    id: AppId,
    created_at: Wall,
    decisions: HashMap<AccountId, Decision>,
    last_read: AtomicI64,
    /// The last read is not on disk yet.
    unsaved: Mutex<bool>,
}

#[derive(Clone, Copy)]
struct Decision {
    allowed: bool,
    decided_at: Wall,
    /// Until then; `None` until it is revoked.
    ends_at: Option<Wall>,
}

/// A program as the owner sees it among the apps.
#[derive(Clone, Debug)]
pub struct ProgramSight {
    /// Its id there.
    pub id: AppId,
    /// Where its file lies.
    pub path: String,
    /// When the owner first decided about it.
    pub created_at: Wall,
    /// When it last read something.
    pub last_read_at: Option<Wall>,
    /// What it may read.
    pub grants: Vec<Grant>,
    /// What it is refused without a question.
    pub blocked: Vec<AccountId>,
}

/// How a caller came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// At once.
    AtOnce,
    /// After the person was asked.
    AfterAsking,
}

impl Admission {
    /// True when time has passed meanwhile.
    pub(crate) fn has_waited(self) -> bool {
        self == Self::AfterAsking
    }
}

impl Programs {
    pub(crate) fn fill(&self, programs: Vec<Program>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for program in programs {
            let decisions = program.rules.into_iter().map(|rule| {
                let (allowed, decided_at) = (rule.allowed, rule.decided_at);
                (rule.account, Decision { allowed, decided_at, ends_at: None })
            });
            let face = Known {
                id: program.id,
                created_at: program.created_at,
                decisions: decisions.collect(),
                last_read: AtomicI64::new(program.last_read_at.map_or(NEVER, Wall::unix_ms)),
                unsaved: Mutex::new(false),
            };
            known.insert(program.file, face);
        }
    }

    /// What was decided about this file and account, if it still holds. A yes is noted as a read.
    fn decided(&self, file: &ProgramFile, account: &AccountId, now: Wall) -> Option<bool> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let program = known.get(file)?;
        let decision = program.decisions.get(account)?;
        if decision.ends_at.is_some_and(|end| end <= now) {
            return None;
        }
        if decision.allowed {
            program.last_read.store(now.unix_ms(), Ordering::Relaxed);
            *program.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = true;
        }
        Some(decision.allowed)
    }

    /// When another file at the same path was allowed for this account.
    fn allowed_before(&self, file: &ProgramFile, account: &AccountId) -> Option<Wall> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let others = known.iter().filter(|(other, _)| other.path == file.path && *other != file);
        let rules = others.filter_map(|(_, program)| program.decisions.get(account));
        rules.filter(|rule| rule.allowed).map(|rule| rule.decided_at).max()
    }

    /// Puts a decision in force, in the place of all that was decided for the path and account before.
    fn decide(&self, id: &AppId, file: &ProgramFile, account: &AccountId, decision: Decision) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.iter_mut().filter(|(other, _)| other.path == file.path).for_each(|(_, program)| {
            program.decisions.remove(account);
        });
        let program = known.entry(file.clone()).or_insert_with(|| Known {
            id: id.clone(),
            created_at: decision.decided_at,
            decisions: HashMap::new(),
            last_read: AtomicI64::new(NEVER),
            unsaved: Mutex::new(false),
        });
        program.id = id.clone();
        program.decisions.insert(account.clone(), decision);
        known.retain(|_, program| !program.decisions.is_empty());
    }

    pub(crate) fn id_of(&self, file: &ProgramFile) -> Option<AppId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(file).map(|program| program.id.clone())
    }

    pub(crate) fn knows(&self, id: &AppId) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|program| program.id == *id)
    }

    /// Forgets a program and gives its path.
    fn take(&self, id: &AppId) -> Option<String> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let path = known.iter().find(|(_, program)| program.id == *id).map(|(file, _)| file.path.clone());
        known.retain(|_, program| program.id != *id);
        path
    }

    pub(crate) fn take_reads(&self) -> Vec<(AppId, Wall)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let unsaved = known.values().filter(|program| {
            std::mem::take(&mut *program.unsaved.lock().unwrap_or_else(PoisonError::into_inner))
        });
        unsaved.filter_map(|program| Some((program.id.clone(), program.last_read()?))).collect()
    }

    /// Takes an account out of everything that was decided, and ends the questions about it.
    pub(crate) fn forget_account(&self, account: &AccountId) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().filter(|question| question.account == *account).for_each(|question| {
            question.end(Asked::Denied);
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.values_mut().for_each(|program| {
            program.decisions.remove(account);
        });
        known.retain(|_, program| !program.decisions.is_empty());
    }
}

impl Known {
    fn last_read(&self) -> Option<Wall> {
        let at = self.last_read.load(Ordering::Relaxed);
        (at != NEVER).then(|| Wall::from_unix_ms(at))
    }

    fn sight(&self, path: &str, now: Wall) -> Option<ProgramSight> {
        let holds = |rule: &&Decision| rule.ends_at.is_none_or(|end| end > now);
        let mut grants = Vec::new();
        let mut blocked = Vec::new();
        for (account, rule) in self.decisions.iter().filter(|(_, rule)| holds(rule)) {
            if rule.allowed {
                grants.push(Grant { account: account.clone(), scopes: None, expires_at: rule.ends_at });
            } else {
                blocked.push(account.clone());
            }
        }
        if grants.is_empty() && blocked.is_empty() {
            return None;
        }
        grants.sort_by(|a, b| a.account.cmp(&b.account));
        blocked.sort();
        Some(ProgramSight {
            id: self.id.clone(),
            path: path.to_owned(),
            created_at: self.created_at,
            last_read_at: self.last_read(),
            grants,
            blocked,
        })
    }
}

impl Engine {
    /// True when the person is asked before a program without a key reads for the first time.
    pub fn confirms(&self) -> bool {
        self.policy().confirm
    }

    /// Tells the person that programs are not asked about any more, because the settings file says so now. The same
    /// edit may have silenced notices, so that this one is shown whatever they say.
    pub fn tell_unconfirmed(&self) {
        self.say_regardless("owner".to_owned(), Kind::Heard(Heard::NobodyIsAsked));
    }

    /// Records that settings were changed, by a caller or by an edit of their file. `confirmed` says whether programs
    /// were asked about before.
    pub fn settings_changed(&self, by: Option<&Caller>, confirmed: bool) {
        const EVENT: &str = "settings.changed";
        let entry = match by {
            Some(caller) => self.entry_of(caller, EVENT, None, Ok(())),
            None => self.own_entry(EVENT, None, Ok(())),
        };
        let opened = confirmed && !self.confirms();
        self.store.audit(AuditEntry { code: opened.then(|| "nobody_is_asked".into()), ..entry });
    }

    /// Refuses what only the person may do, where programs are told apart.
    ///
    /// # Errors
    /// [`EngineError::NotThePerson`]; [`EngineError::OldWindow`] for what looks like the window of before an update.
    pub fn require_person(&self, caller: &Caller) -> Result<(), EngineError> {
        if !self.confirms() || matches!(caller.origin(), Origin::Person) {
            return Ok(());
        }
        let old =
            matches!(caller.origin(), Origin::Program(program) if program.file.path.ends_with(OLD_WINDOW));
        Err(if old { EngineError::OldWindow } else { EngineError::NotThePerson })
    }

    /// The programs that were decided about, oldest first.
    pub fn programs(&self) -> Vec<ProgramSight> {
        let now = self.clock.wall();
        let known = self.programs.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = known.iter().filter_map(|(file, p)| p.sight(&file.path, now)).collect();
        all.sort_by_key(|program| program.created_at);
        all
    }

    /// Lets a caller in to read this account, or waits until the person has answered.
    ///
    /// Interrupts the person with one notice. Dropping the future leaves the question open.
    ///
    /// # Errors
    /// [`EngineError::ProgramRefused`], [`EngineError::RateLimited`].
    pub(crate) async fn admit(
        self: &Arc<Self>,
        caller: &Caller,
        entry: &Arc<Entry>,
    ) -> Result<Admission, EngineError> {
        if !caller.is_owner() || !self.confirms() || caller.is_let_in_to(&entry.id) {
            return Ok(Admission::AtOnce);
        }
        let program = match caller.origin() {
            Origin::Person => return Ok(Admission::AtOnce),
            Origin::Program(program) => program,
            Origin::Unknown => return Err(self.unknown_program(entry)),
        };
        match self.programs.decided(&program.file, &entry.id, self.clock.wall()) {
            Some(true) => Ok(Admission::AtOnce),
            Some(false) => Err(self.blocked(program, entry)),
            None => self.ask_about(program, entry).await,
        }
    }

    fn blocked(&self, program: &AskingProgram, entry: &Entry) -> EngineError {
        let (who, name) = (shown_name(&program.file.path), self.book.name_of(entry));
        let id = self.programs.id_of(&program.file).map(|id| id.to_string()).unwrap_or_default();
        EngineError::ProgramRefused {
            detail: format!(
                "{who} is blocked from reading {name}: take that back with `bowline apps revoke {id}`"
            ),
            account: entry.id.clone(),
        }
    }

    /// Nobody can be asked about a program that cannot be named.
    fn unknown_program(&self, entry: &Entry) -> EngineError {
        let name = self.book.name_of(entry);
        let now = self.clock.instant();
        let mut told = self.programs.unknown_told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| now.since(at) >= UNKNOWN_AT_MOST_EVERY) {
            *told = Some(now);
            drop(told);
            self.say("unknown program".to_owned(), Kind::Heard(Heard::UnknownProgram { name: name.clone() }));
        }
        EngineError::ProgramRefused {
            detail: format!(
                "Bowline cannot tell which program asks for {name}, so it said no: give the program a key of its \
                 own, with POST /v1/apps"
            ),
            account: entry.id.clone(),
        }
    }

    /// Takes back what was decided about a program: on disk first, so that a disk that refuses leaves something to try
    /// again, and nothing comes back after a restart.
    pub(crate) async fn revoke_program(&self, caller: &Caller, id: &AppId) -> Result<(), EngineError> {
        let entry =
            AuditEntry { app: Some(id.clone()), ..self.entry_of(caller, "app.revoked", None, Ok(())) };
        let gone = id.clone();
        self.store.run(move |vault| vault.forget_program(&gone, entry)).await?;
        let path = self.programs.take(id).unwrap_or_default();
        let name = Arc::from(shown_name(&path));
        self.events.tell(Event::App { app: Some(id.clone()), request: None, name, what: "revoked" });
        Ok(())
    }
}

/// A program's file name, fit for a sentence.
pub fn shown_name(path: &str) -> String {
    let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("a program");
    shown(name)
}

/// A path, fit for a sentence: nothing invisible, and not too long.
fn shown(path: &str) -> String {
    path.chars().filter(|c| redact::is_plain(c.encode_utf8(&mut [0; 4]))).take(LONGEST_SHOWN).collect()
}
