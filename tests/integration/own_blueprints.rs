//! The user's own blueprints: made, changed, renamed, deleted, and put back.

use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const PLACE: &str = "/api/system/blueprints/custom";

async fn create(server: &Server, filename: &str, content: &str) -> Answer {
    server.client.post(PLACE, &json!({ "filename": filename, "content": content })).await
}

async fn own(server: &Server) -> Value {
    server.client.get(PLACE).await.json()
}

#[tokio::test]
async fn they_are_made_as_ever() {
    let server = Server::new();
    let made = create(&server, "Mine_1.sh", "echo one\n").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let said = made.json();
    assert_eq!(said["detail"], "Custom blueprint created successfully.");
    assert_eq!(
        (&said["filename"], &said["shadows"], &said["note"]),
        (&json!("Mine_1.sh"), &json!(false), &json!(null))
    );
    let path = server.config().join("custom_blueprints/Mine_1.sh");
    assert_eq!(fs::read_to_string(&path).unwrap(), "echo one\n");
    for (filename, status, detail) in [
        ("Mine_1.sh", StatusCode::CONFLICT, "A custom blueprint with the name 'Mine_1.sh' already exists."),
        ("mine", StatusCode::BAD_REQUEST, "Filename must end with .sh"),
        (
            "../mine.sh",
            StatusCode::BAD_REQUEST,
            "Invalid filename. Use only alphanumeric characters, underscores, and hyphens.",
        ),
        (
            ".history/x.sh",
            StatusCode::BAD_REQUEST,
            "Invalid filename. Use only alphanumeric characters, underscores, and hyphens.",
        ),
    ] {
        for content in ["echo one\n", "echo two\n"] {
            let refused = create(&server, filename, content).await;
            assert_eq!((refused.status, refused.detail().as_str()), (status, detail), "{filename}");
            assert_eq!(refused.json()["field"], "filename");
        }
    }
    // It is offered at once; its history is none of the catalogue's.
    let list = server.client.get("/api/system/blueprints").await.json();
    let names: Vec<_> = list["custom"].as_array().unwrap().iter().map(|one| one["filename"].clone()).collect();
    assert_eq!(names, [json!("Mine_1.sh")]);
    // A stock one of the same name is shadowed, and that is said.
    let shadow = create(&server, "hello.sh", "echo mine\n").await;
    assert_eq!((shadow.status, &shadow.json()["shadows"]), (StatusCode::CREATED, &json!(true)));
    assert!(shadow.json()["note"].as_str().unwrap().contains("takes the place of the stock blueprint"));
    let shown = server.client.get("/api/system/blueprints/hello.sh").await.json();
    assert_eq!(
        (&shown["origin"], &shown["content"], &shown["shadows"]),
        (&json!("custom"), &json!("echo mine\n"), &json!(true))
    );
    let stock = server.client.get("/api/system/blueprints/hello.sh?origin=stock").await.json();
    assert_eq!(
        (&stock["origin"], &stock["shadowed"], stock["read_only"].is_string()),
        (&json!("stock"), &json!(true), true)
    );
    assert_eq!(stock["name"], "Hello");
    let unknown = server.client.get("/api/system/blueprints/none.sh").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(
        server.client.get("/api/system/blueprints/hello.sh?origin=x").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn changed_renamed_deleted_and_put_back() {
    let server = Server::new();
    create(&server, "mine.sh", "echo one\n").await;
    let place = format!("{PLACE}/mine.sh");
    let shown = server.client.get(&place).await.json();
    let id = server.create("app", "mine.sh").await;
    fs::create_dir_all(server.home("app")).unwrap();
    fs::write(server.home("app").join("launch.sh"), "echo its own\n").unwrap();

    // Saving is guarded as everywhere.
    let put = |body: Value| {
        let (server, place) = (&server, &place);
        async move { server.client.call(Method::PUT, place, Some(&body)).await }
    };
    let saved = put(json!({ "content": "echo two\n", "version": shown["version"] })).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text());
    let late = put(json!({ "content": "echo three\n", "version": shown["version"] })).await;
    assert_eq!((late.status, &late.json()["present"]["content"]), (StatusCode::CONFLICT, &json!("echo two\n")));
    let none = server.client.call(Method::PUT, &format!("{PLACE}/none.sh"), Some(&json!({ "content": "x" }))).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text());

    // Renamed: its history and the instances made from it follow; their scripts stay.
    create(&server, "taken.sh", "true\n").await;
    let rename = |to: &'static str| {
        let (server, place) = (&server, format!("{place}/rename"));
        async move { server.client.post(&place, &json!({ "filename": to })).await }
    };
    let refused = rename("taken.sh").await;
    assert_eq!((refused.status, &refused.json()["field"]), (StatusCode::CONFLICT, &json!("filename")));
    assert_eq!(rename("a b.sh").await.status, StatusCode::BAD_REQUEST);
    let renamed = rename("hello.sh").await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text());
    assert_eq!((&renamed.json()["shadows"], &renamed.json()["followed_by"]), (&json!(true), &json!(["app"])));
    assert_eq!(server.instance(id).await["base_blueprint"], "hello.sh");
    assert_eq!(fs::read_to_string(server.home("app").join("launch.sh")).unwrap(), "echo its own\n");
    assert_eq!(server.client.get(&place).await.status, StatusCode::NOT_FOUND);
    let history = server.client.get(&format!("{PLACE}/hello.sh/history")).await.json();
    assert_eq!(history["entries"].as_array().unwrap().len(), 2);
    let back = server.client.post(&format!("{PLACE}/hello.sh/history/1/restore"), &json!({})).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());
    assert_eq!(fs::read_to_string(server.config().join("custom_blueprints/hello.sh")).unwrap(), "echo one\n");

    // Deleted: the stock one is there again, and this one can be put back.
    let deleted = server.client.call(Method::DELETE, &format!("{PLACE}/hello.sh"), None).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    assert_eq!(server.client.get("/api/system/blueprints/hello.sh").await.json()["origin"], "stock");
    assert_eq!(own(&server).await["deleted"][0]["filename"], "hello.sh");
    assert_eq!(
        server.client.call(Method::DELETE, &format!("{PLACE}/hello.sh"), None).await.status,
        StatusCode::NOT_FOUND
    );
    let back = server.client.call(Method::POST, &format!("{PLACE}/hello.sh/restore"), None).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());
    assert_eq!(own(&server).await["deleted"], json!([]));
    assert_eq!(server.client.get("/api/system/blueprints/hello.sh").await.json()["content"], "echo one\n");
    let twice = server.client.call(Method::POST, &format!("{PLACE}/hello.sh/restore"), None).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text());

    // For good.
    let forever = format!("{PLACE}/hello.sh?forever=true");
    assert_eq!(server.client.call(Method::DELETE, &forever, None).await.status, StatusCode::CONFLICT, "it is there");
    server.client.call(Method::DELETE, &format!("{PLACE}/hello.sh"), None).await;
    assert_eq!(server.client.call(Method::DELETE, &forever, None).await.status, StatusCode::OK);
    assert_eq!(own(&server).await["deleted"], json!([]));
    assert_eq!(server.client.call(Method::DELETE, &forever, None).await.status, StatusCode::NOT_FOUND);

    // What an instance still needs stays.
    let needs = server.create("waiting", "taken.sh").await;
    let refused = server.client.call(Method::DELETE, &format!("{PLACE}/taken.sh"), None).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.detail().contains("'waiting' was never started"), "{}", refused.detail());
    server.delete(needs, &json!({ "mode": "permanent" })).await;
    assert_eq!(server.client.call(Method::DELETE, &format!("{PLACE}/taken.sh"), None).await.status, StatusCode::OK);

    let audit = server.client.get("/api/audit").await.json();
    let told: Vec<_> = audit["entries"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    for action in ["blueprint.create", "blueprint.change", "blueprint.rename", "blueprint.restore", "blueprint.delete"]
    {
        assert!(told.contains(&action), "{action}: {told:?}");
    }
}

#[tokio::test]
async fn one_that_lies_elsewhere_is_shown_and_not_changed() {
    let server = Server::new();
    let folder = server.config().join("custom_blueprints");
    fs::create_dir_all(&folder).unwrap();
    let outside = server.config().join("linked.sh");
    fs::write(&outside, "echo linked\n").unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("linked.sh")).unwrap();
    let shown = server.client.get(&format!("{PLACE}/linked.sh")).await.json();
    assert_eq!(shown["content"], "echo linked\n");
    assert!(shown["read_only"].as_str().unwrap().contains("leads out"), "{shown}");
    let refused =
        server.client.call(Method::PUT, &format!("{PLACE}/linked.sh"), Some(&json!({ "content": "x" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(
        server.client.call(Method::DELETE, &format!("{PLACE}/linked.sh"), None).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(fs::read_to_string(&outside).unwrap(), "echo linked\n");
}
