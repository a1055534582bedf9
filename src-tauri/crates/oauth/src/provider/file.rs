//! Provider files: TOML as in the contract's §5, with tables of our own for what the standard has no word for.
//!
//! A file is right as a whole or refused as a whole, with file, line and field. A file that carries a built-in's
//! id is laid over it key by key, so that a person who adds a client id writes three lines.

use std::fmt;
use std::path::PathBuf;

use bowline_base::{ProviderId, Scope, ScopeSet, Wall};
use toml::de::DeTable;
use url::Url;

use super::reader::{Field, Source, Table};
use super::{ClientAuth, Endpoints, Origin, Provider, Redirect, RevokeStyle, address};
use crate::failure::FailureKind;

/// The longest provider file, in bytes.
pub(super) const MAX_FILE: usize = 64 * 1024;

/// Parameters that Bowline sets itself; a file that set them could undo what protects an attempt.
pub(crate) const OWN_PARAMS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "response_mode",
    "client_secret",
];
/// Headers that Bowline or HTTP sets itself.
const OWN_HEADERS: &[&str] =
    &["authorization", "host", "cookie", "content-length", "content-type", "transfer-encoding", "connection"];
/// Keys that are often put one table too high.
const ELSEWHERE: &[&str] = &[
    "client.id",
    "client.auth",
    "client.redirect",
    "identity.subject",
    "identity.username",
    "identity.display_name",
    "lifetimes.access_token",
    "lifetimes.grant",
    "lifetimes.idle",
    "api.hosts",
    "api.resource",
    "facts.email_domains",
];

type Result<T> = std::result::Result<T, Box<ProviderFileError>>;

/// What is wrong with a provider file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderFileError {
    /// The file, if it came from one.
    pub file: Option<PathBuf>,
    /// The line, counted from one.
    pub line: Option<usize>,
    /// The field, with its table: `client.id`, `scopes[1]`.
    pub field: Option<String>,
    /// What is wrong, as the rest of a sentence that began with the field.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ProviderFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
            f.write_str(": ")?;
        } else if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.problem)?;
        self.suggestion.as_ref().map_or(Ok(()), |word| write!(f, "; did you mean `{word}`?"))
    }
}

impl std::error::Error for ProviderFileError {}

/// Reads a provider file that stands on its own.
pub fn parse(text: &str, origin: Origin) -> std::result::Result<Provider, ProviderFileError> {
    parse_over(text, origin, |_| None)
}

/// Reads a provider file; what it does not name is taken from the provider that `ground` has under its id.
pub fn parse_over(
    text: &str,
    origin: Origin,
    ground: impl FnOnce(&ProviderId) -> Option<Provider>,
) -> std::result::Result<Provider, ProviderFileError> {
    read(text, origin, ground).map(|(provider, _)| provider).map_err(|error| *error)
}

/// Reads a provider file, and also tells what a person must still bring before it can be connected.
pub fn check(
    text: &str,
    origin: Origin,
    ground: impl FnOnce(&ProviderId) -> Option<Provider>,
) -> std::result::Result<(Provider, Vec<ProviderFileError>), ProviderFileError> {
    let source = Source { text, file: file_of(&origin) };
    let (provider, client_at) = read(text, origin, ground).map_err(|error| *error)?;
    let place = client_at.or(Some(text.trim_end().len()));
    let gap =
        |field: &&str| *source.error(place, field, "it is missing; the provider's console gives you one");
    let gaps = provider.gaps().iter().map(gap).collect();
    Ok((provider, gaps))
}

fn read(
    text: &str,
    origin: Origin,
    ground: impl FnOnce(&ProviderId) -> Option<Provider>,
) -> Result<(Provider, Option<usize>)> {
    let source = Source { text, file: file_of(&origin) };
    if text.len() > MAX_FILE {
        return Err(source.error(None, "", format!("the file is longer than {} KiB", MAX_FILE / 1024)));
    }
    let (parsed, errors) = DeTable::parse_recoverable(text);
    // An open quote upsets the lines behind it too: the earliest error is the one to mend.
    if let Some(first) = errors.iter().min_by_key(|error| error.span().map_or(usize::MAX, |span| span.start))
    {
        let at = first.span().map(|span| span.start);
        return Err(source.error(at, "", format!("this is not TOML: {}", first.message())));
    }
    let root = Table::root(&source, parsed.get_ref());
    let id = id(&source, &root)?;
    let mut provider = ground(&id).unwrap_or_else(|| Provider::empty(id, origin.clone()));
    provider.origin = origin;
    let client_at = fill(&mut provider, &root)?;
    complete(&source, &provider)?;
    Ok((provider, client_at))
}

