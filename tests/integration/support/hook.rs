//! Somebody who is told things: a small HTTP server that keeps what it gets, and answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{eventually_async, eventually_async_within};

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    /// A field of it; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> String {
        let is_it = |line: &&str| line.split(':').next().is_some_and(|field| field.eq_ignore_ascii_case(name));
        let line = self.head.lines().skip(1).find(is_it);
        line.and_then(|line| line.split_once(':')).map_or_else(String::new, |(_, value)| value.trim().to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }
}

#[derive(Debug, Default)]
struct State {
    got: Vec<Got>,
    /// The next answers; once they are used up: 200.
    answers: VecDeque<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl Hook {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let hook = Self { port, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        hook
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How the next ones are answered: a status with its fields, and a body; an empty one never is.
    pub(crate) fn will_say(&self, answers: &[(&str, &str)]) {
        let answer = |(head, body): &(&str, &str)| match *head {
            "" => String::new(),
            head => format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()),
        };
        self.state.lock().unwrap().answers.extend(answers.iter().map(answer));
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.state.lock().unwrap().got.clone()
    }

    /// The notices of this kind that came so far.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<Value> {
        self.got().iter().map(Got::json).filter(|notice| notice["kind"] == kind).collect()
    }

    /// Waits for the first notice of this kind.
    pub(crate) async fn hears(&self, kind: &str) -> Value {
        self.hears_within(15, kind).await
    }

    /// The same for what takes longer.
    pub(crate) async fn hears_within(&self, seconds: u64, kind: &str) -> Value {
        let first = || async { self.of_kind(kind).first().cloned() };
        eventually_async_within(seconds, &format!("a notice of the kind {kind}"), first).await
    }

    /// Waits until so many have come.
    pub(crate) async fn gets(&self, count: usize) -> Vec<Got> {
        eventually_async(&format!("{count} messages"), || async { Some(self.got()).filter(|got| got.len() >= count) })
            .await
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut bytes = Vec::new();
    let got = loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let got = Got { head: head.to_owned(), body: body.to_owned() };
        let length = got.field("content-length").parse().unwrap_or(0);
        if body.len() >= length {
            break got;
        }
    };
    let answer = {
        let mut state = state.lock().unwrap();
        state.got.push(got);
        state.answers.pop_front()
    };
    let answer =
        answer.unwrap_or_else(|| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".to_owned());
    if answer.is_empty() {
        // Until the other side has had enough.
        let _ = stream.read(&mut [0; 1]).await;
        return;
    }
    let _ = stream.write_all(answer.as_bytes()).await;
}
