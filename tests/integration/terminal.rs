//! Terminals: both forms of their websocket, sessions that outlive their clients, and ends that leave nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Said, Server, Shell, Start, eventually, eventually_async};

#[tokio::test]
async fn the_older_form_is_as_it_was() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let mut shell = Shell::alone(&server, id).await;
    assert_eq!(shell.run("pwd").await, server.config().join("instances/a").to_str().unwrap());
    shell.send(Message::text(r#"{"type":"resize","rows":41,"cols":123}"#)).await;
    assert_eq!(shell.run("stty size").await, "41 123");
    // What only looks like JSON is typed.
    shell.type_in("cat\r").await;
    shell.until("2004l\r").await;
    shell.type_in("{\"type\":\"resize\"}\r").await;
    shell.until("{\"type\":\"resize\"}\r\n{\"type\":\"resize\"}\r\n").await;
    shell.type_in("\x04").await;
    assert_eq!(server.terminals(id).await, json!([]), "it is nobody's to come back to");
    shell.type_in("exit\r").await;
    assert_eq!(shell.close_code().await, (Some(1000), None));

    let mut shell = Shell::alone(&server, id).await;
    shell.run("true").await;
    shell.send(Message::binary(b"x".to_vec())).await;
    assert_eq!(shell.close_code().await.0, Some(1003), "binary ends it");
    eventually("its end", || server.processes().is_empty().then_some(()));
    for (path, status) in [
        ("/api/instances/99/terminal", 404),
        ("/api/instances/x/terminal", 422),
        ("/api/instances/1/terminal?session=x", 404),
    ] {
        assert_eq!(Shell::try_open(server.client, path, &[]).await.err(), Some(status), "{path}");
    }
    let plain = server.client.get("/api/instances/1/terminal").await;
    assert!(plain.status.is_client_error() && plain.detail().contains("websocket"), "{}", plain.text());
}

#[tokio::test]
async fn the_patience_for_requests_is_none_for_terminals() {
    let server = Start::new().env("AIKORE_HEADER_TIMEOUT", "1s").env("AIKORE_IDLE_TIMEOUT", "1s").serve();
    let id = server.create("a", "hello.sh").await;
    let mut shell = Shell::alone(&server, id).await;
    // Its clock would run from the first byte after the handshake.
    assert_eq!(shell.run("sleep 2.5; echo awake").await, "awake");
    assert_eq!(shell.run("echo still").await, "still");
}

#[tokio::test]
async fn a_shell_has_the_instances_folder_variables_and_environment() {
    let server = Start::new().env("AIKORE_PASSWORD", "a secret of the server's").env("AIKORE_TOKEN", "another").serve();
    server.blueprint("app.sh", "# aikore.venv_path = ./my env", "true");
    let parent = server.create("it's one", "app.sh").await;
    let body = json!({ "new_name": "two", "gpu_ids": "0" });
    let id =
        server.client.post(&format!("/api/instances/{parent}/instantiate"), &body).await.json()["id"].as_i64().unwrap();
    let home = server.config().join("instances/it's one");
    let mut shell = Shell::alone(&server, id).await;
    assert_eq!(shell.run("pwd").await, home.to_str().unwrap(), "made for the shell, and the parent's");
    assert_eq!(shell.run("echo $INSTANCE_CONF_DIR").await, home.to_str().unwrap());
    assert_eq!(
        shell.run("echo \"$CUDA_VISIBLE_DEVICES/$CUDA_DEVICE_ORDER/$TERM\"").await,
        "0/PCI_BUS_ID/xterm-256color"
    );
    assert_eq!(
        shell
            .run("echo \"${AIKORE_PASSWORD-none} ${AIKORE_TOKEN-none} ${AIKORE_RUN_ID-none} ${WEBUI_PORT-none}\"")
            .await,
        "none none none none"
    );
    assert_eq!(shell.run("echo \"${VIRTUAL_ENV-none}\"").await, "none");
    assert_eq!(shell.run("id -u").await, fs::metadata("/proc/self").unwrap().uid().to_string());

    // A real environment of Python where the script says that it is.
    assert_eq!(shell.run("python3 -m venv --without-pip './my env'; echo $?").await, "0");
    let mut shell = Shell::alone(&server, id).await;
    assert_eq!(shell.run("echo $VIRTUAL_ENV").await, home.join("my env").to_str().unwrap());
    assert_eq!(shell.run("command -v python").await, home.join("my env/bin/python").to_str().unwrap());

    // One of conda, without a base installation.
    fs::remove_dir_all(home.join("my env")).unwrap();
    for folder in ["conda-meta", "bin", "etc/conda/activate.d"] {
        fs::create_dir_all(home.join("my env").join(folder)).unwrap();
    }
    fs::write(home.join("my env/etc/conda/activate.d/x.sh"), "export FROM_CONDA=yes\n").unwrap();
    let mut shell = Shell::alone(&server, id).await;
    let shown = shell.run("echo \"${CONDA_PREFIX##*/} $FROM_CONDA ${PATH%%:*}\"").await;
    assert!(shown.starts_with("my env yes ") && shown.ends_with("my env/bin"), "{shown}");
}

#[tokio::test]
async fn a_session_outlives_its_clients_without_gap_or_double() {
    const LINES: usize = 20_000;
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let session = server.terminal(id).await;
    let (mut shell, word) = Shell::attach(&server, id, &session, None).await;
    assert_eq!((&word["session"], &word["offset"], &word["reset"]), (&json!(session), &json!(0), &json!(true)));
    shell.run("true").await;
    shell
        .type_in(&format!(
            "echo; for i in $(seq {LINES}); do echo \"line $i\"; ((i % 400)) || sleep 0.01; done; echo do''ne\r"
        ))
        .await;
    // The prompt follows it.
    let is_done = |heard: &[u8]| {
        let end = &heard[heard.len().saturating_sub(200)..];
        end.windows(6).any(|part| part == b"done\r\n")
    };
    let mut heard = Vec::new();
    // Cut off in the middle again and again, as a network does it.
    for _ in 0..8 {
        for _ in 0..5 {
            if is_done(&heard) {
                break;
            }
            if let Said::Output(bytes) = shell.next().await {
                heard.extend(bytes);
            }
        }
        let place = shell.place;
        drop(shell);
        let word;
        (shell, word) = Shell::attach(&server, id, &session, Some(place)).await;
        assert_eq!((&word["offset"], &word["reset"]), (&json!(place), &json!(false)));
    }
    if !is_done(&heard) {
        heard.extend(shell.until("done\r\n").await.into_bytes());
    }
    let text = String::from_utf8(heard).unwrap();
    let numbers: Vec<usize> = text.lines().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
    assert_eq!(numbers.len(), LINES);
    assert!(numbers.into_iter().eq(1..=LINES), "every line once, in its order");

    // Two at once see the same, whoever types; a third that comes late gets the scrollback.
    let (mut other, _) = Shell::attach(&server, id, &session, Some(shell.place)).await;
    shell.type_in("echo typed by o''ne\r").await;
    other.until("typed by one\r\n").await;
    other.type_in("echo typed by the o''ther\r").await;
    shell.until("typed by the other\r\n").await;
    let (mut late, word) = Shell::attach(&server, id, &session, Some(u64::MAX)).await;
    assert_eq!(
        (&word["offset"], &word["reset"]),
        (&json!(0), &json!(true)),
        "what was never printed can't be gone on from"
    );
    late.until(&format!("line {LINES}\r\n")).await;
    late.until("typed by the other\r\n").await;

    let url = format!("/api/instances/{id}/terminals");
    let second = server.client.post(&url, &json!({ "name": "  of mine " })).await.json();
    let renamed = server.client.call(Method::PUT, &format!("{url}/{session}"), Some(&json!({ "name": "first" }))).await;
    assert_eq!(renamed.json()["name"], "first");
    shell.type_in("sleep 1000\r").await;
    let listed = eventually_async("what runs in front", || async {
        let listed = server.terminals(id).await;
        (listed[0]["program"] == "sleep").then_some(listed)
    })
    .await;
    assert_eq!((&listed[0]["name"], &listed[0]["attached"]), (&json!("first"), &json!(3)), "{listed}");
    assert_eq!(
        (&listed[1]["name"], &listed[1]["id"], &listed[1]["program"]),
        (&json!("of mine"), &second["id"], &json!(null))
    );
    for (name, status) in [("", 422), ("x\u{7}", 422), (&*"x".repeat(41), 422)] {
        let refused =
            server.client.call(Method::PUT, &format!("{url}/{session}"), Some(&json!({ "name": name }))).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (status, &json!("name")));
    }

    assert_eq!(server.end_terminal(id, &session).await, StatusCode::NO_CONTENT);
    for mut client in [shell, other, late] {
        let (code, word) = client.close_code().await;
        assert_eq!((code, &word.unwrap()["why"]), (Some(1000), &json!("asked")));
    }
    assert_eq!(server.end_terminal(id, &session).await, StatusCode::NOT_FOUND);
    eventually_async("all of it in the audit", || async {
        let entries = server.client.get("/api/audit").await.json()["entries"].clone();
        let said = |wanted: &str| entries.as_array().unwrap().iter().any(|entry| entry["detail"] == wanted);
        ["opened Shell", "opened of mine", "Shell is first now", "ended first"].into_iter().all(said).then_some(())
    })
    .await;
}

