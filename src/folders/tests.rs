use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn path(text: &str) -> FolderPath {
    FolderPath::parse(text).unwrap()
}

/// A folder with links of every kind, and a secret beside it.
fn furnished() -> (tempfile::TempDir, Folder) {
    let all = tempfile::tempdir().unwrap();
    let home = all.path().join("home");
    fs::create_dir_all(home.join("in/deep")).unwrap();
    fs::write(all.path().join("secret"), "secret").unwrap();
    fs::create_dir(all.path().join("elsewhere")).unwrap();
    fs::write(all.path().join("elsewhere/secret"), "secret").unwrap();
    fs::write(home.join("in/a.txt"), "inside").unwrap();
    symlink("in/a.txt", home.join("inner")).unwrap();
    symlink("../in", home.join("in/deep/up")).unwrap();
    symlink("../../in", home.join("in/deep/up-too")).unwrap();
    symlink("../secret", home.join("out")).unwrap();
    symlink(all.path().join("secret"), home.join("out-absolute")).unwrap();
    symlink("../elsewhere", home.join("out-folder")).unwrap();
    symlink("nowhere", home.join("broken")).unwrap();
    symlink("circle", home.join("circle")).unwrap();
    let folder = Folder::open(&home).unwrap();
    (all, folder)
}

#[test]
fn nothing_outside_can_be_opened() {
    let (_all, folder) = furnished();
    for inside in ["in/a.txt", "inner", "in/deep/up-too/a.txt"] {
        let (mut file, _) = folder.open_file(&path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"));
        assert_eq!(io::read_to_string(&mut file).unwrap(), "inside", "{inside}");
    }
    for outside in ["out", "out-absolute", "out-folder/secret", "circle"] {
        assert_eq!(folder.open_file(&path(outside)).unwrap_err(), FolderError::Outside(path(outside)), "{outside}");
    }
    assert_eq!(folder.open_file(&path("broken")).unwrap_err(), FolderError::Missing(path("broken")));
    assert_eq!(folder.list(&path("out-folder")).unwrap_err(), FolderError::Outside(path("out-folder")));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let (all, folder) = furnished();
    nix::unistd::mkfifo(&all.path().join("home/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(folder.open_file(&path("pipe")).unwrap_err(), FolderError::NoFile(path("pipe")));
    assert_eq!(folder.open_file(&path("in")).unwrap_err(), FolderError::NoFile(path("in")));
    assert_eq!(folder.open_file(&path("in/a.txt/b")).unwrap_err(), FolderError::NoFolder(path("in/a.txt/b")));
}

#[test]
fn a_listing_says_what_can_be_opened() {
    let (_all, folder) = furnished();
    let list = folder.list(&FolderPath::root()).unwrap();
    let kinds: Vec<_> = list.iter().map(|one| (one.name.as_str(), one.kind, one.link, one.size)).collect();
    assert_eq!(
        kinds,
        [
            ("in", Kind::Folder, false, 0),
            ("broken", Kind::Link, true, 0),
            ("circle", Kind::Link, true, 0),
            ("inner", Kind::File, true, 6),
            ("out", Kind::Link, true, 0),
            ("out-absolute", Kind::Link, true, 0),
            ("out-folder", Kind::Link, true, 0),
        ]
    );
    assert!(list.iter().all(|one| one.modified.is_some()));
    assert_eq!(folder.entry(&path("out")).unwrap().kind, Kind::Link);
    assert_eq!(folder.entry(&path("in/a.txt")).unwrap().size, 6);
}

#[test]
fn a_save_keeps_mode_and_owner_and_leaves_nothing_beside() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let (all, folder) = furnished();
    let home = all.path().join("home");
    let target = home.join("in/a.txt");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    // Only root may give files away.
    let given = chown(&target, Some(12_345), Some(12_345)).is_ok();
    folder.save(&path("in/a.txt"), b"other", 0o600).unwrap();
    let facts = fs::metadata(&target).unwrap();
    assert_eq!((fs::read_to_string(&target).unwrap().as_str(), facts.mode() & 0o7777), ("other", 0o640));
    assert!(!given || (facts.uid(), facts.gid()) == (12_345, 12_345));
    // By a link inside: the link stays.
    folder.save(&path("inner"), b"by the link", 0o600).unwrap();
    assert!(fs::symlink_metadata(home.join("inner")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&target).unwrap(), "by the link");
    // A new one.
    folder.save(&path("in/new.sh"), b"", 0o755).unwrap();
    assert_eq!(fs::metadata(home.join("in/new.sh")).unwrap().mode() & 0o7777, 0o755);
    for (to, error) in [
        ("out", FolderError::Outside(path("out"))),
        ("out-folder/new", FolderError::Outside(path("out-folder/new"))),
        ("broken", FolderError::Missing(path("broken"))),
        ("in", FolderError::NoFile(path("in"))),
        ("none/new", FolderError::Missing(path("none/new"))),
    ] {
        assert_eq!(folder.save(&path(to), b"x", 0o644).unwrap_err(), error, "{to}");
    }
    assert_eq!(fs::read_to_string(all.path().join("secret")).unwrap(), "secret");
    let names: Vec<_> = folder.list(&path("in")).unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["deep", "a.txt", "new.sh"]);
}

#[test]
fn a_history_keeps_the_last_twenty_and_its_numbers() {
    use history::{History, KEPT, Origin, path_of_shelf};
    let (_all, folder) = furnished();
    let file = path("in/deep/100%.cfg");
    let history = History::of(&folder, ".past", &file).unwrap();
    assert_eq!(history.list().unwrap(), []);
    for n in 1..=25_u64 {
        let at = crate::domain::Timestamp::from_millis(n * 1000);
        assert_eq!(history.add(&format!("text {n}"), "somebody", Origin::Saved, at).unwrap().n, n);
    }
    let list = history.list().unwrap();
    assert_eq!((list.len(), list.first().unwrap().n, list.last().unwrap().n), (KEPT, 25, 6));
    assert_eq!(list.first().unwrap().at.millis(), 25_000);
    assert_eq!(history.read(6).unwrap().1, "text 6");
    assert!(matches!(history.read(5), Err(FolderError::Missing(_))));
    // What a crash wrote and did not list takes no number twice.
    folder.save(&path(".past/in%2Fdeep%2F100%25.cfg/0030.cfg"), b"unlisted", 0o600).unwrap();
    let at = crate::domain::Timestamp::from_millis(0);
    assert_eq!(history.add("next", "", Origin::Found, at).unwrap().n, 31);
    // Another name for the file.
    let other = History::of(&folder, ".past", &path("b.sh")).unwrap();
    other.add("of a file that had this name", "", Origin::Saved, at).unwrap();
    history.move_to(&other).unwrap();
    assert_eq!(history.list().unwrap(), []);
    assert_eq!(other.list().unwrap().len(), KEPT);
    other.forget().unwrap();
    other.forget().unwrap();
    assert_eq!(other.list().unwrap(), []);
    assert_eq!(path_of_shelf("in%2Fdeep%2F100%25.cfg"), Some(file));
    assert_eq!(path_of_shelf("%2Fetc"), None);
    let long = path(&format!("{}/x.sh", "a".repeat(250)));
    History::of(&folder, ".past", &long).unwrap().add("x", "", Origin::Saved, at).unwrap();
}
