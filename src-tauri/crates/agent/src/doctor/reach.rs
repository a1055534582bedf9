//! What the hosts of providers answered, judged: names, certificates, endpoints. Each way of not answering is one
//! check's error, so that the fix is the right one.

use bowline_oauth::{FailureKind, FaultKind, Verdict};

use super::finding::{Finding, listed};
use super::network::{Host, Look};

pub(super) const NOBODY: &str = "No account is connected yet.";

/// `host (Provider)` for each host whose answer fits.
fn hosts<'a>(looks: &'a [Look], fits: impl Fn(&Host) -> bool + 'a) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for look in looks {
        let ours = look.hosts.iter().filter(|host| fits(host));
        found.extend(ours.map(|host| format!("{} ({})", host.name, look.provider)));
    }
    found
}

pub(super) fn judge_dns(looks: &[Look]) -> Finding {
    let nameless = hosts(looks, |host| host.answer.as_ref().err() == Some(&FaultKind::Unresolved));
    match (hosts(looks, |_| true).len(), &nameless[..]) {
        (0, _) => Finding::skipped(NOBODY),
        (all, []) => Finding::ok(format!("An address is known for {} of your providers.", counted(all))),
        (_, [first, ..]) => Finding::error(
            format!("No address is known for {}.", listed(&nameless, ", ")),
            format!(
                "Check the network connection and the name server with `getent hosts {}`, then run `bowline doctor` again.",
                host_only(first)
            ),
        ),
    }
}

pub(super) fn judge_tls(looks: &[Look]) -> Finding {
    let distrusted = hosts(looks, |host| host.answer.as_ref().err() == Some(&FaultKind::Tls));
    let trusted = hosts(looks, |host| host.secure && host.answer.is_ok());
    match (&distrusted[..], trusted.len()) {
        ([first, ..], _) => Finding::error(
            format!("The certificate of {} cannot be trusted.", listed(&distrusted, ", ")),
            format!(
                "If a company's proxy or server signs it, add that authority to the system's certificate store; look \
                 at it with `openssl s_client -connect {}`.",
                with_port(host_only(first))
            ),
        ),
        (_, 0) if looks.is_empty() => Finding::skipped(NOBODY),
        (_, 0) => Finding::skipped("No host answered over TLS."),
        (_, n) => Finding::ok(format!("The certificates of {} are trusted.", counted(n))),
    }
}

pub(super) fn judge_endpoints(looks: &[Look]) -> Finding {
    Finding::of_all(looks.iter().map(judge_provider).collect(), NOBODY)
}

fn judge_provider(look: &Look) -> Finding {
    let name = &look.provider;
    let mend = "Compare the endpoints in its provider file with the provider's documentation, then check the file with \
                `bowline providers check FILE`.";
    let silent = |kind: &FaultKind| !matches!(kind, FaultKind::Unresolved | FaultKind::Tls);
    let unreached: Vec<&Host> = look.hosts.iter().filter(|h| h.answer.is_err()).collect();
    let first_silent = unreached.iter().find(|h| h.answer.as_ref().err().is_some_and(silent));
    match (&look.metadata, first_silent) {
        _ if look.gone => {
            Finding::error(format!("{name} has not had anything at its token endpoint for a day."), mend)
        }
        (Err(failure), _) if failure.verdict() == Verdict::FixProvider => Finding::error(
            match failure.kind {
                FailureKind::IssuerMismatch => {
                    format!("Another issuer than the configured one answers for {name}.")
                }
                _ => format!("The endpoints that are set up for {name} cannot be used."),
            },
            mend,
        ),
        (_, Some(host)) => Finding::error(
            format!("{} ({name}) cannot be reached.", host.name),
            format!(
                "Check the network connection and the proxy with `curl -I {}://{}/`.",
                host.scheme(),
                host.name
            ),
        ),
        _ if !unreached.is_empty() => {
            Finding::skipped(format!("{name} was not reached: see `dns` and `tls`."))
        }
        (Err(failure), None) => Finding::warning(
            match failure.http_status {
                Some(status) => format!("{name} answers, but not with its metadata (status {status})."),
                None => format!("{name} answers, but not with its metadata."),
            },
            "Wait, then run `bowline doctor` again.",
        ),
        (Ok(()), None) => Finding::ok(format!("{name} answers at {}.", counted(look.hosts.len()))),
    }
}

fn counted(hosts: usize) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

fn host_only(named: &str) -> &str {
    named.split(' ').next().unwrap_or(named)
}

fn with_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { host.to_owned() } else { format!("{host}:443") }
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
