//! The dashboard's files, embedded in the binary by the build (`make build` bundles them into `assets/dist`).

use rust_embed::RustEmbed;

/// `assets/dist`.
#[derive(RustEmbed)]
#[folder = "assets/dist/"]
struct Dist;

/// A file of the dashboard.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// Its media type.
    pub media_type: String,
    /// A strong entity tag, quotes included: the hash of the bytes.
    pub etag: String,
}

impl Asset {
    /// Whether a client that says this (`If-None-Match`) has the file already.
    pub fn is_known(&self, if_none_match: &str) -> bool {
        if_none_match.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag)
    }
}

/// The file at this path, such as `index.html` or `css/app.css`.
pub fn get(path: &str) -> Option<Asset> {
    let file = Dist::get(path)?;
    let hash = file.metadata.sha256_hash();
    let etag = hash.iter().take(16).fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let mut media_type = file.metadata.mimetype().to_owned();
    if media_type.starts_with("text/") || media_type == "application/javascript" {
        media_type.push_str("; charset=utf-8");
    }
    Some(Asset { bytes: file.data, media_type, etag })
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
    }
}
