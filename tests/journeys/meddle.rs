//! What happens to a vault's file behind its back: a disk that refuses some writes, and bytes that change.

use std::path::Path;

use bowline_tests::world::World;
use rusqlite::Connection;

/// Does something to the file.
pub(crate) fn meddle(file: &Path, sql: &str) {
    Connection::open(file).expect("the file opens").execute_batch(sql).expect("the meddling works");
}

/// From now on this kind of write fails, as on a full disk: `INSERT ON token`, for instance. An overflow is what
/// SQLite tells apart from damage, from a lock and from a broken constraint.
pub(crate) fn refuse(world: &World, write: &str) {
    meddle(&world.vault_file(), &refusing(write));
}

/// What makes this kind of write fail.
pub(crate) fn refusing(write: &str) -> String {
    let name = name(write);
    format!("CREATE TRIGGER {name} BEFORE {write} BEGIN SELECT abs(-9223372036854775808); END")
}

/// The disk takes it again.
pub(crate) fn allow(file: &Path, write: &str) {
    meddle(file, &format!("DROP TRIGGER {}", name(write)));
}

fn name(write: &str) -> String {
    format!("refuse_{}", write.replace(' ', "_"))
}
