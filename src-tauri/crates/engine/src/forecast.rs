//! When the person will be needed, as far as anybody can know: because the provider said so (`stated`), because it is
//! known of the provider (`policy`), or because this account's own history says so (`learned`).
//!
//! Pure: facts in, forecast out. Of several ends the earliest counts. A guess is shown and never notified of, and an end
//! that renewals move is no end. What is remembered of earlier grants is in [`crate::history`].

use std::time::Duration;

use bowline_base::{Account, Basis, Health, Reason, Wall, length};

use crate::book::Known;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// So many grants that lived equally long make a rule.
const RULE: usize = 2;
/// From so many on, the rule is sure enough to call an account expiring.
const SURE: usize = 3;
/// Of how many of the newest ended grants a rule is made.
const LOOKED_AT: usize = 6;
/// So many of the newest ended grants tell of a client in testing.
const TELLING: usize = 3;
/// What ended sooner was no end by age: a sign-in that went wrong, or a person who thought better of it.
const SHORTEST_LIFE: Duration = HOUR;

/// When the person will probably be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When.
    pub ends_at: Wall,
    /// From where that is known.
    pub basis: Basis,
    /// Why, as the rest of a sentence.
    pub because: String,
    /// How much may be made of it.
    pub weight: Weight,
}

/// How much may be made of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The account is `expiring` before it, and the person is told.
    Certain,
    /// The account is `expiring` before it, for so long at most; nobody is notified of a guess.
    Likely(Duration),
    /// It is shown.
    Shown,
}

/// Everything a forecast follows from.
#[derive(Clone, Copy, Debug)]
pub struct Signs<'a> {
    /// Who it is.
    pub account: &'a Account,
    /// How the tokens are.
    pub health: &'a Health,
    /// What the provider's file says.
    pub known: &'a Known,
    /// How long earlier grants lived that the provider ended, the newest last.
    pub lived: &'a [Duration],
    /// Renewals move the grant's end.
    pub slides: bool,
    /// When it is renewed by itself.
    pub next_refresh: Option<Wall>,
    /// The time of day.
    pub now: Wall,
}

/// The earliest end that is known, or can be guessed.
pub fn forecast(signs: Signs<'_>) -> Option<Forecast> {
    // What has ended has no future; what it needs now is told by its status.
    if crate::lifecycle::has_ended(signs.health).is_some() {
        return None;
    }
    let ends =
        [told(&signs), dies(&signs), idle(&signs), in_testing(&signs), secret(&signs), learned(&signs)];
    ends.into_iter().flatten().min_by_key(|end| end.ends_at)
}

/// The end of the grant for which the account is called expiring, if there is one.
pub fn warned_end(forecast: Option<&Forecast>, now: Wall) -> Option<Wall> {
    let forecast = forecast?;
    match forecast.weight {
        Weight::Certain => Some(forecast.ends_at),
        Weight::Likely(before) => (forecast.ends_at.since(now) <= before).then_some(forecast.ends_at),
        Weight::Shown => None,
    }
}

/// True where a grant that ended so teaches how long grants live. A lost answer, a damaged row or an administrator's
/// rule say nothing of that.
pub const fn teaches(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::RefreshTokenExpired
            | Reason::Revoked
            | Reason::InactiveTooLong
            | Reason::ConsentRequired
            | Reason::StepUpRequired
    )
}

/// When the grant began that the account has now.
pub fn began(account: &Account) -> Wall {
    account.reconnected_at.unwrap_or(account.connected_at)
}

/// The grant's end, as the provider or its file says.
fn told(signs: &Signs<'_>) -> Option<Forecast> {
    let ends_at = signs.health.grant_expires_at?;
    let renewed_before = signs.next_refresh.is_some_and(|next| next < ends_at);
    if signs.slides && renewed_before {
        return None;
    }
    let filed = signs.known.lifetimes.grant;
    let basis =
        signs.health.grant_basis.unwrap_or(if filed.is_some() { Basis::Policy } else { Basis::Stated });
    let because = match filed.filter(|_| basis == Basis::Policy) {
        Some(life) => format!("sign-ins at {} end after {}", signs.known.name, counted(life)),
        None => "the provider said when access ends".to_owned(),
    };
    Some(Forecast { ends_at, basis, because, weight: Weight::Certain })
}

