//! What people are told: of instances, of the machine, in the dashboard and elsewhere.

use std::process::Command;
use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::login::by;
use crate::support::{Cards, Hook, Server, Start, eventually_async, port};

/// Nothing else is told where disks are small.
const OF_INSTANCES: [&str; 5] = ["ready", "crashed", "gave_up", "stalled", "general"];

async fn add(server: &Server, target: &Value) -> i64 {
    let answer = server.client.post("/api/notices/targets", target).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// A webhook that hears of instances.
async fn webhook(server: &Server, hook: &Hook) -> i64 {
    add(server, &json!({ "name": "hook", "kind": "webhook", "url": hook.url("/in"), "wants": OF_INSTANCES })).await
}

async fn target(server: &Server, id: i64) -> Value {
    let all = server.client.get("/api/notices/targets").await.json();
    all.as_array().unwrap().iter().find(|one| one["id"] == id).cloned().unwrap_or_else(|| panic!("{id} of {all}"))
}

async fn test(server: &Server, id: i64) -> Value {
    let answer = server.client.call(Method::POST, &format!("/api/notices/targets/{id}/test"), None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// What is kept, of instances: newest first, as "kind text".
async fn kept(server: &Server) -> Vec<String> {
    let answer = server.client.get("/api/notices").await.json();
    let of_instances = |notice: &&Value| OF_INSTANCES.iter().any(|kind| notice["kind"] == *kind);
    let words = |notice: &Value| format!("{} {}", notice["kind"].as_str().unwrap(), notice["text"].as_str().unwrap());
    answer["notices"].as_array().unwrap().iter().filter(of_instances).map(words).collect()
}

async fn unread(server: &Server) -> u64 {
    server.client.get("/api/notices").await.json()["unread"].as_u64().unwrap()
}

fn kill(instance: &Value) {
    Command::new("kill").args(["-SEGV", &instance["pid"].to_string()]).status().unwrap();
}

#[tokio::test]
async fn ready_crashed_stopped_and_what_is_kept_of_it() {
    let hook = Hook::new().await;
    let mut server = Start::new().env("AIKORE_PUBLIC_URL", "https://ai.example.com").serve();
    webhook(&server, &hook).await;
    let id = server.hello("Studio").await;
    let ready = hook.hears("ready").await;
    assert_eq!(
        (&ready["text"], &ready["instance_name"], &ready["instance_id"], &ready["url"], &ready["level"]),
        (
            &json!("Studio is ready."),
            &json!("Studio"),
            &json!(id),
            &json!("https://ai.example.com/instance/studio/"),
            &json!("info")
        )
    );
    // A person's Stop is no crash, nor is a restart.
    server.ask(id, "restart?wait=true").await;
    server.wait_status(id, "started").await;
    hook.gets(2).await;
    server.ask(id, "stop?wait=true").await;
    server.ask(id, "start").await;
    let running = server.wait_status(id, "started").await;
    hook.gets(3).await;
    kill(&running);
    let crashed = hook.hears("crashed").await;
    assert!(crashed["text"].as_str().unwrap().starts_with("Studio: It was killed by signal SIGSEGV"), "{crashed}");
    assert!(!crashed["text"].as_str().unwrap().contains('\n'), "no lines of the log: {crashed}");
    let told = ["crashed", "ready", "ready", "ready"];
    let list = kept(&server).await;
    assert_eq!(list.iter().map(|one| one.split(' ').next().unwrap()).collect::<Vec<_>>(), told, "{list:?}");

    // What was read, and what is known after a restart.
    let all = server.client.get("/api/notices").await.json();
    let before = unread(&server).await;
    assert!(before >= 4 && all["notices"][0]["read"] == false, "{all}");
    let newest = all["notices"][0]["id"].as_i64().unwrap();
    let marked = server.client.post("/api/notices/read", &json!({ "ids": [newest] })).await;
    assert_eq!(marked.json()["unread"], json!(before - 1));
    server.end("TERM");
    server.start();
    assert_eq!(kept(&server).await, list);
    let all = server.client.get("/api/notices").await.json();
    let read = |all: &Value| {
        all["notices"].as_array().unwrap().iter().find(|one| one["id"] == newest).unwrap()["read"].clone()
    };
    assert_eq!(read(&all), json!(true));
    assert_eq!(server.client.post("/api/notices/read", &json!({ "up_to": newest - 1 })).await.status, StatusCode::OK);
    let older = server.client.get(&format!("/api/notices?before={newest}&limit=2")).await.json();
    assert_eq!(older["notices"].as_array().unwrap().len(), 2);
    assert!(older["notices"].as_array().unwrap().iter().all(|one| one["read"] == true), "{older}");
    assert_eq!(server.client.call(Method::POST, "/api/notices/read", None).await.json()["unread"], json!(0));
    let audited = server.client.get("/api/audit").await.text();
    assert!(!audited.contains("notice.read") && audited.contains("notice.target.create"), "{audited}");
    let both = server.client.post("/api/notices/read", &json!({ "ids": [1], "up_to": 2 })).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", both.text());
}

#[tokio::test]
async fn crashes_in_a_row_are_told_once_and_then_that_it_was_given_up() {
    let hook = Hook::new().await;
    let server = Start::new().env("AIKORE_RESTART_ATTEMPTS", "2").serve();
    webhook(&server, &hook).await;
    server.blueprint("f.sh", "", "exit 7");
    let id = server.create("f", "f.sh").await;
    let policy = json!({ "restart_policy": "on-failure" });
    assert_eq!(
        server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&policy)).await.status,
        StatusCode::OK
    );
    server.ask(id, "start").await;
    let crashed = hook.hears("crashed").await;
    let text = crashed["text"].as_str().unwrap();
    assert!(text.contains("exit code 7") && text.contains("attempt 1 of 2"), "the server starts it again: {text}");
    let gave_up = hook.hears("gave_up").await;
    assert!(gave_up["text"].as_str().unwrap().contains("given up"), "{gave_up}");
    assert_eq!(gave_up["url"], Value::Null, "nobody said how people reach it");
    assert_eq!((hook.of_kind("crashed").len(), hook.of_kind("gave_up").len()), (1, 1));
    // One that had recovered crashes anew.
    server.blueprint("g.sh", "", &port::script());
    let id = server.create("g", "g.sh").await;
    server.client.call(Method::PUT, &format!("/api/instances/{id}"), Some(&policy)).await;
    server.ask(id, "start").await;
    let mut before = Value::Null;
    for count in 1..=2 {
        let running = eventually_async("it is back", || async {
            Some(server.instance(id).await).filter(|now| now["status"] == "started" && now["pid"] != before)
        })
        .await;
        kill(&running);
        before = running["pid"].clone();
        eventually_async("the crash", || async { (hook.of_kind("crashed").len() > count).then_some(()) }).await;
    }
}

#[tokio::test]
async fn who_does_not_answer_is_told() {
    let hook = Hook::new().await;
    let server = Start::new().env("AIKORE_STALLED_AFTER", "1s").serve();
    webhook(&server, &hook).await;
    server.blueprint(
        "s.sh",
        "",
        "sleep 2\necho about to listen\nexec python3 -m http.server --bind 127.0.0.1 \"$WEBUI_PORT\"",
    );
    let id = server.create("s", "s.sh").await;
    server.ask(id, "start").await;
    let stalled = hook.hears("stalled").await;
    assert!(stalled["text"].as_str().unwrap().starts_with("s: Not ready after 1s."), "{stalled}");
    assert_eq!(stalled["level"], "warn");
    assert_eq!(hook.hears("ready").await["text"], "s answers again.");
    assert_eq!(hook.of_kind("stalled").len(), 1);
}

#[tokio::test]
async fn what_an_earlier_server_left_is_no_news() {
    let hook = Hook::new().await;
    let mut server = Server::new();
    webhook(&server, &hook).await;
    let (a, b, c) = (server.hello("a").await, server.hello("b").await, server.hello("c").await);
    hook.gets(3).await;
    let former = server.instance(c).await;
    server.end("USR2");
    // One of them ends while there is no server; as it is wanted, the next one starts it again.
    kill(&former);
    server.start();
    for id in [a, b] {
        server.wait_status(id, "started").await;
    }
    eventually_async("that it runs again", || async {
        let now = server.instance(c).await;
        (now["status"] == "started" && now["pid"] != former["pid"]).then_some(())
    })
    .await;
    // What happens from now on is.
    server.ask(a, "stop?wait=true").await;
    server.ask(a, "start").await;
    server.wait_status(a, "started").await;
    let told = eventually_async("that a is ready", || async {
        let got = hook.got();
        let told: Vec<String> = got.iter().map(|got| got.json()["text"].as_str().unwrap().to_owned()).collect();
        (told.iter().filter(|text| *text == "a is ready.").count() == 2).then_some(told)
    })
    .await;
    assert_eq!(told.iter().filter(|text| *text == "b is ready.").count(), 1, "{told:?}");
    assert!(
        told.iter().all(|text| text.ends_with(" is ready.")),
        "of what ended without a server nobody is told: {told:?}"
    );
}

#[tokio::test]
async fn targets_are_checked_changed_and_keep_their_secrets() {
    let mut server = Start::new().with_login().serve();
    let session = server.log_in().await;
    server.manage().await;
    let hook = Hook::new().await;
    let good = json!({ "name": " Phone ", "kind": "webhook", "url": hook.url("/x"), "secret": "tops3cret" });
    let with = |field: &str, value: Value| {
        let mut target = good.clone();
        target[field] = value;
        target
    };
    let id = add(&server, &good).await;
    for (target, status, field) in [
        (with("name", json!("Phone")), 409, "name"),
        (with("name", json!("")), 422, "name"),
        (with("url", json!("ftp://example.com")), 422, "url"),
        (with("url", json!("javascript:alert(1)")), 422, "url"),
        (with("url", json!("http://me:pw@example.com")), 422, "url"),
        (with("wants", json!([])), 422, "wants"),
        (with("wants", json!(["test"])), 422, "wants"),
    ] {
        let mut target = target;
        if field != "name" {
            target["name"] = json!("Other");
        }
        let refused = server.client.post("/api/notices/targets", &target).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (status, Some(field)), "{target}");
        assert!(refused.detail().ends_with('.'), "{}", refused.detail());
    }
    let unknown = server.client.post("/api/notices/targets", &with("kind", json!("pigeon"))).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);

    let put = async |id: i64, change: Value| {
        server.client.call(Method::PUT, &format!("/api/notices/targets/{id}"), Some(&change)).await
    };
    let seen = target(&server, id).await;
    assert_eq!((&seen["name"], &seen["has_secret"], &seen["enabled"]), (&json!("Phone"), &json!(true), &json!(true)));
    assert_eq!(seen["wants"].as_array().unwrap().len(), 8, "everything, unless somebody chooses");
    let changed = put(id, json!({ "wants": ["crashed", "ready"], "enabled": false })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!((&changed.json()["wants"], &changed.json()["has_secret"]), (&json!(["ready", "crashed"]), &json!(true)));
    // A secret goes to nobody it was not given for.
    let other = Hook::new().await;
    let moved = put(id, json!({ "url": other.url("/y") })).await;
    assert_eq!((moved.status.as_u16(), moved.json()["field"].as_str()), (422, Some("secret")), "{}", moved.text());
    assert_eq!(put(id, json!({ "url": other.url("/y"), "secret": null })).await.json()["has_secret"], false);
    assert_eq!(put(id, json!({ "url": hook.url("/x"), "secret": "tops3cret" })).await.json()["has_secret"], true);

    // Discord's address is a secret itself.
    let discord = hook.url("/api/webhooks/12/h1dden");
    let d = add(&server, &json!({ "name": "Channel", "kind": "discord", "url": discord })).await;
    assert_eq!(target(&server, d).await["url"], hook.url("/api/webhooks/12/…"));
    let renamed = put(d, json!({ "name": "Room", "url": hook.url("/api/webhooks/12/…") })).await;
    assert_eq!(renamed.json()["name"], "Room", "{}", renamed.text());
    assert_eq!(test(&server, d).await["ok"], true);
    assert!(hook.got()[0].head.starts_with("POST /api/webhooks/12/h1dden "), "{:?}", hook.got());

    // Whoever echoes a secret is not quoted with it.
    hook.will_say(&[("401 Unauthorized", "bad tops3cret, said tops3cret")]);
    let said = test(&server, id).await;
    assert_eq!(said["ok"], false);
    let host = format!("127.0.0.1:{}", hook.port);
    assert_eq!(said["detail"], format!("{host} answered 401 (Unauthorized): bad …, said …"));
    let audit = server.client.get("/api/audit").await;
    for text in [server.client.get("/api/notices/targets").await.text(), audit.text(), server.log()] {
        for secret in ["tops3cret", "h1dden"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    for action in ["create", "change", "test"] {
        assert!(audit.text().contains(&format!("notice.target.{action}")), "{}", audit.text());
    }

    // Who may look does not see them; who is nobody sees nothing.
    let read = server.token(&session, "reader", &["read"]).await;
    let bearer = format!("Bearer {read}");
    for (method, path, status) in [
        ("GET", "/api/notices".to_owned(), 200),
        ("GET", "/api/notices/targets".to_owned(), 403),
        ("POST", "/api/notices/read".to_owned(), 403),
        ("POST", format!("/api/notices/targets/{id}/test"), 403),
        ("DELETE", format!("/api/notices/targets/{id}"), 403),
    ] {
        let answer = server.client.ask(method, &path, &[("authorization", &bearer)], None).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(server.client.ask(method, &path, &[], None).await.status, 401, "{method} {path}");
    }
    assert_eq!(by(&server, &session, "DELETE", &format!("/api/notices/targets/{id}"), None).await.status, 204);
    for (method, path) in [("PUT", ""), ("POST", "/test"), ("DELETE", "")] {
        let path = format!("/api/notices/targets/{id}{path}");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let gone = server.client.call(method, &path, Some(&json!({}))).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.text());
    }
}

#[tokio::test]
async fn each_kind_of_target_is_spoken_to_in_its_own_way() {
    let (hook, ntfy, discord) = (Hook::new().await, Hook::new().await, Hook::new().await);
    let server = Start::new().env("AIKORE_PUBLIC_URL", "https://ai.example.com").env("AIKORE_BASE_PATH", "/ai").serve();
    let wants = json!(["crashed"]);
    add(&server, &json!({ "name": "a", "kind": "webhook", "url": hook.url("/in"), "secret": "k3y", "wants": wants }))
        .await;
    add(&server, &json!({ "name": "b", "kind": "ntfy", "url": ntfy.url("/topic"), "secret": "tk_1", "wants": wants }))
        .await;
    let url = discord.url("/api/webhooks/1/x");
    add(&server, &json!({ "name": "c", "kind": "discord", "url": url, "wants": wants })).await;
    server.blueprint("f.sh", "", "echo a secret\nexit 3");
    let id = server.create("Bad @everyone 漫画", "f.sh").await;
    server.ask(id, "start").await;
    let got = hook.gets(1).await.remove(0);
    assert!(got.head.starts_with("POST /in HTTP/1.1"), "{}", got.head);
    assert_eq!(got.field("content-type"), "application/json");
    assert!(got.field("user-agent").starts_with("AiKore/"), "{}", got.head);
    let slug = server.instance(id).await["slug"].as_str().unwrap().to_owned();
    assert_eq!(got.json()["url"], format!("https://ai.example.com/ai/instance/{slug}/"));
    // By another's arithmetic.
    let sum = Command::new("python3")
        .args([
            "-c",
            "import hmac, sys; print(hmac.new(b'k3y', sys.argv[1].encode(), 'sha256').hexdigest())",
            &got.body,
        ])
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(got.field("x-aikore-signature"), format!("sha256={}", sum.trim()));

    let got = ntfy.gets(1).await.remove(0);
    assert!(got.head.starts_with("POST /topic HTTP/1.1"), "{}", got.head);
    for (name, value) in [("authorization", "Bearer tk_1"), ("priority", "5"), ("tags", "rotating_light,aikore")] {
        assert_eq!(got.field(name), value, "{}", got.head);
    }
    assert!(got.field("title").starts_with("=?UTF-8?B?"), "{}", got.head);
    assert!(got.body.starts_with("Bad @everyone 漫画: It ended with exit code 3."), "{}", got.body);

    let got = discord.gets(1).await.remove(0).json();
    assert_eq!(got["allowed_mentions"], json!({ "parse": [] }));
    assert!(got["embeds"][0]["title"].as_str().unwrap().contains("\\@everyone"), "{got}");
    assert!(got["embeds"][0]["color"].as_u64().is_some(), "{got}");
    assert!(!got.to_string().contains("a secret"), "no lines of the log: {got}");
}

#[tokio::test]
async fn who_is_busy_is_told_again_and_who_refuses_is_not() {
    let (busy, refusing, lost) = (Hook::new().await, Hook::new().await, Hook::new().await);
    let server = Server::new();
    let again = "503 Service Unavailable\r\nRetry-After: 0";
    busy.will_say(&[(again, "later"), ("429 Too Many Requests\r\nRetry-After: 1", "slowly"), ("204 No Content", "")]);
    refusing.will_say(&[("404 Not Found", "no such topic")]);
    lost.will_say(&[(again, ""), (again, ""), (again, ""), (again, ""), (again, "still busy"), ("200 OK", "a sixth?")]);
    let target_of = async |name: &str, hook: &Hook| {
        add(&server, &json!({ "name": name, "kind": "webhook", "url": hook.url("/in"), "wants": ["ready"] })).await
    };
    let (a, b, c) = (target_of("a", &busy).await, target_of("b", &refusing).await, target_of("c", &lost).await);
    server.hello("x").await;
    let got = busy.gets(3).await;
    assert!(got.iter().all(|got| got.body == got_first(&busy)), "the same each time");
    let sent = eventually_async("that it was delivered", || async {
        Some(target(&server, a).await).filter(|target| target["last_sent_at"].is_string())
    })
    .await;
    assert_eq!(sent["last_error"], Value::Null);
    for (id, why) in
        [(b, "answered 404 (Not Found): no such topic"), (c, "answered 503 (Service Unavailable): still busy")]
    {
        let failed = eventually_async("the failure", || async {
            Some(target(&server, id).await).filter(|target| target["last_error"].is_string())
        })
        .await;
        assert!(failed["last_error"].as_str().unwrap().ends_with(why), "{failed}");
        assert!(failed["last_sent_at"].is_null() && failed["last_error_at"].is_string(), "{failed}");
    }
    assert_eq!((refusing.got().len(), lost.got().len()), (1, 5));
    // What works again is no failure any more.
    assert_eq!(test(&server, b).await["ok"], true);
    assert_eq!(target(&server, b).await["last_error"], Value::Null);
}

fn got_first(hook: &Hook) -> String {
    hook.got()[0].body.clone()
}

#[tokio::test]
async fn who_never_answers_holds_up_nobody() {
    let (deaf, well) = (Hook::new().await, Hook::new().await);
    let mut server = Server::new();
    deaf.will_say(&[("", ""), ("", "")]);
    let target_of = async |name: &str, url: String| {
        add(&server, &json!({ "name": name, "kind": "webhook", "url": url, "wants": ["ready"] })).await
    };
    let silent = target_of("deaf", deaf.url("/")).await;
    target_of("well", well.url("/")).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = target_of("gone", format!("http://{nobody}/")).await;
    let begun = Instant::now();
    server.hello("x").await;
    well.gets(1).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let refused = test(&server, gone).await;
    assert!(refused["detail"].as_str().unwrap().starts_with(&format!("{nobody} can't be reached: ")), "{refused}");
    let begun = Instant::now();
    let said = test(&server, silent).await;
    assert_eq!(said["detail"], format!("127.0.0.1:{} did not answer within 10 s.", deaf.port));
    assert!((9..14).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    // The server goes although somebody is being told again and again.
    let begun = Instant::now();
    server.end("TERM");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn redirects_lead_to_nobody_else() {
    let (hook, other) = (Hook::new().await, Hook::new().await);
    let server = Server::new();
    let id = add(&server, &json!({ "name": "a", "kind": "webhook", "url": hook.url("/old"), "secret": "k3y" })).await;
    hook.will_say(&[("307 Temporary Redirect\r\nLocation: /new", ""), ("200 OK", "welcome")]);
    let said = test(&server, id).await;
    assert_eq!((&said["ok"], hook.got().len()), (&json!(true), 2), "{said}");
    let got = hook.got();
    assert!(got[1].head.starts_with("POST /new ") && got[1].body == got[0].body, "{got:?}");
    for (status, to) in [
        ("307 Temporary Redirect", other.url("/in")),
        ("308 Permanent Redirect", other.url("/in")),
        ("302 Found", hook.url("/other")),
        ("301 Moved Permanently", other.url("/in")),
    ] {
        hook.will_say(&[(&format!("{status}\r\nLocation: {to}"), "")]);
        let said = test(&server, id).await;
        assert_eq!(said["ok"], false, "{status}");
        assert!(said["detail"].as_str().unwrap().contains(&format!("sends to another address ({to})")), "{said}");
    }
    assert_eq!((other.got().len(), hook.got().len()), (0, 6));
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_is_told_once() {
    let start = Start::new();
    let models = start.folder().join("config/models");
    std::fs::create_dir_all(&models).unwrap();
    // A disk of its own, so small that there are never 5 GB free.
    let mount = format!("mount -t tmpfs -o size=16m none '{}' && exec \"$0\" \"$@\"", models.display());
    let binary = crate::support::binary();
    let command =
        ["unshare".as_ref(), "-Urm".as_ref(), "sh".as_ref(), "-c".as_ref(), mount.as_ref(), binary.as_os_str()];
    let mut server = start.command(command).serve();
    let of_models = async |server: &Server| {
        let all = server.client.get("/api/notices").await.json();
        let all = all["notices"].as_array().unwrap().clone();
        let told = all.into_iter().filter(|one| one["kind"] == "disk" && one["text"].to_string().contains("16 MB"));
        Some(told.collect::<Vec<Value>>()).filter(|told| !told.is_empty())
    };
    let told = eventually_async("that it is nearly full", || of_models(&server)).await;
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.starts_with("The disk of models is nearly full: 16 MB of 16 MB are free at "), "{text}");
    assert_eq!((&told[0]["level"], &told[0]["instance_id"]), (&json!("warn"), &Value::Null));
    // Two more looks at the disks.
    tokio::time::sleep(Duration::from_secs(22)).await;
    assert_eq!(of_models(&server).await.map(|told| told.len()), Some(1));
    // The next server knows it, too: its first look, and one more.
    server.end("TERM");
    server.start();
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(of_models(&server).await.map(|told| told.len()), Some(1));
}

/// Nobody looks, so there is a sample every ten seconds.
#[tokio::test]
async fn a_job_that_is_done_and_a_card_that_is_lost() {
    let hook = Hook::new().await;
    let one = |busy: u32| format!("GPU-one 25769803776 6442450944 {busy} 61 180500 0 0\n");
    let cards = Cards::new(&one(0));
    let server = &cards.server;
    add(server, &json!({ "name": "a", "kind": "webhook", "url": hook.url("/"), "wants": ["job_done", "gpu_lost"] }))
        .await;
    let id = server.hello("Painter").await;
    cards.turn_into(&one(97));
    tokio::time::sleep(Duration::from_secs(82)).await;
    assert_eq!(hook.got().len(), 0, "it works");
    cards.turn_into(&one(0));
    let done = hook.hears_within(70, "job_done").await;
    let text = done["text"].as_str().unwrap();
    assert!(
        text.starts_with("Painter: the job is done. Its GPU is idle after ") && text.ends_with(" of work."),
        "{text}"
    );
    assert_eq!((&done["instance_id"], &done["level"]), (&json!(id), &json!("info")));
    // It falls off its bus.
    cards.turn_into("GPU-one 0 0 0 0 0 0 0\n");
    let lost = hook.hears_within(45, "gpu_lost").await;
    assert!(lost["text"].as_str().unwrap().contains("GPU 0 (NVIDIA Test 1)"), "{lost}");
    assert_eq!((&lost["level"], hook.got().len()), (&json!("error"), 2));
}
