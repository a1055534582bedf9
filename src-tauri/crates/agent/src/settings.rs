//! `config/settings.toml`: every key optional, wrong ones named with line and field, the others go on.
//!
//! The file's shape is wire's, so that what is shown, documented and read are one; this file gives the defaults,
//! reads and checks. A key that this version does not act on yet is read and shown all the same, because the same
//! file serves later versions.

use std::path::Path;
use std::time::Duration;

use bowline_base::length;
use bowline_engine::Policy;
use bowline_engine::figures::alerts::Limits;
use bowline_engine::notice::moments::Quiet;
use bowline_engine::unlock::KeystoreChoice;
use bowline_wire::shapes::{FileProblemView, SettingsView};
use serde_json::{Map, Value, json};

/// The largest settings file that is read.
const LARGEST: u64 = 64 * 1024;

/// What the file may say of the owner.
const OWNERS: [&str; 2] = ["any", "confirm"];

/// Who may be the owner where the file does not say: in a desktop session programs are asked about, because somebody
/// is there to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultOwner {
    /// Any program of this user.
    #[default]
    Any,
    /// Programs that the person said yes to.
    Confirm,
}

impl DefaultOwner {
    /// What this process's surroundings ask for: a desktop session is one with a display, and not `--headless`.
    pub fn of_this_session(headless: bool) -> Self {
        let shown = |name| std::env::var_os(name).is_some_and(|display| !display.is_empty());
        let display = !cfg!(target_os = "linux") || shown("WAYLAND_DISPLAY") || shown("DISPLAY");
        if !headless && display && crate::program::CAN_TELL { Self::Confirm } else { Self::Any }
    }

    /// Where the file wants to say something of the owner and it cannot be understood: what was perhaps closed does not
    /// stand open.
    const fn unreadable(self) -> Self {
        if crate::program::CAN_TELL { Self::Confirm } else { self }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Confirm => "confirm",
        }
    }
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As they are shown.
    pub view: SettingsView,
    /// What the engine works by.
    pub policy: Policy,
    /// Where a new vault's key goes.
    pub keystore: KeystoreChoice,
}

impl Settings {
    /// Without a file.
    ///
    /// # Panics
    /// Never: a test reads the defaults.
    pub fn defaults(owner: DefaultOwner) -> Self {
        of(defaults(owner)).expect("the defaults are settings")
    }

    /// Reads the file; a missing one is all defaults. Wrong values are left at their defaults and named.
    pub fn read(path: &Path, owner: DefaultOwner) -> Self {
        match std::fs::metadata(path).map(|about| about.len()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::defaults(owner),
            Ok(size) if size > LARGEST => {
                return Self::with_problem(owner.unreadable(), path, None, "the file is larger than 64 KiB");
            }
            _ => {}
        }
        match bowline_oauth::regular::read_text(path, LARGEST) {
            Ok(text) => Self::parse(&text, path, owner),
            Err(error) => {
                let problem = format!("the file cannot be read: {error}");
                Self::with_problem(owner.unreadable(), path, None, &problem)
            }
        }
    }

    /// Reads a file's text.
    pub fn parse(text: &str, path: &Path, owner: DefaultOwner) -> Self {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error.span().map(|span| line_of(text, span.start));
                let owner = if text.contains("owner") { owner.unreadable() } else { owner };
                return Self::with_problem(owner, path, line, error.message());
            }
        };
        let mut merged = defaults(owner);
        let mut problems = Vec::new();
        for (section, keys) in &table {
            merge(section, keys, text, &mut merged, &mut problems);
        }
        if !says_owner(&table) && problems.iter().any(is_about_owner) {
            put_owner(&mut merged, owner.unreadable());
        }
        let mut settings = of(merged).unwrap_or_else(|| Self::defaults(owner));
        let file = Some(path.display().to_string());
        settings.view.problems =
            problems.into_iter().map(|problem| FileProblemView { file: file.clone(), ..problem }).collect();
        settings
    }

    fn with_problem(owner: DefaultOwner, path: &Path, line: Option<usize>, problem: &str) -> Self {
        let mut settings = Self::defaults(owner);
        settings.view.problems.push(FileProblemView {
            file: Some(path.display().to_string()),
            line,
            field: None,
            problem: problem.to_owned(),
            suggestion: None,
        });
        settings
    }
}

