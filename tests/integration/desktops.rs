//! Persistent mode: apps that live in a desktop on the server. Real X server, window manager, programs and browser.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Server, Start, Viewer, eventually, eventually_async, eventually_async_within};

/// A shell in a window that fills the screen.
const SHELL: &str = "exec xterm -geometry 200x60+0+0 -e bash --norc";
const IS_A_PROGRAM: &str = "# aikore.ready = process\n# aikore.persistent_mode = true";

/// An app that says how it is asked, and answers below whatever address.
const APP: &str = r#"exec python3 -u -c "
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = {'path': self.path, 'prefix': self.headers.get('x-forwarded-prefix'), 'subfolder': os.environ['SUBFOLDER'],
                'gradio': os.environ.get('GRADIO_ROOT_PATH'), 'display': os.environ.get('DISPLAY')}
        with open('asked', 'a') as asked: asked.write(self.headers.get('user-agent', '') + ' ' + self.path + chr(10))
        body = json.dumps(told).encode()
        self.send_response(200); self.send_header('content-type', 'text/html'); self.send_header('content-length', str(len(body)))
        self.end_headers(); self.wfile.write(body)
    def log_message(self, *rest): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), Handler).serve_forever()""#;

/// The processes of a server whose command line begins or goes on so.
fn running(server: &Server, part: &str) -> Vec<u32> {
    let mut all = server.processes();
    all.retain(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(part)
    });
    all
}

fn kill(pid: u32) {
    std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
}

/// Types a command into the shell on a desktop until its file is there: a window needs a moment to have the keys.
async fn typed(server: &Server, viewer: &mut Viewer, name: &str, file: &str) {
    let path = server.config().join("instances").join(name).join(file);
    for _ in 0..60 {
        for pressed in [false, true, false] {
            viewer.point(300, 200, pressed).await;
        }
        viewer.type_line(&format!("touch {file}")).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        if path.exists() {
            return;
        }
    }
    panic!("{file} was typed and never came");
}

async fn view(server: &Server, slug: &str) -> Viewer {
    Viewer::open(server.client.address, &format!("/instance/{slug}/websockify"), &[]).await.unwrap()
}

