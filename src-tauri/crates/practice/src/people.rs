//! The invented people who can sign in to the practice provider. Nobody here exists.

use bowline_base::Secret;
use bowline_base::redact::is_plain;

/// The longest name a person may type, in characters.
pub(crate) const MAX_NAME: usize = 64;

/// Somebody to sign in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The provider's stable name for the person; never changes, unlike all below.
    pub(crate) subject: String,
    /// What the person signs in with.
    pub(crate) username: String,
    /// The name as people write it.
    pub(crate) name: String,
}

/// Those who are always there: user name and full name.
pub(crate) const REGULARS: [(&str, &str); 2] = [("alice", "Alice Lima"), ("bob", "Bob Okafor")];

impl Person {
    /// The person meant by a user name, an address, or any typed name. `None` when it cannot be a name.
    pub(crate) fn find(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.is_empty() || typed.chars().count() > MAX_NAME || !is_plain(typed) {
            return None;
        }
        Some(Self::regular(typed).unwrap_or_else(|| Self::stranger(typed)))
    }

    /// One of those who are always there, by user name, e-mail address or full name.
    pub(crate) fn regular(typed: &str) -> Option<Self> {
        let typed = typed.trim().to_lowercase();
        REGULARS
            .iter()
            .find(|(user, name)| typed == *user || typed == address(user) || typed == name.to_lowercase())
            .map(|(user, name)| Self {
                subject: format!("practice-{user}"),
                username: (*user).to_owned(),
                name: (*name).to_owned(),
            })
    }

    /// The e-mail address, in a domain that cannot exist (RFC 2606).
    pub(crate) fn email(&self) -> String {
        address(&self.username)
    }

    /// The same typed name is the same person, whatever its case.
    fn stranger(typed: &str) -> Self {
        let folded = typed.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let name = folded.strip_suffix("@practice.example").unwrap_or(&folded).to_owned();
        let hash = Secret::new(name.as_str()).sha256_hex();
        let username = slug(&name).unwrap_or_else(|| format!("person-{}", &hash[..6]));
        let shown = typed.strip_suffix("@practice.example").unwrap_or(typed).to_owned();
        Self { subject: format!("practice-{}", &hash[..16]), username, name: shown }
    }
}

fn address(username: &str) -> String {
    format!("{username}@practice.example")
}

/// Letters and digits of a name with dots between the words. `None` when nothing is left.
fn slug(name: &str) -> Option<String> {
    let words: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_is_found_by_user_name_address_and_full_name() {
        for typed in ["alice", " Alice ", "alice@practice.example", "alice lima", "ALICE LIMA"] {
            assert_eq!(Person::find(typed).unwrap().subject, "practice-alice", "{typed}");
        }
        assert_eq!(Person::find("bob").unwrap().email(), "bob@practice.example");
    }

    #[test]
    fn a_typed_name_is_always_the_same_person() {
        let carol = Person::find("Carol  Díaz").unwrap();
        assert_eq!(carol.subject, Person::find("carol díaz").unwrap().subject);
        assert_eq!((carol.username.as_str(), carol.name.as_str()), ("carol.d.az", "Carol  Díaz"));
        assert_ne!(carol.subject, Person::find("Carole Díaz").unwrap().subject);
        assert_eq!(Person::find("carol@practice.example").unwrap(), Person::find("carol").unwrap());
    }

    #[test]
    fn a_name_without_latin_letters_still_gets_a_user_name() {
        let person = Person::find("李雷").unwrap();
        assert!(person.username.starts_with("person-"), "{}", person.username);
        assert_eq!(person.name, "李雷");
    }

    #[test]
    fn what_cannot_be_a_name_is_nobody() {
        for typed in ["", "   ", "a\u{202e}b", "a\u{0}b", &"x".repeat(65)] {
            assert_eq!(Person::find(typed), None, "{typed:?}");
        }
    }
}
