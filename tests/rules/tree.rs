//! The checkout as the rules see it: every file that is tracked or would be, and the crates' manifests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

/// A text file of the checkout.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// Every text file, in order of path; what is ignored by git is left out.
pub(crate) fn files() -> Vec<File> {
    let root = bowline_tests::root();
    let mut paths = listed(&root).unwrap_or_else(|| walked(&root));
    paths.sort();
    let read = |path: String| fs::read_to_string(root.join(&path)).ok().map(|text| File { path, text });
    paths.into_iter().filter_map(read).collect()
}

/// The Rust files below `src-tauri` and `tests`.
pub(crate) fn rust_files() -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

fn listed(root: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let names = String::from_utf8(output.stdout).ok()?;
    let names: Vec<String> = names.split_terminator('\0').map(str::to_owned).collect();
    (output.status.success() && !names.is_empty()).then_some(names)
}

fn walked(root: &Path) -> Vec<String> {
    let skipped = ["target", "node_modules", ".git", ".venv", "dist", "__pycache__"];
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                let wanted = !skipped.iter().any(|name| entry.file_name() == **name);
                folders.extend(wanted.then_some(path));
            } else if let Ok(path) = path.strip_prefix(root) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}

/// A crate of the workspace.
pub(crate) struct Crate {
    /// The package's name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Its manifest.
    pub(crate) manifest: Table,
}

/// Every package of the checkout, in order of path.
pub(crate) fn crates() -> Vec<Crate> {
    let root = bowline_tests::root();
    let manifests = files().into_iter().filter(|file| file.path.ends_with("Cargo.toml"));
    manifests.filter_map(|file| read_crate(&root, &file)).collect()
}

fn read_crate(root: &Path, file: &File) -> Option<Crate> {
    let manifest: Table = file.text.parse().unwrap_or_else(|e| panic!("{}: {e}", file.path));
    let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
    let folder = root.join(&file.path).parent()?.to_owned();
    Some(Crate { name, folder, manifest })
}

impl Crate {
    /// The crates it names, by the name that they are published under, of the sections given; target-specific
    /// ones included.
    pub(crate) fn dependencies(&self, sections: &[&str]) -> Vec<String> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let mut tables = vec![&self.manifest];
        tables.extend(targets.into_iter().flatten().filter_map(|(_, table)| table.as_table()));
        let section = |table: &Table, name: &str| table.get(name).and_then(Value::as_table).cloned();
        let mut names = BTreeMap::new();
        for table in tables {
            for (name, value) in sections.iter().filter_map(|name| section(table, name)).flatten() {
                let published = value.get("package").and_then(Value::as_str).map(str::to_owned);
                names.insert(published.unwrap_or(name), ());
            }
        }
        names.into_keys().collect()
    }

    /// The files that Cargo starts from: library, programs, tests, benches, examples, build script.
    pub(crate) fn targets(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> =
            ["src/lib.rs", "src/main.rs", "build.rs"].iter().map(|p| self.folder.join(p)).collect();
        for kind in ["lib", "bin", "test", "bench", "example"] {
            let entries = match self.manifest.get(kind) {
                Some(Value::Array(entries)) => entries.clone(),
                Some(entry) => vec![entry.clone()],
                None => Vec::new(),
            };
            let paths = entries.iter().filter_map(|entry| entry.get("path")?.as_str());
            found.extend(paths.map(|path| self.folder.join(path)));
        }
        for folder in ["src/bin", "tests", "benches", "examples"] {
            found.extend(discovered(&self.folder.join(folder)));
        }
        found.retain(|path| path.is_file());
        found
    }
}

/// `NAME.rs` and `NAME/main.rs`, which Cargo finds by itself.
fn discovered(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .map(|path| if path.is_dir() { path.join("main.rs") } else { path })
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect()
}