/// What gets away from a shell by every way there is.
const ESCAPES: &str = "setsid nohup sleep 1001 >/dev/null 2>&1 & \
     (trap '' HUP TERM INT; sleep 1002) & \
     (setsid bash -c 'trap \"\" HUP TERM; sleep 1003; sleep 1004' &) ; \
     env -i /bin/sleep 1005 & disown -a; sleep 1006 & echo rea''dy; cat /dev/zero\r";

#[tokio::test]
async fn an_end_blocks_nobody_and_leaves_nothing() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let kept = server.terminal(id).await;
    let (mut shell, _) = Shell::attach(&server, id, &kept, None).await;
    let mut alone = Shell::alone(&server, id).await;
    let mut gone = Shell::alone(&server, id).await;
    for shell in [&mut shell, &mut alone, &mut gone] {
        shell.run("true").await;
        shell.type_in(ESCAPES).await;
        shell.until("ready\r\n").await;
    }
    assert!(server.processes().len() >= 18, "they run: {:?}", server.processes());
    let begun = Instant::now();
    assert_eq!(server.end_terminal(id, &kept).await, StatusCode::NO_CONTENT);
    alone.socket.close(None).await.unwrap();
    drop(gone);
    assert_eq!(server.client.get("/api/status").await.status, StatusCode::OK);
    assert_eq!(server.terminals(id).await, json!([]));
    println!("three ends were asked for and the API answered within {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2), "nobody waits: {:?}", begun.elapsed());
    eventually("nothing left", || server.processes().is_empty().then_some(()));
    let start_files = server.config().join("run/terminals");
    eventually("no start file", || fs::read_dir(&start_files).unwrap().next().is_none().then_some(()));
}

