//! Redirects of an app whose prefix was cut off (proxy.md B7 50, prefix.md 3).

use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderMap, HeaderValue};

use super::host;

/// Puts the prefix back into `Location` and `Content-Location`. Only a path from the root, or an absolute URL that leads
/// back here (`hosts`: the client's `Host`, the child's own address), is touched; what has the prefix already, what is
/// relative, and what leads elsewhere passes.
pub fn restore_prefix(headers: &mut HeaderMap, prefix: &str, hosts: &[&str]) {
    for name in [LOCATION, CONTENT_LOCATION] {
        let rewritten = headers.get(&name).and_then(|value| rewrite(value.to_str().ok()?, prefix, hosts));
        if let Some(value) = rewritten.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// `None`: it passes as it is.
fn rewrite(location: &str, prefix: &str, hosts: &[&str]) -> Option<String> {
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
}
