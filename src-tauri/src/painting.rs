//! How the page is painted on Linux: by the processor, without a graphics stack (docs/decisions/0024).
//!
//! The toolkit and the web view are told before they begin, in their own variables, and the view once more in its
//! settings. What a person set there themselves stays. Programs that this one starts do not inherit it.

use std::process::Command;
use std::sync::OnceLock;

use webkit2gtk::glib;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

/// No look at what the graphics card can do, and no buffers that are shared with it.
const PLAIN: [(&str, &str); 2] = [("GDK_GL", "disable"), ("WEBKIT_DISABLE_DMABUF_RENDERER", "1")];

/// Those of them that this program has set.
static SET: OnceLock<Vec<&'static str>> = OnceLock::new();

/// Tells the toolkit and the web view. To be called before any other thread is there.
pub fn begin_plainly() {
    SET.get_or_init(|| {
        let is_set = |(name, value): (&'static str, &str)| {
            (std::env::var_os(name).is_none() && glib::setenv(name, value, false).is_ok()).then_some(name)
        };
        PLAIN.into_iter().filter_map(is_set).collect()
    });
}

/// What is started knows nothing of it: the agent starts browsers, which paint as they like.
pub fn is_not_for(command: &mut Command) {
    SET.get().into_iter().flatten().for_each(|name| _ = command.env_remove(name));
}

/// Tells the view. The page is words and lines, which the processor paints at no cost worth naming; the surfaces that a
/// graphics stack would keep for it, most of all for a long list, are a quarter of the window's memory.
///
/// # Errors
/// When the view is gone.
pub fn paint_plainly(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|view| {
        if let Some(settings) = WebViewExt::settings(&view.inner()) {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}
