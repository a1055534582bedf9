//! `bowline practice`: the practice provider in the foreground, found by `bowline connect practice` while it runs. Beside
//! an agent it is started by `beside`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bowline_base::random::SystemRandom;
use bowline_base::time::SystemClock;
use bowline_practice::{CLIENT_ID, Fault, FaultRule, Options};
use bowline_wire::paths::Paths;

use crate::folders;

pub(crate) mod beside;

/// The port tried first, so that accounts of yesterday's practice find today's.
const USUAL_PORT: u16 = 28_517;

/// What `bowline practice` was asked to do.
#[derive(Clone, Debug)]
pub struct PracticeArgs {
    /// The port; any free one, the usual one first, when not given.
    pub port: Option<u16>,
    /// How long access tokens live.
    pub access_ttl: Duration,
    /// How long grants live; for ever when not given.
    pub grant_ttl: Option<Duration>,
    /// Give a new refresh token at each renewal.
    pub rotate: bool,
    /// How long a refresh token still works after another one took its place; not at all when not given.
    pub rotate_grace: Option<Duration>,
    /// The failures to play.
    pub fail: Vec<String>,
    /// Only list the failures there are.
    pub list: bool,
    /// Print for programs.
    pub json: bool,
    /// End when the standard input does: whoever started it is gone then.
    pub with_stdin: bool,
}

/// Runs the practice provider until it is told to end. Gives the exit status.
pub fn run_practice(args: PracticeArgs) -> i32 {
    if args.list {
        return list(args.json);
    }
    match rules(&args.fail).and_then(|faults| serve(&args, faults)) {
        Ok(()) => 0,
        Err(problem) => {
            eprintln!("bowline: {problem}");
            if problem.starts_with('"') { 2 } else { 1 }
        }
    }
}

/// The file in which a running practice provider describes itself as a provider.
pub(crate) fn provider_file(paths: &Paths) -> PathBuf {
    paths.run.join("practice.toml")
}

fn rules(words: &[String]) -> Result<Vec<FaultRule>, String> {
    words.iter().map(|word| word.parse().map_err(|error| format!("\"{word}\": {error}"))).collect()
}

fn serve(args: &PracticeArgs, faults: Vec<FaultRule>) -> Result<(), String> {
    let paths = Paths::find().map_err(|error| error.to_string())?;
    folders::prepare(&paths).map_err(|error| error.to_string())?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let mut signals = crate::life::Signals::hear().map_err(|error| error.to_string())?;
        let running = start(args, faults).await?;
        let file = provider_file(&paths);
        folders::write_private(&file, &describe(running.issuer())).map_err(|error| error.to_string())?;
        say(&format!(
            "{{\"event\":\"ready\",\"issuer\":\"{}\",\"pid\":{}}}",
            running.issuer(),
            std::process::id()
        ));
        if !args.json {
            eprintln!("The practice provider runs. Connect an account with: bowline connect practice");
            eprintln!("Everything about it is made up; it ends with Ctrl-C.");
        }
        tokio::select! { () = signals.told() => {}, () = stdin_ended(args.with_stdin) => {} }
        let _ = std::fs::remove_file(&file);
        running.stop().await;
        Ok(())
    })
}

/// Resolves when the standard input has ended; never where nobody asked for that.
async fn stdin_ended(asked: bool) {
    let (tell, told) = tokio::sync::oneshot::channel();
    if !asked {
        return std::future::pending().await;
    }
    // A thread, because reading a pipe blocks; it ends with the process.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}

async fn start(args: &PracticeArgs, faults: Vec<FaultRule>) -> Result<bowline_practice::Running, String> {
    let clock: Arc<SystemClock> = Arc::new(SystemClock::new(|length| Box::pin(tokio::time::sleep(length))));
    let options = |port| Options {
        port,
        access_ttl: args.access_ttl,
        grant_ttl: args.grant_ttl,
        rotate: args.rotate,
        rotate_grace: args.rotate_grace.unwrap_or_default(),
        faults: faults.clone(),
    };
    let first = args.port.unwrap_or(USUAL_PORT);
    let started = bowline_practice::serve(options(first), clock.clone(), Arc::new(SystemRandom)).await;
    match started {
        Err(_) if args.port.is_none() => bowline_practice::serve(options(0), clock, Arc::new(SystemRandom))
            .await
            .map_err(|e| e.to_string()),
        started => started.map_err(|error| error.to_string()),
    }
}

/// The practice provider as a provider file.
fn describe(issuer: &str) -> String {
    format!(
        "id = \"practice\"\nname = \"Practice\"\nissuer = \"{issuer}\"\n\
         scopes = [\"openid\", \"profile\", \"email\", \"offline_access\", \"mail.read\"]\n\
         required_scopes = [\"mail.read\"]\n\
         [client]\nid = \"{CLIENT_ID}\"\n\
         [facts]\nflows = [\"browser\", \"device\"]\n"
    )
}

fn list(json: bool) -> i32 {
    match print_list(json) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("bowline: not everything could be written to the output: {error}");
            1
        }
        _ => 0,
    }
}

fn print_list(json: bool) -> std::io::Result<()> {
    let rows = Fault::LIST.to_vec();
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(mode, does, leads_to)| serde_json::json!({"mode": mode, "does": does, "leads_to": leads_to}))
            .collect();
        return print(&serde_json::json!({ "modes": rows }).to_string());
    }
    let width = rows.iter().map(|(mode, ..)| mode.len()).max().unwrap_or(0);
    for (mode, does, leads_to) in rows {
        print(&format!("{mode:width$}  {does} → {leads_to}"))?;
    }
    Ok(())
}

fn say(line: &str) {
    // A reader that has gone away is no reason to end.
    let _ = print(line);
}

fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
