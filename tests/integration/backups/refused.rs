//! Restores that are refused: of archives that are wrong, and into folders that hold something.

use super::*;

#[tokio::test]
async fn what_is_wrong_with_an_archive_is_said_and_nothing_is_touched() {
    let server = Server::new();
    server.blueprint("own.sh", "# aikore.name = Own", &"true # something long\n".repeat(3000));
    server.create("a", "hello.sh").await;
    let good = fs::read(server.backed_up().await).unwrap();
    let bad = tempfile::tempdir().unwrap();
    let target = tempfile::tempdir().unwrap();
    // Something of somebody, which is no AiKore.
    fs::write(target.path().join("notes.txt"), "mine").unwrap();
    fs::create_dir_all(target.path().join("models/kept")).unwrap();
    let before = everything(target.path());
    let archive = bad.path().join("bad.tar.gz");
    let refused = |what: &str, bytes: &[u8], words: &str| {
        fs::write(&archive, bytes).unwrap();
        for more in [&[][..], &["--replace"]] {
            let output = restore(&archive, target.path(), more);
            let told = said(&output);
            assert_eq!(output.status.code(), Some(1), "{what}: {told}");
            assert!(
                told.contains(words) && told.contains("Nothing was touched") && told.lines().count() == 1,
                "{what}: {told}"
            );
            assert_eq!(everything(target.path()), before, "{what}");
            assert!(!target.path().join("run").exists(), "{what}");
        }
    };
    refused("nothing", b"", "no backup of AiKore");
    refused("a text", b"#!/bin/bash\nrm -rf /\n", "no backup of AiKore");
    refused("another archive", &archives::foreign(), "no backup of AiKore");
    for part in [3, 100, good.len() / 4, good.len() / 2, good.len() - 600, good.len() - 9, good.len() - 1] {
        refused(&format!("the first {part} bytes"), &good[..part], "cut off");
    }
    for at in (20..good.len()).step_by(good.len() / 25) {
        let mut flipped = good.clone();
        // All its bits: some between two blocks mean nothing.
        flipped[at] ^= 0xff;
        fs::write(&archive, &flipped).unwrap();
        let output = restore(&archive, target.path(), &[]);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "byte {at}: {told}");
        assert!(told.contains("Nothing was touched"), "byte {at}: {told}");
        assert_eq!(everything(target.path()), before, "byte {at}");
    }
    refused("something behind it", &[&good[..], b"more"].concat(), "damaged");

    let parts = archives::parts(&good);
    refused(
        "a newer form",
        &archives::pack(&archives::with(&parts, "aikore-backup.json", br#"{"aikore_backup":99,"version":"99.0.0"}"#)),
        "newer AiKore (99.0.0)",
    );
    let manifest = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&archives::content_of(&parts)["manifest.json"]).unwrap();
        change(&mut value);
        archives::pack(&archives::with(&parts, "manifest.json", value.to_string().as_bytes()))
    };
    refused("a newer store, as it says", &manifest(&|value| value["schema_version"] = json!(9999)), "newer AiKore");
    refused("a hash", &manifest(&|value| value["entries"][0]["sha256"] = json!("00")), "another one than was saved");
    refused(
        "a file too few",
        &manifest(&|value| {
            value["entries"].as_array_mut().unwrap().push(json!({ "path": "tls/x", "size": 1, "sha256": "" }));
        }),
        "is missing",
    );
    refused(
        "a file too many",
        &manifest(&|value| drop(value["entries"].as_array_mut().unwrap().pop())),
        "more than its manifest",
    );
    refused("no end", &archives::pack(&parts[..parts.len() - 1]), "cut off");
    for path in [
        "../evil",
        "instances/../../evil",
        "/tmp/evil",
        "instances/a/../../../evil",
        "run/lock",
        "instances/evil",
        "instances/.wheels/x",
        "evil",
    ] {
        refused(
            path,
            &archives::sealed(&archives::added(&parts, archives::file(path, b"evil"))),
            "somebody has made or changed it",
        );
    }
    refused(
        "the same file twice",
        &archives::sealed(&archives::added(&parts, archives::file("custom_blueprints/own.sh", b"evil"))),
        "twice",
    );
    for (kind, aim) in [(tar::EntryType::Symlink, "/etc"), (tar::EntryType::Link, "aikore.db")] {
        refused(
            "a link",
            &archives::sealed(&archives::added(&parts, archives::link("instances/a/link", kind, aim))),
            "it is a link",
        );
    }
    for kind in [tar::EntryType::Char, tar::EntryType::Block, tar::EntryType::Fifo, tar::EntryType::Directory] {
        refused(
            "a device",
            &archives::sealed(&archives::added(&parts, archives::link("instances/a/device", kind, ""))),
            "no plain file",
        );
    }
    // A store that is newer than it says, damaged, or somebody else's.
    let store = |change: &dyn Fn(&rusqlite::Connection)| {
        let path = bad.path().join("store.db");
        fs::write(&path, &archives::content_of(&parts)["aikore.db"]).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        change(&connection);
        drop(connection);
        archives::sealed(&archives::with(&parts, "aikore.db", &fs::read(&path).unwrap()))
    };
    let newer = store(&|store| {
        store.execute("UPDATE refinery_schema_history SET version = 9999 WHERE version = 1", []).unwrap();
    });
    refused("a newer store", &newer, "schema version 9999");
    let other = store(&|store| {
        store
            .execute_batch("DROP TABLE refinery_schema_history; DROP TABLE instances; PRAGMA foreign_keys=off")
            .unwrap();
    });
    refused("somebody's store", &other, "no backup of AiKore");
    let mut broken = archives::content_of(&parts)["aikore.db"].clone();
    for byte in &mut broken[4096..8192] {
        *byte = 0xff;
    }
    refused("a damaged store", &archives::sealed(&archives::with(&parts, "aikore.db", &broken)), "damaged");
    let missing = restore(&bad.path().join("absent"), target.path(), &[]);
    assert!(missing.status.code() == Some(1) && said(&missing).contains("can't be read"), "{}", said(&missing));
    // And the very same archive, whole, is restored beside what was there.
    fs::write(&archive, &good).unwrap();
    let output = restore(&archive, target.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::read(target.path().join("notes.txt")).unwrap(), b"mine");
}

