//! What the editor is told of paths that lead out, files that are no texts, and disks that are full.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use http::StatusCode;
use serde_json::json;

use crate::editor::{get, made, names, put};
use crate::support::{Server, Start, binary};

#[tokio::test]
async fn nothing_outside_the_folder_is_read_or_written() {
    let server = Server::new();
    let id = made(&server, "app").await;
    let home = server.home("app");
    let secret = server.config().join("secret.txt");
    fs::write(&secret, "secret").unwrap();
    symlink("../../secret.txt", home.join("link.txt")).unwrap();
    symlink("../..", home.join("up")).unwrap();
    symlink("nowhere.txt", home.join("broken.txt")).unwrap();
    for (path, status) in [
        ("../../secret.txt", StatusCode::UNPROCESSABLE_ENTITY),
        ("a/../../../secret.txt", StatusCode::UNPROCESSABLE_ENTITY),
        ("/etc/passwd", StatusCode::UNPROCESSABLE_ENTITY),
        ("%2Fetc%2Fpasswd", StatusCode::UNPROCESSABLE_ENTITY),
        ("a%00b", StatusCode::UNPROCESSABLE_ENTITY),
        ("link.txt", StatusCode::FORBIDDEN),
        ("up/secret.txt", StatusCode::FORBIDDEN),
        ("up/new.txt", StatusCode::FORBIDDEN),
        ("broken.txt", StatusCode::NOT_FOUND),
    ] {
        let query = format!("file_type=file&path={path}");
        let read = get(&server, id, &query).await;
        let expected = if path == "up/new.txt" { StatusCode::NOT_FOUND } else { status };
        assert!([status, expected].contains(&read.status), "{path}: {} {}", read.status, read.text());
        let written = put(&server, id, &query, &json!({ "content": "overwritten" })).await;
        assert!(written.status.is_client_error(), "{path}: {} {}", written.status, written.text());
        assert!(!written.detail().is_empty() && !read.detail().is_empty());
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert!(!server.config().join("new.txt").exists() && !home.join("nowhere.txt").exists());
    // A link inside stays one, and what it leads to is written.
    fs::create_dir(home.join("conf")).unwrap();
    fs::write(home.join("conf/real.yaml"), "a: 1\n").unwrap();
    symlink("conf/real.yaml", home.join("short.yaml")).unwrap();
    let done = put(&server, id, "file_type=file&path=short.yaml", &json!({ "content": "a: 2\n" })).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert!(fs::symlink_metadata(home.join("short.yaml")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(home.join("conf/real.yaml")).unwrap(), "a: 2\n");
    // What AiKore writes itself is not for the editor.
    for path in ["aikore_vars.env", "output.log", "output.logs/x", ".aikore-history/launch.sh/0001.sh"] {
        let refused = put(&server, id, &format!("file_type=file&path={path}"), &json!({ "content": "x" })).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {}", refused.text());
    }
    // Nor is its history led out: the text is saved, and it is said that its past could not be kept.
    let elsewhere = server.config().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::remove_dir_all(home.join(".aikore-history")).unwrap();
    symlink("../../elsewhere", home.join(".aikore-history")).unwrap();
    let noted = put(&server, id, "file_type=file&path=conf/real.yaml", &json!({ "content": "a: 3\n" })).await;
    assert_eq!(noted.status, StatusCode::OK, "{}", noted.text());
    assert!(noted.json()["note"].as_str().unwrap().contains("history could not be written"), "{}", noted.text());
    assert_eq!(fs::read_to_string(home.join("conf/real.yaml")).unwrap(), "a: 3\n");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    // The script itself may lead out: nothing is written there either.
    symlink("../../secret.txt", home.join("launch.sh")).unwrap();
    let refused = put(&server, id, "file_type=script", &json!({ "content": "x" })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
}

#[tokio::test]
async fn what_is_no_text_or_too_large_or_gone_is_answered_in_words() {
    let server = Server::new();
    let id = made(&server, "app").await;
    let home = server.home("app");
    fs::write(home.join("huge.txt"), vec![b'x'; (2 << 20) + 1]).unwrap();
    fs::write(home.join("image.txt"), b"PNG\0\0").unwrap();
    fs::write(home.join("latin.txt"), b"caf\xe9").unwrap();
    fs::create_dir(home.join("folder.txt")).unwrap();
    for (path, words) in [
        ("huge.txt", "too large for the editor"),
        ("image.txt", "not a text"),
        ("latin.txt", "not a text"),
        ("folder.txt", "no file that can be opened"),
    ] {
        let query = format!("file_type=file&path={path}");
        for answer in [get(&server, id, &query).await, put(&server, id, &query, &json!({ "content": "x" })).await] {
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
            assert!(answer.detail().contains(words), "{path}: {}", answer.detail());
        }
    }
    for (content, words) in [("x".repeat((2 << 20) + 1), "too large"), ("a\0b".to_owned(), "not a text")] {
        let refused = put(&server, id, "file_type=script", &json!({ "content": content })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.detail().contains(words), "{}", refused.detail());
    }
    // Two megabytes are taken.
    let most = put(&server, id, "file_type=file&path=most.txt", &json!({ "content": "x".repeat(2 << 20) })).await;
    assert_eq!(most.status, StatusCode::OK, "{}", most.text());

    fs::write(home.join("short.txt"), "here").unwrap();
    let version = get(&server, id, "file_type=file&path=short.txt").await.json()["version"].clone();
    fs::remove_file(home.join("short.txt")).unwrap();
    let late =
        put(&server, id, "file_type=file&path=short.txt", &json!({ "content": "mine", "version": version })).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text());
    assert!(late.detail().contains("was deleted since"), "{}", late.detail());
    assert_eq!(late.json()["present"]["content"], json!(null));
    assert!(!home.join("short.txt").exists());
    let again = put(&server, id, "file_type=file&path=short.txt", &json!({ "content": "mine", "version": null })).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
}

#[tokio::test]
async fn a_disk_that_is_full_leaves_the_file_as_it_was() {
    // A limit sends a signal too, which a full disk does not: the server is started deaf to it.
    let deaf = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\"", binary().to_str().unwrap()].map(str::to_owned);
    let server = Start::new().command(deaf).serve();
    let id = made(&server, "app").await;
    let script = server.home("app").join("launch.sh");
    fs::write(&script, "the only copy\n").unwrap();
    // No file of the server may grow beyond this: as far as it can tell, the disk is full.
    let limit = |size: &str| {
        let done =
            Command::new("prlimit").args([&format!("--pid={}", server.pid()), &format!("--fsize={size}:")]).status();
        assert!(done.unwrap().success(), "prlimit (util-linux) is needed");
    };
    limit("300000");
    let full = put(&server, id, "file_type=script", &json!({ "content": "x".repeat(400_000) })).await;
    limit("unlimited");
    assert_eq!(full.status, StatusCode::INSUFFICIENT_STORAGE, "{}", full.text());
    assert!(full.detail().contains("The disk is full") && full.detail().contains("launch.sh"), "{}", full.detail());
    assert_eq!(fs::read_to_string(&script).unwrap(), "the only copy\n");
    assert_eq!(names(&server.home("app")), ["launch.sh"], "nothing half-written stays");
    assert_eq!(
        put(&server, id, "file_type=script", &json!({ "content": "x".repeat(400_000) })).await.status,
        StatusCode::OK
    );
}
