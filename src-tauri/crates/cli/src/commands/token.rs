//! `bowline token`: a valid access token and a newline, and nothing else on stdout.
//!
//! With `--wait` it tries again whenever the agent tells that the account changed, and when the time is
//! over that the agent named, until the user's own time is up. It never asks the user for anything.

use std::time::{Duration, Instant};

use bowline_wire::client::path;
use bowline_wire::shapes::TokenView;
use bowline_wire::{Client, ClientError, Code};

use crate::args::Token;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::print::field;
use crate::world::World;

/// The longest silence before it looks again by itself, should an event have been missed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The shortest pause between two tries, however eager the events are.
const AT_LEAST: Duration = Duration::from_millis(200);

/// Prints it.
pub fn run(world: &mut World<'_>, args: &Token) -> Ended {
    let token = match args.wait {
        None => read(world, args)?,
        Some(limit) => read_within(world, args, limit)?,
    };
    if token.source != "oauth" {
        world.out.word(&field(&stands_in(&token, &args.account)));
    }
    if world.out.json {
        world.out.document(&token);
    } else if args.header {
        world.out.raw(&header(&token));
    } else {
        world.out.raw(token.access_token.expose());
    }
    Ok(Exit::Done.status())
}

/// Whoever runs this is to know that it is not the account's own token.
fn stands_in(token: &TokenView, account: &str) -> String {
    match token.source.as_str() {
        "fallback" => {
            format!(
                "bowline: {account} cannot be had at present; {} at {} stands in.",
                token.account, token.provider
            )
        }
        _ => format!("bowline: {account} cannot be had at present; your emergency key stands in."),
    }
}

/// The whole header line, as this provider wants it.
fn header(token: &TokenView) -> String {
    let scheme = token.use_.scheme.as_str();
    let space = if scheme.is_empty() { "" } else { " " };
    format!("{}: {scheme}{space}{}", token.use_.header, token.access_token.expose())
}

fn read(world: &World<'_>, args: &Token) -> Result<TokenView, Failure> {
    world.ask(|agent| request(agent, args)).map_err(|f| f.about(&args.account))
}

fn request(agent: &Client, args: &Token) -> Result<TokenView, ClientError> {
    let call = agent.get(path(["accounts", &args.account, "token"]));
    let call = call.query_if("min_ttl", args.min_ttl.map(|t| t.as_secs().to_string()));
    args.scopes.iter().fold(call, |call, scope| call.query("scope", scope)).send()
}

fn read_within(world: &mut World<'_>, args: &Token, limit: Duration) -> Result<TokenView, Failure> {
    let deadline = Instant::now() + limit;
    let mut told = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // The stream is open before the try, so that no change between the two is missed.
        let events = world.client().get("/v1/events").timeout(left.min(LOOK_AGAIN)).events();
        let failure = match read(world, args) {
            Err(failure) if passes(&failure) => failure,
            answer => return answer,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left < AT_LEAST {
            return Err(failure);
        }
        if !told {
            world.out.word(&format!("bowline: {} Waiting.", failure.detail));
            told = true;
        }
        wait(events, pause(&failure).min(left));
    }
}

/// What time, or the user at the window, may mend.
fn passes(failure: &Failure) -> bool {
    [Code::TemporarilyUnavailable, Code::RateLimited, Code::Locked, Code::ReconnectRequired]
        .into_iter()
        .any(|code| failure.is(code))
}

/// How long to listen before looking again anyway.
fn pause(failure: &Failure) -> Duration {
    let named = failure.problem.as_ref().and_then(|p| p.retry_after_s).map(Duration::from_secs);
    named.unwrap_or(LOOK_AGAIN).clamp(AT_LEAST, LOOK_AGAIN)
}

/// Comes back at an event about any account, or when the time is over. The listening is a thread's, which
/// ends with its stream, so that the pause can be shorter than the stream's own limit.
fn wait(events: Result<bowline_wire::client::EventStream, ClientError>, pause: Duration) {
    let Ok(mut events) = events else { return std::thread::sleep(pause) };
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let change = events.find(|e| e.as_ref().map_or(true, |e| e.name.starts_with("account.")));
        // Whoever waited may have gone on.
        let _ = tell.send(matches!(change, Some(Ok(_))));
    });
    let began = Instant::now();
    let changed = told.recv_timeout(pause).unwrap_or(false);
    let least = if changed { AT_LEAST } else { pause };
    std::thread::sleep(least.saturating_sub(began.elapsed()));
}
