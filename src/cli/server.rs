//! A running server, as commands ask it: over its admin socket, or at a URL with a token.

mod answer;
mod connect;
pub(super) mod events;
mod socket;

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use http::Method;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url};
use serde_json::Value;

use super::{Failed, options};
use crate::config::folder;
use crate::domain::Layout;
use crate::net::trust;
use crate::runtime::socket_path::SocketPath;

pub(super) use answer::Answer;
pub(super) use socket::{Heard, Mouth, Socket};

/// How long a server may take to take a connection.
const CONNECTING: Duration = Duration::from_secs(10);

/// A server, and the way to it.
#[derive(Debug)]
pub(super) struct Server {
    client: Client,
    way: Way,
}

/// How a server is reached.
#[derive(Debug)]
enum Way {
    /// On this machine: who may open the socket may do everything.
    Socket { folder: PathBuf, socket: SocketPath },
    /// Anywhere.
    Url { base: Url, token: Option<String> },
}

impl Server {
    /// The one that the command line or the environment names.
    pub(super) fn named(matches: &ArgMatches) -> Result<Self, Failed> {
        let Some(url) = options::value(matches, "url") else { return Self::here(matches) };
        let base = connect::parse(url)?;
        let client = connect::builder(&base)?;
        let token = options::value(matches, "token").map(str::to_owned);
        if token.as_ref().is_some_and(|token| token.bytes().any(|byte| !byte.is_ascii_graphic())) {
            return Err(Failed::bad_settings(
                "AIKORE_TOKEN holds what no token holds: a blank, a line end, or no ASCII",
            ));
        }
        Self::new(client, Way::Url { base, token })
    }

    /// The one on this machine.
    pub(super) fn here(matches: &ArgMatches) -> Result<Self, Failed> {
        let layout = Layout::new(folder::served(options::value(matches, "config-dir")));
        let folder = layout.root().to_owned();
        let socket = SocketPath::new(&layout.run(), "admin.sock").map_err(|error| connect::nobody(&folder, &error))?;
        // The socket needs no TLS; the client is never made without.
        let tls = trust::nobody().map_err(Failed::failure)?;
        let client = Client::builder().tls_backend_preconfigured(tls).unix_socket(socket.as_path());
        Self::new(client, Way::Socket { folder, socket })
    }

    /// Whether one answers for this folder.
    pub(super) fn is_here(layout: &Layout) -> bool {
        let socket = SocketPath::new(&layout.run(), "admin.sock");
        socket.and_then(|socket| std::os::unix::net::UnixStream::connect(socket.as_path())).is_ok()
    }

    fn new(client: ClientBuilder, way: Way) -> Result<Self, Failed> {
        // An address that sends elsewhere is a wrong one: with a redirect a POST would come as a GET.
        let client = client.connect_timeout(CONNECTING).redirect(reqwest::redirect::Policy::none()).no_proxy();
        Ok(Self { client: client.build().map_err(Failed::failure)?, way })
    }

    /// The address of a path of the server's.
    fn url(&self, path: &str) -> Result<Url, Failed> {
        let base = match &self.way {
            // Nobody looks the name up.
            Way::Socket { .. } => "http://aikore".to_owned(),
            Way::Url { base, .. } => base.as_str().trim_end_matches('/').to_owned(),
        };
        Url::parse(&format!("{base}{path}")).map_err(Failed::failure)
    }

    fn token(&self) -> Option<&str> {
        match &self.way {
            Way::Socket { .. } => None,
            Way::Url { token, .. } => token.as_deref(),
        }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failed> {
        let request = self.client.request(method, self.url(path)?);
        Ok(match self.token() {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Asks, and gives the answer with its body still to come.
    pub(super) async fn open(&self, path: &str) -> Result<Response, Failed> {
        let response = self.request(Method::GET, path)?.send().await.map_err(|error| self.unreached(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(match self.read(response).await {
            Ok(_) => Failed::failure("the server answered something else than what was asked for"),
            Err(failed) => failed,
        })
    }

    /// Asks for something.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failed> {
        Ok(self.call(Method::GET, path, None).await?.value)
    }

    /// Calls, and gives what a successful call is answered with.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failed> {
        let mut request = self.request(method, path)?;
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.unreached(&error))?;
        self.read(response).await
    }

    async fn read(&self, response: Response) -> Result<Answer, Failed> {
        let reply = answer::read(response).await.map_err(|error| self.unreached(&error))?;
        reply.into_answer(self.token().is_some())
    }

    /// Where the dashboard is, with a slash at the end.
    pub(super) async fn addresses(&self) -> Result<Vec<String>, Failed> {
        if let Way::Url { base, .. } = &self.way {
            return Ok(vec![format!("{}/", base.as_str().trim_end_matches('/'))]);
        }
        let answer = self.get("/addresses").await?;
        let all = answer.get("addresses").and_then(Value::as_array).into_iter().flatten();
        Ok(all.filter_map(|address| Some(address.as_str()?.to_owned())).collect())
    }

    /// Why there is no answer.
    fn unreached(&self, error: &reqwest::Error) -> Failed {
        match &self.way {
            Way::Socket { folder, .. } => connect::nobody(folder, connect::cause(error)),
            Way::Url { base, .. } => connect::unreached(base, error),
        }
    }
}

/// A value as a part of a path or a query.
pub(super) fn encoded(text: &str) -> String {
    // What it writes for a blank is understood in queries only.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Runs what waits for a server, until it is done or somebody presses Ctrl-C.
pub(super) fn run(work: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    complete(async {
        tokio::select! {
            done = work => done,
            Ok(()) = tokio::signal::ctrl_c() => Err(Failed::quiet(super::failed::INTERRUPTED)),
        }
    })
}

/// Runs what sees to Ctrl-C itself.
pub(super) fn complete(work: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::failure)?;
    runtime.block_on(work)
}
