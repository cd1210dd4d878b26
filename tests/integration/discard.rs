//! Files moved to the trash and put back: out of an instance's folder, its outputs and the models.

use std::fs;
use std::os::unix::fs::symlink;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

impl Server {
    async fn discard(&self, place: &str, paths: &[&str]) -> Answer {
        self.client.post(&format!("/api/{place}/discard"), &json!({ "paths": paths })).await
    }

    async fn put_back(&self, answer: &Answer) -> Answer {
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        self.client.call(Method::POST, &format!("/api/discarded/{token}/restore"), None).await
    }

    /// What is in a folder, by name, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let listed = fs::read_dir(self.config().join(folder)).unwrap();
        let mut names: Vec<_> = listed.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Writes files, each with its own path as its content.
    pub(crate) fn write_files(&self, folder: &str, paths: &[&str]) {
        for path in paths {
            let path = self.config().join(folder).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, path.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
    }
}

#[tokio::test]
async fn files_go_to_the_trash_and_come_back() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    for (place, folder) in [
        (format!("instances/{id}/files"), "instances/A"),
        (format!("instances/{id}/outputs"), "outputs/A"),
        ("models/files".to_owned(), "models"),
    ] {
        server.write_files(folder, &["a.png", "in/b.png", "in/deep/c.png", "d.png"]);
        let answer = server.discard(&place, &["a.png", "in/deep", "in/deep/c.png"]).await;
        assert_eq!((answer.status, &answer.json()["count"]), (StatusCode::OK, &json!(2)), "{place}: {}", answer.text());
        assert_eq!(
            (server.names(folder), server.names(&format!("{folder}/in"))),
            (vec!["d.png".to_owned(), "in".to_owned()], vec!["b.png".to_owned()])
        );
        let listed = server.client.get("/api/trash").await.json();
        let entry = &listed[0];
        assert_eq!((&entry["kind"], &entry["count"], &entry["restorable"]), (&json!("files"), &json!(2), &json!(true)));
        assert_eq!(entry["title"], "a.png and 1 more");
        let from = entry["from"].as_str().unwrap();
        assert!(from.contains(if folder == "models" { "models" } else { "'A'" }), "{from}");
        // The folder may have gone meanwhile.
        fs::remove_dir_all(server.config().join(folder).join("in")).unwrap();
        let back = server.put_back(&answer).await;
        assert_eq!((back.status, back.json()), (StatusCode::OK, json!({ "count": 2 })), "{}", back.text());
        assert_eq!(fs::read_to_string(server.config().join(folder).join("in/deep/c.png")).unwrap(), "c.png");
        assert_eq!(server.client.get("/api/trash").await.json(), json!([]));
        assert_eq!(server.put_back(&answer).await.status, StatusCode::NOT_FOUND, "only once");
    }
    let audit = server.client.get("/api/audit").await.json();
    let entries = audit["entries"].as_array().unwrap();
    let said = |action: &str| {
        entries.iter().find(|entry| entry["action"] == action && entry["status"] == 200).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(said("instance.discard")["target"], "A", "{audit}");
    assert!(said("model.discard")["detail"].as_str().unwrap().contains("a.png and 1 more"), "{audit}");
    assert!(said("discarded.restore")["target"].as_str().unwrap().contains("the models"), "{audit}");
}

#[tokio::test]
async fn what_is_in_the_way_is_named_and_nothing_is_half_done() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let outputs = format!("instances/{id}/outputs");
    server.write_files("outputs/A", &["a.png", "b.png", "c.png"]);
    let missing = server.discard(&outputs, &["a.png", "gone.png"]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.detail().contains("'gone.png' is not there"), "{}", missing.detail());
    assert_eq!(server.names("outputs/A"), ["a.png", "b.png", "c.png"]);
    assert_eq!(server.client.get("/api/trash").await.json(), json!([]));

