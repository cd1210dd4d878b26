//! What lies in a folder: listed, downloaded whole and in parts, made and renamed, and never anything outside.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Answer, Server};

impl Server {
    /// An instance that was never started, with a folder all the same.
    async fn with_folder(&self) -> i64 {
        let id = self.create("A", "hello.sh").await;
        fs::create_dir_all(self.home("A")).unwrap();
        id
    }

    async fn content(&self, id: i64, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(Method::GET, &format!("/api/instances/{id}/files/content?path={path}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.client.send(request.body(Full::new(Bytes::new())).unwrap()).await
    }
}

#[tokio::test]
async fn folders_are_listed() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let list = |path: &str| format!("/api/instances/{id}/files?path={path}");
    let empty = server.client.get(&list("")).await;
    assert_eq!(empty.json(), json!({ "path": "", "entries": [], "truncated": false }), "before its first start");

    server.write_files("instances/A", &["b.bin", "\u{e4} 100%.txt", "in/c", ".hidden", ".aikore-uploads/x.json"]);
    symlink("/etc", server.home("A").join("out")).unwrap();
    symlink("in", server.home("A").join("same")).unwrap();
    symlink("nowhere", server.home("A").join("broken")).unwrap();
    let listed = server.client.get(&list("")).await.json();
    let entries: Vec<_> = listed["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["kind"].as_str().unwrap(), one["link"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        entries,
        [
            ("in", "folder", false),
            ("same", "folder", true),
            (".hidden", "file", false),
            ("b.bin", "file", false),
            ("broken", "link", true),
            ("out", "link", true),
            ("\u{e4} 100%.txt", "file", false),
        ]
    );
    assert_eq!(listed["entries"][3]["size"], 5);
    assert!(listed["entries"][3]["modified"].as_str().unwrap().starts_with("20"));
    assert_eq!(server.client.get(&list("same")).await.json()["entries"][0]["name"], "c");
    for (path, status) in [
        ("no", StatusCode::NOT_FOUND),
        ("b.bin", StatusCode::BAD_REQUEST),
        ("out", StatusCode::FORBIDDEN),
        ("..", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = server.client.get(&list(path)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.detail().ends_with('.'), "{}", answer.detail());
    }
    assert_eq!(server.client.get("/api/instances/99/files").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.client.get("/api/models/files").await.json()["entries"], json!([]));

    let many = server.config().join("models/many");
    fs::create_dir_all(&many).unwrap();
    for n in 0..10_001 {
        fs::write(many.join(format!("{n:05}")), "").unwrap();
    }
    let listed = server.client.get("/api/models/files?path=many").await.json();
    assert_eq!((listed["entries"].as_array().unwrap().len(), &listed["truncated"]), (10_000, &json!(true)));
}

#[tokio::test]
async fn files_are_downloaded_whole_and_in_parts() {
    let server = Server::new();
    let id = server.with_folder().await;
    let content: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    fs::write(server.home("A").join("\u{e4}.bin"), &content).unwrap();
    let path = "%C3%A4.bin";
    let whole = server.content(id, path, &[]).await;
    assert_eq!((whole.status, whole.body.as_ref()), (StatusCode::OK, content.as_slice()));
    for (name, value) in [
        ("content-length", "1000000"),
        ("content-disposition", "attachment; filename=\"_.bin\"; filename*=UTF-8''%C3%A4.bin"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
        ("content-type", "application/octet-stream"),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    assert!(whole.header("content-security-policy").starts_with("sandbox"), "it never runs as a page of ours");
    let etag = whole.header("etag").to_owned();

    let part = server.content(id, path, &[("range", "bytes=10-19"), ("if-range", &etag)]).await;
    assert_eq!((part.status, part.body.as_ref()), (StatusCode::PARTIAL_CONTENT, &content[10..20]));
    assert_eq!((part.header("content-range"), part.header("content-length")), ("bytes 10-19/1000000", "10"));
    let end = server.content(id, path, &[("range", "bytes=-5")]).await;
    assert_eq!(end.body.as_ref(), &content[999_995..]);
    let behind = server.content(id, path, &[("range", "bytes=1000000-")]).await;
    assert_eq!((behind.status, behind.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */1000000"));
    assert!(behind.detail().contains("1000000 bytes long"));
    assert_eq!(server.content(id, path, &[("if-none-match", &etag)]).await.status, StatusCode::NOT_MODIFIED);
    // What has changed meanwhile is sent anew: its parts would not fit together.
    fs::write(server.home("A").join("\u{e4}.bin"), "new").unwrap();
    let changed = server.content(id, path, &[("range", "bytes=10-19"), ("if-range", &etag)]).await;
    assert_eq!((changed.status, changed.body.as_ref()), (StatusCode::OK, b"new".as_slice()));

    // Of any size.
    let huge = fs::File::create(server.home("A").join("huge")).unwrap();
    huge.set_len(6_000_000_000).unwrap();
    let tail = server.content(id, "huge", &[("range", "bytes=5999999999-")]).await;
    assert_eq!(
        (tail.status, tail.header("content-range")),
        (StatusCode::PARTIAL_CONTENT, "bytes 5999999999-5999999999/6000000000")
    );
    let head = server.client.request(Method::HEAD, &format!("/api/instances/{id}/files/content?path=huge"));
    let head = server.client.send(head.body(Full::new(Bytes::new())).unwrap()).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, "6000000000"));
    for (path, status) in [("gone", StatusCode::NOT_FOUND), ("", StatusCode::BAD_REQUEST)] {
        let answer = server.content(id, path, &[]).await;
        assert_eq!(answer.status, status, "{path:?}: {}", answer.text());
        assert!(answer.detail().ends_with('.'));
    }
}

#[tokio::test]
async fn a_file_that_vanishes_under_a_download() {
    let server = Server::new();
    let id = server.with_folder().await;
    let path = server.home("A").join("big");
    let content: Vec<u8> = (0..=250).cycle().take(48 << 20).collect();
    for shorter in [false, true] {
        fs::write(&path, &content).unwrap();
        let mut stream = TcpStream::connect(server.client.address).unwrap();
        write!(
            stream,
            "GET /api/instances/{id}/files/content?path=big HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            server.client.address
        )
        .unwrap();
        let mut got = vec![0; 4096];
        stream.read_exact(&mut got).unwrap();
        if shorter {
            fs::File::options().write(true).open(&path).unwrap().set_len(1000).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        // A connection that is cut is an error to some clients and an end to others.
        let _ = stream.read_to_end(&mut got);
        let body = got.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        if shorter {
            assert!(got.len() - body < content.len(), "what is missing is not made up");
        } else {
            assert!(got[body..] == content, "what is open is sent to its end");
        }
    }
    let gone = fs::remove_file(&path).and(Ok(server.content(id, "big", &[]).await)).unwrap();
    assert!(gone.detail().contains("may have been moved or deleted"), "{}", gone.detail());
}

/// Nothing outside is read, whatever is put in the way, and whenever.
#[tokio::test]
async fn no_path_leads_out() {
    let server = Server::new();
    let id = server.with_folder().await;
    let outside = server.config().join("elsewhere");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x"), "secret").unwrap();
    server.write_files("instances/A", &["real/x"]);
    let home = server.home("A");
    symlink(outside.join("x"), home.join("out")).unwrap();
    symlink("../../elsewhere", home.join("folder")).unwrap();
    symlink("/proc/self/root", home.join("root")).unwrap();
    for path in [
        "../../elsewhere/x",
        "..%2F..%2Felsewhere%2Fx",
        "/etc/passwd",
        "real/../../../elsewhere/x",
        "out",
        "folder/x",
        "root/etc/passwd",
        "real/x/..%00",
    ] {
        let answer = server.content(id, path, &[]).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.text().contains("secret") && !answer.text().contains("root:"), "{path}");
    }
    // A link that takes a folder's place between two looks.
    symlink(&outside, home.join("link")).unwrap();
    let swapping = Swapping::begin(home.join("real"), home.join("link"));
    let (mut inside, mut refused) = (0, 0);
    while inside < 20 || refused < 20 {
        let answer = server.content(id, "real/x", &[]).await;
        assert!(!answer.text().contains("secret"));
        if answer.status == StatusCode::OK {
            inside += 1;
        } else {
            refused += 1;
        }
        assert!(inside + refused < 5000, "{inside} read, {refused} refused: nothing was swapped");
    }
    drop(swapping);
}

/// Two names change what they stand for, in one step, again and again.
struct Swapping {
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Swapping {
    fn begin(one: PathBuf, other: PathBuf) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let here = rustix::fs::CWD;
            while !told.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(here, &one, here, &other, rustix::fs::RenameFlags::EXCHANGE).unwrap();
                // Renames without a pause starve every look at the folder.
                std::thread::sleep(Duration::from_micros(300));
            }
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Swapping {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[tokio::test]
async fn folders_are_made_and_things_renamed() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let call = |what: &'static str, body: serde_json::Value| {
        let client = server.client;
        async move { client.post(&format!("/api/instances/{id}/files/{what}"), &body).await }
    };
    assert_eq!(call("folder", json!({ "path": "new" })).await.status, StatusCode::CREATED, "before its first start");
    assert_eq!(call("folder", json!({ "path": "new" })).await.status, StatusCode::CONFLICT);
    assert_eq!(call("folder", json!({ "path": "no/new" })).await.status, StatusCode::NOT_FOUND);
    server.write_files("instances/A", &["a", "b", "aikore_vars.env"]);
    symlink("/tmp", server.home("A").join("out")).unwrap();
    for (from, to, status) in [
        ("a", "b", StatusCode::CONFLICT),
        ("a", "new", StatusCode::CONFLICT),
        ("gone", "c", StatusCode::NOT_FOUND),
        ("a", "no/a", StatusCode::NOT_FOUND),
        ("a", "../B/a", StatusCode::UNPROCESSABLE_ENTITY),
        ("a", "out/a", StatusCode::FORBIDDEN),
        ("a", "output.log", StatusCode::FORBIDDEN),
        ("aikore_vars.env", "x", StatusCode::FORBIDDEN),
        ("new", "new/deeper", StatusCode::BAD_REQUEST),
        ("a", "a", StatusCode::OK),
        ("a", "new/a", StatusCode::OK),
    ] {
        let answer = call("rename", json!({ "from": from, "to": to })).await;
        assert_eq!(answer.status, status, "{from} to {to}: {}", answer.text());
    }
    assert_eq!(fs::read_to_string(server.home("A").join("new/a")).unwrap(), "a");
    assert_eq!(fs::read_to_string(server.home("A").join("b")).unwrap(), "b");
    let audit = server.client.get("/api/audit").await.json();
    assert_eq!(
        (&audit["entries"][0]["action"], &audit["entries"][0]["target"], &audit["entries"][0]["detail"]),
        (&json!("instance.rename"), &json!("A"), &json!("a to new/a"))
    );
    // What was made before it starts is no obstacle.
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    assert!(server.home("A").join("launch.sh").exists());
}
