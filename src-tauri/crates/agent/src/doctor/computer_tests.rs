use super::*;
use crate::doctor::finding::Level;

const ME: u32 = 1000;

fn at(kind: Kind, mode: u32, owner: u32) -> Option<Finding> {
    judge_place(&Place { path: PathBuf::from("/d/x"), kind, mode, owner }, ME)
}

#[test]
fn little_room_is_a_warning_and_none_an_error() {
    let folder = Path::new("/d");
    for (free, level) in [
        (0, Level::Error),
        (10 * MIB - 1, Level::Error),
        (10 * MIB, Level::Warning),
        (100 * MIB - 1, Level::Warning),
        (100 * MIB, Level::Ok),
        (u64::MAX, Level::Ok),
    ] {
        assert_eq!(judge_disk(folder, free, false).level, level, "{free}");
    }
    assert!(judge_disk(folder, 5 * MIB, false).fix.unwrap().contains("`df -h /d`"));
}

#[test]
fn a_disk_that_cannot_be_written_is_an_error_however_much_is_free() {
    let found = judge_disk(Path::new("/d"), u64::MAX, true);
    assert!(found.level == Level::Error && found.message.contains("cannot be written"));
}

#[test]
fn this_computers_disk_can_be_looked_at_and_a_missing_folder_cannot() {
    let folder = tempfile::tempdir().unwrap();
    assert!(disk(folder.path()).message.contains("free"));
    assert_eq!(disk(&folder.path().join("no")).level, Level::Error);
}

#[test]
fn folders_are_0700_files_0600_and_what_a_person_edits_is_written_by_nobody_else() {
    for (kind, mode, well) in [
        (Kind::Folder, 0o700, true),
        (Kind::Folder, 0o750, false),
        (Kind::Folder, 0o701, false),
        (Kind::File, 0o600, true),
        (Kind::File, 0o400, true),
        (Kind::File, 0o640, false),
        (Kind::File, 0o604, false),
        (Kind::Edited, 0o644, true),
        (Kind::Edited, 0o664, false),
    ] {
        assert_eq!(at(kind, mode, ME).is_none(), well, "{mode:o}");
    }
}

#[test]
fn the_fix_is_the_very_command() {
    assert_eq!(at(Kind::Folder, 0o755, ME).unwrap().fix.as_deref(), Some("Run `chmod 700 /d/x`."));
    assert_eq!(at(Kind::File, 0o644, ME).unwrap().fix.as_deref(), Some("Run `chmod 600 /d/x`."));
    assert!(at(Kind::File, 0o600, 0).unwrap().message.contains("another user"));
    assert!(at(Kind::File, 0o622, ME).unwrap().message.contains("written by others (mode 0622)"));
}

#[test]
fn places_that_are_well_are_counted_and_one_that_is_not_is_named() {
    let place = |mode| Place { path: PathBuf::from("/d/x"), kind: Kind::File, mode, owner: ME };
    assert_eq!(judge_places(&[place(0o600), place(0o600)], ME).level, Level::Ok);
    assert!(judge_places(&[place(0o600), place(0o666)], ME).message.starts_with("/d/x can be written"));
}

#[test]
fn links_and_missing_files_are_no_places() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("f"), folder.path().join("l"));
    std::fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert!(place(&file, Kind::File).is_some());
    assert!(place(&link, Kind::File).is_none() && place(&folder.path().join("no"), Kind::File).is_none());
    assert!(place(folder.path(), Kind::File).is_some_and(|p| p.kind == Kind::Folder));
}
