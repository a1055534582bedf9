//! What is checked before a request is looked at: its size, its host, and that no web page sent it; and what every
//! answer carries.

use std::sync::LazyLock;

use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{HeaderMap as Headers, Request, Uri};
use axum::response::Response;
use bowline_wire::problem::{Code, Problem};

use crate::caller::{Peer, Via};

/// The largest head of a request: names and values of all headers together.
const MAX_HEADERS: usize = 16 * 1024;

/// Refuses what no honest local program sends.
///
/// # Errors
/// 431 for too large a head, 421 for a foreign `Host`, 403 for anything that comes from a web page.
pub fn check<B>(request: &Request<B>, peer: &Peer) -> Result<(), Problem> {
    let headers = request.headers();
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size + request.uri().path().len() + request.uri().query().map_or(0, str::len) > MAX_HEADERS {
        return Err(Problem::new(
            Code::HeadersTooLarge,
            "the head of the request is larger than 16 KiB: send less",
        ));
    }
    if let Via::Loopback(port) = peer.via
        && !(is_our_host(headers, port) && target_is_ours(request.uri(), port))
    {
        return Err(Problem::new(
            Code::WrongHost,
            "the Host header names somebody else: send it as 127.0.0.1 with Bowline's port",
        ));
    }
    if is_from_a_page(headers) {
        return Err(Problem::new(Code::CrossOrigin, "web pages are not served: use a local program instead"));
    }
    Ok(())
}

/// The headers that every answer carries (contract §3), made once: a copy looks up no name.
static ALWAYS: LazyLock<HeaderMap> = LazyLock::new(|| {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    // With room for those of the answer, which would otherwise have all of them put in order again.
    let mut map = HeaderMap::with_capacity(2 * headers.len());
    map.extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    map
});

/// Gives an answer the headers that every answer carries. Its own, which are none of these, stay.
pub fn dress(response: &mut Response) {
    let own = std::mem::replace(response.headers_mut(), ALWAYS.clone());
    response.headers_mut().extend(own);
}

/// A name that points at this computer could be anybody's (DNS rebinding), so only these three are ours.
fn is_our_host(headers: &Headers, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    host.to_str().is_ok_and(|host| is_ours(host, port))
}

/// A target in absolute form names a host of its own, which goes before the header (RFC 9112 §3.2.2).
fn target_is_ours(target: &Uri, port: u16) -> bool {
    target.authority().is_none_or(|authority| is_ours(authority.as_str(), port))
}

fn is_ours(host: &str, port: u16) -> bool {
    let Some((name, given)) = host.rsplit_once(':') else { return false };
    let names = ["127.0.0.1", "localhost", "[::1]"];
    names.iter().any(|ours| name.eq_ignore_ascii_case(ours)) && given.parse() == Ok(port)
}

fn is_from_a_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    headers.contains_key(header::ORIGIN) || sites.any(|site| site.as_bytes() != b"none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().uri("/v1/health");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer = Peer::over(Via::Loopback(4321));
        check(&request.body(()).unwrap(), &peer).err().map(|problem| problem.status)
    }

    #[test]
    fn only_three_names_of_this_host_with_our_port_are_ours() {
        for host in ["127.0.0.1:4321", "localhost:4321", "[::1]:4321", "LOCALHOST:4321"] {
            assert_eq!(checked(&[("host", host)]), None, "{host}");
        }
        for host in
            ["127.0.0.1", "127.0.0.1:80", "evil.example:4321", "localhost.evil.example:4321", "", "[::1]"]
        {
            assert_eq!(checked(&[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(checked(&[]), Some(421));
        assert_eq!(checked(&[("host", "localhost:4321"), ("host", "evil:4321")]), Some(421));
    }

    #[test]
    fn o72_whatever_a_web_page_sends_is_refused() {
        let host = ("host", "127.0.0.1:4321");
        assert_eq!(checked(&[host, ("origin", "https://evil.example")]), Some(403));
        assert_eq!(checked(&[host, ("origin", "null")]), Some(403));
        for site in ["cross-site", "same-origin", "same-site", "None"] {
            assert_eq!(checked(&[host, ("sec-fetch-site", site)]), Some(403), "{site}");
        }
        assert_eq!(checked(&[host, ("sec-fetch-site", "none")]), None);
        assert_eq!(checked(&[host, ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")]), Some(403));
    }

    #[test]
    fn a_target_that_names_another_host_is_not_ours() {
        let peer = Peer::over(Via::Loopback(4321));
        for (uri, refused) in
            [("http://evil.example/v1/health", true), ("http://127.0.0.1:4321/v1/health", false)]
        {
            let request = Request::builder().uri(uri).header("host", "127.0.0.1:4321").body(()).unwrap();
            assert_eq!(check(&request, &peer).is_err(), refused, "{uri}");
        }
    }

    #[test]
    fn a_head_of_more_than_16_kib_is_refused() {
        let long = "x".repeat(17 * 1024);
        assert_eq!(checked(&[("host", "127.0.0.1:4321"), ("x-long", &long)]), Some(431));
    }

    #[test]
    fn o65_every_answer_is_dressed() {
        let mut response = Response::new(axum::body::Body::empty());
        dress(&mut response);
        assert_eq!(response.headers().len(), 5);
    }
}
