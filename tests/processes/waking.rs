//! What the agent hears of the computer: the kernel tells it of addresses that come, and login1 of a sleep that is over.

use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bowline_tests::wait::until;
use bowline_tests::{Agent, Home, Keyring, Practice, Running, Session};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use serde_json::json;

use crate::stage::{account, connect, play, post, practice, text};

/// One request makes a try, and a try that failed is followed by another after forty seconds at the soonest.
const PATIENT: &str =
    "[retry]\nattempts = 1\nbase = \"10s\"\ntimeouts = [\"1s\"]\nconnect_timeouts = [\"1s\"]\n";
/// Well below that.
const AT_ONCE: Duration = Duration::from_secs(20);

/// An agent whose one account could not be renewed, although its provider would answer by now.
struct Waiting {
    agent: Agent,
    id: String,
    _practice: Practice,
    home: Home,
}

impl Waiting {
    fn new(home: Home) -> Self {
        home.settings(PATIENT);
        let practice = practice(&home, &["--access-ttl", "10m"]);
        let agent = Agent::start(&home);
        let id = text(&connect(&agent.socket(), "practice", &["--user", "alice"])["id"]);
        play(&practice.door(), &json!({"fail": "token=hang"}));
        post(&agent.socket(), &format!("/v1/accounts/{id}/refresh"), &json!(null));
        play(&practice.door(), &json!({"fail": []}));
        let waiting = Self { agent, id, _practice: practice, home };
        assert_eq!(waiting.status(), "degraded");
        waiting
    }

    fn status(&self) -> String {
        text(&account(&self.agent.socket(), &self.id)["status"])
    }
}

/// An address of this computer's own that nothing else uses, for as long as this value lives. `None` where this user may
/// not give one.
struct Address;

impl Address {
    fn add() -> Option<Self> {
        let (new, create_and_acknowledge) = (20, 0x405);
        match change(new, create_and_acknowledge) {
            Ok(()) | Err(Errno::EEXIST) => Some(Self),
            Err(Errno::EPERM) => None,
            Err(other) => panic!("no address can be added: {other}"),
        }
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        let (delete, acknowledge) = (21, 0x5);
        let _ = change(delete, acknowledge);
    }
}

/// Asks the kernel to add, or take away, 127.0.0.77/32 at the first interface, which is the loopback.
fn change(kind: u16, flags: u16) -> Result<(), Errno> {
    let address = [127, 0, 0, 77];
    let mut message = Vec::new();
    message.extend_from_slice(&40u32.to_ne_bytes());
    message.extend_from_slice(&kind.to_ne_bytes());
    message.extend_from_slice(&flags.to_ne_bytes());
    message.extend_from_slice(&[0; 8]);
    // Family, length of the prefix, flags, scope; then the interface.
    message.extend_from_slice(&[2, 32, 0, 254]);
    message.extend_from_slice(&1u32.to_ne_bytes());
    for attribute in [2u16, 1] {
        message.extend_from_slice(&8u16.to_ne_bytes());
        message.extend_from_slice(&attribute.to_ne_bytes());
        message.extend_from_slice(&address);
    }
    let fd =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    sendto(fd.as_raw_fd(), &message, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut answer = [0; 256];
    recv(fd.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    // Behind the head stands 0, or the error as a negative number.
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(Errno::from_raw(-error)),
    }
}

#[test]
fn p4_an_address_that_comes_is_heard_of_and_what_failed_is_tried_at_once() {
    drop(Address::add());
    let waiting = Waiting::new(Home::new());
    let began = Instant::now();
    let Some(address) = Address::add() else { return };
    until("a renewal that went well", AT_ONCE, || (waiting.status() == "healthy").then_some(()));
    assert!(began.elapsed() < AT_ONCE);
    drop(address);
}

/// The service that tells of sleep, on a bus of the test's own.
struct Login1(Running);

impl Login1 {
    fn on(session: &Session) -> Self {
        let script = bowline_tests::root().join("tests/desktop/login1");
        let mut command = system_bus(session, Command::new(script));
        let mut running = Running::start("login1", command.stdin(Stdio::piped()));
        running.event("ready");
        Self(running)
    }

    fn says(&mut self, word: &str) {
        self.0.say(word);
    }
}

fn bus(session: &Session) -> String {
    let address = session.environment().iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS");
    address.expect("a session has a bus").1.clone()
}

fn system_bus(session: &Session, mut command: Command) -> Command {
    command.env("DBUS_SYSTEM_BUS_ADDRESS", bus(session));
    command
}

/// How often the agent has noted that it heard of an awakening.
fn awakenings(home: &Home) -> usize {
    let log = std::fs::read_to_string(home.path().join("logs/agent.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("woken up") && line.contains("false")).count()
}

#[test]
fn p4_login1_tells_that_the_computer_woke_up_and_what_failed_is_tried_at_once() {
    let session = Session::open(Keyring::None);
    let mut login1 = Login1::on(&session);
    let waiting = Waiting::new(heard(&session));
    until("an awakening", AT_ONCE, || {
        // It may not have been listening yet when this was first said.
        login1.says("sleep");
        login1.says("wake");
        (awakenings(&waiting.home) > 0).then_some(())
    });
    until("a renewal that went well", AT_ONCE, || (waiting.status() == "healthy").then_some(()));
}

#[test]
fn p4_a_program_that_only_sounds_like_login1_is_not_believed() {
    let session = Session::open(Keyring::None);
    let mut login1 = Login1::on(&session);
    let waiting = Waiting::new(heard(&session));
    until("an awakening", AT_ONCE, || {
        login1.says("wake");
        (awakenings(&waiting.home) > 0).then_some(())
    });
    // What was said before has been heard when this has: signals keep their order.
    let before = settled(&waiting.home);
    for _ in 0..5 {
        let mut send = session.command("dbus-send");
        send.args(["--session", "--type=signal", "/org/freedesktop/login1"]);
        send.args(["org.freedesktop.login1.Manager.PrepareForSleep", "boolean:false"]);
        assert!(send.status().expect("dbus-send is there").success());
    }
    login1.says("wake");
    until("the true one", AT_ONCE, || (awakenings(&waiting.home) > before).then_some(()));
    assert_eq!(settled(&waiting.home), before + 1);
}

/// The number of awakenings once it has not grown for a second.
fn settled(home: &Home) -> usize {
    let (mut seen, mut since) = (awakenings(home), Instant::now());
    until("quiet", AT_ONCE, || {
        let now = awakenings(home);
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        (since.elapsed() > Duration::from_secs(1)).then_some(())
    });
    awakenings(home)
}

/// A home whose agent hears this bus as the system's, and notes what it hears.
fn heard(session: &Session) -> Home {
    Home::new().with("DBUS_SYSTEM_BUS_ADDRESS", &bus(session)).with("BOWLINE_LOG", "info")
}
