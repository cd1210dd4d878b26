//! Uploads that are gone on with (tus 1.0.0): in pieces, after a dead connection, a killed server, a full disk.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::support::{Answer, Server, Start, eventually, eventually_async, vitals};

/// Bytes that are nowhere the same for long.
fn content(length: usize) -> Vec<u8> {
    (0u64..).flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).take(length).collect()
}

impl Server {
    async fn tus(&self, method: Method, url: &str, fields: &[(&str, String)], body: &[u8]) -> Answer {
        let mut request = self.client.request(method, url).header("tus-resumable", "1.0.0");
        for (name, value) in fields {
            request = request.header(*name, value);
        }
        self.client.send(request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()).await
    }

    async fn begin(&self, place: &str, path: &str, length: usize, more: &str) -> Answer {
        let metadata = format!("path {}{more}", STANDARD.encode(path));
        let fields = [("upload-length", length.to_string()), ("upload-metadata", metadata)];
        self.tus(Method::POST, &format!("/api/{place}/uploads"), &fields, b"").await
    }

    /// One that was begun: its address.
    async fn begun(&self, place: &str, path: &str, length: usize) -> String {
        let answer = self.begin(place, path, length, "").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        format!("/api/{place}/{}", answer.header("location"))
    }

    async fn piece(&self, url: &str, offset: usize, body: &[u8]) -> Answer {
        let fields =
            [("upload-offset", offset.to_string()), ("content-type", "application/offset+octet-stream".to_owned())];
        self.tus(Method::PATCH, url, &fields, body).await
    }

    async fn how_far(&self, url: &str) -> usize {
        let answer = self.tus(Method::HEAD, url, &[], b"").await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.header("upload-offset").parse().unwrap()
    }

    /// A piece whose client can dawdle.
    fn slow_piece(&self, url: &str, offset: usize, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.client.address).unwrap();
        let host = self.client.address;
        write!(
            stream,
            "PATCH {url} HTTP/1.1\r\nHost: {host}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
        )
        .unwrap();
        stream
    }

    /// The part of the one upload to this folder.
    fn part(&self, folder: &str) -> PathBuf {
        let names = self.names(folder);
        let part = names.iter().find(|name| name.starts_with(".aikore-upload-")).expect("a part");
        self.config().join(folder).join(part)
    }

    fn wait_part(&self, folder: &str, length: u64) -> u64 {
        eventually("bytes that have come", || {
            let there = fs::metadata(self.part(folder)).unwrap().len();
            (there >= length).then_some(there)
        })
    }
}

