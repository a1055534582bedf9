//! The real window: the built program, driven through WebKitWebDriver in a private session with a display.

mod desk;
mod stories;
