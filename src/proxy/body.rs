//! Bodies: the one type of everything this server answers, and what becomes of an upload that nobody wants.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body as _, Incoming};

/// Why a body broke off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A response body: a child's stream, a page, or the dashboard's.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// No body.
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A whole body.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// How much of an upload that nobody wants is read, and for how long.
const DISCARDED: usize = 16 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(2);

/// Reads the rest of a request that is answered early. Closing with bytes unread makes the kernel send a reset, which can
/// overtake the answer (RFC 9112 §9.6). A client that waits for `100 Continue` has sent nothing and will not.
pub fn discard(request: Request<Incoming>) {
    let waits = request.headers().contains_key(EXPECT);
    let mut body = request.into_body();
    if waits || body.is_end_stream() {
        return;
    }
    // Ends by its own clock.
    tokio::spawn(tokio::time::timeout(DISCARDING, async move {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    }));
}