#[tokio::test]
async fn sessions_end_with_their_instance_their_server_and_their_time() {
    let mut server = Start::new().env("AIKORE_TERMINAL_IDLE", "2s").serve();
    let id = server.create("a", "hello.sh").await;
    let (left, kept) = (server.terminal(id).await, server.terminal(id).await);
    let (mut shell, _) = Shell::attach(&server, id, &kept, None).await;
    eventually_async("the end of the one nobody looks at", || async {
        let listed = server.terminals(id).await;
        (listed.as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    assert_eq!(server.terminals(id).await[0]["id"], json!(kept), "not {left}");

    // A new name of the folder is said; the shell stays.
    shell.run("true").await;
    let renamed = server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&json!({ "name": "b" }))).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    shell.until("“b”").await;
    assert_eq!(shell.run("pwd -P").await, server.config().join("instances/b").to_str().unwrap());
    let deleted = server.client.call(Method::DELETE, &format!("/api/instances/{id}"), None).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    assert_eq!(shell.close_code().await.0, Some(1000));
    server.assert_nothing_left();

    // The server's own end takes them along at once, and what a crash left goes at the next start.
    let id = server.create("c", "hello.sh").await;
    let session = server.terminal(id).await;
    let (mut shell, _) = Shell::attach(&server, id, &session, None).await;
    shell.run("(setsid nohup sleep 1000 >/dev/null 2>&1 &)").await;
    let begun = Instant::now();
    server.signal("TERM");
    assert_eq!(shell.close_code().await.0, Some(1001), "going away");
    assert!(server.wait_for_end().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    server.assert_nothing_left();
    server.start();
    let mut shell = Shell::alone(&server, id).await;
    shell.run("(setsid nohup sleep 1000 >/dev/null 2>&1 &)").await;
    server.signal("KILL");
    server.wait_for_end();
    server.start();
    eventually("what the crash left", || server.processes().is_empty().then_some(()));
}

#[tokio::test]
async fn only_who_may_manage_gets_a_shell_and_only_as_long() {
    let server = Start::new().guarded().await;
    let id = server.create("a", "hello.sh").await;
    let (session, own) = (server.log_in().await, server.own_origin());
    let terminal = server.terminal(id).await;
    let path = format!("/api/instances/{id}/terminal");
    let attach = format!("{path}?session={terminal}");
    let nobody = crate::support::Client::at(server.client.address);
    let reader = server.token(&session, "reader", &["read", "instance:a"]).await;
    let bearer = format!("Bearer {reader}");
    for path in [&path, &attach] {
        for (fields, status) in [
            (&[][..], 401),
            (&[("cookie", session.as_str()), ("origin", "http://evil.example")][..], 403),
            (&[("cookie", session.as_str()), ("origin", "null")][..], 403),
            (&[("authorization", bearer.as_str())][..], 403),
        ] {
            assert_eq!(Shell::try_open(nobody, path, fields).await.err(), Some(status), "{path} {fields:?}");
        }
    }
    let listed =
        nobody.ask("GET", &format!("/api/instances/{id}/terminals"), &[("authorization", &bearer)], None).await;
    assert_eq!(listed.status, StatusCode::FORBIDDEN, "their names are not for readers");
    assert_eq!(server.terminals(id).await.as_array().unwrap().len(), 1, "nothing was opened");

    let fields = [("cookie", session.as_str()), ("origin", own.as_str())];
    let mut shell = Shell::try_open(nobody, &attach, &fields).await.unwrap();
    assert!(matches!(shell.next().await, Said::Word(_)));
    let out = nobody.ask("POST", "/api/auth/logout", &fields, None).await;
    assert!(out.status.is_success(), "{}", out.text());
    assert_eq!(shell.close_code().await.0, Some(1008), "whoever logged out sees no more");
    assert_eq!(server.terminals(id).await[0]["id"], json!(terminal), "their shell waits for them");
}

#[tokio::test]
async fn there_are_only_so_many() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    for _ in 0..16 {
        server.terminal(id).await;
    }
    let url = format!("/api/instances/{id}/terminals");
    let refused = server.client.post(&url, &json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.detail().contains("16 terminals"), "{}", refused.detail());
    assert_eq!(Shell::try_open(server.client, &format!("/api/instances/{id}/terminal"), &[]).await.err(), Some(409));
    let names = server.terminals(id).await;
    assert_eq!((&names[0]["name"], &names[15]["name"]), (&json!("Shell"), &json!("Shell 16")));
    server.end_terminal(id, names[3]["id"].as_str().unwrap()).await;
    eventually_async("a place", || async {
        let made = server.client.post(&url, &json!({})).await;
        (made.status == StatusCode::CREATED).then(|| assert_eq!(made.json()["name"], "Shell 4"))
    })
    .await;
    for (body, field) in [(json!({ "rows": 0 }), "rows"), (json!({ "name": " " }), "name")] {
        let refused = server.client.post(&url, &body).await;
        assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)));
    }
}
