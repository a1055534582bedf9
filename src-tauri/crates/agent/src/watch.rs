//! Edited settings take effect by themselves: the operating system says when a file in the config folder changed,
//! so that nothing has to look again and again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bowline_wire::shapes::FileProblemView;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::host::Agent;
use crate::settings::Settings;

/// How long a folder has to be quiet before it is read: editors write in several steps, and what lies there between
/// two of them is nobody's wish.
const QUIET: Duration = Duration::from_millis(200);

/// An edit takes effect within two seconds (contract §1), however much else goes on in the folder.
const NO_LATER: Duration = Duration::from_secs(1);

/// Watches the config folder for as long as it is kept. `None`, with a line in the log, where that cannot be done:
/// then an edit takes effect at the next start.
pub(crate) fn start(agent: &Arc<Agent>) -> Option<RecommendedWatcher> {
    let (tell, told) = unbounded_channel();
    let started = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Ok(event) = event
            && matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_))
        {
            // The other end goes only when the agent does.
            let _ = tell.send(event.paths);
        }
    })
    .and_then(|mut watcher| {
        watcher.watch(&agent.paths.config, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    tokio::spawn(follow(Arc::clone(agent), told));
    started.inspect_err(|error| tracing::warn!(%error, "the config folder cannot be watched")).ok()
}

async fn follow(agent: Arc<Agent>, mut told: UnboundedReceiver<Vec<PathBuf>>) {
    while let Some(first) = told.recv().await {
        let paths = gather(first, &mut told, tokio::time::sleep(NO_LATER)).await;
        changed(&agent, &paths);
    }
}

/// What changed until the folder was quiet; what changes without end is looked at all the same when it is `late`.
async fn gather(
    first: Vec<PathBuf>,
    told: &mut UnboundedReceiver<Vec<PathBuf>>,
    late: impl Future<Output = ()>,
) -> BTreeSet<PathBuf> {
    let mut late = std::pin::pin!(late);
    let mut paths = BTreeSet::from_iter(first);
    loop {
        tokio::select! {
            biased;
            () = &mut late => return paths,
            more = tokio::time::timeout(QUIET, told.recv()) => match more {
                Ok(Some(more)) => paths.extend(more),
                Ok(None) | Err(_) => return paths,
            },
        }
    }
}

/// A problem of a file, as one line for people.
pub(crate) fn told(problem: &FileProblemView) -> String {
    let file = problem.file.as_deref().unwrap_or("settings.toml");
    let line = problem.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let field = problem.field.as_deref().map(|field| format!(", {field}")).unwrap_or_default();
    let nearest =
        problem.suggestion.as_deref().map(|word| format!(" (did you mean \"{word}\"?)")).unwrap_or_default();
    let told = format!("{file}{line}{field}: {}{nearest}", problem.problem);
    // A key of the file's own may hold anything.
    told.chars().filter(|c| bowline_base::redact::is_plain(c.encode_utf8(&mut [0; 4]))).collect()
}

fn changed(agent: &Agent, paths: &BTreeSet<PathBuf>) {
    let settings = agent.paths.settings();
    if paths.contains(&settings) {
        reread(agent, &settings);
    }
    let providers = agent.paths.providers();
    let is_provider =
        |path: &PathBuf| path.starts_with(&providers) && path.extension().is_some_and(|e| e == "toml");
    if paths.iter().any(is_provider) {
        agent.engine.providers_changed();
    }
}

/// A file that cannot be read as a whole keeps the last good settings in force, and says so.
fn reread(agent: &Agent, path: &Path) {
    let read = Settings::read(path, agent.default_owner);
    if read.view.problems.is_empty() {
        tracing::info!("settings read anew");
        let confirmed = agent.engine.confirms();
        // What a door has written is recorded there as its caller's doing.
        let edited = !agent.is_in_force(&read);
        if confirmed && !read.policy.confirm {
            agent.engine.tell_unconfirmed();
        }
        agent.take_up(read);
        if edited {
            agent.engine.settings_changed(None, confirmed);
        }
        return;
    }
    for problem in &read.view.problems {
        tracing::warn!("{}; the last good settings stay in force", told(problem));
    }
    agent.settings.write().unwrap_or_else(PoisonError::into_inner).problems = read.view.problems;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DefaultOwner;

    #[tokio::test]
    async fn a_folder_that_is_never_quiet_is_looked_at_all_the_same() {
        let (tell, mut told) = unbounded_channel();
        let settings = PathBuf::from("settings.toml");
        // Each look at the time finds one more event, so that quiet never comes.
        let mut looks = 0;
        let late = std::future::poll_fn(|context| {
            tell.send(vec![settings.clone()]).unwrap();
            looks += 1;
            context.waker().wake_by_ref();
            if looks > 500 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        let gathered =
            tokio::time::timeout(Duration::from_secs(20), gather(Vec::new(), &mut told, late)).await;
        assert_eq!(gathered.unwrap(), BTreeSet::from([settings]), "and each file is named once");
    }

    #[test]
    fn a_settings_key_cannot_turn_a_line_of_the_log_around() {
        let text = "[refresh]\n\"mar\\u001b[31mgin\\u202e\" = \"5m\"\n";
        let read = Settings::parse(text, Path::new("settings.toml"), DefaultOwner::Any);
        let line = told(&read.view.problems[0]);
        assert!(
            line.contains("there is no such setting") && bowline_base::redact::is_plain(&line),
            "{line:?}"
        );
    }
}
