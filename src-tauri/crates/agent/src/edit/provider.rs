//! Setting up a provider in its file: a new one as a whole, one of ours with the client alone, and what a person wrote
//! keeps its place.

use std::path::{Path, PathBuf};

use bowline_base::ProviderId;
use bowline_engine::EngineError;
use bowline_engine::providers::{self, PRACTICE, Provider, Providers};
use bowline_wire::shapes::ProviderBody;
use toml_edit::{Array, DocumentMut, Item, value};

use super::{document, put, section_of};

/// The longest client id that is taken; real ones have a tenth of it.
const LONGEST_CLIENT_ID: usize = 512;
/// The longest name, in characters.
const LONGEST_NAME: usize = 120;
/// What is asked of an issuer of whom nothing else is known: who it is, and a way to renew.
const USUAL_SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];
/// How a client with a secret shows it where nobody says otherwise (RFC 6749 §2.3.1).
const USUAL_AUTH: &str = "client_secret_basic";

/// A provider's file as it is to be written.
pub(crate) struct ProviderEdit {
    /// The provider's id.
    pub(crate) id: ProviderId,
    /// Where the file lies.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
}

/// The provider's file after this wish, checked by the same reader that will take it up.
pub(crate) fn set_up(known: &Providers, wish: &ProviderBody) -> Result<ProviderEdit, EngineError> {
    check(wish)?;
    let id = id_of(wish)?;
    let there = known.find(id.as_str()).ok();
    let path =
        there.as_deref().and_then(file_of).unwrap_or_else(|| known.folder().join(format!("{id}.toml")));
    let mut document = document(&path)?;
    if document.get("id").and_then(Item::as_str).is_some_and(|named| named != id.as_str()) {
        let detail = format!("{} describes another provider: choose another `id`", path.display());
        return Err(EngineError::invalid(detail));
    }
    describe(&mut document, &id, wish, there.as_deref())?;
    let client = section_of(document.as_table_mut(), "client")?;
    put(client, "id", value(wish.client.id.as_str()));
    if let Some(auth) = auth_of(wish, there.as_deref()) {
        put(client, "auth", value(auth));
    }
    let text = document.to_string();
    let file = path.display().to_string();
    providers::check(&text, Some(&file)).map_err(|error| EngineError::invalid(error.to_string()))?;
    Ok(ProviderEdit { id, path, text })
}

/// Who it is, in front of the file where it is new. What is built in is described already.
fn describe(
    document: &mut DocumentMut,
    id: &ProviderId,
    wish: &ProviderBody,
    there: Option<&Provider>,
) -> Result<(), EngineError> {
    put(document.as_table_mut(), "id", value(id.as_str()));
    if let Some(built_in) = providers::built_in(id.as_str()) {
        let issuer = there.and_then(|provider| provider.issuer.as_ref());
        if wish.issuer.as_ref().is_some_and(|wished| Some(wished) != issuer) {
            let name = &built_in.name;
            return Err(EngineError::invalid(format!(
                "`issuer`: {name} is built in and has its own: leave it out, or choose another `id`"
            )));
        }
        return Ok(());
    }
    if let Some(name) = &wish.name {
        put(document.as_table_mut(), "name", value(name.trim()));
    }
    if let Some(issuer) = &wish.issuer {
        put(document.as_table_mut(), "issuer", value(issuer.as_str()));
    }
    if there.is_none() {
        put(document.as_table_mut(), "scopes", value(USUAL_SCOPES.into_iter().collect::<Array>()));
    }
    Ok(())
}

fn check(wish: &ProviderBody) -> Result<(), EngineError> {
    let client_id = &wish.client.id;
    let plain = client_id.bytes().all(|b| b.is_ascii_graphic());
    if client_id.is_empty() || client_id.len() > LONGEST_CLIENT_ID || !plain {
        return Err(EngineError::invalid(format!(
            "`client.id`: a client id has 1 to {LONGEST_CLIENT_ID} letters, digits and signs, without spaces"
        )));
    }
    let fits = |name: &String| {
        let name = name.trim();
        !name.is_empty() && name.chars().count() <= LONGEST_NAME && bowline_base::redact::is_plain(name)
    };
    if wish.name.as_ref().is_some_and(|name| !fits(name)) {
        return Err(EngineError::invalid("`name`: a name has 1 to 120 characters that can be shown"));
    }
    Ok(())
}

/// The id that was given, else one made of the name, else of the issuer's host.
fn id_of(wish: &ProviderBody) -> Result<ProviderId, EngineError> {
    const WRONG: &str = "`id`: an id has 1 to 64 of a-z, 0-9, -, _ and ., and begins with a letter or digit";
    let id = match (&wish.id, &wish.name, &wish.issuer) {
        (Some(id), ..) => id.clone(),
        (None, Some(name), _) => made_of(name),
        (None, None, Some(issuer)) => {
            let host = url::Url::parse(issuer).ok().and_then(|url| url.host_str().map(made_of));
            host.unwrap_or_default()
        }
        (None, None, None) => return Err(EngineError::invalid("`id` is missing: name the provider")),
    };
    if id == PRACTICE {
        return Err(EngineError::invalid("`id`: the practice provider sets itself up: choose another id"));
    }
    ProviderId::parse(&id).ok_or_else(|| EngineError::invalid(WRONG))
}

