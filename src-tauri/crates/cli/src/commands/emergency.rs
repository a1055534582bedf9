//! `bowline emergency`: a key of the user's own stands in while an account's provider is down.
//!
//! The key is typed unseen or comes on stdin, and is never an argument. The yes is the account's name, typed at the
//! terminal itself, whatever stdin is; where there is no terminal, the window or a notification is waited for.

use std::time::Duration;

use bowline_wire::client::path;
use bowline_wire::shapes::{AccountView, AnswerBody, EmergencyBody, EmergencyEndedView, RequestView};

use crate::args::Emergency;
use crate::ask;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::fix::quote;
use crate::print::field;
use crate::world::World;

/// How long one look at the question waits for its end.
const LOOK: u64 = 30;

/// Asks for a key to stand in, or ends the one that does.
pub fn run(world: &mut World<'_>, args: &Emergency) -> Ended {
    if args.end {
        return end(world, &args.account);
    }
    let account = account(world, &args.account)?;
    let reason = reason(world, args)?;
    let secret = ask::secret(world, "Emergency key: ")?;
    let body = EmergencyBody { secret, reason, duration_s: args.length.as_secs() };
    let call = path(["accounts", &account.id, "emergency"]);
    let asked: RequestView =
        world.ask(|agent| agent.post(&call).body(&body).send()).map_err(|f| f.about(&args.account))?;
    let ended = match agree(world, &account, &asked)? {
        Some(ended) => ended,
        None => wait(world, asked)?,
    };
    tell(world, args, &account, &ended)
}

fn account(world: &World<'_>, typed: &str) -> Result<AccountView, Failure> {
    let call = path(["accounts", typed]);
    world.ask(|agent| agent.get(&call).send()).map_err(|f| f.about(typed))
}

fn reason(world: &World<'_>, args: &Emergency) -> Result<String, Failure> {
    if let Some(reason) = &args.reason {
        return Ok(reason.clone());
    }
    let again = format!("bowline emergency {} --reason WHY", quote(&args.account));
    let typed = (world.terminal)("Why is it needed? ").unwrap_or_default();
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Failure::usage("An emergency key needs a reason, for the record.", again));
    }
    Ok(typed.to_owned())
}

/// Has the account's name typed at the terminal, and answers the question by it. `None` where there is no terminal.
pub(super) fn agree(
    world: &mut World<'_>,
    account: &AccountView,
    asked: &RequestView,
) -> Result<Option<RequestView>, Failure> {
    let (name, minutes) = (field(account.name()), asked.duration_s.unwrap_or_default().div_ceil(60));
    let why = field(asked.because.as_deref().unwrap_or_default());
    let question = format!(
        "For {minutes} min at most, whoever may use {name} gets this key while its provider is down ({why}).\n\
         Type {name} to approve it: "
    );
    let Ok(typed) = (world.terminal)(&question) else { return Ok(None) };
    // It may have been answered elsewhere meanwhile.
    let now: RequestView = world.ask(|agent| agent.get(path(["requests", &asked.request])).send())?;
    if now.is_over() {
        return Ok(Some(now));
    }
    let answer = if typed.trim() == account.name() { "allow" } else { "deny" };
    let body = AnswerBody { answer: answer.into(), for_: None };
    let call = path(["requests", &asked.request, "answer"]);
    world.ask(|agent| agent.post(&call).body(&body).send()).map(Some)
}

/// Waits for an answer that is given elsewhere.
fn wait(world: &mut World<'_>, mut asked: RequestView) -> Result<RequestView, Failure> {
    world.out.word("There is no terminal to ask at: answer in Bowline's window or its notification.");
    let call = path(["requests", &asked.request]);
    while !asked.is_over() {
        asked = world.ask(|agent| {
            agent.get(&call).query("wait", LOOK.to_string()).timeout(Duration::from_secs(LOOK + 10)).send()
        })?;
    }
    Ok(asked)
}

fn tell(world: &mut World<'_>, args: &Emergency, account: &AccountView, ended: &RequestView) -> Ended {
    let name = account.name();
    match ended.state.as_str() {
        "done" if world.out.json => world.out.document(ended),
        "done" => world.out.word(&field(&format!(
            "The key stands in for {name} until its provider answers again, {} min at most. To end it now: bowline \
             emergency {} --end",
            ended.duration_s.unwrap_or_default().div_ceil(60),
            quote(&args.account)
        ))),
        state => {
            let detail = match state {
                "expired" => "Nobody approved the emergency key in time.",
                _ => "The emergency key was not approved.",
            };
            let again = format!("bowline emergency {}", quote(&args.account));
            return Err(Failure::new(Exit::Denied, "approval_required", detail, again));
        }
    }
    Ok(Exit::Done.status())
}

fn end(world: &mut World<'_>, typed: &str) -> Ended {
    let call = path(["accounts", typed, "emergency"]);
    let view: EmergencyEndedView =
        world.ask(|agent| agent.delete(&call).send()).map_err(|f| f.about(typed))?;
    if world.out.json {
        world.out.document(&view);
    } else if view.ended {
        world.out.word(&field(&format!("No emergency key stands in for {typed} any more.")));
    } else {
        world.out.word(&field(&format!("No emergency key stood in for {typed}.")));
    }
    Ok(Exit::Done.status())
}
