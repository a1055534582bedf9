#![cfg(target_os = "linux")]

use std::process::{Child, Command, Stdio};

use super::*;

fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

/// A program that waits until it is dropped.
struct Waiting(Child);

impl Waiting {
    fn start(program: &Path) -> Self {
        let child = Command::new(program).arg("60").stdin(Stdio::null()).spawn().unwrap();
        let waiting = Self(child);
        // Between fork and exec it is still us.
        while path_of(waiting.pid()).is_none_or(|path| Path::new(&*path) != program) {
            std::thread::yield_now();
        }
        waiting
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `sleep`, copied to this name in a folder of its own. Another program copies it: had we opened it for
/// writing, a child that another test forks meanwhile would hold it open, and it could not be run.
fn copied(folder: &Path, name: &str) -> PathBuf {
    let sleep = std::fs::canonicalize("/bin/sleep").unwrap();
    let copy = folder.canonicalize().unwrap().join(name);
    assert!(Command::new("cp").args([&sleep, &copy]).status().unwrap().success());
    copy
}

fn asked_for(origin: Origin) -> bowline_engine::caller::AskingProgram {
    match origin {
        Origin::Program(program) => (*program).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn our_own_program_is_known_by_its_path() {
    let own = std::env::current_exe().unwrap();
    assert_eq!(&*path_of(own_pid()).unwrap(), own.to_string_lossy());
}

#[test]
fn a_process_that_is_gone_has_no_path_and_is_nobody() {
    assert!(path_of(i32::MAX).is_none());
    assert!(matches!(OwnPrograms::find().origin(i32::MAX, None), Origin::Unknown));
}

#[test]
fn p6_a_program_is_told_by_its_file_and_by_what_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let own = OwnPrograms::at("/usr/bin/bowline".into());
    let reader = copied(folder.path(), "reader");
    let first = {
        let waiting = Waiting::start(&reader);
        asked_for(own.origin(waiting.pid(), None))
    };
    assert_eq!(first.file.path, reader.to_str().unwrap());
    assert_eq!(first.parent.as_deref(), std::env::current_exe().unwrap().to_str());
    std::fs::remove_file(&reader).unwrap();
    let replaced = Waiting::start(&copied(folder.path(), "reader"));
    let second = asked_for(own.origin(replaced.pid(), None));
    assert_eq!(second.file.path, first.file.path);
    assert_ne!(second.file, first.file, "m23: another file at the same path");
}

#[test]
fn the_window_beside_us_is_the_persons_own_act_and_one_elsewhere_is_not() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let own = OwnPrograms::at(ours.path().canonicalize().unwrap().join("bowline"));
    let window = Waiting::start(&copied(ours.path(), WINDOW));
    assert!(matches!(own.origin(window.pid(), None), Origin::Person));
    let other = Waiting::start(&copied(theirs.path(), WINDOW));
    assert!(matches!(own.origin(other.pid(), None), Origin::Program(_)));
}

#[test]
fn our_own_bowline_without_a_terminal_speaks_for_what_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let bowline = copied(folder.path(), "bowline");
    let own = OwnPrograms::at(bowline.clone());
    let mut command = Command::new("setsid");
    // A session of its own has no terminal, wherever the tests run.
    let script = format!("{} 60 & echo $!; wait", bowline.display());
    let mut shell = command.args(["sh", "-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let out = shell.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    let pid: i32 = line.trim().parse().unwrap();
    while path_of(pid).is_none_or(|path| Path::new(&*path) != bowline) {
        std::thread::yield_now();
    }
    let asking = asked_for(own.origin(pid, None));
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    let _ = shell.wait();
    assert_eq!(Path::new(&asking.file.path), std::fs::canonicalize("/bin/sh").unwrap());
}

#[test]
fn a_program_that_is_another_than_the_one_that_connected_is_nobody() {
    let own = OwnPrograms::at("/usr/bin/bowline".into());
    let told = path_of(own_pid()).unwrap();
    assert!(matches!(own.origin(own_pid(), Some(&told)), Origin::Program(_)));
    assert!(matches!(own.origin(own_pid(), Some("/usr/bin/other")), Origin::Unknown));
}

#[test]
fn f49_a_process_has_one_birth_for_as_long_as_it_lives_and_none_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let waiting = Waiting::start(&copied(folder.path(), "job"));
    let (pid, birth) = (waiting.pid(), born(waiting.pid()));
    assert!(birth.is_some() && birth == born(pid), "{birth:?}");
    assert!(born(own_pid()) <= birth, "we were there before it");
    drop(waiting);
    assert_eq!(born(pid), None);
}
