//! When a token and its grant end, by the provider's word and by its file.

use bowline_base::Secret;
use bowline_oauth::Provider;

use super::*;

const NOW: Wall = Wall::from_unix_ms(1_795_262_400_000);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn set(life: Option<Duration>, grant: Option<Duration>) -> TokenSet {
    TokenSet {
        access: Secret::new("at"),
        token_type: "Bearer".to_owned(),
        refresh: None,
        id_token: None,
        granted: None,
        expires_in: life,
        grant_expires_in: grant,
        about: bowline_oauth::token::About::default(),
    }
}

fn provider(access: Option<Duration>, grant: Option<Duration>) -> Provider {
    let mut provider = Provider::for_issuer("https://id.example").unwrap();
    provider.lifetimes.access_token = access;
    provider.lifetimes.grant = grant;
    provider
}

#[test]
fn the_providers_word_about_a_tokens_end_goes_before_its_files() {
    let filed = provider(Some(HOUR * 2), None);
    assert_eq!(access_end(&set(Some(HOUR), None), &filed, NOW), Some(NOW + HOUR));
    assert_eq!(access_end(&set(None, None), &filed, NOW), Some(NOW + HOUR * 2));
    assert_eq!(access_end(&set(None, None), &provider(None, None), NOW), None, "r41: never");
}

#[test]
fn r42_a_grants_end_by_the_file_counts_from_the_newest_refresh_token() {
    let filed = provider(None, Some(DAY * 60));
    assert_eq!(grant_end(&set(None, None), &filed, NOW, true), Some((NOW + DAY * 60, Basis::Policy)));
    assert_eq!(grant_end(&set(None, None), &filed, NOW, false), None, "what is known stays");
    assert_eq!(grant_end(&set(None, Some(DAY)), &filed, NOW, false), Some((NOW + DAY, Basis::Stated)));
}
