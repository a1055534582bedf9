//! Addresses and foreign words made fit to be shown: no query, no credential, no markup, no control character.

use url::Url;

/// The longest provider sentence that is passed on, in characters (contract §3).
pub const MAX_FOREIGN_CHARS: usize = 200;

/// An address without user, password, query and fragment, which may hold a code or a token.
pub fn address(url: &Url) -> String {
    match url.host_str() {
        Some(host) => {
            let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
            format!("{}://{host}{port}{}", url.scheme(), url.path())
        }
        None => format!("{}:…", url.scheme()),
    }
}

/// More of a sentence is not even looked at, in characters.
const MAX_READ_CHARS: usize = MAX_FOREIGN_CHARS * 20;
/// A run of so many characters may be a token, and is not shown: the shortest tokens of real providers have 40.
const TOKEN_LEN: usize = 32;

/// A sentence that a provider wrote, made harmless: tags, control and bidirectional characters are taken
/// out, white space is folded, every long run that may be a token is replaced, and 200 characters are kept.
pub fn foreign(text: &str) -> String {
    without_tokens(&folded(text)).chars().take(MAX_FOREIGN_CHARS).collect()
}

/// A text of this computer's own, such as a path, made fit for a line in the same way; no token is looked for.
pub fn local(text: &str) -> String {
    folded(text).chars().take(MAX_FOREIGN_CHARS).collect()
}

fn folded(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    let mut letters = text.chars();
    for c in letters.by_ref().take(MAX_READ_CHARS) {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag || is_invisible(c) => {}
            c if c.is_whitespace() || c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    if letters.next().is_some() {
        // What is cut in the middle may be the beginning of a token.
        plain.truncate(plain.trim_end_matches(|c: char| c.is_ascii_graphic()).len());
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tokens are printable ASCII without spaces, whatever stands around them.
fn without_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_graphic = first.is_ascii_graphic();
        let end = rest.find(|c: char| c.is_ascii_graphic() != is_graphic).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let hides = is_graphic && run.len() >= TOKEN_LEN && !is_code(run);
        shown.push_str(if hides { "…" } else { run });
        rest = after;
    }
    shown
}

/// An error code is lower-case words between underscores, such as `unmet_authentication_requirements`.
fn is_code(run: &str) -> bool {
    let inner = run.trim_matches(|c: char| c.is_ascii_punctuation() && c != '_');
    let is_word = |w: &str| (1..=20).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase());
    inner.len() + 2 >= run.len() && inner.contains('_') && inner.split('_').all(is_word)
}

/// True when a text may be shown as a name or label as it is: no control, no invisible, no bidi character.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Zero-width, bidirectional and other format characters that change how text around them is read.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_whatever_could_be_a_secret() {
        let url = Url::parse("https://user:pw@id.example:8443/cb/x?code=abc#access_token=def").unwrap();
        assert_eq!(address(&url), "https://id.example:8443/cb/x");
        assert_eq!(address(&Url::parse("mailto:ana@example.com?x=1").unwrap()), "mailto:…");
    }

    #[test]
    fn e36_a_provider_sentence_is_cleaned_and_capped() {
        assert_eq!(foreign("<b>Bad</b>\n\u{202e}grant\u{0} here"), "Bad grant here");
        assert_eq!(foreign(&format!("token {} leaked", "a".repeat(64))), "token … leaked");
        assert_eq!(foreign(&"word ".repeat(500)).chars().count(), MAX_FOREIGN_CHARS);
        assert!(!foreign("<script>alert(1)</script> > <img src=x onerror=y").contains(['<', '>']));
    }

    #[test]
    fn e36_no_token_gets_through_whatever_stands_around_it() {
        let github = "gho_16C7e42F292c6912E7710c838347Ae178B4a";
        assert_eq!(github.len(), 40);
        for text in [
            format!("token {github} leaked"),
            format!("“{github}”"),
            format!("le jeton «{github}» a expiré"),
            format!("日本{github}日本"),
            format!("token={github}."),
            format!("{}<b>{}", &github[..20], &github[20..]),
            format!("{}\u{200b}{}", &github[..20], &github[20..]),
            format!("{} {github}", "<i>".repeat(1320)),
            format!("{}{github}", " ".repeat(MAX_READ_CHARS - 25)),
        ] {
            let shown = foreign(&text);
            let hidden = (0..=github.len() - 20).all(|at| !shown.contains(&github[at..at + 20]));
            assert!(hidden, "{shown}");
        }
        assert_eq!(foreign(&"a".repeat(31)), "a".repeat(31));
        assert_eq!(foreign(&"a".repeat(32)), "…");
    }

    #[test]
    fn e36_error_codes_are_words_and_are_shown() {
        for code in ["insufficient_user_authentication", "unmet_authentication_requirements."] {
            assert_eq!(foreign(code), code);
        }
        assert_eq!(foreign("insufficient_user_authentication_1"), "…");
        let path = "/opt/some/very/long/place/of/a/program/bin";
        assert_eq!((foreign(path).as_str(), local(path).as_str()), ("…", path));
    }

    #[test]
    fn a_name_with_hidden_characters_is_not_plain() {
        assert!(is_plain("Ana Lima (work) 日本"));
        for wrong in ["a\u{202e}b", "a\nb", "a\u{200b}b", "\u{7}", "a\u{feff}"] {
            assert!(!is_plain(wrong), "{wrong:?}");
        }
    }
}
