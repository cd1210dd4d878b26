//! How far an app's word reaches: at a path it shares the origin with the dashboard and with every other app, so what it
//! says about the origin as a whole is kept to its prefix (proxy.md B7 52).

use http::header::{HeaderName, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderValue};

const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Limits an answer that goes out under `/instance/<slug>`.
pub fn limit_to_prefix(headers: &mut HeaderMap, prefix: &str) {
    // It would log the person out of the dashboard, and every app out too.
    headers.remove(CLEAR_SITE_DATA);
    // Whether this host speaks TLS is ours to say.
    headers.remove(STRICT_TRANSPORT_SECURITY);
    if let Some(scope) = headers.get(SERVICE_WORKER_ALLOWED).cloned() {
        let below =
            scope.to_str().is_ok_and(|scope| scope.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
        if !below && let Ok(capped) = HeaderValue::try_from(format!("{prefix}/")) {
            headers.insert(SERVICE_WORKER_ALLOWED, capped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_beyond_the_prefix() {
        for (scope, capped) in [
            ("/", "/instance/a/"),
            ("/instance/a/sub/", "/instance/a/sub/"),
            ("/instance/ab/", "/instance/a/"),
            ("x", "/instance/a/"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(SERVICE_WORKER_ALLOWED, HeaderValue::from_static(scope));
            headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"*\""));
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=1"));
            limit_to_prefix(&mut headers, "/instance/a");
            assert_eq!(headers.len(), 1);
            assert_eq!(headers[SERVICE_WORKER_ALLOWED], capped, "{scope}");
        }
    }
}
