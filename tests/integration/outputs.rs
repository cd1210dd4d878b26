//! What an instance has made: listed, shown, described, packed.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, UNIX_EPOCH};

use http::{Method, StatusCode};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::{Answer, Server, eventually, eventually_async, vitals};

impl Server {
    /// The outputs of an instance, and where it writes them.
    async fn studio(&self, name: &str) -> (String, std::path::PathBuf) {
        let id = self.create(name, "hello.sh").await;
        (format!("/api/instances/{id}/outputs"), self.config().join("outputs").join(name))
    }
}

/// Written so many seconds after 2001.
fn write(folder: &Path, path: &str, bytes: &[u8], at: u64) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = File::create(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000 + at)).unwrap();
}

fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb(colour)).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A part of a PNG, put in behind its header.
fn with_text(png: &[u8], key: &str, text: &str) -> Vec<u8> {
    let data = format!("tEXt{key}\0{text}");
    let mut part = u32::try_from(data.len() - 4).unwrap().to_be_bytes().to_vec();
    part.extend(data.as_bytes());
    part.extend(crc(data.as_bytes()).to_be_bytes());
    [&png[..33], &part, &png[33..]].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn paths(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let page = answer.json();
    page["items"].as_array().unwrap().iter().map(|item| item["path"].as_str().unwrap().to_owned()).collect()
}

async fn with(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = server.client.request(Method::GET, path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    server.client.send(request.body(http_body_util::Full::default()).unwrap()).await
}

#[tokio::test]
async fn pages_newest_first_while_new_ones_come() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    let never = server.client.get(&outputs).await.json();
    assert_eq!((&never["items"], &never["exists"], &never["total"]), (&json!([]), &json!(false), &json!(0)));
    assert!(never["folder"].as_str().unwrap().ends_with("outputs/A"));
    for n in 0..7 {
        write(&folder, &format!("day {}/{n}.png", n % 2), &png(8, 8, [n, 0, 0]), u64::from(n));
    }
    write(&folder, "note.txt", b"a note", 100);
    // On a slow disk a list is good for a moment.
    eventually_async("all of them", || async {
        (server.client.get(&outputs).await.json()["total"] == 8).then_some(())
    })
    .await;
    let first = server.client.get(&format!("{outputs}?limit=3")).await;
    assert_eq!(paths(&first), ["note.txt", "day 0/6.png", "day 1/5.png"]);
    let first = first.json();
    assert_eq!((&first["total"], &first["kinds"]), (&json!(8), &json!({ "image": 7, "text": 1 })));
    write(&folder, "new.png", b"x", 200);
    let second = server.client.get(&format!("{outputs}?limit=3&before={}", first["next"].as_str().unwrap())).await;
    assert_eq!(paths(&second), ["day 0/4.png", "day 1/3.png", "day 0/2.png"]);
    let third = second.json()["next"].as_str().unwrap().to_owned();
    let third = server.client.get(&format!("{outputs}?limit=3&before={third}")).await;
    assert_eq!(
        (paths(&third), &third.json()["next"]),
        (vec!["day 1/1.png".to_owned(), "day 0/0.png".to_owned()], &Value::Null)
    );
    assert_eq!(paths(&server.client.get(&format!("{outputs}?kind=text")).await), ["note.txt"]);
    assert_eq!(paths(&server.client.get(&format!("{outputs}?q=DAY%200%206")).await), ["day 0/6.png"]);
    for (query, word) in [("kind=films", "films"), ("before=here", "here"), ("limit=x", "limit")] {
        let refused = server.client.get(&format!("{outputs}?{query}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.detail().contains(word), "{}", refused.detail());
    }
    assert_eq!(server.client.get("/api/instances/99/outputs").await.status, StatusCode::NOT_FOUND);

    // Whoever looks on asks whether anything is new, and hears of it soon.
    let tag = server.client.get(&outputs).await.header("etag").to_owned();
    assert_eq!(with(&server, &outputs, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    write(&folder, "newest.png", b"x", 300);
    let begun = Instant::now();
    while with(&server, &outputs, &[("if-none-match", &tag)]).await.status == StatusCode::NOT_MODIFIED {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is never listed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(paths(&server.client.get(&format!("{outputs}?limit=1")).await), ["newest.png"]);
}

#[tokio::test]
async fn nothing_leads_out() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    let secret = png(8, 8, [1, 2, 3]);
    write(&server.config(), "elsewhere/secret.png", &secret, 0);
    write(&folder, "a.png", &secret, 0);
    write(&folder, "real/b.png", &secret, 0);
    symlink(server.config().join("elsewhere/secret.png"), folder.join("link.png")).unwrap();
    symlink(server.config().join("elsewhere"), folder.join("away")).unwrap();
    symlink("../../elsewhere/secret.png", folder.join("real/up.png")).unwrap();
    symlink("real", folder.join("same")).unwrap();
    let list = server.client.get(&outputs).await;
    assert_eq!(
        (paths(&list), &list.json()["left_out"]),
        (vec!["a.png".to_owned(), "real/b.png".to_owned()], &json!(4))
    );
    for (path, status) in [
        ("link.png", StatusCode::FORBIDDEN),
        ("away/secret.png", StatusCode::FORBIDDEN),
        ("real/up.png", StatusCode::FORBIDDEN),
        ("../../elsewhere/secret.png", StatusCode::UNPROCESSABLE_ENTITY),
        ("real/../../B/x.png", StatusCode::UNPROCESSABLE_ENTITY),
        ("/etc/passwd.png", StatusCode::UNPROCESSABLE_ENTITY),
        ("a.png%00.png", StatusCode::UNPROCESSABLE_ENTITY),
        ("gone.png", StatusCode::NOT_FOUND),
        ("a.png/x.png", StatusCode::BAD_REQUEST),
    ] {
        for what in ["content", "thumbnail", "metadata"] {
            let answer = server.client.get(&format!("{outputs}/{what}?path={path}")).await;
            assert_eq!(answer.status, status, "{what} {path}: {}", answer.text());
            assert!(answer.detail().ends_with('.'), "{}", answer.detail());
        }
        let plain = path.replace("%00", "\0");
        let answer = server.client.post(&format!("{outputs}/archive"), &json!({ "paths": [plain] })).await;
        assert_eq!(answer.status, status, "archive {path}: {}", answer.text());
    }
    assert_eq!(server.client.get(&format!("{outputs}/content?path=same/b.png")).await.status, StatusCode::OK, "inside");
    let folder = server.client.get(&format!("{outputs}/content?path=real")).await;
    assert_eq!(folder.status, StatusCode::BAD_REQUEST, "{}", folder.text());
    let none = server.client.post(&format!("{outputs}/archive"), &json!({ "paths": [] })).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ticket = server.client.get(&format!("{outputs}/archive?ticket=made-up")).await;
    assert_eq!(ticket.status, StatusCode::NOT_FOUND);
    assert!(ticket.detail().contains("expired"), "{}", ticket.detail());
}

#[tokio::test]
async fn files_in_parts_and_never_as_a_page_of_ours() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    write(&folder, "clip.mp4", b"0123456789", 0);
    write(&folder, "evil.html", b"<script>alert(1)</script>", 0);
    write(&folder, "evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 0);
    write(&folder, "model.bin", b"\0\x01", 0);
    write(&folder, "\u{e4} \"x\".txt", b"text", 0);
    let clip = format!("{outputs}/content?path=clip.mp4");
    let whole = server.client.get(&clip).await;
    assert_eq!(
        (whole.status, whole.header("content-type"), whole.header("accept-ranges")),
        (StatusCode::OK, "video/mp4", "bytes")
    );
    let tag = whole.header("etag").to_owned();
    for (range, status, body, part) in [
        ("bytes=2-4", StatusCode::PARTIAL_CONTENT, "234", "bytes 2-4/10"),
        ("bytes=-3", StatusCode::PARTIAL_CONTENT, "789", "bytes 7-9/10"),
        ("bytes=8-", StatusCode::PARTIAL_CONTENT, "89", "bytes 8-9/10"),
        ("bytes=x", StatusCode::OK, "0123456789", ""),
    ] {
        let answer = with(&server, &clip, &[("range", range)]).await;
        assert_eq!(
            (answer.status, answer.text().as_str(), answer.header("content-range")),
            (status, body, part),
            "{range}"
        );
    }
    let behind = with(&server, &clip, &[("range", "bytes=10-")]).await;
    assert_eq!((behind.status, behind.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10"));
    assert_eq!(with(&server, &clip, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    write(&folder, "clip.mp4", b"abcdefghij", 9);
    let other = with(&server, &clip, &[("range", "bytes=2-4"), ("if-range", &tag)]).await;
    assert_eq!((other.status, other.text().as_str()), (StatusCode::OK, "abcdefghij"), "not a part of another file");
    for (path, media_type, disposition) in [
        ("evil.html", "text/plain; charset=utf-8", "inline"),
        ("evil.svg", "image/svg+xml", "inline"),
        ("model.bin", "application/octet-stream", "attachment"),
        ("clip.mp4&download=1", "application/octet-stream", "attachment"),
    ] {
        let answer = server.client.get(&format!("{outputs}/content?path={path}")).await;
        assert_eq!(answer.header("content-type"), media_type, "{path}");
        assert!(answer.header("content-disposition").starts_with(disposition), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none'"), "{path}");
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1);
    }
    let named = server.client.get(&format!("{outputs}/content?path=%C3%A4%20%22x%22.txt&download=1")).await;
    assert!(named.header("content-disposition").ends_with("filename*=UTF-8''%C3%A4%20%22x%22.txt"));
}

#[tokio::test]
async fn small_pictures_are_kept_until_the_picture_changes() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    let cache = server.config().join("cache/thumbnails");
    write(&folder, "a.png", &png(600, 300, [200, 0, 0]), 1);
    let version = |page: &Value| page["items"][0]["version"].as_str().unwrap().to_owned();
    let first = version(&server.client.get(&outputs).await.json());
    let ask = |v: &str| format!("{outputs}/thumbnail?path=a.png&size=256&v={v}");
    let made = server.client.get(&ask(&first)).await;
    assert_eq!((made.status, made.header("content-type")), (StatusCode::OK, "image/jpeg"), "{}", made.text());
    assert!(made.header("cache-control").contains("immutable") && made.header("cache-control").starts_with("private"));
    let small = image::load_from_memory(&made.body).unwrap().to_rgb8();
    assert_eq!(small.dimensions(), (256, 128));
    // What is kept is what is sent.
    let kept: Vec<_> = fs::read_dir(&cache).unwrap().map(|one| one.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    fs::write(&kept[0], b"kept").unwrap();
    assert_eq!(server.client.get(&ask(&first)).await.text(), "kept");
    write(&folder, "a.png", &png(300, 600, [0, 0, 200]), 2);
    let second = server.client.get(&ask(&first)).await;
    assert_eq!(image::load_from_memory(&second.body).unwrap().to_rgb8().dimensions(), (128, 256));
    assert!(!second.header("cache-control").contains("immutable"), "it is another version than was asked of");
    // The cache may go, and need not be had.
    fs::remove_dir_all(&cache).unwrap();
    assert_eq!(server.client.get(&ask(&first)).await.status, StatusCode::OK);
    fs::remove_dir_all(&cache).unwrap();
    fs::write(&cache, b"in the way").unwrap();
    assert_eq!(server.client.get(&ask(&first)).await.status, StatusCode::OK);

    write(&folder, "broken.png", b"\x89PNG\r\n\x1a\nand nothing more", 3);
    write(&folder, "text.png", b"I am a text", 3);
    for (path, size, status) in [
        ("broken.png", 256, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("text.png", 512, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("a.mp4", 512, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("a.png", 300, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = server.client.get(&format!("{outputs}/thumbnail?path={path}&size={size}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.detail().ends_with('.'), "{}", answer.detail());
    }
}

#[tokio::test]
async fn a_bomb_is_refused_for_what_it_says() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    // 40000 × 40000 pixels: 4.8 GB unpacked, of a file of bytes.
    let mut bomb = png(8, 8, [0, 0, 0]);
    bomb.splice(16..24, [40_000_u32.to_be_bytes(), 40_000_u32.to_be_bytes()].concat());
    let sum = crc(&bomb[12..29]).to_be_bytes();
    bomb.splice(29..33, sum);
    write(&folder, "bomb.png", &bomb, 1);
    server.client.get(&outputs).await;
    let before = vitals::memory(server.pid());
    let begun = Instant::now();
    for _ in 0..20 {
        let answer = server.client.get(&format!("{outputs}/thumbnail?path=bomb.png")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
        assert!(answer.detail().contains("40000 × 40000"), "{}", answer.detail());
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let grown = vitals::memory(server.pid()).saturating_sub(before);
    assert!(grown < 64, "{grown} MiB");
    let about = server.client.get(&format!("{outputs}/metadata?path=bomb.png")).await.json();
    assert_eq!((&about["width"], &about["height"]), (&json!(40_000), &json!(40_000)));
}

#[tokio::test]
async fn what_is_written_in_a_picture() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    let picture = with_text(&png(40, 20, [0, 90, 0]), "parameters", "a cat\nNegative prompt: dogs\nSteps: 20, Seed: 7");
    write(&folder, "in/a.png", &with_text(&picture, "workflow", "{\"nodes\": []}"), 1);
    let about = server.client.get(&format!("{outputs}/metadata?path=in/a.png")).await.json();
    assert_eq!(
        (&about["width"], &about["height"], &about["kind"], &about["name"]),
        (&json!(40), &json!(20), &json!("image"), &json!("a.png"))
    );
    let texts: Vec<_> = about["texts"].as_array().unwrap().iter().map(|text| text["key"].as_str().unwrap()).collect();
    assert_eq!(texts, ["workflow", "parameters"]);
    assert!(about["texts"][1]["text"].as_str().unwrap().starts_with("a cat\nNegative prompt: dogs"));
    write(&folder, "long.txt", "ö".repeat(100_000).as_bytes(), 1);
    let long = server.client.get(&format!("{outputs}/metadata?path=long.txt")).await.json();
    let shown = long["preview"]["text"].as_str().unwrap();
    assert!(shown.len() <= 65_536 && shown.chars().all(|c| c == 'ö') && long["preview"]["cut"] == true);
    write(&folder, "binary.txt", b"\0\x01\x02", 1);
    let binary = server.client.get(&format!("{outputs}/metadata?path=binary.txt")).await.json();
    assert_eq!(binary["preview"], Value::Null);
    assert!(binary["note"].as_str().unwrap().contains("no text"));
}

#[tokio::test]
async fn an_archive_is_streamed_and_names_what_it_lacks() {
    const MIB: usize = 1 << 20;
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    let noise: Vec<u8> = (0..40 * MIB).map(|_| fastrand::u8(..)).collect();
    for name in ["one.bin", "漫画/two \u{e4}.bin", "three.bin"] {
        write(&folder, name, &noise, 1);
    }
    write(&folder, "gone.png", b"x", 1);
    let paths = ["one.bin", "漫画/two \u{e4}.bin", "three.bin", "gone.png"];
    let picked = server.client.post(&format!("{outputs}/archive"), &json!({ "paths": paths })).await;
    assert_eq!(picked.status, StatusCode::OK, "{}", picked.text());
    assert_eq!((&picked.json()["count"], &picked.json()["size"]), (&json!(4), &json!(120 * MIB + 1)));
    fs::remove_file(folder.join("gone.png")).unwrap();
    let url = format!("http://{}/{}", server.client.address, picked.json()["url"].as_str().unwrap());
    let zip = server.config().join("a.zip");
    let before = vitals::memory(server.pid());
    let mut download =
        Command::new("curl").args(["-sS", "--fail", "--limit-rate", "60M", "-o"]).arg(&zip).arg(&url).spawn().unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(vitals::memory(server.pid()));
        if let Some(status) = download.try_wait().unwrap() {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(status.success());
    assert!(most.saturating_sub(before) < 24, "{before} MiB became {most} MiB");
    let check = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint('\\n'.join(f'{i.filename} {i.file_size}' for i in z.infolist()))\nprint(z.read('NOT IN THIS ARCHIVE.txt').decode())";
    let read = Command::new("python3").env("PYTHONIOENCODING", "utf-8").args(["-c", check]).arg(&zip).output().unwrap();
    let said = String::from_utf8_lossy(&read.stdout);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let size = 40 * MIB;
    assert!(
        said.starts_with(&format!("one.bin {size}\n漫画/two \u{e4}.bin {size}\nthree.bin {size}\nNOT IN")),
        "{said}"
    );
    assert!(said.contains("'gone.png' is not there"), "{said}");
    // Whoever leaves is not packed for: the file is closed again.
    let mut download =
        Command::new("curl").args(["-sS", "--limit-rate", "100K", "-o", "/dev/null", &url]).spawn().unwrap();
    let open = || {
        fs::read_dir(format!("/proc/{}/fd", server.pid()))
            .unwrap()
            .flatten()
            .any(|one| fs::read_link(one.path()).is_ok_and(|to| to.ends_with("one.bin")))
    };
    eventually("the file being read", || open().then_some(()));
    download.kill().unwrap();
    download.wait().unwrap();
    eventually("the end of the work", || (!open()).then_some(()));
    assert!(!server.client.get("/api/audit").await.text().contains("archive"), "a download is no change");
}

#[tokio::test]
async fn many_files_and_names_nobody_can_type() {
    let server = Server::new();
    let (outputs, folder) = server.studio("A").await;
    for n in 0..20_000 {
        let day = folder.join(format!("day {}", n / 2000));
        if n % 2000 == 0 {
            fs::create_dir_all(&day).unwrap();
        }
        File::create(day.join(format!("{n:05}.png"))).unwrap();
    }
    File::create(folder.join(std::ffi::OsStr::from_bytes(b"\xff\xfe.png"))).unwrap();
    let begun = Instant::now();
    let first = server.client.get(&format!("{outputs}?limit=200")).await.json();
    let took = begun.elapsed();
    assert_eq!((&first["total"], &first["left_out"], &first["truncated"]), (&json!(20_000), &json!(1), &json!(false)));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let (mut next, mut seen) = (first["next"].clone(), first["items"].as_array().unwrap().len());
    let begun = Instant::now();
    while let Some(before) = next.as_str() {
        let page = server.client.get(&format!("{outputs}?limit=500&before={before}")).await.json();
        seen += page["items"].as_array().unwrap().len();
        next = page["next"].clone();
    }
    assert_eq!(seen, 20_000);
    println!("20000 files: first page {took:?}, 40 more {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_satellite_has_its_own_unless_its_parent_chose() {
    let server = Server::new();
    let parent = server.create("A", "hello.sh").await;
    let made = server.client.post(&format!("/api/instances/{parent}/instantiate"), &json!({ "new_name": "S" })).await;
    let satellite = made.json()["id"].as_i64().unwrap();
    let outputs = server.config().join("outputs");
    for (folder, name) in [("A", "of-the-parent.png"), ("S", "its-own.png"), ("Shared", "both.png")] {
        write(&outputs.join(folder), name, b"x", 1);
    }
    let list = |id: i64| format!("/api/instances/{id}/outputs");
    assert_eq!(paths(&server.client.get(&list(satellite)).await), ["its-own.png"]);
    assert_eq!(paths(&server.client.get(&list(parent)).await), ["of-the-parent.png"]);
    let change = json!({ "output_path": "Shared" });
    server.client.call(Method::PUT, &format!("/api/instances/{parent}"), Some(&change)).await;
    assert_eq!(paths(&server.client.get(&list(satellite)).await), ["both.png"], "another folder has another list");
}
