//! `bowline token …`, read without describing all the other commands first.
//!
//! Scripts and credential helpers run this one again and again, and describing everything that may be typed takes longer
//! than all else it does. Whatever does not fit here, and every word of help, is left to the whole description.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use super::{Args, Command, Common, Token};

#[derive(Parser)]
#[command(name = "bowline", disable_help_flag = true, disable_help_subcommand = true)]
struct Quick {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Reading,
}

#[derive(Subcommand)]
enum Reading {
    Token(Token),
}

/// What was typed, where it begins with `token` and nothing is wrong with it.
pub fn quick(typed: &[OsString]) -> Option<Args> {
    if typed.get(1)? != "token" {
        return None;
    }
    let Quick { common, command: Reading::Token(token) } = Quick::try_parse_from(typed).ok()?;
    Some(Args { common, command: Command::Token(token) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_it_reads_is_what_the_whole_description_reads() {
        for line in [
            "bowline token work",
            "bowline token work --json --header",
            "bowline token --no-autostart --min-ttl 5m --scope a --scope b --wait 3s -- work",
        ] {
            let (quick, whole) = (quick(&words(line)), Args::try_parse_from(words(line)));
            assert_eq!(format!("{:?}", quick.unwrap()), format!("{:?}", whole.unwrap()), "{line}");
        }
    }

    #[test]
    fn help_mistakes_and_other_commands_are_left_to_it() {
        for line in [
            "bowline",
            "bowline token",
            "bowline token --help",
            "bowline token work -h",
            "bowline token work --nonsense",
            "bowline token work --min-ttl soon",
            "bowline --json token work",
            "bowline accounts",
        ] {
            assert!(quick(&words(line)).is_none(), "{line}");
        }
    }
}
