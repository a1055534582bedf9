//! The vault on its way to another computer: one sealed file, opened by a passphrase of its own.
//!
//! In it: accounts with health, tokens and stand-ins, clients with secrets. Not in it: the audit trail, which
//! belongs to the computer it was written on; apps and programs, which are programs of that computer and ask again on another,
//! so that no old file gives a key back that was revoked; renewals under way and emergency keys, which live for
//! minutes. The file: a first line that says what it is, Argon2id's figures, and the contents sealed as one cell.
//! Importing adds what is not there and never writes over what is: a rotated refresh token in the vault is always
//! newer than the one in the file.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use bowline_base::{
    Account, AccountId, Health, LastRefresh, ProviderId, Reason, RefreshOutcome, ScopeSet, Secret, Trouble,
};

use crate::clients::StoredClient;
use crate::error::VaultError;
use crate::keys::{KdfParams, derive};
use crate::open::{Vault, sync_folder, tighten};
use crate::pack::{Reader, Writer};
use crate::seal::{Cell, DataKey};
use crate::tokens::Tokens;

const FIRST_LINE: &[u8] = b"bowline vault export 1\n";
/// A thousand accounts with the largest tokens stay below this.
const MAX_FILE: u64 = 256 << 20;
const WHOLE: Cell<'static> = Cell { table: "export", row: &["1"], column: "contents" };

/// What an import added, and what it left alone because it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Accounts that are new here.
    pub accounts: usize,
    /// Clients that are new here.
    pub clients: usize,
    /// Accounts and clients that were here already and stayed as they are.
    pub skipped: usize,
}

/// All that is exported.
#[derive(Default)]
struct Contents {
    accounts: Vec<Moved>,
    clients: Vec<StoredClient>,
}

struct Moved {
    account: Account,
    health: Health,
    tokens: Tokens,
    fallback: Option<AccountId>,
}

impl Vault {
    /// Writes everything to a new file that only this passphrase opens, and gives the number of accounts.
    ///
    /// Fails with `Locked`, with `Exists` rather than overwriting, with `BadPath` where there is no such folder, and
    /// with `Corrupted` naming the first account that could not be moved whole. A file that could not be completed is removed.
    pub fn export(&self, path: &Path, passphrase: &Secret) -> Result<usize, VaultError> {
        let contents = self.contents()?;
        let kdf = KdfParams::random(&*self.random);
        let key = DataKey::from_bytes(1, derive(passphrase, &kdf).expose());
        let mut file = Writer::with_capacity(128);
        file.bytes(FIRST_LINE);
        file.bytes(kdf.salt());
        [kdf.memory_kib(), kdf.passes(), kdf.lanes()].into_iter().for_each(|n| file.u32(n));
        file.bytes(&key.seal(&*self.random, WHOLE, contents.packed().as_slice()));
        write_new(path, file.as_slice())?;
        Ok(contents.accounts.len())
    }

    /// Adds what is in an export and not here, each account and client synced on its own: after a failure,
    /// importing again adds the rest.
    ///
    /// Fails with `Locked`, `BadPath`, `NotAnExport`, and `WrongPassphrase`, which a damaged file also gives.
    pub fn import(&mut self, path: &Path, passphrase: &Secret) -> Result<Imported, VaultError> {
        self.key()?;
        let contents = read_export(path, passphrase)?;
        let mut imported = Imported::default();
        self.add_accounts(&contents.accounts, &mut imported)?;
        self.add_clients(&contents.clients, &mut imported)?;
        Ok(imported)
    }

    fn contents(&self) -> Result<Contents, VaultError> {
        let mut contents = Contents::default();
        for (account, health) in self.accounts()? {
            let tokens = self.tokens(&account.id)?;
            let tokens = tokens.ok_or_else(|| VaultError::Corrupted { account: account.id.clone() })?;
            let fallback = self.fallback(&account.id)?;
            contents.accounts.push(Moved { account, health, tokens, fallback });
        }
        for provider in self.clients()? {
            contents.clients.extend(self.client(&provider)?);
        }
        Ok(contents)
    }

    fn add_accounts(&mut self, moved: &[Moved], imported: &mut Imported) -> Result<(), VaultError> {
        let here: HashMap<(ProviderId, String), AccountId> =
            self.accounts()?.into_iter().map(|(a, _)| ((a.provider, a.subject), a.id)).collect();
        // For each id in the file the id here: the same for new accounts, another for known people.
        let mut names = HashMap::new();
        let mut added = Vec::new();
        for m in moved {
            if let Some(id) = here.get(&(m.account.provider.clone(), m.account.subject.clone())) {
                names.insert(m.account.id.clone(), id.clone());
                imported.skipped += 1;
                continue;
            }
            self.upsert_account(&m.account, &m.health, &m.tokens)?;
            names.insert(m.account.id.clone(), m.account.id.clone());
            added.push(m);
            imported.accounts += 1;
        }
        for m in added {
            if let Some(other) = m.fallback.as_ref().and_then(|f| names.get(f)) {
                self.save_fallback(&m.account.id, Some(other))?;
            }
        }
        Ok(())
    }