fn file_of(origin: &Origin) -> Option<PathBuf> {
    match origin {
        Origin::File(path) => Some(path.clone()),
        Origin::BuiltIn | Origin::Issuer => None,
    }
}

fn id(source: &Source<'_>, root: &Table<'_>) -> Result<ProviderId> {
    let field = root.field("id").ok_or_else(|| source.error(None, "id", "it is missing"))?;
    ProviderId::parse(field.text()?).ok_or_else(|| {
        field.error("an id has 1 to 64 of a-z, 0-9, -, _ and ., and begins with a letter or digit")
    })
}

fn complete(source: &Source<'_>, provider: &Provider) -> Result<()> {
    let e = &provider.endpoints;
    let lacks = match (&provider.issuer, &e.authorization, &e.token) {
        (Some(_), ..) | (None, Some(_), Some(_)) => return Ok(()),
        (None, None, None) => "issuer",
        (None, None, Some(_)) => "authorization_endpoint",
        (None, Some(_), None) => "token_endpoint",
    };
    Err(source.error(
        None,
        lacks,
        "it is missing: name the issuer, or the authorization and the token endpoint",
    ))
}

/// Lays every table over the provider. Answers where `[client]` stands, for what is missing there.
fn fill(provider: &mut Provider, root: &Table<'_>) -> Result<Option<usize>> {
    set(root, "name", &mut provider.name, |f| f.text().map(str::to_owned))?;
    set_some(root, "issuer", &mut provider.issuer, issuer)?;
    endpoints(&mut provider.endpoints, root)?;
    set(root, "token_endpoint_fallbacks", &mut provider.token_endpoint_fallbacks, urls)?;
    set(root, "scopes", &mut provider.scopes, scopes)?;
    set(root, "required_scopes", &mut provider.required_scopes, scopes)?;
    let client_at = client(provider, &root.table("client")?)?;
    identity(provider, &root.table("identity")?)?;
    lifetimes(provider, &root.table("lifetimes")?)?;
    authorize_params(provider, &root.table("authorize_params")?)?;
    api(provider, &root.table("api")?)?;
    quirks(provider, &root.table("quirks")?)?;
    error_words(provider, &root.table("errors")?)?;
    facts(provider, &root.table("facts")?)?;
    root.finish(ELSEWHERE)?;
    Ok(client_at)
}

fn endpoints(endpoints: &mut Endpoints, root: &Table<'_>) -> Result<()> {
    set_some(root, "authorization_endpoint", &mut endpoints.authorization, url)?;
    set_some(root, "token_endpoint", &mut endpoints.token, url)?;
    set_some(root, "revocation_endpoint", &mut endpoints.revocation, url)?;
    set_some(root, "userinfo_endpoint", &mut endpoints.userinfo, url)?;
    set_some(root, "device_authorization_endpoint", &mut endpoints.device_authorization, url)?;
    set_some(
        root,
        "pushed_authorization_request_endpoint",
        &mut endpoints.pushed_authorization_request,
        url,
    )?;
    set_some(root, "registration_endpoint", &mut endpoints.registration, url)?;
    set_some(root, "jwks_uri", &mut endpoints.jwks, url)?;
    set_some(root, "introspection_endpoint", &mut endpoints.introspection, url)
}

fn client(provider: &mut Provider, table: &Table<'_>) -> Result<Option<usize>> {
    if let Some(secret) = table.field("secret") {
        let id = &provider.id;
        return Err(secret
            .error(format!("a secret is never in a file; `bowline providers set-secret {id}` asks for it")));
    }
    set_some(table, "id", &mut provider.client.id, client_id)?;
    set(table, "auth", &mut provider.client.auth, auth)?;
    set_some(table, "secret_ends", &mut provider.client.secret_ends, day)?;
    set(table, "redirect", &mut provider.client.redirect, redirect)?;
    table.finish(&[])?;
    Ok(table.place())
}

fn identity(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    set_some(table, "subject", &mut provider.identity.subject, pointers)?;
    set_some(table, "username", &mut provider.identity.username, pointers)?;
    set_some(table, "display_name", &mut provider.identity.display_name, pointers)?;
    set_some(table, "avatar", &mut provider.identity.avatar, pointers)?;
    table.finish(&[])
}

fn lifetimes(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    set_some(table, "access_token", &mut provider.lifetimes.access_token, Field::duration)?;
    set_some(table, "grant", &mut provider.lifetimes.grant, Field::duration)?;
    set_some(table, "idle", &mut provider.lifetimes.idle, Field::duration)?;
    set_some(table, "testing", &mut provider.lifetimes.testing, Field::duration)?;
    table.finish(&[])
}

