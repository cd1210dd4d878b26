//! A page's markup as it passes: the helper first into its head, and every URL it names below its prefix.

use std::borrow::Cow;

use encoding_rs::Encoding;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use lol_html::html_content::ContentType;
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, MemorySettings, OutputSink, Selector};

use super::csp::Allowed;
use super::urls::Place;

/// The script, below the prefix.
pub(super) const SCRIPT: &str = "/.aikore/page-helper.js";

/// The most that is held back of a page: one tag, with an image in its URL at worst. What needs more passes as it is.
const MEMORY: usize = 16 * 1024 * 1024;

/// What is done to a page.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    pub(super) place: Place,
    pub(super) allowed: Allowed,
}

/// The encoding a page says it has; `None` when its markup can't be read byte by byte.
pub(super) fn encoding(headers: &HeaderMap) -> Option<AsciiCompatibleEncoding> {
    let media = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or_default());
    let label = media.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match label {
        None => Some(AsciiCompatibleEncoding::utf_8()),
        Some(label) => AsciiCompatibleEncoding::new(Encoding::for_label(label.as_bytes())?),
    }
}

/// A rewriter that does `edit` to what is written to it.
pub(super) fn rewriter<O: OutputSink>(
    edit: Edit,
    encoding: AsciiCompatibleEncoding,
    sink: O,
) -> HtmlRewriter<'static, O> {
    let mut head = Some(head(&edit));
    let mut has_base = false;
    let mut place = edit.place;
    let anchored = place.anchored;
    let handler = move |element: &mut Element<'_, '_>| {
        let tag = element.tag_name();
        put_into_head(element, &tag, &mut head);
        // Where a link leads is the app's router's business too: it reads what was written, and the script knows better.
        let leads = matches!(tag.as_str(), "a" | "area" | "form" | "button" | "input");
        place.anchored = anchored && !has_base && !leads;
        prefix_urls(element, &tag, &place);
        has_base |= tag == "base" && element.has_attribute("href");
        Ok(())
    };
    let mut settings = Settings::new_send()
        .with_encoding(encoding)
        // Odd markup is the app's business and passes; it is never a reason to cut a page off.
        .with_strict(false)
        .with_memory_settings(
            MemorySettings::new()
                .with_max_allowed_memory_usage(MEMORY)
                .with_graceful_bail_out_on_memory_limit_exceeded(true),
        )
        .with_graceful_bail_out_on_content_handler_error(true);
    // Every element. It parses; if it did not, the page would pass as it is.
    if let Ok(every) = "*".parse::<Selector>() {
        settings = settings
            .append_element_content_handler((Cow::Owned(every), ElementContentHandlers::default().element(handler)));
    }
    HtmlRewriter::new(settings, sink)
}

/// Whether a page brings an import map of its own: some browsers take only the first of a document.
pub(super) fn has_import_map(beginning: &[u8]) -> bool {
    memchr::memmem::find(beginning, b"importmap").is_some()
}

/// What is put first into the head: a file rather than an inline script, since many policies allow only those.
fn head(edit: &Edit) -> String {
    let prefix = &edit.place.prefix;
    let address = if edit.place.anchored { "hide" } else { "keep" };
    let nonce = edit.allowed.nonce.as_ref().map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    let mut head = format!("<script src=\"{prefix}{SCRIPT}\" data-address=\"{address}\"{nonce}></script>");
    if edit.allowed.inline {
        // Modules name each other by root-absolute URLs: this is the one place where those can be given a prefix.
        let map = format!("{{\"imports\":{{\"/\":\"{prefix}/\",\"{prefix}/\":\"{prefix}/\"}}}}");
        head.push_str(&format!("<script type=\"importmap\" data-aikore{nonce}>{map}</script>"));
    }
    head
}

/// A page need not write its `<head>`: then it begins before the first element that isn't `<html>`.
fn put_into_head(element: &mut Element<'_, '_>, tag: &str, head: &mut Option<String>) {
    if tag == "html" {
        return;
    }
    if let Some(head) = head.take() {
        if tag == "head" {
            element.prepend(&head, ContentType::Html);
        } else {
            element.before(&head, ContentType::Html);
        }
    }
}

fn prefix_urls(element: &mut Element<'_, '_>, tag: &str, place: &Place) {
    for name in url_attributes(tag) {
        change(element, name, |value| place.url(value));
    }
    match tag {
        "img" | "source" => change(element, "srcset", |value| place.srcset(value)),
        "link" => change(element, "imagesrcset", |value| place.srcset(value)),
        "meta" if element.get_attribute("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) => {
            change(element, "content", |value| place.refresh(value));
        }
        _ => {}
    }
}

fn change(element: &mut Element<'_, '_>, name: &str, new: impl Fn(&str) -> Option<String>) {
    if let Some(value) = element.get_attribute(name).and_then(|value| new(&value)) {
        // An error means that the name can't be encoded: it is one of ours.
        let _ = element.set_attribute(name, &value);
    }
}

/// The attributes of an element that hold one URL each (HTML §3.2.6.4, SVG 2 §16).
fn url_attributes(tag: &str) -> &'static [&'static str] {
    match tag {
        "a" | "area" | "link" | "base" => &["href"],
        "script" => &["src", "href", "xlink:href"],
        "img" | "iframe" | "frame" | "embed" | "source" | "track" | "audio" => &["src"],
        "video" => &["src", "poster"],
        "input" => &["src", "formaction"],
        "button" => &["formaction"],
        "form" => &["action"],
        "object" => &["data"],
        "body" => &["background"],
        "use" | "image" | "feimage" => &["href", "xlink:href"],
        _ => &[],
    }
}

