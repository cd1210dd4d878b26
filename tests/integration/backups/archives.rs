//! Archives taken apart and put together again, as whoever means no good would.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// A header and what follows it.
#[derive(Clone)]
pub(super) struct Part {
    header: tar::Header,
    name: Vec<u8>,
    content: Vec<u8>,
}

pub(super) fn parts(archive: &[u8]) -> Vec<Part> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let part = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Part { header: entry.header().clone(), name: entry.path_bytes().into_owned(), content }
    };
    tar.entries().unwrap().map(part).collect()
}

pub(super) fn content_of(parts: &[Part]) -> BTreeMap<String, Vec<u8>> {
    parts.iter().map(|part| (String::from_utf8(part.name.clone()).unwrap(), part.content.clone())).collect()
}

pub(super) fn content(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    content_of(&parts(&fs::read(archive).unwrap()))
}

/// The same with another content for one of them.
pub(super) fn with(parts: &[Part], name: &str, content: &[u8]) -> Vec<Part> {
    let change = |part: &Part| {
        let mut part = part.clone();
        if part.name == name.as_bytes() {
            part.content = content.to_owned();
            part.header.set_size(content.len() as u64);
        }
        part
    };
    parts.iter().map(change).collect()
}

/// One more, in front of the manifest.
pub(super) fn added(parts: &[Part], part: Part) -> Vec<Part> {
    let mut all = parts.to_vec();
    all.insert(all.len() - 1, part);
    all
}

pub(super) fn file(name: &str, content: &[u8]) -> Part {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    Part { header, name: name.as_bytes().to_owned(), content: content.to_owned() }
}

pub(super) fn link(name: &str, kind: tar::EntryType, aim: &str) -> Part {
    let mut part = file(name, b"");
    part.header.set_entry_type(kind);
    if !aim.is_empty() {
        part.header.set_link_name(aim).unwrap();
    }
    part
}

/// With a manifest that knows of everything that is in it, as far as it can.
pub(super) fn sealed(parts: &[Part]) -> Vec<u8> {
    let mut manifest: Value = serde_json::from_slice(&content_of(parts)["manifest.json"]).unwrap();
    let entry = |part: &Part| {
        let hash: String = digest(&SHA256, &part.content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        serde_json::json!({ "path": String::from_utf8_lossy(&part.name), "size": part.content.len(), "sha256": hash })
    };
    let inner = |part: &&Part| part.name != b"manifest.json" && part.name != b"aikore-backup.json";
    manifest["entries"] = parts.iter().filter(inner).map(entry).collect();
    pack(&with(parts, "manifest.json", manifest.to_string().as_bytes()))
}

/// Names are written as they are: `tar` itself would refuse some.
pub(super) fn pack(parts: &[Part]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for Part { header, name, content } in parts {
        let mut header = header.clone();
        let field = &mut header.as_old_mut().name;
        field.fill(0);
        field[..name.len()].copy_from_slice(name);
        header.set_cksum();
        out.write_all(header.as_bytes()).unwrap();
        out.write_all(content).unwrap();
        out.write_all(&vec![0; content.len().next_multiple_of(512) - content.len()]).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.finish().unwrap()
}

/// Somebody's photos.
pub(super) fn foreign() -> Vec<u8> {
    pack(&[file("photos/a.jpg", b"a"), file("photos/b.jpg", b"b")])
}
