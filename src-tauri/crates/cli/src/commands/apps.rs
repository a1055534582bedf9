//! `bowline apps`: which app may read what, the open questions, and the answers.

use bowline_wire::client::path;
use bowline_wire::shapes::{
    AccountView, AccountsView, AnswerBody, AppRequestView, AppRevokedView, AppView, ApproveBody, AppsView,
    RequestView, RequestsView, WantView,
};
use bowline_wire::{Code, Problem};

use crate::args::Apps;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::length::from_now;
use crate::print::{Ink, field};
use crate::table::{self, Cell, inked, plain};
use crate::world::World;

/// Does what is asked; without a verb, lists the apps.
pub fn run(world: &mut World<'_>, verb: Option<Apps>) -> Ended {
    match verb.unwrap_or(Apps::List) {
        Apps::List => list(world)?,
        Apps::Requests => requests(world)?,
        Apps::Approve { request, accounts, length } => approve(world, &request, &accounts, length)?,
        Apps::Deny { request, block } => deny(world, &request, block)?,
        Apps::Revoke { app } => revoke(world, &app)?,
    }
    Ok(Exit::Done.status())
}

fn list(world: &mut World<'_>) -> Result<(), Failure> {
    let apps: AppsView = world.ask(|agent| agent.get("/v1/apps").send())?;
    if world.out.json {
        world.out.document(&apps);
    } else if apps.apps.is_empty() {
        world.out.word("No app has a key yet.");
    } else {
        let known = world.ask(|agent| agent.get("/v1/accounts").send::<AccountsView>())?.accounts;
        let now = (world.now)();
        let mut rows = heading(world, ["APP", "ID", "MAY READ", "LAST READ"]);
        rows.extend(apps.apps.iter().map(|app| {
            let read = app.last_read_at.as_deref().map_or_else(|| "never".into(), |t| from_now(t, now));
            let who = app.program.as_deref().unwrap_or(&app.name);
            vec![plain(who), plain(&app.id), plain(grants(app, &known)), plain(read)]
        }));
        table::print(&mut world.out, &rows);
    }
    Ok(())
}

fn grants(app: &AppView, known: &[AccountView]) -> String {
    let allowed = app.grants.iter().map(|g| name_of(&g.account, known).to_owned());
    let blocked = app.blocked.iter().map(|account| format!("not {}", name_of(account, known)));
    let counts = app.metrics.then(|| "what Bowline counts".to_owned());
    allowed.chain(counts).chain(blocked).collect::<Vec<_>>().join(", ")
}

fn name_of<'a>(id: &'a str, known: &'a [AccountView]) -> &'a str {
    known.iter().find(|a| a.id == id).map_or(id, AccountView::name)
}

fn heading<const N: usize>(world: &World<'_>, names: [&str; N]) -> Vec<Vec<Cell>> {
    if world.out.terminal { vec![names.map(|n| inked(n, Ink::Dim)).to_vec()] } else { Vec::new() }
}

fn open_requests(world: &World<'_>) -> Result<Vec<RequestView>, Failure> {
    Ok(world.ask(|agent| agent.get("/v1/requests").send::<RequestsView>())?.requests)
}

fn requests(world: &mut World<'_>) -> Result<(), Failure> {
    let requests = open_requests(world)?;
    if world.out.json {
        world.out.document(&RequestsView { requests });
        return Ok(());
    }
    if requests.is_empty() {
        world.out.word("There is no open question.");
        return Ok(());
    }
    let known = world.ask(|agent| agent.get("/v1/accounts").send::<AccountsView>())?.accounts;
    let now = (world.now)();
    let mut rows = heading(world, ["REQUEST", "WHO", "WANTS", "CODE", "UNTIL"]);
    rows.extend(requests.iter().map(|r| {
        let code = r.code.as_deref().unwrap_or("-");
        vec![
            plain(&r.request),
            plain(who(r)),
            plain(wish(r, &known)),
            plain(code),
            plain(from_now(&r.expires_at, now)),
        ]
    }));
    table::print(&mut world.out, &rows);
    Ok(())
}

fn who(request: &RequestView) -> &str {
    request.program.as_deref().or(request.name.as_deref()).or(request.app.as_deref()).unwrap_or("you")
}

