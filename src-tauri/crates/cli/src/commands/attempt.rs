//! One try to connect, as `connect` and `reconnect` share it: start, tell, wait, give up.
//!
//! Ctrl-C and the time limit both withdraw the attempt at the agent, which then tells that it is over; so
//! there is one way out of the waiting, and no attempt stays behind.

use std::time::{Duration, Instant};

use bowline_wire::client::path;
use bowline_wire::shapes::{
    AccountView, AttemptErrorView, AttemptView, ConnectBody, ConnectView, DeviceView, SettingsView,
};
use bowline_wire::{Client, ClientError, Code};
use serde_json::json;

use crate::error::Failure;
use crate::exit::Exit;
use crate::fix;
use crate::length;
use crate::print::field;
use crate::signals;
use crate::world::World;

/// One long poll.
const POLL: Duration = Duration::from_secs(25);

/// The setting's own default, should it not be known.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// No code works for longer.
const LONGEST_CODE: Duration = Duration::from_secs(3600);

/// How long an attempt may take that cannot be withdrawn any more, because the browser has come back.
const FINISHES_WITHIN: Duration = Duration::from_secs(120);

/// Withdrawing an attempt is not worth waiting for.
const CANCEL_WITHIN: Duration = Duration::from_secs(2);

/// What is to be tried.
pub(super) struct Plan {
    /// What the agent is asked for.
    pub body: ConnectBody,
    /// The provider or account as the user wrote it.
    pub typed: String,
    /// How long to wait; the setting when left out.
    pub timeout: Option<Duration>,
}

/// Tries, and comes back with the account.
pub(super) fn run(world: &mut World<'_>, plan: &Plan) -> Result<AccountView, Failure> {
    let opens_here = plan.body.open_browser && world.open_page.is_some();
    let body = ConnectBody {
        open_browser: plan.body.open_browser && !opens_here,
        // Whole seconds, rounded up: the agent does not end it before this command does.
        timeout_s: plan.timeout.map(|limit| limit.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)),
        ..plan.body.clone()
    };
    let mut started: ConnectView =
        world.ask(|agent| agent.post("/v1/connect").body(&body).send()).map_err(|f| f.about(&plan.typed))?;
    if let (true, Some(open), Some(url)) = (opens_here, world.open_page, &started.authorize_url) {
        started.browser_opened = Some(open(url));
    }
    // A code says itself how long it works.
    let usual = || if started.device.is_some() { LONGEST_CODE } else { setting(world.client()) };
    let timeout = plan.timeout.unwrap_or_else(usual);
    let call = path(["connect", &started.attempt]);
    cancel_on_signal(world, call.clone());
    announce(world, plan, &started);
    let (over, timed_out) = wait(world.client(), &call, Instant::now() + timeout).map_err(lost)?;
    finish(world, plan, over, timed_out.then_some(timeout))
}

fn setting(agent: &Client) -> Duration {
    let settings = agent.get("/v1/settings").timeout(CANCEL_WITHIN).send::<SettingsView>();
    settings.ok().and_then(|s| length::parse(&s.connect.timeout).ok()).unwrap_or(DEFAULT_TIMEOUT)
}

fn cancel_on_signal(world: &World<'_>, call: String) {
    let agent = Client::at(world.client().socket());
    let mut asked = false;
    let cancel = move |_| {
        let again = std::mem::replace(&mut asked, true);
        if again || agent.delete(&call).timeout(CANCEL_WITHIN).send::<serde_json::Value>().is_err() {
            // Nobody will tell the waiting command that it is over; or it is being finished, and the person asked
            // twice not to wait for that.
            std::process::exit(Exit::ConnectFailed.status());
        }
    };
    (world.watch)(signals::ENDING, Box::new(cancel));
}

/// Says where to type which code: both always, also where one address holds the two (RFC 8628 §3.3.1).
fn announce_code(world: &mut World<'_>, plan: &Plan, device: &DeviceView, expires_at: &str) {
    if world.out.json {
        return world.out.object(&json!({
            "event": "device",
            "user_code": device.user_code,
            "verification_uri": device.verification_uri,
            "verification_uri_complete": device.verification_uri_complete,
            "interval": device.interval,
            "expires_at": expires_at,
        }));
    }
    let (provider, code) = (field(&plan.body.provider), field(&device.user_code));
    world.out.word(&format!("To sign in to {provider}, open this address on any device:"));
    world.out.word(&format!("  {}", field(&device.verification_uri)));
    world.out.word("and type this code there:");
    world.out.word(&format!("  {code}"));
    world.out.word(
        "Type it only because you started this here yourself; whoever gives you a code gets your account.",
    );
}