fn authorize_params(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    for (name, field) in table.entries()? {
        if OWN_PARAMS.contains(&name.as_str()) {
            return Err(field.error("Bowline sets this parameter itself"));
        }
        let value = field.text()?.to_owned();
        provider.authorize_params.retain(|(known, _)| *known != name);
        provider.authorize_params.push((name, value));
    }
    Ok(())
}

fn api(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    set(table, "hosts", &mut provider.api_hosts, |f| f.list()?.iter().map(host).collect())?;
    set_some(table, "resource", &mut provider.resource, |f| Ok(url(f).and_then(|_| f.text())?.to_owned()))?;
    table.finish(&[])
}

fn quirks(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    let quirks = &mut provider.quirks;
    set(table, "scope_separator", &mut quirks.scope_separator, separator)?;
    set(table, "scope_param", &mut quirks.scope_param, |f| f.text().map(str::to_owned))?;
    set(table, "userinfo_method", &mut quirks.userinfo_method_post, |f| {
        word(f, &[("GET", false), ("POST", true)])
    })?;
    set(table, "basic_with_empty_secret", &mut quirks.basic_with_empty_secret, Field::truth)?;
    set(table, "token_accept_json", &mut quirks.token_accept_json, Field::truth)?;
    set(table, "token_request_json", &mut quirks.token_request_json, Field::truth)?;
    set_some(table, "token_envelope", &mut quirks.token_envelope, pointers)?;
    let styles: Vec<_> = RevokeStyle::ALL.iter().map(|style| (style.as_str(), *style)).collect();
    set(table, "revoke", &mut quirks.revoke, |f| word(f, &styles))?;
    set(table, "pkce_rejected", &mut quirks.pkce_rejected, Field::truth)?;
    set(table, "nonce_missing", &mut quirks.nonce_missing, Field::truth)?;
    set_some(table, "issuer_template", &mut quirks.issuer_template, template)?;
    set(table, "use_header", &mut quirks.use_header, header_name)?;
    set(table, "use_scheme", &mut quirks.use_scheme, |f| f.text().map(str::to_owned))?;
    userinfo_headers(&mut quirks.userinfo_headers, &table.table("userinfo_headers")?)?;
    table.finish(&[])
}

fn userinfo_headers(headers: &mut Vec<(String, String)>, table: &Table<'_>) -> Result<()> {
    for (name, field) in table.entries()? {
        let valid =
            http::HeaderName::try_from(name.as_str()).is_ok_and(|n| !OWN_HEADERS.contains(&n.as_str()));
        if !valid {
            return Err(field.error("this header cannot be set"));
        }
        let value = field.text()?;
        http::HeaderValue::from_str(value).map_err(|_| field.error("it is not a header's value"))?;
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        headers.push((name, value.to_owned()));
    }
    Ok(())
}

/// The provider's own error words. A phrase is kept in lower case, because it is looked for so.
fn error_words(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    let kinds: Vec<_> = FailureKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    let mut words = Vec::new();
    for (name, field) in table.entries()? {
        words.push((name.to_lowercase(), word(&field, &kinds)?));
    }
    provider.quirks.error_words.retain(|(known, _)| !words.iter().any(|(new, _)| new == known));
    provider.quirks.error_words.splice(0..0, words);
    Ok(())
}

fn facts(provider: &mut Provider, table: &Table<'_>) -> Result<()> {
    let facts = &mut provider.facts;
    set(table, "flows", &mut facts.flows, Field::texts)?;
    set(table, "needs", &mut facts.needs, Field::texts)?;
    set_some(table, "rotates", &mut facts.rotates, Field::truth)?;
    set_some(table, "renews", &mut facts.renews, Field::truth)?;
    set(table, "reconnect_when", &mut facts.reconnect_when, Field::texts)?;
    set(table, "notes", &mut facts.notes, Field::texts)?;
    set_some(table, "console", &mut facts.console, page)?;
    set_some(table, "dashboard", &mut facts.dashboard, page)?;
    set(table, "email_domains", &mut facts.email_domains, |f| f.list()?.iter().map(host).collect())?;
    table.finish(&[])
}

fn set<'a, T>(
    table: &Table<'a>,
    name: &'static str,
    place: &mut T,
    read: impl FnOnce(&Field<'a>) -> Result<T>,
) -> Result<()> {
    if let Some(field) = table.field(name) {
        *place = read(&field)?;
    }
    Ok(())
}

