//! The table of exits (contract §4). A command that runs another passes that one's status on instead.

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Unexpected.
    Unexpected = 1,
    /// Typed wrongly.
    Usage = 2,
    /// No such account or provider, or ambiguous.
    Unknown = 3,
    /// The user must act: reconnect, scope.
    UserMustAct = 4,
    /// Temporarily unavailable: try again.
    Unavailable = 5,
    /// Denied, or not approved.
    Denied = 6,
    /// Vault locked, or no keychain.
    Locked = 7,
    /// No agent.
    NoAgent = 8,
    /// Connecting failed, was refused, cancelled or timed out.
    ConnectFailed = 9,
    /// The provider is set up wrongly.
    Misconfigured = 10,
}

impl Exit {
    /// Every exit, in order.
    pub const ALL: [Exit; 11] = [
        Exit::Done,
        Exit::Unexpected,
        Exit::Usage,
        Exit::Unknown,
        Exit::UserMustAct,
        Exit::Unavailable,
        Exit::Denied,
        Exit::Locked,
        Exit::NoAgent,
        Exit::ConnectFailed,
        Exit::Misconfigured,
    ];

    /// The process's exit status.
    pub const fn status(self) -> i32 {
        self as i32
    }

    /// The exit with this status; one that is not in the table is unexpected.
    pub fn from_status(status: i32) -> Exit {
        Exit::ALL.into_iter().find(|e| e.status() == status).unwrap_or(Exit::Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exits_are_those_of_the_contract() {
        for (status, exit) in Exit::ALL.into_iter().enumerate() {
            assert_eq!(exit.status(), i32::try_from(status).unwrap());
            assert_eq!(Exit::from_status(exit.status()), exit);
        }
        assert_eq!(Exit::from_status(101), Exit::Unexpected);
    }

    #[test]
    fn e01_every_code_of_the_contract_ends_in_an_exit_of_the_table() {
        for code in bowline_wire::Code::ALL {
            let status = i32::from(code.exit());
            assert!(Exit::from_status(status).status() == status && status != 0, "{code:?}");
        }
    }
}
