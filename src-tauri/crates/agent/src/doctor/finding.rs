//! What a check found: how bad it is, one sentence that says what, and one that says what to do.

use std::cmp::Reverse;

use bowline_wire::shapes::CheckView;

/// How many things one sentence lists.
const MOST: usize = 5;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// There was nothing to look at.
    Skipped,
    /// All is well.
    Ok,
    /// It works, and is worth a look.
    Warning,
    /// It has to be mended.
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Level::Skipped => "skipped",
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(message: impl Into<String>) -> Self {
        Self { level: Level::Ok, message: message.into(), fix: None }
    }

    pub(super) fn skipped(message: impl Into<String>) -> Self {
        Self { level: Level::Skipped, message: message.into(), fix: None }
    }

    pub(super) fn warning(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Warning, message: message.into(), fix: Some(fix.into()) }
    }

    pub(super) fn error(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Error, message: message.into(), fix: Some(fix.into()) }
    }

    pub(super) fn not_in_time() -> Self {
        Self::skipped("This could not be looked at in time.")
    }

    /// Findings about several things as one: the worst speaks, the others of its kind are named.
    pub(super) fn of_all(mut all: Vec<Finding>, when_none: &str) -> Finding {
        all.sort_by_key(|finding| Reverse(finding.level));
        let Some(worst) = all.first() else { return Self::skipped(when_none) };
        let (level, fix) = (worst.level, worst.fix.clone());
        let from = level.min(Level::Warning);
        let mut said: Vec<&str> = Vec::new();
        for finding in all.iter().filter(|finding| finding.level >= from) {
            let sentence = finding.message.trim_end_matches('.');
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        let sentences = listed(&said, ". ").replace(". and ", ", and ");
        Finding { level, message: format!("{sentences}."), fix }
    }

    /// As the door tells it. A warning needs no mending; only an error is not ok.
    pub(super) fn view(self, id: &str) -> CheckView {
        CheckView {
            id: id.to_owned(),
            ok: self.level != Level::Error,
            level: self.level.as_str().to_owned(),
            message: self.message,
            fix: self.fix,
        }
    }
}

/// The first few, and how many more there are.
pub(super) fn listed<T: AsRef<str>>(all: &[T], between: &str) -> String {
    let first: Vec<&str> = all.iter().take(MOST).map(AsRef::as_ref).collect();
    let text = first.join(between);
    if all.len() > MOST { format!("{text}{between}and {} more", all.len() - MOST) } else { text }
}

/// A text as one word of a command line.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._:+-/".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_speaks_first_and_gives_the_fix() {
        let all = vec![
            Finding::ok("home is well."),
            Finding::warning("play limps.", "look at play"),
            Finding::error("work is broken.", "mend work"),
        ];
        let one = Finding::of_all(all, "");
        assert_eq!(one, Finding::error("work is broken. play limps.", "mend work"));
        assert!(!one.view("refresh").ok);
    }

    #[test]
    fn when_all_is_well_each_is_named_once_and_not_too_many_are() {
        let all = (1..=7).chain([1]).map(|n| Finding::ok(format!("{n} is well."))).collect();
        let one = Finding::of_all(all, "");
        assert_eq!(one.message, "1 is well. 2 is well. 3 is well. 4 is well. 5 is well, and 2 more.");
        assert_eq!((one.level, one.fix), (Level::Ok, None));
    }

    #[test]
    fn what_was_skipped_is_silent_beside_what_was_not() {
        let all = vec![Finding::skipped("nothing here."), Finding::ok("work is well.")];
        assert_eq!(Finding::of_all(all, ""), Finding::ok("work is well."));
        assert_eq!(Finding::of_all(Vec::new(), "No account."), Finding::skipped("No account."));
    }

    #[test]
    fn only_an_error_is_not_ok() {
        for (finding, ok, level) in [
            (Finding::skipped("x"), true, "skipped"),
            (Finding::ok("x"), true, "ok"),
            (Finding::warning("x", "y"), true, "warning"),
            (Finding::error("x", "y"), false, "error"),
        ] {
            let view = finding.view("disk");
            assert_eq!((view.ok, view.level.as_str(), view.id.as_str()), (ok, level, "disk"));
        }
    }

    #[test]
    fn a_name_in_a_command_is_one_word_whatever_it_holds() {
        assert_eq!(word("google:ana@example.com"), "google:ana@example.com");
        assert_eq!(word("my work"), "'my work'");
        assert_eq!(word("it's; rm"), r"'it'\''s; rm'");
        assert_eq!(word("--yes"), "'--yes'");
    }
}