fn set_some<'a, T>(
    table: &Table<'a>,
    name: &'static str,
    place: &mut Option<T>,
    read: impl FnOnce(&Field<'a>) -> Result<T>,
) -> Result<()> {
    if let Some(field) = table.field(name) {
        *place = Some(read(&field)?);
    }
    Ok(())
}

fn url(field: &Field<'_>) -> Result<Url> {
    address::endpoint(field.text()?).map_err(|problem| field.error(problem.to_string()))
}

/// A page for people, which may be opened in their browser: `https` alone, and a fragment does no harm.
fn page(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.username().is_empty());
    url.map(|url| url.to_string()).ok_or_else(|| field.error("it must be an https address"))
}

fn urls(field: &Field<'_>) -> Result<Vec<Url>> {
    field.list()?.iter().map(url).collect()
}

fn issuer(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    address::issuer(text).map_err(|problem| field.error(problem.to_string()))?;
    Ok(text.to_owned())
}

fn template(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    if text.matches("{tid}").count() != 1 {
        return Err(field.error("it must hold {tid} once"));
    }
    address::issuer(&text.replace("{tid}", "tenant")).map_err(|problem| field.error(problem.to_string()))?;
    Ok(text.to_owned())
}

fn scopes(field: &Field<'_>) -> Result<ScopeSet> {
    let scope = |entry: &Field<'_>| {
        Scope::parse(entry.text()?).ok_or_else(|| entry.error("a scope has no space, quote or backslash"))
    };
    field.list()?.iter().map(scope).collect()
}

/// RFC 6749 appendix A.1: printable ASCII.
fn client_id(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) && text.trim() == text {
        Ok(text.to_owned())
    } else {
        Err(field.error("a client id is plain ASCII without spaces around it"))
    }
}

/// A day, at whose beginning something ends.
fn day(field: &Field<'_>) -> Result<Wall> {
    let text = field.text()?;
    let read = Wall::parse(text).or_else(|| Wall::parse(&format!("{text}T00:00:00Z")));
    read.ok_or_else(|| field.error("it must be a day such as \"2027-03-31\""))
}

fn auth(field: &Field<'_>) -> Result<ClientAuth> {
    let ways: Vec<_> = ClientAuth::ALL.iter().map(|auth| (auth.as_str(), *auth)).collect();
    word(field, &ways)
}

fn word<T: Copy>(field: &Field<'_>, known: &[(&'static str, T)]) -> Result<T> {
    let text = field.text()?;
    let names: Vec<&'static str> = known.iter().map(|(name, _)| *name).collect();
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| field.unknown_word(text, &names))
}

fn separator(field: &Field<'_>) -> Result<char> {
    // A single space is the standard and not an empty text, which `text` would take it for.
    match field.raw() {
        Some(" ") => Ok(' '),
        Some(",") => Ok(','),
        _ => Err(field.error("it must be a space or a comma")),
    }
}

fn pointers(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let valid = text.split(' ').all(|pointer| pointer.starts_with('/'));
    if valid { Ok(text.to_owned()) } else { Err(field.error("a JSON Pointer begins with /, as in /data/id")) }
}

fn header_name(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    http::HeaderName::try_from(text).map_err(|_| field.error("it is not a header's name"))?;
    Ok(text.to_owned())
}

/// A host, with a port where it is not the usual one; nothing else of an address.
fn host(field: &Field<'_>) -> Result<String> {
    let text = field.text()?.to_ascii_lowercase();
    let alone = Url::parse(&format!("https://{text}/")).ok().filter(|url| {
        let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
        url.host_str().is_some_and(|host| format!("{host}{port}") == text)
    });
    alone.map(|_| text).ok_or_else(|| field.error("it must be a host alone, such as api.acme.example"))
}

/// `http://HOST:PORT/PATH` on this computer, where PORT is a number or `{port}` (RFC 8252 §7.3).
fn redirect(field: &Field<'_>) -> Result<Redirect> {
    const FORM: &str = "it must look like http://127.0.0.1:{port}/callback, on 127.0.0.1, [::1] or localhost";
    let text = field.text()?;
    let wrong = || field.error(FORM);
    let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.rsplit_once(':').ok_or_else(wrong)?;
    if !matches!(host, "127.0.0.1" | "[::1]" | "localhost") {
        return Err(wrong());
    }
    let port = match port {
        "{port}" => None,
        number => Some(number.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    if path.len() > 200 || !path.bytes().all(plain) || path.contains("//") || path.contains("/.") {
        return Err(wrong());
    }
    let path = if path.is_empty() { "/" } else { path };
    Ok(Redirect { host: host.to_owned(), port, path: path.to_owned() })
}
