//! The shelf of wheels, and what instances have of it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{Answer, Server, Start, binary, eventually, send_raw};

const DEMO: &str = "demo-1.0+arch8.9-py3-none-any.whl";

/// A zip archive with one stored file of this size, as a wheel is one.
fn archive(size: usize) -> Vec<u8> {
    [b"PK\x03\x04".as_slice(), &vec![b'x'; size], b"PK\x05\x06", &[0; 18]].concat()
}

impl Server {
    async fn put_wheel(&self, name: &str, media: &str, body: &[u8]) -> Answer {
        let request = self.client.request(Method::PUT, &format!("/api/builder/wheels/{name}"));
        let body = Full::new(Bytes::copy_from_slice(body));
        self.client.send(request.header("content-type", media).body(body).unwrap()).await
    }

    async fn shelve(&self, name: &str, body: &[u8]) -> Value {
        let answer = self.put_wheel(name, "application/octet-stream", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()
    }

    async fn get_json(&self, path: &str) -> Value {
        let answer = self.client.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    async fn choose(&self, id: i64, names: &[&str]) -> Answer {
        self.client.post(&format!("/api/instances/{id}/wheels"), &json!({ "filenames": names })).await
    }

    fn in_folder(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.config().join("instances").join(folder)).into_iter().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_wheel_comes_is_told_taken_and_goes() {
    // Larger than a call's body may be.
    let server = Start::new().env("AIKORE_MAX_BODY", "1M").serve();
    assert_eq!(server.get_json("/api/builder/wheels").await, json!([]));
    assert!(!server.config().join("instances/.wheels").exists(), "the shelf is made with the first wheel");
    let body = archive(3 << 20);
    let told = server.shelve(DEMO, &body).await;
    assert_eq!(
        (&told["filename"], &told["size"], &told["cuda_arch"]),
        (&json!(DEMO), &json!(body.len()), &json!("8.9"))
    );
    server.shelve("other-2-cp312-cp312-linux_x86_64.whl", &archive(10)).await;
    let list = server.get_json("/api/builder/wheels").await;
    assert_eq!(list[0]["filename"], "other-2-cp312-cp312-linux_x86_64.whl", "the newest first");
    let demo = &list[1];
    assert_eq!((&demo["size_mb"], &demo["cuda_ver"], &demo["torch_ver"]), (&json!(3.0), &json!("N/A"), &json!("N/A")));
    assert_eq!(demo["source_preset"], "Unknown");
    let created = demo["created_at"].as_str().unwrap();
    assert!(created.len() == 16 && created.as_bytes()[10] == b' ', "{created}");
    assert_eq!((&demo["python"], &demo["abi"], &demo["platform"]), (&json!("py3"), &json!("none"), &json!("any")));

    let manifest = json!({ DEMO: { "cuda_arch": "8.9", "cuda_ver": "cu128", "torch_ver": "2.7.0", "preset": "xformers", "created_at": "2026-01-02 03:04" } });
    fs::write(server.config().join("instances/.wheels/manifest.json"), manifest.to_string()).unwrap();
    let demo = &server.get_json("/api/builder/wheels").await[1];
    assert_eq!((&demo["cuda_ver"], &demo["torch_ver"]), (&json!("cu128"), &json!("2.7.0")));
    assert_eq!((&demo["source_preset"], &demo["created_at"]), (&json!("xformers"), &json!("2026-01-02 03:04")));

    let path = format!("/api/builder/wheels/{DEMO}/download");
    let answer = server.client.get(&path).await;
    assert!(answer.status == StatusCode::OK && answer.body == body);
    assert_eq!(answer.header("content-length"), body.len().to_string());
    assert!(answer.header("content-disposition").contains(DEMO));
    let known = server.client.request(Method::GET, &path).header("if-none-match", answer.header("etag"));
    assert_eq!(server.client.send(known.body(Full::default()).unwrap()).await.status, StatusCode::NOT_MODIFIED);

    let gone = format!("/api/builder/wheels/{DEMO}");
    let delete = || server.client.call(Method::DELETE, &gone, None);
    assert_eq!(delete().await.json(), json!({ "ok": true }));
    for answer in [delete().await, server.client.get(&path).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.detail().starts_with("File not found"), "{}", answer.detail());
    }
    let audit = server.get_json("/api/audit").await.to_string();
    assert!(audit.contains("builder.wheels.delete") && audit.contains(DEMO), "{audit}");
}

#[tokio::test]
async fn what_is_no_wheel_is_refused_in_words() {
    let server = Server::new();
    server.shelve(DEMO, &archive(10)).await;
    let put = async |name: &str, media: &str, body: &[u8]| {
        let answer = server.put_wheel(name, media, body).await;
        (answer.status.as_u16(), answer.detail())
    };
    let stream = "application/octet-stream";
    for (name, media, body, status, words) in [
        ("..%2f..%2fx-1-py3-none-any.whl", stream, archive(1), 422, "not a path"),
        ("%2e%2e", stream, archive(1), 422, "ends in .whl"),
        ("x.whl", stream, archive(1), 422, "name-version-python-abi-platform.whl"),
        ("x-1-py3-none-any.whl%00", stream, archive(1), 422, "ends in .whl"),
        (".x-1-py3-none-any.whl", stream, archive(1), 422, "is called"),
        ("manifest.json", stream, archive(1), 422, "ends in .whl"),
        ("x-1-py3-none-any.whl", "text/plain", archive(1), 415, "application/octet-stream"),
        ("x-1-py3-none-any.whl", "multipart/form-data; boundary=x", archive(1), 415, "the file itself"),
        ("x-1-py3-none-any.whl", stream, b"\x89PNG\r\n\x1a\n binary".to_vec(), 422, "no wheel"),
        ("x-1-py3-none-any.whl", stream, b"PK\x03\x04 cut off".to_vec(), 422, "only a part of one"),
        ("x-1-py3-none-any.whl", stream, Vec::new(), 422, "no wheel"),
        (DEMO, stream, archive(1), 409, "already"),
    ] {
        let (is, detail) = put(name, media, &body).await;
        assert!(is == status && detail.contains(words), "{name} {media}: {is} {detail}");
    }
    let answer = server.put_wheel(&format!("{DEMO}?overwrite=true"), "application/zip", &archive(77)).await;
    assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &json!(archive(77).len())));
    // Longer than any disk, by its own word.
    let head = format!(
        "PUT /api/builder/wheels/x-1-py3-none-any.whl HTTP/1.1\r\nhost: {}\r\ncontent-type: application/zip\r\n\
         content-length: 99999999999999\r\nconnection: close\r\n\r\n",
        server.client.address
    );
    let answer = send_raw(server.client.address, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("MiB more are needed"), "{answer}");
    for path in ["..%2f..%2faikore.db", "..%2f..%2faikore.db/download", "manifest.json/download", "../../aikore.db"] {
        for method in [Method::GET, Method::DELETE] {
            let answer = server.client.call(method.clone(), &format!("/api/builder/wheels/{path}"), None).await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.status);
            answer.detail();
        }
    }
    assert_eq!(server.in_folder(".wheels"), [DEMO]);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let mut server = Server::new();
    let begin = |server: &Server| {
        let mut stream = std::net::TcpStream::connect(server.client.address).unwrap();
        let head = format!(
            "PUT /api/builder/wheels/{DEMO} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/zip\r\n\
             content-length: 1000000\r\n\r\n",
            server.client.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&archive(100_000)).unwrap();
        stream
    };
    let stream = begin(&server);
    eventually("its beginning", || (server.in_folder(".wheels").len() == 1).then_some(()));
    assert_eq!(server.get_json("/api/builder/wheels").await, json!([]), "it is not there before it is whole");
    drop(stream);
    eventually("nothing", || server.in_folder(".wheels").is_empty().then_some(()));
    // One that begins in the very moment a server comes up is not taken for what an earlier one left.
    server.end("TERM");
    server.start();
    let stream = begin(&server);
    eventually("its beginning", || (server.in_folder(".wheels").len() == 1).then_some(()));
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(server.in_folder(".wheels").len(), 1);
    drop(stream);
    eventually("nothing", || server.in_folder(".wheels").is_empty().then_some(()));
    // A server that is killed meanwhile leaves it to the next.
    let _stream = begin(&server);
    eventually("its beginning", || (server.in_folder(".wheels").len() == 1).then_some(()));
    server.end("KILL");
    server.start();
    eventually("nothing", || server.in_folder(".wheels").is_empty().then_some(()));
}

