//! Which addresses may be used at all (RFC 8414 §2, RFC 8252 §7.3): `https` everywhere, `http` on loopback only.
//!
//! Only literal addresses are judged. A name that resolves inside a company is the company's own affair.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bowline_base::ProviderId;
use url::{Host, Url};

/// Longer than any real endpoint; a bound so that input has one.
pub const MAX_LEN: usize = 2048;

/// Why an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No absolute URL with a host.
    #[error("it is not a URL")]
    NotAUrl,
    /// Longer than [`MAX_LEN`].
    #[error("it is longer than 2048 characters")]
    TooLong,
    /// `http` to another computer.
    #[error("only https is allowed, and http on this computer itself")]
    NotHttps,
    /// A user or a password in it.
    #[error("it holds a user name or a password")]
    Credentials,
    /// A fragment.
    #[error("it holds a fragment")]
    Fragment,
    /// A query, in an issuer.
    #[error("an issuer has no query")]
    Query,
}

/// Checks an endpoint.
pub fn endpoint(text: &str) -> Result<Url, Problem> {
    if text.len() > MAX_LEN {
        return Err(Problem::TooLong);
    }
    let url = Url::parse(text).map_err(|_| Problem::NotAUrl)?;
    if !url.has_host() || text.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
        return Err(Problem::NotAUrl);
    }
    if !is_usable(&url) {
        return Err(Problem::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem::Credentials);
    }
    if url.fragment().is_some() {
        return Err(Problem::Fragment);
    }
    Ok(url)
}

/// Checks an issuer: an endpoint without a query (RFC 8414 §2). The text itself stays the issuer's name.
pub fn issuer(text: &str) -> Result<Url, Problem> {
    let url = endpoint(text)?;
    if url.query().is_some() { Err(Problem::Query) } else { Ok(url) }
}

/// True for `https`, and for `http` where the host is this computer.
pub fn is_usable(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// True when the host is this computer, by literal address or by the name `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// True when the host is a literal address that no public server has: this computer, the link, a private net.
pub fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private_ip(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_private_ip(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => is_localhost(name),
        None => true,
    }
}

/// The provider id of an issuer that has no file: host, port and path, with `.` for what an id cannot hold.
pub fn id_of(url: &Url) -> Option<ProviderId> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let port = url.port().map(|p| format!(".{p}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '.' };
    let text: String = format!("{host}{port}{path}").to_ascii_lowercase().chars().map(plain).collect();
    let text = text.trim_matches('.');
    ProviderId::parse(&text[..text.len().min(ProviderId::MAX_LEN)])
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn is_private_ip(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_broadcast() || a == 0 || shared
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let mapped = ip.to_ipv4_mapped().is_some_and(is_private_v4);
    mapped || ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
}
