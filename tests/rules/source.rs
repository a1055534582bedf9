//! What a Rust file must be: introduced, not too long, reached by Cargo, and free of shortcuts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::assert_none;
use crate::tree::{crates, rust_files};

const LONGEST: usize = 700;

#[test]
fn every_file_says_what_it_answers_for() {
    let bare =
        |text: &str| !text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12);
    // The tests of a module are introduced by the module beside them.
    let sibling = |path: &str| path.contains("/src/") && path.contains("tests");
    let found: Vec<String> = rust_files()
        .into_iter()
        .filter(|file| bare(&file.text) && !sibling(&file.path))
        .map(|file| file.path)
        .collect();
    assert_none("A file begins with a header comment, a sentence in `//!`.", &found);
}

#[test]
fn no_file_is_too_long() {
    let long = |file: crate::tree::File| {
        let lines = file.text.lines().count();
        (lines > LONGEST).then(|| format!("{}: {lines} lines", file.path))
    };
    assert_none(
        "A file has at most 700 lines.",
        &rust_files().into_iter().filter_map(long).collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_is_forgotten() {
    let reached = reached();
    let root = bowline_tests::root();
    let orphan = |path: &String| !reached.contains_key(&root.join(path));
    let found: Vec<String> = rust_files().into_iter().map(|file| file.path).filter(orphan).collect();
    assert_none("Every .rs file is reached by a `mod` or is a target.", &found);
}

#[test]
fn nothing_unwraps_outside_tests() {
    let shortcuts = [".unwrap()", ".unwrap_err()"];
    let mut found = Vec::new();
    for (path, text) in shipped() {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| shortcuts.iter().any(|s| without_comment(line).contains(s)));
        found.extend(lines.map(|(number, _)| format!("{path}:{}", number + 1)));
    }
    assert_none("Outside tests nothing unwraps; an `expect` states its invariant.", &found);
}

#[test]
fn unsafe_code_is_in_one_file_at_most() {
    let word = concat!("un", "safe");
    let starts = ["{", "fn ", "impl ", "extern "].map(|then| format!("{word} {then}"));
    let uses = |text: &str| {
        text.lines().any(|line| starts.iter().any(|start| without_comment(line).contains(start)))
    };
    let found: Vec<String> = rust_files().into_iter().filter(|f| uses(&f.text)).map(|f| f.path).collect();
    assert!(found.len() <= 1, "Unsafe code lives in one file, where it can be read at once: {found:?}");
}

#[test]
fn no_test_is_switched_off_and_nothing_is_left_to_do() {
    let marks = [concat!("#[ig", "nore"), concat!("to", "do!("), concat!("unimple", "mented!(")];
    let mut found = Vec::new();
    for file in rust_files() {
        let lines = file.text.lines().enumerate();
        let marked = lines.filter(|(_, line)| marks.iter().any(|mark| without_comment(line).contains(mark)));
        found.extend(marked.map(|(number, _)| format!("{}:{}", file.path, number + 1)));
    }
    assert_none("No test is switched off, and no code is a promise.", &found);
}

/// The line up to a comment; good enough for text that is not inside a string.
fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Every file below src-tauri that is not only built for tests, without its test module.
fn shipped() -> Vec<(String, String)> {
    let root = bowline_tests::root();
    let reached = reached();
    let ours = rust_files().into_iter().filter(|file| file.path.starts_with("src-tauri/"));
    let shipped = ours.filter(|file| reached.get(&root.join(&file.path)) == Some(&Use::Shipped));
    shipped.map(|file| (file.path, without_tests(&file.text))).collect()
}

fn without_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].to_owned()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    Shipped,
    Test,
}

/// Every file that Cargo builds, and for what.
fn reached() -> BTreeMap<PathBuf, Use> {
    let mut found = BTreeMap::new();
    let starts = crates().into_iter().flat_map(|each| {
        let folder = each.folder.clone();
        each.targets().into_iter().map(move |path| (path.clone(), kind_of(&folder, &path), path))
    });
    let mut open: Vec<(PathBuf, Use, PathBuf)> = starts.collect();
    while let Some((path, kind, start)) = open.pop() {
        let known = found.get(&path);
        if known == Some(&Use::Shipped) || known == Some(&kind) {
            continue;
        }
        found.insert(path.clone(), kind);
        let text = fs::read_to_string(&path).unwrap_or_default();
        for module in modules(&text) {
            let kind = if module.for_tests { Use::Test } else { kind };
            open.extend(module.file(&path, path == start).map(|file| (file, kind, start.clone())));
        }
    }
    found
}

fn kind_of(folder: &Path, target: &Path) -> Use {
    let place = target.strip_prefix(folder).unwrap_or(target);
    if place.starts_with("src") || place == Path::new("build.rs") { Use::Shipped } else { Use::Test }
}

/// `mod NAME;` with what stands above it.
struct Module {
    name: String,
    path: Option<String>,
    for_tests: bool,
}

impl Module {
    fn file(&self, parent: &Path, is_root: bool) -> Option<PathBuf> {
        let folder = parent.parent()?;
        if let Some(path) = &self.path {
            return Some(folder.join(path));
        }
        let stem = parent.file_stem()?;
        let below = if is_root || stem == "mod" { folder.to_owned() } else { folder.join(stem) };
        [below.join(format!("{}.rs", self.name)), below.join(&self.name).join("mod.rs")]
            .into_iter()
            .find(|p| p.is_file())
    }
}

fn modules(text: &str) -> Vec<Module> {
    let mut found = Vec::new();
    let (mut path, mut for_tests) = (None, false);
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path = rest.strip_suffix("\"]").map(str::to_owned);
        } else if line.starts_with("#[cfg(") && line.contains("test") && !line.contains("not(test") {
            for_tests = true;
        } else if let Some(name) = declared(line) {
            found.push(Module { name, path: path.take(), for_tests });
            for_tests = false;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            (path, for_tests) = (None, false);
        }
    }
    found
}

fn declared(line: &str) -> Option<String> {
    let visible = ["pub ", "pub(crate) ", "pub(super) "].iter().find_map(|word| line.strip_prefix(word));
    let line = visible.unwrap_or(line);
    let name = line.strip_prefix("mod ")?.strip_suffix(';')?;
    Some(name.to_owned())
}

#[test]
fn modules_are_found_with_their_attributes() {
    let text =
        "pub mod a;\n#[cfg(test)]\nmod tests;\nmod b {\n}\npub(super) mod c;\n#[cfg(not(test))]\nmod d;\n";
    let found: Vec<(String, bool)> = modules(text).into_iter().map(|m| (m.name, m.for_tests)).collect();
    let expected = [("a", false), ("tests", true), ("c", false), ("d", false)];
    assert_eq!(found, expected.map(|(name, test)| (name.to_owned(), test)));
}