    fn add_clients(&mut self, clients: &[StoredClient], imported: &mut Imported) -> Result<(), VaultError> {
        let here = self.clients()?;
        for client in clients {
            if here.contains(&client.provider) {
                imported.skipped += 1;
            } else {
                self.save_client(client)?;
                imported.clients += 1;
            }
        }
        Ok(())
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => bad_path(path, "its folder is not there"),
        ErrorKind::PermissionDenied => bad_path(path, "its folder may not be written"),
        ErrorKind::ReadOnlyFilesystem => bad_path(path, "its disk is read-only"),
        _ => VaultError::io(path, &e),
    })?;
    let written = tighten(&file).and_then(|()| file.write_all(bytes)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // The name was made by this call, so nothing of anybody's is lost; the first error is the one to tell.
        let _ = fs::remove_file(path);
        return Err(VaultError::io(path, &error));
    }
    sync_folder(path)
}

fn read_export(path: &Path, passphrase: &Secret) -> Result<Contents, VaultError> {
    let bytes = read_bounded(path)?;
    let no_export = || VaultError::NotAnExport { file: path.to_path_buf() };
    let (kdf, sealed) = read_frame(&bytes).ok_or_else(no_export)?;
    let key = DataKey::from_bytes(1, derive(passphrase, &kdf).expose());
    let plain =
        key.open(WHOLE, sealed).ok_or_else(|| VaultError::WrongPassphrase { file: path.to_path_buf() })?;
    Contents::read(&mut Reader::new(&plain)).ok_or_else(no_export)
}

/// Looked at before it is opened: opening a pipe would wait for somebody to write, and a device may have no end.
fn read_bounded(path: &Path) -> Result<Vec<u8>, VaultError> {
    let named = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => bad_path(path, "there is no such file"),
        ErrorKind::PermissionDenied => bad_path(path, "it may not be read"),
        _ => VaultError::io(path, &e),
    };
    let found = fs::metadata(path).map_err(named)?;
    if !found.is_file() {
        return Err(bad_path(path, "it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(named)?.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(named)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(bad_path(path, "it is larger than any export"));
    }
    Ok(bytes)
}

fn bad_path(path: &Path, detail: &'static str) -> VaultError {
    VaultError::BadPath { file: path.to_path_buf(), detail }
}

fn read_frame(bytes: &[u8]) -> Option<(KdfParams, &[u8])> {
    let mut reader = Reader::new(bytes);
    if reader.bytes(FIRST_LINE.len())? != FIRST_LINE {
        return None;
    }
    let kdf = KdfParams::checked(reader.array()?, reader.u32()?, reader.u32()?, reader.u32()?)?;
    Some((kdf, reader.rest()))
}

impl Contents {
    fn packed(&self) -> Writer {
        let mut w = Writer::with_capacity(4096 * (1 + self.accounts.len()));
        w.u64(self.accounts.len() as u64);
        self.accounts.iter().for_each(|m| m.write(&mut w));
        w.u64(self.clients.len() as u64);
        self.clients.iter().for_each(|c| write_client(&mut w, c));
        w
    }

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let accounts = list(r, Moved::read)?;
        let clients = list(r, read_client)?;
        r.is_at_end().then_some(Self { accounts, clients })
    }
}

/// A list grows as its items are read, so a false count cannot ask for memory.
fn list<T>(r: &mut Reader<'_>, item: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
    let count = r.u64()?;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(item(r)?);
    }
    Some(items)
}