/// On a disk of its own, of 40 MiB.
#[tokio::test]
async fn a_full_disk_takes_nothing_half() {
    let script = "mkdir -p \"$AIKORE_CONFIG_DIR/instances\" && mount -t tmpfs -o size=40m none \"$AIKORE_CONFIG_DIR/instances\" && exec \"$0\" \"$@\"";
    let command = ["unshare", "-rm", "sh", "-c", script].map(std::ffi::OsString::from);
    let server = Start::new().command(command.into_iter().chain([binary().into_os_string()])).serve();
    // More than there is, by its length: nothing is taken at all.
    let answer = server.put_wheel(DEMO, "application/zip", &archive(30 << 20)).await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
    assert!(answer.detail().contains("MiB more are needed"), "{}", answer.detail());
    // More than there is, which nobody knows before it is.
    let mut stream = std::net::TcpStream::connect(server.client.address).unwrap();
    let head = format!(
        "PUT /api/builder/wheels/{DEMO} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/zip\r\ntransfer-encoding: chunked\r\n\
         connection: close\r\n\r\n",
        server.client.address
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = [b"100000\r\nPK\x03\x04".as_slice(), &vec![b'x'; (1 << 20) - 4], b"\r\n"].concat();
    for _ in 0..60 {
        // It may be answered in the middle.
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    let mut answer = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
    assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("The disk is full"), "{answer}");
    assert_eq!(server.get_json("/api/builder/wheels").await, json!([]));
    // There is room for it and one copy, then none for another.
    server.shelve(DEMO, &archive(3 << 20)).await;
    let one = server.create("one", "hello.sh").await;
    assert_eq!(server.choose(one, &[DEMO]).await.status, StatusCode::OK);
    let two = server.create("two", "hello.sh").await;
    let filler = format!("/proc/{}/root{}", server.pid(), server.config().join("instances/filler").display());
    let mut filled = fs::File::create(&filler).unwrap();
    while filled.write_all(&[0; 65_536]).is_ok() {}
    let answer = server.choose(two, &[DEMO]).await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
    assert_eq!(server.get_json(&format!("/api/instances/{two}/wheels")).await[0]["installed"], false);
    // What was there stays.
    assert_eq!(server.get_json(&format!("/api/instances/{one}/wheels")).await[0]["installed"], true);
    drop(filled);
    fs::remove_file(&filler).unwrap();
    assert_eq!(server.choose(two, &[DEMO]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_instance_has_exactly_what_was_chosen() {
    let server = Server::new();
    for (name, size) in
        [(DEMO, 10), ("demo-1.0+arch12.0-py3-none-any.whl", 20), ("lib-3-cp27-cp27m-linux_x86_64.whl", 30)]
    {
        server.shelve(name, &archive(size)).await;
    }
    let id = server.create("a", "hello.sh").await;
    let wheels = format!("/api/instances/{id}/wheels");
    let names = |list: &Value| -> Vec<(String, bool)> {
        let one = |one: &Value| (one["filename"].as_str().unwrap().to_owned(), one["installed"].as_bool().unwrap());
        list.as_array().unwrap().iter().map(one).collect()
    };
    let none = names(&server.get_json(&wheels).await);
    assert!(none.iter().all(|(_, installed)| !installed) && none.is_sorted() && none.len() == 3, "{none:?}");
    let answer =
        server.choose(id, &["lib-3-cp27-cp27m-linux_x86_64.whl", DEMO, "unknown-1-py3-none-any.whl", "../../x"]).await;
    assert_eq!(answer.json(), json!({ "ok": true, "detail": "Wheels synchronized successfully." }));
    assert_eq!(server.in_folder("a/wheels"), ["demo-1.0-py3-none-any.whl", "lib-3-cp27-cp27m-linux_x86_64.whl"]);
    assert_eq!(fs::read(server.home("a").join("wheels/demo-1.0-py3-none-any.whl")).unwrap(), archive(10));
    let first = names(&server.get_json(&wheels).await);
    let expected =
        [(DEMO, true), ("lib-3-cp27-cp27m-linux_x86_64.whl", true), ("demo-1.0+arch12.0-py3-none-any.whl", false)];
    assert_eq!(first, expected.map(|(name, installed)| (name.to_owned(), installed)), "installed first, then by name");
    let list = server.get_json(&wheels).await;
    assert_eq!(list[0]["size_mb"], 0.0);
    // Of which Python it is nobody knows before there is an environment.
    assert_eq!(list[1]["misfit"], json!(null));
    fs::create_dir(server.home("a").join("env")).unwrap();
    fs::write(server.home("a").join("env/pyvenv.cfg"), "version = 3.12.1\n").unwrap();
    let misfit = server.get_json(&wheels).await[1]["misfit"].as_str().unwrap().to_owned();
    assert_eq!(misfit, "It is for Python 2.7; this environment has Python 3.12.");

    // The same wheel for two cards can't be there twice.
    let both = server.choose(id, &[DEMO, "demo-1.0+arch12.0-py3-none-any.whl"]).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(both.detail().contains("the same wheel for different cards"), "{}", both.detail());
    // What a person has put there is told, kept if they keep it, and no other file is touched.
    fs::write(server.home("a").join("wheels/mine-1-py3-none-any.whl"), "").unwrap();
    fs::write(server.home("a").join("wheels/notes.txt"), "").unwrap();
    let mine = server.get_json(&wheels).await.as_array().unwrap().iter().find(|one| one["on_shelf"] == false).cloned();
    assert_eq!(mine.unwrap()["filename"], "mine-1-py3-none-any.whl");
    server.choose(id, &["demo-1.0+arch12.0-py3-none-any.whl", "mine-1-py3-none-any.whl"]).await;
    assert_eq!(server.in_folder("a/wheels"), ["demo-1.0-py3-none-any.whl", "mine-1-py3-none-any.whl", "notes.txt"]);
    assert_eq!(fs::read(server.home("a").join("wheels/demo-1.0-py3-none-any.whl")).unwrap(), archive(20));
    server.choose(id, &[]).await;
    assert_eq!(server.in_folder("a/wheels"), ["notes.txt"]);

    // A satellite's are its parent's.
    let body = json!({ "new_name": "satellite" });
    let satellite = server.client.post(&format!("/api/instances/{id}/instantiate"), &body).await.json()["id"].as_i64();
    server.choose(satellite.unwrap(), &[DEMO]).await;
    assert_eq!(server.in_folder("a/wheels"), ["demo-1.0-py3-none-any.whl", "notes.txt"]);
    assert!(!server.home("satellite").exists());
    assert_eq!(server.choose(99, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.client.get("/api/instances/99/wheels").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn links_lead_nowhere() {
    let server = Server::new();
    server.shelve(DEMO, &archive(10)).await;
    let (shelf, outside) = (server.config().join("instances/.wheels"), server.config().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    let link = "link-1-py3-none-any.whl";
    symlink("../../outside/secret", shelf.join(link)).unwrap();
    assert_eq!(server.get_json("/api/builder/wheels").await.as_array().unwrap().len(), 1);
    let answer = server.client.get(&format!("/api/builder/wheels/{link}/download")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.detail().contains("leads out of this folder"), "{}", answer.detail());
    let id = server.create("a", "hello.sh").await;
    assert_eq!(server.choose(id, &[link]).await.status, StatusCode::OK, "it is unknown");
    assert!(server.in_folder("a/wheels").is_empty());
    // A folder of wheels that is somewhere else is not written to.
    fs::create_dir_all(server.home("a")).unwrap();
    let _ = fs::remove_dir(server.home("a").join("wheels"));
    symlink(&outside, server.home("a").join("wheels")).unwrap();
    let answer = server.choose(id, &[DEMO]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    assert!(answer.detail().contains("leads out of this folder"), "{}", answer.detail());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[tokio::test]
async fn the_rest_of_the_builder_says_what_it_needs() {
    let server = Server::new();
    for path in ["/info", "/versions/x", "/build", ""] {
        let answer = server.client.get(&format!("/api/builder{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{path}");
        assert!(answer.detail().contains("Dockerfile.buildbase"), "{}", answer.detail());
    }
    let upgrade = format!(
        "GET /api/builder/build HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        server.client.address
    );
    let answer = send_raw(server.client.address, upgrade.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 501") && answer.contains("Dockerfile.buildbase"), "{answer}");
    let foreign = upgrade.replace(&format!("origin: http://{}", server.client.address), "origin: http://evil.example");
    let answer = send_raw(server.client.address, foreign.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}
