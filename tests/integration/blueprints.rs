//! The catalogue as the API shows it.

use serde_json::{Value, json};

use crate::support::{Server, Start};

fn find<'a>(list: &'a Value, filename: &str) -> &'a Value {
    list.as_array()
        .unwrap()
        .iter()
        .find(|b| b["filename"] == filename)
        .unwrap_or_else(|| panic!("no {filename} in {list}"))
}

#[tokio::test]
async fn stock_and_custom_are_read_at_each_question() {
    let server = Server::new();
    let list = server.client.get("/api/system/blueprints").await.json();
    assert_eq!(find(&list["stock"], "jupyterlab.sh")["proxy"], "preserve");
    assert_eq!(list["custom"], json!([]));
    server.blueprint("mine.sh", "# aikore.name = Mine\n# aikore.category = Image\n# aikore.future = kept", "true");
    let list = server.client.get("/api/system/blueprints").await.json();
    let mine = find(&list["custom"], "mine.sh");
    assert_eq!(
        (&mine["name"], &mine["category"], &mine["header"]["future"]),
        (&json!("Mine"), &json!("Image"), &json!("kept"))
    );
}

#[tokio::test]
async fn another_stock_folder_replaces_the_built_in_set() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("only.sh"), "true\n").unwrap();
    let server = Start::new().env("AIKORE_BLUEPRINTS_DIR", folder.path().to_str().unwrap()).serve();
    let list = server.client.get("/api/system/blueprints").await.json();
    assert_eq!(list["stock"].as_array().unwrap().len(), 1);
    assert_eq!(list["stock"][0]["category"], json!(null));
}

#[tokio::test]
async fn the_instances_own_script_wins() {
    let server = Server::new();
    let id = server.hello("a").await;
    server.ask(id, "stop?wait=true").await;
    let script = server.config().join("instances/a/launch.sh");
    std::fs::write(&script, "echo changed by hand; exit 5\n").unwrap();
    server.ask(id, "start").await;
    let ended = server.wait_status(id, "error").await;
    assert!(ended["reason"].as_str().unwrap().contains("changed by hand"));
}