fn wish(request: &RequestView, known: &[AccountView]) -> String {
    let because = request.because.as_deref().map(|b| format!(": {b}")).unwrap_or_default();
    let account = request.account.as_deref().map_or("an account", |id| name_of(id, known));
    match (request.kind.as_deref(), &request.wants) {
        (_, Some(wants)) => {
            let accounts: Vec<String> = wants.iter().filter(|w| !w.metrics).map(want).collect();
            let read = (!accounts.is_empty()).then(|| format!("read {}", accounts.join(", ")));
            let counts = wants.iter().any(|w| w.metrics).then(|| "see what Bowline counts".to_owned());
            let both: Vec<String> = read.into_iter().chain(counts).collect();
            format!("{}{because}", both.join(" and "))
        }
        (Some("program"), None) => {
            let parent = request.parent.as_deref().map(|p| format!(", started by {p}")).unwrap_or_default();
            let changed =
                if request.allowed_before.is_some() { "; not the program you allowed before" } else { "" };
            format!("read {account}{parent}{changed}")
        }
        (Some("emergency"), None) => format!("a stand-in key for {account}{because}"),
        _ => format!("reconnect {account}{because}"),
    }
}

fn want(want: &WantView) -> String {
    match (&want.account, &want.provider) {
        (Some(account), _) => account.clone(),
        (None, Some(provider)) => format!("any {provider} account"),
        (None, None) => "an account".into(),
    }
}

fn find(world: &World<'_>, id: &str) -> Result<RequestView, Failure> {
    open_requests(world)?.into_iter().find(|r| r.request == id).ok_or_else(|| {
        let detail = format!("There is no open question {id}; it may have been answered, or have run out.");
        Failure::from(Problem::new(Code::RequestNotFound, detail))
    })
}

/// A new app's wish is granted for accounts; any other question is simply answered.
fn approve(
    world: &mut World<'_>,
    id: &str,
    chosen: &[String],
    length: Option<String>,
) -> Result<(), Failure> {
    let request = find(world, id)?;
    if request.kind.as_deref() == Some("emergency") {
        return approve_key(world, &request);
    }
    let Some(wants) = &request.wants else { return answer(world, &request, "allow", length) };
    let accounts = if chosen.is_empty() { meant(world, wants)? } else { chosen.to_vec() };
    if let Some(code) = &request.code {
        let (name, code) = (field(who(&request)), field(code));
        world.out.word(&format!(
            "{name} must be showing the code {code}. If it shows another: bowline apps revoke {}",
            crate::fix::quote(&name)
        ));
    }
    let call = path(["apps", "requests", id, "approve"]);
    let expires_in = match length.as_deref() {
        None | Some("revoked") => None,
        Some("1h") => Some(3600),
        Some(_) => {
            let detail = "An app with a key is allowed for 1h, or until it is revoked.";
            return Err(Failure::from(Problem::new(Code::InvalidRequest, detail)));
        }
    };
    let body = ApproveBody { accounts: accounts.clone(), expires_in };
    let view: AppRequestView = world.ask(|agent| agent.post(&call).body(&body).send())?;
    let counts = wants.iter().any(|w| w.metrics).then(|| "what Bowline counts".to_owned());
    let all: Vec<String> = accounts.iter().cloned().chain(counts).collect();
    told(world, &view, &format!("{} may read {} now.", who(&request), all.join(", ")));
    Ok(())
}

/// An emergency key is approved by typing its account's name, here as where it was asked for.
fn approve_key(world: &mut World<'_>, request: &RequestView) -> Result<(), Failure> {
    let call = path(["accounts", request.account.as_deref().unwrap_or_default()]);
    let account: AccountView = world.ask(|agent| agent.get(&call).send())?;
    let denied = |detail: &str| {
        Err(Failure::new(
            Exit::Denied,
            "approval_required",
            detail,
            "answer in Bowline's window, or at a terminal",
        ))
    };
    match super::emergency::agree(world, &account, request)? {
        None => denied("There is no terminal to type the account's name at."),
        Some(view) if view.state == "done" => {
            told(world, &view, "Allowed.");
            Ok(())
        }
        Some(_) => denied("The emergency key was not approved."),
    }
}

