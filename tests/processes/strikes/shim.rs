//! The shim that makes one call of a program fail, and the plan that says which.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use bowline_tests::program::run;
use tempfile::TempDir;

/// What can be made to fail, in the order of `tests/shim/strike.c`, with the error that it then gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Writing to a file: the disk is full.
    Write,
    /// Syncing a file: the disk is ill.
    Sync,
    /// Opening a file: too many are open.
    Open,
    /// Connecting to anybody: nobody is there.
    Connect,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Write, Self::Sync, Self::Open, Self::Connect];

    const fn error(self) -> nix::errno::Errno {
        match self {
            Self::Write => nix::errno::Errno::ENOSPC,
            Self::Sync => nix::errno::Errno::EIO,
            Self::Open => nix::errno::Errno::EMFILE,
            Self::Connect => nix::errno::Errno::ECONNREFUSED,
        }
    }
}

/// Which call fails, shared with the program under test. Nothing does until [`Plan::arm`].
pub(crate) struct Plan {
    file: File,
    folder: TempDir,
}

/// Where each part of the plan lies in the file.
const KIND: u64 = 0;
const ERROR: u64 = 4;
const NTH: u64 = 8;
const COUNTS: u64 = 16;
const STRUCK: u64 = 48;
const SIZE: u64 = 56;

static SHIM: LazyLock<(PathBuf, TempDir)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is room for the shim");
    let (source, shim) = (bowline_tests::root().join("tests/shim/strike.c"), folder.path().join("strike.so"));
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source).arg("-ldl");
    run(&mut cc).expect_code(0);
    (shim, folder)
});

impl Plan {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a plan");
        let path = folder.path().join("plan");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).expect("it is new");
        file.set_len(SIZE).expect("it is small");
        let plan = Self { file, folder };
        plan.disarm();
        plan
    }

    /// Puts the shim before the C library of this program.
    pub(crate) fn put_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &SHIM.0).env("BOWLINE_STRIKE", self.folder.path().join("plan"));
    }

    /// From now on the n-th call of this kind fails, once. Counting begins anew.
    pub(crate) fn arm(&self, kind: Kind, nth: u64) {
        self.disarm();
        (0..4).for_each(|kind| self.write(COUNTS + 8 * kind, &0_i64.to_ne_bytes()));
        self.write(STRUCK, &0_i64.to_ne_bytes());
        self.write(ERROR, &(kind.error() as i32).to_ne_bytes());
        self.write(NTH, &nth.to_ne_bytes());
        self.write(KIND, &(kind as i32).to_ne_bytes());
    }

    /// Nothing fails any more.
    pub(crate) fn disarm(&self) {
        self.write(KIND, &(-1_i32).to_ne_bytes());
    }

    /// How many calls of this kind there were since it was armed.
    pub(crate) fn count(&self, kind: Kind) -> u64 {
        self.read(COUNTS + 8 * kind as u64)
    }

    /// The call that was to fail came, and failed.
    pub(crate) fn has_struck(&self) -> bool {
        self.read(STRUCK) == 1
    }

    fn write(&self, at: u64, bytes: &[u8]) {
        self.file.write_all_at(bytes, at).expect("the plan can be written");
    }

    fn read(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at).expect("the plan can be read");
        u64::from_ne_bytes(bytes)
    }
}
