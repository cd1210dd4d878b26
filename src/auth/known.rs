//! Who is known: sessions and tokens by the hash of their secret. An immutable index, replaced as a whole; what changes with
//! each use is atomic.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pass::Holder;
use crate::domain::{Scope, Timestamp};
use crate::store::{Digest, LastUses, StoredSession, StoredToken};

/// Unused for so long, a session ends.
const IDLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Uses are told apart to this much.
const GRAIN: u64 = 60_000;

/// When something was last used, in ms since 1970, and whether the store knows.
#[derive(Debug)]
struct LastUse {
    at: AtomicU64,
    saved: AtomicU64,
}

impl LastUse {
    fn new(at: u64) -> Self {
        Self { at: AtomicU64::new(at), saved: AtomicU64::new(at) }
    }

    /// Whether this use is news.
    fn touch(&self, now: Timestamp) -> bool {
        let news = now.millis() >= self.at.load(Ordering::Relaxed).saturating_add(GRAIN);
        if news {
            self.at.store(now.millis(), Ordering::Relaxed);
        }
        news
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.at.load(Ordering::Relaxed))
    }

    /// What the store does not know yet.
    fn unsaved(&self) -> Option<Timestamp> {
        let at = self.at.load(Ordering::Relaxed);
        (self.saved.swap(at, Ordering::Relaxed) != at).then(|| Timestamp::from_millis(at))
    }
}

/// Somebody who logged in.
#[derive(Debug)]
pub struct Session {
    /// Row id.
    pub id: i64,
    /// When.
    pub created_at: Timestamp,
    /// From where.
    pub address: String,
    /// By which browser, in its own words.
    pub agent: String,
    /// Cancelled when it ends.
    pub(super) ended: CancellationToken,
    last_use: LastUse,
}

impl Session {
    /// When it was last used, to the minute.
    pub fn last_used_at(&self) -> Timestamp {
        self.last_use.at()
    }

    /// When it ends unless it is used.
    pub fn expires_at(&self) -> Timestamp {
        let idle = u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(self.last_use.at().millis().saturating_add(idle))
    }
}

/// A program that may come in.
#[derive(Debug)]
pub struct Token {
    /// Row id.
    pub id: i64,
    /// What a person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Cancelled when it is revoked.
    pub(super) ended: CancellationToken,
    last_use: LastUse,
    last_from: Mutex<Option<String>>,
}

impl Token {
    /// When it was last used, to the minute, and from where.
    pub fn last_used(&self) -> Option<(Timestamp, String)> {
        let from = self.last_from.lock().unwrap_or_else(PoisonError::into_inner).clone();
        from.map(|from| (self.last_use.at(), from))
    }

    pub(super) fn touch(&self, now: Timestamp, from: IpAddr) {
        if self.last_use.touch(now) {
            *self.last_from.lock().unwrap_or_else(PoisonError::into_inner) = Some(from.to_string());
        }
    }
}

/// Everybody who is known.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// A PHC string.
    pub(super) password: Option<Arc<str>>,
    sessions: HashMap<Digest, Arc<Session>>,
    tokens: HashMap<Digest, Arc<Token>>,
}

impl Known {
    pub(super) fn new(password: Option<String>, sessions: Vec<StoredSession>, tokens: Vec<StoredToken>) -> Self {
        let mut known = Self { password: password.map(Arc::from), ..Self::default() };
        for session in sessions {
            known.add_session(session);
        }
        for token in tokens {
            known.add_token(token);
        }
        known
    }

    pub(super) fn add_session(&mut self, stored: StoredSession) -> Arc<Session> {
        let StoredSession { id, secret, created_at, last_used_at, address, agent } = stored;
        let last_use = LastUse::new(last_used_at.millis());
        let session = Arc::new(Session { id, created_at, address, agent, ended: CancellationToken::new(), last_use });
        self.sessions.insert(secret, Arc::clone(&session));
        session
    }

    pub(super) fn add_token(&mut self, stored: StoredToken) {
        let StoredToken { id, name, secret, scopes, created_at, last_used } = stored;
        let (at, from) = last_used.map_or((0, None), |(at, from)| (at.millis(), Some(from)));
        let (ended, last_use, last_from) = (CancellationToken::new(), LastUse::new(at), Mutex::new(from));
        let token = Token { id, name, scopes, created_at, ended, last_use, last_from };
        self.tokens.insert(secret, Arc::new(token));
    }

