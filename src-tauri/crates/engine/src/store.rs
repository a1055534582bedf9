//! The vault on a thread of its own. One owner of the database, no lock held across an await.
//!
//! Work is sent as closures and answered through a channel. Audit entries of reads are the exception: they are
//! put on a heap that the thread empties in groups, so that a read costs no disk access of its own and many
//! reads share one synced write. Whatever must be on disk before it is told goes through [`Store::run`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bowline_vault::Vault;
use bowline_vault::audit::AuditEntry;
use tokio::sync::oneshot;

/// How long the first entry of a group waits for others: what a crash may cost the trail of reads.
const GROUP_WAIT: Duration = Duration::from_millis(200);
/// A group of this size is written at once, so that many reads take time rather than memory.
const FULL_GROUP: usize = 1024;
/// How long a log that could not be emptied at once waits until that is tried again.
const TIDY_AGAIN: Duration = Duration::from_secs(60);
/// While the disk refuses, at most so many entries wait in memory; further reads still answer.
const MOST_WAITING: usize = 200_000;

type Work = Box<dyn FnOnce(&mut Vault) + Send>;

enum Job {
    Run(Work),
    AuditWaits { full: bool },
    Flush(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// A handle on the vault's thread. Cloning shares it.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<Mutex<Vec<AuditEntry>>>,
    stopped: Arc<AtomicBool>,
}

impl Store {
    /// Moves the vault to its thread.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(vault: Vault) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let waiting = Arc::<Mutex<Vec<AuditEntry>>>::default();
        let theirs = Arc::clone(&waiting);
        // SQLite needs little stack; the default of two megabytes would only be address space.
        std::thread::Builder::new()
            .name("vault".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || Keeper { vault, waiting: theirs, flush_at: None, tidy_at: None }.work(&inbox))?;
        Ok(Self { jobs, waiting, stopped: Arc::default() })
    }

    /// Runs `work` on the vault and gives its answer. Work runs in the order it was sent. Dropping the future
    /// does not cancel the work.
    ///
    /// After [`Store::stop`] nothing is done and no answer comes: the agent is about to end.
    ///
    /// # Panics
    /// When the vault's thread has ended before it was told to, which only a defect in its work can bring about.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Vault) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        let job = Job::Run(Box::new(move |vault| {
            // The asker may have gone; the work is done all the same.
            let _ = answer.send(work(vault));
        }));
        let _ = self.jobs.send(job);
        match answered.await {
            Ok(answer) => answer,
            Err(_) if self.stopped.load(Ordering::SeqCst) => std::future::pending().await,
            Err(_) => panic!("the vault's thread outlives everybody who asks it, and answers all work"),
        }
    }

    /// Has `work` done on the vault, after what was sent before; nobody waits for it.
    pub fn later(&self, work: impl FnOnce(&mut Vault) + Send + 'static) {
        // The thread ends only with the agent.
        let _ = self.jobs.send(Job::Run(Box::new(work)));
    }

    /// Records an entry soon, together with others.
    pub fn audit(&self, entry: AuditEntry) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST_WAITING {
            tracing::error!("the audit trail cannot be written and its memory is full: an entry is lost");
            return;
        }
        waiting.push(entry);
        let waits = waiting.len();
        drop(waiting);
        // Only the first of a group wakes the thread, and the one that fills it. It has ended only when the agent
        // ends.
        if waits == 1 || waits == FULL_GROUP {
            let _ = self.jobs.send(Job::AuditWaits { full: waits == FULL_GROUP });
        }
    }

    /// Writes the audit entries that wait, now.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.jobs.send(Job::Flush(done)).is_ok() {
            let _ = wait.await;
        }
    }

    /// Writes what waits, closes the vault and ends the thread.
    pub async fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        let (done, wait) = oneshot::channel();
        if self.jobs.send(Job::Stop(done)).is_ok() {
            let _ = wait.await;
        }
    }
}

struct Keeper {
    vault: Vault,
    waiting: Arc<Mutex<Vec<AuditEntry>>>,
    flush_at: Option<Instant>,
    tidy_at: Option<Instant>,
}

impl Keeper {
    fn work(mut self, inbox: &mpsc::Receiver<Job>) {
        loop {
            let wakes_at = self.flush_at.into_iter().chain(self.tidy_at).min();
            let job = match wakes_at {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match job {
                Ok(Job::Run(work)) => {
                    work(&mut self.vault);
                    self.plan_tidying();
                }
                Ok(Job::AuditWaits { full: true }) => self.flush(),
                Ok(Job::AuditWaits { full: false }) => {
                    self.flush_at = self.flush_at.or(Some(Instant::now() + GROUP_WAIT));
                }
                Err(RecvTimeoutError::Timeout) => self.do_what_is_due(),
                Ok(Job::Flush(done)) => {
                    self.flush();
                    let _ = done.send(());
                }
                Ok(Job::Stop(done)) => {
                    self.flush();
                    drop(self.vault);
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
        }
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush();
        }
        if self.tidy_at.is_some_and(|at| at <= now) {
            self.tidy_at = None;
            if self.vault.tidy().is_ok() {
                tracing::info!("the vault's log is empty now");
            }
            self.plan_tidying();
        }
    }

    /// What a deletion or a new key left in the vault's log is taken out later, where it could not be at once.
    fn plan_tidying(&mut self) {
        if self.vault.owes_tidying() && self.tidy_at.is_none() {
            tracing::warn!(
                "the vault's log cannot be emptied while another program has the file open; trying again"
            );
            self.tidy_at = Some(Instant::now() + TIDY_AGAIN);
        }
    }

    /// Writes the group. What the disk refuses goes back to the front and is tried again later.
    fn flush(&mut self) {
        self.flush_at = None;
        // Several groups of a bounded size rather than one of any: readers go on while one is synced.
        while self.flush_group() {}
    }

    /// True while more is waiting and the disk takes it.
    fn flush_group(&mut self) -> bool {
        let (group, more) = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let end = waiting.len().min(FULL_GROUP);
            let rest = waiting.split_off(end);
            (std::mem::replace(&mut *waiting, rest), !waiting.is_empty())
        };
        if group.is_empty() {
            return false;
        }
        if let Err(error) = self.vault.append_audit(&group) {
            tracing::error!(%error, entries = group.len(), "the audit trail cannot be written; trying again");
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.splice(0..0, group);
            self.flush_at = Some(Instant::now() + Duration::from_secs(5));
            return false;
        }
        more
    }
}
