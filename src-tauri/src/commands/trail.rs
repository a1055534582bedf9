//! The audit trail and the doctor.

use std::io::Write;
use std::time::Duration;

use bowline_wire::client::path;
use bowline_wire::shapes::{AuditListView, AuditVerifiedView, DoctorView};
use bowline_wire::{Client, ClientError, Code};
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;

use super::{Given, ask, work};
use crate::convert;
use crate::view::{Chain, Check, Entry, Problem};

/// How many entries one question to the agent brings.
const PAGE: u64 = 1_000;
/// The doctor asks providers; the slowest check is given this long.
const EXAMINING: Duration = Duration::from_secs(120);

/// Entries of the trail: the newest first, or those after `since_seq`, oldest first.
#[tauri::command(rename_all = "snake_case")]
pub async fn entries(
    desk: Given<'_>,
    account: Option<String>,
    before_seq: Option<u64>,
    since_seq: Option<u64>,
    limit: Option<u64>,
) -> Result<Vec<Entry>, Problem> {
    work(&desk, move |desk| {
        let call = desk.link.client().get(path(["audit"])).query_if("account", account);
        let call = call.query_if("since_seq", since_seq.map(|n| n.to_string()));
        let call = call.query_if("before_seq", before_seq.map(|n| n.to_string()));
        let list: AuditListView = call.query("limit", limit.unwrap_or(100).min(PAGE).to_string()).send()?;
        let book = desk.book.open();
        Ok(list.entries.iter().map(|each| convert::entry(each, &book)).collect())
    })
    .await
}

/// Whether the trail's chain holds.
#[tauri::command]
pub async fn verify_chain(desk: Given<'_>) -> Result<Chain, Problem> {
    let seen: AuditVerifiedView =
        ask(&desk, |client| client.get("/v1/audit/verify").timeout(EXAMINING).send()).await?;
    Ok(convert::chain(&seen))
}

/// Writes the trail to a file that the person names. False where they closed the dialog.
#[tauri::command]
pub async fn export_entries(
    app: AppHandle,
    desk: Given<'_>,
    format: String,
    account: Option<String>,
) -> Result<bool, Problem> {
    work(&desk, move |desk| {
        let csv = format == "csv";
        let name = if csv { "bowline-activity.csv" } else { "bowline-activity.json" };
        let chosen = app.dialog().file().set_file_name(name).blocking_save_file();
        let Some(file) = chosen.and_then(|file| file.into_path().ok()) else { return Ok(false) };
        let all = whole_trail(desk.link.client(), account.as_deref())?;
        let text = if csv { as_csv(&all) } else { as_json(&all) };
        text.and_then(|text| std::fs::File::create(&file)?.write_all(&text)).map(|()| true).map_err(|error| {
            Problem::here(
                Code::StorageError,
                format!("The file could not be written: {error}. Choose another place."),
            )
        })
    })
    .await
}

/// The doctor's checks, of all or of one account.
#[tauri::command]
pub async fn doctor(desk: Given<'_>, account: Option<String>) -> Result<Vec<Check>, Problem> {
    let seen: DoctorView = ask(&desk, move |client| {
        client.get("/v1/doctor").query_if("account", account).timeout(EXAMINING).send()
    })
    .await?;
    Ok(seen.checks.iter().map(convert::check).collect())
}

fn whole_trail(client: &Client, account: Option<&str>) -> Result<AuditListView, ClientError> {
    let mut all = AuditListView::default();
    loop {
        let since = all.entries.last().map_or(0, |entry| entry.seq);
        let call = client.get("/v1/audit").query("since_seq", since.to_string()).query_if("account", account);
        let page: AuditListView = call.query("limit", PAGE.to_string()).send()?;
        let last = (page.entries.len() as u64) < PAGE;
        all.entries.extend(page.entries);
        if last {
            return Ok(all);
        }
    }
}

fn as_json(all: &AuditListView) -> std::io::Result<Vec<u8>> {
    serde_json::to_vec_pretty(all).map_err(std::io::Error::other)
}

fn as_csv(all: &AuditListView) -> std::io::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for entry in &all.entries {
        table.serialize(entry).map_err(std::io::Error::other)?;
    }
    table.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use bowline_wire::shapes::AuditView;

    use super::*;

    #[test]
    fn a_table_of_the_trail_keeps_commas_and_quotes_inside_their_fields() {
        let entry = AuditView {
            seq: 1,
            at: "2026-11-20T12:00:00Z".into(),
            actor: "owner".into(),
            program: Some("/opt/a, \"b\"/mutt".into()),
            event: "token.read".into(),
            account: None,
            app: None,
            outcome: "ok".into(),
            code: None,
            prev: "00".into(),
            hash: "11".into(),
        };
        let table = String::from_utf8(as_csv(&AuditListView { entries: vec![entry] }).unwrap()).unwrap();
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("seq,at,actor,program,event,account,app,outcome,code,prev,hash"));
        assert!(lines.next().unwrap().contains("\"/opt/a, \"\"b\"\"/mutt\""), "{table}");
    }
}
