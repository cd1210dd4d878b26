//! The dashboard's files: packed, and kept by the browser for as long as they hold.

use http::{Method, StatusCode};

use crate::support::{Answer, Server, Start};

async fn get(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = fields
        .iter()
        .fold(server.client.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
    server.client.send(request.body(Default::default()).unwrap()).await
}

/// The addresses that the page names, seen from its origin.
fn addresses(page: &str) -> Vec<String> {
    let found = page.split(['"', '\'']).filter(|word| word.contains(".aikore/assets/"));
    found.map(|address| format!("/{}", address.trim_start_matches('/'))).collect()
}

#[tokio::test]
async fn the_page_is_asked_about_and_its_files_are_kept_for_ever() {
    let server = Server::new();
    let page = get(&server, "/", &[]).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-cache"));
    let etag = page.header("etag").to_owned();
    let again = get(&server, "/", &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (StatusCode::NOT_MODIFIED, 0, etag.as_str()));
    let addresses = addresses(&page.text());
    // The icon, what begins at once, the style sheet, and everything else in one.
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    for address in &addresses {
        let file = get(&server, address, &[("accept-encoding", "gzip, deflate, br, zstd")]).await;
        assert_eq!(file.status, StatusCode::OK, "{address}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
        assert_eq!((file.header("content-encoding"), file.header("vary")), ("br", "accept-encoding"), "{address}");
        assert_eq!(file.header("content-length"), file.body.len().to_string(), "{address}");
    }
    let first_load: usize = {
        let mut sum = 0;
        for address in &addresses {
            sum += get(&server, address, &[("accept-encoding", "gzip")]).await.body.len();
        }
        sum
    };
    assert!(first_load < 250_000, "the first load has grown to {first_load} bytes");
}

#[tokio::test]
async fn each_client_gets_what_it_can_read() {
    let server = Server::new();
    let path = "/.aikore/assets/css/app.css";
    let plain = get(&server, path, &[]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("content-type")), ("", "text/css; charset=utf-8"));
    assert_eq!((plain.header("vary"), plain.header("cache-control")), ("accept-encoding", "no-cache"));
    let mut tags = vec![plain.header("etag").to_owned()];
    for (accepted, coding) in
        [("gzip", "gzip"), ("br;q=0.1, gzip;q=0.2", "gzip"), ("br", "br"), ("*", "br"), ("br;q=0", ""), ("zstd", "")]
    {
        let packed = get(&server, path, &[("accept-encoding", accepted)]).await;
        assert_eq!(packed.header("content-encoding"), coding, "{accepted}");
        assert_eq!(packed.header("content-type"), plain.header("content-type"));
        assert_eq!(packed.body.len() < plain.body.len(), !coding.is_empty(), "{accepted}");
        tags.push(packed.header("etag").to_owned());
        // A tag is that of one coding.
        let again =
            get(&server, path, &[("accept-encoding", accepted), ("if-none-match", packed.header("etag"))]).await;
        assert_eq!((again.status, again.header("content-encoding")), (StatusCode::NOT_MODIFIED, ""), "{accepted}");
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn a_file_of_another_version_says_so() {
    let server = Server::new();
    let gone = get(&server, "/.aikore/assets/0123456789ab/js/main.js", &[]).await;
    assert_eq!((gone.status, gone.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"));
    assert!(gone.detail().contains("Reload"), "{}", gone.text());
    assert_eq!(get(&server, "/.aikore/assets/js/none.js", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn below_an_outer_prefix_the_same_addresses_lead_to_the_same_files() {
    let server = Start::new().env("AIKORE_BASE_PATH", "/ai").serve();
    let page = get(&server, "/ai/", &[]).await.text();
    for address in addresses(&page) {
        assert_eq!(get(&server, &format!("/ai{address}"), &[]).await.status, StatusCode::OK, "{address}");
    }
    // So do those of the API's page, and the description it reads.
    for address in addresses(&get(&server, "/ai/api/docs", &[]).await.text()) {
        assert!(address.starts_with("/ai/"), "{address}");
        assert_eq!(get(&server, &address, &[]).await.status, StatusCode::OK, "{address}");
    }
    let description = get(&server, "/ai/api/openapi.json", &[]).await.json();
    assert_eq!(description["servers"][0]["url"], "/ai");
    // The page in place of an app names them from the root.
    let notice = get(&server, "/ai/instance/none/", &[("accept", "text/html"), ("sec-fetch-mode", "navigate")]).await;
    let named = addresses(&notice.text());
    assert!(named.iter().all(|address| address.starts_with("/ai/.aikore/assets/")) && named.len() > 2, "{named:?}");
    for address in named {
        assert_eq!(get(&server, &address, &[]).await.status, StatusCode::OK, "{address}");
    }
}

#[tokio::test]
async fn the_helper_of_pages_is_packed_too() {
    let server = Server::new();
    server.hello("a").await;
    let path = "/instance/a/.aikore/page-helper.js";
    let (plain, packed) = (get(&server, path, &[]).await, get(&server, path, &[("accept-encoding", "br, gzip")]).await);
    assert_eq!((plain.status, packed.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), ("", "br"));
    assert!(packed.body.len() * 2 < plain.body.len());
    let known = [("accept-encoding", "br, gzip"), ("if-none-match", packed.header("etag"))];
    assert_eq!(get(&server, path, &known).await.status, StatusCode::NOT_MODIFIED);
}