fn made_of(name: &str) -> String {
    let plain = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect::<String>();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(ProviderId::MAX_LEN).collect()
}

/// How the client shows itself, where the file has to say so.
fn auth_of<'a>(wish: &'a ProviderBody, there: Option<&Provider>) -> Option<&'a str> {
    let keeps_secret = there.is_some_and(Provider::is_confidential);
    match (&wish.client.auth, &wish.secret) {
        (Some(auth), _) => Some(auth),
        (None, Some(_)) if !keeps_secret => Some(USUAL_AUTH),
        (None, _) => None,
    }
}

fn file_of(provider: &Provider) -> Option<PathBuf> {
    providers::file(provider).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn with(self, name: &str, text: &str) -> Self {
            std::fs::write(self.0.path().join(name), text).unwrap();
            self
        }

        fn set_up(&self, wish: serde_json::Value) -> Result<(String, String), String> {
            let known = Providers::new(self.0.path(), self.0.path().join("none"));
            let wish: ProviderBody = serde_json::from_value(wish).unwrap();
            let edit = set_up(&known, &wish).map_err(|error| error.to_string())?;
            Ok((edit.path.file_name().unwrap().to_string_lossy().into_owned(), edit.text))
        }
    }

    #[test]
    fn a_new_provider_gets_a_file_with_all_that_is_known_of_it() {
        let (file, text) = Folder::new()
            .set_up(
                json!({"name": "Acme & Söhne", "issuer": "https://id.acme.example", "client": {"id": "0oa"}}),
            )
            .unwrap();
        assert_eq!(file, "acme-s-hne.toml");
        let expected = "id = \"acme-s-hne\"\nname = \"Acme & Söhne\"\nissuer = \"https://id.acme.example\"\n\
                        scopes = [\"openid\", \"profile\", \"offline_access\"]\n\n[client]\nid = \"0oa\"\n";
        assert_eq!(text, expected);
        let (file, text) = Folder::new()
            .set_up(json!({"issuer": "https://id.acme.example", "client": {"id": "0oa"}, "secret": "s"}))
            .unwrap();
        assert_eq!(file, "id.acme.example.toml");
        assert!(text.ends_with("[client]\nid = \"0oa\"\nauth = \"client_secret_basic\"\n"), "{text}");
    }

    #[test]
    fn one_of_ours_gets_its_client_and_nothing_else() {
        let (file, text) = Folder::new()
            .set_up(json!({"id": "google", "name": "Mine", "client": {"id": "1-x.apps"}}))
            .unwrap();
        assert_eq!(
            (file.as_str(), text.as_str()),
            ("google.toml", "id = \"google\"\n\n[client]\nid = \"1-x.apps\"\n")
        );
        let error = Folder::new()
            .set_up(json!({"id": "google", "issuer": "https://evil.example", "client": {"id": "x"}}))
            .unwrap_err();
        assert!(error.contains("`issuer`"), "{error}");
    }

    #[test]
    fn what_a_person_wrote_stays_also_under_another_name() {
        let text = "# mine\nid = \"acme\" # us\nissuer = \"https://id.acme.example\"\nscopes = [\"a\"]\n[client] # here\nid = \"old\"\nredirect = \"http://127.0.0.1:9/cb\"\n";
        let folder = Folder::new().with("work.toml", text);
        let (file, after) =
            folder.set_up(json!({"id": "acme", "client": {"id": "new", "auth": "none"}})).unwrap();
        assert_eq!(file, "work.toml");
        assert_eq!(after, text.replace("\"old\"", "\"new\"") + "auth = \"none\"\n");
    }

    #[test]
    fn e22_what_is_wrong_is_named_by_its_field() {
        let client = json!({"id": "x"});
        for (wish, words) in [
            (json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "a b"}}), "`client.id`"),
            (json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "a\n"}}), "`client.id`"),
            (json!({"id": "acme", "issuer": "https://a.example", "client": {"id": ""}}), "`client.id`"),
            (
                json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "x".repeat(513)}}),
                "`client.id`",
            ),
            (
                json!({"id": "acme", "issuer": "https://a.example", "client": {"id": "x", "auth": "magic"}}),
                "client.auth",
            ),
            (json!({"id": "acme", "issuer": "http://a.example", "client": client}), "issuer"),
            (json!({"id": "acme", "client": client}), "issuer"),
            (json!({"id": "../acme", "issuer": "https://a.example", "client": client}), "`id`"),
            (json!({"id": "practice", "client": client}), "`id`"),
            (json!({"name": "", "issuer": "https://a.example", "client": client}), "`name`"),
            (json!({"client": client}), "`id` is missing"),
        ] {
            let error = Folder::new().set_up(wish.clone()).unwrap_err();
            assert!(error.contains(words), "{wish}: {error}");
        }
        let other = Folder::new().with("acme.toml", "id = \"other\"\nissuer = \"https://b.example\"\n");
        let error =
            other.set_up(json!({"id": "acme", "issuer": "https://a.example", "client": client})).unwrap_err();
        assert!(error.contains("describes another provider"), "{error}");
        let broken = Folder::new().with("acme.toml", "id = \n");
        let error = broken
            .set_up(json!({"id": "acme", "issuer": "https://a.example", "client": client}))
            .unwrap_err();
        assert!(error.contains("line 1") && error.contains("mend it first"), "{error}");
    }
}
