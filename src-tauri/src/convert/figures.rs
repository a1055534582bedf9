//! What the agent counts, made fit to be shown. Hosts, programs and providers' names come from outside and are cleaned.

use bowline_wire::events::AlertEvent;
use bowline_wire::shapes::{BreakerView, FiguresView, HistoryView, RenewalsView};

use crate::book::Book;
use crate::shown;
use crate::view::{Alert, Breaker, History, Point, ProviderFigures, Renewals};

/// More points, providers or hosts than anybody has are left out.
const MOST: usize = 200;

/// An alert.
pub fn alert(alert: &AlertEvent) -> Alert {
    Alert {
        name: alert.name.clone(),
        severity: alert.severity.clone(),
        about: alert.about.as_deref().map(shown::path),
        value: alert.value,
        threshold: alert.threshold,
        since: alert.since.clone(),
    }
}

/// The figures of a range.
pub fn history(seen: &HistoryView, book: &Book) -> History {
    let provider = |id: &str| book.provider(id).map_or_else(|| id.to_owned(), |known| known.name.clone());
    History {
        range: seen.range.clone(),
        step_s: u32::try_from(seen.step_s).unwrap_or(u32::MAX),
        alerts: seen.alerts.iter().take(MOST).map(alert).collect(),
        breakers: seen.breakers.iter().take(MOST).map(breaker).collect(),
        total: point(&seen.since, &seen.total),
        providers: seen
            .providers
            .iter()
            .take(MOST)
            .map(|each| ProviderFigures {
                provider: shown::name(&each.provider),
                name: shown::name(&provider(&each.provider)),
                renewals: renewals(&each.renewals),
            })
            .collect(),
        points: seen.points.iter().take(MOST).map(|each| point(&each.at, &each.figures)).collect(),
    }
}

fn point(at: &str, figures: &FiguresView) -> Point {
    Point {
        at: at.to_owned(),
        renewals: renewals(&figures.renewals),
        oauth: figures.served.oauth,
        fallback: figures.served.fallback,
        emergency: figures.served.emergency,
        joined: figures.joined,
        conflicts: figures.conflicts,
        expired_in_use: figures.expired_in_use,
    }
}

fn renewals(seen: &RenewalsView) -> Renewals {
    Renewals {
        ok: seen.ok,
        failed: seen.failed,
        success: seen.success,
        p99_s: seen.p99_s,
        lifetime_s: seen.lifetime_s,
    }
}

fn breaker(seen: &BreakerView) -> Breaker {
    Breaker {
        host: shown::path(&seen.host),
        state: seen.state.clone(),
        since: seen.since.clone(),
        next_try_at: seen.next_try_at.clone(),
    }
}

#[cfg(test)]
mod tests {
    use bowline_wire::shapes::{PointView, ProviderFiguresView};

    use super::*;

    #[test]
    fn what_comes_from_outside_is_cleaned_and_nothing_else_is_changed() {
        let renewed =
            RenewalsView { ok: 9, failed: 1, success: Some(0.9), p99_s: Some(0.4), lifetime_s: None };
        let figures = FiguresView { renewals: renewed.clone(), joined: 3, ..FiguresView::default() };
        let about = Some("/opt/\u{202e}job".to_owned());
        let seen = HistoryView {
            range: "7d".into(),
            step_s: 21_600,
            alerts: vec![AlertEvent { name: "expired_in_use".into(), about, ..AlertEvent::default() }],
            breakers: vec![BreakerView { host: "id\u{200b}.example".into(), ..BreakerView::default() }],
            providers: vec![ProviderFiguresView { provider: "acme".into(), renewals: renewed }],
            points: vec![PointView { at: "2026-11-20T12:00:00Z".into(), figures }],
            ..HistoryView::default()
        };
        let shown = history(&seen, &Book::default());
        let texts = [shown.alerts[0].about.clone().unwrap(), shown.breakers[0].host.clone()];
        assert!(texts.iter().all(|text| !text.contains(['\u{202e}', '\u{200b}'])), "{texts:?}");
        assert_eq!((shown.points[0].joined, shown.points[0].renewals.success), (3, Some(0.9)));
        assert_eq!((shown.providers[0].name.as_str(), shown.step_s), ("acme", 21_600));
    }

    #[test]
    fn an_agent_that_tells_too_much_fills_no_memory() {
        let many = vec![PointView::default(); 5000];
        assert_eq!(
            history(&HistoryView { points: many, ..HistoryView::default() }, &Book::default()).points.len(),
            MOST
        );
    }
}
