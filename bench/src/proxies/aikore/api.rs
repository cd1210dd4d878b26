//! AiKore's API, as far as it is needed here.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{APP, AiKore};
use crate::events::Events;
use crate::failure::{Context, Failure, Result};
use crate::http1::{AnswerHead, Reader};
use crate::proxies::PATIENCE;

impl AiKore {
    /// Creates a stopped instance of the app and returns its id. `port` is the first that may be free, and becomes the
    /// next one.
    pub(crate) async fn create(&mut self, name: &str, port: &mut u16) -> Result<i64> {
        self.create_from(APP, name, port).await
    }

    /// The same for any script.
    pub(crate) async fn create_from(&mut self, script: &str, name: &str, port: &mut u16) -> Result<i64> {
        loop {
            let body = json!({ "name": name, "base_blueprint": script, "port": *port });
            let (status, instance) = self.ask("POST", "/api/instances/", Some(&body)).await?;
            *port += 1;
            match status {
                201 => return instance.get("id").and_then(Value::as_i64).context("an instance without an id"),
                // Another program of the machine has it by now.
                409 if instance.get("field").and_then(Value::as_str) == Some("port") => {}
                _ => return Err(Failure::new(format!("an instance was not created: status {status}: {instance}"))),
            }
        }
    }

    /// Creates an instance of the app, with the same say about its port, and starts it.
    pub(crate) async fn with_app(&mut self, name: &str, port: &mut u16) -> Result<i64> {
        let id = self.create(name, port).await?;
        self.start_instance(id).await?;
        Ok(id)
    }

    /// Starts an instance and waits until it has started.
    pub(crate) async fn start_instance(&mut self, id: i64) -> Result<Value> {
        self.start_only(id).await?;
        self.until_started(id).await
    }

    /// Asks for a start, and returns the answer.
    pub(crate) async fn start_only(&mut self, id: i64) -> Result<Value> {
        self.call("POST", &format!("/api/instances/{id}/start"), None).await
    }

    /// Waits until an instance has started.
    pub(crate) async fn until_started(&mut self, id: i64) -> Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            let instance = self.instance(id).await?;
            match instance.get("status").and_then(Value::as_str) {
                Some("started") => return Ok(instance),
                Some("error") => return Err(Failure::new(format!("an instance failed: {instance}"))),
                status if Instant::now() > until => {
                    return Err(Failure::new(format!("an instance does not start: {status:?}")));
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Stops an instance and waits until nothing of it runs.
    pub(crate) async fn stop_instance(&mut self, id: i64) -> Result<()> {
        self.call("POST", &format!("/api/instances/{id}/stop?wait=true"), None).await.map(drop)
    }

    /// What the API says about an instance.
    pub(crate) async fn instance(&mut self, id: i64) -> Result<Value> {
        self.call("GET", &format!("/api/instances/{id}"), None).await
    }

    /// What the API says about all of them.
    pub(crate) async fn instances(&mut self) -> Result<Vec<Value>> {
        match self.call("GET", "/api/instances/", None).await? {
            Value::Array(instances) => Ok(instances),
            other => Err(Failure::new(format!("not a list of instances: {other}"))),
        }
    }

    /// A piece of an instance's log from an offset on, and where the next one begins.
    pub(crate) async fn log(&mut self, id: i64, offset: u64) -> Result<(String, u64)> {
        let mut piece = self.call("GET", &format!("/api/instances/{id}/logs?offset={offset}"), None).await?;
        let next = piece.get("size").and_then(Value::as_u64).context("a piece of a log without its end")?;
        match piece.get_mut("content").map(Value::take) {
            Some(Value::String(content)) => Ok((content, next)),
            _ => Err(Failure::new("a piece of a log without content")),
        }
    }

    /// Everything that changes, from now on.
    pub(crate) async fn events(&self) -> Result<Events> {
        Events::open(&self.api, "/api/events").await
    }

    /// Moves an instance to another public port, which a running one must survive.
    pub(crate) async fn move_to(&mut self, id: i64, port: u16) -> Result<()> {
        let body = json!({ "port": port });
        let answer = self.call("PUT", &format!("/api/instances/{id}"), Some(&body)).await?;
        match answer.get("applied").and_then(Value::as_str) {
            Some("hot") => Ok(()),
            other => Err(Failure::new(format!("a change of port was applied {other:?}, not hot"))),
        }
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        match self.ask(method, path, body).await? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(Failure::new(format!("{method} {path}: status {status}: {answer}"))),
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let what = || format!("{method} {path}");
        let body = body.map(Value::to_string).unwrap_or_default();
        let media = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{media}Content-Length: {}\r\n\r\n{body}",
            self.api.host(),
            body.len()
        );
        let mut reader = match self.kept.take() {
            Some(reader) => reader,
            None => Reader::new(self.api.connect().await?, 64 * 1024),
        };
        reader.stream.write_all(request.as_bytes()).await.context(what())?;
        let head = reader.head(AnswerHead::parse).await.context(what())?.context(format!("{}: no answer", what()))?;
        let text = reader.text(head.framing).await.context(what())?;
        if !head.close {
            self.kept = Some(reader);
        }
        Ok((head.status, serde_json::from_str(&text).context(what())?))
    }
}