fn status_of(stream: &mut TcpStream) -> (u16, String) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut length = 0;
    let mut field = String::new();
    while reader.read_line(&mut field).unwrap() > 2 {
        if let Some(value) = field.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        field.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (line.split(' ').nth(1).unwrap().parse().unwrap(), String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn an_upload_comes_in_pieces() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let place = format!("instances/{id}/files");
    let bytes = content(3_000_000);
    let url = server.begun(&place, "in/deep/\u{e4}.bin", bytes.len()).await;
    let asked = server.tus(Method::HEAD, &url, &[], b"").await;
    assert_eq!((asked.header("upload-offset"), asked.header("upload-length")), ("0", "3000000"));
    assert_eq!(asked.header("upload-metadata"), format!("path {}", STANDARD.encode("in/deep/\u{e4}.bin")));
    assert_eq!((asked.header("tus-resumable"), asked.header("cache-control")), ("1.0.0", "no-store"));
    assert!(asked.header("upload-expires").ends_with("GMT"));
    let first = server.piece(&url, 0, &bytes[..1_000_000]).await;
    assert_eq!((first.status, first.header("upload-offset")), (StatusCode::NO_CONTENT, "1000000"));
    for wrong in [0, 999_999, 1_000_001] {
        let answer = server.piece(&url, wrong, b"xxx").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{wrong}");
        assert!(answer.detail().contains("1000000 bytes"), "{}", answer.detail());
    }
    let listed = server.client.get(&format!("/api/instances/{id}/files?path=in/deep")).await.json();
    assert_eq!(listed["entries"], json!([]), "what is not whole is not shown");
    let too_much = server.piece(&url, 1_000_000, &bytes).await;
    assert_eq!(too_much.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", too_much.text());
    let last = server.piece(&url, 1_000_000, &bytes[1_000_000..]).await;
    assert_eq!((last.status, last.header("upload-offset")), (StatusCode::NO_CONTENT, "3000000"));
    assert!(fs::read(server.home("A").join("in/deep/\u{e4}.bin")).unwrap() == bytes);
    assert_eq!(server.names("instances/A/in/deep"), ["\u{e4}.bin"]);
    assert_eq!(server.how_far(&url).await, 3_000_000, "whose last answer was lost learns that it is over");
    assert_eq!(server.piece(&url, 3_000_000, b"").await.status, StatusCode::NO_CONTENT);

    let audit = server.client.get("/api/audit").await.json();
    let lines: Vec<_> = audit["entries"].as_array().unwrap().iter().filter(|line| line["status"] == 204).collect();
    let upload = lines.last().unwrap();
    assert_eq!((&upload["action"], &upload["target"]), (&json!("instance.upload"), &json!("A")));
    assert_eq!(upload["detail"], "in/deep/\u{e4}.bin (3000000 bytes)");
}

#[tokio::test]
async fn what_is_there_is_replaced_only_when_asked() {
    let server = Server::new();
    server.write_files("models", &["a", "folder/x"]);
    let there = server.begin("models/files", "a", 3, "").await;
    assert_eq!(there.status, StatusCode::CONFLICT);
    assert!(there.detail().contains("'a' exists already"), "{}", there.detail());
    let yes = format!(",overwrite {}", STANDARD.encode("true"));
    let folder = server.begin("models/files", "folder", 3, &yes).await;
    assert_eq!(folder.status, StatusCode::BAD_REQUEST, "{}", folder.text());
    let answer = server.begin("models/files", "a", 3, &yes).await;
    let url = format!("/api/models/files/{}", answer.header("location"));
    assert_eq!(fs::read_to_string(server.config().join("models/a")).unwrap(), "a", "until the other one is whole");
    server.piece(&url, 0, b"new").await;
    assert_eq!(fs::read_to_string(server.config().join("models/a")).unwrap(), "new");

    // Somebody puts one there meanwhile.
    let url = server.begun("models/files", "b", 3).await;
    server.write_files("models", &["b"]);
    let taken = server.piece(&url, 0, b"new").await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text());
    assert_eq!(fs::read_to_string(server.config().join("models/b")).unwrap(), "b");
    let asked = server.tus(Method::HEAD, &url, &[], b"").await;
    assert_eq!(asked.status, StatusCode::LOCKED, "all of it is here, and it is not over");
    fs::remove_file(server.config().join("models/b")).unwrap();
    assert_eq!(server.how_far(&url).await, 3, "asking finishes it");
    assert_eq!(fs::read_to_string(server.config().join("models/b")).unwrap(), "new");

    let empty = server.begin("models/files", "empty", 0, "").await;
    assert_eq!(empty.status, StatusCode::CREATED);
    assert_eq!(fs::metadata(server.config().join("models/empty")).unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let place = format!("instances/{id}/files");
    std::os::unix::fs::symlink("/tmp", server.config().join("models")).ok();
    for path in ["../x", "/etc/x", "a/../../x", "output.log", "output.logs/x", ".aikore-upload-x", ""] {
        let answer = server.begin(&place, path, 3, "").await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(answer.detail().ends_with('.'), "{path}: {}", answer.detail());
    }
    fs::create_dir_all(server.home("A")).unwrap();
    std::os::unix::fs::symlink(server.config(), server.home("A").join("out")).unwrap();
    assert_eq!(server.begin(&place, "out/x", 3, "").await.status, StatusCode::FORBIDDEN);
    assert!(!server.config().join("x").exists());

    let url = server.begun(&place, "a", 3).await;
    let plain = server.client.request(Method::HEAD, &url).body(Full::new(Bytes::new())).unwrap();
    let plain = server.client.send(plain).await;
    assert_eq!((plain.status, plain.header("tus-version")), (StatusCode::PRECONDITION_FAILED, "1.0.0"));
    let fields = [("upload-offset", "0".to_owned()), ("content-type", "text/plain".to_owned())];
    let form = server.tus(Method::PATCH, &url, &fields, b"abc").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let options = server.client.request(Method::OPTIONS, &url).body(Full::new(Bytes::new())).unwrap();
    let options = server.client.send(options).await;
    assert_eq!(
        (options.status, options.header("tus-extension")),
        (StatusCode::NO_CONTENT, "creation,expiration,termination")
    );
    for unknown in ["0", "..", &"0".repeat(32)] {
        let url = format!("/api/{place}/uploads/{unknown}");
        assert_eq!(server.tus(Method::HEAD, &url, &[], b"").await.status, StatusCode::NOT_FOUND, "{unknown}");
    }

    assert_eq!(server.tus(Method::DELETE, &url, &[], b"").await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.tus(Method::HEAD, &url, &[], b"").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.names("instances/A"), ["out"], "nothing is left of it");
    // The folder it was to go to is moved away.
    let url = server.begun(&place, "in/a", 3).await;
    fs::rename(server.home("A").join("in"), server.home("A").join("other")).unwrap();
    let gone = server.piece(&url, 0, b"abc").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.detail().contains("begin it anew"), "{}", gone.detail());
}

#[tokio::test]
async fn below_a_prefix_and_for_a_satellite() {
    let server = Start::new().env("AIKORE_BASE_PATH", "/ai").serve();
    let parent = server.create("A", "hello.sh").await;
    let path = format!("/api/instances/{parent}/instantiate");
    let satellite = server.client.post(&path, &json!({ "new_name": "S" })).await.json()["id"].clone();
    let fields = [("upload-length", "3".to_owned()), ("upload-metadata", format!("filename {}", STANDARD.encode("x")))];
    let begun = server.tus(Method::POST, &format!("/ai/api/instances/{satellite}/files/uploads"), &fields, b"").await;
    // As a browser resolves it.
    let url = format!("/ai/api/instances/{satellite}/files/{}", begun.header("location"));
    assert_eq!(server.piece(&url, 0, b"abc").await.status, StatusCode::NO_CONTENT);
    assert_eq!(fs::read_to_string(server.home("A").join("x")).unwrap(), "abc");
}

#[tokio::test]
async fn a_killed_server_loses_nothing_that_has_come() {
    let mut server = Server::new();
    let bytes = content(32 << 20);
    let url = server.begun("models/files", "in/big", bytes.len()).await;
    let mut stream = server.slow_piece(&url, 0, bytes.len());
    stream.write_all(&bytes[..12 << 20]).unwrap();
    server.wait_part("models/in", 8 << 20);
    server.end("KILL");
    drop(stream);
    server.start();
    let there = server.how_far(&url).await;
    assert!((8 << 20..=12 << 20).contains(&there), "{there}");
    assert_eq!(u64::try_from(there).unwrap(), fs::metadata(server.part("models/in")).unwrap().len());
    let answer = server.piece(&url, there, &bytes[there..]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(fs::read(server.config().join("models/in/big")).unwrap() == bytes, "byte for byte");
    assert_eq!(server.names("models/in"), ["big"]);
    // A server that stops waits for no piece.
    let url = server.begun("models/files", "other", bytes.len()).await;
    let mut stream = server.slow_piece(&url, 0, bytes.len());
    stream.write_all(&bytes[..4 << 20]).unwrap();
    server.wait_part("models", 2 << 20);
    let asked = std::time::Instant::now();
    server.end("TERM");
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    server.start();
    assert!(server.how_far(&url).await >= 2 << 20);
}

/// Its first connection is not known to be dead for minutes.
#[tokio::test]
async fn a_client_that_comes_back_has_the_word() {
    let server = Start::new().env("AIKORE_MAX_CALLS", "2").serve();
    let bytes = content(6 << 20);
    // More of them than calls may be under way; each is under way before the next one asks.
    let mut held = Vec::new();
    for (path, folder) in [("x/b", "models/x"), ("y/c", "models/y"), ("a", "models")] {
        let url = server.begun("models/files", path, bytes.len()).await;
        let mut stream = server.slow_piece(&url, 0, bytes.len());
        stream.write_all(&bytes[..3 << 20]).unwrap();
        server.wait_part(folder, 2 << 20);
        held.push((url, stream));
    }
    let (url, _) = &held[2];
    assert_eq!(server.client.get("/api/instances/").await.status, StatusCode::OK, "they take no room from calls");
    let there = server.how_far(url).await;
    assert!(there >= 2 << 20);
    let answer = server.piece(url, there, &bytes[there..]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(fs::read(server.config().join("models/a")).unwrap() == bytes);
    drop(held);
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_removed() {
    let mut server = Server::new();
    let (old, young) = (server.begun("models/files", "x/a", 10).await, server.begun("models/files", "y/b", 10).await);
    server.piece(&old, 0, b"abc").await;
    let past = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    let id = old.rsplit('/').next().unwrap();
    for path in [format!("models/x/.aikore-upload-{id}"), format!("models/.aikore-uploads/{id}.json")] {
        fs::File::options().write(true).open(server.config().join(path)).unwrap().set_modified(past).unwrap();
    }
    server.end("TERM");
    server.start();
    eventually("its end", || server.names("models/x").is_empty().then_some(()));
    assert_eq!(server.tus(Method::HEAD, &old, &[], b"").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.how_far(&young).await, 0);
}

#[tokio::test]
async fn memory_is_bounded_whatever_comes() {
    let server = Server::new();
    let piece = content(1 << 20);
    let length = 300 * piece.len();
    let url = server.begun("models/files", "big", length).await;
    let before = vitals::private_memory(server.pid());
    let mut stream = server.slow_piece(&url, 0, length);
    let mut most = 0;
    for n in 0..300 {
        stream.write_all(&piece).unwrap();
        if n % 20 == 0 {
            most = most.max(vitals::private_memory(server.pid()));
        }
    }
    let (status, text) = status_of(&mut stream);
    assert_eq!(status, 204, "{text}");
    assert_eq!(fs::metadata(server.config().join("models/big")).unwrap().len(), u64::try_from(length).unwrap());
    let grown = most.saturating_sub(before) / 1024;
    assert!(grown < 32, "{grown} MiB more for 300 MiB");
    // And back, to a client that takes it as it comes.
    let mut stream = TcpStream::connect(server.client.address).unwrap();
    let host = server.client.address;
    write!(stream, "GET /api/models/files/content?path=big HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let (mut got, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            more => got += more,
        }
        most = most.max(if got % 7 == 0 { vitals::private_memory(server.pid()) } else { 0 });
    }
    assert!(got > length);
    let grown = most.saturating_sub(before) / 1024;
    assert!(grown < 32, "{grown} MiB more for 300 MiB");
}

/// A disk of its own, so small that it is soon full.
#[tokio::test]
async fn a_full_disk_keeps_what_has_come() {
    let start = Start::new();
    let models = start.folder().join("config/models");
    fs::create_dir_all(&models).unwrap();
    let mount = format!("mount -t tmpfs -o size=16m none '{}' && exec \"$0\" \"$@\"", models.display());
    let binary = crate::support::binary();
    let command =
        ["unshare".as_ref(), "-Urm".as_ref(), "sh".as_ref(), "-c".as_ref(), mount.as_ref(), binary.as_os_str()];
    let server = start.command(command).serve();
    // Seen from outside its namespace.
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.pid(), models.display()));
    let too_big = server.begin("models/files", "big", 20 << 20, "").await;
    assert_eq!(too_big.status, StatusCode::INSUFFICIENT_STORAGE, "{}", too_big.text());
    assert!(too_big.detail().contains("MiB are missing"), "{}", too_big.detail());
    assert_eq!(fs::read_dir(&inside).unwrap().count(), 0, "nothing is left of it");

    let bytes = content(12 << 20);
    let url = server.begun("models/files", "a", bytes.len()).await;
    let mut stream = server.slow_piece(&url, 0, bytes.len());
    stream.write_all(&bytes[..6 << 20]).unwrap();
    let part = inside.join(format!(".aikore-upload-{}", url.rsplit('/').next().unwrap()));
    eventually("half of it", || (fs::metadata(&part).unwrap().len() >= 4 << 20).then_some(()));
    // Somebody else fills the disk meanwhile.
    let mut filler = fs::File::create(inside.join("filler")).unwrap();
    while filler.write_all(&[1; 65536]).is_ok() {}
    // It may say so before all of it has been sent.
    let _ = stream.write_all(&bytes[6 << 20..]);
    let (status, text) = status_of(&mut stream);
    assert_eq!(status, 507, "{text}");
    assert!(text.contains("The disk is full") && text.contains("Make room"), "{text}");
    let there = server.how_far(&url).await;
    assert!(there >= 4 << 20, "{there}");
    let refused = server.piece(&url, there, &bytes[there..]).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "said at once: {}", refused.text());
    assert_eq!(server.how_far(&url).await, there);
    fs::remove_file(inside.join("filler")).unwrap();
    drop(filler);
    // What the refused ones had been promised is given back when they are over, a moment after their answers.
    let answer = eventually_async("room for the rest", || async {
        let answer = server.piece(&url, there, &bytes[there..]).await;
        (answer.status != StatusCode::INSUFFICIENT_STORAGE).then_some(answer)
    })
    .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(fs::read(inside.join("a")).unwrap() == bytes, "byte for byte");

    // It can't be moved to the trash of another disk: it goes to the one of its own, and comes back, and goes for good.
    let paths = json!({ "paths": ["a"] });
    let discard = || server.client.post("/api/models/files/discard", &paths);
    let gone = discard().await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text());
    assert!(!inside.join("a").exists());
    assert_eq!(server.client.get("/api/trash").await.json()[0]["title"], "a");
    let back = format!("/api/discarded/{}/restore", gone.json()["token"].as_str().unwrap());
    assert_eq!(server.client.call(Method::POST, &back, None).await.status, StatusCode::OK);
    assert!(inside.join("a").exists());
    discard().await;
    let emptied = server.client.call(Method::DELETE, "/api/trash", None).await;
    assert_eq!(server.job_over(&emptied).await["state"], "done");
    assert_eq!(server.client.get("/api/trash").await.json(), json!([]));
    assert!(fs::read_dir(inside.join(".aikore-trash")).unwrap().next().is_none(), "its room is free again");
}