fn announce(world: &mut World<'_>, plan: &Plan, started: &ConnectView) {
    if let Some(device) = &started.device {
        return announce_code(world, plan, device, &started.expires_at);
    }
    let Some(url) = &started.authorize_url else { return };
    if world.out.json {
        return world.out.object(&json!({"event": "authorize", "url": url}));
    }
    let provider = field(&plan.body.provider);
    if !plan.body.open_browser {
        world.out.word(&format!(
            "No browser is opened. Go to this address on this computer to sign in to {provider}:"
        ));
        return world.out.raw(&field(url));
    }
    if started.browser_opened == Some(false) {
        world.out.word("A browser could not be opened. Copy this address into any browser on this computer:");
    } else {
        world.out.word(&format!("Finish signing in to {provider} in your browser. If none opened, go to:"));
    }
    world.out.word(&field(url));
}

/// Waits until the attempt is over; withdraws it when the time is up. One whose browser has come back is let finish.
fn wait(agent: &Client, call: &str, mut deadline: Instant) -> Result<(AttemptView, bool), ClientError> {
    let mut withdrawn = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let view: AttemptView = agent.delete(call).send()?;
            if withdrawn || view.is_over() {
                let timed_out = view.state == "cancelled";
                return Ok((view, timed_out));
            }
            withdrawn = true;
            deadline = Instant::now() + FINISHES_WITHIN;
            continue;
        }
        let asked = Instant::now();
        let view: AttemptView = agent.get(call).wait(POLL.min(left)).send()?;
        if view.is_over() {
            return Ok((view, false));
        }
        // An answer before its time that says nothing new must not turn the waiting into a spin.
        std::thread::sleep(Duration::from_millis(100).saturating_sub(asked.elapsed()).min(left));
    }
}

/// The agent went away, or came back without the attempt.
fn lost(error: ClientError) -> Failure {
    let gone = match &error {
        ClientError::Problem(problem) => problem.code() == Some(Code::RequestNotFound),
        ClientError::NoAgent { .. }
        | ClientError::Io(_)
        | ClientError::Unreadable(_)
        | ClientError::TimedOut => true,
        ClientError::TooLarge => false,
    };
    let mut failure = Failure::from(error);
    if gone {
        let detail = "Bowline was restarted while it waited for you; start again.";
        failure = Failure::new(
            Exit::ConnectFailed,
            Code::RequestNotFound.as_str(),
            detail,
            "run the same command again",
        );
    }
    failure
}

fn finish(
    world: &mut World<'_>,
    plan: &Plan,
    over: AttemptView,
    timed_out: Option<Duration>,
) -> Result<AccountView, Failure> {
    if let ("connected", Some(account)) = (over.state.as_str(), over.account) {
        return Ok(account);
    }
    // That it was withdrawn is our own doing when the time was up.
    let said = over.error.filter(|_| timed_out.is_none());
    let error = said.unwrap_or_else(|| silent(&over.state, timed_out));
    if world.out.json {
        world.out.object(&json!({"event": "failed", "error": error}));
    }
    let mut failure = Failure::new(Exit::ConnectFailed, &error.code, &error.detail, again(plan, &error));
    failure.told = true;
    Err(failure)
}

/// Why an attempt is over that ended without an error of its own.
fn silent(state: &str, timed_out: Option<Duration>) -> AttemptErrorView {
    let (code, detail) = match (timed_out, state) {
        (Some(limit), _) => (
            "timed_out",
            format!("Sign-in wasn't finished within {}. Nothing was changed.", length::words(limit)),
        ),
        (None, "cancelled") => ("cancelled", "Connecting was cancelled. Nothing was changed.".into()),
        (None, "expired") => ("timed_out", "Sign-in wasn't finished in time. Nothing was changed.".into()),
        (None, "exchanging") => {
            ("timed_out", "Bowline is still finishing the sign-in: see `bowline accounts`.".into())
        }
        (None, other) => ("provider_error", format!("Connecting ended as {}.", field(other))),
    };
    AttemptErrorView { code: code.into(), detail, ..AttemptErrorView::default() }
}

fn again(plan: &Plan, error: &AttemptErrorView) -> String {
    let typed = fix::quote(&plan.typed);
    let verb = if plan.body.account.is_some() { "reconnect" } else { "connect" };
    match fix::of_action(error.action(), &plan.typed, &fix::quote(&plan.body.provider)) {
        Some(fix) if error.action() != Some(bowline_base::Action::Reconnect) => fix,
        _ => format!("bowline {verb} {typed}"),
    }
}

/// Tells that it worked.
pub(super) fn connected(world: &mut World<'_>, account: &AccountView) {
    if world.out.json {
        return world.out.object(&json!({"event": "connected", "account": account}));
    }
    world.out.word(&format!("{} is connected. {}", field(account.name()), field(&account.message)));
}
