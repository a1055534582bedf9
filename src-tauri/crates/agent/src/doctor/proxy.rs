//! Which proxy the agent was started with. A proxy's user and password are never shown.

use std::ffi::OsString;

use url::Url;

use super::finding::Finding;

/// What names a proxy for `https`, in the order in which it is heeded.
const NAMES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

pub(super) fn judge(variable: &dyn Fn(&str) -> Option<OsString>) -> Finding {
    let set =
        |name: &&str| variable(name).filter(|value| !value.is_empty()).map(|value| (name.to_string(), value));
    let Some((name, value)) = NAMES.iter().find_map(set) else {
        return Finding::ok("No proxy is set in the environment; providers are asked directly.");
    };
    let without = match EXCEPTIONS.iter().find_map(set) {
        Some((name, _)) => format!("with exceptions in {name}"),
        None => "without exceptions".to_owned(),
    };
    match value.to_str().and_then(place) {
        Some(place) => Finding::ok(format!("{name} sends requests through {place}, {without}.")),
        None => Finding::error(
            format!("{name} is set, but not to an address."),
            format!(
                "Set it to an address such as http://proxy.example:3128, or `unset {name}`, then run `bowline stop`."
            ),
        ),
    }
}

/// Scheme, host and port of a proxy, and nothing else of its address.
fn place(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).ok()?;
    let known = matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h");
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().filter(|host| known && !host.is_empty())?;
    Some(format!("{}://{host}{port}", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    fn with(set: &[(&str, &str)]) -> Finding {
        judge(&|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn without_a_proxy_providers_are_asked_directly() {
        assert_eq!(with(&[]).level, Level::Ok);
        assert_eq!(with(&[("HTTPS_PROXY", ""), ("NO_PROXY", "*")]), with(&[]));
    }

    #[test]
    fn a_proxy_is_shown_without_its_credentials() {
        let found =
            with(&[("https_proxy", "http://ana:hunter2@proxy.example:3128/x?y"), ("NO_PROXY", "localhost")]);
        assert_eq!(
            found.message,
            "https_proxy sends requests through http://proxy.example:3128, with exceptions in NO_PROXY."
        );
        assert!(
            with(&[("ALL_PROXY", "socks5h://127.0.0.1:9050")]).message.contains("socks5h://127.0.0.1:9050")
        );
        assert!(
            with(&[("HTTPS_PROXY", "ana:hunter2@proxy.example:3128")])
                .message
                .contains("through http://proxy.example:3128,")
        );
    }

    #[test]
    fn what_is_no_address_is_an_error_that_does_not_repeat_it() {
        for wrong in ["ana:hunter2@", "http://", "ftp://ana:hunter2@proxy.example", "ht tp://hunter2"] {
            let found = with(&[("HTTPS_PROXY", wrong)]);
            assert_eq!(found.level, Level::Error, "{wrong}");
            assert!(!format!("{found:?}").contains("hunter2"));
        }
    }
}
