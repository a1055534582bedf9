//! What no file of the checkout may say: marks of unfinished work, folders of one machine, hosts of registries.

use crate::assert_none;
use crate::tree::{File, files};

/// Files whose words are other people's, or made by a tool.
fn is_foreign(path: &str) -> bool {
    path.starts_with("LICENSE")
        || path.ends_with("Cargo.lock")
        || path.ends_with("package-lock.json")
        // written by ts-rs
        || path.starts_with("ui/src/types/")
}

#[test]
fn nothing_is_marked_as_unfinished() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
    let found = search(|file| !is_foreign(&file.path), |line| marks.iter().any(|mark| has_word(line, mark)));
    assert_none("Nothing is left for a day that does not come.", &found);
}

#[test]
fn no_folder_of_one_machine_is_named() {
    let folders = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/tmp/", "plan"),
    ];
    let found = search(|_| true, |line| folders.iter().any(|folder| names_folder(line, folder)));
    assert_none("No file names a folder of the machine that it was written on.", &found);
}

/// True where the folder begins a path, and is not a part of an address or of a longer path.
fn names_folder(line: &str, folder: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.~}$".contains(c));
    line.match_indices(folder).any(|(at, _)| begins(at))
}

#[test]
fn no_registry_is_named() {
    let hosts = [
        concat!("registry.", "npmjs.org"),
        concat!("registry.", "yarnpkg.com"),
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("files.", "pythonhosted.org"),
        concat!("pypi.", "org/simple"),
        concat!("proxy.", "golang.org"),
        concat!("registry ", "host"),
        "\"resolved\":",
    ];
    let own = |file: &File| file.path != "tests/rules/words.rs";
    let found = search(own, |line| hosts.iter().any(|host| line.to_lowercase().contains(host)));
    assert_none("Where packages come from is the machine's own affair.", &found);
}

#[test]
fn nothing_tells_how_the_work_was_done() {
    let words = [
        concat!("SPEC", ".md"),
        concat!("../", "shared/"),
        concat!("language ", "model"),
        concat!("AI-", "generated"),
    ];
    let found = search(|file| !is_foreign(&file.path), |line| words.iter().any(|word| line.contains(word)));
    assert_none("Comments stay true for someone who never saw the work.", &found);
}

#[test]
fn no_line_ends_in_space_and_every_file_ends_in_one_newline() {
    let mut found = search(|file| !is_foreign(&file.path), |line| line.ends_with([' ', '\t', '\r']));
    let untidy =
        |file: &File| !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n"));
    found.extend(
        files()
            .into_iter()
            .filter(|f| !is_foreign(&f.path) && untidy(f))
            .map(|f| format!("{}: its end", f.path)),
    );
    assert_none("Lines end where their words end.", &found);
}

fn search(wanted: impl Fn(&File) -> bool, matches: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| wanted(file)) {
        let lines = file.text.split('\n').enumerate().filter(|(_, line)| matches(line));
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, start_of(line))));
    }
    found
}

fn start_of(line: &str) -> String {
    line.trim().chars().take(100).collect()
}

fn has_word(line: &str, word: &str) -> bool {
    let free = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word)
        .any(|(at, _)| free(line[..at].chars().next_back()) && free(line[at + word.len()..].chars().next()))
}