#[tokio::test]
async fn what_is_there_is_replaced_only_when_asked_for_and_kept() {
    let mut server = Server::new();
    server.blueprint("own.sh", "# aikore.name = Own", "true");
    server.create("a", "hello.sh").await;
    let archive = server.backed_up().await;
    server.blueprint("own.sh", "# aikore.name = Changed", "true");
    server.blueprint("new.sh", "# aikore.name = New", "true");
    server.create("b", "hello.sh").await;
    let changed = fs::read(server.config().join("custom_blueprints/own.sh")).unwrap();
    server.end("TERM");
    let before = everything(&server.config());
    let output = restore(&archive, &server.config(), &[]);
    assert!(output.status.code() == Some(1) && said(&output).contains("--replace"), "{}", said(&output));
    assert_eq!(everything(&server.config()), before);
    // Something in the way is found before anything is changed.
    let own = server.config().join("custom_blueprints/own.sh");
    fs::rename(&own, server.folder_beside("own.sh")).unwrap();
    fs::create_dir(&own).unwrap();
    let output = restore(&archive, &server.config(), &["--replace"]);
    assert!(output.status.code() == Some(1) && said(&output).contains("Nothing was touched"), "{}", said(&output));
    assert!(
        own.is_dir()
            && fs::read_dir(server.config()).unwrap().all(|one| !one
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("replaced-"))
    );
    fs::remove_dir(&own).unwrap();
    fs::rename(server.folder_beside("own.sh"), &own).unwrap();

    let output = restore(&archive, &server.config(), &["--replace"]);
    let words = said(&output);
    assert!(output.status.success(), "{words}");
    let aside = fs::read_dir(server.config())
        .unwrap()
        .map(|one| one.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("replaced-"))
        .unwrap();
    assert!(words.contains(aside.to_str().unwrap()), "{words}");
    assert_eq!(fs::read(aside.join("custom_blueprints/own.sh")).unwrap(), changed);
    assert!(aside.join("aikore.db").exists());
    assert!(server.config().join("custom_blueprints/new.sh").exists(), "what the backup does not know stays");
    server.start();
    let all = server.client.get("/api/instances/").await.json();
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    assert!(fs::read_to_string(&own).unwrap().contains("= Own"));
}
