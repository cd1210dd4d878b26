//! The dashboard's files, embedded in the binary by the build (`make build` bundles them into `assets/dist`): each as it
//! is, and packed where that makes it smaller.

mod coding;

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;
use rust_embed::RustEmbed;

pub use coding::Coding;

/// `assets/dist`.
#[derive(RustEmbed)]
#[folder = "assets/dist/"]
struct Dist;

/// How long the name of a bundle is.
const BUNDLE_NAME: usize = 12;

/// A file of the dashboard.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes, coded.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: String,
    /// How its bytes are coded.
    pub coding: Coding,
    /// Whether another client may get it in another coding.
    pub varies: bool,
    /// A strong entity tag, quotes included: the hash of the coded bytes.
    pub etag: String,
}

impl Asset {
    /// Whether a client that says this (`If-None-Match`) has the file already.
    pub fn is_known(&self, if_none_match: &str) -> bool {
        if_none_match.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag)
    }
}

/// The file at this path, such as `index.html` or `css/app.css`, as it is.
pub fn get(path: &str) -> Option<Asset> {
    coded(path, Coding::Identity)
}

/// The file at this path in the coding that this client likes best (`Accept-Encoding`).
pub fn get_for<'a>(path: &str, accepted: impl Iterator<Item = &'a HeaderValue>) -> Option<Asset> {
    let mut found = coding::preferred(accepted).into_iter().find_map(|coding| coded(path, coding));
    if let Some(asset) = &mut found {
        asset.varies = Dist::get(&Coding::Gzip.of(path)).is_some();
    }
    found
}

/// The name of the whole bundle: the hash of all its files, and a folder in front of each in the pages' addresses.
pub fn bundle() -> String {
    Dist::get("bundle").map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// What an address below the assets' folder means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A file of this bundle: its content never changes.
    Bundled(&'a str),
    /// A file of another one: of a page that was loaded before this server, or after it.
    Other,
    /// A file by its plain name, whatever the bundle.
    Plain(&'a str),
}

/// Reads such an address.
pub fn place<'a>(path: &'a str, bundle: &str) -> Place<'a> {
    match path.split_once('/') {
        Some((folder, rest)) if folder == bundle => Place::Bundled(rest),
        Some((folder, _)) if folder.len() == BUNDLE_NAME && folder.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Place::Other
        }
        _ => Place::Plain(path),
    }
}

fn coded(path: &str, coding: Coding) -> Option<Asset> {
    let file = Dist::get(&coding.of(path))?;
    let hash = file.metadata.sha256_hash();
    let etag = hash.iter().take(16).fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    // Told by its own name, not by that of the packed file.
    let mut media_type = Dist::get(path)?.metadata.mimetype().to_owned();
    if media_type.starts_with("text/") || media_type == "application/javascript" {
        media_type.push_str("; charset=utf-8");
    }
    Some(Asset { bytes, media_type, coding, varies: false, etag })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_in_the_binary() {
        let page = get("index.html").unwrap();
        assert!(page.media_type.starts_with("text/html"));
        assert!(page.etag.len() == 34 && page.etag.starts_with('"'));
        assert!(get("../Cargo.toml").is_none() && get("missing").is_none());
        let bundle = bundle();
        assert!(bundle.len() == BUNDLE_NAME && String::from_utf8_lossy(&page.bytes).contains(&bundle), "{bundle}");
    }

    #[test]
    fn each_coding_is_a_thing_of_its_own() {
        let of = |accepted: &'static str| get_for("js/main.js", [HeaderValue::from_static(accepted)].iter()).unwrap();
        let (plain, gzip, brotli) = (of(""), of("gzip"), of("gzip, br"));
        assert!(plain.bytes.len() > gzip.bytes.len() && gzip.bytes.len() > brotli.bytes.len());
        assert!(plain.etag != gzip.etag && gzip.etag != brotli.etag);
        assert!(
            [&plain, &gzip, &brotli].iter().all(|it| it.varies && it.media_type == "text/javascript; charset=utf-8")
        );
        assert_eq!((plain.coding, gzip.coding, brotli.coding), (Coding::Identity, Coding::Gzip, Coding::Brotli));
    }

    #[test]
    fn addresses() {
        let bundle = "0123456789ab";
        for (path, expected) in [
            ("0123456789ab/js/main.js", Place::Bundled("js/main.js")),
            ("ba9876543210/js/main.js", Place::Other),
            ("js/main.js", Place::Plain("js/main.js")),
            ("page-helper.js", Place::Plain("page-helper.js")),
            ("0123456789ab", Place::Plain("0123456789ab")),
        ] {
            assert_eq!(place(path, bundle), expected, "{path}");
        }
    }
}
