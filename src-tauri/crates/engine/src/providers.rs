//! The providers there are: built-in, a person's files, any issuer by its URL, and the practice provider of
//! this run. The engine asks here and nowhere else.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bowline_base::{Account, ProviderId};
pub use bowline_oauth::Provider;
use bowline_oauth::catalog::Catalog;
use bowline_oauth::provider::Origin;
pub use bowline_oauth::provider::ProviderFileError;
pub use bowline_oauth::provider::Redirect;

use crate::EngineError;
use crate::book::Known;

/// The id under which a running practice provider is found.
pub const PRACTICE: &str = "practice";

/// More of what the practice provider says of itself is not read.
const LARGEST: u64 = 64 * 1024;

/// Built-in providers, a person's files, and the practice provider.
pub struct Providers {
    folder: PathBuf,
    catalog: Catalog,
    practice_file: PathBuf,
}

impl Providers {
    /// Providers from a person's folder; `practice_file` is where a running practice provider describes itself.
    pub fn new(folder: &Path, practice_file: PathBuf) -> Self {
        Self { folder: folder.to_path_buf(), catalog: Catalog::new(folder.to_path_buf()), practice_file }
    }

    /// Where a person's own provider files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The provider that a person means: an id, an issuer's URL, or an e-mail address.
    ///
    /// # Errors
    /// [`EngineError::ProviderNotFound`] with the nearest name, [`EngineError::ProviderMisconfigured`] with file,
    /// line and field.
    pub fn find(&self, asked: &str) -> Result<Arc<Provider>, EngineError> {
        if asked.contains("://") {
            return Provider::for_issuer(asked).map(Arc::new).map_err(|error| {
                EngineError::ProviderMisconfigured {
                    detail: format!("that address cannot be used: {error}"),
                    account: None,
                    reason: None,
                    failure: None,
                }
            });
        }
        if asked.contains('@') {
            return self.catalog.by_email(asked).ok_or_else(|| self.not_found(asked));
        }
        match self.by_id(asked)? {
            Some(provider) => Ok(provider),
            None => Err(self.not_found(asked)),
        }
    }

    /// The provider of an account: by its id, or made again from the issuer that gave its tokens.
    ///
    /// # Errors
    /// As [`Providers::find`]; also when the file now names another issuer, because tokens go only to the issuer
    /// that gave them (RFC 9700 §2.1).
    pub fn of(&self, account: &Account) -> Result<Arc<Provider>, EngineError> {
        let provider = match (self.by_id(account.provider.as_str())?, &account.issuer) {
            (Some(provider), _) => provider,
            (None, Some(issuer)) => self.find(issuer)?,
            (None, None) => return Err(self.not_found(account.provider.as_str())),
        };
        match (&provider.issuer, &account.issuer) {
            (Some(now), Some(then)) if now != then => Err(EngineError::ProviderMisconfigured {
                detail: format!(
                    "{} now names another issuer than the one that signed you in: take the change back, or \
                     disconnect this account and connect it anew",
                    provider.name
                ),
                account: Some(account.id.clone()),
                reason: Some(bowline_base::Reason::InvalidEndpoint),
                failure: None,
            }),
            _ => Ok(provider),
        }
    }

    /// All providers, and the files that could not be read.
    pub fn all(&self) -> (Vec<Arc<Provider>>, Vec<ProviderFileError>) {
        let (mut all, errors) = self.catalog.all();
        if let Some(practice) = self.practice().ok().flatten() {
            // As in a look-up by id: the running one goes before a file of the same id.
            all.retain(|provider| provider.id != practice.id);
            all.push(practice);
        }
        (all, errors)
    }

    /// Looks at the folder now: a file in it was written by ourselves.
    pub fn look_now(&self) {
        self.catalog.look_now();
    }

    /// True for an account of the practice provider while none runs. Nobody is there to be asked: whoever has its port by
    /// now is somebody else.
    pub(crate) fn is_away(&self, account: &Account) -> bool {
        account.provider.as_str() == PRACTICE && matches!(self.by_id(PRACTICE), Ok(None))
    }

