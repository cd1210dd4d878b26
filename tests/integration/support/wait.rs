//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// Asks until the answer is there; panics with `what` after ten seconds.
pub(crate) fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    eventually_within(10, what, ask)
}

/// The same for what takes longer.
pub(crate) fn eventually_within<T>(seconds: u64, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "it never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The same for questions that wait themselves.
pub(crate) async fn eventually_async<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    eventually_async_within(15, what, ask).await
}

/// The same for what takes longer.
pub(crate) async fn eventually_async_within<T, F: Future<Output = Option<T>>>(
    seconds: u64,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "it never came: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
