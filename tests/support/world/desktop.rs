//! A desktop that shows nothing and keeps everything: the pages it was to open, the notices it was to show.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bowline_base::time::HandClock;
use bowline_base::{Clock, Instant};
use bowline_engine::notice::{Button, Means, Notice};
use bowline_engine::ports::{Browser, Notifier};
use url::Url;

/// A notice as the person saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Under which key.
    pub key: String,
    /// The first line.
    pub title: String,
    /// What happened, and the move.
    pub body: String,
    /// What could be pressed.
    pub buttons: Vec<Button>,
    /// The notice itself.
    pub notice: Notice,
    /// When it was shown, by the stopwatch.
    pub at: Instant,
}

/// What was done on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A notice was shown, anew or in the place of another.
    Shown(Box<Told>),
    /// The notice with this key was taken back.
    Withdrawn(String),
}

/// A desktop for tests.
pub struct Desktop {
    kept: Mutex<Kept>,
    clock: HandClock,
}

#[derive(Default)]
struct Kept {
    opened: Vec<Url>,
    shown: Vec<Told>,
    withdrawn: Vec<String>,
    deeds: Vec<Deed>,
    screen: BTreeMap<String, Told>,
    broken: bool,
}

impl Desktop {
    /// A desktop that knows by this clock when it was told something.
    pub fn by(clock: HandClock) -> Self {
        Self { kept: Mutex::default(), clock }
    }

    /// From now on no browser can be started.
    pub fn break_browser(&self) {
        self.kept().broken = true;
    }

    /// Every page that was opened.
    pub fn opened(&self) -> Vec<Url> {
        self.kept().opened.clone()
    }

    /// Every notice that was shown.
    pub fn shown(&self) -> Vec<Told> {
        self.kept().shown.clone()
    }

    /// What was shown and taken back, in order, after the first `known` deeds.
    pub fn deeds_from(&self, known: usize) -> Vec<Deed> {
        self.kept().deeds.get(known..).unwrap_or_default().to_vec()
    }

    /// Every notice that was shown under this key.
    pub fn shown_about(&self, key: &str) -> Vec<Told> {
        self.shown().into_iter().filter(|notice| notice.key == key).collect()
    }

    /// The keys that were taken back.
    pub fn withdrawn(&self) -> Vec<String> {
        self.kept().withdrawn.clone()
    }

    /// What is on the screen: shown, and neither taken back nor replaced.
    pub fn on_screen(&self) -> Vec<Told> {
        self.kept().screen.values().cloned().collect()
    }

    pub(super) fn told(&self) -> usize {
        let kept = self.kept();
        kept.shown.len() + kept.withdrawn.len() + kept.opened.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
        let text = notice.text(Means::ALL);
        let told = Told {
            key: notice.key.clone(),
            title: text.title,
            body: text.body,
            buttons: text.buttons.into_iter().map(|(button, _)| button).collect(),
            notice: notice.clone(),
            at: self.clock.instant(),
        };
        let mut kept = self.kept();
        if let Some(old) = &notice.instead_of {
            kept.screen.remove(old);
        }
        kept.screen.insert(told.key.clone(), told.clone());
        kept.deeds.push(Deed::Shown(Box::new(told.clone())));
        kept.shown.push(told);
    }

    fn withdraw(&self, key: &str) {
        let mut kept = self.kept();
        kept.screen.remove(key);
        kept.deeds.push(Deed::Withdrawn(key.to_owned()));
        kept.withdrawn.push(key.to_owned());
    }
}