    /// What a read or a sentence needs; the bare id where the provider's file is broken.
    pub(crate) fn known(&self, account: &Account) -> Arc<Known> {
        Arc::new(match self.of(account) {
            Ok(provider) => Known::of(&provider),
            // As most providers want it, until its file can be read.
            Err(_) => Known {
                name: account.provider.to_string(),
                header: "Authorization".to_owned(),
                scheme: "Bearer".to_owned(),
                ..Known::default()
            },
        })
    }

    fn by_id(&self, id: &str) -> Result<Option<Arc<Provider>>, EngineError> {
        if id == PRACTICE
            && let Some(provider) = self.practice()?
        {
            return Ok(Some(provider));
        }
        self.catalog.find(id).map_err(|error| misconfigured(&error))
    }

    fn practice(&self) -> Result<Option<Arc<Provider>>, EngineError> {
        let text = match bowline_oauth::regular::read_text(&self.practice_file, LARGEST) {
            Ok(text) => text,
            // None runs; or what lies there is nothing that one writes.
            Err(error) if is_no_description(error.kind()) => return Ok(None),
            // One runs, and cannot be read just now: that is trouble on this computer, and no provider set up wrongly.
            Err(error) => {
                let detail = format!(
                    "the file {} cannot be read ({error}): see `bowline doctor`, then try again",
                    self.practice_file.display()
                );
                return Err(EngineError::Storage { detail });
            }
        };
        let origin = Origin::File(self.practice_file.clone());
        bowline_oauth::provider::parse(&text, origin)
            .map(|p| Some(Arc::new(p)))
            .map_err(|e| misconfigured(&e))
    }

    fn not_found(&self, asked: &str) -> EngineError {
        let practice = (asked == PRACTICE).then(|| "practice (start it with `bowline practice`)".to_owned());
        EngineError::ProviderNotFound {
            asked: bowline_base::redact::foreign(asked),
            nearest: practice.or_else(|| self.catalog.nearest(asked).map(|id: ProviderId| id.to_string())),
        }
    }
}

const fn is_no_description(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::Other
            | ErrorKind::FileTooLarge
            | ErrorKind::InvalidData
    )
}

fn misconfigured(error: &ProviderFileError) -> EngineError {
    EngineError::ProviderMisconfigured {
        detail: error.to_string(),
        account: None,
        reason: None,
        failure: None,
    }
}

impl Known {
    pub(crate) fn of(provider: &Provider) -> Self {
        Self {
            name: provider.name.clone(),
            required: provider.required_scopes.clone(),
            header: provider.quirks.use_header.clone(),
            scheme: provider.quirks.use_scheme.clone(),
            dashboard: provider.facts.dashboard.clone(),
            lifetimes: provider.lifetimes,
            secret_ends: provider.client.secret_ends,
        }
    }
}

/// Reads a provider file's text without taking it up, over the built-in provider of the same id if there is one.
/// Gives the provider, and what a person must still bring before it can be connected.
///
/// # Errors
/// [`ProviderFileError`] with line and field; `file` names it.
pub fn check(
    text: &str,
    file: Option<&str>,
) -> Result<(Provider, Vec<ProviderFileError>), ProviderFileError> {
    let origin = Origin::File(PathBuf::from(file.unwrap_or("provider.toml")));
    let ground = |id: &ProviderId| bowline_oauth::catalog::built_in(id.as_str()).map(|p| (*p).clone());
    bowline_oauth::provider::check(text, origin, ground)
}

/// The provider of this id that is built in.
pub fn built_in(id: &str) -> Option<Arc<Provider>> {
    bowline_oauth::catalog::built_in(id)
}

/// The file that describes a provider, where one does.
pub fn file(provider: &Provider) -> Option<&Path> {
    match &provider.origin {
        Origin::File(path) => Some(path),
        Origin::BuiltIn | Origin::Issuer => None,
    }
}

/// Where a provider's description comes from: `built-in`, `issuer`, or its file.
pub fn origin(provider: &Provider) -> String {
    match &provider.origin {
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::Issuer => "issuer".to_owned(),
        Origin::File(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
