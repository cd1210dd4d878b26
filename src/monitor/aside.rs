//! Work that may hang, on a thread of its own: whoever asks waits a little and goes on without an answer.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// Asks one question after the other; never a second one before the first is answered.
pub(super) struct Aside<Q, A> {
    questions: SyncSender<Q>,
    answers: Receiver<A>,
    /// Since when an answer is due.
    asked: Option<Instant>,
}

/// What came of a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer<A> {
    /// An answer to this question, or to the one before it.
    Fresh(A),
    /// None yet, for so long.
    Late(Duration),
    /// There will never be one: the work has panicked.
    Gone,
}

impl<Q: Send + 'static, A: Send + 'static> Aside<Q, A> {
    /// Starts the thread. It ends when this is dropped, at the end of the work in hand.
    pub(super) fn start(name: &str, mut work: impl FnMut(Q) -> A + Send + 'static) -> std::io::Result<Self> {
        let (questions, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(question) = asked.recv() {
                if answer.send(work(question)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { questions, answers, asked: None })
    }

    /// Asks, and waits this long for the answer. While an earlier question is open nothing is asked or waited for.
    pub(super) fn ask(&mut self, question: Q, patience: Duration) -> Answer<A> {
        let mut late = None;
        if let Some(since) = self.asked {
            match self.answers.try_recv() {
                Ok(answer) => late = Some(answer),
                Err(TryRecvError::Empty) => return Answer::Late(since.elapsed()),
                Err(TryRecvError::Disconnected) => return Answer::Gone,
            }
        }
        self.asked = Some(Instant::now());
        if self.questions.send(question).is_err() {
            return Answer::Gone;
        }
        match self.answers.recv_timeout(patience) {
            Ok(answer) => {
                self.asked = None;
                Answer::Fresh(answer)
            }
            Err(RecvTimeoutError::Timeout) => late.map_or(Answer::Late(patience), Answer::Fresh),
            Err(RecvTimeoutError::Disconnected) => Answer::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_answer_that_hangs_is_not_waited_for_and_comes_later() {
        let gate = Arc::new(Barrier::new(2));
        let held = Arc::clone(&gate);
        let mut aside = Aside::start("slow", move |hang: bool| {
            if hang {
                held.wait();
            }
            hang
        })
        .unwrap();
        assert_eq!(aside.ask(false, LONG), Answer::Fresh(false));
        assert!(matches!(aside.ask(true, Duration::from_millis(20)), Answer::Late(_)));
        let begun = Instant::now();
        assert!(matches!(aside.ask(false, LONG), Answer::Late(_)), "it still hangs");
        assert!(begun.elapsed() < LONG / 2, "and nobody waits for it any more");
        gate.wait();
        let next = loop {
            match aside.ask(false, LONG) {
                Answer::Late(_) => std::thread::yield_now(),
                answer => break answer,
            }
        };
        assert_eq!(next, Answer::Fresh(false), "a newer answer is preferred to the late one");
    }

    #[test]
    fn a_panic_is_told() {
        let mut aside = Aside::start("broken", |_: ()| -> () { panic!("as it should") }).unwrap();
        assert_eq!(aside.ask((), LONG), Answer::Gone);
        assert_eq!(aside.ask((), LONG), Answer::Gone);
    }
}