/// Whether a page's own markup names its prefix: then the app was told, and its address is left alone.
pub(super) fn names_prefix(beginning: &[u8], prefix: &str) -> bool {
    memchr::memmem::find_iter(beginning, prefix.as_bytes()).any(|at| {
        let after = beginning.get(at + prefix.len());
        after.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'))
    })
}

/// Whether an answer is a page as far as its fields tell.
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let essence = media.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(page: &str, allowed: Allowed, anchored: bool) -> String {
        let place = Place {
            prefix: "/instance/a".to_owned(),
            path: "/instance/a/docs/".to_owned(),
            hosts: vec!["box:9000".to_owned()],
            anchored,
        };
        let mut out = Vec::new();
        let sink = |chunk: &[u8]| out.extend_from_slice(chunk);
        let mut rewriter = rewriter(Edit { place, allowed }, AsciiCompatibleEncoding::utf_8(), sink);
        // In the smallest pieces: a tag may be cut anywhere.
        for byte in page.as_bytes() {
            rewriter.write(&[*byte]).unwrap();
        }
        rewriter.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    const FILE: &str = "<script src=\"/instance/a/.aikore/page-helper.js\" data-address=\"hide\"></script>";

    fn file_only() -> Allowed {
        Allowed { nonce: None, inline: false }
    }

    #[test]
    fn the_helper_comes_first() {
        for (page, new) in [
            (
                "<!doctype html><html><head><title>x</title>",
                format!("<!doctype html><html><head>{FILE}<title>x</title>"),
            ),
            ("<html><!-- x --><HEAD lang=a>", format!("<html><!-- x --><HEAD lang=a>{FILE}")),
            ("<!doctype html>\n<title>x</title><p>", format!("<!doctype html>\n{FILE}<title>x</title><p>")),
            ("<body>x", format!("{FILE}<body>x")),
            ("only text", "only text".to_owned()),
            ("", String::new()),
        ] {
            assert_eq!(edited(page, file_only(), true), new, "{page}");
        }
        let with_nonce = edited("<head>", Allowed { nonce: Some("n1".to_owned()), inline: true }, false);
        let map = r#"{"imports":{"/":"/instance/a/","/instance/a/":"/instance/a/"}}"#;
        assert_eq!(
            with_nonce,
            format!(
                "<head><script src=\"/instance/a/.aikore/page-helper.js\" data-address=\"keep\" nonce=\"n1\"></script><script type=\"importmap\" data-aikore nonce=\"n1\">{map}</script>"
            )
        );
    }

    #[test]
    fn urls_in_attributes() {
        for (element, new) in [
            ("<a href='/x'>", "<a href=\"/instance/a/x\">"),
            ("<A HREF=/x>", "<A HREF=\"/instance/a/x\">"),
            (
                "<img src=\"/x?a=1&amp;b\" srcset=\"/y 2x\">",
                "<img src=\"/instance/a/x?a=1&amp;b\" srcset=\"/instance/a/y 2x\">",
            ),
            (
                "<form action=\"/go\"><button formaction=\"/b\">",
                "<form action=\"/instance/a/go\"><button formaction=\"/instance/a/b\">",
            ),
            ("<svg><use xlink:href=\"/i.svg#x\"/></svg>", "<svg><use xlink:href=\"/instance/a/i.svg#x\" /></svg>"),
            (
                "<meta http-equiv=Refresh content=\"0;url=/x\">",
                "<meta http-equiv=Refresh content=\"0;url=/instance/a/x\">",
            ),
            ("<link rel=icon href=icon.png>", "<link rel=icon href=\"/instance/a/docs/icon.png\">"),
            ("<p href=\"/x\" data-src=\"/x\">", "<p href=\"/x\" data-src=\"/x\">"),
            ("<script>let a = '<a href=\"/x\">';</script>", "<script>let a = '<a href=\"/x\">';</script>"),
        ] {
            assert_eq!(edited(element, file_only(), true), format!("{FILE}{new}"), "{element}");
        }
    }

    #[test]
    fn after_a_base_relative_urls_are_the_bases() {
        let page = edited("<base href=\"/sub/\"><script src=\"x.js\"></script>", file_only(), true);
        assert!(page.ends_with("<base href=\"/instance/a/sub/\"><script src=\"x.js\"></script>"), "{page}");
        let page = edited("<base target=_top><script src=\"x.js\"></script>", file_only(), true);
        assert!(page.contains("/instance/a/docs/x.js"), "{page}");
        let page = edited("<script src=\"x.js\"></script>", file_only(), false);
        assert!(page.ends_with("<script src=\"x.js\"></script>"), "only a page whose address changes needs it");
    }

    #[test]
    fn who_was_told() {
        for (page, told) in [
            ("<script src=\"/instance/a/x\">", true),
            ("{\"root\":\"http://box/instance/a\"}", true),
            ("<a href=\"/instance/ab/\">", false),
            ("<a href=\"/instance/a-b/\"> /instance/a_", false),
            ("<a href=\"/x\">", false),
        ] {
            assert_eq!(names_prefix(page.as_bytes(), "/instance/a"), told, "{page}");
        }
    }

    #[test]
    fn encodings() {
        for (media, known) in [
            ("text/html", true),
            ("text/html; charset=utf-8", true),
            ("text/html;charset=\"ISO-8859-1\"", true),
            ("text/html; charset=utf-16", false),
            ("text/html; charset=klingon", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media))]);
            assert_eq!(encoding(&headers).is_some(), known, "{media}");
            assert!(is_html(&headers));
        }
        assert!(!is_html(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/htmlx"))])));
    }
}
