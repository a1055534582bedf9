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

/// A sentence that a provider wrote, made harmless: tags, control and bidirectional characters are taken
/// out, white space is folded, long runs that look like a token are replaced, and 200 characters are kept.
pub fn foreign(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars().take(MAX_FOREIGN_CHARS * 20) {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag || is_invisible(c) => {}
            c if c.is_whitespace() || c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let words: Vec<&str> =
        plain.split_whitespace().map(|w| if looks_like_token(w) { "…" } else { w }).collect();
    words.join(" ").chars().take(MAX_FOREIGN_CHARS).collect()
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

/// Tokens are long and without spaces; no word of a sentence for people is.
fn looks_like_token(word: &str) -> bool {
    word.len() > 40 && word.bytes().all(|b| b.is_ascii_graphic())
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
    fn a_name_with_hidden_characters_is_not_plain() {
        assert!(is_plain("Ana Lima (work) 日本"));
        for wrong in ["a\u{202e}b", "a\nb", "a\u{200b}b", "\u{7}", "a\u{feff}"] {
            assert!(!is_plain(wrong), "{wrong:?}");
        }
    }
}
