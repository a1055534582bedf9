//! The words of a notice, from the catalogue. What cannot be pressed is said: where the desktop shows no buttons, or
//! no window is installed, the text ends in the command to type.

use std::time::Duration;

use bowline_words::{Arg, say};

use super::moments::{Left, counted};
use super::{Asker, Button, Heard, Kind, Notice};

/// How many accounts the notice about several names.
const NAMED: usize = 2;

/// What the desktop that shows a notice can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// It shows buttons.
    pub buttons: bool,
    /// There is a window to look at things in.
    pub window: bool,
}

impl Means {
    /// A desktop with everything.
    pub const ALL: Self = Self { buttons: true, window: true };
}

/// A notice as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The first line.
    pub title: String,
    /// What happened, and the move.
    pub body: String,
    /// What may be pressed, with its words.
    pub buttons: Vec<(Button, String)>,
}

impl Notice {
    /// What a notice says on a desktop with these means.
    pub fn text(&self, means: Means) -> Text {
        let buttons: Vec<Button> = self
            .buttons()
            .iter()
            .copied()
            .filter(|button| means.window || !matches!(button, Button::Review | Button::Emergency))
            .collect();
        let mut body = self.body();
        if let Some(way) =
            self.way_by_hand().filter(|_| !means.buttons || buttons.len() < self.buttons().len())
        {
            body = format!("{body} {way}").trim_start().to_owned();
        }
        let shown = if means.buttons { buttons } else { Vec::new() };
        let buttons = shown.into_iter().map(|button| (button, word(button))).collect();
        Text { title: self.title(), body, buttons }
    }

    /// What may be pressed.
    pub fn buttons(&self) -> &'static [Button] {
        match &self.kind {
            Kind::NeedsYou { .. } | Kind::Expiring { .. } | Kind::NotBegun { .. } => {
                &[Button::Reconnect, Button::Later]
            }
            Kind::Failing { passes: true, .. } => &[Button::Emergency, Button::Review, Button::Later],
            Kind::Many { .. } | Kind::Failing { .. } => &[Button::Review, Button::Later],
            Kind::EmergencyAsks { .. } => &[Button::Allow, Button::Deny],
            Kind::EmergencyOn { .. } => &[Button::End],
            Kind::AppAsks { names, .. } if !names.is_empty() => &[Button::Allow, Button::Deny],
            Kind::ProgramAsks { .. } => &[Button::Allow, Button::Deny],
            Kind::AppAsks { .. } | Kind::AppsAsk { .. } => &[Button::Review],
            Kind::Unsaved { .. }
            | Kind::Silent { .. }
            | Kind::Abuse { .. }
            | Kind::Heard(_)
            | Kind::Mended { .. }
            | Kind::Answered => &[],
        }
    }

    fn title(&self) -> String {
        match &self.kind {
            Kind::NeedsYou { name, .. } | Kind::NotBegun { name, .. } => {
                about("notice-needs-you-title", name)
            }
            Kind::Many { accounts } => counting("notice-many-title", accounts.len()),
            Kind::Expiring { name, .. } => about("notice-expiring-title", name),
            Kind::Failing { name, .. } => about("notice-failing-title", name),
            Kind::EmergencyAsks { name, .. } => about("notice-emergency-asks-title", name),
            Kind::EmergencyOn { name, .. } => about("notice-emergency-on-title", name),
            Kind::AppAsks { app, .. } => say("notice-app-title", &[("app", Arg::Text(app))]),
            Kind::ProgramAsks { program, name, .. } => {
                say("notice-program-title", &[("app", Arg::Text(program)), ("name", Arg::Text(name))])
            }
            Kind::AppsAsk { count } => counting("notice-apps-title", *count),
            Kind::Unsaved { name, .. } => about("notice-unsaved-title", name),
            Kind::Silent { provider } => say("notice-silent-title", &[("provider", Arg::Text(provider))]),
            Kind::Abuse { .. } => say("notice-abuse-title", &[]),
            Kind::Heard(heard) => heard_title(heard),
            Kind::Mended { .. } | Kind::Answered => say("notice-nothing-title", &[]),
        }
    }

    fn body(&self) -> String {
        match &self.kind {
            Kind::NeedsYou { cause, asks, .. } => needs_you(cause, asks.as_ref()),
            Kind::Many { accounts } => {
                let named = if accounts.len() == NAMED + 1 { NAMED + 1 } else { NAMED };
                let names: Vec<&str> = accounts.iter().take(named).map(|(_, name)| &**name).collect();
                let rest = Arg::Count(accounts.len().saturating_sub(named) as u64);
                say("notice-many-body", &[("names", Arg::Text(&names.join(", "))), ("rest", rest)])
            }
            Kind::Expiring { provider, end, now, .. } => {
                let (id, count) = match counted(end.since(*now)) {
                    Left::Days(count) => ("notice-expiring-days", count),
                    Left::Hours(count) => ("notice-expiring-hours", count),
                };
                say(id, &[("provider", Arg::Text(provider)), ("count", Arg::Count(count))])
            }
            Kind::Failing { cause, .. } => say("notice-failing-body", &[("cause", Arg::Text(cause))]),
            Kind::EmergencyAsks { reason, lasts, .. } => {
                lasting("notice-emergency-asks-body", reason, *lasts)
            }
            Kind::EmergencyOn { reason, lasts, .. } => lasting("notice-emergency-on-body", reason, *lasts),
            Kind::AppAsks { code, names, .. } if names.is_empty() => {
                say("notice-app-body-open", &[("code", Arg::Text(code))])
            }
            Kind::AppAsks { code, names, .. } => {
                say("notice-app-body", &[("code", Arg::Text(code)), ("name", Arg::Text(&names.join(", ")))])
            }
            Kind::ProgramAsks { path, changed, .. } => {
                let id = if *changed { "notice-program-body-changed" } else { "notice-program-body" };
                say(id, &[("path", Arg::Text(path))])
            }
            Kind::AppsAsk { .. } => say("notice-apps-body", &[]),
            Kind::NotBegun { detail, .. } | Kind::Unsaved { detail, .. } => detail.clone(),
            Kind::Silent { .. } => say("notice-silent-body", &[]),
            Kind::Abuse { program } => say("notice-abuse-body", &[("program", Arg::Text(program))]),
            Kind::Heard(heard) => heard_body(heard),
            Kind::Mended { name } => about("notice-mended", name),
            Kind::Answered => say("notice-answered", &[]),
        }
    }

    /// The command that does what the first button would.
    fn way_by_hand(&self) -> Option<String> {
        let (id, command) = match &self.kind {
            Kind::NeedsYou { name, .. } | Kind::Expiring { name, .. } | Kind::NotBegun { name, .. } => {
                ("notice-by-reconnect", format!("bowline reconnect {name}"))
            }
            Kind::Many { .. } => ("notice-by-looking", "bowline status".to_owned()),
            Kind::Failing { name, passes: true, .. } => {
                ("notice-by-emergency", format!("bowline emergency {name}"))
            }
            Kind::Failing { name, .. } => ("notice-by-looking", format!("bowline doctor {name}")),
            Kind::EmergencyOn { name, .. } => ("notice-by-ending", format!("bowline emergency {name} --end")),
            Kind::EmergencyAsks { .. }
            | Kind::AppAsks { .. }
            | Kind::ProgramAsks { .. }
            | Kind::AppsAsk { .. } => ("notice-by-answering", "bowline apps requests".to_owned()),
            Kind::Unsaved { .. }
            | Kind::Silent { .. }
            | Kind::Abuse { .. }
            | Kind::Heard(_)
            | Kind::Mended { .. }
            | Kind::Answered => return None,
        };
        Some(say(id, &[("command", Arg::Text(&command))]))
    }
}

