//! What the engine may ask of this computer's desktop. Each has a stand-in in tests.

use url::Url;

use crate::notice::Notice;

/// Opens pages in the person's own browser. Called only for a person's act (promise 7).
pub trait Browser: Send + Sync + 'static {
    /// Opens an address, which is `https` or loopback `http`.
    ///
    /// # Errors
    /// A sentence that says why no browser could be started; the person is shown the address instead.
    fn open(&self, address: &Url) -> Result<(), String>;
}

/// Tells the person something that needs them.
pub trait Notifier: Send + Sync + 'static {
    /// Shows a notice, or puts it in place of an older one with the same key. Never blocks.
    fn show(&self, notice: &Notice);
    /// Takes back the notice with this key, if it is shown. Never blocks.
    fn withdraw(&self, key: &str);
}

/// A desktop without a browser and without notifications: `--headless`, and most tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDesktop;

impl Browser for NoDesktop {
    fn open(&self, _address: &Url) -> Result<(), String> {
        Err("no browser is set up for the agent".to_owned())
    }
}

impl Notifier for NoDesktop {
    fn show(&self, _notice: &Notice) {}
    fn withdraw(&self, _key: &str) {}
}
