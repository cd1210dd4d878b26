//! Reading logs of one and of several runs and parts.

use super::*;

fn log(content: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    file
}

#[test]
fn pieces_follow_each_other() {
    let file = log("erste\nzweite ü\n".as_bytes());
    let all = read(file.path(), 0).unwrap();
    assert_eq!(all.content, "erste\nzweite ü\n");
    let rest = read(file.path(), all.next).unwrap();
    assert_eq!((rest.content.as_str(), rest.start, rest.next), ("", all.next, all.next));
    assert_eq!(read(file.path(), 6).unwrap().content, "zweite ü\n");
    assert_eq!(read(file.path(), 10_000).unwrap(), all, "beyond the end is a new run");
    assert_eq!(read(Path::new("/nowhere/output.log"), 5).unwrap(), Chunk::default());
}

/// The log of two runs: the first in three parts, of which the oldest is gone.
fn two_runs() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("output.log");
    let folder = files::folder(&log);
    fs::create_dir(&folder).unwrap();
    for (number, run, start, text) in
        [(1, "a", 10, "one\ntw"), (1, "a", 16, "o ü\n"), (1, "a", 21, "three\u{ff}"), (2, "b", 0, "new\n")]
    {
        fs::write(Part::new(&folder, number, &RunId(run.to_owned()), start).path, text).unwrap();
    }
    (dir, log)
}

#[test]
fn a_run_reads_as_one_file() {
    let (_dir, log) = two_runs();
    let ask = |run, offset| answer(&log, &Question { run: Some(run), offset, times: false }).unwrap();
    let all = ask("a", 0);
    assert_eq!((all.content.as_str(), all.start), ("one\ntwo ü\nthree\u{ff}", 10), "the oldest that is kept");
    assert_eq!((all.next, all.end), (28, 28));
    for offset in 10..28 {
        let piece = ask("a", offset);
        assert_eq!((piece.start, piece.next, piece.run), (offset, 28, Some(RunId("a".to_owned()))));
    }
    assert_eq!(parts_of(&log, Some("a")).unwrap().len(), 3);
    assert_eq!(parts_of(&log, None).unwrap().len(), 1);
}

#[test]
fn a_follower_is_led_from_run_to_run() {
    let (_dir, log) = two_runs();
    let ask = |run, offset| answer(&log, &Question { run: Some(run), offset, times: false }).unwrap();
    for (run, offset, content, start) in [
        ("a", 28, "new\n", 0),
        ("a", 99, "new\n", 0),
        ("gone", 2, "new\n", 0),
        ("b", 2, "w\n", 2),
        ("b", 4, "", 4),
        ("b", 5, "new\n", 0),
    ] {
        let piece = ask(run, offset);
        assert_eq!((piece.content.as_str(), piece.start), (content, start), "{run} {offset}");
        assert_eq!(piece.run, Some(RunId("b".to_owned())));
    }
    assert_eq!(read(&log, 0).unwrap().content, "new\n");
    assert_eq!((size(&log), last_lines(&log, 3)), (4, vec!["new".to_owned()]));
}

#[test]
fn a_part_that_was_taken_away_is_a_hole_between_two_pieces() {
    let (_dir, log) = two_runs();
    fs::remove_file(files::folder(&log).join("1.a.16.log")).unwrap();
    let ask = |offset| answer(&log, &Question { run: Some("a"), offset, times: false }).unwrap();
    assert_eq!((ask(0).content.as_str(), ask(0).next), ("one\ntw", 16));
    assert_eq!((ask(16).content.as_str(), ask(16).start), ("three\u{ff}", 21));
}

#[test]
fn the_last_lines_are_found_right_after_a_new_part_began() {
    let (_dir, log) = two_runs();
    let run = RunId("b".to_owned());
    fs::write(Part::new(&files::folder(&log), 2, &run, 4).path, "").unwrap();
    assert_eq!(last_lines(&log, 3), ["new"]);
}

#[test]
fn a_character_is_never_cut_in_two() {
    let text = "aü€👍";
    for end in 0..=text.len() {
        let file = log(&text.as_bytes()[..end]);
        let piece = read(file.path(), 0).unwrap();
        assert!(!piece.content.contains('\u{FFFD}'), "{end}: {piece:?}");
        assert!(text.starts_with(&piece.content));
    }
    let broken = log(b"a\xff\xfeb\x80");
    assert_eq!(read(broken.path(), 0).unwrap().next, 5, "bytes that are no text do not stop the reading");
}

#[test]
fn a_long_log_comes_in_bounded_pieces() {
    let file = log(&vec![b'x'; MAX_CHUNK as usize + 10]);
    let first = read(file.path(), 0).unwrap();
    assert_eq!(first.next, MAX_CHUNK);
    assert_eq!(read(file.path(), first.next).unwrap().content.len(), 10);
}

#[test]
fn the_last_lines_are_plain_and_say_something() {
    let file = log(b"one\n\n\x1b[31mtwo\x1b[0m\n 10%\r 90%\r100%\r\n   \n");
    assert_eq!(last_lines(file.path(), 2), ["two", "100%"]);
}
