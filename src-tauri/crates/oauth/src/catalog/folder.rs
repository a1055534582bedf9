//! A folder of provider files: read when they changed, the last good one kept when a new one is bad.
//!
//! Files are bounded in size and number. What a look found is remembered until somebody asks for it, so that a
//! change seen in passing is still told.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bowline_base::ProviderId;

use super::{Reload, built_in};
use crate::provider::{Origin, Provider, ProviderFileError, parse_over};

/// The most files that are looked at.
const MAX_FILES: usize = 500;
/// One byte more than a file may have, so that one too long is noticed.
const READ: u64 = 64 * 1024 + 1;

type Found = Result<Arc<Provider>, ProviderFileError>;

/// The folder as it was at the last look.
pub(super) struct Folder {
    path: PathBuf,
    files: BTreeMap<PathBuf, File>,
    trouble: Option<ProviderFileError>,
    untold: Reload,
}

struct File {
    stamp: Stamp,
    /// The last reading that was whole.
    good: Option<Arc<Provider>>,
    /// What is wrong with the newest.
    error: Option<ProviderFileError>,
}

/// Tells an edited file from the one that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    node: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let node = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let node = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), node }
    }
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, files: BTreeMap::new(), trouble: None, untold: Reload::default() }
    }

    /// The provider of this id: `None` where no file speaks of it, an error where one does and is broken.
    pub(super) fn find(&self, id: &str) -> Option<Found> {
        let good = self.files.values().filter_map(|file| file.good.as_ref()).find(|p| p.id.as_str() == id);
        if let Some(provider) = good {
            return Some(Ok(Arc::clone(provider)));
        }
        let named = |path: &Path| path.file_stem().is_some_and(|stem| stem == id);
        let broken = self.files.iter().find(|(path, file)| file.good.is_none() && named(path));
        broken.and_then(|(_, file)| file.error.clone()).map(Err)
    }

    /// Every provider that a whole file describes.
    pub(super) fn providers(&self) -> Vec<Arc<Provider>> {
        self.files.values().filter_map(|file| file.good.clone()).collect()
    }

    /// What is wrong at present.
    pub(super) fn errors(&self) -> Vec<ProviderFileError> {
        self.trouble
            .iter()
            .chain(self.files.values().filter_map(|file| file.error.as_ref()))
            .cloned()
            .collect()
    }

    /// Looks, and tells everything that was not told yet.
    pub(super) fn look(&mut self) -> Reload {
        self.look_quietly();
        std::mem::take(&mut self.untold)
    }

    /// Looks, and keeps what is to be told.
    pub(super) fn look_quietly(&mut self) {
        let present = match list(&self.path) {
            Ok(present) => present,
            Err(error) => return self.in_trouble(Some(error)),
        };
        let excess = present.len() > MAX_FILES;
        self.in_trouble(
            excess
                .then(|| whole(&self.path, format!("the folder holds more than {MAX_FILES} provider files"))),
        );
        let present: BTreeMap<PathBuf, Stamp> = present.into_iter().take(MAX_FILES).collect();
        self.forget_missing(&present);
        for (path, stamp) in present {
            if self.files.get(&path).is_none_or(|file| file.stamp != stamp) {
                self.read(path, stamp);
            }
        }
    }

    fn in_trouble(&mut self, trouble: Option<ProviderFileError>) {
        if self.trouble != trouble {
            self.untold.errors.extend(trouble.clone());
            self.trouble = trouble;
        }
    }

    fn forget_missing(&mut self, present: &BTreeMap<PathBuf, Stamp>) {
        let gone: Vec<PathBuf> =
            self.files.keys().filter(|path| !present.contains_key(*path)).cloned().collect();
        for path in gone {
            let file = self.files.remove(&path);
            self.left(file.and_then(|file| file.good).map(|provider| provider.id.clone()));
        }
    }

    /// An id has become free: files that were refused because of it are read again.
    fn left(&mut self, id: Option<ProviderId>) {
        if id.is_some() {
            let waits = |file: &File| file.good.is_none() && file.error.as_ref().is_some_and(is_about_id);
            self.files.retain(|_, file| !waits(file));
        }
        self.changed(id);
    }

    fn read(&mut self, path: PathBuf, stamp: Stamp) {
        let old = self.files.remove(&path).and_then(|file| file.good);
        let file = match self.provider(&path) {
            Ok(new) if old.as_deref() == Some(&new) => File { stamp, good: old, error: None },
            Ok(new) => {
                let left = old.filter(|old| old.id != new.id).map(|old| old.id.clone());
                self.left(left);
                self.changed(Some(new.id.clone()));
                File { stamp, good: Some(Arc::new(new)), error: None }
            }
            Err(error) => {
                self.untold.errors.push(error.clone());
                File { stamp, good: old, error: Some(error) }
            }
        };
        self.files.insert(path, file);
    }

    fn provider(&self, path: &Path) -> Result<Provider, ProviderFileError> {
        let text = read_text(path).map_err(|error| whole(path, format!("it cannot be read: {error}")))?;
        let ground = |id: &ProviderId| built_in(id.as_str()).map(|provider| (*provider).clone());
        let provider = parse_over(&text, Origin::File(path.to_owned()), ground)?;
        let holder =
            self.files.iter().find(|(_, file)| file.good.as_ref().is_some_and(|p| p.id == provider.id));
        match holder {
            Some((other, _)) => Err(ProviderFileError {
                field: Some("id".into()),
                ..whole(path, format!("{} has this id already", other.display()))
            }),
            None => Ok(provider),
        }
    }

    fn changed(&mut self, id: Option<ProviderId>) {
        let id = id.filter(|id| !self.untold.changed.contains(id));
        self.untold.changed.extend(id);
    }
}

fn is_about_id(error: &ProviderFileError) -> bool {
    error.field.as_deref() == Some("id")
}

/// An error about a file, or the folder, as a whole.
fn whole(path: &Path, problem: String) -> ProviderFileError {
    ProviderFileError { file: Some(path.to_owned()), line: None, field: None, problem, suggestion: None }
}

/// Regular files that end in `.toml`, hidden ones left out: editors keep their copies there. A folder that is
/// not there is empty.
fn list(folder: &Path) -> Result<BTreeMap<PathBuf, Stamp>, ProviderFileError> {
    let failed = |error: io::Error| whole(folder, format!("it cannot be read: {error}"));
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = BTreeMap::new();
    for entry in entries.take(MAX_FILES * 4) {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        if let Some(metadata) = fs::metadata(&path).ok().filter(Metadata::is_file) {
            found.insert(path, Stamp::of(&metadata));
        }
    }
    Ok(found)
}

/// At most one byte more than is accepted; the parser says that it is too long.
fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(READ).read_to_string(&mut text)?;
    Ok(text)
}
