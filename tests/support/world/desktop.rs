//! A desktop that shows nothing and keeps everything: the pages it was to open, the notices it was to show.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bowline_engine::notice::Notice;
use bowline_engine::ports::{Browser, Notifier};
use url::Url;

/// A desktop for tests.
#[derive(Default)]
pub struct Desktop(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    opened: Vec<Url>,
    shown: Vec<Notice>,
    withdrawn: Vec<String>,
    broken: bool,
}

impl Desktop {
    /// From now on no browser can be started.
    pub fn break_browser(&self) {
        self.kept().broken = true;
    }

    /// Every page that was opened.
    pub fn opened(&self) -> Vec<Url> {
        self.kept().opened.clone()
    }

    /// Every notice that was shown.
    pub fn shown(&self) -> Vec<Notice> {
        self.kept().shown.clone()
    }

    /// Every notice that was shown under this key.
    pub fn shown_about(&self, key: &str) -> Vec<Notice> {
        self.shown().into_iter().filter(|notice| notice.key == key).collect()
    }

    /// The keys that were taken back.
    pub fn withdrawn(&self) -> Vec<String> {
        self.kept().withdrawn.clone()
    }

    pub(super) fn told(&self) -> usize {
        let kept = self.kept();
        kept.shown.len() + kept.withdrawn.len() + kept.opened.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser for Desktop {
    fn open(&self, address: &Url) -> Result<(), String> {
        let mut kept = self.kept();
        if kept.broken {
            return Err("no browser could be started".to_owned());
        }
        kept.opened.push(address.clone());
        Ok(())
    }
}

impl Notifier for Desktop {
    fn show(&self, notice: &Notice) {
        self.kept().shown.push(notice.clone());
    }

    fn withdraw(&self, key: &str) {
        self.kept().withdrawn.push(key.to_owned());
    }
}
