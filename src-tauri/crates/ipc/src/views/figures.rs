//! What is counted as JSON: alerts, breakers and the figures over time.

use bowline_engine::engine::Engine;
use bowline_engine::figures::BreakerSight;
use bowline_engine::figures::alerts::Alert;
use bowline_engine::figures::history::History;
use bowline_engine::figures::tally::{Renewals, Tally};
use bowline_wire::events::AlertEvent;
use bowline_wire::shapes::{
    AlertsView, BreakerView, FiguresView, HistoryView, PointView, ProviderFiguresView, RenewalsView,
    ServedView,
};

use super::time;

/// The share that the slowest renewals are told by.
const SLOWEST: f64 = 0.99;

/// An alert.
pub fn alert(alert: &Alert) -> AlertEvent {
    AlertEvent {
        name: alert.name.to_owned(),
        severity: alert.severity.to_owned(),
        value: alert.value,
        threshold: alert.threshold,
        since: alert.since.to_string(),
        cleared_at: time(alert.cleared_at),
        about: alert.about.as_deref().map(str::to_owned),
    }
}

/// The alerts that are open.
pub fn alerts(engine: &Engine) -> AlertsView {
    AlertsView { alerts: engine.open_alerts().iter().map(alert).collect() }
}

/// The figures over time, with what stands open beside them.
pub fn history(engine: &Engine, history: &History) -> HistoryView {
    let total = history.total();
    let provider =
        |(id, of): (&String, &Renewals)| ProviderFiguresView { provider: id.clone(), renewals: renewals(of) };
    let tried = |(_, of): &(&String, &Renewals)| of.ok + of.failed > 0;
    HistoryView {
        range: history.range.as_str().to_owned(),
        since: history.since.to_string(),
        until: history.until.to_string(),
        step_s: history.range.step().as_secs(),
        alerts: alerts(engine).alerts,
        breakers: engine.breaker_sights().iter().map(breaker).collect(),
        providers: total.providers.iter().filter(tried).map(provider).collect(),
        total: figures(&total),
        points: history
            .points
            .iter()
            .map(|point| PointView { at: point.at.to_string(), figures: figures(&point.figures) })
            .collect(),
    }
}

fn figures(tally: &Tally) -> FiguresView {
    let [oauth, fallback, emergency] = tally.served;
    FiguresView {
        renewals: renewals(&tally.renewals()),
        served: ServedView { oauth, fallback, emergency },
        joined: tally.joined,
        conflicts: tally.conflicts,
        expired_in_use: tally.expired,
    }
}

fn renewals(of: &Renewals) -> RenewalsView {
    let tried = of.ok + of.failed;
    RenewalsView {
        ok: of.ok,
        failed: of.failed,
        success: (tried > 0).then(|| of.ok as f64 / tried as f64),
        p99_s: of.took.quantile_s(SLOWEST),
        lifetime_s: of.lifetimes.mean_s(),
    }
}

fn breaker(sight: &BreakerSight) -> BreakerView {
    BreakerView {
        host: sight.host.clone(),
        state: sight.state.as_str().to_owned(),
        since: time(sight.since),
        next_try_at: time(sight.next_try_at),
    }
}
