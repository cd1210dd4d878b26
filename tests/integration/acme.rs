//! Certificates by ACME, from pebble: the test authority of Let's Encrypt, which really connects to prove a name.

use std::fs;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::support::{Server, Start, asked, curl, eventually, eventually_within, free_ports};

/// What the server is called, and what pebble finds at 127.0.0.1.
const NAMES: [&str; 2] = ["ai.lan", "box.lan"];

/// How long an order may take on a busy machine.
const ISSUING: u64 = 60;

/// An authority with ports of its own.
struct Pebble {
    folder: tempfile::TempDir,
    directory: u16,
    management: u16,
    dns: u16,
    process: Option<Child>,
}

impl Pebble {
    /// It proves names at this port.
    fn start(port: u16) -> Self {
        let directory = free_ports(2);
        let mut pebble = Self {
            folder: tempfile::tempdir().unwrap(),
            directory,
            management: directory + 1,
            dns: answer_names(),
            process: None,
        };
        pebble.make_certificate();
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{directory}"),
            "managementListenAddress": format!("127.0.0.1:{}", pebble.management),
            "certificate": pebble.path("leaf.pem"),
            "privateKey": pebble.path("leaf.key"),
            "httpPort": 1,
            "tlsPort": port,
        }});
        fs::write(pebble.path("config.json"), config.to_string()).unwrap();
        pebble.start_again();
        pebble
    }

    /// It forgets everything: its root, its accounts.
    fn start_again(&mut self) {
        self.stop();
        let log = fs::File::create(self.path("log")).unwrap();
        let mut command = Command::new("pebble");
        command
            .args(["-strict", "-config"])
            .arg(self.path("config.json"))
            .args(["-dnsserver", &format!("127.0.0.1:{}", self.dns)])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0")
            .env_remove("PEBBLE_VA_ALWAYS_VALID")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.process = Some(command.spawn().expect("pebble is missing: scripts/setup-tests.sh installs it"));
        eventually("pebble", || self.get(self.directory, "dir").map(|_| ()));
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/dir", self.directory)
    }

    fn get(&self, port: u16, path: &str) -> Option<Vec<u8>> {
        let ca = self.path("ca.pem");
        let output = curl(&["--cacert", ca.to_str().unwrap(), &format!("https://localhost:{port}/{path}")]);
        output.status.success().then_some(output.stdout)
    }

    /// The file of what signs its certificates now.
    fn root(&self) -> String {
        let path = self.path("root.pem");
        fs::write(&path, self.get(self.management, "roots/0").unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The directory's own certificate, and who vouches for it.
    fn make_certificate(&self) {
        let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Not the name rcgen gives the leaf: OpenSSL would take that one for its own issuer.
        ca.distinguished_name.push(DnType::CommonName, "the directory's authority");
        fs::write(self.path("ca.pem"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        fs::write(self.path("leaf.pem"), leaf.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap().pem()).unwrap();
        fs::write(self.path("leaf.key"), key.serialize_pem()).unwrap();
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("pebble's log:\n{}", self.log());
        }
    }
}

/// A name server that knows one address for everything. Its thread ends with the process.
fn answer_names() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            // RFC 1035 §4.1: twelve octets of head, then labels up to an empty one, then type and class.
            let question = &packet[12..length];
            let end = question.iter().position(|octet| *octet == 0).unwrap() + 5;
            let wants_v4 = question[end - 3] == 1;
            let mut answer = [&packet[..2], &[0x81, 0x80, 0, 1, 0, u8::from(wants_v4), 0, 0, 0, 0]].concat();
            answer.extend(&question[..end]);
            if wants_v4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 1]);
            }
            let _ = socket.send_to(&answer, from);
        }
    });
    port
}

/// A server at this port whose names are to be certified.
fn server(port: u16, pebble: &Pebble) -> Server {
    Start::new()
        .env("AIKORE_TLS", "acme")
        .env("AIKORE_LISTEN", &format!("127.0.0.1:{port}"))
        .env("AIKORE_ACME_DOMAINS", &NAMES.join(","))
        .env("AIKORE_ACME_EMAIL", "me@example.org")
        .env("AIKORE_ACME_DIRECTORY", &pebble.url())
        .env("SSL_CERT_FILE", pebble.path("ca.pem").to_str().unwrap())
        .serve()
}

/// Whether a client that trusts this authority gets an answer at `https://<name>:<port>/<path>`.
fn trusts(authority: &str, name: &str, port: u16, path: &str) -> bool {
    let at = format!("{name}:{port}:127.0.0.1");
    let url = format!("https://{name}:{port}/{path}");
    curl(&["--fail", "--cacert", authority, "--resolve", &at, &url]).status.success()
}

fn wait_for_certificate(server: &Server, root: &str, port: u16) {
    eventually_within(ISSUING, "a certificate of pebble's", || {
        assert!(!server.log().contains("no new certificate"), "{}", server.log());
        trusts(root, NAMES[0], port, "healthz").then_some(())
    });
}

