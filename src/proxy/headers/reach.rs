//! How far an app's word reaches: at a path it shares the origin with the dashboard and with every other app, so what it
//! says about the origin as a whole is kept to its prefix (proxy.md B7 52). What browsers keep per host, not per origin, it
//! shares with them at a public port too: no app says anything about that.

use http::header::{HeaderName, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, HeaderValue};

const ALT_SVC: HeaderName = HeaderName::from_static("alt-svc");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const NEL: HeaderName = HeaderName::from_static("nel");
const REPORT_TO: HeaderName = HeaderName::from_static("report-to");
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// Limits every answer of an app, whichever way it was asked.
pub fn limit_to_origin(headers: &mut HeaderMap) {
    // Whether this host speaks TLS is ours to say.
    headers.remove(STRICT_TRANSPORT_SECURITY);
    // So is where else it can be reached.
    headers.remove(ALT_SVC);
    if headers.contains_key(CLEAR_SITE_DATA) {
        clear_no_cookies(headers);
    }
}

/// Limits an answer that goes out under `/instance/<slug>`.
pub fn limit_to_prefix(headers: &mut HeaderMap, prefix: &str) {
    // It would log the person out of the dashboard, and every app out too.
    headers.remove(CLEAR_SITE_DATA);
    // It would have the browser report what becomes of everybody's requests.
    headers.remove(NEL);
    headers.remove(REPORT_TO);
    if let Some(scope) = headers.get(SERVICE_WORKER_ALLOWED).cloned() {
        let below =
            scope.to_str().is_ok_and(|scope| scope.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')));
        if !below && let Ok(capped) = HeaderValue::try_from(format!("{prefix}/")) {
            headers.insert(SERVICE_WORKER_ALLOWED, capped);
        }
    }
}

/// Cookies are cleared for the whole registrable domain, the dashboard's login with them; caches and storage are the origin's
/// own.
fn clear_no_cookies(headers: &mut HeaderMap) {
    let said: Vec<String> = headers
        .get_all(CLEAR_SITE_DATA)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|kind| kind.trim().to_owned())
        .collect();
    let all = said.iter().any(|kind| kind == "\"*\"");
    let kept: Vec<&str> =
        ["\"cache\"", "\"storage\""].into_iter().filter(|kind| all || said.iter().any(|one| one == kind)).collect();
    headers.remove(CLEAR_SITE_DATA);
    if !kept.is_empty()
        && let Ok(value) = HeaderValue::try_from(kept.join(", "))
    {
        headers.insert(CLEAR_SITE_DATA, value);
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
            headers.insert(NEL, HeaderValue::from_static("{}"));
            headers.insert(REPORT_TO, HeaderValue::from_static("{}"));
            headers.insert(ALT_SVC, HeaderValue::from_static("h2=\":1\""));
            limit_to_origin(&mut headers);
            limit_to_prefix(&mut headers, "/instance/a");
            assert_eq!(headers.len(), 1);
            assert_eq!(headers[SERVICE_WORKER_ALLOWED], capped, "{scope}");
        }
    }

    #[test]
    fn no_app_clears_the_cookies_of_its_neighbours() {
        for (said, kept) in [
            ("\"*\"", Some("\"cache\", \"storage\"")),
            ("\"cookies\"", None),
            ("\"cache\", \"cookies\"", Some("\"cache\"")),
            ("\"storage\"", Some("\"storage\"")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(said));
            limit_to_origin(&mut headers);
            assert_eq!(headers.get(CLEAR_SITE_DATA).map(|value| value.to_str().unwrap()), kept, "{said}");
        }
    }
}
