//! Websockets through the proxy.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Server};

async fn open(client: Client, path: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(client.address).await.unwrap();
    let (socket, answer) =
        tokio_tungstenite::client_async(format!("ws://{}{path}", client.address), stream).await.unwrap();
    assert_eq!(answer.status(), 101);
    socket
}

async fn text(socket: &mut WebSocketStream<TcpStream>) -> String {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(10), socket.next())
            .await
            .expect("silence")
            .expect("the end")
            .unwrap();
        if let Message::Text(text) = message {
            return text.to_string();
        }
    }
}

/// The next text that the test wants; the app may say other things between.
async fn hear(socket: &mut WebSocketStream<TcpStream>, wanted: &str) {
    while !text(socket).await.contains(wanted) {}
}

#[tokio::test]
async fn messages_of_any_size_go_both_ways() {
    let server = Server::new();
    server.hello("a").await;
    let mut socket = open(server.client, "/instance/a/ws").await;
    socket.send(Message::text("grüße")).await.unwrap();
    hear(&mut socket, "grüße").await;
    let big = "x".repeat(300_000);
    socket.send(Message::text(big.clone())).await.unwrap();
    hear(&mut socket, &big).await;
    socket.send(Message::Ping("p".into())).await.unwrap();
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
}

#[tokio::test]
async fn a_socket_ends_with_its_instance_and_others_stay() {
    let server = Server::new();
    let (a, _b) = (server.hello("a").await, server.hello("b").await);
    let mut of_a = open(server.client, "/instance/a/ws").await;
    let mut of_b = open(server.client, "/instance/b/ws").await;
    server.ask(a, "stop?wait=true").await;
    let ended =
        tokio::time::timeout(Duration::from_secs(5), async { while let Some(Ok(_)) = of_a.next().await {} }).await;
    assert!(ended.is_ok(), "the socket of the stopped instance ends");
    of_b.send(Message::text("still here")).await.unwrap();
    hear(&mut of_b, "still here").await;
}

#[tokio::test]
async fn a_handshake_with_nobody_behind_gets_a_status() {
    let server = Server::new();
    server.create("a", "hello.sh").await;
    for (path, status) in [("/instance/a/ws", 503), ("/instance/none/ws", 404)] {
        let stream = TcpStream::connect(server.client.address).await.unwrap();
        let refused =
            tokio_tungstenite::client_async(format!("ws://{}{path}", server.client.address), stream).await.unwrap_err();
        assert!(refused.to_string().contains(&status.to_string()), "{path}: {refused}");
    }
}