fn needs_you(cause: &str, asks: Option<&Asker>) -> String {
    let cause = Arg::Text(cause);
    let words = match asks {
        None => say("notice-needs-you-body", &[("cause", cause)]),
        Some(Asker { app, because: None }) => {
            say("notice-needs-you-body-app", &[("cause", cause), ("app", Arg::Text(app))])
        }
        Some(Asker { app, because: Some(because) }) => {
            let args = [("cause", cause), ("app", Arg::Text(app)), ("because", Arg::Text(because))];
            say("notice-needs-you-body-because", &args)
        }
    };
    words.trim_start().to_owned()
}

fn heard_title(heard: &Heard) -> String {
    match heard {
        Heard::WrongAnswers => say("notice-answers-title", &[]),
        Heard::NobodyIsAsked => say("notice-owner-title", &[]),
        Heard::UnknownProgram { name } => about("notice-unknown-title", name),
    }
}

fn heard_body(heard: &Heard) -> String {
    let id = match heard {
        Heard::WrongAnswers => "notice-answers-body",
        Heard::NobodyIsAsked => "notice-owner-body",
        Heard::UnknownProgram { .. } => "notice-unknown-body",
    };
    say(id, &[])
}

/// Whole minutes, rounded up, as people count them.
fn lasting(id: &str, reason: &str, lasts: Duration) -> String {
    let minutes = lasts.as_secs().div_ceil(60);
    say(id, &[("reason", Arg::Text(reason)), ("count", Arg::Count(minutes))])
}

fn about(id: &str, name: &str) -> String {
    say(id, &[("name", Arg::Text(name))])
}

fn counting(id: &str, count: usize) -> String {
    say(id, &[("count", Arg::Count(count as u64))])
}

fn word(button: Button) -> String {
    match button {
        Button::Body => String::new(),
        Button::Reconnect => say("notice-reconnect", &[]),
        Button::Later => say("notice-later", &[]),
        Button::Review => say("notice-review", &[]),
        Button::Allow => say("notice-allow", &[]),
        Button::Deny => say("notice-deny", &[]),
        Button::Emergency => say("notice-emergency", &[]),
        Button::End => say("notice-end", &[]),
    }
}