#[test]
fn a_certificate_is_fetched_kept_and_renewed() {
    let port = free_ports(1);
    let mut pebble = Pebble::start(port);
    let mut server = server(port, &pebble);
    let local = server.config().join("tls/ca.pem").to_str().unwrap().to_owned();
    let first_root = pebble.root();
    wait_for_certificate(&server, &first_root, port);
    assert!(server.log().contains("took up a new certificate for ai.lan, box.lan"), "{}", server.log());

    // Every name listed, on every port; what is not listed has the local authority's.
    assert!(trusts(&first_root, "box.lan", port, "api/status"));
    assert!(trusts(&local, "other.lan", port, "healthz") && !trusts(&first_root, "other.lan", port, "healthz"));
    assert!(trusts(&local, "127.0.0.1", port, "healthz"));
    let base = format!("https://127.0.0.1:{port}/api/instances");
    let call = |arguments: &[&str]| {
        let output = curl(&[&["--cacert", local.as_str()], arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    call(&["--json", r#"{"name":"a","base_blueprint":"hello.sh"}"#, &format!("{base}/")]);
    call(&["-X", "POST", &format!("{base}/1/start")]);
    eventually("the app", || call(&[&format!("{base}/1")]).contains("\"status\":\"started\"").then_some(()));
    assert!(trusts(&first_root, "ai.lan", server.pool.0, "api/echo"));

    // Plain HTTP is still sent on.
    assert_eq!(asked(&[&format!("http://localhost:{port}/x?y")]), format!("308 1.1 https://localhost:{port}/x?y"));
    // Nobody is under proof now: such a handshake fails. A browser is never led into one.
    let protocols = |offered: &str| {
        let output = Command::new("openssl")
            .args(["s_client", "-connect", &format!("127.0.0.1:{port}"), "-servername", "ai.lan", "-alpn", offered])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(!protocols("acme-tls/1").0);
    assert!(protocols("acme-tls/1,h2").1.contains("ALPN protocol: h2"));

    let folder = server.config().join("tls/acme");
    let mode = |path: &PathBuf| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files.iter().all(|path| mode(path) == 0o600));

    // What is kept is used without asking anybody.
    let log = server.log().len();
    server.end("TERM");
    pebble.stop();
    server.start();
    assert!(trusts(&first_root, "ai.lan", port, "healthz"));
    assert!(server.log()[log..].contains("the certificate for ai.lan, box.lan is valid until"), "{}", server.log());
    server.end("TERM");

    // One with less than a third of its time left is used, and renewed at once; an authority that has forgotten our
    // account is told of a new one.
    let kept = files.iter().find(|path| path.extension().is_some_and(|end| end == "pem")).unwrap();
    let old = nearly_over();
    fs::write(kept, &old).unwrap();
    pebble.start_again();
    let root = pebble.root();
    pebble.signal("STOP");
    let log = server.log().len();
    server.start();
    assert!(trusts(kept.to_str().unwrap(), "ai.lan", port, "healthz"));
    let mut connection = Connection::open(port);
    connection.ask();
    pebble.signal("CONT");
    wait_for_certificate(&server, &root, port);
    // Whoever was connected meanwhile still is.
    connection.ask();
    assert!(server.log()[log..].contains("is valid until") && !server.log()[log..].contains("there is no certificate"));
    assert_ne!(fs::read(kept).unwrap(), old);
}

/// A connection that stays open from question to question.
struct Connection(Child);

impl Connection {
    fn open(port: u16) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{port}"), "-servername", "ai.lan"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn ask(&mut self) {
        self.0.stdin.as_mut().unwrap().write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains(r#"{"status":"ok"}"#) {
            let mut part = [0; 1024];
            let length = self.0.stdout.as_mut().unwrap().read(&mut part).unwrap();
            assert!(length > 0, "it was closed: {}", String::from_utf8_lossy(&answer));
            answer.extend(&part[..length]);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A chain and a key for the names, with ten days of ninety left.
fn nearly_over() -> Vec<u8> {
    let day = Duration::from_secs(24 * 3600);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
    (params.not_before, params.not_after) =
        ((SystemTime::now() - day * 80).into(), (SystemTime::now() + day * 10).into());
    format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem()).into_bytes()
}

/// The server is up with the local authority's certificate, and says in one line what is wrong and what to do.
fn assert_up_without(server: &mut Server, port: u16, wrong: &[&str]) {
    let local = server.config().join("tls/ca.pem").to_str().unwrap().to_owned();
    assert!(trusts(&local, "ai.lan", port, "healthz"));
    assert!(server.log().contains("there is no certificate for ai.lan, box.lan yet"), "{}", server.log());
    let said = eventually_within(ISSUING, "the complaint", || {
        server.log().lines().find(|line| line.contains("no new certificate for ai.lan, box.lan")).map(str::to_owned)
    });
    for word in wrong.iter().chain(&["(next try in 1m"]) {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(trusts(&local, "ai.lan", port, "healthz"));
    assert_eq!(asked(&[&format!("http://localhost:{port}/")]), format!("308 1.1 https://localhost:{port}/"));
    // It waits for its next try, and goes at once all the same.
    assert!(server.end("TERM").success());
    assert!(!server.log().contains("cutting what is still connected"), "{}", server.log());
}

#[test]
fn a_directory_that_does_not_answer_leaves_the_server_up() {
    let port = free_ports(1);
    let mut pebble = Pebble::start(port);
    pebble.stop();
    let mut server = server(port, &pebble);
    assert_up_without(&mut server, port, &["can't be reached", "AIKORE_ACME_DIRECTORY"]);
}

#[test]
fn a_name_that_cannot_be_proved_leaves_the_server_up() {
    let port = free_ports(1);
    // Where nobody listens.
    let pebble = Pebble::start(1);
    let mut server = server(port, &pebble);
    assert_up_without(&mut server, port, &[".lan: Failed to connect to 127.0.0.1:1", "public port 443"]);
}
