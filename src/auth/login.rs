//! The login: the password, who is logged in, and the tokens of programs. The store has it all as hashes; what every request
//! asks is answered from memory.

mod passes;
mod tokens;
mod upkeep;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use ring::hmac;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::attempts::Attempts;
use super::codes::Codes;
use super::known::{Known, Session};
use super::password;
use super::secret::{self, NoRandomness, Secret};
use crate::domain::Timestamp;
use crate::store::{Store, StoreError, StoredLogin, StoredSession};

/// Passwords hashed at once: each takes 19 MiB and a core for tens of milliseconds.
const HASHED_AT_ONCE: usize = 2;

/// Sessions kept; beyond them the one unused for longest ends.
const MOST_SESSIONS: usize = 500;

/// Why somebody does not come in, or a change of the login was not made.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// AIKORE_AUTH=none.
    #[error("Login is off here (AIKORE_AUTH=none).")]
    Off,
    /// The password was wrong.
    #[error("That is not the password.")]
    WrongPassword,
    /// Guessed too often; the seconds to wait, which are enough.
    #[error("Too many wrong attempts. Wait {0} s, then try again.")]
    TooMany(u64),
    /// The setup link was wrong, or used already.
    #[error(
        "This setup link is not valid: it was used, or the server was started again since. `aikore setup-link` prints the present one."
    )]
    SetupToken,
    /// What was sent can't be taken; the field to blame and a sentence.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// Another token has this name.
    #[error("There is a token of this name already. Choose another, or revoke that one first.")]
    NameTaken,
    /// There is no such session or token.
    #[error("There is no such {0}; it may have ended meanwhile.")]
    Missing(&'static str),
    /// It can't be done now.
    #[error("{0}")]
    Failed(String),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(_) => Self::NameTaken,
            other => Self::Failed(format!("It could not be stored: {other}.")),
        }
    }
}

impl From<NoRandomness> for LoginError {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(format!("It can't be made: {error}."))
    }
}

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client's address.
    pub address: IpAddr,
    /// Its browser, in its own words.
    pub agent: String,
}

/// A session just made: the cookie's value is known here and nowhere else.
#[derive(Debug)]
pub struct NewSession {
    /// The cookie's value.
    pub cookie: Secret,
    /// The session.
    pub session: Arc<Session>,
}

/// The login; cheap to clone.
#[derive(Debug, Clone)]
pub struct Login {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    /// Whether anybody has to log in at all.
    is_needed: bool,
    known: ArcSwap<Known>,
    /// One change at a time: first the store, then memory.
    changing: AsyncMutex<()>,
    pass_key: hmac::Key,
    /// The secret of the setup link, until it is used.
    setup: Mutex<Option<Secret>>,
    codes: Mutex<Codes>,
    attempts: Mutex<Attempts>,
    hashing: Semaphore,
}

