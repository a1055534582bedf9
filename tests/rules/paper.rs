//! Whether the papers tell the truth: the contract's words against the code's, and links against files.

use std::collections::BTreeSet;
use std::fs;

use bowline_base::{Action, Reason, Status};
use bowline_wire::Code;

use crate::assert_none;
use crate::tree::{File, files};

/// docs/CONTRACT.md, the paper that local apps rely on.
fn contract() -> String {
    let file = bowline_tests::root().join("docs/CONTRACT.md");
    fs::read_to_string(file).expect("docs/CONTRACT.md is part of the product")
}

/// The text between a sentence's beginning and what ends it.
fn passage<'a>(text: &'a str, begins: &str, ends: &str) -> &'a str {
    let (_, rest) =
        text.split_once(begins).unwrap_or_else(|| panic!("the contract no longer says {begins:?}"));
    rest.split_once(ends).unwrap_or_else(|| panic!("the contract's {begins:?} has no end")).0
}

/// The words in back quotes, in their order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows of the table whose head begins so, as cells.
fn rows<'a>(text: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let table = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let cells = |line: &'a str| line.trim_matches('|').split('|').map(str::trim).collect();
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_statuses_and_their_actions_are_the_codes() {
    let paper = contract();
    let told: BTreeSet<(String, Option<String>)> = rows(&paper, "| status | means | action |")
        .iter()
        .map(|row| (quoted(row[0])[0].to_owned(), quoted(row[2]).first().map(ToString::to_string)))
        .collect();
    let coded =
        Status::ALL.iter().map(|s| (s.to_string(), s.action().map(|action| action.to_string()))).collect();
    assert_eq!(told, coded);
}

#[test]
fn the_order_of_statuses_is_the_codes() {
    let paper = contract();
    let told = quoted(passage(&paper, "The first that fits, in this order:", ".\n"));
    assert_eq!(told, Status::ALL.iter().map(|status| status.as_str()).collect::<Vec<_>>());
}

#[test]
fn the_reasons_and_actions_are_the_codes() {
    let paper = contract();
    let reasons: BTreeSet<&str> =
        quoted(passage(&paper, "`reason` is one of:", ". `message`")).into_iter().collect();
    assert_eq!(reasons, Reason::ALL.iter().map(|reason| reason.as_str()).collect());
    let actions: BTreeSet<&str> =
        quoted(passage(&paper, "`action` is null or one of", ".\n")).into_iter().collect();
    assert_eq!(actions, Action::ALL.iter().map(|action| action.as_str()).collect());
}

/// Every stable code of the local API with its statuses, as the contract's table pairs them: one cell may list
/// several statuses, and as many groups of codes.
fn told_codes(paper: &str) -> BTreeSet<(u16, String)> {
    let mut told = BTreeSet::new();
    for row in rows(paper, "| status | `code` |") {
        let statuses: Vec<u16> = row[0].split(',').map(|s| s.trim().parse().expect("a status")).collect();
        let groups: Vec<&str> = row[1].split(" · ").collect();
        let names = groups.iter().map(|group| codes_in(group)).collect::<Vec<_>>();
        if groups.len() == statuses.len() {
            told.extend(statuses.iter().zip(names).flat_map(|(s, names)| names.into_iter().map(|n| (*s, n))));
        } else {
            let names: Vec<String> = names.into_iter().flatten().collect();
            assert_eq!(names.len(), statuses.len(), "as many codes as statuses: {row:?}");
            told.extend(statuses.into_iter().zip(names));
        }
    }
    told
}

fn codes_in(group: &str) -> Vec<String> {
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    quoted(group).into_iter().filter(plain).map(str::to_owned).collect()
}

/// Every exit with a number, from the table of exits, whose rows hold two each.
fn told_exits(paper: &str) -> BTreeSet<u8> {
    let numbers = rows(paper, "| exit | means |").into_iter().flatten().filter_map(|cell| cell.parse().ok());
    numbers.collect()
}

#[test]
fn the_codes_and_their_http_statuses_are_the_codes() {
    let coded = Code::ALL.iter().map(|code| (code.status(), code.as_str().to_owned())).collect();
    assert_eq!(told_codes(&contract()), coded);
}

#[test]
fn every_exit_of_a_code_is_told() {
    let told = told_exits(&contract());
    let unknown: Vec<&str> =
        Code::ALL.iter().filter(|code| !told.contains(&code.exit())).map(|c| c.as_str()).collect();
    assert_eq!((told, unknown), ((0..=10).collect(), Vec::new()));
}

#[test]
fn every_link_of_every_paper_leads_somewhere() {
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.path.ends_with(".md")) {
        found.extend(
            links(&file.text)
                .into_iter()
                .filter(|link| !resolves(file, link))
                .map(|l| format!("{}: {l}", file.path)),
        );
    }
    assert_none("A link leads to a file that exists, and to a heading in it.", &found);
}

/// The targets of `[words](target)` outside code blocks.
fn links(text: &str) -> Vec<String> {
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let targets = prose.iter().flat_map(|part| part.split("](").skip(1));
    targets.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned())).collect()
}

fn resolves(from: &File, link: &str) -> bool {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let source = bowline_tests::root().join(&from.path);
    let target = if path.is_empty() { source.clone() } else { source.with_file_name("").join(path) };
    if anchor.is_empty() || !target.is_file() {
        return target.exists();
    }
    let text = fs::read_to_string(target).unwrap_or_default();
    let named = format!("id=\"{anchor}\"");
    text.contains(&named) || text.lines().any(|line| line.starts_with('#') && slug(line) == anchor)
}

/// A heading's anchor as hosts of Markdown make it.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_heading_and_its_anchor_belong_together() {
    assert_eq!(slug("## 3. Local API"), "3-local-api");
    assert_eq!(slug("### `needs_reconnect`: what to do"), "needs_reconnect-what-to-do");
}
