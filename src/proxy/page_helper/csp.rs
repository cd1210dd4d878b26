//! What a page's Content Security Policy lets us put into it (CSP Level 3). The policy itself is the app's: it is read, never
//! changed.

use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue};

/// What may be put first into a page's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowed {
    /// The nonce every script of this page must carry.
    pub(super) nonce: Option<String>,
    /// Whether an inline script (an import map is one) would be taken.
    pub(super) inline: bool,
}

/// What the policies of an answer allow; `None` when a script file of the page's own origin would be refused.
pub(super) fn read(headers: &HeaderMap) -> Option<Allowed> {
    let mut allowed = Allowed { nonce: None, inline: true };
    let lines = headers.get_all(CONTENT_SECURITY_POLICY).iter().map(HeaderValue::as_bytes);
    for policy in lines.flat_map(|line| line.split(|byte| *byte == b',')) {
        let policy = String::from_utf8_lossy(policy);
        match script_sources(&policy) {
            // Every policy must allow it (§4.2).
            Some(sources) => narrow(&mut allowed, &sources)?,
            None if is_sandboxed(&policy) => return None,
            None => {}
        }
    }
    Some(allowed)
}

fn directives(policy: &str) -> impl Iterator<Item = (String, Vec<&str>)> {
    policy.split(';').filter_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        Some((words.next()?.to_ascii_lowercase(), words.collect()))
    })
}

/// The list that governs script elements: the most specific directive there is (§6.8.1).
fn script_sources(policy: &str) -> Option<Vec<&str>> {
    if is_sandboxed(policy) {
        return None;
    }
    let find = |name: &str| directives(policy).find(|(found, _)| found == name).map(|(_, sources)| sources);
    find("script-src-elem").or_else(|| find("script-src")).or_else(|| find("default-src"))
}

fn is_sandboxed(policy: &str) -> bool {
    directives(policy).any(|(name, flags)| {
        name == "sandbox" && !(flags.contains(&"allow-scripts") && flags.contains(&"allow-same-origin"))
    })
}

fn narrow(allowed: &mut Allowed, sources: &[&str]) -> Option<()> {
    let has = |keyword: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(keyword));
    let nonce = sources.iter().find_map(|source| {
        let nonce = source.strip_prefix("'nonce-")?.strip_suffix('\'')?;
        is_base64(nonce).then(|| nonce.to_owned())
    });
    let strict = has("'strict-dynamic'");
    let hashed = sources.iter().any(|source| source.starts_with("'sha"));
    match (nonce, &allowed.nonce) {
        (Some(nonce), Some(other)) if nonce != *other => return None,
        (Some(nonce), _) => allowed.nonce = Some(nonce),
        (None, _) => {
            let own_origin = has("'self'") || has("*") || has("http:") || has("https:");
            if strict || !own_origin {
                return None;
            }
            allowed.inline &= has("'unsafe-inline'") && !hashed;
        }
    }
    Some(())
}

/// It is written into an attribute.
fn is_base64(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(policies: &[&'static str]) -> Option<(Option<String>, bool)> {
        let mut headers = HeaderMap::new();
        for policy in policies {
            headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        read(&headers).map(|allowed| (allowed.nonce, allowed.inline))
    }

    #[test]
    fn policies() {
        let nonce = |nonce: &str| Some((Some(nonce.to_owned()), true));
        for (policies, expected) in [
            (&[][..], Some((None, true))),
            (&["img-src 'self'"], Some((None, true))),
            (&["script-src 'self'"], Some((None, false))),
            (&["default-src 'self'"], Some((None, false))),
            (&["default-src 'none'; script-src 'self' 'unsafe-inline'"], Some((None, true))),
            (&["script-src 'self' 'unsafe-inline' 'sha256-x'"], Some((None, false))),
            (&["script-src 'self'; script-src-elem 'none'"], None),
            (&["default-src 'none'"], None),
            (&["script-src"], None),
            (&["script-src https://cdn.example"], None),
            (&["script-src *"], Some((None, false))),
            (&["SCRIPT-SRC 'nonce-abc='"], nonce("abc=")),
            (&["script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'"], nonce("abc")),
            (&["script-src 'strict-dynamic' 'sha256-x' 'self'"], None),
            (&["script-src 'nonce-a\"b'"], None),
            (&["script-src 'nonce-a'", "script-src 'nonce-b'"], None),
            (&["script-src 'nonce-a', default-src 'self'"], Some((Some("a".to_owned()), false))),
            (&["sandbox"], None),
            (&["sandbox allow-scripts"], None),
            (&["sandbox allow-scripts allow-same-origin"], Some((None, true))),
            (&["sandbox allow-scripts allow-same-origin; script-src 'none'"], None),
        ] {
            assert_eq!(allowed(policies), expected, "{policies:?}");
        }
    }
}
