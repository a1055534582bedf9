//! Floor 1: the words for people that are said outside the window: notices, the tray, the words for a status.
//!
//! They stand in the one catalogue that the window's pages use too (`ui/src/text/en.ftl`), in Fluent's language. This
//! crate answers for finding a sentence there and putting names and numbers into it, and for nothing else: which
//! sentence is said when is decided by the callers. The catalogue is read when the first sentence is asked for, so
//! that who says none pays nothing.

use std::borrow::Cow;
use std::sync::OnceLock;

use bowline_base::Status;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// The catalogue as it is written.
const CATALOGUE: &str = include_str!("../../../../ui/src/text/en.ftl");

type Bundle = FluentBundle<FluentResource>;

/// Something to be put into a sentence.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A name, or other words.
    Text(&'a str),
    /// How many, by which a sentence chooses its form.
    Count(u64),
}

/// The sentence with this id, with its places filled. One that the catalogue lacks is its id, so that something is
/// said in any case; a test sees to it that none is lacking.
pub fn say(id: &str, args: &[(&str, Arg<'_>)]) -> String {
    sentence(id, args).unwrap_or_else(|| id.to_owned())
}

/// True when the catalogue has a sentence with this id.
pub fn knows(id: &str) -> bool {
    catalogue().has_message(id)
}

/// The word for how an account fares, as people read it.
pub fn status(status: Status) -> String {
    say(&format!("status-{}", status.as_str().replace('_', "-")), &[])
}

fn sentence(id: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
    let bundle = catalogue();
    let pattern = bundle.get_message(id)?.value()?;
    let mut filled = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        let value: FluentValue<'_> = match *arg {
            Arg::Text(text) => FluentValue::String(Cow::Borrowed(text)),
            Arg::Count(count) => FluentValue::from(count as f64),
        };
        filled.set(*name, value);
    }
    // A place that nothing fills shows its own name; the test below finds it.
    let mut problems = Vec::new();
    Some(bundle.format_pattern(pattern, Some(&filled), &mut problems).into_owned())
}

fn catalogue() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let english = "en".parse().into_iter().collect();
        let mut bundle = FluentBundle::new_concurrent(english);
        // The marks that keep a name's direction apart are noise in a notification and in a terminal.
        bundle.set_use_isolating(false);
        // Of a damaged catalogue the good part is used.
        let resource = FluentResource::try_new(CATALOGUE.to_owned()).unwrap_or_else(|(good, _)| good);
        // The first of two sentences with one id stays.
        let _ = bundle.add_resource(resource);
        bundle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read_to_its_end() {
        assert!(FluentResource::try_new(CATALOGUE.to_owned()).is_ok());
    }

    #[test]
    fn every_status_has_a_word_for_people() {
        for each in Status::ALL {
            let word = status(*each);
            assert!(!word.starts_with("status-") && word.split_whitespace().count() <= 4, "{each}: {word}");
        }
    }

    #[test]
    fn a_sentence_takes_names_and_chooses_its_form_by_number() {
        assert_eq!(say("notice-needs-you-title", &[("name", Arg::Text("work"))]), "work needs you");
        let many = |n| say("notice-many-title", &[("count", Arg::Count(n))]);
        assert_eq!((many(1), many(5)), ("An account needs you".to_owned(), "5 accounts need you".to_owned()));
    }

    #[test]
    fn what_the_catalogue_lacks_is_said_by_its_id() {
        assert_eq!(say("no-such-sentence", &[]), "no-such-sentence");
        assert!(!knows("no-such-sentence") && knows("notice-later"));
    }
}