impl Login {
    /// Reads who is known. A password that is given replaces the one that was set.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open(store: Store, is_needed: bool, given: Option<String>) -> Result<Self, LoginError> {
        let StoredLogin { password, pass_key, sessions, tokens } =
            store.login(secret::random::<32>()?.to_vec()).await?;
        let login = Self {
            inner: Arc::new(Inner {
                store,
                is_needed,
                known: ArcSwap::from_pointee(Known::new(password, sessions, tokens)),
                changing: AsyncMutex::default(),
                pass_key: hmac::Key::new(hmac::HMAC_SHA256, &pass_key),
                setup: Mutex::default(),
                codes: Mutex::default(),
                attempts: Mutex::new(Attempts::new(Instant::now())),
                hashing: Semaphore::new(HASHED_AT_ONCE),
            }),
        };
        if let Some(given) = given.filter(|_| is_needed)
            && !login.is_password(given.clone()).await?
        {
            // Whoever changes the password means that the old one opens nothing any more.
            login.set_password(&given, None).await?;
        }
        Ok(login)
    }

    /// Whether anybody has to log in.
    pub fn is_needed(&self) -> bool {
        self.inner.is_needed
    }

    /// Whether the first thing to do is to set a password.
    pub fn awaits_setup(&self) -> bool {
        self.inner.is_needed && self.inner.known.load().password.is_none()
    }

    /// The secret of the one-time setup link; `None` where there is nothing to set up.
    ///
    /// # Errors
    /// It can't be made.
    pub fn setup_secret(&self) -> Result<Option<String>, LoginError> {
        if !self.awaits_setup() {
            return Ok(None);
        }
        let mut setup = locked(&self.inner.setup);
        if setup.is_none() {
            *setup = Some(Secret::new()?);
        }
        Ok(setup.as_ref().map(|secret| secret.reveal().to_owned()))
    }

    /// Sets the first password by the setup link, and logs in.
    ///
    /// # Errors
    /// A wrong or used link, or a password that won't do; the link stays good for the latter.
    pub async fn set_up(&self, link: &str, password: &str, from: Client) -> Result<NewSession, LoginError> {
        self.begin(from.address)?;
        let is_it = || locked(&self.inner.setup).as_ref().is_some_and(|secret| secret.is(link));
        if !self.awaits_setup() || !is_it() {
            return Err(LoginError::SetupToken);
        }
        self.succeeded(from.address);
        password::check(password).map_err(|why| LoginError::Invalid("password", why))?;
        // Of two who use it at once, one is too late.
        let taken = locked(&self.inner.setup).take().filter(|secret| secret.is(link));
        let Some(taken) = taken else { return Err(LoginError::SetupToken) };
        if let Err(error) = self.set_password(password, None).await {
            *locked(&self.inner.setup) = Some(taken);
            return Err(error);
        }
        self.new_session(from).await
    }

    /// Logs in by the password.
    ///
    /// # Errors
    /// [`LoginError::WrongPassword`], after as long as a right one would have taken, or [`LoginError::TooMany`].
    pub async fn log_in(&self, password: String, from: Client) -> Result<NewSession, LoginError> {
        if !self.inner.is_needed {
            return Err(LoginError::Off);
        }
        self.begin(from.address)?;
        if !self.is_password(password).await? {
            tracing::warn!(address = %from.address, "a wrong password");
            return Err(LoginError::WrongPassword);
        }
        self.succeeded(from.address);
        self.new_session(from).await
    }

    /// Changes the password; every session but this one ends.
    ///
    /// # Errors
    /// The present one was wrong, or the new one won't do.
    pub async fn change_password(
        &self,
        current: String,
        new: &str,
        keep: Option<i64>,
        from: IpAddr,
    ) -> Result<(), LoginError> {
        if !self.inner.is_needed {
            return Err(LoginError::Off);
        }
        password::check(new).map_err(|why| LoginError::Invalid("password", why))?;
        self.begin(from)?;
        if !self.is_password(current).await? {
            return Err(LoginError::Invalid("current", "That is not the present password.".to_owned()));
        }
        self.succeeded(from);
        self.set_password(new, keep).await
    }

    /// Takes the password and every session away: the next thing is a new setup link.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn forget_password(&self) -> Result<(), LoginError> {
        let _changing = self.inner.changing.lock().await;
        self.inner.store.set_password(None, None).await?;
        self.change(|known| {
            known.password = None;
            known.keep_sessions(|_| false);
        });
        Ok(())
    }

    /// Who is logged in, the last seen first.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.inner.known.load().sessions(now())
    }

    /// Ends the sessions this holds for; says how many.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn end_sessions(&self, which: impl Fn(&Session) -> bool) -> Result<usize, LoginError> {
        let _changing = self.inner.changing.lock().await;
        let ids: Vec<i64> = self.sessions().iter().filter(|session| which(session)).map(|session| session.id).collect();
        self.inner.store.delete_sessions(ids.clone()).await?;
        self.change(|known| known.keep_sessions(|session| !ids.contains(&session.id)));
        Ok(ids.len())
    }

    async fn new_session(&self, from: Client) -> Result<NewSession, LoginError> {
        let _changing = self.inner.changing.lock().await;
        let sessions = self.sessions();
        let surplus: Vec<i64> = sessions.iter().skip(MOST_SESSIONS - 1).map(|session| session.id).collect();
        if !surplus.is_empty() {
            self.inner.store.delete_sessions(surplus.clone()).await?;
        }
        let cookie = Secret::new()?;
        let mut stored = StoredSession {
            id: 0,
            secret: cookie.digest(),
            created_at: now(),
            last_used_at: now(),
            address: from.address.to_canonical().to_string(),
            agent: from.agent,
        };
        stored.id = self.inner.store.insert_session(stored.clone()).await?;
        let session = self.change(|known| {
            known.keep_sessions(|session| !surplus.contains(&session.id));
            known.add_session(stored)
        });
        Ok(NewSession { cookie, session })
    }

    async fn set_password(&self, new: &str, keep: Option<i64>) -> Result<(), LoginError> {
        let _room = self.inner.hashing.acquire().await;
        let text = new.to_owned();
        let hash = tokio::task::spawn_blocking(move || password::hash(&text)).await;
        let hash = hash.map_err(|error| LoginError::Failed(error.to_string()))?.map_err(LoginError::Failed)?;
        let _changing = self.inner.changing.lock().await;
        self.inner.store.set_password(Some(hash.clone()), keep).await?;
        self.change(|known| {
            known.password = Some(hash.into());
            known.keep_sessions(|session| Some(session.id) == keep);
        });
        Ok(())
    }

    async fn is_password(&self, text: String) -> Result<bool, LoginError> {
        let hash = self.inner.known.load().password.clone();
        let _room = self.inner.hashing.acquire().await;
        tokio::task::spawn_blocking(move || password::verify(&text, hash.as_deref()))
            .await
            .map_err(|error| LoginError::Failed(error.to_string()))
    }

    fn begin(&self, from: IpAddr) -> Result<(), LoginError> {
        locked(&self.inner.attempts).begin(from, Instant::now()).map_err(|wait| {
            let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            LoginError::TooMany(whole.max(1))
        })
    }

    fn succeeded(&self, from: IpAddr) {
        locked(&self.inner.attempts).succeeded(from, Instant::now());
    }

    /// Changes what is known. Only while `changing` is held.
    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let mut next = Known::clone(&self.inner.known.load());
        let result = change(&mut next);
        self.inner.known.store(Arc::new(next));
        result
    }
}

fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