    /// Forgets the others; what they hold open ends.
    pub(super) fn keep_sessions(&mut self, keep: impl Fn(&Session) -> bool) {
        self.sessions.retain(|_, session| {
            let kept = keep(session);
            if !kept {
                session.ended.cancel();
            }
            kept
        });
    }

    /// Forgets the others; what they hold open ends.
    pub(super) fn keep_tokens(&mut self, keep: impl Fn(&Token) -> bool) {
        self.tokens.retain(|_, token| {
            let kept = keep(token);
            if !kept {
                token.ended.cancel();
            }
            kept
        });
    }

    /// The session of this cookie, which is thereby used.
    pub(super) fn session(&self, secret: &Digest, now: Timestamp) -> Option<&Arc<Session>> {
        self.sessions.get(secret).filter(|session| is_alive(session, now)).inspect(|session| {
            session.last_use.touch(now);
        })
    }

    pub(super) fn token(&self, secret: &Digest) -> Option<&Arc<Token>> {
        self.tokens.get(secret)
    }

    pub(super) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The holder of a pass, who thereby is seen again.
    pub(super) fn holder(&self, holder: Holder, now: Timestamp) -> Option<HolderOf<'_>> {
        match holder {
            Holder::Session(id) => {
                let session = self.sessions.values().find(|session| session.id == id && is_alive(session, now))?;
                session.last_use.touch(now);
                Some(HolderOf::Session(session))
            }
            Holder::Token(id) => self.tokens.values().find(|token| token.id == id).map(HolderOf::Token),
        }
    }

    pub(super) fn sessions(&self, now: Timestamp) -> Vec<Arc<Session>> {
        let mut all: Vec<_> = self.sessions.values().filter(|session| is_alive(session, now)).cloned().collect();
        all.sort_by_key(|session| std::cmp::Reverse(session.last_used_at()));
        all
    }

    pub(super) fn tokens(&self) -> Vec<Arc<Token>> {
        let mut all: Vec<_> = self.tokens.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Sessions that have ended unused.
    pub(super) fn expired(&self, now: Timestamp) -> Vec<i64> {
        self.sessions.values().filter(|session| !is_alive(session, now)).map(|session| session.id).collect()
    }

    /// What the store does not know of last uses.
    pub(super) fn unsaved(&self) -> LastUses {
        LastUses {
            sessions: self.sessions.values().filter_map(|s| Some((s.id, s.last_use.unsaved()?))).collect(),
            tokens: self
                .tokens
                .values()
                .filter_map(|token| {
                    let at = token.last_use.unsaved()?;
                    Some((token.id, at, token.last_used().map(|(_, from)| from).unwrap_or_default()))
                })
                .collect(),
        }
    }
}

/// Who holds a pass.
pub(super) enum HolderOf<'a> {
    Session(&'a Arc<Session>),
    Token(&'a Arc<Token>),
}

fn is_alive(session: &Session, now: Timestamp) -> bool {
    now < session.expires_at()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn at(days: u64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + days * DAY)
    }

    fn session(id: i64) -> StoredSession {
        let secret = [u8::try_from(id).unwrap(); 32];
        StoredSession {
            id,
            secret,
            created_at: at(0),
            last_used_at: at(0),
            address: "::1".to_owned(),
            agent: String::new(),
        }
    }

    #[test]
    fn a_session_lives_as_long_as_it_is_used() {
        let known = Known::new(None, vec![session(1), session(2)], Vec::new());
        assert!(known.session(&[1; 32], at(29)).is_some());
        assert!(known.session(&[1; 32], at(58)).is_some(), "every use makes it live on");
        assert!(known.session(&[2; 32], at(30)).is_none() && known.session(&[3; 32], at(0)).is_none());
        assert_eq!(known.expired(at(58)), [2]);
        assert_eq!(known.sessions(at(58)).len(), 1);
        assert_eq!(known.unsaved().sessions, [(1, at(58))]);
        assert!(known.unsaved().sessions.is_empty(), "once");
    }

    #[test]
    fn a_pass_ends_with_its_holder() {
        let mut known = Known::new(None, vec![session(1)], Vec::new());
        assert!(known.holder(Holder::Session(1), at(1)).is_some());
        assert!(known.holder(Holder::Session(1), at(31)).is_none() && known.holder(Holder::Token(1), at(1)).is_none());
        known.keep_sessions(|session| session.id != 1);
        assert!(known.holder(Holder::Session(1), at(1)).is_none());
    }
}
