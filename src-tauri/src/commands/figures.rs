//! What the agent counts.

use bowline_wire::client::path;
use bowline_wire::shapes::{AlertsView, HistoryView};

use super::{Desk, Given, work};
use crate::convert;
use crate::view::{Alert, History, Problem};

/// The figures of a range: `24h`, `7d` or `30d`.
#[tauri::command]
pub async fn history(desk: Given<'_>, range: String) -> Result<History, Problem> {
    work(&desk, move |desk| {
        let seen: HistoryView = desk.link.client().get(path(["history"])).query("range", range).send()?;
        Ok(convert::figures::history(&seen, &desk.book.open()))
    })
    .await
}

/// The alerts that are open. Where they cannot be read there are none to show: all else is shown all the same.
pub fn read_alerts(desk: &Desk) -> Vec<Alert> {
    let open: AlertsView = desk.link.client().get("/v1/alerts").send().unwrap_or_default();
    open.alerts.iter().map(convert::figures::alert).collect()
}
