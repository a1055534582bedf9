//! A window with one word in it: what `make bench` holds Bowline's window against.

use std::io::Write;

/// The page has shown its word.
#[tauri::command]
fn shown() {
    let mut out = std::io::stdout().lock();
    // Whoever measures may have gone already.
    let _ = writeln!(out, r#"{{"event":"shown"}}"#).and_then(|()| out.flush());
}

fn main() {
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![shown])
        .setup(|app| {
            let page = tauri::WebviewUrl::App("index.html".into());
            tauri::WebviewWindowBuilder::new(app, "main", page)
                .title("Empty")
                .inner_size(980.0, 700.0)
                .incognito(true)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!("examples/empty/tauri.conf.json"))
        .expect("an empty window can be opened");
}