impl Moved {
    fn write(&self, w: &mut Writer) {
        let (a, t) = (&self.account, &self.tokens);
        [a.id.as_str(), a.provider.as_str(), &a.subject].into_iter().for_each(|s| w.text(s));
        for text in [&a.issuer, &a.label, &a.username, &a.display_name, &a.avatar_url] {
            w.some_text(text.as_deref());
        }
        w.text(&a.requested.to_string());
        w.text(&a.granted.to_string());
        w.wall(a.connected_at);
        w.some_wall(a.reconnected_at);
        w.flag(a.paused);
        w.some_text(self.fallback.as_ref().map(AccountId::as_str));
        write_health(w, &self.health);
        w.text(t.access.expose());
        w.text(&t.token_type);
        w.some_text(t.refresh.as_ref().map(Secret::expose));
        w.some_text(t.id_token.as_ref().map(Secret::expose));
    }

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let account = read_account(r)?;
        let fallback = r.some_text()?.and_then(AccountId::parse);
        let health = read_health(r)?;
        let access = Secret::new(r.text()?);
        let token_type = r.text()?.to_owned();
        let (refresh, id_token) = (r.some_text()?.map(Secret::new), r.some_text()?.map(Secret::new));
        Some(Self { account, health, tokens: Tokens { access, token_type, refresh, id_token }, fallback })
    }
}

fn read_account(r: &mut Reader<'_>) -> Option<Account> {
    let (id, provider) = (AccountId::parse(r.text()?)?, ProviderId::parse(r.text()?)?);
    let subject = r.text()?.to_owned();
    let mut text = || Some(r.some_text()?.map(str::to_owned));
    let (issuer, label, username, display_name, avatar_url) = (text()?, text()?, text()?, text()?, text()?);
    Some(Account {
        id,
        provider,
        issuer,
        subject,
        label,
        username,
        display_name,
        avatar_url,
        requested: ScopeSet::read(r.text()?),
        granted: ScopeSet::read(r.text()?),
        connected_at: r.wall()?,
        reconnected_at: r.some_wall()?,
        paused: r.flag()?,
    })
}

fn write_health(w: &mut Writer, h: &Health) {
    [h.access_expires_at, h.access_issued_at, h.grant_expires_at].into_iter().for_each(|at| w.some_wall(at));
    w.flag(h.refreshable);
    w.some_text(h.trouble.as_ref().map(|t| t.reason.as_str()));
    w.some_wall(h.trouble.as_ref().map(|t| t.since));
    w.flag(h.last_refresh.is_some());
    if let Some(last) = &h.last_refresh {
        w.wall(last.at);
        w.flag(last.outcome == RefreshOutcome::Ok);
        w.u32(last.attempts);
        w.u32(last.http_status.map_or(u32::MAX, u32::from));
        for text in [&last.code, &last.provider_error, &last.provider_description] {
            w.some_text(text.as_deref());
        }
    }
}

fn read_health(r: &mut Reader<'_>) -> Option<Health> {
    let (access_expires_at, access_issued_at) = (r.some_wall()?, r.some_wall()?);
    let (grant_expires_at, refreshable) = (r.some_wall()?, r.flag()?);
    let (reason, since) = (r.some_text()?.and_then(Reason::parse), r.some_wall()?);
    let trouble = reason.zip(since).map(|(reason, since)| Trouble { reason, since });
    let last_refresh = if r.flag()? { Some(read_last(r)?) } else { None };
    // The format of version 1 has no place for the basis of an end.
    let grant_basis = None;
    Some(Health {
        access_expires_at,
        access_issued_at,
        grant_expires_at,
        grant_basis,
        refreshable,
        trouble,
        last_refresh,
    })
}

fn read_last(r: &mut Reader<'_>) -> Option<LastRefresh> {
    let (at, is_ok, attempts) = (r.wall()?, r.flag()?, r.u32()?);
    let http_status = u16::try_from(r.u32()?).ok();
    let mut text = || Some(r.some_text()?.map(str::to_owned));
    let (code, provider_error, provider_description) = (text()?, text()?, text()?);
    let outcome = if is_ok { RefreshOutcome::Ok } else { RefreshOutcome::Failed };
    Some(LastRefresh { at, outcome, code, http_status, provider_error, provider_description, attempts })
}

fn write_client(w: &mut Writer, c: &StoredClient) {
    w.text(c.provider.as_str());
    for text in [&c.issuer, &c.client_id, &c.auth] {
        w.some_text(text.as_deref());
    }
    w.some_wall(c.expires_at);
    w.some_text(c.secret.as_ref().map(Secret::expose));
    w.some_text(c.registration_token.as_ref().map(Secret::expose));
}

fn read_client(r: &mut Reader<'_>) -> Option<StoredClient> {
    let provider = ProviderId::parse(r.text()?)?;
    let mut text = || Some(r.some_text()?.map(str::to_owned));
    let (issuer, client_id, auth) = (text()?, text()?, text()?);
    let expires_at = r.some_wall()?;
    let (secret, registration_token) = (r.some_text()?.map(Secret::new), r.some_text()?.map(Secret::new));
    Some(StoredClient { provider, issuer, client_id, secret, auth, expires_at, registration_token })
}
