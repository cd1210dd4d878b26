use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;

fn paths(listing: &Listing) -> Vec<&str> {
    listing.found.iter().map(|one| one.path.as_str()).collect()
}

/// Written so many seconds after 2001.
fn write(place: &Path, path: &str, at: u64) {
    let path = place.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(&path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000 + at)).unwrap();
}

/// As if a folder had been written to long ago.
fn age(place: &Path) {
    File::open(place).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
}

#[test]
fn newest_first_and_nothing_that_leads_out() {
    let all = tempfile::tempdir().unwrap();
    let place = all.path().join("outputs");
    write(all.path(), "secret.png", 9);
    for (path, at) in [("a.png", 1), ("in/b.png", 3), ("in/deep/c.txt", 2), ("d.png", 3), (".hidden", 5), (".h/x", 5)] {
        write(&place, path, at);
    }
    symlink("../secret.png", place.join("link.png")).unwrap();
    symlink("..", place.join("up")).unwrap();
    File::create(place.join(std::ffi::OsStr::from_bytes(b"\xff\xfe.png"))).unwrap();
    let mut known = Known::default();
    let first = look(&place, &mut known).unwrap();
    assert_eq!(paths(&first), ["d.png", "in/b.png", "in/deep/c.txt", "a.png"]);
    assert_eq!((first.left_out, first.truncated, first.missing), (3, false, false));
    let second = look(&place, &mut known).unwrap();
    assert_eq!((paths(&second), &second.version), (paths(&first), &first.version));
    write(&place, "in/deep/new.png", 7);
    let third = look(&place, &mut known).unwrap();
    assert_eq!(third.found[0].path, "in/deep/new.png");
    assert_ne!(third.version, second.version);
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let all = tempfile::tempdir().unwrap();
    let place = all.path().join("outputs");
    write(&place, "old.png", 1);
    age(&place);
    let mut known = Known::default();
    look(&place, &mut known).unwrap();
    // A sign that the name comes from what is known: nothing else would give it.
    known.folders.get_mut(&FolderPath::root()).unwrap().files[0].0 = "known.png".to_owned();
    assert_eq!(paths(&look(&place, &mut known).unwrap()), ["known.png"]);
    // A young one is looked at again.
    let level = known.folders.get_mut(&FolderPath::root()).unwrap();
    level.files[0] = ("old.png".to_owned(), Version { modified: now(), size: 7 });
    assert_eq!(look(&place, &mut known).unwrap().found[0].version.size, 0);
    write(&place, "new.png", 2);
    assert_eq!(paths(&look(&place, &mut known).unwrap()), ["new.png", "old.png"]);
    known.whole = None;
    fs::remove_file(place.join("old.png")).unwrap();
    age(&place);
    assert_eq!(paths(&look(&place, &mut known).unwrap()), ["new.png"]);
}

#[test]
fn a_folder_that_is_not_there_is_empty() {
    let all = tempfile::tempdir().unwrap();
    let listing = look(&all.path().join("none"), &mut Known::default()).unwrap();
    assert!(listing.missing && listing.found.is_empty());
    File::create(all.path().join("file")).unwrap();
    assert!(matches!(look(&all.path().join("file"), &mut Known::default()), Err(FolderError::NoFolder(_))));
}
