//! What a person does with the window, from the first start on.

use bowline_tests::{Home, Keyring, Session, Window};

#[test]
fn the_first_start_shows_one_sentence_and_the_first_step() {
    let session = Session::with_display(Keyring::Unlocked);
    let home = Home::in_session(&session);
    let window = Window::open(&home, &[]);
    window.see("Sign in once, stay signed in");
    window.see("Add account");
    window.picture("first-start");
    window.close();
}
