//! The app that misbehaves on demand: `children/rough.py`.

use std::net::SocketAddr;

use serde_json::Value;

use super::{Server, Wire};

/// Its script, as a blueprint's body.
pub(crate) fn script() -> String {
    format!("exec python3 -B - <<'ROUGH'\n{}\nROUGH", include_str!("../children/rough.py"))
}

impl Server {
    /// A misbehaving app, started.
    pub(crate) async fn rough(&self, name: &str) -> Rough {
        let id = self.started(name, "# aikore.ready = tcp\n# aikore.helper = off", &script()).await;
        let route = self.route(name).await;
        Rough { id, address: route["target"].as_str().unwrap().parse().unwrap() }
    }

    /// What the server says of an instance's route.
    pub(crate) async fn route(&self, slug: &str) -> Value {
        let routes = self.client.get("/api/system/routes").await.json();
        let found = routes.as_array().unwrap().iter().find(|route| route["slug"] == slug);
        found.unwrap_or_else(|| panic!("no route {slug}: {routes}")).clone()
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rough {
    pub(crate) id: i64,
    /// Where the app itself listens.
    pub(crate) address: SocketAddr,
}

impl Rough {
    /// What the app has counted, asked behind the proxy's back. The asking connection is not among the open ones.
    pub(crate) async fn count(&self, what: &str) -> i64 {
        let stats: Value = serde_json::from_str(&Wire::to(self.address).await.get("/stats").await.body).unwrap();
        let asking = i64::from(what == "open");
        stats[what].as_i64().unwrap_or(0) - asking
    }

    /// Every request it has seen.
    pub(crate) async fn log(&self) -> Vec<String> {
        serde_json::from_str(&Wire::to(self.address).await.get("/log").await.body).unwrap()
    }
}
