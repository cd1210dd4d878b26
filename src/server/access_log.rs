//! Who asked for what, one line a request: in the Common Log Format or as JSON. Query strings are left out unless asked for,
//! since apps put tokens into them.
//!
//! Lines are written by a thread of its own. When standard output can't keep up, lines are dropped and counted: a request never
//! waits for its line.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder as Thread, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use http::header::{REFERER, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use serde::Serialize;

use crate::domain::Timestamp;
use crate::proxy::body::{Body, Observer};
use crate::proxy::pages::MARK;

/// Lines that may wait for the writer.
const WAITING: usize = 8192;

/// How long the last lines may take when the server goes.
const LAST_LINES: Duration = Duration::from_secs(1);

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The Common Log Format of NCSA and Apache.
    Common,
    /// An object a line.
    Json,
}

/// Where lines go.
#[derive(Debug, Clone)]
pub(super) struct AccessLog {
    format: Format,
    with_query: bool,
    lines: SyncSender<String>,
    dropped: Arc<AtomicU64>,
}

/// The thread that writes; it ends when the last log is gone.
#[derive(Debug)]
pub(super) struct Writer(JoinHandle<()>);

/// A request that will have a line.
#[derive(Debug)]
pub(super) struct Line {
    log: AccessLog,
    at: SystemTime,
    since: Instant,
    client: IpAddr,
    method: Method,
    uri: Uri,
    version: Version,
    host: Option<String>,
    agent: Option<String>,
    referer: Option<String>,
    id: String,
    instance: Option<String>,
    status: StatusCode,
    answer: Option<String>,
    bytes: u64,
}