/// The accounts that were asked for, where each wish fits exactly one.
fn meant(world: &World<'_>, wants: &[WantView]) -> Result<Vec<String>, Failure> {
    let all = world.ask(|agent| agent.get("/v1/accounts").send::<AccountsView>())?.accounts;
    wants.iter().filter(|w| !w.metrics).map(|w| one(w, &all)).collect()
}

fn one(want: &WantView, all: &[AccountView]) -> Result<String, Failure> {
    if let Some(account) = &want.account {
        return Ok(account.clone());
    }
    let provider = want.provider.as_deref().unwrap_or_default();
    let fitting: Vec<&AccountView> =
        all.iter().filter(|a| provider.is_empty() || a.provider == provider).collect();
    match fitting.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => Err(Failure::new(
            Exit::Unknown,
            Code::AccountNotFound.as_str(),
            format!("No {provider} account is connected yet."),
            format!(
                "bowline connect {}",
                crate::fix::quote(if provider.is_empty() { "PROVIDER" } else { provider })
            ),
        )),
        several => {
            let names: Vec<String> =
                several.iter().map(|a| format!("--account {}", crate::fix::quote(a.name()))).collect();
            let detail = format!("Several {provider} accounts fit; say which.");
            Err(Failure::new(Exit::Unknown, Code::AmbiguousAccount.as_str(), detail, names.join(" or ")))
        }
    }
}

fn deny(world: &mut World<'_>, id: &str, block: bool) -> Result<(), Failure> {
    let request = find(world, id)?;
    if request.wants.is_none() {
        return answer(world, &request, if block { "block" } else { "deny" }, None);
    }
    let call = path(["apps", "requests", id, "deny"]);
    let view: AppRequestView = world.ask(|agent| agent.post(&call).send())?;
    told(world, &view, &format!("{} was told no.", who(&request)));
    Ok(())
}

fn answer(
    world: &mut World<'_>,
    request: &RequestView,
    answer: &str,
    length: Option<String>,
) -> Result<(), Failure> {
    let call = path(["requests", &request.request, "answer"]);
    let once = request.kind.as_deref() == Some("program") && length.as_deref().unwrap_or("once") == "once";
    let body = AnswerBody { answer: answer.into(), for_: length };
    let view: RequestView = world.ask(|agent| agent.post(&call).body(&body).send())?;
    let sentence = match answer {
        "allow" if once => "Allowed this once. To be asked no more: approve with --for revoked.",
        "allow" => "Allowed.",
        "block" => "Denied, and it will not be asked again: see bowline apps.",
        _ => "Denied.",
    };
    told(world, &view, sentence);
    Ok(())
}

fn revoke(world: &mut World<'_>, typed: &str) -> Result<(), Failure> {
    let apps = world.ask(|agent| agent.get("/v1/apps").send::<AppsView>())?.apps;
    let fitting: Vec<&AppView> = apps
        .iter()
        .filter(|a| a.id == typed || a.name == typed || a.program.as_deref() == Some(typed))
        .collect();
    let app = match fitting.as_slice() {
        [only] => *only,
        [] => return Err(Failure::from(Problem::new(Code::NotFound, format!("No app is called {typed}.")))),
        several => {
            let ids: Vec<&str> = several.iter().map(|a| a.id.as_str()).collect();
            let detail = format!("Several apps are called {typed}.");
            return Err(Failure::new(
                Exit::Unknown,
                "invalid_request",
                detail,
                format!("name one of: {}", ids.join(", ")),
            ));
        }
    };
    let call = path(["apps", &app.id]);
    let view: AppRevokedView = world.ask(|agent| agent.delete(&call).send())?;
    let gone = match app.program {
        Some(_) => format!("{} is asked about again from now on.", app.name),
        None => format!("{}'s key does not work any more.", app.name),
    };
    told(world, &view, &gone);
    Ok(())
}

fn told(world: &mut World<'_>, view: &(impl serde::Serialize + ?Sized), sentence: &str) {
    if world.out.json {
        world.out.document(&view);
    } else {
        world.out.word(&field(sentence));
    }
}
