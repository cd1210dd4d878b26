use std::fs;
use std::os::unix::fs::symlink;

use bytes::Bytes;
use futures_util::stream;

use super::*;

const NAME: &str = "demo-1.0+arch8.9-py3-none-any.whl";

fn name(text: &str) -> WheelName {
    WheelName::parse(text).unwrap()
}

fn archive() -> Vec<u8> {
    [b"PK\x03\x04 some files ".as_slice(), b"PK\x05\x06", &[0; 18]].concat()
}

async fn receive(upload: Upload, pieces: Vec<Result<Bytes, &'static str>>) -> Result<Wheel, ShelfError> {
    upload.receive(stream::iter(pieces), |error| *error == "late").await
}

fn left(shelf: &Shelf) -> Vec<String> {
    let mut left: Vec<_> =
        fs::read_dir(shelf.place()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    left
}

#[tokio::test]
async fn a_wheel_comes_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path().join("shelf"));
    assert_eq!(shelf.list(), Ok(Vec::new()));
    assert_eq!(shelf.find(&name(NAME)), Err(ShelfError::Missing(NAME.to_owned())));
    let begin = |overwrite| shelf.begin(name(NAME), Some(40), overwrite);
    let bytes = archive();
    // In the smallest pieces there can be.
    let pieces = bytes.iter().map(|byte| Ok(Bytes::copy_from_slice(&[*byte]))).collect();
    let wheel = receive(begin(false).unwrap(), pieces).await.unwrap();
    assert_eq!((wheel.size, wheel.origin.cuda_arch.as_deref()), (bytes.len() as u64, Some("8.9")));
    assert_eq!(begin(false).unwrap_err(), ShelfError::Exists(name(NAME)));
    for (pieces, why) in [
        (vec![Ok(Bytes::from_static(b"GIF89a"))], "no wheel"),
        (vec![Ok(Bytes::from_static(b"PK")), Ok(Bytes::from_static(b"\x03\x05"))], "no wheel"),
        (vec![Ok(Bytes::from_static(b"PK\x03\x04 the beginning"))], "no wheel"),
        (vec![], "no wheel"),
        (vec![Ok(Bytes::from_static(b"PK\x03\x04")), Err("cut")], "broke off"),
        (vec![Ok(Bytes::from_static(b"PK\x03\x04")), Err("late")], "did not come"),
    ] {
        let error = receive(begin(true).unwrap(), pieces.clone()).await.unwrap_err().to_string();
        assert!(error.contains(why), "{pieces:?}: {error}");
        assert_eq!(left(&shelf), [NAME], "{pieces:?}");
    }
    assert_eq!(fs::read(shelf.place().join(NAME)).unwrap(), bytes);
    // Two at once: whoever is first has the name.
    let other = || shelf.begin(name("other-1-py3-none-any.whl"), None, false).unwrap();
    let (first, second) = (other(), other());
    receive(first, vec![Ok(Bytes::from(bytes.clone()))]).await.unwrap();
    assert!(matches!(receive(second, vec![Ok(Bytes::from(bytes))]).await, Err(ShelfError::Exists(_))));
    assert_eq!(left(&shelf).len(), 2);
    let huge = shelf.begin(name("huge-1-py3-none-any.whl"), Some(u64::MAX / 2), false).unwrap_err();
    assert!(matches!(&huge, ShelfError::NoSpace(why) if why.contains("more are needed")), "{huge}");
}

#[test]
fn what_leads_out_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::at(dir.path().join("shelf"));
    fs::create_dir(shelf.place()).unwrap();
    fs::write(dir.path().join("secret"), archive()).unwrap();
    fs::write(shelf.place().join("real-1-py3-none-any.whl"), archive()).unwrap();
    symlink("../secret", shelf.place().join("out-1-py3-none-any.whl")).unwrap();
    symlink("real-1-py3-none-any.whl", shelf.place().join("in-1-py3-none-any.whl")).unwrap();
    fs::create_dir(shelf.place().join("folder-1-py3-none-any.whl")).unwrap();
    fs::write(shelf.place().join("notes.txt"), "").unwrap();
    let mut names: Vec<_> = shelf.list().unwrap().into_iter().map(|wheel| wheel.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["in-1-py3-none-any.whl", "real-1-py3-none-any.whl"]);
    let out = name("out-1-py3-none-any.whl");
    assert!(shelf.find(&out).is_err() && shelf.open(&out).is_err());
    // Of a link only the link goes.
    shelf.remove(&out).unwrap();
    assert!(dir.path().join("secret").exists());
    assert!(shelf.remove(&out).is_err());
    assert!(shelf.remove(&name("folder-1-py3-none-any.whl")).is_err());
    shelf.remove(&name("real-1-py3-none-any.whl")).unwrap();
}