/// Checks one value as the reader does. Gives what is wrong with it, or the nearest setting for one that is not there.
pub(crate) fn check(section: &str, key: &str, value: &Value) -> Result<(), FileProblemView> {
    let all = defaults(DefaultOwner::Any);
    let field = format!("{section}.{key}");
    let Some(known) = all.get(section).and_then(Value::as_object) else {
        return Err(unknown(section, None, all.keys().map(String::as_str)));
    };
    let Some(default) = known.get(key) else {
        return Err(unknown(&field, None, known.keys().map(String::as_str)));
    };
    if value.is_null() {
        return Ok(());
    }
    checked(&field, value.clone(), default).map(drop).map_err(|problem| wrong(&field, None, problem))
}

/// The contract's §5, as a document.
fn defaults(owner: DefaultOwner) -> Map<String, Value> {
    let document = json!({
        "refresh": {"margin": "5m"},
        "warn": {"before": ["7d", "3d", "1d"]},
        "connect": {"timeout": "5m", "state_ttl": "10m", "attempts_per_hour": 10},
        "retry": {
            "attempts": 3, "base": "500ms", "max": "30s",
            "timeouts": ["5s", "15s", "30s"], "connect_timeouts": ["2s", "5s", "10s"],
        },
        "breaker": {"failures": 5, "open_for": "60s"},
        "health": {"verify_every": "24h"},
        "alerts": {"refresh_failures": 0.1, "expired_in_use": 0.05},
        "emergency": {"max_duration": "30m"},
        "ipc": {"http": true, "port": 0, "reads_per_minute": 600, "owner": owner.as_str()},
        "notifications": {"enabled": true, "quiet_hours": "", "repeat_after": "24h"},
        "vault": {"keystore": "keychain"},
        "audit": {"keep": "365d"},
    });
    match document {
        Value::Object(sections) => sections,
        _ => Map::new(),
    }
}

/// True where a file says of the owner what can be understood.
fn says_owner(file: &toml::Table) -> bool {
    let said = file.get("ipc").and_then(|ipc| ipc.get("owner")).and_then(toml::Value::as_str);
    said.is_some_and(|word| OWNERS.contains(&word))
}

/// True for a problem with what may have been meant to say something of the owner.
fn is_about_owner(problem: &FileProblemView) -> bool {
    let field = problem.field.as_deref().unwrap_or_default();
    let last = field.rsplit('.').next().unwrap_or(field);
    [Some(last), problem.suggestion.as_deref()].iter().any(|word| matches!(word, Some("owner" | "ipc")))
}

fn put_owner(into: &mut Map<String, Value>, owner: DefaultOwner) {
    if let Some(Value::Object(ipc)) = into.get_mut("ipc") {
        ipc.insert("owner".to_owned(), owner.as_str().into());
    }
}

/// Puts a file's section over the defaults, key by key.
fn merge(
    section: &str,
    keys: &toml::Value,
    text: &str,
    into: &mut Map<String, Value>,
    problems: &mut Vec<FileProblemView>,
) {
    let Some(Value::Object(known)) = into.get(section) else {
        let names = into.keys().map(String::as_str);
        problems.push(unknown(section, line_of_key(text, None, section), names));
        return;
    };
    let Some(keys) = keys.as_table() else {
        problems.push(wrong(
            section,
            line_of_key(text, None, section),
            format!("it has to be a section, [{section}]"),
        ));
        return;
    };
    let mut taken = known.clone();
    for (key, value) in keys {
        let field = format!("{section}.{key}");
        let line = line_of_key(text, Some(section), key);
        let Some(default) = known.get(key) else {
            problems.push(unknown(&field, line, known.keys().map(String::as_str)));
            continue;
        };
        let value = serde_json::to_value(value).map_err(|_| "it cannot be read".to_owned());
        match value.and_then(|value| checked(&field, value, default)) {
            Ok(value) => drop(taken.insert(key.clone(), value)),
            Err(problem) => problems.push(wrong(&field, line, problem)),
        }
    }
    into.insert(section.to_owned(), Value::Object(taken));
}

