//! URLs in an answer's fields, of an app whose prefix was cut off (proxy.md B7 50, prefix.md 3).

use http::header::{CONTENT_LOCATION, HeaderName, LINK, LOCATION, REFRESH};
use http::{HeaderMap, HeaderValue};

use super::host;

/// Puts the prefix back into `Location`, `Content-Location`, `Refresh` and `Link`. Only a path from the root, or an absolute
/// URL that leads back here (`hosts`: the client's `Host`, the child's own address), is touched; what has the prefix
/// already, what is relative, and what leads elsewhere passes.
pub fn restore_prefix(headers: &mut HeaderMap, prefix: &str, hosts: &[&str]) {
    let url = |url: &str| rewrite(url, prefix, hosts);
    change(headers, &LOCATION, url);
    change(headers, &CONTENT_LOCATION, url);
    change(headers, &REFRESH, |value| rewrite_refresh(value, url));
    change(headers, &LINK, |value| rewrite_links(value, url));
}

/// Changes every line of a field for which `new` has a value.
fn change(headers: &mut HeaderMap, name: &HeaderName, new: impl Fn(&str) -> Option<String>) {
    let http::header::Entry::Occupied(mut lines) = headers.entry(name) else { return };
    for line in lines.iter_mut() {
        if let Some(Ok(changed)) = line.to_str().ok().and_then(&new).map(HeaderValue::try_from) {
            *line = changed;
        }
    }
}

/// `seconds; url=…` (HTML §4.2.5.3): the URL may stand in quotes.
pub(in crate::proxy) fn rewrite_refresh(value: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let at = value.find([';', ','])?;
    let (_, after) = value.split_at(at + 1);
    let trimmed = after.trim_start();
    let rest = trimmed.get(..3).filter(|word| word.eq_ignore_ascii_case("url")).and_then(|_| trimmed.get(3..))?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let url = match quote {
        Some(quote) => rest.get(1..)?.split(quote).next().unwrap_or_default(),
        None => rest.trim_end(),
    };
    let start = value.len() - rest.len() + usize::from(quote.is_some());
    let (before, tail) = (value.get(..start)?, value.get(start + url.len()..)?);
    rewrite(url).map(|new| format!("{before}{new}{tail}"))
}

/// Every `<target>` of a `Link` field (RFC 8288 §3), its parameters untouched.
fn rewrite_links(value: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut rest, mut changed, mut quoted) = (String::new(), value, false, false);
    while let Some(at) = rest.find(['<', '"']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if from.starts_with('"') {
            // Parameters may hold anything in quotes.
            quoted = !quoted;
            out.push('"');
            rest = from.get(1..).unwrap_or_default();
            continue;
        }
        let end = if quoted { None } else { from.find('>') };
        let Some(end) = end else {
            out.push('<');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        let target = from.get(1..end).unwrap_or_default();
        let new = rewrite(target);
        changed |= new.is_some();
        out.push('<');
        out.push_str(new.as_deref().unwrap_or(target));
        rest = from.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// `None`: it passes as it is.
pub(in crate::proxy) fn rewrite(location: &str, prefix: &str, hosts: &[&str]) -> Option<String> {
    if location.starts_with("//") {
        return None; // another host, with this scheme
    }
    if location.starts_with('/') {
        return (!has_prefix(location, prefix)).then(|| format!("{prefix}{location}"));
    }
    let rest = location.strip_prefix("http://").or_else(|| location.strip_prefix("https://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let ours = hosts
        .iter()
        .any(|host| authority.eq_ignore_ascii_case(host) || authority.eq_ignore_ascii_case(host::without_port(host)));
    // Without scheme and authority: the browser keeps its own, which may be those of an outer proxy.
    (ours && !has_prefix(path, prefix))
        .then(|| if path.starts_with('/') { format!("{prefix}{path}") } else { format!("{prefix}/{path}") })
}

fn has_prefix(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_rewritten_and_what_is_not() {
        let hosts = ["box:9000", "127.0.0.1:20001"];
        for (location, rewritten) in [
            ("/login", Some("/instance/a/login")),
            ("/", Some("/instance/a/")),
            ("/?x=1#y", Some("/instance/a/?x=1#y")),
            ("/instance/a/login", None),
            ("/instance/a", None),
            ("/instance/a?x", None),
            ("/instance/ab/", Some("/instance/a/instance/ab/")),
            ("//evil.example/x", None),
            ("login", None),
            ("../x", None),
            ("?x", None),
            ("http://box:9000/login", Some("/instance/a/login")),
            ("http://BOX/login", Some("/instance/a/login")),
            ("https://box:9000", Some("/instance/a/")),
            ("http://127.0.0.1:20001/x?y", Some("/instance/a/x?y")),
            ("http://box:9000/instance/a/x", None),
            ("http://box:9001/login", None),
            ("https://huggingface.co/oauth", None),
            ("ftp://box:9000/x", None),
            ("", None),
        ] {
            assert_eq!(rewrite(location, "/instance/a", &hosts).as_deref(), rewritten, "{location}");
        }
    }

    #[test]
    fn every_field_that_holds_urls() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("location", "/l"),
            ("content-location", "/c"),
            ("refresh", "3; url=/r"),
            ("link", "</s.css>; rel=preload; as=style, <https://cdn/x>; title=\"a </t> b\", <next>; rel=next"),
            ("link", "</two>"),
            ("x-link", "</x>"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        restore_prefix(&mut headers, "/instance/a", &["box"]);
        let lines = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(lines("location"), ["/instance/a/l"]);
        assert_eq!(lines("content-location"), ["/instance/a/c"]);
        assert_eq!(lines("refresh"), ["3; url=/instance/a/r"]);
        assert_eq!(
            lines("link"),
            [
                "</instance/a/s.css>; rel=preload; as=style, <https://cdn/x>; title=\"a </t> b\", <next>; rel=next",
                "</instance/a/two>"
            ]
        );
        assert_eq!(lines("x-link"), ["</x>"]);
    }

    proptest! {
        #[test]
        fn whatever_is_rewritten_lies_below_and_stays(location in "\\PC{0,60}") {
            if let Some(new) = rewrite(&location, "/instance/a", &["box:9000"]) {
                prop_assert!(has_prefix(&new, "/instance/a"), "{new}");
                prop_assert_eq!(rewrite(&new, "/instance/a", &["box:9000"]), None);
            }
        }

        #[test]
        fn links_lose_nothing(value in "[ <>/a-c\",;=]{0,60}") {
            let marked = rewrite_links(&value, |url| Some(format!("!{url}")));
            if let Some(marked) = marked {
                prop_assert_eq!(marked.replace('!', ""), value);
            }
        }
    }
}