/// The end of a token that nothing renews. The status tells it by itself.
fn dies(signs: &Signs<'_>) -> Option<Forecast> {
    let ends_at = signs.health.access_expires_at.filter(|_| !signs.health.refreshable)?;
    let because = "the provider gave no way to renew".to_owned();
    Some(Forecast { ends_at, basis: Basis::Stated, because, weight: Weight::Shown })
}

/// The end of a grant that nobody uses, where nothing will use it before.
fn idle(signs: &Signs<'_>) -> Option<Forecast> {
    let idle = signs.known.lifetimes.idle.filter(|_| signs.health.refreshable)?;
    let ends_at = signs.health.access_issued_at? + idle;
    if signs.next_refresh.is_some_and(|next| next < ends_at) {
        return None;
    }
    let because = format!("{} ends a sign-in that is not used for {}", signs.known.name, counted(idle));
    Some(Forecast { ends_at, basis: Basis::Policy, because, weight: Weight::Shown })
}

/// Clients in testing get grants of a short life, which no answer tells: how long the last few lived gives them away. An
/// end is heard of when the token is renewed, which may be after a weekend; one grant that lived longer shows that the
/// client is published.
fn in_testing(signs: &Signs<'_>) -> Option<Forecast> {
    let life = signs.known.lifetimes.testing?;
    let last = &signs.lived[signs.lived.len().saturating_sub(TELLING)..];
    let (least, most) = (life.mul_f64(0.9), life.mul_f64(1.4));
    let is_such = last.iter().any(|lived| *lived >= least) && last.iter().all(|lived| *lived <= most);
    let ends_at = began(signs.account) + life;
    if !is_such || ends_at <= signs.now {
        return None;
    }
    let because = format!("an earlier sign-in ended after {}, as with clients in testing", counted(life));
    Some(Forecast { ends_at, basis: Basis::Policy, because, weight: Weight::Certain })
}

/// Signing in again does not help against a client secret that ends, so that this is shown and no more.
fn secret(signs: &Signs<'_>) -> Option<Forecast> {
    let ends_at = signs.known.secret_ends.filter(|end| *end > signs.now)?;
    let because = format!("the client secret for {} ends then", signs.known.name);
    Some(Forecast { ends_at, basis: Basis::Policy, because, weight: Weight::Shown })
}

/// The life on which the newest ended grants agree, where the present one has not outlived it.
fn learned(signs: &Signs<'_>) -> Option<Forecast> {
    let recent = &signs.lived[signs.lived.len().saturating_sub(LOOKED_AT)..];
    let alike = alike(recent);
    let began = began(signs.account);
    let life = *alike.iter().find(|life| began + **life > signs.now)?;
    let (n, all, about) = (alike.len(), recent.len(), counted(life));
    let because = if n == all {
        format!("the last {n} sign-ins ended after about {about}")
    } else {
        format!("{n} of the last {all} sign-ins ended after about {about}")
    };
    let weight = if n >= SURE { Weight::Likely(life / 4) } else { Weight::Shown };
    Some(Forecast { ends_at: began + life, basis: Basis::Learned, because, weight })
}

/// The largest group of lives that differ by a fifth at most, the shortest first; empty where no two agree, where the
/// newest does not, or where they are not most of them: then there is no rule, or it holds no longer.
fn alike(recent: &[Duration]) -> Vec<Duration> {
    let Some(newest) = recent.last() else { return Vec::new() };
    let mut lives: Vec<Duration> = recent.iter().copied().filter(|life| *life >= SHORTEST_LIFE).collect();
    lives.sort_unstable();
    let group_from = |least: &Duration| {
        let most = least.mul_f64(1.2);
        lives.iter().copied().filter(|life| life >= least && *life <= most).collect::<Vec<_>>()
    };
    let with_newest = lives.iter().map(group_from).filter(|group| group.contains(newest));
    let largest = with_newest.max_by_key(Vec::len).unwrap_or_default();
    let is_rule = largest.len() >= RULE && largest.len() * 2 > recent.len();
    if is_rule { largest } else { Vec::new() }
}

/// A length of time in days or hours, to the nearest whole.
fn counted(life: Duration) -> String {
    let unit = if life >= DAY * 2 { DAY } else { HOUR };
    length::words(Duration::from_secs((life + unit / 2).as_secs() / unit.as_secs() * unit.as_secs()))
}

#[cfg(test)]
mod tests;
