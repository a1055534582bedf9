//! Whether each row of the requirements and standards has a test, and whether the tests lie where they are looked for.

use std::process::Command;

use bowline_tests::program::run;

use crate::assert_none;
use crate::tree::rust_files;

#[test]
fn e67_e68_every_row_of_the_requirements_and_standards_has_a_test_that_names_it() {
    let told = run(Command::new("python3").arg(bowline_tests::root().join(".ci/trace")).arg("--check"));
    assert_eq!(told.code, 0, "each row of tests/requirements.txt has a test:\n{}", told.stdout);
}

#[test]
fn e69_each_part_of_the_tests_runs_alone_and_all_play_the_one_scripted_provider() {
    let root = bowline_tests::root();
    let manifest = std::fs::read_to_string(root.join("tests/Cargo.toml")).expect("the tests are a package");
    for part in ["journeys", "processes", "window", "rules"] {
        assert!(root.join("tests").join(part).join("main.rs").is_file(), "{part} has a beginning of its own");
        assert!(
            manifest.contains(&format!("name = \"{part}\"\npath = \"{part}/main.rs\"")),
            "{part} runs alone"
        );
    }
    // whoever answers at a token endpoint over a socket is the practice provider
    let others: Vec<String> = rust_files()
        .into_iter()
        .filter(|file| file.path.starts_with("tests/processes/") && file.text.contains("\"refresh_token\":"))
        .map(|file| file.path)
        .collect();
    assert_none(
        "tests of the real programs script the practice provider and no provider of their own",
        &others,
    );
}
