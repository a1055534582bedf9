//! Changing a file that a person edits: their comments, their order and what we do not know stay as they are.
//!
//! Settings here, providers in `edit/provider.rs`. A change is checked by the same reader that reads the file at the start; nothing is written that it would refuse.

pub(crate) mod provider;

use std::io::ErrorKind;
use std::path::Path;

use bowline_engine::EngineError;
use bowline_wire::shapes::{FileProblemView, SettingsBody};
use serde_json::Value;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::settings::{self, DefaultOwner, Settings};

/// The largest settings file that is read, and so the largest that is written.
const LARGEST: usize = 64 * 1024;

/// The settings file as it is after this change, and what it means.
pub(crate) fn changed_settings(
    path: &Path,
    change: &SettingsBody,
    owner: DefaultOwner,
) -> Result<(String, Settings), EngineError> {
    let mut document = document(path)?;
    for (section, keys) in &change.0 {
        let keys = keys
            .as_object()
            .ok_or_else(|| EngineError::invalid(format!("`{section}` has to be an object with keys")))?;
        for (key, wanted) in keys {
            settings::check(section, key, wanted).map_err(|problem| refused(&problem))?;
            set(&mut document, section, key, wanted)?;
        }
    }
    let text = document.to_string();
    if text.len() > LARGEST {
        return Err(EngineError::invalid("the settings file would be larger than 64 KiB"));
    }
    let read = Settings::parse(&text, path, owner);
    match read.view.problems.first() {
        None => Ok((text, read)),
        Some(problem) => {
            Err(EngineError::invalid(format!("{}: mend that first", crate::watch::told(problem))))
        }
    }
}

/// The file's text with its layout; an empty document where there is no file.
pub(crate) fn document(path: &Path) -> Result<DocumentMut, EngineError> {
    let text = match bowline_oauth::regular::read_text(path, LARGEST as u64) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(EngineError::Storage {
                detail: format!("{} cannot be read: {error}", path.display()),
            });
        }
    };
    text.parse().map_err(|error: toml_edit::TomlError| {
        let line =
            error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
        EngineError::invalid(format!(
            "{}, line {line}, cannot be read ({}): mend it first",
            path.display(),
            error.message().lines().next().unwrap_or_default()
        ))
    })
}

/// Puts a value in its section, where the key stands already or at the section's end; `null` takes it out.
fn set(document: &mut DocumentMut, section: &str, key: &str, wanted: &Value) -> Result<(), EngineError> {
    if wanted.is_null() {
        if let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut) {
            table.remove(key);
        }
        return Ok(());
    }
    let table = section_of(document.as_table_mut(), section)?;
    put(
        table,
        key,
        item(wanted).ok_or_else(|| EngineError::invalid(format!("`{section}.{key}` cannot be written")))?,
    );
    Ok(())
}

/// The section of this name, made at the end where there is none.
pub(crate) fn section_of<'a>(
    table: &'a mut Table,
    section: &str,
) -> Result<&'a mut dyn toml_edit::TableLike, EngineError> {
    table
        .entry(section)
        .or_insert_with(toml_edit::table)
        .as_table_like_mut()
        .ok_or_else(|| EngineError::invalid(format!("`{section}` in the file is no section: mend it first")))
}

/// Sets a key where it stands, with the comments around it, or at the section's end.
pub(crate) fn put(table: &mut dyn toml_edit::TableLike, key: &str, mut new: Item) {
    let Some(there) = table.get_mut(key) else {
        table.insert(key, new);
        return;
    };
    if let (Some(old), Some(new)) = (there.as_value(), new.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    *there = new;
}

fn item(wanted: &Value) -> Option<Item> {
    Some(match wanted {
        Value::Bool(yes) => value(*yes),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => value(whole),
            None => value(number.as_f64()?),
        },
        Value::String(text) => value(text.as_str()),
        Value::Array(list) => value(list.iter().map(Value::as_str).collect::<Option<Array>>()?),
        Value::Null | Value::Object(_) => return None,
    })
}

