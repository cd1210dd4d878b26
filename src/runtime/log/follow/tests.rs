//! Followers of one and of several runs.

use std::fs;

use super::*;

struct Log {
    _dir: tempfile::TempDir,
    log: PathBuf,
}

impl Log {
    /// Parts as (run's number, its name, place of the first byte, text).
    fn of(parts: &[(u64, &str, u64, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("output.log");
        fs::create_dir(files::folder(&log)).unwrap();
        let made = Self { _dir: dir, log };
        parts.iter().for_each(|part| made.write(*part));
        made
    }

    fn part(&self, (number, run, start, _): (u64, &str, u64, &str)) -> Part {
        Part::new(&files::folder(&self.log), number, &RunId(run.to_owned()), start)
    }

    fn write(&self, part: (u64, &str, u64, &str)) {
        fs::write(self.part(part).path, part.3).unwrap();
    }

    fn drop(&self, number: u64, run: &str, start: u64) {
        fs::remove_file(self.part((number, run, start, "")).path).unwrap();
    }

    fn follow(&self, run: Option<&str>, start: Start) -> Follower {
        let run = run.map(str::to_owned);
        Follower::new(
            self.log.clone(),
            Follow { run, start, otherwise: Start::At(0), until: None, only: false, times: false },
        )
    }
}

/// Everything there is to be had now: the pieces' beginnings as (why, run, offset), and all the bytes.
fn all(follower: &mut Follower, most: u64) -> (Vec<(Begun, String, u64)>, String) {
    let (mut begun, mut text) = (Vec::new(), Vec::new());
    loop {
        let piece = follower.next(most).unwrap();
        begun.extend(piece.begins.map(|begins| (begins.why, begins.run.0, begins.offset)));
        assert!(piece.bytes.len() as u64 <= most);
        text.extend_from_slice(&piece.bytes);
        if piece.bytes.is_empty() || piece.over {
            return (begun, String::from_utf8(text).unwrap());
        }
    }
}

fn begun(why: Begun, run: &str, offset: u64) -> (Begun, String, u64) {
    (why, run.to_owned(), offset)
}

#[test]
fn bytes_come_once_whatever_the_size_of_the_pieces() {
    for most in 1..40 {
        let log = Log::of(&[(1, "a", 10, "one\ntw"), (1, "a", 16, "o ü\nthree"), (2, "b", 0, "new\n")]);
        let mut follower = log.follow(Some("a"), Start::At(0));
        let (starts, text) = all(&mut follower, most);
        assert_eq!(text, "one\ntwo ü\nthreenew\n", "{most}");
        assert_eq!(starts, [begun(Begun::Start, "a", 10), begun(Begun::Run, "b", 0)], "{most}");
        assert_eq!(follower.next(most).unwrap(), Piece::default(), "nothing more now");
        log.write((2, "b", 0, "new\nmore"));
        assert_eq!(all(&mut follower, most), (vec![], "more".to_owned()), "{most}");
    }
}

#[test]
fn every_place_can_be_gone_on_from() {
    let log = Log::of(&[(1, "a", 0, "one\ntw"), (1, "a", 6, "o\n")]);
    for offset in 0..=8 {
        let (starts, text) = all(&mut log.follow(Some("a"), Start::At(offset)), 3);
        assert_eq!(text, "one\ntwo\n"[offset as usize..]);
        assert_eq!(starts, [begun(Begun::Start, "a", offset)]);
    }
}

#[test]
fn no_run_between_is_passed_over() {
    let log = Log::of(&[(1, "a", 0, "one"), (2, "b", 0, ""), (3, "c", 0, "three"), (4, "d", 0, "four")]);
    let (starts, text) = all(&mut log.follow(Some("a"), Start::At(1)), 100);
    assert_eq!(text, "nethreefour");
    // A run that said nothing has no beginning to be told of.
    let expected = [begun(Begun::Start, "a", 1), begun(Begun::Run, "c", 0), begun(Begun::Run, "d", 0)];
    assert_eq!(starts, expected);
}

#[test]
fn a_silent_run_is_told_of() {
    let log = Log::of(&[(1, "a", 0, "one")]);
    let mut follower = log.follow(None, Start::At(0));
    assert_eq!(all(&mut follower, 100).1, "one");
    log.write((2, "b", 0, ""));
    assert_eq!(all(&mut follower, 100).0, [begun(Begun::Run, "b", 0)]);
    assert_eq!(all(&mut follower, 100).0, [], "once");
}

#[test]
fn what_is_no_longer_kept_is_a_gap() {
    let log =
        Log::of(&[(1, "a", 0, "one"), (1, "a", 3, "two"), (1, "a", 6, "three"), (2, "b", 0, "b"), (3, "c", 0, "c")]);
    let mut follower = log.follow(Some("a"), Start::At(0));
    assert_eq!(follower.next(3).unwrap().bytes, b"one");
    log.drop(1, "a", 3);
    let piece = follower.next(100).unwrap();
    let begins = piece.begins.unwrap();
    assert_eq!((piece.bytes.as_slice(), begins.why, begins.offset), (&b"three"[..], Begun::Gap, 6));
    // The whole of a run that was dropped: the oldest after it.
    let mut follower = log.follow(Some("a"), Start::At(0));
    follower.next(3).unwrap();
    log.drop(1, "a", 0);
    log.drop(1, "a", 6);
    assert_eq!(all(&mut follower, 9), (vec![begun(Begun::Gap, "b", 0), begun(Begun::Run, "c", 0)], "bc".to_owned()));
    let (starts, text) = all(&mut log.follow(Some("a"), Start::At(5)), 9);
    assert_eq!((starts, text.as_str()), (vec![begun(Begun::Gap, "c", 0)], "c"), "one that nobody knows any more");
}

#[test]
fn a_log_that_vanishes_is_said_to_once_and_may_come_back() {
    let log = Log::of(&[(1, "a", 0, "one")]);
    let mut follower = log.follow(None, Start::At(0));
    assert_eq!(all(&mut follower, 9).1, "one");
    fs::remove_dir_all(files::folder(&log.log)).unwrap();
    assert!(follower.next(9).unwrap().gone);
    assert!(!follower.next(9).unwrap().gone);
    fs::create_dir(files::folder(&log.log)).unwrap();
    log.write((1, "b", 0, "again"));
    assert_eq!(all(&mut follower, 9), (vec![begun(Begun::Gap, "b", 0)], "again".to_owned()));
    let nowhere = Log::of(&[]);
    assert_eq!(nowhere.follow(None, Start::At(0)).next(9).unwrap(), Piece::default(), "nothing has run yet");
}

#[test]
fn a_file_that_was_cut_begins_anew() {
    let log = Log::of(&[(1, "a", 0, "one two three")]);
    let mut follower = log.follow(None, Start::At(0));
    assert_eq!(all(&mut follower, 99).1, "one two three");
    log.write((1, "a", 0, "new"));
    assert_eq!(all(&mut follower, 99), (vec![begun(Begun::Cut, "a", 0)], "new".to_owned()));
    log.write((1, "a", 0, ""));
    assert_eq!(all(&mut follower, 99), (vec![begun(Begun::Cut, "a", 0)], String::new()));
}

#[test]
fn the_end_of_a_log_begins_with_a_line() {
    let log = Log::of(&[(1, "a", 0, "one\ntwo\nthr"), (1, "a", 11, "ee\nfour\nfive")]);
    let tail = |bytes, lines| all(&mut log.follow(None, Start::Tail { bytes, lines }), 100).1;
    for (bytes, lines, text) in [
        (99, 99, "one\ntwo\nthree\nfour\nfive"),
        (99, 2, "four\nfive"),
        (99, 1, "five"),
        (12, 99, "four\nfive"),
        (9, 99, "four\nfive"),
        (8, 99, "five"),
        (3, 99, "ive"),
        (0, 99, ""),
    ] {
        assert_eq!(tail(bytes, lines), text, "{bytes} bytes, {lines} lines");
    }
    for (offset, text) in [
        (0, "one\ntwo\nthree\nfour\nfive"),
        (1, "two\nthree\nfour\nfive"),
        (4, "two\nthree\nfour\nfive"),
        (9, "four\nfive"),
        (99, ""),
    ] {
        assert_eq!(all(&mut log.follow(None, Start::LineAt(offset)), 100).1, text, "{offset}");
    }
}

#[test]
fn a_part_of_one_run_has_an_end() {
    let log = Log::of(&[(1, "a", 0, "one two three"), (2, "b", 0, "b")]);
    let only = |run: &str, until| {
        let run = Some(run.to_owned());
        Follower::new(
            log.log.clone(),
            Follow { run, start: Start::At(4), otherwise: Start::At(0), until, only: true, times: false },
        )
    };
    let piece = only("a", Some(7)).next(100).unwrap();
    assert_eq!((piece.bytes.as_slice(), piece.over), (&b"two"[..], true));
    assert_eq!(only("a", None).next(100).unwrap().bytes, b"two three");
    assert!(only("a", None).next(100).unwrap().over);
    assert!(!only("b", None).next(100).unwrap().over, "it may be written still");
    let unknown = only("x", None).next(100).unwrap();
    assert!(unknown.gone && unknown.over);
}

#[test]
fn lines_come_with_their_times() {
    let log = Log::of(&[(1, "a", 0, "one\ntwo\nthree\n")]);
    fs::write(log.part((1, "a", 0, "")).times(), "0 5\n4 6\n8 7\n").unwrap();
    let follow =
        Follow { run: None, start: Start::At(4), otherwise: Start::At(0), until: None, only: false, times: true };
    let mut follower = Follower::new(log.log.clone(), follow);
    assert_eq!(follower.next(6).unwrap().times, [(4, 6), (8, 7)]);
    assert_eq!(follower.next(6).unwrap().times, [(8, 7)]);
}
