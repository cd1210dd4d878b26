//! Work that ends early when a token is cancelled, for futures that are polled very often: `select!` would ask the token at
//! every poll; here its waker is left once, and a poll costs one load.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio_util::sync::CancellationToken;

/// The work's result; `None` when the token was cancelled first. The work itself is left as it is.
pub async fn until_cancelled<F: Future + ?Sized>(
    token: &CancellationToken,
    mut work: Pin<&mut F>,
) -> Option<F::Output> {
    let mut cancelled = pin!(token.cancelled());
    let mut told = false;
    poll_fn(|context| {
        // The work goes first: what was ready when the token was cancelled is still done.
        if let Poll::Ready(output) = work.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if token.is_cancelled() {
            return Poll::Ready(None);
        }
        // A task has one waker for all its life: told once is enough.
        if !told {
            told = true;
            if cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_token_ends_it() {
        let token = CancellationToken::new();
        assert_eq!(until_cancelled(&token, pin!(async { 1 })).await, Some(1));
        let waiting = tokio::spawn({
            let token = token.clone();
            async move { until_cancelled(&token, pin!(std::future::pending::<()>())).await }
        });
        tokio::task::yield_now().await;
        token.cancel();
        assert_eq!(waiting.await.unwrap(), None);
        assert_eq!(until_cancelled(&token, pin!(async { 1 })).await, Some(1), "what is ready is done");
        assert_eq!(until_cancelled(&token, pin!(std::future::pending::<()>())).await, None);
    }
}
