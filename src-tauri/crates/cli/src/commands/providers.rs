//! `bowline providers`: the catalogue, checking and adding a file, and a client secret.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bowline_wire::client::path;
use bowline_wire::shapes::{
    FileProblemView, ProviderCheckBody, ProviderCheckView, ProviderSecretBody, ProviderSecretView,
    ProviderView, ProvidersView,
};
use bowline_wire::verbs::MAX_FILE_BODY;
use bowline_wire::{Code, Problem};
use serde_json::json;

use crate::args::Providers;
use crate::ask;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::fix::quote;
use crate::print::{Ink, field};
use crate::table::{self, Cell, inked, plain};
use crate::world::World;

/// Does what is asked; without a verb, lists the providers.
pub fn run(world: &mut World<'_>, verb: Option<Providers>) -> Ended {
    match verb.unwrap_or(Providers::List) {
        Providers::List => list(world)?,
        Providers::Show { provider } => show(world, &provider)?,
        Providers::Check { file } => return check(world, &file),
        Providers::Add { file } => return add(world, &file),
        Providers::SetSecret { provider } => set_secret(world, &provider)?,
    }
    Ok(Exit::Done.status())
}

fn all(world: &World<'_>) -> Result<ProvidersView, Failure> {
    world.ask(|agent| agent.get("/v1/providers").send())
}

