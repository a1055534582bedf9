//! An account for unit tests, about which nothing is remarkable.

use bowline_base::random::SeededRandom;
use bowline_base::{Account, AccountId, ProviderId, ScopeSet, Wall};

/// Of the provider `example`, connected at this time; a test changes what it is about.
pub(crate) fn account(connected_at: Wall) -> Account {
    Account {
        id: AccountId::random(&SeededRandom::new(1)),
        provider: ProviderId::parse("example").expect("it is one"),
        issuer: None,
        subject: "1".to_owned(),
        label: None,
        username: None,
        display_name: None,
        avatar_url: None,
        requested: ScopeSet::default(),
        granted: ScopeSet::default(),
        connected_at,
        reconnected_at: None,
        paused: false,
    }
}
