//! Requests that must not get through: the child's own log shows what reached it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::support::{Rough, Server, Wire};

struct Target {
    server: Server,
    rough: Rough,
}

impl Target {
    async fn new() -> Self {
        let server = Server::new();
        let rough = server.rough("a").await;
        Self { server, rough }
    }

    /// Says all that and hangs up its half; the statuses of what comes back.
    async fn hit(&self, bytes: &[u8]) -> Vec<u16> {
        let mut wire = Wire::to(self.server.client.address).await;
        // It may be refused before it was said.
        let _ = wire.stream.write_all(bytes).await;
        let mut statuses = Vec::new();
        while let Ok(Some(answer)) = tokio::time::timeout(Duration::from_secs(2), wire.answer("GET")).await {
            statuses.push(answer.status);
        }
        statuses
    }

    /// The child still answers, and has seen nothing but what it should.
    async fn saw(&self, expected: &[&str], after: &str) {
        let well = self.server.client.get("/instance/a/well").await;
        assert_eq!(well.status, 200, "after {after}");
        let log: Vec<String> = self.rough.log().await;
        let seen: Vec<&str> = log.iter().map(String::as_str).filter(|line| *line != "GET /well").collect();
        assert_eq!(seen, expected, "after {after}");
    }
}

fn closing(first: &str, fields: &str) -> String {
    format!("{first} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn what_is_malformed_never_reaches_a_child() {
    let target = Target::new().await;
    let spoke = target.rough.count("spoke").await;
    let get = "GET /instance/a/attack";
    let post = "POST /instance/a/attack";
    let host = "Host: localhost\r\n";
    let big = format!("{host}X-Big: {}\r\n", "x".repeat(600_000));
    let many = format!("{host}{}", "X: 1\r\n".repeat(300));
    let long = format!("GET /instance/a/{}", "x".repeat(70_000));
    for (name, request, statuses) in [
        ("no Host", closing(get, ""), &[400][..]),
        ("two Hosts", closing(get, "Host: localhost\r\nHost: localhost\r\n"), &[400]),
        ("a bad Host", closing(get, "Host: local host\r\n"), &[400]),
        ("a Host with a path", closing(get, "Host: localhost/instance\r\n"), &[400]),
        ("a Host with a user", closing(get, "Host: u@localhost\r\n"), &[400]),
        ("a port that is none", closing(get, "Host: localhost:99999\r\n"), &[400]),
        ("somebody else's Host", closing(get, "Host: evil.example.com\r\n"), &[421]),
        ("a user in the target", closing("GET http://u@localhost/instance/a/attack", host), &[400]),
        ("another scheme", closing("GET ftp://localhost/instance/a/attack", host), &[400]),
        ("CONNECT", closing("CONNECT localhost:80", host), &[405]),
        ("TRACE", closing("TRACE /instance/a/attack", host), &[405]),
        ("GET *", closing("GET *", host), &[400]),
        ("a target in authority form", closing("GET localhost:80", host), &[400]),
        ("no target", closing("GET", host), &[400]),
        ("a control character in the target", closing("GET /instance/a/att\x01ack", host), &[400]),
        ("HTTP/2.0", format!("{get} HTTP/2.0\r\n{host}\r\n"), &[400, 505]),
        ("HTTP/0.9", "GET /instance/a/attack\r\n\r\n".to_owned(), &[400]),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[]),
        ("a coding before chunked", closing(post, &format!("{host}Transfer-Encoding: gzip, chunked\r\n")), &[501]),
        ("two codings", closing(post, &format!("{host}Transfer-Encoding: chunked, chunked\r\n")), &[400, 501]),
        (
            "two lines of codings",
            closing(post, &format!("{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
            &[400, 501],
        ),
        ("a coding that is none", closing(post, &format!("{host}Transfer-Encoding: xchunked\r\n")), &[400]),
        ("a coding with a tab", closing(post, &format!("{host}Transfer-Encoding: \x0bchunked\r\n")), &[400]),
        ("chunked and then not", closing(post, &format!("{host}Transfer-Encoding: chunked, identity\r\n")), &[400]),
        ("two lengths", closing(post, &format!("{host}Content-Length: 1\r\nContent-Length: 2\r\n")), &[400]),
        ("a list of lengths", closing(post, &format!("{host}Content-Length: 1, 1\r\n")), &[400]),
        ("a length with a sign", closing(post, &format!("{host}Content-Length: +1\r\n")), &[400]),
        ("a length in hex", closing(post, &format!("{host}Content-Length: 0x1\r\n")), &[400]),
        ("a folded field", closing(get, &format!("{host}A: b\r\n c\r\n")), &[400]),
        ("a space before a colon", closing(get, &format!("{host}Content-Length : 0\r\n")), &[400]),
        ("a field without a name", closing(get, &format!("{host}: x\r\n")), &[400]),
        ("a line without a colon", closing(get, &format!("{host}nonsense\r\n")), &[400]),
        ("a NUL in a field", closing(get, &format!("{host}A: b\x00c\r\n")), &[400]),
        ("a CR in a field", closing(get, &format!("{host}A: b\rc\r\n")), &[400]),
        ("an expectation nobody can meet", closing(get, &format!("{host}Expect: a-pony\r\n")), &[417]),
        ("a field that is too long", closing(get, &big), &[431]),
        ("too many fields", closing(get, &many), &[431]),
        // By itself 414; it does not fit into a head (AIKORE_MAX_HEADER_SIZE) either.
        ("a target that is too long", closing(&long, host), &[414, 431]),
        ("a method of a hundred letters", closing(&format!("{} /instance/a/attack", "M".repeat(100)), host), &[501]),
    ] {
        let got = target.hit(request.as_bytes()).await;
        // No answer at all is one too: the connection is closed.
        let refused = if statuses.is_empty() { got.is_empty() } else { got.len() == 1 && statuses.contains(&got[0]) };
        assert!(refused, "{name}: {got:?}");
    }
    assert_eq!(target.rough.count("spoke").await, spoke, "the child was spoken to");
    target.saw(&[], "everything malformed").await;
}

/// Two requests in one: what one side takes for a body, the other must not take for a request.
#[tokio::test]
async fn nothing_is_smuggled() {
    let target = Target::new().await;
    let host = "Host: localhost\r\n";
    let hidden = "GET /instance/a/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut expected: Vec<String> = Vec::new();
    for (name, request, reaches) in [
        (
            "length and coding: the coding counts, and the connection ends",
            format!(
                "POST /instance/a/one HTTP/1.1\r\n{host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            &["POST /one"][..],
        ),
        (
            "coding and length",
            format!(
                "POST /instance/a/two HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n{hidden}"
            ),
            &["POST /two"],
        ),
        (
            "a body that is a request",
            format!(
                "POST /instance/a/three HTTP/1.1\r\n{host}Content-Length: {}\r\nConnection: close\r\n\r\n{hidden}",
                hidden.len()
            ),
            &["POST /three"],
        ),
        (
            "a GET with a body that is a request",
            format!(
                "GET /instance/a/four HTTP/1.1\r\n{host}Content-Length: {}\r\nConnection: close\r\n\r\n{hidden}",
                hidden.len()
            ),
            &["GET /four"],
        ),
        (
            "a chunk that is a request",
            format!(
                "GET /instance/a/five HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n",
                hidden.len()
            ),
            &["GET /five"],
        ),
        (
            "Connection takes the length away",
            format!(
                "POST /instance/a/six HTTP/1.1\r\n{host}Content-Length: {}\r\nConnection: close, content-length\r\n\r\n{hidden}",
                hidden.len()
            ),
            &["POST /six"],
        ),
        (
            "Connection takes the coding away",
            format!(
                "POST /instance/a/seven HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nConnection: close, transfer-encoding\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n",
                hidden.len()
            ),
            &["POST /seven"],
        ),
        (
            "a coding of HTTP/1.0",
            format!("POST /instance/a/eight HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
            &[],
        ),
        (
            "a chunk size that wraps",
            format!(
                "POST /instance/a/nine HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n{hidden}"
            ),
            &["POST /nine"],
        ),
        (
            "trailers that pretend",
            format!(
                "POST /instance/a/ten HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}"
            ),
            &["POST /ten"],
        ),
        (
            "a handshake for something else, and bytes behind it",
            format!(
                "GET /instance/a/eleven HTTP/1.1\r\n{host}Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n{hidden}"
            ),
            &["GET /eleven"],
        ),
        (
            "a target in absolute form counts, and Host does not",
            format!(
                "GET http://localhost/instance/a/twelve HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n{hidden}"
            ),
            &["GET /twelve"],
        ),
        (
            "two honest requests in a row",
            format!(
                "GET /instance/a/thirteen HTTP/1.1\r\n{host}\r\nPOST /instance/a/fourteen HTTP/1.1\r\n{host}Content-Length: 2\r\nConnection: close\r\n\r\nhi{hidden}"
            ),
            &["GET /thirteen", "POST /fourteen"],
        ),
    ] {
        let statuses = target.hit(request.as_bytes()).await;
        expected.extend(reaches.iter().map(ToString::to_string));
        let log: Vec<String> = target.rough.log().await;
        let seen: Vec<&String> = log.iter().filter(|line| *line != "GET /well").collect();
        // What broke off may have reached the child or not: it must not be answered as if it were whole.
        assert_eq!(seen, expected.iter().collect::<Vec<_>>(), "{name}: {statuses:?}");
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    target.saw(&expected, "everything smuggled").await;
}

/// A handshake that the child refuses is an ordinary exchange: what follows is no tunnel.
#[tokio::test]
async fn a_refused_handshake_opens_no_tunnel() {
    let target = Target::new().await;
    let handshake = "GET /instance/a/plain HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Version: 777\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let mut wire = Wire::to(target.server.client.address).await;
    wire.send(handshake).await;
    let answer = wire.answer("GET").await.unwrap();
    assert_eq!((answer.status, answer.head.contains("upgrade: websocket")), (200, false), "{answer:?}");
    // Were it a tunnel, the child would see this path as it stands.
    let _ = wire.stream.write_all(b"GET /secret HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let _ = tokio::time::timeout(Duration::from_secs(2), wire.rest()).await;
    let bare = handshake.replace("/plain", "/101").replace("Upgrade: websocket", "Upgrade: h2c");
    assert_eq!(target.hit(bare.as_bytes()).await.first(), Some(&502), "switched to what was not asked");
    target.saw(&["GET /plain", "GET /101"], "handshakes").await;
}

#[tokio::test]
async fn a_client_that_drips_gets_no_answer_and_keeps_nobody_waiting() {
    let target = Target::new().await;
    let mut dripping = Vec::new();
    for _ in 0..50 {
        dripping.push(Wire::to(target.server.client.address).await);
    }
    let head = b"GET /instance/a/dripped HTTP/1.1\r\nHost: localhost\r\nX: 0123456789";
    for byte in head.chunks(1).take(30) {
        for wire in &mut dripping {
            wire.send(byte).await;
        }
        let begun = std::time::Instant::now();
        assert_eq!(target.server.client.get("/instance/a/well").await.status, 200);
        assert!(begun.elapsed() < Duration::from_secs(2), "others wait: {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    for wire in &mut dripping {
        let mut room = [0; 16];
        assert!(wire.stream.try_read(&mut room).is_err(), "half a head was answered");
    }
    target.saw(&[], "half a head").await;
}
