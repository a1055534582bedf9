//! The project's rules as tests: floors, one home per outside crate, headers, words, paper against code.
//!
//! Each failure lists every place at once, with the reason for the rule. Reading order: the checkout ([`tree`]),
//! which crate may use which ([`floors`]), what a source file must be ([`source`]), what no file may say
//! ([`words`]), whether the papers tell the truth ([`paper`]), and whether each requirement has a test ([`rows`]).

mod floors;
mod paper;
mod rows;
mod source;
mod tree;
mod words;

/// Fails with every finding on a line of its own, after the rule that they break.
#[track_caller]
fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}
