//! Opening the window: a program of its own, found beside this one, else on PATH. Where none is installed, nothing
//! happens, and the terminal has the same answers. The seam's stand-in remembers what was to be opened.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bowline_engine::notice::Place;

/// The window's program.
const PROGRAM: &str = "bowline-desktop";

/// Brings the window to the front. Called only for a person's act.
pub(crate) trait Window: Send + Sync + 'static {
    /// True when there is a window that could be opened.
    fn is_there(&self) -> bool;
    /// Opens it at a place. The token, where the act came with one, lets it come to the front. Never blocks.
    fn open(&self, place: &Place, token: Option<&str>);
}

/// The window's own program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WindowProgram;

impl Window for WindowProgram {
    fn is_there(&self) -> bool {
        program().is_some()
    }

    fn open(&self, place: &Place, token: Option<&str>) {
        let Some(program) = program() else {
            tracing::info!(
                "no window is installed: `bowline status` and `bowline apps requests` tell the same"
            );
            return;
        };
        if let Err(error) = start(&program, &arguments(place), token) {
            tracing::warn!(%error, "the window could not be started");
        }
    }
}

/// How the window is told where to open.
fn arguments(place: &Place) -> Vec<String> {
    match place {
        Place::Accounts => Vec::new(),
        Place::Account(id) => vec![id.to_string()],
        Place::Request(id) => vec!["--request".to_owned(), id.to_string()],
    }
}

fn start(program: &Path, arguments: &[String], token: Option<&str>) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // An old token of the agent's own start would let nothing come to the front.
    command.env_remove("XDG_ACTIVATION_TOKEN").env_remove("DESKTOP_STARTUP_ID");
    if let Some(token) = token {
        command.env("XDG_ACTIVATION_TOKEN", token);
    }
    let mut child = command.spawn()?;
    // Somebody has to wait for it, or it stays as a zombie for as long as the agent runs.
    std::thread::Builder::new()
        .name("window".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())?;
    Ok(())
}

fn program() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(PROGRAM)));
    find(beside, &std::env::var_os("PATH").unwrap_or_default())
}

fn find(beside: Option<PathBuf>, path: &OsStr) -> Option<PathBuf> {
    let on_path =
        std::env::split_paths(path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(PROGRAM));
    beside.into_iter().chain(on_path).find(|file| may_run(file))
}

#[cfg(unix)]
fn may_run(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn may_run(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_window_beside_us_goes_before_one_on_the_path_and_a_relative_path_is_not_searched() {
        use std::os::unix::fs::PermissionsExt;
        let (near, far) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (near_program, far_program) = (near.path().join(PROGRAM), far.path().join(PROGRAM));
        let path = OsString::from(format!("relative:{}", far.path().display()));
        assert_eq!(find(Some(near_program.clone()), &path), None);
        for file in [&near_program, &far_program] {
            std::fs::write(file, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        assert_eq!(find(Some(near_program.clone()), &path), Some(near_program.clone()));
        std::fs::remove_file(&near_program).unwrap();
        assert_eq!(find(Some(near_program), &path), Some(far_program));
    }

    #[test]
    fn the_window_is_told_where_to_open() {
        let random = bowline_base::random::SeededRandom::new(1);
        let (account, request) =
            (bowline_base::AccountId::random(&random), bowline_base::RequestId::random(&random));
        assert_eq!(arguments(&Place::Accounts), Vec::<String>::new());
        assert_eq!(arguments(&Place::Account(account.clone())), [account.to_string()]);
        assert_eq!(
            arguments(&Place::Request(request.clone())),
            ["--request".to_owned(), request.to_string()]
        );
    }
}