impl AccessLog {
    /// Starts the writer on standard output.
    pub(super) fn start(format: Format, with_query: bool) -> io::Result<(Self, Writer)> {
        let (lines, waiting) = sync_channel(WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let thread = {
            let dropped = Arc::clone(&dropped);
            Thread::new().name("access-log".to_owned()).spawn(move || write(&waiting, &dropped))?
        };
        Ok((Self { format, with_query, lines, dropped }, Writer(thread)))
    }

    /// A request has come. Its line is written when its answer has been sent, or can't be.
    pub(super) fn line<B>(&self, request: &Request<B>, client: IpAddr, id: &str) -> Line {
        let field = |headers: &HeaderMap, name| {
            headers.get(name).map(|value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = request.headers();
        Line {
            log: self.clone(),
            at: SystemTime::now(),
            since: Instant::now(),
            client: client.to_canonical(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            host: field(headers, http::header::HOST),
            agent: field(headers, USER_AGENT),
            referer: field(headers, REFERER),
            id: id.to_owned(),
            instance: None,
            status: StatusCode::OK,
            answer: None,
            bytes: 0,
        }
    }
}

impl Writer {
    /// Waits until every line is out, when nobody can write any more; not for ever, since standard output may be stuck.
    pub(super) async fn finish(self) {
        let joined = tokio::task::spawn_blocking(move || self.0.join());
        match tokio::time::timeout(LAST_LINES, joined).await {
            Ok(Ok(Ok(()))) => {}
            Ok(_) => tracing::error!("the writer of the access log panicked"),
            Err(_) => tracing::warn!("standard output does not take the last lines of the access log"),
        }
    }
}

fn write(lines: &Receiver<String>, dropped: &AtomicU64) {
    let mut out = io::BufWriter::new(io::stdout());
    while let Ok(line) = lines.recv() {
        let mut next = Some(line);
        // What is waiting goes out together.
        while let Some(line) = next.take().or_else(|| lines.try_recv().ok()) {
            if writeln!(out, "{line}").is_err() {
                return;
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "standard output is too slow for the access log: lines were left out");
        }
        if out.flush().is_err() {
            return;
        }
    }
}

impl Line {
    /// It is for this instance.
    pub(super) fn for_instance(&mut self, slug: &str) {
        self.instance = Some(slug.to_owned());
    }

    /// Its answer begins.
    pub(super) fn answered(mut self: Box<Self>, response: Response<Body>) -> Response<Body> {
        self.status = response.status();
        self.answer = response.headers().get(MARK).and_then(|mark| mark.to_str().ok()).map(str::to_owned);
        response.map(|body| body.observed(self))
    }

    /// With its query, if that was asked for and can't hold a secret of ours: a setup link, a code, a token.
    fn shown<'a>(&self, url: &'a str) -> &'a str {
        let (place, query) = url.split_once(['?', '#']).unwrap_or((url, ""));
        let ours = ["/setup", "/login", "/.aikore/session"].iter().any(|end| place.ends_with(end));
        if self.log.with_query && !ours && !query.contains("aikore_token") { url } else { place }
    }

    fn target(&self) -> &str {
        self.shown(self.uri.path_and_query().map_or("/", |target| target.as_str()))
    }

    fn common(&self) -> String {
        let mut line = format!("{} - - [{}] \"{} ", self.client, Timestamp::of(self.at).common(), self.method);
        quote(&mut line, self.target());
        // An error can't be: it is a String.
        let _ = write!(line, " {:?}\" {} {}", self.version, self.status.as_u16(), self.bytes);
        line
    }

    fn json(&self) -> String {
        #[derive(Serialize)]
        struct View<'a> {
            time: Timestamp,
            id: &'a str,
            client: IpAddr,
            method: &'a str,
            host: Option<&'a str>,
            path: &'a str,
            protocol: String,
            status: u16,
            bytes: u64,
            duration_ms: f64,
            instance: Option<&'a str>,
            /// Says that the answer is this server's own, and why.
            answer: Option<&'a str>,
            user_agent: Option<&'a str>,
            referer: Option<&'a str>,
        }
        let view = View {
            time: Timestamp::of(self.at),
            id: &self.id,
            client: self.client,
            method: self.method.as_str(),
            host: self.host.as_deref(),
            path: self.target(),
            protocol: format!("{:?}", self.version),
            status: self.status.as_u16(),
            bytes: self.bytes,
            duration_ms: (self.since.elapsed().as_secs_f64() * 1e5).round() / 1e2,
            instance: self.instance.as_deref(),
            answer: self.answer.as_deref(),
            user_agent: self.agent.as_deref(),
            referer: self.referer.as_deref().map(|referer| self.shown(referer)),
        };
        serde_json::to_string(&view).unwrap_or_default()
    }
}

impl Observer for Line {
    fn passed(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = match self.log.format {
            Format::Common => self.common(),
            Format::Json => self.json(),
        };
        if self.log.lines.try_send(line).is_err() {
            self.log.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a client wrote can't end the quotation or the line.
fn quote(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(with_query: bool) -> (Line, Receiver<String>) {
        let (lines, waiting) = sync_channel(4);
        let log = AccessLog { format: Format::Json, with_query, lines, dropped: Arc::default() };
        let request = Request::get("/instance/a/x\\y?token=secret")
            .header("host", "box:9000")
            .header("user-agent", "curl \"8\"")
            .header("referer", "http://box/instance/a/?token=secret")
            .body(())
            .unwrap();
        let mut line = log.line(&request, "::ffff:10.0.0.7".parse().unwrap(), "id1");
        line.for_instance("a");
        line.passed(5);
        line.passed(7);
        (line, waiting)
    }

    #[test]
    fn lines() {
        let (shown, _waiting) = line(false);
        let common = shown.common();
        let (before, after) = common.split_once('[').unwrap();
        assert_eq!(before, "10.0.0.7 - - ");
        assert_eq!(after.split_once(']').unwrap().1, " \"GET /instance/a/x\\\\y HTTP/1.1\" 200 12");
        let json: serde_json::Value = serde_json::from_str(&shown.json()).unwrap();
        assert_eq!((json["bytes"].as_u64(), json["instance"].as_str()), (Some(12), Some("a")));
        assert!(!shown.json().contains("secret") && json["user_agent"] == "curl \"8\"");
        assert!(line(true).0.json().contains("?token=secret"));
    }

    #[test]
    fn a_line_is_written_when_its_answer_is_over() {
        let (line, waiting) = line(false);
        assert!(waiting.try_recv().is_err());
        drop(line);
        assert!(waiting.try_recv().unwrap().contains("\"status\":200"));
    }
}
