//! TLS on every listener, asked by curl.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Server, Start, asked, curl, eventually, eventually_async};

fn port(server: &Server) -> u16 {
    server.client.address.port()
}

/// A server whose plain client only finds redirects: it is driven by curl.
fn secure() -> Server {
    Start::new().env("AIKORE_TLS", "self-signed").env("AIKORE_HSTS", "on").serve()
}

#[test]
fn a_local_authority_vouches_for_every_name_and_is_kept() {
    let mut server = secure();
    let authority = server.config().join("tls/ca.pem");
    let trusted = |server: &Server, host: &str| {
        let (port, address) = (port(server), format!("{host}:{}:127.0.0.1", port(server)));
        asked(&[
            "--cacert",
            authority.to_str().unwrap(),
            "--resolve",
            &address,
            &format!("https://{host}:{port}/api/status"),
        ])
    };
    for host in ["localhost", "127.0.0.1", "gpubox.lan"] {
        assert_eq!(trusted(&server, host), "200 2", "{host}");
    }
    let before = fs::read(&authority).unwrap();
    for file in ["ca.key", "leaf-gpubox.lan.pem"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(server.config().join("tls").join(file)).unwrap().permissions().mode() & 0o777,
            0o600,
            "{file}"
        );
    }
    server.end("TERM");
    server.start();
    assert_eq!(fs::read(&authority).unwrap(), before);
    assert_eq!(trusted(&server, "gpubox.lan"), "200 2");
}

#[test]
fn plain_http_is_sent_to_https() {
    let server = secure();
    let port = port(&server);
    assert_eq!(asked(&[&format!("http://localhost:{port}/x?y")]), format!("308 1.1 https://localhost:{port}/x?y"));
    assert!(asked(&["--header", "Host: evil.com", &format!("http://localhost:{port}/")]).starts_with("421"));
    let head = curl(&["--insecure", "--head", &format!("https://localhost:{port}/healthz")]);
    assert!(String::from_utf8_lossy(&head.stdout).to_lowercase().contains("strict-transport-security"), "{head:?}");
}

#[tokio::test]
async fn apps_are_reached_over_both_versions_by_every_way_in() {
    let server = secure();
    let base = format!("https://localhost:{}", port(&server));
    let call = |arguments: &[&str]| String::from_utf8(curl(&[&["--insecure"], arguments].concat()).stdout).unwrap();
    let create = r#"{"name":"a","base_blueprint":"hello.sh"}"#;
    let created = call(&["--json", create, &format!("{base}/api/instances/")]);
    let public = format!("https://localhost:{}", server.pool.0);
    assert!(created.contains(&format!("\"port\":\"{public}/\"")), "{created}");
    call(&["-X", "POST", &format!("{base}/api/instances/1/start")]);
    eventually("the app", || {
        call(&[&format!("{base}/api/instances/1")]).contains("\"status\":\"started\"").then_some(())
    });
    for version in ["--http1.1", "--http2"] {
        let cookies = ["--cookie", "a=1", "--header", "x-forwarded-proto: http"];
        let echo = call(&[&cookies[..], &[version, &format!("{base}/instance/a/api/echo")]].concat());
        let echo: serde_json::Value = serde_json::from_str(&echo).unwrap();
        assert_eq!(echo["headers"]["x-forwarded-proto"], "https", "{version}");
        assert_eq!(echo["headers"]["host"], format!("localhost:{}", port(&server)), "{version}");
        assert_eq!(echo["headers"]["cookie"], "a=1");
        let upload = call(&[version, "--data-binary", &"x".repeat(100_000), &format!("{base}/instance/a/api/echo")]);
        assert!(upload.contains("\"size\": 100000"), "{version}: {upload}");
    }
    assert_eq!(asked(&["--insecure", &format!("{public}/api/status/204")]), "204 2");
    assert_eq!(asked(&[&format!("http://localhost:{}/x", server.pool.0)]), format!("308 1.1 {public}/x"));
}

/// A certificate for localhost, valid for that many days.
fn issue(folder: &Path, days: &str) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-days", days, "-keyout", "key.pem", "-out", "chain.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn files_are_taken_up_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path(), "10");
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let server = Start::new()
        .env("AIKORE_TLS", "files")
        .env("AIKORE_TLS_CERT", chain.to_str().unwrap())
        .env("AIKORE_TLS_KEY", key.to_str().unwrap())
        .serve();
    let url = format!("https://localhost:{}/healthz", port(&server));
    assert_eq!(asked(&["--cacert", chain.to_str().unwrap(), &url]), "200 2");
    let old = folder.path().join("old.pem");
    fs::copy(&chain, &old).unwrap();
    // Cut off in the middle of a renewal: the old one stays in use.
    fs::write(&chain, "-----BEGIN CERTIFICATE-----\n").unwrap();
    eventually_async("the complaint", || async { server.log().contains("the old one stays").then_some(()) }).await;
    assert_eq!(asked(&["--cacert", old.to_str().unwrap(), &url]), "200 2");
    issue(folder.path(), "20");
    eventually_async("the new certificate", || async {
        curl(&["--cacert", chain.to_str().unwrap(), &url]).status.success().then_some(())
    })
    .await;
    assert!(!curl(&["--cacert", old.to_str().unwrap(), &url]).status.success());
}

#[test]
fn a_key_of_another_certificate_is_refused_at_start() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    issue(one.path(), "10");
    issue(two.path(), "10");
    let server = Server::new();
    let output = server
        .command(&["serve"])
        .env("AIKORE_CONFIG_DIR", one.path().join("config"))
        .env("AIKORE_TLS", "files")
        .env("AIKORE_TLS_CERT", one.path().join("chain.pem"))
        .env("AIKORE_TLS_KEY", two.path().join("key.pem"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not belong to"), "{output:?}");
}
