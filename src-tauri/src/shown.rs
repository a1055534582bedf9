//! Texts from outside, made fit for the window: one line, no invisible or direction-changing characters, capped.
//! The page never makes markup of them; this keeps a name from being something else than it looks.

use bowline_base::redact;

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 120;
/// The longest sentence that is shown, in characters.
const LONGEST_SENTENCE: usize = 400;
/// The longest address or path that is shown, in characters.
const LONGEST_PATH: usize = 300;

/// A name: of a person, an account, an app, a provider.
pub fn name(text: &str) -> String {
    cut(text, LONGEST_NAME)
}

/// A name that may be missing; one of which nothing is left is missing too.
pub fn name_if(text: Option<&str>) -> Option<String> {
    text.map(name).filter(|text| !text.is_empty())
}

/// A sentence of ours or of a provider.
pub fn sentence(text: &str) -> String {
    cut(text, LONGEST_SENTENCE)
}

/// A program's path.
pub fn path(text: &str) -> String {
    cut(text, LONGEST_PATH)
}

/// An address that may be opened: `https` only, so that no other scheme reaches a click.
pub fn page(address: Option<&str>) -> Option<String> {
    address.filter(|a| a.starts_with("https://") && a.len() <= 2000 && redact::is_plain(a)).map(str::to_owned)
}

fn cut(text: &str, most: usize) -> String {
    // Far more than is shown is not even looked at.
    let looked_at: String = text.chars().take(most * 8).filter(|c| !is_hidden(*c)).collect();
    let folded = looked_at.split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.chars().count() <= most {
        return folded;
    }
    let mut kept: String = folded.chars().take(most - 1).collect();
    kept.push('…');
    kept
}

/// White space is folded afterwards, and stays until then.
fn is_hidden(c: char) -> bool {
    !c.is_whitespace() && !redact::is_plain(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_what_cannot_be_seen_and_keeps_what_can() {
        assert_eq!(name("Ana\u{202e} \u{200b}Lima\n\t(work) 日本"), "Ana Lima (work) 日本");
        assert_eq!(name("<b>&amp;</b>"), "<b>&amp;</b>", "markup is text, and stays so");
        assert_eq!(name_if(Some("\u{200b}\u{7}")), None);
        assert_eq!(name_if(None), None);
    }

    #[test]
    fn a_name_of_10_kb_is_cut_with_an_ellipsis() {
        let cut = name(&"é".repeat(10_000));
        assert_eq!(cut.chars().count(), LONGEST_NAME);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn only_https_pages_can_be_opened() {
        assert_eq!(page(Some("https://a.example/x")).as_deref(), Some("https://a.example/x"));
        for wrong in ["http://a.example", "javascript:alert(1)", "file:///etc/passwd", "https://a\u{202e}b"] {
            assert_eq!(page(Some(wrong)), None, "{wrong}");
        }
    }
}
