use clap::CommandFactory;

use super::*;

fn typed(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(line.split(' '))
}

#[test]
fn the_commands_fit_together() {
    Args::command().debug_assert();
}

#[test]
fn every_line_of_the_contract_can_be_typed() {
    for line in [
        "bowline connect google --scope a --scope b --label work --no-browser --login-hint ana --timeout 5m",
        "bowline reconnect work --scope a --no-browser",
        "bowline accounts",
        "bowline status",
        "bowline status work",
        "bowline rename work home",
        "bowline token work --min-ttl 5m --scope a --header --wait 60s",
        "bowline refresh work",
        "bowline disconnect work --local-only --yes",
        "bowline exec work --env NAME -- printenv NAME --json",
        "bowline exec work --file -- cat",
        "bowline pause work",
        "bowline resume work",
        "bowline fallback work home",
        "bowline fallback work none",
        "bowline emergency work --reason release --for 30m",
        "bowline emergency work --end",
        "bowline apps",
        "bowline apps list",
        "bowline apps requests",
        "bowline apps approve req_1 --account a --account b",
        "bowline apps deny req_1",
        "bowline apps revoke app_1",
        "bowline providers",
        "bowline providers list",
        "bowline providers show google",
        "bowline providers check f.toml",
        "bowline providers add f.toml",
        "bowline providers set-secret acme",
        "bowline log --account work --follow",
        "bowline log verify",
        "bowline vault",
        "bowline vault status",
        "bowline vault unlock",
        "bowline vault lock",
        "bowline vault rekey",
        "bowline practice --access-ttl 60s --grant-ttl 1h --rotate --fail refuse --fail status:503@2",
        "bowline practice --rotate --rotate-grace 30s",
        "bowline practice --list",
        "bowline doctor work",
        "bowline agent --headless",
        "bowline stop",
        "bowline completions zsh",
        "bowline man",
        "bowline --json --no-autostart accounts",
        "bowline token work --json --no-autostart",
    ] {
        assert!(typed(line).is_ok(), "{line}: {}", typed(line).unwrap_err());
    }
}

#[test]
fn what_is_not_in_the_contract_is_a_usage_error() {
    for line in [
        "bowline",
        "bowline frobnicate",
        "bowline token",
        "bowline token work --min-ttl soon",
        "bowline exec work printenv",
        "bowline exec work --env A --file -- x",
        "bowline providers set-secret acme hunter2",
        "bowline fallback work",
        "bowline emergency work sk-1",
        "bowline emergency work --for soon",
        "bowline emergency work --end --reason release",
        "bowline log --follow verify",
    ] {
        assert!(typed(line).is_err(), "{line}");
    }
}

#[test]
fn a_command_that_is_run_keeps_its_own_arguments() {
    let Command::Exec(exec) = typed("bowline exec work -- ls --json -- -l").unwrap().command else {
        panic!()
    };
    assert_eq!(exec.command, ["ls", "--json", "--", "-l"]);
}

#[test]
fn every_command_has_a_sentence_and_an_example() {
    for command in Args::command().get_subcommands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(
            example.contains(&format!("bowline {}", command.get_name()))
                || example.contains("bowline status"),
            "{}",
            command.get_name()
        );
    }
}

#[test]
fn no_secret_can_be_an_argument() {
    let help = |c: &clap::Command| c.clone().render_long_help().to_string();
    for command in Args::command().get_subcommands() {
        for word in ["--secret", "--password", "--passphrase", "--token "] {
            assert!(!help(command).contains(word), "{} {word}", command.get_name());
        }
    }
}

#[test]
fn a_token_goes_into_no_variable_that_means_something_else() {
    for name in ["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PATH", "", "A=B", "1X", "a b"] {
        assert!(super::variable(name).is_err(), "{name}");
    }
    for name in ["BOWLINE_TOKEN", "GH_TOKEN", "_x9"] {
        assert!(super::variable(name).is_ok(), "{name}");
    }
}
