//! The pages a browser is shown at the end of a connection: calm, self-contained, and without anything that the
//! address carried.
//!
//! No script, no outside resource; the one style sheet is allowed by its hash. Whatever text comes from outside
//! is escaped here, in one place.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use sha2::{Digest, Sha256};

/// What the person at the browser is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// It worked.
    Connected {
        /// The provider's name for people.
        provider: String,
        /// Who signed in, as far as it is known.
        who: Option<String>,
    },
    /// It did not work, and this is why, in one whole sentence.
    Failed {
        /// What happened and what can be done.
        sentence: String,
    },
    /// The answer belongs to no attempt that is waiting.
    WrongState,
    /// The answer was used before.
    UsedState,
    /// The attempt is over because nobody answered in time.
    TookTooLong,
    /// The address cannot be read.
    Malformed,
    /// The exchange takes longer than the page can wait.
    StillWorking {
        /// The provider's name for people.
        provider: String,
    },
}

/// Which page may take the place of which at the clean address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Says nothing about the attempt.
    Stray,
    /// The attempt goes on.
    Working,
    /// The attempt's outcome.
    End,
}

/// Told when the door itself broke.
pub(super) const BROKEN: &str =
    "Something went wrong inside Bowline, so nothing was connected. Start again from Bowline.";

impl Page {
    /// The status of the callback's own answer (contract §3).
    pub const fn status(&self) -> StatusCode {
        match self {
            Page::Connected { .. } => StatusCode::OK,
            Page::StillWorking { .. } => StatusCode::ACCEPTED,
            Page::UsedState => StatusCode::GONE,
            Page::Failed { .. } | Page::WrongState | Page::TookTooLong | Page::Malformed => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    pub(super) const fn rank(&self) -> Rank {
        match self {
            Page::Connected { .. } | Page::Failed { .. } | Page::TookTooLong => Rank::End,
            Page::StillWorking { .. } => Rank::Working,
            Page::WrongState | Page::UsedState | Page::Malformed => Rank::Stray,
        }
    }

    pub(super) fn html(&self) -> String {
        let class = match self.rank() {
            Rank::Working => "work",
            Rank::End if matches!(self, Page::Connected { .. }) => "good",
            Rank::End | Rank::Stray => "",
        };
        let end = match self.rank() {
            Rank::Working => "You can leave this tab open or close it.",
            Rank::End | Rank::Stray => "You can close this tab.",
        };
        document(class, &self.heading(), &self.sentence(), end)
    }

    fn heading(&self) -> String {
        match self {
            Page::Connected { provider, .. } => format!("Connected to {provider}"),
            Page::Failed { .. } => "Not connected".into(),
            Page::WrongState => "Not the answer Bowline waits for".into(),
            Page::UsedState => "Already used".into(),
            Page::TookTooLong => "This took too long".into(),
            Page::Malformed => "Not readable".into(),
            Page::StillWorking { provider } => format!("Still connecting to {provider}"),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Page::Connected { who: Some(who), .. } => {
                format!("Bowline now keeps {who} signed in for your apps.")
            }
            Page::Connected { who: None, .. } => "Bowline now keeps you signed in for your apps.".into(),
            Page::Failed { sentence } => sentence.clone(),
            Page::WrongState => {
                "This page does not belong to a sign-in that Bowline started, so nothing was changed.".into()
            }
            Page::UsedState => "This sign-in has been finished before, so nothing was changed.".into(),
            Page::TookTooLong => "The sign-in took too long and has ended. Start again from Bowline.".into(),
            Page::Malformed => "Bowline cannot read what the browser brought, so nothing was changed.".into(),
            Page::StillWorking { .. } => {
                "The provider takes its time. Bowline goes on and tells you how it ends.".into()
            }
        }
    }
}

/// A page without a story, for whoever came to the wrong place.
pub(super) fn bare(sentence: &str) -> String {
    document("", "Bowline", sentence, "You can close this tab.")
}

/// Nothing but the one style sheet may be used, and nobody may frame the page.
pub(super) fn content_policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    })
}

const STYLE: &str = include_str!("page.css");

/// A loop of rope, one part over the other.
const KNOT: &str = r#"<svg viewBox="0 0 96 96" aria-hidden="true">
<path class="rope" d="M66 7C66 40 20 40 20 66C20 79 33 88 48 88C63 88 76 79 76 66"/>
<path class="gap" d="M30 7C30 40 76 40 76 66"/>
<path class="rope" d="M30 7C30 40 76 40 76 66"/>
<circle class="dot" cx="73" cy="79" r="11"/>
</svg>"#;

fn document(class: &str, heading: &str, sentence: &str, end: &str) -> String {
    let (heading, sentence) = (escape(heading), escape(sentence));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{heading} · Bowline</title>\
         <style>{STYLE}</style></head>\n<body><main class=\"{class}\">{KNOT}\n\
         <h1>{heading}</h1>\n<p>{sentence}</p>\n<p class=\"end\">{end}</p></main></body></html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