fn desktops(server: &Server) -> Vec<String> {
    let folder = fs::read_dir(server.config().join("run/desktops")).unwrap();
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_program_lives_on_its_desktop() {
    let server = Server::new();
    let id = server.started("shell", IS_A_PROGRAM, SHELL).await;
    let instance = server.instance(id).await;
    assert_eq!(instance["desktop"]["engine"], "tigervnc");
    assert_eq!(instance["desktop"]["display"], format!(":{}", instance["persistent_display"]));
    assert_eq!((&instance["urls"]["app"], &instance["port"]), (&Value::Null, &instance["app_port"]));
    assert_eq!(instance["persistent_port"], server.pool.0);

    // All three ways in show the viewer and lead to the screen.
    let port = ([127, 0, 0, 1], server.pool.0).into();
    for (address, path, host) in [
        (server.client.address, "/instance/shell/", "localhost"),
        (port, "/", "localhost"),
        (port, "/instance/shell/", "localhost"),
        (server.client.address, "/", "shell.localhost"),
    ] {
        let client = crate::support::Client::at(address);
        let page = client.ask("GET", path, &[("host", host)], None).await;
        assert_eq!((page.status, page.header("x-aikore-answer")), (StatusCode::OK, "desktop"), "{path} {host}");
        assert!(page.header("content-security-policy").contains("default-src 'self'"));
        assert!(
            page.text().contains("\"app\":false") && page.text().contains("\"view_only\":false"),
            "{}",
            page.text()
        );
        let viewer = Viewer::open(address, &format!("{path}websockify"), &[("host", host)]).await.unwrap();
        assert_eq!((viewer.name.as_str(), viewer.size), ("shell", (1280, 800)));
    }
    let slashless = server.client.get("/instance/shell").await;
    assert_eq!((slashless.status.as_u16(), slashless.header("location")), (308, "/instance/shell/"));
    for path in ["/instance/shell/x", "/instance/shell/app/"] {
        let status = server.client.get(path).await.status;
        assert!(matches!(status.as_u16(), 404 | 503), "{path}: {status}");
    }

    // What is typed arrives; two look at the same screen, and whoever comes back finds it as it was.
    let (mut first, mut second) = (view(&server, "shell").await, view(&server, "shell").await);
    typed(&server, &mut first, "shell", "one").await;
    drop(first);
    typed(&server, &mut second, "shell", "two").await;

    let picture = server.client.get(&format!("/api/instances/{id}/screen?width=200")).await;
    assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"));
    let picture = image::load_from_memory(&picture.body).unwrap();
    assert_eq!((picture.width(), picture.height()), (200, 125));

    // Nobody but this user comes near it.
    let folder = server.config().join("run/desktops");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let x = running(&server, "Xtigervnc ");
    assert!(x.len() == 1 && aikore::runtime::proc::listening_ports(&x).is_empty(), "no port at all");

    server.ask(id, "stop?wait=true").await;
    assert_eq!(server.instance(id).await["desktop"], Value::Null);
    assert!(second.is_ended().await);
    assert!(desktops(&server).is_empty(), "{:?}", desktops(&server));
    server.assert_nothing_left();
    assert_eq!(server.client.get("/instance/shell/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let refused = server.client.get(&format!("/api/instances/{id}/screen")).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.detail().contains("no desktop"), "{}", refused.text());
}

#[tokio::test]
async fn a_web_ui_is_shown_by_a_browser_and_lies_below_app() {
    let server = Server::new();
    let id = server.started("ui", "# aikore.persistent_mode = true", APP).await;
    let instance = server.instance(id).await;
    assert_eq!(instance["urls"]["app"], "/instance/ui/app/");
    let told = server.client.get("/instance/ui/app/x?y").await.json();
    assert_eq!((&told["path"], &told["prefix"]), (&json!("/x?y"), &json!("/instance/ui/app")));
    assert_eq!((&told["subfolder"], &told["gradio"]), (&json!("/instance/ui/app/"), &json!("/instance/ui/app")));
    assert_eq!(told["display"], instance["desktop"]["display"]);
    let port = crate::support::Client::at(([127, 0, 0, 1], server.pool.0).into());
    assert_eq!(port.get("/app/x").await.json()["path"], "/x");
    assert_eq!(port.get("/instance/ui/app/x").await.json()["path"], "/x");
    let slashless = server.client.get("/instance/ui/app").await;
    assert_eq!((slashless.status.as_u16(), slashless.header("location")), (308, "/instance/ui/app/"));
    let page = server.client.get("/instance/ui/").await;
    assert!(page.header("x-aikore-answer") == "desktop" && page.text().contains("\"app\":true"), "{}", page.text());
    // What falls out of the app's prefix comes back to it.
    let own = format!("http://{}/instance/ui/app/", server.client.address);
    let rescued = server.client.ask("GET", "/static/a.js", &[("referer", &own)], None).await;
    assert_eq!((rescued.status.as_u16(), rescued.header("location")), (307, "/instance/ui/app/static/a.js"));

    // The browser on the desktop has opened it, and comes back when it dies; the app does not notice.
    let asked = server.config().join("instances/ui/asked");
    let opened = || fs::read_to_string(&asked).unwrap_or_default().matches("Mozilla/5.0").count();
    eventually_async_within(30, "the browser", || async { (opened() > 0).then_some(()) }).await;
    let before = opened();
    let kiosk = running(&server, "--kiosk").into_iter().min().unwrap();
    kill(kiosk);
    eventually_async_within(30, "the browser again", || async { (opened() > before).then_some(()) }).await;

    // So does the X server, on the same display, and the app's process stays.
    let leader = server.instance(id).await["pid"].clone();
    let app = running(&server, "serve_forever");
    let x = running(&server, "Xtigervnc ");
    kill(x[0]);
    eventually_async_within(30, "another X server", || async {
        let again = running(&server, "Xtigervnc ");
        (again.len() == 1 && again != x).then_some(())
    })
    .await;
    eventually_async_within(30, "its screen", || async {
        Viewer::open(server.client.address, "/instance/ui/websockify", &[]).await.ok().map(drop)
    })
    .await;
    let again = server.instance(id).await;
    assert_eq!(
        (&again["desktop"], &again["pid"], &again["status"]),
        (&instance["desktop"], &leader, &json!("started"))
    );
    assert_eq!(running(&server, "serve_forever"), app);
    let log = fs::read_to_string(server.config().join("instances/ui/output.log")).unwrap();
    assert!(log.contains("The browser ended") && log.contains("The X server ended"), "{log}");

    // A browser remembers by address: the next run has the same.
    server.ask(id, "stop?wait=true").await;
    server.assert_nothing_left();
    server.ask(id, "start").await;
    let second = server.wait_status(id, "started").await;
    assert_eq!(second["app_port"], instance["app_port"]);
    assert!(server.config().join("instances/ui/.kiosk").is_dir());
}

#[tokio::test]
async fn desktops_outlive_a_killed_server() {
    let mut server = Server::new();
    let id = server.started("shell", IS_A_PROGRAM, SHELL).await;
    let before = server.instance(id).await;
    let mut viewer = view(&server, "shell").await;
    typed(&server, &mut viewer, "shell", "before").await;
    let (x, shell) = (running(&server, "Xtigervnc "), running(&server, "bash --norc"));
    server.end("KILL");
    assert!(viewer.is_ended().await);
    server.start();
    let again = eventually_async("the desktop again", || async {
        let instance = server.instance(id).await;
        instance["desktop"].is_object().then_some(instance)
    })
    .await;
    assert_eq!(
        (&again["pid"], &again["desktop"], &again["status"]),
        (&before["pid"], &before["desktop"], &json!("started"))
    );
    assert_eq!((running(&server, "Xtigervnc "), running(&server, "bash --norc")), (x, shell));
    let mut viewer = view(&server, "shell").await;
    typed(&server, &mut viewer, "shell", "after").await;
}

#[tokio::test]
async fn a_program_ends_with_its_screen_and_all_parts_with_it() {
    let server = Server::new();
    let id = server.started("shell", IS_A_PROGRAM, SHELL).await;
    kill(running(&server, "Xtigervnc ")[0]);
    let ended = server.wait_status(id, "error").await;
    assert!(ended["reason"].as_str().unwrap().contains("ended with its X server"), "{ended}");
    server.assert_nothing_left();
    assert!(desktops(&server).is_empty());

    // One that ends at once says so, with its code.
    server.blueprint("brief.sh", IS_A_PROGRAM, "echo never mind; exit 7");
    let brief = server.create("brief", "brief.sh").await;
    server.ask(brief, "start").await;
    let ended = server.wait_status(brief, "error").await;
    assert_eq!(ended["exit"]["code"], 7);
    assert!(ended["reason"].as_str().unwrap().contains("never mind"), "{ended}");
    server.assert_nothing_left();
    assert!(desktops(&server).is_empty());

    // Killed whole: nothing of it is left either.
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    kill(server.shim(id).await);
    server.wait_status(id, "error").await;
    server.assert_nothing_left();
    assert!(desktops(&server).is_empty());
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_happens() {
    // A search path without any X server.
    let start = Start::new();
    let programs = start.folder().join("programs");
    fs::create_dir(&programs).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for name in ["bash", "python3", "git", "sleep", "env"] {
        let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.exists());
        std::os::unix::fs::symlink(found.unwrap(), programs.join(name)).unwrap();
    }
    let mut server = start.env("PATH", programs.to_str().unwrap()).serve();
    let means = server.client.get("/api/system/desktop").await.json();
    assert_eq!((&means["engine"], &means["browser"]), (&Value::Null, &Value::Null));
    assert!(means["missing"].as_str().unwrap().contains("tigervnc-standalone-server"), "{means}");
    let id = server.create("a", "hello.sh").await;
    let path = format!("/api/instances/{id}");
    let refused = server.client.call(Method::PUT, &path, Some(&json!({ "persistent_mode": true }))).await;
    assert!(refused.status.is_client_error() && refused.detail().contains("install"), "{}", refused.text());
    assert_eq!(refused.json()["field"], "persistent_mode");
    assert_eq!(server.instance(id).await["persistent_mode"], false);
    server.blueprint("shell.sh", IS_A_PROGRAM, SHELL);
    let refused = server.client.post("/api/instances/", &json!({ "name": "b", "base_blueprint": "shell.sh" })).await;
    assert!(refused.status.is_client_error() && refused.detail().contains("install"), "{}", refused.text());

    // Each part by its package's name.
    let real = |name: &str| Path::new("/usr/bin").join(name);
    std::os::unix::fs::symlink(real("Xtigervnc"), programs.join("Xtigervnc")).unwrap();
    let missing = || async { server.client.get("/api/system/desktop").await.json()["missing"].clone() };
    assert!(missing().await.as_str().unwrap().contains("package openbox"));
    std::os::unix::fs::symlink(real("openbox"), programs.join("openbox")).unwrap();
    assert_eq!(missing().await, Value::Null);
    let changed = server.client.call(Method::PUT, &path, Some(&json!({ "persistent_mode": true }))).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let refused = server.ask(id, "start").await;
    assert!(!refused.status.is_success() && refused.detail().contains("firefox-esr"), "{}", refused.text());

    server.end("TERM");
    server.set("AIKORE_DESKTOP", "kasmvnc");
    server.start();
    let means = server.client.get("/api/system/desktop").await.json();
    assert!(means["missing"].as_str().unwrap().contains("AIKORE_DESKTOP is kasmvnc"), "{means}");
}

#[tokio::test]
async fn a_tick_switches_between_the_modes() {
    let server = Server::new();
    let id = server.hello("a").await;
    let before = server.instance(id).await;
    let path = format!("/api/instances/{id}");
    let wanted = json!({ "persistent_mode": true });
    let planned = server.client.call(Method::PUT, &format!("{path}?dry_run=true"), Some(&wanted)).await.json();
    assert_eq!((&planned["restarts"], &planned["cold"]), (&json!(true), &json!(["persistent_mode"])));
    let changed = server.client.call(Method::PUT, &path, Some(&wanted)).await;
    assert_eq!(changed.json()["applied"], "cold", "{}", changed.text());
    let there = server.wait_status(id, "started").await;
    assert_eq!((&there["persistent_port"], &there["port"]), (&before["port"], &there["app_port"]));
    assert_eq!(server.client.get("/instance/a/").await.header("x-aikore-answer"), "desktop");
    let app = server.client.get("/instance/a/app/").await;
    assert_eq!((app.status, app.header("x-aikore-answer")), (StatusCode::OK, ""), "{}", app.text());
    let back = server.client.call(Method::PUT, &path, Some(&json!({ "persistent_mode": false }))).await;
    assert_eq!(back.json()["applied"], "cold", "{}", back.text());
    let again = server.wait_status(id, "started").await;
    assert_eq!((&again["port"], &again["persistent_port"]), (&before["port"], &Value::Null));
    eventually_async("the app at its place", || async {
        let app = server.client.get("/instance/a/").await;
        (app.status == StatusCode::OK && app.header("x-aikore-answer").is_empty()).then_some(())
    })
    .await;
    assert!(running(&server, "Xtigervnc ").is_empty());
}

#[tokio::test]
async fn who_may_only_look_touches_nothing() {
    let server = Start::new().guarded().await;
    let session = server.log_in().await;
    server.blueprint("shell.sh", IS_A_PROGRAM, SHELL);
    let id = server.create("shell", "shell.sh").await;
    let path = format!("/api/instances/{id}");
    server.client.call(Method::PUT, &path, Some(&json!({ "access": "token" }))).await;
    server.ask(id, "start").await;
    server.wait_status(id, "started").await;
    let token = server.token(&session, "a guest", &["view:shell"]).await;
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", bearer.as_str())];
    let page = server.client.ask("GET", "/instance/shell/", &fields, None).await;
    assert!(page.status == StatusCode::OK && page.text().contains("\"view_only\":true"), "{}", page.text());
    let socket = "/instance/shell/websockify";
    assert_eq!(Viewer::open(server.client.address, socket, &[]).await.err(), Some(401), "nobody looks without");
    let mut guest = Viewer::open(server.client.address, socket, &fields).await.unwrap();
    // First it has to be sure that the window takes keys at all.
    let own = format!("Bearer {}", server.client.token.unwrap());
    let mut owner = Viewer::open(server.client.address, socket, &[("authorization", &own)]).await.unwrap();
    typed(&server, &mut owner, "shell", "by-the-owner").await;
    for _ in 0..3 {
        guest.point(300, 200, false).await;
        guest.type_line("touch by-the-guest").await;
    }
    owner.type_line("touch last").await;
    let folder = server.config().join("instances/shell");
    eventually("the owner's last word", || folder.join("last").exists().then_some(()));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!folder.join("by-the-guest").exists());
    // Nor the plain app, nor once the token is gone.
    let app = server.client.ask("GET", "/instance/shell/app/", &fields, None).await;
    assert_eq!(app.status, StatusCode::FORBIDDEN, "{}", app.text());
    let listed = server.client.get("/api/auth/tokens").await.json();
    let token = listed.as_array().unwrap().iter().find(|one| one["name"] == "a guest").unwrap()["id"].clone();
    let revoked = server.client.call(Method::DELETE, &format!("/api/auth/tokens/{token}"), None).await;
    assert!(revoked.status.is_success(), "{}", revoked.text());
    assert!(guest.is_ended().await);
}

#[tokio::test]
async fn without_a_place_for_its_socket_no_x_server_is_started() {
    let start = Start::new();
    let sockets = Path::new("/tmp/.X11-unix");
    if !sockets.exists() {
        fs::create_dir(sockets).unwrap();
        fs::set_permissions(sockets, fs::Permissions::from_mode(0o1777)).unwrap();
    }
    let mount = format!("mount -t tmpfs -o ro none {} && exec \"$0\" \"$@\"", sockets.display());
    let binary = crate::support::binary();
    let command =
        ["unshare".as_ref(), "-Urm".as_ref(), "sh".as_ref(), "-c".as_ref(), mount.as_ref(), binary.as_os_str()];
    let server = start.command(command).serve();
    server.blueprint("shell.sh", IS_A_PROGRAM, SHELL);
    let id = server.create("shell", "shell.sh").await;
    server.ask(id, "start").await;
    let failed = server.wait_status(id, "error").await;
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("can't put its socket into /tmp/.X11-unix") && reason.contains("chmod 1777"), "{reason}");
    server.assert_nothing_left();
    assert!(desktops(&server).is_empty());
}

#[tokio::test]
async fn what_a_machine_left_that_went_down_is_removed() {
    let mut server = Server::new();
    server.end("TERM");
    let folder = server.config().join("run/desktops");
    fs::write(folder.join("0123456789ab.json"), "{}").unwrap();
    fs::write(folder.join("0123456789ab.auth"), "x").unwrap();
    server.start();
    eventually("an empty folder", || desktops(&server).is_empty().then_some(()));
}

#[tokio::test]
async fn twenty_desktops_at_once() {
    let server = Start::new().pool(20).serve();
    server.blueprint("shell.sh", IS_A_PROGRAM, SHELL);
    let mut ids = Vec::new();
    for number in 0..20 {
        let id = server.create(&format!("d{number}"), "shell.sh").await;
        assert_eq!(server.ask(id, "start").await.status, StatusCode::OK);
        ids.push(id);
    }
    let mut displays = std::collections::BTreeSet::new();
    for id in ids {
        let there = eventually_async_within(60, "a desktop", || async {
            let instance = server.instance(id).await;
            assert_ne!(instance["status"], "error", "{instance}");
            (instance["status"] == "started" && instance["desktop"].is_object()).then_some(instance)
        })
        .await;
        displays.insert(there["desktop"]["display"].as_str().unwrap().to_owned());
    }
    assert_eq!(displays.len(), 20, "each has a display of its own");
    let share = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap_or("Pss: 0 kB");
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    for part in ["aikore shim", "exe desktop", "Xtigervnc", "openbox", "xterm"] {
        let all = running(&server, part);
        let sum: u64 = all.iter().map(share).sum();
        println!("{part}: {:.1} MB each", sum as f64 / 1024.0 / 20.0);
    }
    assert_eq!(running(&server, "Xtigervnc ").len(), 20);
}

/// Stands in for KasmVNC, which no package archive has: TigerVNC's X server by its name, and at its port a web server that writes
/// down how it is asked.
const KASM: &str = r#"#!/usr/bin/env python3
import http.server, os, sys
open(os.environ['KASM_SAID'], 'a').write(' '.join(sys.argv[1:]) + '\n')
own = sys.argv[1:]
def take(name):
    at = own.index(name); value = own[at + 1]; del own[at:at + 2]; return value
port, www = int(take('-websocketPort')), take('-httpd')
for name in ('-interface', '-PublicIP', '-sslOnly', '-Log'): take(name)
own.remove('-disableBasicAuth')
if '-hw3d' in own: own.remove('-hw3d'); take('-drinode')
if os.fork() == 0:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        def do_GET(self):
            with open(os.environ['KASM_ASKED'], 'a') as asked: asked.write(self.path + '\n' + str(self.headers) + '\n')
            if self.headers.get('upgrade') == 'websocket':
                import base64, hashlib
                key = self.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
                self.send_response(101); self.send_header('upgrade', 'websocket'); self.send_header('connection', 'Upgrade')
                self.send_header('sec-websocket-accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                self.send_header('sec-websocket-protocol', self.headers['sec-websocket-protocol']); self.end_headers()
                self.wfile.write(bytes([0x82, 4]) + b'kasm'); self.wfile.flush(); self.close_connection = True; return
            body = open(www + '/index.html', 'rb').read()
            self.send_response(200); self.send_header('content-type', 'text/html')
            self.send_header('content-length', str(len(body))); self.end_headers(); self.wfile.write(body)
        def log_message(self, *rest): pass
    os.close(1)
    http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
os.execvp('Xtigervnc', ['Xtigervnc', '-rfbport', '-1', *own])
"#;

#[tokio::test]
async fn kasmvnc_is_started_and_asked_as_it_needs() {
    let start = Start::new();
    let kasm = start.folder().join("kasm");
    fs::create_dir_all(kasm.join("bin")).unwrap();
    fs::create_dir_all(kasm.join("share/kasmvnc/www")).unwrap();
    fs::write(kasm.join("share/kasmvnc/www/index.html"), "the client of kasm").unwrap();
    fs::write(kasm.join("bin/Xkasmvnc"), KASM).unwrap();
    fs::set_permissions(kasm.join("bin/Xkasmvnc"), fs::Permissions::from_mode(0o755)).unwrap();
    let (said, asked) = (kasm.join("said"), kasm.join("asked"));
    let path = format!("{}:{}", kasm.join("bin").display(), std::env::var("PATH").unwrap());
    let server = start
        .env("PATH", &path)
        .env("KASM_SAID", said.to_str().unwrap())
        .env("KASM_ASKED", asked.to_str().unwrap())
        .serve();
    assert_eq!(server.client.get("/api/system/desktop").await.json()["engine"], "kasmvnc", "the better one is taken");
    let id = server.started("shell", IS_A_PROGRAM, SHELL).await;
    assert_eq!(server.instance(id).await["desktop"]["engine"], "kasmvnc");
    let said = fs::read_to_string(&said).unwrap();
    for part in ["-interface 127.0.0.1", "-PublicIP 127.0.0.1", "-disableBasicAuth", "-AlwaysShared", "-displayfd 1"] {
        assert!(said.contains(part), "{said}");
    }

    let options = "autoconnect=true&resize=remote&show_control_bar=true";
    let entrance = server.client.get("/instance/shell/").await;
    let wanted = format!("/instance/shell/?path=instance/shell/websockify&{options}");
    assert_eq!((entrance.status.as_u16(), entrance.header("location")), (307, wanted.as_str()));
    assert_eq!(server.client.get(&wanted).await.text(), "the client of kasm");
    let port = crate::support::Client::at(([127, 0, 0, 1], server.pool.0).into());
    assert_eq!(port.get("/").await.header("location"), format!("/?path=websockify&{options}"));

    // Its socket, with what it needs and nothing long.
    let long = "c".repeat(6000);
    let fields = [
        ("host", "localhost"),
        ("origin", "http://localhost"),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "binary"),
        ("cookie", long.as_str()),
    ];
    let fields: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let answer = crate::support::knock(server.client.address, "GET", "/instance/shell/websockify", &fields, "").await;
    assert_eq!(answer.status, 101);
    let asked = fs::read_to_string(&asked).unwrap().to_ascii_lowercase();
    let last = asked.rsplit("/websockify\n").next().unwrap();
    for part in ["host: ", "origin: http://localhost", "sec-websocket-protocol: binary"] {
        assert!(last.contains(part), "{last}");
    }
    assert!(!last.contains("cookie"), "{last}");
}