fn refused(problem: &FileProblemView) -> EngineError {
    let field = problem.field.as_deref().unwrap_or_default();
    let nearest =
        problem.suggestion.as_deref().map(|word| format!(" (did you mean \"{word}\"?)")).unwrap_or_default();
    EngineError::invalid(format!("`{}`: {}{nearest}", bowline_base::redact::foreign(field), problem.problem))
}

/// The disk refused.
pub(crate) fn not_written(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Storage { detail: format!("{} cannot be written: {error}", path.display()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(text: &str, change: Value) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        let change: SettingsBody = serde_json::from_value(change).unwrap();
        changed_settings(&path, &change, DefaultOwner::Any).map(|(text, _)| text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_change_keeps_comments_order_and_everything_else() {
        let text = "# mine\n[ipc] # doors\nport = 4000 # fixed\nhttp = true\n\n[refresh]\nmargin = \"2m\"\n";
        let after = changed(text, json!({"ipc": {"port": 0}, "refresh": {"margin": "3m"}})).unwrap();
        assert_eq!(after, text.replace("4000", "0").replace("2m", "3m"));
    }

    #[test]
    fn a_section_that_is_not_there_is_made_and_null_takes_the_default_back() {
        let after =
            changed("", json!({"notifications": {"enabled": false}, "warn": {"before": ["2d", "1d"]}}))
                .unwrap();
        assert_eq!(after, "[notifications]\nenabled = false\n\n[warn]\nbefore = [\"2d\", \"1d\"]\n");
        let after =
            changed(&after, json!({"notifications": {"enabled": null}, "audit": {"keep": null}})).unwrap();
        assert_eq!(after, "[notifications]\n\n[warn]\nbefore = [\"2d\", \"1d\"]\n");
    }

    #[test]
    fn dotted_and_inline_sections_are_changed_where_they_stand() {
        let after = changed(
            "ipc.port = 4000\nrefresh = { margin = \"2m\" }\n",
            json!({"ipc": {"port": 1}, "refresh": {"margin": "4m"}}),
        )
        .unwrap();
        assert_eq!(after, "ipc.port = 1\nrefresh = { margin = \"4m\" }\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn e22_what_is_no_file_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let endless = folder.path().join("settings.toml");
        std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
        let error = document(&endless).unwrap_err().to_string();
        assert!(error.contains("it is not a file"), "{error}");
    }

    #[test]
    fn e22_a_wrong_value_is_refused_with_its_field_and_what_is_right() {
        for (change, words) in [
            (json!({"ipc": {"port": 70000}}), "`ipc.port`: it has to be a port, 0 to 65535"),
            (json!({"ipc": {"owner": "me"}}), "`ipc.owner`: it has to be \"confirm\" or \"any\""),
            (
                json!({"notifications": {"enabled": "yes"}}),
                "`notifications.enabled`: it has to be true or false",
            ),
            (
                json!({"notifications": {"quiet_hours": "late"}}),
                "`notifications.quiet_hours`: it has to be hours",
            ),
            (
                json!({"refresh": {"margn": "1m"}}),
                "`refresh.margn`: there is no such setting (did you mean \"margin\"?)",
            ),
            (json!({"ipcs": {"port": 1}}), "`ipcs`: there is no such setting (did you mean \"ipc\"?)"),
            (json!({"ipc": 5}), "`ipc` has to be an object"),
        ] {
            let error = changed("", change).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_wrong_elsewhere_is_named_and_left_alone_unless_the_change_mends_it() {
        let error = changed("[refresh]\nmargin = 5\n", json!({"ipc": {"port": 1}})).unwrap_err();
        assert!(error.contains("line 2, refresh.margin") && error.contains("mend that first"), "{error}");
        assert!(changed("[refresh]\nmargin = 5\n", json!({"refresh": {"margin": "5m"}})).is_ok());
        let error = changed("[refresh\n", json!({"ipc": {"port": 1}})).unwrap_err();
        assert!(error.contains("line 1") && error.contains("mend it first"), "{error}");
    }
}
