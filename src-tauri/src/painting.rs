//! How the page is painted on Linux: by the processor, without a graphics stack (docs/decisions/0024).
//!
//! The toolkit and the web view are told before they begin, in their own variables, and the view once more in its
//! settings. What a person set there themselves stays. Programs that this one starts do not inherit it.

use std::process::Command;
use std::sync::OnceLock;

use gtk::prelude::WidgetExt;
use webkit2gtk::glib;
use webkit2gtk::{HardwareAccelerationPolicy, LoadEvent, SettingsExt, WebView, WebViewExt};

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

/// Tells the view, and shows the window, and the view in it once its page is there. The window has to be hidden until then.
///
/// The page is words and lines, which the processor paints at no cost worth naming; the surfaces that a graphics stack
/// would keep for it, most of all for a long list, are a quarter of the window's memory.
///
/// # Errors
/// When the view is gone.
pub fn show_plainly(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|view| {
        let view = view.inner();
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
        show_with_its_page(&view);
    })?;
    window.show()
}

/// Drawing a view asks its process for the picture and waits half a second for it; a process that has nothing to show
/// yet may itself be waiting for this one. Until what its page consists of is loaded, or has failed, the view has its
/// place and its size and is not drawn.
fn show_with_its_page(view: &WebView) {
    view.set_child_visible(false);
    view.connect_load_changed(|view, event| {
        if event == LoadEvent::Finished && !view.is_child_visible() {
            view.set_child_visible(true);
            // Only now can it have what is typed.
            view.grab_focus();
        }
    });
}