/// A value of the default's kind, within its bounds.
fn checked(field: &str, value: Value, default: &Value) -> Result<Value, String> {
    let is_length = |v: &Value| v.as_str().is_some_and(|text| length::parse(text).is_some());
    let lengths = |v: &Value| {
        v.as_array().is_some_and(|list| (1..=10).contains(&list.len()) && list.iter().all(is_length))
    };
    let fits = match field {
        "ipc.owner" => value.as_str().is_some_and(|word| OWNERS.contains(&word)),
        "vault.keystore" => value.as_str().is_some_and(|word| KeystoreChoice::parse(word).is_some()),
        "notifications.quiet_hours" => value.as_str().is_some_and(is_hours),
        "ipc.port" => value.as_u64().is_some_and(|port| port <= 65_535),
        "emergency.max_duration" => {
            let length = value.as_str().and_then(length::parse);
            length.is_some_and(|length| !length.is_zero() && length <= bowline_engine::emergency::LONGEST)
        }
        "retry.attempts" => value.as_u64().is_some_and(|n| (1..=10).contains(&n)),
        _ if default.is_u64() => value.as_u64().is_some_and(|n| (1..=1_000_000).contains(&n)),
        _ if default.is_f64() => value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
        _ if default.is_boolean() => value.is_boolean(),
        _ if default.is_array() => lengths(&value),
        _ => is_length(&value),
    };
    if fits { Ok(value) } else { Err(wanted(field, default)) }
}

fn wanted(field: &str, default: &Value) -> String {
    match field {
        "ipc.owner" => "it has to be \"confirm\" or \"any\"".to_owned(),
        "vault.keystore" => "it has to be \"keychain\" or \"passphrase\"".to_owned(),
        "notifications.quiet_hours" => "it has to be hours such as \"22:00-08:00\", or empty".to_owned(),
        "emergency.max_duration" => "it has to be a length of time up to \"30m\"".to_owned(),
        "ipc.port" => "it has to be a port, 0 to 65535".to_owned(),
        _ if default.is_f64() => "it has to be a share, 0 to 1".to_owned(),
        _ if default.is_u64() => "it has to be a whole number, 1 or more".to_owned(),
        _ if default.is_boolean() => "it has to be true or false".to_owned(),
        _ if default.is_array() => {
            "it has to be a list of lengths of time, such as [\"7d\", \"1d\"]".to_owned()
        }
        _ => "it has to be a length of time, such as \"90s\", \"5m\" or \"2h\"".to_owned(),
    }
}

fn is_hours(text: &str) -> bool {
    let clock = |part: &str| {
        part.split_once(':').is_some_and(|(h, m)| {
            h.len() == 2
                && m.len() == 2
                && h.parse::<u8>().is_ok_and(|h| h < 24)
                && m.parse::<u8>().is_ok_and(|m| m < 60)
        })
    };
    text.is_empty() || text.split_once('-').is_some_and(|(from, to)| clock(from) && clock(to))
}

fn unknown<'a>(field: &str, line: Option<usize>, known: impl Iterator<Item = &'a str>) -> FileProblemView {
    let last = field.rsplit('.').next().unwrap_or(field);
    FileProblemView {
        file: None,
        line,
        field: Some(field.to_owned()),
        problem: "there is no such setting".to_owned(),
        suggestion: bowline_oauth::provider::nearest::nearest(last, known).map(str::to_owned),
    }
}

fn wrong(field: &str, line: Option<usize>, problem: String) -> FileProblemView {
    FileProblemView { file: None, line, field: Some(field.to_owned()), problem, suggestion: None }
}