fn list(world: &mut World<'_>) -> Result<(), Failure> {
    let providers = all(world)?;
    if world.out.json {
        world.out.document(&providers);
        return Ok(());
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    if world.out.terminal {
        rows.push(["ID", "NAME", "NEEDS"].map(|h| inked(h, Ink::Dim)).to_vec());
    }
    rows.extend(providers.providers.iter().map(|p| {
        let needs = if p.needs.is_empty() { "-".into() } else { p.needs.join(", ") };
        vec![plain(&p.id), plain(&p.name), plain(needs)]
    }));
    table::print(&mut world.out, &rows);
    providers.problems.iter().for_each(|p| world.out.word(&format!("bowline: {}", sentence(p))));
    Ok(())
}

fn show(world: &mut World<'_>, id: &str) -> Result<(), Failure> {
    let found = all(world)?.providers.into_iter().find(|p| p.id == id);
    let provider = found.ok_or_else(|| {
        Failure::from(Problem::new(Code::ProviderNotFound, format!("No provider is called {id}.")))
    })?;
    if world.out.json {
        world.out.document(&provider);
    } else {
        table::print(&mut world.out, &details(&provider));
    }
    Ok(())
}

fn details(p: &ProviderView) -> Vec<Vec<Cell>> {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".into());
    let yes = |value: Option<bool>| value.map_or("not known", |v| if v { "yes" } else { "no" }).to_owned();
    let client = p.client.as_ref().map(|c| {
        let secret = if c.secret { ", secret stored" } else { "" };
        format!("{} ({}{secret})", c.id.as_deref().unwrap_or("none set up"), c.auth)
    });
    let rows = [
        ("id", Some(p.id.clone())),
        ("name", Some(p.name.clone())),
        ("issuer", p.issuer.clone()),
        ("from", p.origin.clone()),
        ("flows", Some(p.flows.join(", "))),
        ("needs", Some(p.needs.join(", "))),
        ("client", client),
        ("redirect to register", Some(p.redirect_uri.clone())),
        ("scopes", p.scopes.as_ref().map(|s| s.join(" "))),
        ("access token lives", Some(known(&p.access_lifetime))),
        ("grant lives", Some(known(&p.grant_lifetime))),
        ("renews by itself", Some(yes(p.renews))),
        ("rotates", Some(yes(p.rotates))),
        ("you are needed when", Some(p.reconnect_when.join("; "))),
        ("notes", Some(p.notes.join(" "))),
        ("breaker", Some(p.breaker.clone())),
        ("register at", p.console.clone()),
        ("withdraw at", p.dashboard.clone()),
    ];
    let filled = rows.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    filled.map(|(name, value)| vec![plain(name), plain(value)]).collect()
}

fn check(world: &mut World<'_>, file: &Path) -> Ended {
    let (_, found) = checked(world, file)?;
    if world.out.json {
        world.out.document(&found);
    } else {
        report(world, file, &found);
    }
    Ok(if found.ok { Exit::Done } else { Exit::Usage }.status())
}

fn report(world: &mut World<'_>, file: &Path, found: &ProviderCheckView) {
    for problem in &found.problems {
        world.out.word(&format!("bowline: {}", sentence(problem)));
        if let Some(known) = &problem.suggestion {
            world.out.word(&format!("→ did you mean {}?", field(known)));
        }
    }
    if let Some(provider) = found.provider.as_ref().filter(|_| found.ok) {
        world.out.word(&format!("{} describes {} and is good.", file.display(), field(&provider.name)));
    }
}

/// `acme.toml, line 3, client.id: must not be empty`
fn sentence(problem: &FileProblemView) -> String {
    let place = [problem.file.clone(), problem.line.map(|l| format!("line {l}")), problem.field.clone()];
    let place: Vec<String> = place.into_iter().flatten().collect();
    field(&if place.is_empty() {
        problem.problem.clone()
    } else {
        format!("{}: {}", place.join(", "), problem.problem)
    })
}

fn checked(world: &World<'_>, file: &Path) -> Result<(String, ProviderCheckView), Failure> {
    let text = read(file)?;
    let body = ProviderCheckBody { text: text.clone(), file: Some(file.display().to_string()) };
    let found = world.ask(|agent| agent.post("/v1/providers/check").body(&body).send())?;
    Ok((text, found))
}

fn read(file: &Path) -> Result<String, Failure> {
    let wrong = |why: String| {
        Failure::usage(format!("{} cannot be read: {why}.", file.display()), "name a provider file")
    };
    let mut text = String::new();
    // As JSON a text may need twice its room and more.
    let limit = MAX_FILE_BODY as u64 / 4;
    let opened = File::open(file).map_err(|e| wrong(e.to_string()))?;
    opened.take(limit + 1).read_to_string(&mut text).map_err(|e| wrong(e.to_string()))?;
    if text.len() as u64 > limit {
        return Err(wrong(format!("it is larger than {} KiB", limit / 1024)));
    }
    Ok(text)
}

fn add(world: &mut World<'_>, file: &Path) -> Ended {
    let (text, found) = checked(world, file)?;
    let Some(provider) = found.provider.as_ref().filter(|_| found.ok) else {
        if world.out.json {
            world.out.document(&found);
        } else {
            report(world, file, &found);
        }
        return Ok(Exit::Usage.status());
    };
    let target = keep(world, &provider.id, &text)?;
    if world.out.json {
        world.out.document(&json!({"provider": provider, "file": target}));
    } else {
        let needs_secret = provider.client.as_ref().is_some_and(|c| c.auth != "none" && !c.secret);
        let next = if needs_secret { "providers set-secret" } else { "connect" };
        world.out.word(&format!("{} is set up.", field(&provider.name)));
        world.out.word(&format!("→ bowline {next} {}", quote(&provider.id)));
    }
    Ok(Exit::Done.status())
}

/// Copies the text into the folder of provider files. A file of the same name that says something else is
/// replaced only after a yes.
fn keep(world: &mut World<'_>, id: &str, text: &str) -> Result<PathBuf, Failure> {
    let id = bowline_base::ProviderId::parse(id)
        .ok_or_else(|| Failure::usage("The provider's id cannot be a file's name.", "choose another id"))?;
    let folder = world.paths.providers();
    let target = folder.join(format!("{id}.toml"));
    if std::fs::read(&target).is_ok_and(|there| there != text.as_bytes()) {
        let question = format!("{} says something else. Replace it?", target.display());
        let without = format!("rm {}", quote(&target.display().to_string()));
        if !ask::confirm(world, &question, &without)? {
            return Err(Failure::new(Exit::Denied, "cancelled", "Nothing was changed.", without));
        }
    }
    super::exec::private::folder(&folder)
        .and_then(|()| super::exec::private::replace(&target, text.as_bytes()))
        .map_err(|e| Failure::file(&target, &e))?;
    Ok(target)
}

fn set_secret(world: &mut World<'_>, id: &str) -> Result<(), Failure> {
    let secret = ask::secret(world, &format!("Client secret of {}: ", field(id)))?;
    let call = path(["providers", id, "secret"]);
    let body = ProviderSecretBody { secret };
    let view: ProviderSecretView =
        world.ask(|agent| agent.post(&call).body(&body).send()).map_err(|f| f.about(id))?;
    if world.out.json {
        world.out.document(&view);
    } else {
        world.out.word(&format!("The client secret of {} is in the vault.", field(&view.provider)));
    }
    Ok(())
}
