//! Long work, followed to its end.

use std::path::{Path, PathBuf};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Server, eventually_async_within};

impl Server {
    /// The job an answer has begun.
    pub(crate) async fn job(&self, id: &str) -> Value {
        let answer = self.client.get(&format!("/api/jobs/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    /// Waits for the end of the job that an answer names.
    pub(crate) async fn job_over(&self, answer: &Answer) -> Value {
        let id = answer.header("x-aikore-job");
        assert!(!id.is_empty(), "no job: {}", answer.text());
        // A copy waits for the disk, which other tests write to as well.
        eventually_async_within(120, "the end of the job", || async {
            let job = self.job(id).await;
            (!["queued", "running"].contains(&job["state"].as_str().unwrap())).then_some(job)
        })
        .await
    }

    /// Asks for a copy.
    pub(crate) async fn ask_copy(&self, id: i64, name: &str) -> Answer {
        self.client.post(&format!("/api/instances/{id}/copy"), &json!({ "new_name": name })).await
    }

    /// A copy, whole.
    pub(crate) async fn copied(&self, id: i64, name: &str) -> (i64, Value) {
        let answer = self.ask_copy(id, name).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let job = self.job_over(&answer).await;
        assert_eq!(job["state"], "done", "{job}");
        (answer.json()["id"].as_i64().unwrap(), job)
    }

    pub(crate) async fn delete(&self, id: i64, body: &Value) -> Answer {
        self.client.call(Method::DELETE, &format!("/api/instances/{id}"), Some(body)).await
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.config().join("instances").join(name)
    }
}

/// So many small files that copying them takes a while.
pub(crate) fn fill(folder: &Path, count: usize) {
    for n in 0..count {
        let part = folder.join(format!("many/{}", n / 500));
        if n % 500 == 0 {
            std::fs::create_dir_all(&part).unwrap();
        }
        std::fs::write(part.join(n.to_string()), [b'x'; 100]).unwrap();
    }
}