/// The settings that a merged document means.
fn of(document: Map<String, Value>) -> Option<Settings> {
    let view: SettingsView = serde_json::from_value(Value::Object(document)).ok()?;
    let one = |text: &str| length::parse(text);
    let many = |list: &[String]| list.iter().map(|text| one(text)).collect::<Option<Vec<Duration>>>();
    let policy = Policy {
        margin: one(&view.refresh.margin)?,
        warn_before: many(&view.warn.before)?,
        connect_timeout: one(&view.connect.timeout)?,
        state_ttl: one(&view.connect.state_ttl)?,
        attempts_per_hour: view.connect.attempts_per_hour,
        retry_attempts: view.retry.attempts,
        retry_base: one(&view.retry.base)?,
        retry_max: one(&view.retry.max)?,
        timeouts: many(&view.retry.timeouts)?,
        connect_timeouts: many(&view.retry.connect_timeouts)?,
        breaker_failures: view.breaker.failures,
        breaker_open_for: one(&view.breaker.open_for)?,
        verify_every: one(&view.health.verify_every)?,
        emergency_max: one(&view.emergency.max_duration)?,
        reads_per_minute: view.ipc.reads_per_minute,
        confirm: view.ipc.owner == "confirm",
        notify: view.notifications.enabled,
        repeat_after: one(&view.notifications.repeat_after)?,
        quiet: Quiet::parse(&view.notifications.quiet_hours),
        audit_keep: one(&view.audit.keep)?,
        alerts: Limits {
            refresh_failures: view.alerts.refresh_failures,
            expired_in_use: view.alerts.expired_in_use,
        },
    };
    let keystore = KeystoreChoice::parse(&view.vault.keystore)?;
    Some(Settings { view, policy, keystore })
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The line on which a key stands, for the message.
fn line_of_key(text: &str, section: Option<&str>, key: &str) -> Option<usize> {
    let mut inside = section.is_none();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            if section.is_none() && name.trim() == key {
                return Some(number + 1);
            }
            inside = section.is_none_or(|section| name.trim() == section);
            continue;
        }
        let dotted = section.map(|section| format!("{section}.{key}"));
        let name = line.split('=').next().unwrap_or_default().trim().trim_matches('"');
        if (inside && name == key) || dotted.as_deref() == Some(name) {
            return Some(number + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Settings {
        Settings::parse(text, Path::new("settings.toml"), DefaultOwner::Any)
    }

    #[test]
    fn e20_without_a_file_the_contracts_defaults_are_in_force() {
        let settings = Settings::read(Path::new("/nowhere/settings.toml"), DefaultOwner::Any);
        assert_eq!(settings.policy, Policy::default());
        assert_eq!(settings.keystore, KeystoreChoice::Keychain);
        assert!(settings.view.problems.is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn e22_a_settings_file_that_is_a_pipe_or_has_no_end_is_named_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, endless) = (folder.path().join("pipe"), folder.path().join("endless"));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &endless).unwrap();
        for path in [pipe, endless] {
            let settings = Settings::read(&path, DefaultOwner::Any);
            assert_eq!(
                settings.policy,
                Policy { confirm: true, ..Policy::default() },
                "p6: it may have said so"
            );
            assert_eq!(settings.view.problems[0].problem, "the file cannot be read: it is not a file");
        }
    }

    #[test]
    fn p6_what_the_file_says_of_the_owner_goes_before_what_the_session_asks_for() {
        let path = Path::new("settings.toml");
        for (text, session, confirm) in [
            ("", DefaultOwner::Any, false),
            ("", DefaultOwner::Confirm, true),
            ("[ipc]\nowner = \"any\"\n", DefaultOwner::Confirm, false),
            ("[ipc]\nowner = \"confirm\"\n", DefaultOwner::Any, true),
            ("[ipc]\nowner = \"nobody\"\n", DefaultOwner::Confirm, true),
        ] {
            let settings = Settings::parse(text, path, session);
            assert_eq!(settings.policy.confirm, confirm, "{text}");
            assert_eq!(settings.view.ipc.owner == "confirm", confirm, "{text}");
        }
    }

    #[test]
    fn p6_what_cannot_be_understood_of_the_owner_does_not_open_up() {
        let closed = crate::program::CAN_TELL;
        for (text, confirm) in [
            ("[ipc]\nowner = \"confrim\"\n", closed),
            ("[ipc]\nowner = true\n", closed),
            ("[ipc]\nownr = \"confirm\"\n", closed),
            ("[icp]\nowner = \"confirm\"\n", closed),
            ("ipc = \"confirm\"\n", closed),
            ("owner = \"confirm\"\n", closed),
            ("[ipc]\nowner = \"confirm\n", closed),
            ("[ipc]\nowner = \"any\"\nownr = \"confirm\"\n", false),
            ("[refresh]\nmargn = \"2m\"\n", false),
            ("[refresh\n", false),
        ] {
            let settings = parse(text);
            assert_eq!(settings.policy.confirm, confirm, "{text}");
            assert_eq!(settings.view.ipc.owner == "confirm", confirm, "{text}");
            assert_eq!(settings.view.problems.len(), 1, "{text}: {:?}", settings.view.problems);
        }
    }

    #[test]
    fn a_key_that_is_given_goes_before_its_default_and_the_others_stay() {
        let settings = parse("[refresh]\nmargin = \"2m\"\n[ipc]\nport = 4000\n");
        assert_eq!(settings.policy.margin, Duration::from_secs(120));
        assert_eq!(settings.view.ipc.port, 4000);
        assert!(settings.view.ipc.http);
    }

    #[test]
    fn e22_a_wrong_value_is_named_with_line_and_field_and_stays_at_its_default() {
        for (text, field, line) in [
            ("[refresh]\nmargin = 5\n", "refresh.margin", 2),
            ("[refresh]\n\nmargin = \"soon\"\n", "refresh.margin", 3),
            ("[warn]\nbefore = []\n", "warn.before", 2),
            ("[vault]\nkeystore = \"plaintext\"\n", "vault.keystore", 2),
            ("[ipc]\nport = 70000\n", "ipc.port", 2),
            ("[retry]\nattempts = 0\n", "retry.attempts", 2),
            ("[notifications]\nquiet_hours = \"25:00-08:00\"\n", "notifications.quiet_hours", 2),
            ("[emergency]\nmax_duration = \"31m\"\n", "emergency.max_duration", 2),
            ("[emergency]\nmax_duration = \"0s\"\n", "emergency.max_duration", 2),
            ("[alerts]\nrefresh_failures = 7\n", "alerts.refresh_failures", 2),
        ] {
            let settings = parse(text);
            let [problem] = &settings.view.problems[..] else {
                panic!("{text}: {:?}", settings.view.problems)
            };
            assert_eq!((problem.field.as_deref(), problem.line), (Some(field), Some(line)), "{text}");
            assert_eq!(settings.policy, Policy::default());
        }
    }

    #[test]
    fn an_unknown_key_suggests_the_nearest_and_stops_nothing_else() {
        let settings = parse("[refresh]\nmargn = \"2m\"\n[ipc]\nhttp = false\n[helth]\n");
        let fields: Vec<_> =
            settings.view.problems.iter().map(|p| (p.field.as_deref(), p.suggestion.as_deref())).collect();
        assert!(fields.contains(&(Some("refresh.margn"), Some("margin"))), "{fields:?}");
        assert!(fields.contains(&(Some("helth"), Some("health"))), "{fields:?}");
        assert!(!settings.view.ipc.http);
    }

    #[test]
    fn a_file_that_is_no_toml_is_named_by_line() {
        let settings = parse("[refresh]\nmargin = \n");
        assert_eq!(settings.view.problems[0].line, Some(2));
        assert_eq!(settings.policy, Policy::default());
    }
}
