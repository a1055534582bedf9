//! `bowline vault`: the master key's state, unlocking, locking, and a new key.

use std::path::Path;

use bowline_wire::shapes::{ExportedView, ImportedView, MoveVaultBody, RekeyBody, UnlockBody, VaultView};

use crate::args::Vault;
use crate::ask;
use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::print::field;
use crate::world::World;

/// Does what is asked; without a verb, shows how the key stands.
pub fn run(world: &mut World<'_>, verb: Option<Vault>) -> Ended {
    let view = match verb.unwrap_or(Vault::Status) {
        Vault::Status => now(world)?,
        Vault::Unlock => unlock(world)?,
        Vault::Lock => world.ask(|agent| agent.post("/v1/vault/lock").send())?,
        Vault::Rekey { keystore } => rekey(world, keystore)?,
        Vault::Export { file } => return export(world, &file),
        Vault::Import { file } => return import(world, &file),
    };
    if world.out.json {
        world.out.document(&view);
    } else {
        world.out.line(&field(&view.message));
    }
    Ok(Exit::Done.status())
}

fn now(world: &World<'_>) -> Result<VaultView, Failure> {
    world.ask(|agent| agent.get("/v1/vault").send())
}

fn unlock(world: &mut World<'_>) -> Result<VaultView, Failure> {
    let before = now(world)?;
    if !before.locked {
        return Ok(before);
    }
    let passphrase = match has_passphrase(&before) {
        true => Some(ask::passphrase(world, "Passphrase: ")?),
        false => None,
    };
    let body = UnlockBody { passphrase };
    world.ask(|agent| agent.post("/v1/vault/unlock").body(&body).send())
}

fn rekey(world: &mut World<'_>, keystore: Option<String>) -> Result<VaultView, Failure> {
    let keeper = match &keystore {
        Some(keeper) => Some(keeper.clone()),
        None => now(world)?.keystore,
    };
    let passphrase = match keeper.as_deref() {
        Some("passphrase") => Some(new_passphrase(world)?),
        _ => None,
    };
    let body = RekeyBody { keystore, passphrase };
    world.ask(|agent| agent.post("/v1/vault/rekey").body(&body).send())
}

/// Typed twice at a terminal, where a slip cannot be seen.
fn new_passphrase(world: &mut World<'_>) -> Result<bowline_base::Secret, Failure> {
    let first = ask::secret(world, "New passphrase: ")?;
    if world.input_terminal && ask::secret(world, "Once more: ")? != first {
        return Err(Failure::usage(
            "The two passphrases differ; nothing was changed.",
            "run the same command again",
        ));
    }
    Ok(first)
}

fn export(world: &mut World<'_>, file: &Path) -> Ended {
    let body = MoveVaultBody { file: absolute(file), passphrase: new_passphrase(world)? };
    let written: ExportedView = world.ask(|agent| agent.post("/v1/vault/export").body(&body).send())?;
    if world.out.json {
        world.out.document(&written);
    } else {
        let (file, count) = (field(&body.file), written.accounts);
        world
            .out
            .line(&format!("{count} accounts are in {file}. Only the passphrase opens it, so keep both."));
        world.out.line(
            "Once another computer uses them, stop using them here (bowline stop): where two renew one account, the provider may end it.",
        );
    }
    Ok(Exit::Done.status())
}

fn import(world: &mut World<'_>, file: &Path) -> Ended {
    let passphrase = ask::secret(world, "Passphrase of the file: ")?;
    let body = MoveVaultBody { file: absolute(file), passphrase };
    let added: ImportedView = world.ask(|agent| agent.post("/v1/vault/import").body(&body).send())?;
    if world.out.json {
        world.out.document(&added);
    } else {
        let ImportedView { accounts, clients, skipped, .. } = added;
        world.out.line(&format!(
            "Added {accounts} accounts and {clients} clients; {skipped} were here already and stay as they are. Apps ask again."
        ));
        world.out.line("Stop Bowline on the computer they come from, or pause them there: one account is renewed in one place.");
    }
    Ok(Exit::Done.status())
}

/// The agent has a working folder of its own.
fn absolute(file: &Path) -> String {
    std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()).display().to_string()
}

fn has_passphrase(view: &VaultView) -> bool {
    view.keystore.as_deref() == Some("passphrase")
}