    let answer = server.discard(&outputs, &["a.png", "b.png"]).await;
    server.write_files("outputs/A", &["b.png"]);
    let taken = server.put_back(&answer).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.detail().contains("'b.png' is there again"), "{}", taken.detail());
    assert_eq!(server.names("outputs/A"), ["b.png", "c.png"], "nothing came back");

    // By its name once the instance has another id; not while it is gone.
    fs::remove_file(server.config().join("outputs/A/b.png")).unwrap();
    server.delete(id, &json!({})).await;
    let gone = server.put_back(&answer).await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert!(gone.detail().contains("Put 'A' back first"), "{}", gone.detail());
    let entry = server.client.get("/api/trash").await.json();
    let name = entry.as_array().unwrap().iter().find(|entry| entry["kind"] == "files").unwrap()["name"].clone();
    server.client.call(Method::POST, "/api/trash/A/restore", None).await;
    let path = format!("/api/trash/{}/restore", name.as_str().unwrap());
    assert_eq!(server.client.call(Method::POST, &path, None).await.status, StatusCode::OK, "from the trash's own list");
    assert_eq!(server.names("outputs/A"), ["a.png", "b.png", "c.png"]);
}

#[tokio::test]
async fn nothing_outside_and_nothing_of_ours_is_deleted() {
    let server = Server::new();
    let id = server.create("A", "hello.sh").await;
    let files = format!("instances/{id}/files");
    server.write_files("instances/A", &["in/x", "output.log", "aikore_vars.env"]);
    server.write_files("elsewhere", &["secret"]);
    symlink(server.config().join("elsewhere"), server.home("A").join("out")).unwrap();
    symlink(".", server.home("A").join("here")).unwrap();
    for (paths, status) in [
        (&["../B"][..], StatusCode::UNPROCESSABLE_ENTITY),
        (&["/etc"], StatusCode::UNPROCESSABLE_ENTITY),
        (&["in/../../B"], StatusCode::UNPROCESSABLE_ENTITY),
        (&[], StatusCode::UNPROCESSABLE_ENTITY),
        (&[""], StatusCode::UNPROCESSABLE_ENTITY),
        (&["out/secret"], StatusCode::FORBIDDEN),
        (&["in", "output.log"], StatusCode::FORBIDDEN),
        (&["here/aikore_vars.env"], StatusCode::FORBIDDEN),
    ] {
        let answer = server.discard(&files, paths).await;
        assert_eq!(answer.status, status, "{paths:?}: {}", answer.text());
        assert!(answer.detail().ends_with('.'), "{paths:?}: {}", answer.detail());
    }
    assert!(server.config().join("elsewhere/secret").exists() && server.home("A").join("in/x").exists());
    // A link is deleted as the link it is.
    let answer = server.discard(&files, &["out"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(server.config().join("elsewhere/secret").exists());
    assert_eq!(server.client.call(Method::DELETE, "/api/trash", None).await.status, StatusCode::OK);
    assert!(server.config().join("elsewhere/secret").exists(), "nor with the trash");
    assert_eq!(server.put_back(&answer).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.discard("instances/99/outputs", &["a"]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_satellite_deletes_in_its_parents_folder_and_its_own_outputs() {
    let server = Server::new();
    let parent = server.create("A", "hello.sh").await;
    let satellite =
        server.client.post(&format!("/api/instances/{parent}/instantiate"), &json!({ "new_name": "S" })).await;
    let satellite = satellite.json()["id"].as_i64().unwrap();
    server.write_files("instances/A", &["x"]);
    server.write_files("outputs/S", &["y"]);
    let x = server.discard(&format!("instances/{satellite}/files"), &["x"]).await;
    let y = server.discard(&format!("instances/{satellite}/outputs"), &["y"]).await;
    assert_eq!((x.status, y.status), (StatusCode::OK, StatusCode::OK), "{} {}", x.text(), y.text());
    // Where it is now, whatever it is called.
    let renamed = json!({ "name": "B" });
    server.client.call(Method::PUT, &format!("/api/instances/{parent}"), Some(&renamed)).await;
    assert_eq!(server.put_back(&x).await.status, StatusCode::OK);
    assert_eq!(server.put_back(&y).await.status, StatusCode::OK);
    assert!(server.home("B").join("x").exists() && server.config().join("outputs/S/y").exists());
}
