//! Scopes: what an access token may be used for (RFC 6749 §3.3).
//!
//! A set keeps the order in which scopes were asked for, because providers show them in that order, and
//! compares without regard to it. It has a largest size: what would not fit is left out, so that an answer with a
//! hundred thousand scopes costs neither memory nor time, and can be stored like any other.

use std::collections::HashSet;
use std::fmt;

/// One scope token: 1 to 512 printable ASCII characters without space, quote or backslash (RFC 6749 §3.3).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Box<str>);

impl Scope {
    /// Longer than any scope of the known providers; a bound so that input has one.
    pub const MAX_LEN: usize = 512;

    /// Checks and keeps a scope. `None` when it is not a scope token.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (!text.is_empty() && text.len() <= Self::MAX_LEN && text.bytes().all(allowed))
            .then(|| Self(text.into()))
    }

    /// The scope as the provider spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Scopes in the order they were first named, each once, within [`ScopeSet::MAX_COUNT`] and
/// [`ScopeSet::MAX_BYTES`].
#[derive(Clone, Default)]
pub struct ScopeSet {
    list: Vec<Scope>,
    bytes: usize,
}

/// Up to so many comparisons nothing is quicker than to compare one by one.
const FEW: usize = 1024;

impl ScopeSet {
    /// More scopes than any provider has; some have hundreds.
    pub const MAX_COUNT: usize = 1000;
    /// The longest list as text, separators included.
    pub const MAX_BYTES: usize = 32 << 10;

    /// Reads a list separated by spaces or commas, as providers write it; what is not a scope is left out.
    pub fn read(text: &str) -> Self {
        text.split([' ', ',', '\t', '\n']).filter_map(Scope::parse).collect()
    }

    /// Adds a scope unless it is there, or the set is full.
    pub fn insert(&mut self, scope: Scope) {
        if !self.contains(&scope) {
            self.push(scope);
        }
    }

    fn push(&mut self, scope: Scope) {
        let bytes = self.bytes + scope.as_str().len() + 1;
        if self.list.len() < Self::MAX_COUNT && bytes <= Self::MAX_BYTES {
            self.list.push(scope);
            self.bytes = bytes;
        }
    }

    /// This set and the other's scopes behind it.
    pub fn union(&self, other: &ScopeSet) -> ScopeSet {
        self.iter().chain(other.iter()).cloned().collect()
    }

    /// True when the scope is in the set.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.list.contains(scope)
    }

    /// True when every scope of `wanted` is in this set.
    pub fn covers(&self, wanted: &ScopeSet) -> bool {
        self.finds(wanted, |found| wanted.iter().all(found))
    }

    /// The scopes of `wanted` that are not in this set, in the order wanted.
    pub fn missing(&self, wanted: &ScopeSet) -> ScopeSet {
        self.finds(wanted, |found| wanted.iter().filter(|s| !found(s)).cloned().collect())
    }

    /// Looks scopes up in this set, by a table where there are many of both.
    fn finds<T>(&self, wanted: &ScopeSet, look: impl FnOnce(&dyn Fn(&Scope) -> bool) -> T) -> T {
        if self.len() * wanted.len() <= FEW {
            return look(&|scope| self.contains(scope));
        }
        let table: HashSet<&Scope> = self.iter().collect();
        look(&|scope| table.contains(scope))
    }

    /// The scopes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scope> {
        self.list.iter()
    }

    /// How many scopes there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True without any scope.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The scopes as strings, for a list on the wire.
    pub fn to_strings(&self) -> Vec<String> {
        self.iter().map(Scope::to_string).collect()
    }
}

/// Written as a `scope` parameter: separated by single spaces.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = ScopeSet::default();
        let mut seen = HashSet::new();
        for scope in scopes {
            if set.len() == Self::MAX_COUNT {
                break;
            }
            if seen.insert(scope.clone()) {
                set.push(scope);
            }
        }
        set
    }
}

impl PartialEq for ScopeSet {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.covers(other)
    }
}

impl Eq for ScopeSet {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_what_providers_write_and_writes_what_they_read() {
        let set = ScopeSet::read("openid  email,profile email");
        assert_eq!(set.to_string(), "openid email profile");
        assert_eq!(set, ScopeSet::read("profile email openid"));
    }

    #[test]
    fn what_is_missing_is_named_in_the_order_it_was_wanted() {
        let granted = ScopeSet::read("b");
        let wanted = ScopeSet::read("c b a");
        assert!(!granted.covers(&wanted));
        assert_eq!(granted.missing(&wanted).to_string(), "c a");
        assert!(wanted.covers(&granted));
    }

    #[test]
    fn a_list_without_end_is_cut_and_costs_no_time() {
        let many: String = (0..200_000).map(|n| format!("s{n} ")).collect();
        let began = std::time::Instant::now();
        let set = ScopeSet::read(&many);
        let other: ScopeSet = ScopeSet::read(&many).iter().rev().cloned().collect();
        assert!(set == other && set.missing(&other).is_empty() && set.covers(&set.union(&other)));
        assert_eq!((set.len(), set.iter().next().map(Scope::as_str)), (ScopeSet::MAX_COUNT, Some("s0")));
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
        let long: String = (0..200).map(|n| format!("{n}{} ", "x".repeat(500))).collect();
        assert!(ScopeSet::read(&long).to_string().len() <= ScopeSet::MAX_BYTES);
    }

    #[test]
    fn a_scope_cannot_carry_quotes_controls_or_spaces() {
        for wrong in ["", "a b", "a\"b", "a\\b", "a\u{7f}", "ä", "a\nb", &"x".repeat(513)] {
            assert!(Scope::parse(wrong).is_none(), "{wrong:?}");
        }
        assert!(Scope::parse("https://www.googleapis.com/auth/gmail.readonly").is_some());
    }
}
