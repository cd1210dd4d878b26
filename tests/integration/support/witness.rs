//! The app that tells what it was sent: `children/witness.py`.

use std::net::SocketAddr;

use serde_json::Value;

use super::{Client, Server};

/// Its script, as a blueprint's body.
pub(crate) fn script() -> String {
    format!("exec python3 -B - <<'WITNESS'\n{}\nWITNESS", include_str!("../children/witness.py"))
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Witness {
    pub(crate) id: i64,
    /// Where the app itself listens.
    app: SocketAddr,
    /// Its public port.
    pub(crate) port: SocketAddr,
}

impl Server {
    /// A witness, started.
    pub(crate) async fn witness(&self, name: &str) -> Witness {
        let id = self.started(name, "# aikore.ready = tcp\n# aikore.helper = off", &script()).await;
        let instance = self.instance(id).await;
        let at = |field: &str| ([127, 0, 0, 1], u16::try_from(instance[field].as_u64().unwrap()).unwrap()).into();
        let port = at("port");
        super::eventually_async("the public port", || async { tokio::net::TcpStream::connect(port).await.ok() }).await;
        Witness { id, app: at("app_port"), port }
    }
}

impl Witness {
    /// The heads of all requests it has seen, as they were, asked behind the proxy's back.
    pub(crate) async fn heads(&self) -> Vec<String> {
        serde_json::from_str(&Client::at(self.app).get("/log").await.text()).unwrap()
    }

    /// The environment it runs in.
    pub(crate) async fn environment(&self) -> Value {
        Client::at(self.app).get("/environment").await.json()
    }
}
