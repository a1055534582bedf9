//! The agent's two doors, the socket and the loopback port: open, as the settings say, and ours.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::finding::Finding;
use super::{Findings, Patient};

/// How long a door of our own may take to open.
const KNOCK: Duration = Duration::from_secs(1);

pub(super) async fn look(patient: &Patient<'_>) -> Findings {
    let socket = patient.paths.socket();
    let socket_answers = matches!(timeout(KNOCK, UnixStream::connect(socket)).await, Ok(Ok(_)));
    let port_answers = match patient.http_port {
        Some(port) => {
            matches!(timeout(KNOCK, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await, Ok(Ok(_)))
        }
        None => false,
    };
    let ipc = &patient.settings.ipc;
    vec![
        ("socket", judge_socket(socket, socket_answers)),
        ("http_port", judge_port(ipc.http, ipc.port, patient.http_port, port_answers)),
    ]
}

fn judge_socket(path: &Path, answers: bool) -> Finding {
    if answers {
        return Finding::ok(format!("The agent listens on {}.", path.display()));
    }
    Finding::error(
        format!("Nobody answers on {}: it was removed, or another program took its place.", path.display()),
        "Run `bowline stop`; the next command starts an agent with a new socket.",
    )
}

fn judge_port(wanted: bool, port: u16, listening: Option<u16>, answers: bool) -> Finding {
    let again = "Run `bowline stop`; the next command starts an agent with the new setting.";
    match (wanted, listening) {
        (false, None) => Finding::skipped("The loopback port is turned off in the settings."),
        (false, Some(at)) => Finding::warning(
            format!("The settings turn the loopback port off, and port {at} is still open."),
            again,
        ),
        (true, None) if port == 0 => {
            Finding::error("No loopback port could be listened on.", "Run `bowline stop`, then try again.")
        }
        (true, None) => Finding::error(
            format!("Port {port} is not listened on: another program has it, or the setting is new."),
            format!(
                "End the program that `ss -ltnp 'sport = :{port}'` names, or put another [ipc] port in settings.toml; then run `bowline stop`."
            ),
        ),
        (true, Some(at)) if port != 0 && port != at => Finding::warning(
            format!("The settings say port {port}, and port {at} is still listened on."),
            again,
        ),
        (true, Some(at)) if !answers => Finding::error(format!("Nobody answers on 127.0.0.1:{at}."), again),
        (true, Some(at)) => Finding::ok(format!("The agent listens on 127.0.0.1:{at}.")),
    }
}

/// True when it is this process that listens on a port; where that cannot be told, it is not.
pub(super) fn is_ours(port: u16) -> bool {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let listening: Vec<&str> = tables.iter().flat_map(|table| listeners(table, port)).collect();
    let open = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut links = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.any(|link| {
        let link = link.to_string_lossy();
        link.strip_prefix("socket:[")
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inode| listening.contains(&inode))
    })
}

/// The inodes of the sockets that listen on a port, from the kernel's table.
fn listeners(table: &str, port: u16) -> impl Iterator<Item = &str> {
    let end = format!(":{port:04X}");
    table.lines().skip(1).take(65_536).filter_map(move |line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let listens =
            columns.get(3) == Some(&"0A") && columns.get(1).is_some_and(|local| local.ends_with(&end));
        columns.get(9).copied().filter(|_| listens)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn a_socket_answers_or_is_started_anew() {
        assert_eq!(judge_socket(Path::new("/r/agent.sock"), true).level, Level::Ok);
        let found = judge_socket(Path::new("/r/agent.sock"), false);
        assert!(found.level == Level::Error && found.fix.unwrap().contains("bowline stop"));
    }

    #[test]
    fn the_loopback_port_is_as_the_settings_say_or_it_is_told() {
        for (wanted, port, listening, answers, level) in [
            (true, 0, Some(4000), true, Level::Ok),
            (true, 4000, Some(4000), true, Level::Ok),
            (true, 4000, Some(4000), false, Level::Error),
            (true, 4001, Some(4000), true, Level::Warning),
            (true, 4000, None, false, Level::Error),
            (true, 0, None, false, Level::Error),
            (false, 0, None, false, Level::Skipped),
            (false, 0, Some(4000), true, Level::Warning),
        ] {
            let found = judge_port(wanted, port, listening, answers);
            assert_eq!(found.level, level, "{found:?}");
            assert_eq!(found.fix.is_some(), level > Level::Ok);
        }
    }

    #[test]
    fn the_kernels_table_tells_who_listens_and_ignores_who_is_connected() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0\n\
            \x20  1: 0100007F:0FA0 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0\n\
            \x20  2: garbage\n";
        assert_eq!(listeners(table, 4000).collect::<Vec<_>>(), ["4242"]);
        assert_eq!(listeners(table, 54_321).count(), 0);
        assert_eq!(listeners("", 4000).count(), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_port_of_this_process_is_ours_and_a_free_one_is_not() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_ours(port));
        drop(listener);
        assert!(!is_ours(port));
    }
}
