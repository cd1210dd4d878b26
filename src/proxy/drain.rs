//! What becomes of an upload that nobody wants.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::EXPECT;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

/// How much of an upload that nobody wants is read, and for how long.
const DISCARDED: usize = 16 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(2);

/// Reads the rest of a request that is answered early. Closing with bytes unread makes the kernel send a reset, which can
/// overtake the answer (RFC 9112 §9.6). A client that waits for `100 Continue` has sent nothing and will not.
pub fn discard(request: Request<Incoming>) {
    if !request.headers().contains_key(EXPECT) {
        drain(request.into_body());
    }
}

/// The same for a body alone.
pub fn drain(mut body: Incoming) {
    if body.is_end_stream() {
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
